# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a receiver counts, also of what an interrupted receive had taken."""

from __future__ import annotations

import copy
import pickle
import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from waiting import Background

from signalhub import (
    DecodeError,
    Kind,
    LaggedError,
    Message,
    ReceiverStats,
    RecvTimeout,
    SignalHub,
    SignalReceiver,
)


class Interrupted(SignalReceiver):
    """Its recv_many gets a Ctrl-C before it takes message number `interrupt_at`, from 0."""

    interrupt_at = -1

    def _receive(self, *arguments: Any) -> Any:
        self.interrupt_at -= 1
        if self.interrupt_at == -1:
            raise KeyboardInterrupt
        return super()._receive(*arguments)


@contextmanager
def subscribed(hub: SignalHub, *arguments: Any, **options: Any) -> Iterator[Interrupted]:
    with hub.subscribe(*arguments, **options) as receiver:
        receiver.__class__ = Interrupted
        assert isinstance(receiver, Interrupted)
        yield receiver


def interrupt(receiver: Interrupted, at: int) -> None:
    """Interrupt a recv_many after `at` messages."""
    receiver.interrupt_at = at
    with pytest.raises(KeyboardInterrupt):
        receiver.recv_many(at + 1, 0)


def counts(stats: ReceiverStats) -> tuple[int, ...]:
    """Return where it started, where it is, what it received, filtered and missed, and behind."""
    seqs = (stats.start_seq, stats.next_seq)
    return (*seqs, stats.received, stats.filtered, stats.missed, stats.behind)


def is_consistent(stats: ReceiverStats) -> bool:
    return (
        stats.received + stats.filtered + stats.missed == stats.next_seq - stats.start_seq
        and min(counts(stats)) >= 0
        and stats.worst_behind >= stats.behind
    )


def test_a_receiver_counts_what_it_comes_across() -> None:
    with SignalHub(4) as hub:
        hub.publish("before")
        with hub.subscribe("a.*") as receiver:
            assert counts(receiver.stats) == (1, 1, 0, 0, 0, 0)
            for topic in ("a.a", "b.b", "a.c"):
                hub.publish("x", topic=topic)
            assert counts(receiver.stats) == (1, 1, 0, 0, 0, 3)
            receiver.recv()
            assert counts(receiver.stats) == (1, 2, 1, 0, 0, 2)
            receiver.recv()
            assert counts(receiver.stats) == (1, 4, 2, 1, 0, 0)
            for _ in range(6):
                hub.publish("x", topic="a.a")
            with pytest.raises(LaggedError):
                receiver.recv()
            assert counts(receiver.stats) == (1, 6, 2, 1, 2, 4)


