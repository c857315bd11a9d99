# SPDX-License-Identifier: MIT OR Apache-2.0
"""Callbacks, and the thread that calls them.

C calls two functions of this file for all callbacks, with a number by which Python finds which one
is meant. So a callback and its receiver stay until the callback is removed. All are removed before
the interpreter ends, lest a thread of C look for it then.
"""

from __future__ import annotations

import atexit
import itertools
import logging
import os
import time
import warnings
from ctypes import CFUNCTYPE, byref, c_int, c_uint64, c_void_p, cast, sizeof
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, NoReturn, Optional

from signalhub import _bindings as c
from signalhub._lib import held, released
from signalhub.errors import ClosedError, LaggedError, check
from signalhub.message import Message, copy_of

if TYPE_CHECKING:
    from signalhub.receiver import SignalReceiver

OnMessage = Callable[[Message], object]
OnLag = Optional[Callable[[LaggedError], object]]
OnClose = Optional[Callable[[], object]]
OnAboutToLag = Optional[Callable[[int], object]]

logger = logging.getLogger("signalhub")


class Callback(NamedTuple):
    """What is called, and for whom."""

    receiver: SignalReceiver
    handle: int
    on_message: OnMessage
    on_lag: OnLag
    on_close: OnClose
    on_about_to_lag: OnAboutToLag


#: Those that C has, or is just being given, each by its number.
_callbacks: dict[int, Callback] = {}
_numbers = itertools.count(1)
_is_ending = False
#: How many forks lie between this process and the one that imported this.
_forks = 0


class Dispatcher:
    """A thread that calls the callbacks of several receivers, one at a time.

    While one runs, the others wait, and their receivers may lag. Close it, or use it in a `with`
    statement; one that is collected unclosed gives a ResourceWarning, and is closed.

    Raises:
        OSError: there is no thread to be had.
    """

    # The handle in C; 0 until it is made and once it is closed.
    _handle = 0

    def __init__(self) -> None:
        handle = c_void_p()
        check(released.signalhub_dispatcher_new(byref(handle)))
        self._handle = handle.value or 0
        self._forks = _forks

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return not self._handle

    def close(self) -> None:
        """Remove its callbacks and end its thread. The receivers stay.

        Waits until a running callback has returned, unless that is what calls this. Closing twice
        does nothing.
        """
        handle, self._handle = self._handle, 0
        if handle:
            released.signalhub_dispatcher_free(handle)

    def _live(self) -> int:
        if not self._handle:
            raise ClosedError("the dispatcher is closed")
        return self._handle

    def __enter__(self) -> Dispatcher:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(
        self, warn: Any = warnings.warn, free: Any = released.signalhub_dispatcher_free
    ) -> None:
        if not self._handle:
            return
        try:
            if self._forks == _forks:  # else it was its parent's to close
                warn(f"unclosed {self!r}", ResourceWarning, source=self)
        finally:
            free(self._handle)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Dispatcher cannot be copied or pickled")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'open' if self._handle else 'closed'}>"


def set_callback(callback: Callback, dispatcher: Dispatcher | None) -> None:
    """Have a callback called, in place of the one that its receiver had."""
    if _is_ending:
        raise RuntimeError("the interpreter is ending")
    number = next(_numbers)
    of = None if dispatcher is None else dispatcher._live()
    _callbacks[number] = callback
    status = released.signalhub_receiver_on_message(
        callback.handle, of, _ON_MESSAGE, number, _ON_FREE
    )
    if status != c.SIGNALHUB_OK:
        del _callbacks[number]
    check(status)


def remove_callback(handle: int) -> None:
    """Remove the callback of a receiver."""
    check(released.signalhub_receiver_on_message(handle, None, None, None, None))


def _on_message(number: int, status: int, message: int | None, missed: int) -> None:
    callback = _callbacks[number]
    try:
        if message is not None:
            view = c.View(sizeof(c.View))
            check(held.signalhub_message_view(message, byref(view)))
            callback.on_message(copy_of(view))
        elif status == c.SIGNALHUB_LAGGED:
            lag = _lag(callback.handle, missed)
            if callback.on_lag is not None:
                callback.on_lag(lag)
            else:
                logger.warning("%r missed %d messages", callback.receiver, missed)
        elif status == c.SIGNALHUB_ABOUT_TO_LAG:
            if callback.on_about_to_lag is not None:
                callback.on_about_to_lag(missed)
        elif callback.on_close is not None:
            callback.on_close()
    except BaseException:
        logger.exception("a callback of %r failed", callback.receiver)
        raise  # to sys.unraisablehook, by ctypes


def _lag(handle: int, missed: int) -> LaggedError:
    resume_at = c_uint64()
    while held.signalhub_receiver_next_seq(handle, byref(resume_at)) == c.SIGNALHUB_ERR_BUSY:
        time.sleep(50e-6)
    return LaggedError(missed, resume_at.value - missed, resume_at.value)


def _on_free(number: int) -> None:
    _callbacks.pop(number, None)


# Kept as long as there is Python, for C to call.
_on_message_thunk = CFUNCTYPE(None, c_void_p, c_int, c_void_p, c_uint64)(_on_message)
_on_free_thunk = CFUNCTYPE(None, c_void_p)(_on_free)
_ON_MESSAGE = cast(_on_message_thunk, c_void_p)
_ON_FREE = cast(_on_free_thunk, c_void_p)


@atexit.register
def _end() -> None:
    """Remove all callbacks, those too that another thread is just setting."""
    global _is_ending
    _is_ending = True
    while _callbacks:
        for callback in list(_callbacks.values()):
            released.signalhub_receiver_on_message(callback.handle, None, None, None, None)
        time.sleep(0)


def _forget() -> None:
    """In the child of a fork, where nothing is called."""
    global _forks
    _forks += 1
    _callbacks.clear()


os.register_at_fork(after_in_child=_forget)
