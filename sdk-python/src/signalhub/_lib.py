# SPDX-License-Identifier: MIT OR Apache-2.0
"""Finds the shared library, loads it and checks that it is the one this package was made for.

The places, in order:

1. the file that the environment variable SIGNALHUB_LIBRARY names, and then no other;
2. a libsignalhub.so.0 that the process has loaded already, so that Python and C++ share one;
3. the file inside this package, where a wheel has it;
4. what cargo built last, if this package lies in a checkout of the sources;
5. wherever the system keeps its libraries.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator

from signalhub._bindings import FUNCTIONS, SIGNALHUB_ABI_VERSION

SONAME = f"libsignalhub.so.{SIGNALHUB_ABI_VERSION}"
_PACKAGE = os.path.dirname(os.path.abspath(__file__))


def native_version() -> str:
    """Return the version of the shared library that is loaded, for example "0.1.0"."""
    version: bytes = held.signalhub_version()
    return version.decode()


def _load() -> tuple[ctypes.PyDLL, ctypes.CDLL]:
    tried = []
    for place, name, mode in _places():
        try:
            return _open(name, mode)
        except (AttributeError, OSError) as error:  # AttributeError: it lacks a function
            tried.append(f"  {place}: {name}: {error}")
    raise ImportError("signalhub finds no shared library that it can use:\n" + "\n".join(tried))


def _places() -> Iterator[tuple[str, str, int]]:
    """Yield where the library may be: the place in words, and name and mode for dlopen."""
    load = ctypes.DEFAULT_MODE
    explicit = os.environ.get("SIGNALHUB_LIBRARY")
    if explicit:
        yield "SIGNALHUB_LIBRARY", os.path.abspath(explicit), load
        return
    if hasattr(os, "RTLD_NOLOAD"):
        yield "already loaded", SONAME, os.RTLD_NOLOAD
    yield "in the package", os.path.join(_PACKAGE, "_native", "libsignalhub.so"), load
    for path in _built():
        yield "built by cargo", path, load
    yield "in the system", SONAME, load


def _built() -> list[str]:
    """Return what cargo may have built, the newest first; nothing outside a checkout."""
    root = os.path.normpath(os.path.join(_PACKAGE, "..", "..", ".."))
    if not os.path.exists(os.path.join(root, "src", "capi.rs")):
        return []
    paths = [
        os.path.join(root, "target", profile, "libsignalhub.so") for profile in ("release", "debug")
    ]
    return sorted(paths, key=_modified, reverse=True)


def _modified(path: str) -> float:
    return os.path.getmtime(path) if os.path.exists(path) else 0.0


def _open(name: str, mode: int) -> tuple[ctypes.PyDLL, ctypes.CDLL]:
    released = ctypes.CDLL(name, mode)
    held = ctypes.PyDLL(name, handle=released._handle)
    abi = held.signalhub_abi_version()
    if abi != SIGNALHUB_ABI_VERSION:
        raise OSError(f"its ABI version is {abi}, not {SIGNALHUB_ABI_VERSION}")
    for library in (held, released):
        for function, (result, arguments) in FUNCTIONS.items():
            prototype = getattr(library, function)
            prototype.restype = result
            prototype.argtypes = arguments
    return held, released


#: Longer payloads are not copied while the GIL is held.
LONG_BYTES = 65536

#: The library twice. `held` keeps the GIL during a call: for calls that cannot wait for anybody.
#: `released` lets go of it: for all others, and for long copies.
held, released = _load()
