# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where the shared library is looked for, and what is said when there is none."""

from __future__ import annotations

import shutil
from pathlib import Path

import fresh_python
import header
import pytest

from signalhub import _lib

MAPS = Path("/proc/self/maps").read_text().splitlines()
LIBRARY = next(line.split()[-1] for line in MAPS if "/libsignalhub.so" in line)
PACKAGE = Path(_lib.__file__).parent
IMPORT = "import signalhub._lib; print(signalhub._lib.held._name)"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package, far from any checkout and without a library."""
    copy = tmp_path / "site-packages" / "signalhub"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("_native", "__pycache__"))
    return copy


def environment(package: Path, library: str = "") -> dict[str, str]:
    return {"PYTHONPATH": str(package.parent), "SIGNALHUB_LIBRARY": library}


def test_the_environment_names_the_library(package: Path) -> None:
    assert fresh_python.output(IMPORT, env=environment(package, LIBRARY)) == f"{LIBRARY}\n"


def test_a_library_that_the_environment_names_is_the_only_one(package: Path) -> None:
    native = package / "_native"
    native.mkdir()
    shutil.copy(LIBRARY, native / "libsignalhub.so")
    done = fresh_python.run(IMPORT, env=environment(package, "/nowhere/libsignalhub.so"))
    assert done.returncode == 1
    assert "SIGNALHUB_LIBRARY: /nowhere/libsignalhub.so: " in done.stderr
    assert "_native" not in done.stderr


def test_a_library_that_the_process_has_loaded_is_shared(package: Path) -> None:
    code = f"import ctypes; ctypes.CDLL({LIBRARY!r}); {IMPORT}"
    assert fresh_python.output(code, env=environment(package)) == "libsignalhub.so.0\n"


def test_the_library_in_the_package_comes_before_one_in_a_checkout(tmp_path: Path) -> None:
    copy = tmp_path / "sdk-python" / "src" / "signalhub"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("_native", "__pycache__"))
    built, native = tmp_path / "target" / "debug", copy / "_native"
    for directory in (built, native, tmp_path / "src"):
        directory.mkdir(parents=True)
    shutil.copy(LIBRARY, built / "libsignalhub.so")
    unmarked = fresh_python.run(IMPORT, env=environment(copy))
    assert "ImportError" in unmarked.stderr
    assert "built by cargo" not in unmarked.stderr
    (tmp_path / "src" / "capi.rs").touch()
    assert fresh_python.output(IMPORT, env=environment(copy)) == f"{built}/libsignalhub.so\n"
    shutil.copy(LIBRARY, native / "libsignalhub.so")
    assert fresh_python.output(IMPORT, env=environment(copy)) == f"{native}/libsignalhub.so\n"


def test_without_a_library_the_error_lists_every_path_and_why(package: Path) -> None:
    done = fresh_python.run(IMPORT, env=environment(package))
    assert done.returncode == 1
    assert "ImportError: signalhub finds no shared library that it can use:" in done.stderr
    packaged = package / "_native" / "libsignalhub.so"
    for line in (
        "already loaded: libsignalhub.so.0: ",
        f"in the package: {packaged}: {packaged}: cannot open shared object file",
        "in the system: libsignalhub.so.0: libsignalhub.so.0: cannot open shared object file",
    ):
        assert line in done.stderr


def test_another_library_is_refused(package: Path, tmp_path: Path) -> None:
    for source, reason in (
        ("int other;", "undefined symbol: signalhub_abi_version"),
        ("unsigned signalhub_abi_version(void) { return 7; }", "its ABI version is 7, not 0"),
        ("unsigned signalhub_abi_version(void) { return 0; }", "undefined symbol: signalhub_"),
    ):
        library = str(tmp_path / "other.so")
        header.compiled("-shared", "-fPIC", "-o", library, "-", source=source)
        done = fresh_python.run(IMPORT, env=environment(package, library))
        assert done.returncode == 1
        assert f"SIGNALHUB_LIBRARY: {library}: " in done.stderr
        assert reason in done.stderr


def test_importing_starts_no_thread_and_opens_no_file() -> None:
    code = """
        import os
        def state():
            return os.listdir("/proc/self/task"), os.listdir("/proc/self/fd")
        before = state()
        import signalhub
        print(before == state())
    """
    assert fresh_python.output(code, "-X", "dev") == "True\n"
