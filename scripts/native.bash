# SPDX-License-Identifier: MIT OR Apache-2.0
# Sourced after setup.bash: builds the library, and C and C++ code against it.

# The library as users get it, and where the Python SDK finds it.
build_library() {
    cargo build --locked --release --lib
    link_soname "$target/release"
}
export SIGNALHUB_LIBRARY=$target/release/libsignalhub.so

# A program linked with -lsignalhub looks for the SONAME when it starts; cargo leaves only libsignalhub.so.
link_soname() {
    [[ -e $1/libsignalhub.so.0 ]] || ln -s libsignalhub.so "$1/libsignalhub.so.0"
}

# Compiles C against the library in a directory.
compile_c() {
    local directory=$1
    shift
    "$CC" -std=c99 -g -Wall -Wextra -Werror -Iinclude "$@" \
        -L"$directory" -Wl,-rpath,"$directory" -lsignalhub -pthread -ldl
}

# Compiles C++ against the library in a directory.
compile_cxx() {
    local directory=$1
    shift
    "$CXX" -std=c++17 -g -Wall -Wextra -Werror -Isdk-c/include -Iinclude "$@" \
        -L"$directory" -Wl,-rpath,"$directory" -lsignalhub -pthread -ldl
}
