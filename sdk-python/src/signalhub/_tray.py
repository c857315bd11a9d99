# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a receive fills: a message of C, with the words that say what came of the receive."""

from __future__ import annotations

import os
from ctypes import byref, c_size_t, c_uint64, c_void_p, sizeof
from typing import Any

from signalhub._bindings import View
from signalhub._lib import held
from signalhub.errors import check

#: How many trays are kept for the next receives. Each has the memory of a slot, 64 KiB at most.
SPARE_MAX = 64

_spare: list[Tray] = []


class Tray:
    """A signalhub_message_t, and where a receive writes what it came to.

    One receive uses it at a time. Its message lives until nothing refers to the tray.

    Python handles signals after a function of C has returned and before its result is anywhere.
    Therefore what the receive came to is in memory, where it is found even so: `count` is 1 if
    there is a message, `missed` is not 0 after a lag.
    """

    __slots__ = (
        "count",
        "handle",
        "messages",
        "missed",
        "shared",
        "spare",
        "to_count",
        "to_missed",
        "view",
    )

    def __init__(self) -> None:
        self.spare = _spare
        self.shared = False
        self.handle = c_void_p()
        check(held.signalhub_message_new(byref(self.handle)))
        self.messages = (c_void_p * 1)(self.handle)
        self.count = c_size_t()
        self.missed = c_uint64()
        self.to_count = byref(self.count)
        self.to_missed = byref(self.missed)
        self.view = View(sizeof(View))

    def look(self) -> View:
        """Return the parts of the message."""
        check(held.signalhub_message_view(self.handle, byref(self.view)))
        return self.view

    def __del__(self, free: Any = held.signalhub_message_free) -> None:
        free(getattr(self, "handle", None))


def take() -> Tray:
    """Return an empty tray."""
    try:
        return _spare.pop()
    except IndexError:
        return Tray()


def give_back(tray: Tray) -> None:
    """Keep a tray for another receive, unless somebody shares its message.

    It told of no lag: those that did are not given back.
    """
    if tray.shared:
        return
    held.signalhub_message_clear(tray.handle)
    tray.count.value = 0
    if len(tray.spare) < SPARE_MAX:
        tray.spare.append(tray)


def _forget() -> None:
    """In the child of a fork, where the messages of the parent are of no use."""
    global _spare
    _spare = []


os.register_at_fork(after_in_child=_forget)
