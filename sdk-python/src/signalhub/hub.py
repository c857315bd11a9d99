# SPDX-License-Identifier: MIT OR Apache-2.0
"""The hub: publish, subscribe, close.

One class, so one file; half of its lines say what a method does.
"""

from __future__ import annotations

import threading
import time
import warnings
from contextlib import suppress
from ctypes import (
    Array,
    addressof,
    byref,
    c_char,
    c_char_p,
    c_int,
    c_uint64,
    c_void_p,
    sizeof,
)
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar, Union

from signalhub import _bindings as c
from signalhub import _lent
from signalhub import topic as topics
from signalhub._arguments import (
    FOREVER_NS,
    ON_LAG,
    WAIT,
    encoded_name,
    flag,
    integer,
    max_stall_of,
    nanoseconds,
    start_of,
    word,
)
from signalhub._lib import LONG_BYTES, held, released
from signalhub.errors import ForkedError, LaggedError, check
from signalhub.loan import UNSAID, Loan, label
from signalhub.message import Kind, Message
from signalhub.receiver import SLICE_NS, SignalReceiver
from signalhub.stats import HubStats, hub_stats, hub_text

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

#: A payload as C can take it: bytes, or memory that somebody lends.
Data = Union[bytes, "Array[c_char]"]

Self = TypeVar("Self", bound="SignalHub")


