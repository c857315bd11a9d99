# SPDX-License-Identifier: MIT OR Apache-2.0
"""A snapshot is what a hub retains: the oldest message first, no gap."""

from __future__ import annotations

import pytest
from waiting import Background, wait_until

from signalhub import ClosedError, Kind, SignalHub, SignalReceiver


def test_a_snapshot_is_what_the_hub_retains() -> None:
    with SignalHub(4) as hub:
        assert hub.snapshot() == []
        for published in range(1, 10):
            hub.publish(str(published - 1))
            messages = hub.snapshot()
            assert [message.seq for message in messages] == list(range(published))[-4:]
            assert [message.text for message in messages] == [str(i) for i in range(published)][-4:]


def test_a_snapshot_has_whole_messages_of_every_topic_and_kind(hub: SignalHub) -> None:
    hub.publish("text")
    hub.publish(b"\xff" * 100_000, topic="a.b", origin=7)
    hub.publish("[1]", kind=Kind.JSON)
    plain, long, json = hub.snapshot()
    assert (plain.text, plain.topic, plain.kind) == ("text", None, Kind.TEXT)
    assert (bytes(long), long.topic, long.origin) == (b"\xff" * 100_000, "a.b", 7)
    assert (json.json(), json.kind, json.seq) == ([1], Kind.JSON, 2)


def test_a_snapshot_leaves_no_receiver_behind_and_takes_from_none(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        hub.publish("x")
        assert [message.text for message in hub.snapshot()] == ["x"]
        assert receiver.recv(0) == "x"
        assert hub.publish("y") == 1


def test_a_closed_hub_has_no_snapshot() -> None:
    with SignalHub() as hub:
        hub.publish("x")
    with pytest.raises(ClosedError, match="the hub is closed"):
        hub.snapshot()


@pytest.mark.parametrize("capacity", [1, 3, 100])
def test_a_snapshot_among_publishers_has_no_gap(capacity: int) -> None:
    with SignalHub(capacity) as hub:
        publishing = [Background(publish_until_closed, hub) for _ in range(2)]
        wait_until(lambda: hub.next_seq >= capacity)
        for _ in range(300):
            before = hub.next_seq
            seqs = [message.seq for message in hub.snapshot()]
            first = seqs[0] if seqs else before
            assert before - capacity <= first
            assert seqs == list(range(first, first + len(seqs)))
            assert len(seqs) <= capacity
        hub.close()
        for thread in publishing:
            thread.result()


def publish_until_closed(hub: SignalHub) -> None:
    try:
        while True:
            hub.publish("x" * 100)
    except ClosedError:
        pass


def test_what_is_overwritten_meanwhile_is_left_out_with_all_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    received = 0
    receive = SignalReceiver.recv_message

    def lapped(receiver: SignalReceiver) -> object:
        nonlocal received
        received += 1
        if received == 3:
            for i in range(4, 7):
                hub.publish(str(i))
        return receive(receiver)

    monkeypatch.setattr(SignalReceiver, "recv_message", lapped)
    with SignalHub(4) as hub:
        for i in range(4):
            hub.publish(str(i))
        # It has 0 and 1 when 0, 1 and 2 are overwritten; 4 to 6 are later than it began.
        assert [message.text for message in hub.snapshot()] == ["3"]


def test_an_interrupted_snapshot_leaves_no_receiver_behind(
    monkeypatch: pytest.MonkeyPatch, hub: SignalHub
) -> None:
    def interrupted(receiver: SignalReceiver) -> object:
        raise KeyboardInterrupt

    hub.publish("x")
    monkeypatch.setattr(SignalReceiver, "recv_message", interrupted)
    with pytest.raises(KeyboardInterrupt):
        hub.snapshot()
    assert hub.publish("y") == 0
