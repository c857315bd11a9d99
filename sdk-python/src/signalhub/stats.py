# SPDX-License-Identifier: MIT OR Apache-2.0
"""What hubs and receivers have come across."""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import byref, c_size_t, create_string_buffer, sizeof
from dataclasses import dataclass
from typing import Union

from signalhub import _bindings as c
from signalhub._lib import released
from signalhub.errors import DecodeError, LaggedError, check
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
        worst_behind: the most that `behind` was found to be: when statistics were asked for, when
            it lagged, and once on its way around the ring.
        wake_ups: how often it was woken.
        id: which receiver of its hub it is; they are numbered from 0 as they subscribe.
        name: what it is called; empty if it was not given a name.
        lossless: whether publishers wait for it; False also once it has stalled for longer than its
            `max_stall`.
        about_to_lag: whether `behind` has come to the receiver's `warn_behind`.
        held_messages: messages with a large payload that it received and that somebody still has:
            the one that it is at, and others that were kept. A number that stays high is memory
            that the hub cannot use again.
        held_bytes: bytes of their payloads, each counted once for every message that shares it.
    """

    start_seq: int
    next_seq: int
    received: int
    filtered: int
    missed: int
    behind: int
    worst_behind: int
    wake_ups: int
    id: int
    name: str
    lossless: bool
    about_to_lag: bool
    held_messages: int
    held_bytes: int


@dataclass(frozen=True)
class HubStats:
    """What a hub has come across so far: `SignalHub.stats`.

    Attributes:
        capacity: how many messages it retains at most.
        published: messages published, those included that are just being written.
        waiting: how many threads and descriptors wait for a message.
        waiting_publishers: how many publishers wait for a lossless receiver.
        gated_by: id of the receiver that holds publishers up, None if none does.
        blocks: large payloads in memory: in the ring, in loans, and in messages that somebody has.
        block_bytes: bytes of these payloads.
        free_bytes: bytes of memory that is kept to be used for large payloads again.
        receivers: its receivers, in all languages, the one that subscribed first before the others.
            What one that is just receiving has counted may be a message apart, and what an
            interrupted receive has taken counts as received.
    """

    capacity: int
    published: int
    waiting: int
    waiting_publishers: int
    gated_by: int | None
    blocks: int
    block_bytes: int
    free_bytes: int
    receivers: tuple[ReceiverStats, ...]


def hub_stats(handle: int) -> HubStats:
    """Return what a hub has come across."""
    counts = c.Stats(sizeof(c.Stats))
    check(released.signalhub_stats(handle, byref(counts)))
    gated_by = counts.gated_by
    return HubStats(
        capacity=counts.capacity,
        published=counts.published,
        waiting=counts.waiting,
        waiting_publishers=counts.waiting_publishers,
        gated_by=None if gated_by == c.SIGNALHUB_NO_RECEIVER else gated_by,
        blocks=counts.blocks,
        block_bytes=counts.block_bytes,
        free_bytes=counts.free_bytes,
        receivers=_receivers(handle),
    )


def _receivers(handle: int) -> tuple[ReceiverStats, ...]:
    room, count = 0, c_size_t()
    while True:
        size = sizeof(c.ReceiverStats)
        counts = (c.ReceiverStats * room)(*[c.ReceiverStats(size) for _ in range(room)])
        check(released.signalhub_stats_receivers(handle, counts, room, byref(count)))
        if count.value <= room:
            return tuple(stats_of(one, []) for one in counts[: count.value])
        room = count.value  # others may come meanwhile


def hub_text(handle: int, label: str) -> str:
    """Return what a hub has come across, as Prometheus reads it."""
    if not isinstance(label, str):
        raise TypeError(f"label must be a str, not {label!r}")
    name = label.encode()
    length = c_size_t()
    while True:
        text = create_string_buffer(length.value)
        status = released.signalhub_stats_text(
            handle, name, len(name), text, length.value, byref(length)
        )
        if status != c.SIGNALHUB_ERR_TOO_SMALL:
            check(status)
            return text.raw[: length.value].decode()


def stats_of(counts: c.ReceiverStats, kept: Sequence[Kept]) -> ReceiverStats:
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
    behind = counts.behind + back
    return ReceiverStats(
        start_seq=counts.start_seq,
        next_seq=counts.next_seq - back,
        received=counts.received - messages,
        filtered=counts.filtered - filtered,
        missed=counts.missed - missed,
        behind=behind,
        worst_behind=max(counts.worst_behind, behind),
        wake_ups=counts.wake_ups,
        id=counts.id,
        name=counts.name.decode(),
        lossless=bool(counts.lossless),
        about_to_lag=bool(counts.about_to_lag),
        held_messages=counts.held_messages,
        held_bytes=counts.held_bytes,
    )


def _seq(kept: Kept) -> int:
    if isinstance(kept, LaggedError):
        return kept.first_lost
    return (kept.message if isinstance(kept, DecodeError) else kept).seq