def test_a_closed_hub_can_still_be_asked_about(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        hub.publish("left")
        hub.close()
        assert counts(receiver.stats) == (0, 0, 0, 0, 0, 1)
        assert list(receiver) == ["left"]
        assert counts(receiver.stats) == (0, 1, 1, 0, 0, 0)


def test_stats_are_a_value() -> None:
    stats = ReceiverStats(1, 7, 3, 2, 1, 0, 4, 2, 5, "slow", True, False, 1, 1000)
    assert (stats.start_seq, stats.next_seq, stats.behind) == (1, 7, 0)
    assert (stats.received, stats.filtered, stats.missed) == (3, 2, 1)
    assert (stats.worst_behind, stats.wake_ups, stats.id) == (4, 2, 5)
    assert (stats.name, stats.lossless, stats.about_to_lag) == ("slow", True, False)
    assert (stats.held_messages, stats.held_bytes) == (1, 1000)
    for other in (copy.copy(stats), pickle.loads(pickle.dumps(stats))):
        assert other == stats
        assert hash(other) == hash(stats)
    with pytest.raises(FrozenInstanceError):
        stats.missed = 0  # type: ignore[misc]


def test_what_was_kept_is_not_yet_received(hub: SignalHub) -> None:
    with subscribed(hub) as receiver:
        for i in range(5):
            hub.publish(str(i))
        before = counts(receiver.stats)
        interrupt(receiver, 3)
        assert len(receiver._kept) == 3
        assert counts(receiver.stats) == before == (0, 0, 0, 0, 0, 5)
        for i in range(5):
            assert receiver.recv() == str(i)
            assert counts(receiver.stats) == (0, i + 1, i + 1, 0, 0, 4 - i)


def test_what_lies_between_kept_messages_is_not_yet_filtered(hub: SignalHub) -> None:
    with subscribed(hub, "a.*") as receiver:
        for topic in "bbabab":
            hub.publish(topic, topic=f"{topic}.x")
        interrupt(receiver, 2)
        assert counts(receiver.stats) == (0, 2, 0, 2, 0, 4)
        assert receiver.recv() == "a"
        assert counts(receiver.stats) == (0, 4, 1, 3, 0, 2)
        assert receiver.recv() == "a"
        assert counts(receiver.stats) == (0, 5, 2, 3, 0, 1)
        assert receiver.try_recv() is None
        assert counts(receiver.stats) == (0, 6, 2, 4, 0, 0)


def test_a_lag_that_was_kept_is_not_yet_missed() -> None:
    with SignalHub(4) as hub, hub.subscribe() as receiver:
        for i in range(10):
            hub.publish(str(i))
        with pytest.raises(LaggedError) as raised:
            receiver.recv()
        told = receiver.stats
        assert counts(told) == (0, 6, 0, 0, 6, 4)
        receiver._kept.append(raised.value)
        assert counts(receiver.stats) == (0, 0, 0, 0, 0, 10)
        with pytest.raises(LaggedError):
            receiver.recv()
        assert counts(receiver.stats) == counts(told)


def test_a_lag_that_is_skipped_between_kept_messages_is_not_yet_missed() -> None:
    class Lapped(Interrupted):
        def _receive(self, *arguments: Any) -> Any:
            if self.interrupt_at == 1:
                for i in range(9):
                    hub.publish(str(i))
            return super()._receive(*arguments)

    with SignalHub(4) as hub, subscribed(hub, on_lag="skip") as receiver:
        hub.publish("first")
        receiver.__class__ = Lapped
        interrupt(receiver, 2)
        assert [one.seq for one in receiver._kept if isinstance(one, Message)] == [0, 6]
        assert counts(receiver.stats) == (0, 0, 0, 0, 0, 10)
        assert receiver.recv() == "first"
        assert counts(receiver.stats) == (0, 6, 1, 0, 5, 4)
        assert receiver.recv() == "5"
        assert counts(receiver.stats) == (0, 7, 2, 0, 5, 3)


def test_a_message_that_cannot_be_decoded_counts_once_it_is_told(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        for _ in range(3):
            hub.publish("x")
        messages = [receiver.recv_message() for _ in range(3)]
        bad = Message(b"\xff", None, Kind.TEXT, 1, 0)
        receiver._kept.extend([messages[0], bad, messages[2]])
        assert receiver.recv_many(3) == ["x"]
        assert isinstance(receiver._kept[0], DecodeError)
        assert counts(receiver.stats) == (0, 1, 1, 0, 0, 2)
        with pytest.raises(DecodeError):
            receiver.recv()
        assert counts(receiver.stats) == (0, 2, 2, 0, 0, 1)


@pytest.mark.parametrize("pattern", [None, "a.*"])
@pytest.mark.parametrize("on_lag", ["report", "skip", "newest"])
def test_interrupts_change_nothing_in_the_end(pattern: str | None, on_lag: str) -> None:
    for seed in range(30):
        some = random.Random(seed)
        with ExitStack() as stack:
            hub = stack.enter_context(SignalHub(8))
            disturbed = stack.enter_context(subscribed(hub, pattern, on_lag=on_lag))
            twin = stack.enter_context(hub.subscribe(pattern, on_lag=on_lag))  # type: ignore[arg-type]
            for _ in range(20):
                for _ in range(some.randrange(12)):
                    hub.publish("x", topic=some.choice(["a.b", "b.b"]))
                try:
                    disturbed.interrupt_at = some.randrange(8)
                    disturbed.recv_many(8, 0)
                except (KeyboardInterrupt, RecvTimeout, LaggedError):
                    pass
                stats = disturbed.stats
                assert is_consistent(stats), seed
                assert stats.next_seq + stats.behind == hub.next_seq
                assert not disturbed._kept or stats.next_seq < hub.next_seq
                disturbed.interrupt_at = -1
                drain(disturbed)
                drain(twin)
                assert counts(disturbed.stats) == counts(twin.stats), seed


def drain(receiver: SignalReceiver) -> None:
    empty = False
    while not empty:
        with suppress(LaggedError):
            empty = receiver.try_recv() is None


def test_a_thread_can_ask_while_another_one_receives() -> None:
    with SignalHub(100) as hub, hub.subscribe("a.*") as receiver:
        receiving = Background(receive_all, receiver)
        last = receiver.stats
        for i in range(20_000):
            hub.publish(str(i), topic=("a.b", "b.b")[i % 2])
            if i % 10 == 0:
                stats = receiver.stats
                assert is_consistent(stats)
                assert (stats.start_seq, stats.next_seq >= last.next_seq) == (0, True)
                last = stats
        hub.close()
        received, missed = receiving.result()
        stats = receiver.stats
        assert (stats.received, stats.missed, stats.next_seq) == (received, missed, 20_000)
        assert is_consistent(stats)


def receive_all(receiver: SignalReceiver) -> tuple[int, int]:
    received = missed = 0
    while True:
        try:
            for _ in receiver:
                received += 1
        except LaggedError as lag:
            missed += lag.missed
        else:
            return received, missed


@pytest.fixture
def switching() -> Iterator[None]:
    """Threads that take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("switching")
@pytest.mark.parametrize("_", range(4))
def test_a_thread_can_ask_while_another_one_receives_what_was_kept(_: int) -> None:
    count = 10_000
    with SignalHub(count) as hub, subscribed(hub) as receiver:
        for i in range(count):
            hub.publish(str(i))
        hub.close()
        interrupt(receiver, count)
        assert counts(receiver.stats) == (0, 0, 0, 0, 0, count)
        receiving = [Background(receive_all, receiver) for _ in range(2)]
        while any(thread.is_running() for thread in receiving):
            assert is_consistent(receiver.stats)
        assert sum(thread.result()[0] for thread in receiving) == count
        assert counts(receiver.stats) == (0, count, count, 0, 0, 0)


def test_threads_that_share_an_interrupted_receiver_keep_its_sum(hub: SignalHub) -> None:
    with subscribed(hub) as receiver:
        for i in range(3):
            hub.publish(str(i))
        interrupt(receiver, 2)
        theirs = receiver._kept.pop()  # another thread has received message 1
        assert isinstance(theirs, Message)
        stats = receiver.stats
        assert is_consistent(stats)
        assert stats == replace(stats, next_seq=1, received=1, behind=2)
