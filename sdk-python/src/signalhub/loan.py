# SPDX-License-Identifier: MIT OR Apache-2.0
"""Loans: payloads that are written where receivers read them."""

from __future__ import annotations

from contextlib import suppress
from ctypes import byref, c_char, c_char_p, c_uint64, c_void_p, cast, sizeof
from types import TracebackType
from typing import Any, NoReturn
from weakref import ref

from signalhub import _bindings as c
from signalhub import topic as topics
from signalhub._arguments import integer
from signalhub._lib import LONG_BYTES, held, released
from signalhub.errors import check
from signalhub.message import Kind

#: Where C writes the number of a message, and writes nothing if there is none.
UNSAID = 2**64 - 1


def label(view: c.View, topic: str | None, kind: Kind, origin: int) -> bytes | None:
    """Write into a view what a message is beside its payload. It needs what this returns."""
    if not isinstance(kind, Kind):
        raise TypeError(f"kind must be a signalhub.Kind, not {kind!r}")
    view.kind = kind
    view.origin = integer("origin", origin, 0, 2**64 - 1)
    if topic is None:
        return None
    name = topics.encoded(topic)
    view.topic, view.topic_len = cast(c_char_p(name), c_void_p), len(name)
    return name


class Handle:
    """A signalhub_loan_t, freed when nothing refers to it."""

    __slots__ = ("address",)

    def __init__(self, address: c_void_p) -> None:
        self.address = address

    def __del__(self, free: Any = held.signalhub_loan_free) -> None:
        free(self.address)


class Loan:
    """Memory of a hub for a payload that is being written. Made by :meth:`SignalHub.loan`.

    It becomes a message when it is published. Closed, or left as a `with` statement, it is nothing.
    It belongs to one thread at a time.

    Attributes:
        memory: its bytes, as a writable memoryview; at first they are whatever they are. Released
            when the loan is published or closed: using it then raises ValueError. After a publish
            that was refused it is another one.
    """

    __slots__ = ("_data", "_handle", "_size", "_views", "memory")

    def __init__(self, address: c_void_p, data: int, nbytes: int) -> None:
        #: None when it is published or closed.
        self._handle: Handle | None = Handle(address)
        self._data = data
        self._size = nbytes
        self.memory = self._view(self._handle)

    def publish(
        self,
        nbytes: int | None = None,
        *,
        topic: str | None = None,
        kind: Kind = Kind.BYTES,
        origin: int = 0,
    ) -> int:
        """Publish it, or its first `nbytes` bytes, without a copy. It is closed then.

        Nobody may write to it any more, so nothing else may have a view of it: drop arrays made of
        `memory`, and slices of it, before.

        Args:
            nbytes: how many bytes; None means all.
            topic: as for :meth:`SignalHub.publish`.
            kind: what the payload is.
            origin: as for :meth:`SignalHub.publish`.

        Returns:
            How many receivers the hub has.

        Raises:
            BufferError: something else has a view of its memory. It can be published afterwards.
            ClosedError: the hub is closed.
            FullError: a lossless receiver has a whole ring unread. It can be published afterwards.
            ForkedError: the hub was made by the parent of this process.
            TypeError: an argument is of the wrong type.
            ValueError: the loan is closed, nbytes is more than it has, its text is not UTF-8, the
                topic breaks a rule, or the origin has more than 64 bits.
        """
        handle = self._handle
        if handle is None:
            raise ValueError("the loan is published or closed")
        length = self._size if nbytes is None else integer("nbytes", nbytes, 0, self._size)
        view = c.View(sizeof(c.View), None, length)
        _name = label(view, topic, kind, origin)
        self._let_go()
        library = held if kind is Kind.BYTES or length <= LONG_BYTES else released
        seq, receivers = c_uint64(UNSAID), c_uint64()
        try:
            status = library.signalhub_loan_publish(
                handle.address, byref(view), byref(seq), byref(receivers)
            )
        finally:  # however it ends: a signal can come when C has published it
            if seq.value == UNSAID:
                self.memory = self._view(handle)
            else:
                self._handle = None
        check(status)
        return receivers.value

    def close(self) -> None:
        """Give it back unpublished; its memory goes when nothing has a view of it. Closing twice,
        or after publishing, does nothing."""
        self._handle = None
        with suppress(BufferError):  # somebody has a view, and may use it
            self.memory.release()

    def _view(self, handle: Handle) -> memoryview:
        if not self._size:
            self._views: Any = lambda: None
            return memoryview(bytearray())
        array: Any = (c_char * self._size).from_address(self._data)
        # The memory is the loan's: it is there as long as anybody has a view of it.
        array.handle = handle
        # All views refer to the array, and nothing else does.
        self._views = ref(array)
        return memoryview(array).cast("B")

    def _let_go(self) -> None:
        """Release the memory, if nothing else has a view of it."""
        self.memory.release()
        array = self._views()
        if array is not None:
            self.memory = memoryview(array).cast("B")
            raise BufferError("something else has a view of the loan's memory")

    def __len__(self) -> int:
        return 0 if self._handle is None else self._size

    def __enter__(self) -> Loan:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Loan cannot be copied or pickled")

    def __repr__(self) -> str:
        state = "closed" if self._handle is None else f"{len(self)} bytes"
        return f"<Loan {state}>"
