# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a receiver has come across."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from signalhub import _bindings as c
from signalhub.errors import DecodeError, LaggedError
from signalhub.message import Message

#: What a receiver may have taken and not handed over.
Kept = Union[Message, LaggedError, DecodeError]


@dataclass(frozen=True)
class ReceiverStats:
    """What a receiver has come across so far: `SignalReceiver.stats`.

    received + filtered + missed is next_seq - start_seq.

    Attributes:
        start_seq: number of the message that it started at.
        next_seq: number of the message that the next receive looks for.
        received: messages that it received.
        filtered: messages that it passed over because it does not want them.
        missed: messages that were overwritten before it read them, wanted or not.
        behind: messages that were published and that it has not read yet; what is above the hub's
            capacity will have been missed.
    """

    start_seq: int
    next_seq: int
    received: int
    filtered: int
    missed: int
    behind: int


def stats_of(counts: c.ReceiverStats, kept: list[Kept]) -> ReceiverStats:
    """Return what C counts, less what was kept: as if all that were yet to be read."""
    lags = sum(one.missed for one in kept if isinstance(one, LaggedError))
    messages = sum(not isinstance(one, LaggedError) for one in kept)
    first = min(map(_seq, kept), default=counts.next_seq)
    # What lies between was filtered, or missed and not told. Which of it is not known if both can
    # be; and if threads share the receiver, some of it may be what others received.
    between = max(counts.next_seq - first - messages - lags, 0)
    filtered = min(between, counts.filtered)
    missed = lags + min(between - filtered, counts.missed - lags)
    back = messages + filtered + missed
    return ReceiverStats(
        start_seq=counts.start_seq,
        next_seq=counts.next_seq - back,
        received=counts.received - messages,
        filtered=counts.filtered - filtered,
        missed=counts.missed - missed,
        behind=counts.behind + back,
    )


def _seq(kept: Kept) -> int:
    if isinstance(kept, LaggedError):
        return kept.first_lost
    return (kept.message if isinstance(kept, DecodeError) else kept).seq
