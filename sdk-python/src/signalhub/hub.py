# SPDX-License-Identifier: MIT OR Apache-2.0
"""The hub: publish, subscribe, close."""

from __future__ import annotations

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
from signalhub import topic as topics
from signalhub._arguments import integer
from signalhub._lib import LONG_BYTES, held, released
from signalhub.errors import ForkedError, LaggedError, check
from signalhub.message import Kind, Message
from signalhub.receiver import SignalReceiver

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

#: What a receiver can do about a lag, each with its number in C.
ON_LAG = {
    "report": c.SIGNALHUB_ON_LAG_REPORT,
    "skip": c.SIGNALHUB_ON_LAG_SKIP,
    "newest": c.SIGNALHUB_ON_LAG_NEWEST,
}

#: How a thread can wait for a receiver, each with its number in C.
WAIT = {
    "adaptive": c.SIGNALHUB_WAIT_ADAPTIVE,
    "spin": c.SIGNALHUB_WAIT_SPIN,
    "yield": c.SIGNALHUB_WAIT_YIELD,
    "park": c.SIGNALHUB_WAIT_PARK,
}

#: A payload as C can take it: bytes, or memory that somebody lends.
Data = Union[bytes, "Array[c_char]"]

Self = TypeVar("Self", bound="SignalHub")


class SignalHub:
    """A broadcast hub: every receiver gets every message, in one order.

    A hub retains its last `capacity` messages. Publishing never waits for a receiver; one that
    falls further behind than that misses messages, and is told how many.

    Any thread may use a hub at any time. Close it, or use it in a `with` statement; one that is
    collected unclosed gives a ResourceWarning and is closed unless another handle on it is left.

    Args:
        capacity: how many messages the hub retains, from 1 to 2**32.
        max_message_bytes: the longest payload that can be published, in bytes, up to 2**40.
            None means 1 GiB.
        slot_bytes: size of a slot of the ring in bytes, from 64 to 65536, rounded up to a multiple
            of 64. Larger messages cost an allocation. None means 320.

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
    ) -> int:
        """Publish a message to every receiver, and wait for none of them.

        Args:
            message: str, or an object with bytes: bytes, bytearray, memoryview, array. The
                message is a copy; another thread must not change the bytes meanwhile.
            topic: a name for the message: tokens joined by dots, without white space or wildcards,
                up to 255 bytes of UTF-8.
            kind: what the message is. None means TEXT for str and BYTES for bytes; a JSON
                document that you have as str or bytes is `Kind.JSON`, which is not checked.
            origin: who publishes, as the publishers agree among themselves, up to 64 bits.

        Returns:
            How many receivers the hub has.

        Raises:
            ClosedError: the hub is closed.
            ForkedError: the hub was made by the parent of this process.
            TypeError: an argument is of the wrong type, or a str is published as BYTES.
            ValueError: the text cannot be UTF-8 or is not, the topic breaks a rule, the message is
                longer than max_message_bytes, or the origin has more than 64 bits.
            MemoryError: there is not that much memory.
        """
        data, kind = _data(message, kind)
        integer("origin", origin, 0, 2**64 - 1)
        library = held if len(data) <= LONG_BYTES else released
        receivers = c_uint64()
        if topic is None and origin == 0:
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
        del data  # a bytearray can change its size again, even while an error keeps this frame
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
            wait: how a thread waits. "adaptive" looks again for some microseconds, then sleeps;
                "spin" never sleeps, for the fastest answer at the price of a processor; "yield"
                lets other threads go first; "park" sleeps at once.

        Raises:
            ClosedError: the hub is closed.
            ForkedError: the hub was made by the parent of this process.
            TypeError: an argument is of the wrong type.
            ValueError: the pattern breaks a rule, a number is out of its range, a word is none of
                these, or both replay and from_seq are given.
            MemoryError: there is not that much memory.
        """
        options = c.ReceiverOptions(sizeof(c.ReceiverOptions))
        options.start, options.start_at = _start(replay, from_seq)
        options.on_lag = _word("on_lag", on_lag, ON_LAG)
        options.wait = _word("wait", wait, WAIT)
        options.ignore_origin = integer("ignore_origin", ignore_origin, 0, 2**64 - 1)
        if pattern is not None:
            name = topics.encoded_pattern(pattern)
            options.pattern, options.pattern_len = _address(name), len(name)
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

    def close(self) -> None:
        """Close the hub, for all its handles in all languages. Closing twice does nothing.

        Publishing then raises ClosedError. Receivers read what is left and then get ClosedError;
        those that wait get it now. In the child of a fork, the parent's hub stays as it is.
        """
        with suppress(ForkedError):
            check(released.signalhub_close(self._handle))
        self._done = True

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


def _start(replay: int | str | None, from_seq: int | None) -> tuple[int, int]:
    """Return where a receiver starts, in the words of C: start and start_at."""
    if replay is not None and from_seq is not None:
        raise ValueError("replay and from_seq are two places to start at; give one of them")
    if from_seq is not None:
        return c.SIGNALHUB_START_SEQ, integer("from_seq", from_seq, 0, 2**64 - 1)
    if replay is None:
        return c.SIGNALHUB_START_NEXT, 0
    if isinstance(replay, str):
        if replay != "all":
            raise ValueError(f"replay must be None, 'all' or an int, not {replay!r}")
        return c.SIGNALHUB_START_OLDEST, 0
    return c.SIGNALHUB_START_LAST, integer("replay", replay, 0, 2**64 - 1)


def _word(name: str, value: str, words: dict[str, int]) -> int:
    """Return what C has for a word."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {value!r}")
    if value not in words:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, words))}, not {value!r}")
    return words[value]


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
