# SPDX-License-Identifier: MIT OR Apache-2.0
"""Receiving: order, lag, timeouts, iteration (promises P1, P2, P3, P8)."""

from __future__ import annotations

import pickle
import time

import pytest
from waiting import Background

from signalhub import (
    ClosedError,
    Kind,
    LaggedError,
    Message,
    RecvTimeout,
    SignalHub,
    SignalHubError,
)


def test_every_receiver_gets_every_message_in_order_and_none_twice(hub: SignalHub) -> None:
    with hub.subscribe() as first, hub.subscribe() as second:
        for i in range(100):
            hub.publish(str(i))
        for receiver in (first, second):
            assert [receiver.recv() for _ in range(100)] == [str(i) for i in range(100)]
            assert receiver.try_recv() is None


def test_a_receiver_starts_at_the_next_message(hub: SignalHub) -> None:
    hub.publish("before")
    with hub.subscribe() as receiver:
        assert receiver.next_seq == 1
        hub.publish("after")
        assert receiver.recv() == "after"
        assert receiver.next_seq == 2


def test_a_lagging_receiver_learns_what_it_missed_and_goes_on(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        for i in range(300):
            hub.publish(f"message_{i}")
        with pytest.raises(LaggedError) as raised:
            receiver.recv()
        lag = raised.value
        assert str(lag) == "Channel Lagged: missed 200 messages"
        assert (lag.missed, lag.first_lost, lag.resume_at) == (200, 0, 200)
        assert receiver.next_seq == 200
        assert [receiver.recv() for _ in range(100)] == [f"message_{i}" for i in range(200, 300)]
        for i in range(101):
            hub.publish(str(i))
        with pytest.raises(LaggedError) as raised:
            receiver.try_recv()
        lag = raised.value
        assert (lag.missed, lag.first_lost, lag.resume_at) == (1, 300, 301)


def test_a_lag_is_a_runtime_error_and_a_timeout_a_timeout_error() -> None:
    assert issubclass(LaggedError, RuntimeError)
    assert issubclass(RecvTimeout, TimeoutError)
    assert issubclass(LaggedError, SignalHubError)
    assert issubclass(RecvTimeout, SignalHubError)
    assert issubclass(ClosedError, SignalHubError)


def test_a_lag_survives_pickling() -> None:
    lag = pickle.loads(pickle.dumps(LaggedError(2, 5, 7)))
    assert (str(lag), lag.first_lost, lag.resume_at) == (str(LaggedError(2, 5, 7)), 5, 7)


def test_recv_gives_back_what_was_published(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        hub.publish("text")
        hub.publish(b"bytes")
        hub.publish("[1]", kind=Kind.JSON)
        hub.publish("{}", kind=Kind.EVENT)
        assert receiver.recv() == "text"
        assert receiver.try_recv() == b"bytes"
        json, event = receiver.recv(), receiver.try_recv()
        assert isinstance(json, Message)
        assert isinstance(event, Message)
        assert (json.kind, json.json(), event.kind) == (Kind.JSON, [1], Kind.EVENT)


def test_recv_many_takes_what_is_there_up_to_n(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        for message in ("0", b"1", "2"):
            hub.publish(message)
        assert receiver.recv_many(2) == ["0", b"1"]
        assert receiver.recv_many(1000, timeout=0) == ["2"]
        with pytest.raises(RecvTimeout):
            receiver.recv_many(2, timeout=0)
        waiting = Background(receiver.recv_many, 2)
        waiting.wait_until_asleep()
        hub.publish("3")
        assert waiting.result() == ["3"]


def test_recv_many_tells_a_lag_or_a_close_behind_messages_at_the_next_call() -> None:
    with SignalHub(2) as hub, hub.subscribe() as receiver:
        receiver._kept.append(LaggedError(1, 0, 1))
        receiver._kept.appendleft(Message(b"before", None, Kind.TEXT, 0, 0))
        assert receiver.recv_many(5) == ["before"]
        with pytest.raises(LaggedError):
            receiver.recv_many(5)
        hub.publish("last")
        hub.close()
        assert receiver.recv_many(5) == ["last"]
        with pytest.raises(ClosedError):
            receiver.recv_many(5)


def test_iteration_ends_when_the_hub_is_closed_and_read_to_its_end(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        for i in range(5):
            hub.publish(str(i))
        hub.close()
        assert list(receiver) == ["0", "1", "2", "3", "4"]
        assert list(receiver) == []


def test_iteration_goes_on_after_a_lag() -> None:
    with SignalHub(3) as hub, hub.subscribe() as receiver:
        for i in range(8):
            hub.publish(str(i))
        hub.close()
        with pytest.raises(LaggedError, match="missed 5 messages"):
            next(iter(receiver))
        assert list(receiver) == ["5", "6", "7"]


def test_a_timeout_is_not_over_too_early_and_consumes_nothing(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        for timeout in (0.001, 0.08, 0.12):
            start = time.monotonic()
            with pytest.raises(RecvTimeout, match="nothing came before the timeout"):
                receiver.recv(timeout=timeout)
            assert time.monotonic() - start >= timeout
        hub.publish("after")
        assert receiver.recv(timeout=0) == "after"


@pytest.mark.parametrize("timeout", [0, 0.0, -0.0, 1e-300, 1e-9])
def test_a_timeout_of_0_looks_once(hub: SignalHub, timeout: float) -> None:
    with hub.subscribe() as receiver:
        with pytest.raises(RecvTimeout):
            receiver.recv(timeout)
        hub.publish("there")
        assert receiver.recv(timeout) == "there"


@pytest.mark.parametrize(
    "timeout", [None, 5, 1e9, 2**63 / 1e9, 2**63, 1e300, 10**400, float("inf")]
)
@pytest.mark.parametrize("receive", ["recv", "recv_many"])
def test_a_timeout_can_be_as_long_as_it_likes(hub: SignalHub, timeout: float, receive: str) -> None:
    arguments = {"recv": [timeout], "recv_many": [1, timeout]}[receive]
    with hub.subscribe() as receiver:
        waiting = Background(getattr(receiver, receive), *arguments)
        waiting.wait_until_asleep()
        hub.publish("at last")
        assert waiting.result() in ("at last", ["at last"])
