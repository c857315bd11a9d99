# SPDX-License-Identifier: MIT OR Apache-2.0
"""What can go wrong, and which status of C means which of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signalhub import _bindings as c
from signalhub._lib import held

if TYPE_CHECKING:
    from signalhub.message import Message


class SignalHubError(Exception):
    """Base of the errors of this package."""


class ClosedError(SignalHubError):
    """The hub is closed, and a receiver has read all of it; or the receiver itself is closed."""


class FullError(SignalHubError):
    """A lossless receiver has a whole ring unread. Nothing was published."""


class ForkedError(SignalHubError):
    """The object was made before fork(), by the parent process; a child makes its own."""


class KeptError(SignalHubError):
    """Messages and loans that their holders keep take up the hub's capacity_bytes.

    Nothing was published. It works again when some of them are closed or collected.
    """


class RecvTimeout(SignalHubError, TimeoutError):
    """Nothing came before the timeout. The receiver can go on."""


class LaggedError(SignalHubError, RuntimeError):
    """Messages were overwritten before the receiver read them.

    The next receive goes on at the oldest message that the hub retains; of a receiver subscribed
    with `on_lag="newest"`, at the newest.

    Attributes:
        missed: how many messages were missed.
        first_lost: number of the first of them.
        resume_at: number of the message that comes next.
    """

    def __init__(self, missed: int, first_lost: int, resume_at: int) -> None:
        super().__init__(missed, first_lost, resume_at)
        self.missed = missed
        self.first_lost = first_lost
        self.resume_at = resume_at

    def __str__(self) -> str:
        return f"Channel Lagged: missed {self.missed} messages"


class DecodeError(SignalHubError):
    """A message is not what was asked for: not UTF-8, or not JSON. It has been consumed.

    Attributes:
        message: the message as it came.
    """

    def __init__(self, message: Message, reason: str) -> None:
        super().__init__(message, reason)
        self.message = message
        self._text = f"message {message.seq} is {reason}"

    def __str__(self) -> str:
        return self._text


_EXCEPTIONS: dict[int, type[Exception]] = {
    c.SIGNALHUB_CLOSED: ClosedError,
    c.SIGNALHUB_TIMEOUT: RecvTimeout,
    c.SIGNALHUB_FULL: FullError,
    c.SIGNALHUB_KEPT: KeptError,
    c.SIGNALHUB_ERR_FORKED: ForkedError,
    c.SIGNALHUB_ERR_NULL: ValueError,
    c.SIGNALHUB_ERR_HANDLE: ValueError,
    c.SIGNALHUB_ERR_CAPACITY: ValueError,
    c.SIGNALHUB_ERR_SLOT_BYTES: ValueError,
    c.SIGNALHUB_ERR_MAX_MESSAGE_BYTES: ValueError,
    c.SIGNALHUB_ERR_KIND: ValueError,
    c.SIGNALHUB_ERR_UTF8: ValueError,
    c.SIGNALHUB_ERR_TOPIC: ValueError,
    c.SIGNALHUB_ERR_TOO_BIG: ValueError,
    c.SIGNALHUB_ERR_PATTERN: ValueError,
    c.SIGNALHUB_ERR_START: ValueError,
    c.SIGNALHUB_ERR_ON_LAG: ValueError,
    c.SIGNALHUB_ERR_CAPACITY_BYTES: ValueError,
    c.SIGNALHUB_ERR_LOAN: ValueError,
    c.SIGNALHUB_ERR_WAIT: ValueError,
    c.SIGNALHUB_ERR_LIMIT: OSError,
    c.SIGNALHUB_ERR_NAME: ValueError,
    c.SIGNALHUB_ERR_NO_MEMORY: MemoryError,
}


def error_of(status: int) -> Exception:
    """Return the exception for a status other than SIGNALHUB_OK and SIGNALHUB_LAGGED."""
    text: bytes = held.signalhub_status_str(status)
    return _EXCEPTIONS.get(status, SignalHubError)(text.decode())


def check(status: int) -> None:
    """Raise the exception for a status, unless it is SIGNALHUB_OK."""
    if status != c.SIGNALHUB_OK:
        raise error_of(status)
