# SPDX-License-Identifier: MIT OR Apache-2.0
"""Receiving messages.

Two rules shape this file:

* Ctrl-C loses no message: what an interrupted receive has taken is kept, and comes first in the
  next one.
* The GIL is held only while nothing can wait: a receive looks with the GIL held, and lets go of it
  to wait; and to look, if it may have to pass over many messages.
"""

from __future__ import annotations

import sys
import threading
import time
import warnings
from collections import deque
from ctypes import CDLL, byref, c_int, c_uint64, sizeof
from types import TracebackType
from typing import Any, Callable, NoReturn, TypeVar

from signalhub import _bindings as c
from signalhub._arguments import FOREVER_NS, integer, nanoseconds
from signalhub._lib import held, released
from signalhub._tray import Tray, give_back, take
from signalhub.dispatcher import Callback, Dispatcher, remove_callback, set_callback
from signalhub.errors import (
    ClosedError,
    DecodeError,
    ForkedError,
    LaggedError,
    RecvTimeout,
    error_of,
)
from signalhub.message import Kind, Message, message_of
from signalhub.stats import Kept, ReceiverStats, stats_of

#: What was published: str for TEXT, bytes for BYTES, the Message itself for JSON and EVENT. Who
#: receives knows which of them comes.
Content = Any

T = TypeVar("T")
Out = TypeVar("Out", c_int, c_uint64, c.ReceiverStats)

#: How long the main thread sleeps at a time; in between, Python handles signals.
SLICE_NS = 50_000_000
#: How long to leave the receiver to another thread that is just taking a message.
BUSY_S = 50e-6


