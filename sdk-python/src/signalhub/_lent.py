# SPDX-License-Identifier: MIT OR Apache-2.0
"""Memory of Python objects that hubs read, until they need it no more.

Whoever lets go of a message last may be a thread that knows nothing of Python, at a time when
there is no Python any more. So nothing of Python runs there: what C calls is
PyThread_release_lock(), which takes one pointer, needs no GIL and no interpreter, and waits for
nobody. Python finds the lock open later: when it lends again, when a hub is closed, and after each
collection of garbage. What is still lent when the interpreter ends is never taken back, so that it
stays readable.
"""

from __future__ import annotations

import ctypes
import gc
import os
import threading
from collections import deque
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_ssize_t, c_void_p, py_object
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Buffer(Structure):
    """Py_buffer"""

    _fields_ = [
        ("buf", c_void_p),
        ("obj", c_void_p),
        ("len", c_ssize_t),
        ("itemsize", c_ssize_t),
        ("readonly", c_int),
        ("ndim", c_int),
        ("format", c_char_p),
        ("shape", c_void_p),
        ("strides", c_void_p),
        ("suboffsets", c_void_p),
        ("internal", c_void_p),
    ]


def _function(name: str, result: Any, *arguments: Any) -> Any:
    # A prototype of our own: those of ctypes.pythonapi belong to everybody.
    return ctypes.PYFUNCTYPE(result, *arguments)((name, ctypes.pythonapi))


_get_buffer = _function("PyObject_GetBuffer", c_int, py_object, POINTER(Buffer), c_int)
_release_buffer = _function("PyBuffer_Release", None, POINTER(Buffer))
_allocate_lock = _function("PyThread_allocate_lock", c_void_p)
_free_lock = _function("PyThread_free_lock", None, c_void_p)
_acquire_lock = _function("PyThread_acquire_lock", c_int, c_void_p, c_int)
_release_lock = _function("PyThread_release_lock", None, c_void_p)

#: What C calls with `Lent.token` when it needs the memory no more.
GIVE_BACK = ctypes.cast(ctypes.pythonapi.PyThread_release_lock, c_void_p)

_PyBUF_SIMPLE = 0  # contiguous bytes, to read

#: How many that are still in use are looked at before the rest is left for another time.
_PATIENCE = 4

#: What is lent, the longest first.
_lent: deque[Lent] = deque()
#: How many were left when all were looked at last.
_left = 0
#: Held by the one thread that looks.
_looking = threading.Lock()


class Lent:
    """Memory that an object lends, which can neither move nor go until it is taken back."""

    __slots__ = ("buffer", "token")

    def __init__(self, message: ReadableBuffer) -> None:
        self.buffer = Buffer()
        _get_buffer(message, byref(self.buffer), _PyBUF_SIMPLE)
        self.token = _allocate_lock()
        if not self.token:
            _release_buffer(byref(self.buffer))
            raise MemoryError
        _acquire_lock(self.token, 0)

    def lend(self) -> None:
        """Keep it until C gives it back."""
        _lent.append(self)
        if gc_has_run not in gc.callbacks:
            gc.callbacks.append(gc_has_run)

    def cancel(self) -> None:
        """Take back what C did not take."""
        _release_lock(self.token)

    def take_back(self) -> bool:
        """Let the object go, if C has given its memory back."""
        if not _acquire_lock(self.token, 0):
            return False
        _release_lock(self.token)
        _free_lock(self.token)
        _release_buffer(byref(self.buffer))
        return True


def take_back(everywhere: bool = False) -> None:
    """Let go of what C has given back: of the oldest, or of all.

    Hubs give back about in the order in which they were lent to, so that looking at the oldest
    does it; but for those that somebody keeps, because of which all are looked at when they have
    doubled.
    """
    global _left
    if not _lent or not _looking.acquire(blocking=False):
        return  # a thread that is at it, or we are: letting an object go can run anything
    try:
        everywhere = everywhere or len(_lent) > 2 * _left + _PATIENCE
        kept: list[Lent] = []
        for _ in range(len(_lent)):
            lent = _lent.popleft()
            if not lent.take_back():
                kept.append(lent)
                if len(kept) == _PATIENCE and not everywhere:
                    break
        _lent.extendleft(reversed(kept))
        if everywhere:
            _left = len(_lent)
    finally:
        _looking.release()


def gc_has_run(phase: str, info: dict[str, int]) -> None:
    if phase == "stop":
        take_back(everywhere=info["generation"] == 2)


def _forget() -> None:
    """In the child of a fork, whose hubs are its parent's and give nothing back."""
    global _looking, _left
    _looking = threading.Lock()
    _lent.clear()
    _left = 0


os.register_at_fork(after_in_child=_forget)
