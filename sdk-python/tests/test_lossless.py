# SPDX-License-Identifier: MIT OR Apache-2.0
"""Publishers wait for lossless receivers, and for nobody else (promise P6)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Callable

import pytest
from waiting import Background, wait_until

from signalhub import (
    ClosedError,
    FullError,
    Kind,
    LaggedError,
    SignalHub,
    SignalHubError,
    SignalReceiver,
)


@pytest.fixture
def hub() -> Iterator[SignalHub]:
    with SignalHub(2) as hub:
        yield hub


@pytest.fixture
def receiver(hub: SignalHub) -> Iterator[SignalReceiver]:
    """One for which there is no more room."""
    with hub.subscribe(lossless=True) as receiver:
        hub.publish("0")
        hub.publish("1")
        yield receiver


def test_a_full_hub_publishes_nothing_and_says_so(hub: SignalHub, receiver: SignalReceiver) -> None:
    for message in ("too much", b"too much", "x" * 5000, bytearray(100_000)):
        for options in ({}, {"topic": "a.b"}, {"origin": 1}, {"timeout": 0}, {"timeout": 0.0}):
            with pytest.raises(FullError, match="a lossless receiver has a whole ring unread"):
                hub.publish(message, **options)  # type: ignore[arg-type]
    assert hub.next_seq == 2
    assert receiver.recv_many(5) == ["0", "1"]
    assert hub.publish("2") == 1
    assert receiver.stats.missed == 0


def test_a_full_error_is_one_of_ours() -> None:
    assert issubclass(FullError, SignalHubError)
    assert not issubclass(FullError, TimeoutError)  # also told without a wait


def test_a_lossy_receiver_holds_nobody_up(hub: SignalHub) -> None:
    with hub.subscribe(max_stall=1, name="lossy"):
        for i in range(10):
            assert hub.publish(str(i)) == 1


@pytest.mark.parametrize("timeout", [1e-9, 0.001, 0.12])
def test_a_timeout_is_never_over_too_early(
    hub: SignalHub, receiver: SignalReceiver, timeout: float
) -> None:
    for publish in (
        lambda: hub.publish("late", timeout=timeout),
        lambda: Background(lambda: hub.publish("late", timeout=timeout)).result(),
    ):
        begin = time.monotonic()
        with pytest.raises(FullError):
            publish()
        assert time.monotonic() - begin >= timeout
    assert hub.next_seq == 2


@pytest.mark.parametrize("timeout", [None, 0, 1e-9, 1e9, 1e300, float("inf")])
def test_with_room_no_timeout_waits(hub: SignalHub, timeout: float | None) -> None:
    with hub.subscribe() as receiver:
        assert hub.publish('{"a": 1}', kind=Kind.JSON, topic="a.b", timeout=timeout) == 1
        message = receiver.recv_message()
        assert (message.kind, message.topic, message.json()) == (Kind.JSON, "a.b", {"a": 1})


@pytest.mark.parametrize("timeout", [None, 1e9, float("inf")])
@pytest.mark.parametrize("size", [4, 5000, 100_000])
def test_a_publisher_waits_until_there_is_room(
    hub: SignalHub, receiver: SignalReceiver, timeout: float | None, size: int
) -> None:
    publishing = Background(lambda: hub.publish(bytes(size), timeout=timeout))
    publishing.wait_until_asleep()
    assert hub.stats.waiting_publishers == 1
    assert receiver.recv() == "0"
    assert publishing.result() == 1
    assert receiver.recv_many(5) == ["1", bytes(size)]


def close_receiver(hub: SignalHub, receiver: SignalReceiver) -> None:
    receiver.close()


def close_hub(hub: SignalHub, receiver: SignalReceiver) -> None:
    hub.close()


@pytest.mark.parametrize(("release", "published"), [(close_receiver, 3), (close_hub, 2)])
def test_closing_releases_the_publishers(
    hub: SignalHub,
    receiver: SignalReceiver,
    release: Callable[[SignalHub, SignalReceiver], None],
    published: int,
) -> None:
    publishing = Background(lambda: hub.publish("waited", timeout=None))
    publishing.wait_until_asleep()
    release(hub, receiver)
    if release is close_hub:
        with pytest.raises(ClosedError):
            publishing.result()
    else:
        publishing.result()
    assert hub.next_seq == published


def test_a_receiver_that_stalls_too_long_becomes_lossy_and_is_told(hub: SignalHub) -> None:
    with hub.subscribe(lossless=True, max_stall=0.02) as receiver:
        assert receiver.stats.lossless
        begin = time.monotonic()
        for i in range(3):
            hub.publish(str(i), timeout=None)
        assert time.monotonic() - begin >= 0.02
        assert not receiver.stats.lossless
        assert receiver.stats.missed == 0
        hub.publish("at once")
        with pytest.raises(LaggedError) as raised:
            receiver.recv()
        assert raised.value.missed == 2


def test_a_receiver_may_stall_for_ever(hub: SignalHub) -> None:
    with (
        hub.subscribe(lossless=True, max_stall=None),
        hub.subscribe(lossless=True, max_stall=1e300),
    ):
        hub.publish("0")
        hub.publish("1")
        with pytest.raises(FullError):
            hub.publish("late", timeout=0.01)


def test_other_threads_run_while_one_waits_to_publish(
    hub: SignalHub, receiver: SignalReceiver
) -> None:
    publishing = Background(lambda: hub.publish("waited", timeout=None))
    publishing.wait_until_asleep()
    assert sum(range(100_000)) == 4999950000
    assert publishing.is_running()
    receiver.recv()
    publishing.result()


def test_nothing_is_lost_between_threads() -> None:
    publishers, each = 3, 2_000
    with SignalHub(5) as hub, hub.subscribe(lossless=True) as receiver, hub.subscribe():
        publishing = [Background(publish_numbers, hub, each) for _ in range(publishers)]
        receiving = Background(list, receiver)
        for thread in publishing:
            thread.result()
        hub.close()
        numbers = [int(text) for text in receiving.result()]
        assert sorted(numbers) == sorted(list(range(each)) * publishers)
        assert receiver.stats.missed == 0


def publish_numbers(hub: SignalHub, count: int) -> None:
    for i in range(count):
        hub.publish(str(i), timeout=None)


def test_a_bytearray_can_change_as_soon_as_a_publish_gave_up(
    hub: SignalHub, receiver: SignalReceiver
) -> None:
    data = bytearray(100_000)
    with pytest.raises(FullError) as kept:
        hub.publish(data, timeout=0.001)
    data.append(1)  # even while an error refers to the frames that used it
    assert kept.value.__traceback__ is not None


def test_a_hub_counts_what_it_comes_across(hub: SignalHub) -> None:
    stats = hub.stats
    assert (stats.capacity, stats.published, stats.receivers) == (2, 0, ())
    assert (stats.waiting, stats.waiting_publishers, stats.gated_by) == (0, 0, None)
    with hub.subscribe(name="lossy") as lossy, hub.subscribe(name="größe", lossless=True) as slow:
        waiting = Background(lossy.recv)
        wait_until(lambda: hub.stats.waiting == 1)
        hub.publish("0")
        waiting.result()
        hub.publish("1")
        stats = hub.stats
        assert (stats.published, stats.waiting, stats.gated_by) == (2, 0, slow.stats.id)
        assert [(one.id, one.name) for one in stats.receivers] == [(0, "lossy"), (1, "größe")]
        assert [one.lossless for one in stats.receivers] == [False, True]
        assert stats.receivers[1] == slow.stats
        assert hash(stats) == hash(hub.stats)
    assert hub.stats.gated_by is None


def test_a_receiver_is_told_that_it_is_about_to_lag(hub: SignalHub) -> None:
    with hub.subscribe(warn_behind=2) as receiver:
        for i in range(4):
            stats = receiver.stats
            assert (stats.behind, stats.worst_behind, stats.about_to_lag) == (i, i, i >= 2)
            hub.publish(str(i))


def test_stats_are_told_in_text(hub: SignalHub) -> None:
    receivers = [hub.subscribe(name=f'the "slow" \\ {i}') for i in range(50)]
    hub.publish("x")
    text = hub.stats_text('a "hub"\n')
    lines = text.splitlines()
    assert text.endswith("\n")
    assert r'signalhub_published_total{hub="a \"hub\"\n"} 1' in lines
    labels = r'{hub="a \"hub\"\n",receiver="49",name="the \"slow\" \\ 49"}'
    assert f"signalhub_receiver_behind{labels} 1" in lines
    assert hub.stats.receivers[49].name == r'the "slow" \ 49'
    for receiver in receivers:
        receiver.close()


def test_any_thread_may_ask_while_receivers_come_and_go(hub: SignalHub) -> None:
    asking = Background(ask_until_closed, hub)
    for i in range(500):
        with hub.subscribe(lossless=i % 2 == 0) as first, hub.subscribe():
            hub.publish(str(i))
            assert first.recv() == str(i)
    hub.close()
    asking.result()


def ask_until_closed(hub: SignalHub) -> None:
    while not hub.closed:
        ids = [receiver.id for receiver in hub.stats.receivers]
        assert ids == sorted(ids)
        assert hub.stats_text("hub")
