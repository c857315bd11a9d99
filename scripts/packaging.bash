# SPDX-License-Identifier: MIT OR Apache-2.0
# Sourced after native.bash: the C library as its users get it, through CMake and pkg-config.
#
# All is built from nothing in target/packaging, by the newest CMake and the oldest that we support.

setup_packaging() {
    setup_venv packaging "$python" packaging.txt
    setup_venv packaging-oldest "$python" packaging-oldest.txt
}

packaging() {
    local passed=0 failed=() place=$target/packaging prefix=$target/packaging/moved version soname
    local newest=$target/venv/packaging/bin oldest=$target/venv/packaging-oldest/bin cmake generator
    command -v pkg-config || apt_install pkg-config ||
        skip 'no pkg-config: on Debian, apt-get install pkg-config'
    version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
    soname=libsignalhub.so.$(sed -n 's/^#define SIGNALHUB_ABI_VERSION //p' include/signalhub/signalhub.h)
    PATH=$newest:$PATH # cmake, ctest, ninja
    rm -rf "$place"
    mkdir "$place"

    check 'a release builds, and passes the C and C++ tests' build_and_test
    check 'it installs, and can be moved' install_and_move
    check 'the files are those and no others' has_layout "$prefix"
    check 'the links lead from every name to the library' has_links
    check 'no path of this machine is inside' has_no_path
    check 'what programs need can be had alone, stripped' installs_runtime_only
    check 'the oldest CMake installs the same' oldest_installs_the_same

    for cmake in "$newest/cmake" "$oldest/cmake"; do
        for generator in Ninja 'Unix Makefiles'; do
            check "find_package, shared, $generator, $cmake" \
                uses package -DBUILD_SHARED_LIBS=ON "-DCMAKE_PREFIX_PATH=$prefix"
            check "find_package, static, $generator, $cmake" \
                uses package -DBUILD_SHARED_LIBS=OFF "-DCMAKE_PREFIX_PATH=$prefix"
        done
    done
    check 'add_subdirectory, debug' uses subdirectory -DCMAKE_BUILD_TYPE=Debug # oldest, make
    cmake=$newest/cmake generator=Ninja
    check 'FetchContent, prebuilt, static' \
        uses fetch -DBUILD_SHARED_LIBS=OFF "-DSIGNALHUB_PREBUILT=$place/build/lib/release"

    check 'the lines of the README make a program' follows_the_readme
    check 'optimised as a whole, as by cargo-c, it keeps errno' keeps_errno
    check 'a program without any shared library' links_statically

    export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
    check 'pkg-config, version' test "$(pkg-config --modversion signalhub)" = "$version"
    check 'pkg-config, shared' compiles_with_pkg_config shared --libs
    check 'pkg-config, static' compiles_with_pkg_config static --static --libs
    check 'the first program of docs/c.md' follows_the_manual c
    check 'the first program of docs/cpp.md' follows_the_manual cpp

    check 'a version that is not there is refused' \
        refuses 'compatible with requested version "99"' \
        -S tests/cmake -DFROM=package -DVERSION=99 "-DCMAKE_PREFIX_PATH=$prefix"
    check 'a prebuilt library that is not there is named' \
        refuses 'there is no /nowhere/libsignalhub.so' -S . -DSIGNALHUB_PREBUILT=/nowhere
    check 'without cargo, rustup is named' refuses_without_cargo

    ((${#failed[@]} == 0)) || printf 'FAILED %s\n' "${failed[@]}"
    printf '%d passed, %d failed\n' "$passed" "${#failed[@]}"
    ((${#failed[@]} == 0))
}

# Runs a check, shows what it runs, and goes on whatever comes of it.
check() {
    local title=$1 status
    shift
    printf -- '-- %s\n' "$title"
    set +e
    (
        set -ex
        "$@"
    )
    status=$?
    set -e
    if ((status == 0)); then
        ((passed += 1))
    else
        failed+=("$title")
    fi
}

# `!` alone does not fail under set -e.
not() {
    ! "$@"
}

build_and_test() {
    cmake -S . -B "$place/build" -G Ninja \
        -DCMAKE_INSTALL_LIBDIR=lib "-DCMAKE_INSTALL_PREFIX=$place/prefix"
    cmake --build "$place/build"
    cd "$place/build"
    SIGNALHUB_TEST_SCALE=10 ctest --output-on-failure
}

install_and_move() {
    cmake --install "$place/build"
    mv "$place/prefix" "$prefix"
}

has_layout() {
    (cd "$1" && find . ! -type d | LC_ALL=C sort) >"$place/files"
    LC_ALL=C sort <<END | diff - "$place/files"
./include/signalhub/signalhub.h
$(cd sdk-c && find ./include -name '*.hpp')
./lib/cmake/signalhub/signalhubConfig.cmake
./lib/cmake/signalhub/signalhubConfigVersion.cmake
./lib/cmake/signalhub/signalhubTargets.cmake
./lib/libsignalhub.a
./lib/libsignalhub.so
./lib/$soname
./lib/libsignalhub.so.$version
./lib/pkgconfig/signalhub.pc
./share/doc/signalhub/CHANGELOG.md
./share/doc/signalhub/LICENSE-APACHE
./share/doc/signalhub/LICENSE-MIT
END
}

has_links() {
    cd "$prefix/lib"
    readelf -d "libsignalhub.so.$version" | grep -F "(SONAME)" | grep -F "[$soname]"
    [[ $(readlink libsignalhub.so) == "$soname" ]]
    [[ $(readlink "$soname") == "libsignalhub.so.$version" ]]
}

has_no_path() {
    grep -qaF cargo/registry/ "$prefix/lib/libsignalhub.so" # what stands for such a path
    not grep -raF -e "$HOME/" -e "${CARGO_HOME:-$HOME/.cargo}/" -e "$root/" -e "$target/" "$prefix"
}

installs_runtime_only() {
    DESTDIR=$place/staged cmake --install "$place/build" --prefix /usr --component Runtime --strip
    cd "$place/staged/usr"
    [[ $(find . ! -type d | wc -l) == 4 ]] # the library, its SONAME and two licences
    readelf -SW "lib/libsignalhub.so.$version" >"$place/sections"
    not grep debug "$place/sections"
}

oldest_installs_the_same() {
    "$oldest/cmake" -S . -B "$place/oldest" -DBUILD_TESTING=OFF \
        -DCMAKE_INSTALL_LIBDIR=lib "-DCMAKE_INSTALL_PREFIX=$place/prefix-oldest" \
        "-DSIGNALHUB_PREBUILT=$place/build/lib/release"
    "$oldest/cmake" --build "$place/oldest"
    "$oldest/cmake" --install "$place/oldest"
    diff -r --exclude '*Config*.cmake' "$place/prefix-oldest" "$prefix"
    has_layout "$place/prefix-oldest"
}

# Builds tests/cmake by $cmake and $generator, and runs its programs.
uses() {
    local from=$1 build=$place/consumer program
    shift
    rm -rf "$build"
    "$cmake" -S tests/cmake -B "$build" -G "$generator" "-DFROM=$from" "$@"
    "$cmake" --build "$build"
    for program in in_c in_c_shared in_c_static in_cpp; do
        prints_first_message "$build/$program"
    done
    loads_library "$build/in_c_shared"
    not loads_library "$build/in_c_static"
    if [[ $* == *BUILD_SHARED_LIBS=OFF* ]]; then
        not loads_library "$build/in_c"
    else
        loads_library "$build/in_c"
    fi
    # What a project has inside is neither installed nor tested with it.
    DESTDIR=$place/installed "$cmake" --install "$build"
    [[ ! -e $place/installed && ! -e $build/CTestTestfile.cmake ]]
}

# In an empty folder, as a stranger would, with what the README says and nothing else.
follows_the_readme() {
    mkdir -p "$place/hello/signalhub"
    git ls-files -z | xargs -0 cp --parents -t "$place/hello/signalhub"
    cd "$place/hello"
    block cmake <signalhub/README.md >CMakeLists.txt
    block cpp <signalhub/README.md >programs
    sed '/^}$/q' programs >hello.cpp # the first
    block sh <signalhub/README.md | sed '/^scripts/d' >commands
    env --unset=CARGO_TARGET_DIR bash -eux commands | tee said
    [[ $(tail -n 1 said) == hello ]]
}

# Builds the first program of docs/c.md or docs/cpp.md by that page's CMake and, in C, its pkg-config.
follows_the_manual() {
    local language=$1 page=$root/docs/$1.md
    mkdir "$place/manual-$language"
    cd "$place/manual-$language"
    block cmake <"$page" >CMakeLists.txt
    block "$language" <"$page" >programs
    sed '/^}$/q' programs >"hello.$language"
    cmake -S . -B build "-DCMAKE_PREFIX_PATH=$prefix"
    cmake --build build
    build/hello
    if [[ $language == c ]]; then
        block sh <"$page" | grep pkg-config >command
        bash -eux command
        LD_LIBRARY_PATH=$prefix/lib ./hello
    fi
}

keeps_errno() {
    cargo rustc --locked --release --lib --crate-type cdylib --target-dir "$place/whole"
    link_soname "$place/whole/release"
    compile_c "$place/whole/release" -Itests/c -o "$place/errno" tests/c/errno.c
    "$place/errno"
}

links_statically() {
    local flags
    flags=$(PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --cflags --static --libs signalhub)
    # shellcheck disable=SC2086 # flags are several words
    "$CC" -std=c99 -static examples/c/first_message.c $flags -o "$place/in_c"
    prints_first_message "$place/in_c"
}

prints_first_message() {
    "$1" | diff examples/first_message.out -
}

loads_library() {
    readelf -d "$1" | grep -F "(NEEDED)" | grep -F "[$soname]"
}

# The static library by the command that signalhub.pc gives.
compiles_with_pkg_config() {
    local library=$1 flags
    shift
    flags=$(pkg-config --cflags "$@" signalhub)
    if [[ $library == static ]]; then
        flags=${flags/-lsignalhub/-l:libsignalhub.a}
    else
        export LD_LIBRARY_PATH=$prefix/lib
    fi
    # shellcheck disable=SC2086 # flags are several words
    {
        "$CC" -std=c99 examples/c/first_message.c $flags -o "$place/in_c"
        "$CXX" -std=c++17 examples/cpp/first_message.cpp $flags -o "$place/in_cpp"
    }
    prints_first_message "$place/in_c"
    prints_first_message "$place/in_cpp"
}

# Configures by the newest CMake, which is to fail with some words, however it wraps them.
refuses() {
    local words=$1
    shift
    rm -rf "$place/refused"
    not cmake -B "$place/refused" "$@" >"$place/refusal" 2>&1
    tr -s ' \n' ' ' <"$place/refusal" | grep -F "$words"
}

refuses_without_cargo() {
    local tools=(-DCMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH=OFF -DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF
        "-DCMAKE_C_COMPILER=$(command -v "$CC")" "-DCMAKE_MAKE_PROGRAM=$(command -v ninja)")
    unset CARGO CARGO_HOME
    HOME=/nowhere refuses 'install Rust from https://rustup.rs' -S . -G Ninja "${tools[@]}"
}
