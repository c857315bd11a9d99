# SPDX-License-Identifier: MIT OR Apache-2.0
"""A message as it was received."""

from __future__ import annotations

import json
from ctypes import c_char, string_at
from enum import IntEnum
from types import TracebackType
from typing import Any

from signalhub import _bindings as c
from signalhub._lib import LONG_BYTES
from signalhub._tray import Tray
from signalhub.errors import DecodeError


class Kind(IntEnum):
    """What a payload is."""

    BYTES = c.SIGNALHUB_KIND_BYTES
    #: UTF-8 text.
    TEXT = c.SIGNALHUB_KIND_TEXT
    #: One JSON value, in UTF-8.
    JSON = c.SIGNALHUB_KIND_JSON
    #: A CloudEvents 1.0 JSON event, in UTF-8.
    EVENT = c.SIGNALHUB_KIND_EVENT


#: Each by its number in C; faster than Kind().
KINDS = {kind.value: kind for kind in Kind}


class Message:
    """A message with all that it has. Made by receives.

    It stays valid when receiver and hub are closed, and any thread may use it. A payload above
    64 KiB lies in memory that all its receivers share, and is copied nowhere; that memory is
    given back when message and memoryviews are collected. `bytes(message)` is the payload too.

    Attributes:
        topic: what it was published under, or None.
        kind: what the payload is.
        seq: its number in its hub, from 0.
        origin: who published it, as the publishers agree among themselves; 0 when unsaid.
    """

    __slots__ = ("_data", "kind", "origin", "seq", "topic")

    def __init__(
        self, data: bytes | memoryview, topic: str | None, kind: Kind, seq: int, origin: int
    ) -> None:
        self._data: bytes | memoryview | None = data
        self.topic = topic
        self.kind = kind
        self.seq = seq
        self.origin = origin

    @property
    def payload(self) -> memoryview:
        """The payload without a copy: a read-only memoryview of bytes, each time a new one.

        It is valid until it is released, also after :meth:`close`.

        Raises:
            ValueError: the message is closed.
        """
        return memoryview(self._open())

    @property
    def text(self) -> str:
        """The payload as text, whatever its kind.

        Raises:
            DecodeError: it is not UTF-8.
            ValueError: the message is closed.
        """
        data = self._open()
        try:
            return str(data, "utf-8")
        except UnicodeDecodeError as error:
            raise DecodeError(self, f"not UTF-8: {error}") from error

    def json(self) -> Any:
        """Return the value that the payload is in JSON, whatever its kind.

        Raises:
            DecodeError: it is not UTF-8, or not JSON.
            ValueError: the message is closed.
        """
        text = self.text
        try:
            return json.loads(text)
        except ValueError as error:
            raise DecodeError(self, f"not JSON: {error}") from error

    def close(self) -> None:
        """Let go of the payload now. Closing twice does nothing."""
        self._data = None

    def _open(self) -> bytes | memoryview:
        data = self._data
        if data is None:
            raise ValueError("the message is closed")
        return data

    def __bytes__(self) -> bytes:
        return bytes(self._open())

    def __enter__(self) -> Message:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return Message, (bytes(self), self.topic, self.kind, self.seq, self.origin)

    def __repr__(self) -> str:
        size = "closed" if self._data is None else f"{len(self._data)} bytes"
        return f"<Message {self.seq} {self.kind.name} topic={self.topic!r} {size}>"


def message_of(tray: Tray) -> Message:
    """Return the message in a tray, which it shares if the payload is long; else it is a copy."""
    view = tray.look()
    data: bytes | memoryview
    if view.len > LONG_BYTES:
        tray.shared = True
        memory = (c_char * view.len).from_address(view.data)
        memory.tray = tray  # the memory is the tray's
        data = memoryview(memory).cast("B").toreadonly()
    else:
        data = string_at(view.data, view.len)
    return Message(data, _topic(view), KINDS[view.kind], view.seq, view.origin)


def copy_of(view: c.View) -> Message:
    """Return a message that shares nothing with what C has."""
    data = string_at(view.data, view.len)
    return Message(data, _topic(view), KINDS[view.kind], view.seq, view.origin)


def _topic(view: c.View) -> str | None:
    return string_at(view.topic, view.topic_len).decode() if view.topic_len else None
