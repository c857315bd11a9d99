# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a receiver can be asked for: a pattern, where it starts, what it does about a lag."""

from __future__ import annotations

from ctypes import byref, c_uint64

import pytest
from waiting import Background, wait_until

from signalhub import LaggedError, RecvTimeout, SignalHub, SignalReceiver
from signalhub._bindings import SIGNALHUB_ERR_BUSY
from signalhub._lib import held


def contents(receiver: SignalReceiver) -> list[object]:
    """Return what is there."""
    found = []
    while (message := receiver.try_recv()) is not None:
        found.append(message)
    return found


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        (None, ["a.b", "a.b.c", "x.b", "a", "größe.b", None]),
        ("*", ["a.b", "a.b.c", "x.b", "a", "größe.b", None]),
        (">", ["a.b", "a.b.c", "x.b", "a", "größe.b", None]),
        ("a.b", ["a.b"]),
        ("a.*", ["a.b"]),
        ("a.>", ["a.b", "a.b.c"]),
        ("*.b", ["a.b", "x.b", "größe.b"]),
        ("größe.*", ["größe.b"]),
        ("nothing.of.that", []),
    ],
)
def test_a_receiver_gets_what_its_pattern_matches(
    hub: SignalHub, pattern: str | None, wanted: list[str | None]
) -> None:
    with hub.subscribe(pattern) as receiver:
        for topic in ("a.b", "a.b.c", "x.b", "a", "größe.b", None):
            hub.publish(str(topic), topic=topic)
        assert contents(receiver) == list(map(str, wanted))


def test_a_pattern_is_255_bytes_long_at_most(hub: SignalHub) -> None:
    topic = "a." + "x" * 253
    with hub.subscribe(topic) as receiver, hub.subscribe(pattern="*." + "x" * 253) as other:
        hub.publish("long", topic=topic)
        assert receiver.recv(0) == other.recv(0) == "long"


def test_a_sleeping_receiver_is_woken_by_what_it_wants(hub: SignalHub) -> None:
    with hub.subscribe("a.*", ignore_origin=7) as receiver:
        waiting = Background(receiver.recv)
        waiting.wait_until_asleep()
        hub.publish("no topic")
        hub.publish("another topic", topic="b.a")
        hub.publish("its own", topic="a.b", origin=7)
        waiting.wait_until_asleep()
        hub.publish("wanted", topic="a.b", origin=8)
        assert waiting.result() == "wanted"
        assert receiver.stats.filtered == 3


def test_what_it_does_not_want_does_not_make_a_sleeping_receiver_lag() -> None:
    with SignalHub(10) as hub, hub.subscribe("a.*") as receiver:
        waiting = Background(receiver.recv)
        waiting.wait_until_asleep()
        for i in range(100):
            hub.publish(str(i), topic="b.a")
            wait_until(lambda: receiver.stats.behind <= 5)
        hub.publish("wanted", topic="a.b")
        assert waiting.result() == "wanted"
        assert (receiver.stats.filtered, receiver.stats.missed) == (100, 0)


def test_what_it_does_not_want_ends_no_timeout(hub: SignalHub) -> None:
    with hub.subscribe("a.*") as receiver:
        hub.publish("unwanted", topic="b.a")
        with pytest.raises(RecvTimeout):
            receiver.recv(0.01)
        with pytest.raises(RecvTimeout):
            receiver.recv_many(5, 0.01)
        assert (receiver.try_recv(), receiver.next_seq) == (None, 1)


def test_other_threads_run_while_a_receiver_passes_over_many_messages() -> None:
    count = 50_000
    with SignalHub(count) as hub:
        for _ in range(count):
            hub.publish(b"", topic="b.a")

        def was_seen_at_it() -> bool:
            """Only without the GIL can it be inside C while this thread runs."""
            seen = False
            with hub.subscribe("a.*", replay="all") as receiver:
                passing = Background(receiver.try_recv)
                while passing.is_running() and not seen:
                    status = held.signalhub_receiver_next_seq(receiver._handle, byref(c_uint64()))
                    seen = status == SIGNALHUB_ERR_BUSY
                assert passing.result() is None
            return seen

        wait_until(was_seen_at_it)