class SignalReceiver:
    """One reader of a hub, with its own place in the stream. Made by `SignalHub.subscribe()`.

    Iterating yields messages as :meth:`recv` returns them, until the hub is closed and read to
    its end. A receiver that the hub has overtaken by its capacity gets :class:`LaggedError`, once;
    the next receive, or iterating again, goes on at the oldest message that the hub retains. That
    is what `on_lag="report"` means; `SignalHub.subscribe()` says what else there is.

    Any thread may use a receiver. Threads that share one get each message once between them, and
    one that waits does not keep others from receiving; of a :class:`LaggedError`, only `missed`
    is exact then.

    A receiver outlives its hub and reads what is left. Close it, or use it in a `with` statement;
    one that is collected unclosed gives a ResourceWarning.
    """

    # The handle in C; 0 until it is made and once it is closed.
    _handle = 0

    def __init__(self, handle: int, looks_with: CDLL = held) -> None:
        # Taken and not handed over, the oldest first.
        self._kept: deque[Kept] = deque()
        self._looks_with = looks_with
        self._handle = handle

    def recv(self, timeout: float | None = None) -> Content:
        """Return the next message as it was published, and wait for it if need be.

        Other threads run meanwhile; Ctrl-C ends the wait.

        Args:
            timeout: how long to wait at most, in seconds on the monotonic clock. 0 looks once,
                None waits for ever.

        Returns:
            str for TEXT, bytes for BYTES, a :class:`Message` for JSON and EVENT.

        Raises:
            RecvTimeout: nothing came in time.
            LaggedError: messages were missed.
            ClosedError: the hub is closed and read to its end, or the receiver is closed.
            ForkedError: the receiver was made by the parent of this process.
            DecodeError: the message is not what its kind says; the error holds it.
            TypeError: the timeout is not a number.
            ValueError: the timeout is negative or NaN.
        """
        return self._receive(nanoseconds(timeout), _content)

    def try_recv(self) -> Content | None:
        """Return the next message as :meth:`recv` does, or None if none is waiting.

        Raises:
            LaggedError, ClosedError, ForkedError, DecodeError: as :meth:`recv`.
        """
        try:
            return self._receive(0, _content)
        except RecvTimeout:
            return None

    def recv_message(self, timeout: float | None = None) -> Message:
        """Return the next message with its topic, kind, seq and origin; else as :meth:`recv`."""
        return self._receive(nanoseconds(timeout), _itself)

    def recv_many(self, n: int, timeout: float | None = None) -> list[Content]:
        """Wait for a message as :meth:`recv` does; return it and those behind it, at most n.

        What goes wrong after the first message is told by the next receive.

        Raises:
            TypeError: n is not an int, or the timeout is not a number.
            ValueError: n is less than 1, or the timeout is negative or NaN.
            RecvTimeout, LaggedError, ClosedError, ForkedError, DecodeError: as :meth:`recv`.
        """
        integer("n", n, 1, sys.maxsize)
        timeout_ns = nanoseconds(timeout)
        messages: list[Message] = []
        contents: list[Content] = []
        try:
            self._collect(n, timeout_ns, messages, contents)
            return contents
        except BaseException:
            if messages and self._kept and self._kept[0] is messages[-1]:
                messages.pop()  # interrupted just after it was collected
            self._kept.extendleft(reversed(messages))
            raise

    def fileno(self) -> int:
        """Return a descriptor that `select`, `selectors` and event loops can watch.

        It is readable when a receive would not raise RecvTimeout at once: there is a message, a lag
        or the end. Then receive until :meth:`try_recv` returns None; only that (or a RecvTimeout)
        makes it unreadable. It may be readable for nothing now and then. It is closed with the
        receiver; watch it, and do nothing else with it. After a KeyboardInterrupt in a receive,
        receive once without waiting for it: what was taken then is not in the hub any more.

        Raises:
            OSError: the system has no more descriptors to give.
            ClosedError: the receiver is closed.
            ForkedError: the receiver was made by the parent of this process.
        """
        return self._ask(self._looks_with.signalhub_receiver_fd, c_int()).value

    def on_message(
        self,
        call: Callable[[Message], object] | None,
        *,
        dispatcher: Dispatcher | None = None,
        on_lag: Callable[[LaggedError], object] | None = None,
        on_close: Callable[[], object] | None = None,
    ) -> None:
        """Have `call` called with each message, on another thread.

        It replaces the callback that was there: that is not called any more when this returns. None
        removes it; so do closing the receiver, or the dispatcher. A callback that is running is
        waited for, unless it is what calls this: hold no lock that it wants.

        The callback may do everything: publish, subscribe, and close hub, receiver and dispatcher.
        What it raises is logged by the logger "signalhub" and goes to `sys.unraisablehook`, and the
        next message is its next call. While it is set, it and the receiver are not collected. When
        the interpreter ends, callbacks are removed.

        Args:
            call: what is called, with a :class:`Message` of its own, a copy.
            dispatcher: whose thread calls; None for a thread of its own.
            on_lag: called when messages were missed; None logs a warning.
            on_close: called once when the hub is closed and all before that was told.

        Raises:
            TypeError: an argument is of the wrong type.
            OSError: there is no thread to be had.
            ClosedError: the receiver or the dispatcher is closed.
            ForkedError: the receiver or the dispatcher was made by the parent of this process.
            RuntimeError: the interpreter is ending.
        """
        if call is None:
            if dispatcher is not None or on_lag is not None or on_close is not None:
                raise TypeError("there is nothing to call with a dispatcher, on_lag or on_close")
            remove_callback(self._live())
            return
        for name, value in (("call", call), ("on_lag", on_lag), ("on_close", on_close)):
            if not callable(value) and (name == "call" or value is not None):
                raise TypeError(f"{name} must be callable, not {value!r}")
        if not isinstance(dispatcher, (Dispatcher, type(None))):
            raise TypeError(f"dispatcher must be a Dispatcher or None, not {dispatcher!r}")
        set_callback(Callback(self, self._live(), call, on_lag, on_close), dispatcher)

    @property
    def next_seq(self) -> int:
        """The number of the message that the next receive looks for.

        What that gives has this number, or a higher one if there are messages to pass over.

        Raises:
            ClosedError: the receiver is closed.
            ForkedError: the receiver was made by the parent of this process.
        """
        return self.stats.next_seq

    @property
    def stats(self) -> ReceiverStats:
        """What this receiver has come across so far.

        What a receive had taken when Ctrl-C ended it counts as not yet read. For threads that share
        the receiver, what another one received meanwhile may then count as if it was not, either.

        Raises:
            ClosedError: the receiver is closed.
            ForkedError: the receiver was made by the parent of this process.
        """
        kept = list(self._kept)  # before it is counted, so that the counts have all of it
        counts = c.ReceiverStats(sizeof(c.ReceiverStats))
        return stats_of(self._ask(held.signalhub_receiver_stats, counts), kept)

    @property
    def closed(self) -> bool:
        """Whether this receiver is closed. Its hub may be closed sooner or later."""
        return not self._handle

    def close(self) -> None:
        """Close this receiver. Threads that wait in it get ClosedError.

        Closing twice does nothing.
        """
        handle, self._handle = self._handle, 0
        if handle:
            released.signalhub_receiver_free(handle)
            self._kept.clear()

    def _receive(self, timeout_ns: int, convert: Callable[[Message], T]) -> T:
        """Take the next message and return what `convert` makes of it; else as :meth:`recv`."""
        message = self._next_kept() if self._kept else None
        tray = None if message else take()
        status = c.SIGNALHUB_OK
        try:
            if tray is not None:
                status = self._fill(tray, timeout_ns)
                if status == c.SIGNALHUB_OK:
                    message = message_of(tray)
                elif status == c.SIGNALHUB_LAGGED:
                    raise self._lag(tray)
                used, tray = tray, None  # which another receive may use from here on
                give_back(used)
            if message is None:
                raise self._error(status)
            return convert(message)
        except (LaggedError, DecodeError):
            raise
        except BaseException:
            self._keep(message, tray)
            raise

    def _collect(
        self, n: int, timeout_ns: int, messages: list[Message], contents: list[Content]
    ) -> None:
        """Receive up to n messages into one list, and what was published into the other.

        Not in recv_many, because Python 3.13 does not cover a loop's jump back by the `try` around
        it: an interrupt there would pass that by.
        """

        def add(message: Message) -> None:
            contents.append(_content(message))
            messages.append(message)

        try:
            self._receive(timeout_ns, add)
            while len(messages) < n:
                self._receive(0, add)
        except (RecvTimeout, ClosedError):
            if not messages:
                raise
        except (LaggedError, DecodeError) as error:
            if not messages:
                raise
            self._kept.appendleft(error)

    def _next_kept(self) -> Message | None:
        try:
            kept = self._kept.popleft()
        except IndexError:
            return None
        if isinstance(kept, Message):
            return kept
        raise kept

    def _keep(self, message: Message | None, tray: Tray | None) -> None:
        """Keep what an interrupted receive has taken: a message, or what is in a tray."""
        if not self._handle:
            return
        if message is None and tray is not None and tray.count.value:
            message = message_of(tray)
        if message is not None:
            self._kept.appendleft(message)
        elif tray is not None and tray.missed.value:
            self._kept.appendleft(self._lag(tray))

    def _fill(self, tray: Tray, timeout_ns: int) -> int:
        """Receive into a tray and return the status."""
        # Not try_recv: it leaves nothing in memory that says whether it took a message.
        status: int = self._looks_with.signalhub_receiver_recv_many(
            self._live(), tray.messages, 1, 0, tray.to_count, tray.to_missed
        )
        if (status == c.SIGNALHUB_TIMEOUT and timeout_ns) or status == c.SIGNALHUB_ERR_BUSY:
            status = self._wait(tray, timeout_ns)
        return status

    def _wait(self, tray: Tray, timeout_ns: int) -> int:
        """Wait without the GIL to receive into a tray, and return the status."""
        is_main = threading.get_ident() == threading.main_thread().ident
        slice_ns = SLICE_NS if is_main else FOREVER_NS
        deadline = time.monotonic_ns() + timeout_ns
        while True:
            left_ns = max(deadline - time.monotonic_ns(), 0)
            nap_ns = min(left_ns, slice_ns)
            status: int = released.signalhub_receiver_recv_many(
                self._live(), tray.messages, 1, nap_ns, tray.to_count, tray.to_missed
            )
            if status == c.SIGNALHUB_ERR_BUSY:
                time.sleep(BUSY_S)
            elif status != c.SIGNALHUB_TIMEOUT or nap_ns == left_ns:
                return status

    def _live(self) -> int:
        if not self._handle:
            raise ClosedError("the receiver is closed")
        return self._handle

    def _cursor(self) -> int:
        return self._ask(held.signalhub_receiver_next_seq, c_uint64()).value

    def _ask(self, function: Callable[..., int], answer: Out) -> Out:
        """Return the answer of a function of C, once no other thread is inside the receiver."""
        while True:
            status = function(self._live(), byref(answer))
            if status == c.SIGNALHUB_OK:
                return answer
            if status != c.SIGNALHUB_ERR_BUSY:
                raise self._error(status)
            time.sleep(BUSY_S)

    def _lag(self, tray: Tray) -> LaggedError:
        # C tells how many. Where it goes on is asked for, after which another thread may have read.
        missed, resume_at = tray.missed.value, self._cursor()
        return LaggedError(missed, resume_at - missed, resume_at)

    def _error(self, status: int) -> Exception:
        # Another thread may have closed the receiver meanwhile, whatever the status is then.
        return error_of(status) if self._handle else ClosedError("the receiver is closed")

    def __iter__(self) -> SignalReceiver:
        self._live()
        return self

    def __next__(self) -> Content:
        try:
            return self.recv()
        except ClosedError:
            raise StopIteration from None

    def __enter__(self) -> SignalReceiver:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(
        self, warn: Any = warnings.warn, free: Any = released.signalhub_receiver_free
    ) -> None:
        if not self._handle:
            return
        try:
            self._cursor()
            warn(f"unclosed {self!r}", ResourceWarning, source=self)
        except ForkedError:
            pass  # it was its parent's to close
        finally:
            free(self._handle)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a SignalReceiver cannot be copied or pickled; subscribe another one")

    def __repr__(self) -> str:
        if not self._handle:
            state = "closed"
        else:
            try:
                state = f"next_seq={self.next_seq}"
            except ForkedError:
                state = "of the parent process"
        return f"<{type(self).__name__} {state}>"


def _content(message: Message) -> Content:
    if message.kind is Kind.TEXT:
        return message.text
    return bytes(message) if message.kind is Kind.BYTES else message


def _itself(message: Message) -> Message:
    return message
