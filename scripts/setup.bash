# SPDX-License-Identifier: MIT OR Apache-2.0
# Sourced first: finds the tools, fetches crates, makes private Python environments.
# What is there already is left alone, without a look at the network.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1

target=${CARGO_TARGET_DIR:-target}
[[ $target == /* ]] || target=$root/$target
export CARGO_TARGET_DIR=$target

# shellcheck source=scripts/steps.bash
source "$root/scripts/steps.bash"

die() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    exit 1
}

# Finds cargo, $CC and $CXX; fetches the crates of Cargo.lock.
setup_rust() {
    PATH=$PATH:$HOME/.cargo/bin # a shell that was open before rustup came does not have it
    command -v cargo >/dev/null || die 'no cargo: install Rust from https://rustup.rs'
    export CC=${CC:-cc} CXX=${CXX:-c++}
    command -v "$CC" >/dev/null || die "no C compiler ($CC): on Debian, apt-get install gcc libc6-dev"
    command -v "$CXX" >/dev/null || die "no C++ compiler ($CXX): on Debian, apt-get install g++"
    cargo fetch --locked --offline &>/dev/null || task 'fetch crates' cargo fetch --locked
}

# Finds $pythons, "VERSION PATH" of every CPython >= 3.9 here, one for each version, and $python, the
# first of them: PYTHON if set, else python3, else the oldest.
setup_python() {
    mapfile -t pythons < <(find_pythons)
    ((${#pythons[@]})) || die 'no CPython >= 3.9: on Debian, apt-get install python3 python3-venv'
    python=${pythons[0]#* }
}

find_pythons() {
    local candidate
    {
        printf '%s\n' "${PYTHON:-python3}"
        compgen -c python3. | grep -xE 'python3\.[0-9]+t?' | sort -V
        printf '%s\n' "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python3
    } | while read -r candidate; do
        "$candidate" -c '
import sys
if sys.implementation.name == "cpython" and sys.version_info >= (3, 9):
    print("{}.{}{} {}".format(*sys.version_info[:2], sys.abiflags, sys.executable))
' </dev/null
    done 2>/dev/null | awk '!seen[$1]++'
}

# Rust's own tools, which a minimal rustup leaves out, and those from PyPI.
setup_tools() {
    cargo fmt --version &>/dev/null && cargo clippy --version &>/dev/null ||
        task 'rustup component' rustup component add clippy rustfmt
    setup_venv tools "$python" tools.txt
    tools=$target/venv/tools/bin
    export MYPY_CACHE_DIR=$target/cache/mypy RUFF_CACHE_DIR=$target/cache/ruff
}

# Runs ruff on all our Python, under the settings of the SDK.
ruff() {
    local programs
    mapfile -t programs < <(grep -rlE '^#!.*python' scripts)
    "$tools/ruff" "$@" sdk-python
    "$tools/ruff" "$@" --config sdk-python/pyproject.toml benches examples "${programs[@]}"
}

# Our C and C++ files, but for the header, whose form is cbindgen's.
c_files() {
    find . '(' -name target -o -name '.?*' -o -path ./include ')' -prune -o '(' -name '*.[ch]' -o -name '*.[ch]pp' ')' -print
}

# The fenced blocks of a language, from a page.
block() {
    awk -v "fence=\`\`\`$1" '$0 == "```" { on = 0 } on; $0 == fence { on = 1 }'
}

# Makes target/venv/NAME for a Python from a file of pins; its stamp says for which Python and pins it is.
setup_venv() {
    local name=$1 python=$2 requirements=scripts/requirements/$3 venv=$target/venv/$1 stamp
    stamp=$("$python" -VV; printf '%s\n' "$python"; cat "$requirements")
    [[ $(cat "$venv/stamp" 2>/dev/null) != "$stamp" ]] || return 0
    task "venv $name" make_venv "$venv" "$python" "$requirements"
    printf '%s\n' "$stamp" >"$venv/stamp"
}

make_venv() {
    local venv=$1 python=$2 requirements=$3
    "$python" -m venv --clear "$venv" || make_venv_without_ensurepip "$venv" "$python"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: -r "$requirements"
}

# Debian's Python comes without ensurepip: the pip of any Python here will do, or the package that has it.
make_venv_without_ensurepip() {
    local venv=$1 python=$2 package other
    "$python" -m venv --clear --without-pip "$venv"
    for other in "${pythons[@]#* }"; do
        "$other" -m pip --python "$venv/bin/python" install --quiet pip && return
    done
    package=$("$python" -c 'import sys; print("python{}.{}-venv".format(*sys.version_info))')
    apt_install "$package" && "$python" -m venv --clear "$venv" && return
    printf '%s has no ensurepip, and no pip is at hand: on Debian, apt-get install %s\n' "$python" "$package"
    return 1
}

# Installs a package if this is Debian and we are root.
apt_install() {
    ((EUID == 0)) && command -v apt-get >/dev/null || return 1
    apt-get install -y --no-install-recommends "$1" || {
        apt-get update && apt-get install -y --no-install-recommends "$1"
    }
}