@pytest.mark.parametrize(
    ("replay", "first"), [(None, 10), (0, 10), (1, 9), (3, 7), (4, 6), (2**64 - 1, 6), ("all", 6)]
)
def test_replay_is_the_last_messages_as_far_as_they_are_retained(
    replay: int | str | None, first: int
) -> None:
    with SignalHub(4) as hub:
        for i in range(10):
            hub.publish(str(i))
        with hub.subscribe(replay=replay) as receiver:  # type: ignore[arg-type]
            assert receiver.stats.start_seq == receiver.next_seq == first
            assert contents(receiver) == [str(i) for i in range(first, 10)]
            hub.publish("what comes")
            assert receiver.recv(0) == "what comes"


def test_replay_of_an_empty_hub_is_nothing(hub: SignalHub) -> None:
    for replay in (5, "all"):
        with hub.subscribe(replay=replay) as receiver:
            assert receiver.try_recv() is None


def test_the_pattern_chooses_among_what_is_replayed(hub: SignalHub) -> None:
    for i in range(6):
        hub.publish(str(i), topic=("a.even", "a.odd")[i % 2])
    with hub.subscribe("a.odd", replay=4) as receiver:
        assert contents(receiver) == ["3", "5"]


def test_a_receiver_starts_at_a_number(hub: SignalHub) -> None:
    for i in range(5):
        hub.publish(str(i))
    for from_seq in range(6):
        with hub.subscribe(from_seq=from_seq) as receiver:
            assert contents(receiver) == [str(i) for i in range(from_seq, 5)]


def test_a_number_that_is_retained_no_more_is_a_lag() -> None:
    with SignalHub(4) as hub:
        for i in range(10):
            hub.publish(str(i))
        with hub.subscribe(from_seq=2) as receiver:
            with pytest.raises(LaggedError) as raised:
                receiver.recv()
            lag = raised.value
            assert (lag.missed, lag.first_lost, lag.resume_at) == (4, 2, 6)
            assert contents(receiver) == ["6", "7", "8", "9"]


def test_a_lag_is_told_or_skipped_or_leads_to_the_newest() -> None:
    with (
        SignalHub(4) as hub,
        hub.subscribe(on_lag="report") as report,
        hub.subscribe(on_lag="skip") as skip,
        hub.subscribe(on_lag="newest") as newest,
    ):
        for i in range(10):
            hub.publish(str(i))
        for receiver, missed in ((report, 6), (newest, 9)):
            with pytest.raises(LaggedError) as raised:
                receiver.recv()
            lag = raised.value
            assert (lag.missed, lag.first_lost, lag.resume_at) == (missed, 0, missed)
        assert contents(report) == ["6", "7", "8", "9"]
        assert contents(skip) == ["6", "7", "8", "9"]
        assert contents(newest) == ["9"]
        assert [receiver.stats.missed for receiver in (report, skip, newest)] == [6, 6, 9]


def test_the_messages_of_an_origin_can_be_left_out(hub: SignalHub) -> None:
    with hub.subscribe(ignore_origin=2**64 - 1) as receiver:
        for origin in (1, 2**64 - 1, 0):
            hub.publish(str(origin), origin=origin)
        assert contents(receiver) == ["1", "0"]


def test_receivers_with_patterns_are_counted_as_others_are(hub: SignalHub) -> None:
    with hub.subscribe("a.*"), hub.subscribe():
        assert hub.publish("x") == 2


def test_replay_goes_over_into_what_comes_without_a_gap_or_a_duplicate() -> None:
    count = 5_000
    with SignalHub(count) as hub:
        publishing = Background(publish, hub, count)
        receivers: list[SignalReceiver] = []
        while publishing.is_running() and len(receivers) < 20:
            receivers.append(hub.subscribe("a.even", replay="all"))
        publishing.result()
        for receiver in receivers:
            messages = [receiver.recv_message(0).seq for _ in range(count // 2)]
            assert messages == list(range(0, count, 2))
            assert receiver.try_recv() is None
            receiver.close()
        assert receivers


def publish(hub: SignalHub, count: int) -> None:
    for i in range(count):
        hub.publish(str(i), topic=("a.even", "a.odd")[i % 2])