class SignalHub:
    """A broadcast hub: every receiver gets every message, in one order.

    A hub retains its last `capacity` messages. Publishing waits for no receiver, unless it is a
    lossless one; one that falls further behind than that misses messages, and is told how many.

    Any thread may use a hub at any time. Close it, or use it in a `with` statement; one that is
    collected unclosed gives a ResourceWarning and is closed unless another handle on it is left.

    Args:
        capacity: how many messages the hub retains, from 1 to 2**32.
        max_message_bytes: the longest payload that can be published, in bytes, up to 2**40.
            None means 1 GiB.
        slot_bytes: size of a slot of the ring in bytes, from 64 to 65536, rounded up to a multiple
            of 64. Larger messages cost an allocation. None means 320.
        capacity_bytes: how many bytes larger messages may take up, at least capacity times
            max_message_bytes. When those that their holders keep take up the rest, publishing
            raises :class:`KeptError`. None means no bound.

    Raises:
        TypeError, ValueError: an argument is not an int, or not in its range.
        MemoryError: there is not that much memory.
    """

    # The handle in C; 0 until it is made.
    _handle = 0
    # Whether nobody needs to close this hub any more.
    _done = False

    def __init__(
        self,
        capacity: int = c.SIGNALHUB_CAPACITY_DEFAULT,
        *,
        max_message_bytes: int | None = None,
        slot_bytes: int | None = None,
        capacity_bytes: int | None = None,
    ) -> None:
        options = c.Options(sizeof(c.Options))
        options.capacity = integer("capacity", capacity, 1, c.SIGNALHUB_CAPACITY_MAX)
        if max_message_bytes is not None:
            options.max_message_bytes = integer(
                "max_message_bytes", max_message_bytes, 1, c.SIGNALHUB_MESSAGE_BYTES_MAX
            )
        if slot_bytes is not None:
            options.slot_bytes = integer(
                "slot_bytes", slot_bytes, c.SIGNALHUB_SLOT_BYTES_MIN, c.SIGNALHUB_SLOT_BYTES_MAX
            )
        if capacity_bytes is not None:
            options.capacity_bytes = integer("capacity_bytes", capacity_bytes, 1, 2**64 - 1)
        handle = c_void_p()
        check(released.signalhub_new(byref(options), byref(handle)))
        self._handle = handle.value or 0

    @classmethod
    def from_handle(cls: type[Self], handle: int) -> Self:
        """Return the hub behind a handle of the C library, or of another SignalHub.

        The handle stays its owner's; the result has one of its own on the same hub. Closing that
        closes the hub for all. Collecting it unclosed only lets go of the handle, in silence.

        Args:
            handle: the address in a signalhub_t pointer of this process. A number that never was
                one may crash the process.

        Raises:
            TypeError: the handle is not an int.
            ValueError: it is 0, or was freed, or is not a hub's.
            ForkedError: it was made by the parent of this process.
        """
        own = c_void_p()
        check(held.signalhub_clone(integer("handle", handle, 1, 2**64 - 1), byref(own)))
        hub = cls.__new__(cls)
        hub._handle = own.value or 0
        hub._done = True
        return hub

    def publish(
        self,
        message: str | ReadableBuffer,
        *,
        topic: str | None = None,
        kind: Kind | None = None,
        origin: int = 0,
        timeout: float | None = 0.0,
    ) -> int:
        """Publish a message to every receiver, and wait for none of them but lossless ones.

        A receiver that has fallen a whole ring behind loses its oldest messages. Only while one
        that was subscribed with `lossless=True` has a whole ring unread is nothing published,
        until it has read on or the time is over; other threads run meanwhile, and Ctrl-C ends the
        wait.

        Args:
            message: str, or an object with bytes: bytes, bytearray, memoryview, array. The
                message is a copy; another thread must not change the bytes meanwhile.
            topic: a name for the message: tokens joined by dots, without white space or wildcards,
                up to 255 bytes of UTF-8.
            kind: what the message is. None means TEXT for str and BYTES for bytes; a JSON
                document that you have as str or bytes is `Kind.JSON`, which is not checked.
            origin: who publishes, as the publishers agree among themselves, up to 64 bits.
            timeout: how long to wait at most for lossless receivers, in seconds on the monotonic
                clock. 0 does not wait, None waits for ever.

        Returns:
            How many receivers the hub has.

        Raises:
            ClosedError: the hub is closed.
            FullError: a lossless receiver has a whole ring unread, and the time is over.
            ForkedError: the hub was made by the parent of this process.
            TypeError: an argument is of the wrong type, or a str is published as BYTES.
            ValueError: the text cannot be UTF-8 or is not, the topic breaks a rule, the message is
                longer than max_message_bytes, the origin has more than 64 bits, or the timeout is
                negative or NaN.
            KeptError: messages that their holders keep take up capacity_bytes.
            MemoryError: there is not that much memory.
        """
        data, kind = _data(message, kind)
        integer("origin", origin, 0, 2**64 - 1)
        timeout_ns = nanoseconds(timeout)
        library = held if len(data) <= LONG_BYTES else released
        receivers = c_uint64()
        if topic is None and origin == 0 and not timeout_ns:
            status = library.signalhub_publish(
                self._handle, kind, data, len(data), None, byref(receivers)
            )
        else:
            view = c.View(sizeof(c.View), _address(data), len(data), kind=kind, origin=origin)
            if topic is not None:
                name = topics.encoded(topic)
                view.topic, view.topic_len = _address(name), len(name)
            status = library.signalhub_publish_view(
                self._handle, byref(view), None, byref(receivers)
            )
            if status == c.SIGNALHUB_FULL and timeout_ns:
                status = self._wait(view, timeout_ns, receivers)
        del data  # a bytearray can change its size again, even while an error keeps this frame
        check(status)
        return receivers.value

    def loan(self, nbytes: int) -> Loan:
        """Borrow memory for a payload of `nbytes` bytes, to write it where receivers read it.

            with hub.loan(1 << 20) as loan:
                camera.readinto(loan.memory)
                loan.publish(topic="camera.left")

        Raises:
            ClosedError: the hub is closed.
            ForkedError: the hub was made by the parent of this process.
            TypeError: nbytes is not an int.
            ValueError: it is negative, or more than max_message_bytes.
            KeptError: messages that their holders keep take up capacity_bytes.
            MemoryError: there is not that much memory.
        """
        integer("nbytes", nbytes, 0, 2**64 - 1)
        handle, data = c_void_p(), c_void_p()
        check(held.signalhub_loan(self._handle, nbytes, byref(handle), byref(data)))
        return Loan(handle, data.value or 0, nbytes)

    def publish_owned(
        self,
        message: ReadableBuffer,
        *,
        topic: str | None = None,
        kind: Kind = Kind.BYTES,
        origin: int = 0,
    ) -> int:
        """Publish the memory of an object to every receiver, without a copy.

        Receivers read it where it is, so nobody may write to it any more. The object is kept, as by
        a memoryview of it, until the message is needed no more, and then let go of at the next
        occasion: when this is called again, a hub is closed, or Python collects garbage
        (`gc.collect()`). No other thread waits for Python because of it.

        Args:
            message: an object with contiguous memory: bytes, bytearray, array, memoryview, numpy
                array.
            topic: as for :meth:`publish`.
            kind: what the message is.
            origin: as for :meth:`publish`.

        Returns:
            How many receivers the hub has.

        Raises:
            BufferError: the memory is not contiguous.
            ClosedError: the hub is closed.
            FullError: a lossless receiver has a whole ring unread.
            ForkedError: the hub was made by the parent of this process.
            TypeError: an argument is of the wrong type; a str has no bytes, encode it.
            ValueError: as for :meth:`publish`.
            KeptError: messages that their holders keep take up capacity_bytes.
            MemoryError: there is not that much memory.
        """
        _lent.take_back()
        view = c.View(sizeof(c.View))
        _name = label(view, topic, kind, origin)
        lent = _lent.Lent(message)
        view.data, view.len = lent.buffer.buf, lent.buffer.len
        library = held if kind is Kind.BYTES or view.len <= LONG_BYTES else released
        seq, receivers = c_uint64(UNSAID), c_uint64()
        lent.lend()
        try:
            status = library.signalhub_publish_owned(
                self._handle,
                byref(view),
                _lent.GIVE_BACK,
                lent.token,
                byref(seq),
                byref(receivers),
            )
        finally:  # however it ends: a signal can come when C has published it
            if seq.value == UNSAID:
                lent.cancel()
                _lent.take_back(everywhere=True)
        check(status)
        return receivers.value

    def subscribe(
        self,
        pattern: str | None = None,
        *,
        replay: int | Literal["all"] | None = None,
        from_seq: int | None = None,
        on_lag: Literal["report", "skip", "newest"] = "report",
        ignore_origin: int = 0,
        lossless: bool = False,
        max_stall: float | None = None,
        name: str = "",
        warn_behind: int = 0,
        wait: Literal["adaptive", "spin", "yield", "park"] = "adaptive",
    ) -> SignalReceiver:
        """Return a new receiver. Close it when it is done.

        It starts at the next message, unless `replay` or `from_seq` says where; from what is
        retained to what comes there is no gap and no duplicate. A message that it does not want
        neither comes nor ends a wait.

        Args:
            pattern: which topics it wants: a topic, in which "*" in a token's place stands for any
                one token, and ">" as the last token for one or more. None, and "*" or ">" alone,
                are every message, those without a topic included.
            replay: how many of the last messages it gets first, as far as the hub retains them;
                "all" for what is retained. They count before the pattern chooses among them.
            from_seq: number of the message to start at, at most the hub's `next_seq`. If the hub
                retains it no more, that is a lag.
            on_lag: what it does when messages were overwritten before it read them. "report" is
                :class:`LaggedError`, once, and then the oldest message that the hub retains; "skip"
                goes on there and tells only `stats`; "newest" is :class:`LaggedError`, once, and
                then the newest message.
            ignore_origin: leaves out the messages of this origin, its own for example; 0 leaves out
                nothing.
            lossless: whether publishers wait for it. While it has a whole ring unread, publishing
                is :class:`FullError`; one that is never read again holds publishers up until it is
                closed.
            max_stall: for how many seconds, if lossless, it may hold publishers up without reading
                a message. Then it becomes a lossy one, and gets :class:`LaggedError`, its first,
                when it is overtaken. None is for ever.
            name: what it is called in statistics, up to 63 bytes of UTF-8 without control
                characters.
            warn_behind: from how many unread messages on statistics say that it is about to lag; 0
                is never.
            wait: how a thread waits. "adaptive" looks again for some microseconds, then sleeps;
                "spin" never sleeps, for the fastest answer at the price of a processor; "yield"
                lets other threads go first; "park" sleeps at once.

        Raises:
            ClosedError: the hub is closed.
            ForkedError: the hub was made by the parent of this process.
            TypeError: an argument is of the wrong type.
            ValueError: the pattern or the name breaks a rule, a number is out of its range, a word
                is none of these, or both replay and from_seq are given.
            MemoryError: there is not that much memory.
        """
        options = c.ReceiverOptions(sizeof(c.ReceiverOptions))
        options.start, options.start_at = start_of(replay, from_seq)
        options.on_lag = word("on_lag", on_lag, ON_LAG)
        options.wait = word("wait", wait, WAIT)
        options.ignore_origin = integer("ignore_origin", ignore_origin, 0, 2**64 - 1)
        options.lossless = flag("lossless", lossless)
        options.max_stall_ns = max_stall_of(max_stall)
        options.warn_behind = integer("warn_behind", warn_behind, 0, 2**64 - 1)
        wanted = None if pattern is None else topics.encoded_pattern(pattern)
        if wanted is not None:
            options.pattern, options.pattern_len = _address(wanted), len(wanted)
        called = encoded_name(name)
        options.name, options.name_len = _address(called), len(called)
        handle = c_void_p()
        status = held.signalhub_subscribe_with(self._handle, byref(options), byref(handle))
        if status == c.SIGNALHUB_ERR_START:
            raise ValueError(f"from_seq must be at most the hub's next_seq, not {from_seq}")
        check(status)
        passes_over = pattern is not None or ignore_origin != 0 or on_lag == "skip"
        return SignalReceiver(handle.value or 0, released if passes_over else held)

    def snapshot(self) -> list[Message]:
        """Return what the hub retains, the oldest message first, without a gap.

        What publishers overwrite meanwhile is left out.

        Raises:
            ClosedError: the hub is closed. Subscribe before, to read what is left after.
            ForkedError: the hub was made by the parent of this process.
            MemoryError: there is not that much memory.
        """
        messages: list[Message] = []
        with self.subscribe(replay="all") as receiver:
            seq, end = receiver.next_seq, self.next_seq
            while seq < end:
                try:
                    messages.append(receiver.recv_message())
                    seq = messages[-1].seq + 1
                except LaggedError as lag:
                    messages.clear()  # older than what was lost, so retained no more
                    seq = lag.resume_at
                    end = max(end, seq + 1)  # not empty, however fast publishers are
        return messages

    @property
    def stats(self) -> HubStats:
        """What the hub and its receivers have come across so far.

        Raises:
            ForkedError: the hub was made by the parent of this process.
        """
        return hub_stats(self._handle)

    def stats_text(self, label: str) -> str:
        """Return the same as Prometheus reads it, to be served as it is.

        Args:
            label: value of the label `hub` in each line, any text.

        Raises:
            ForkedError: the hub was made by the parent of this process.
            TypeError: the label is not a str.
            ValueError: the label cannot be UTF-8.
        """
        return hub_text(self._handle, label)

    def close(self) -> None:
        """Close the hub, for all its handles in all languages. Closing twice does nothing.

        Publishing then raises ClosedError. Receivers read what is left and then get ClosedError;
        those that wait get it now. In the child of a fork, the parent's hub stays as it is.
        """
        with suppress(ForkedError):
            check(released.signalhub_close(self._handle))
        self._done = True
        _lent.take_back(everywhere=True)

    @property
    def closed(self) -> bool:
        """Whether the hub is closed, by whichever of its handles.

        Raises:
            ForkedError: the hub was made by the parent of this process.
        """
        closed = c_int()
        check(held.signalhub_is_closed(self._handle, byref(closed)))
        return closed.value != 0

    @property
    def capacity(self) -> int:
        """How many messages the hub retains."""
        capacity = c_uint64()
        check(held.signalhub_capacity(self._handle, byref(capacity)))
        return capacity.value

    @property
    def next_seq(self) -> int:
        """The number that the next message will get: how many were published so far."""
        seq = c_uint64()
        check(held.signalhub_next_seq(self._handle, byref(seq)))
        return seq.value

    @property
    def handle(self) -> int:
        """The signalhub_t pointer as an int, for code in C, C++ or Rust of this process.

        It is valid as long as this object exists; whoever wants it longer calls signalhub_clone().
        """
        return self._handle

    def _wait(self, view: c.View, timeout_ns: int, receivers: c_uint64) -> int:
        """Wait without the GIL to publish, and return the status."""
        is_main = threading.get_ident() == threading.main_thread().ident
        slice_ns = SLICE_NS if is_main else FOREVER_NS
        deadline = time.monotonic_ns() + timeout_ns
        while True:
            left_ns = max(deadline - time.monotonic_ns(), 0)
            nap_ns = min(left_ns, slice_ns)
            status: int = released.signalhub_publish_timeout(
                self._handle, byref(view), nap_ns, None, byref(receivers)
            )
            if status != c.SIGNALHUB_FULL or nap_ns == left_ns:
                return status

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self, warn: Any = warnings.warn, free: Any = released.signalhub_free) -> None:
        if not self._handle:
            return
        try:
            if not self._done and not self.closed:
                warn(f"unclosed {self!r}", ResourceWarning, source=self)
        except ForkedError:
            pass  # it was its parent's to close
        finally:
            free(self._handle)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a SignalHub cannot be copied or pickled; in this process, pass on hub.handle"
            " and use SignalHub.from_handle()"
        )

    def __repr__(self) -> str:
        if not self._handle:
            state = "not made"
        else:
            try:
                state = "closed" if self.closed else "open"
                state += f" capacity={self.capacity} next_seq={self.next_seq}"
            except ForkedError:
                state = "of the parent process"
        return f"<{type(self).__name__} {state}>"


def _data(message: str | ReadableBuffer, kind: Kind | None) -> tuple[Data, Kind]:
    """Return the bytes of a message and its kind."""
    if kind is not None and not isinstance(kind, Kind):
        raise TypeError(f"kind must be a signalhub.Kind or None, not {kind!r}")
    if isinstance(message, str):
        if kind is Kind.BYTES:
            raise TypeError("a str cannot be published as BYTES; encode it")
        return message.encode(), Kind.TEXT if kind is None else kind
    kind = Kind.BYTES if kind is None else kind
    if isinstance(message, bytes):
        return message, kind
    try:
        view = memoryview(message)
    except TypeError:
        name = type(message).__name__
        raise TypeError(f"message must be str or bytes-like, not {name}") from None
    # Lent, so that the copy is made without the GIL. ctypes lends only what can be written to.
    if view.nbytes > LONG_BYTES and view.c_contiguous and not view.readonly:
        return (c_char * view.nbytes).from_buffer(view), kind
    return view.tobytes(), kind


def _address(data: Data) -> c_void_p:
    """Return a pointer to `data`, valid as long as both exist."""
    pointer = c_char_p(data) if isinstance(data, bytes) else c_char_p(addressof(data))
    return c_void_p.from_buffer(pointer)
