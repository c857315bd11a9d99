# SPDX-License-Identifier: MIT OR Apache-2.0
"""Waiting for one of several receivers, by a descriptor, and the ways in which a thread waits."""

from __future__ import annotations

import os
import select
import selectors
import time
from typing import Any

import fresh_python
import pytest
from waiting import Background

from signalhub import ClosedError, LaggedError, RecvTimeout, SignalHub, SignalReceiver, wait_any

WAITS: Any = ["adaptive", "spin", "yield", "park"]


def is_readable(receiver: SignalReceiver) -> bool:
    return select.select([receiver], [], [], 0)[0] == [receiver]


def test_a_descriptor_is_readable_while_there_is_something(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        fd = receiver.fileno()
        assert not is_readable(receiver)
        for _ in range(3):
            hub.publish("x")
            assert is_readable(receiver)
            assert receiver.try_recv() == "x"
            assert receiver.try_recv() is None
            assert not is_readable(receiver)
        with pytest.raises(RecvTimeout):
            receiver.recv(timeout=0)
        assert not is_readable(receiver)
        assert receiver.fileno() == fd
        assert not os.get_inheritable(fd)
        hub.close()
        assert is_readable(receiver)
    with pytest.raises(ClosedError):
        receiver.fileno()


def test_an_event_loop_gets_every_message(hub: SignalHub) -> None:
    def publish() -> None:
        for i in range(100):
            hub.publish(str(i))

    loop = selectors.DefaultSelector()
    with hub.subscribe() as receiver, loop:
        loop.register(receiver, selectors.EVENT_READ)
        publisher = Background(publish)
        received: list[Any] = []
        while len(received) < 100:
            assert loop.select(timeout=60)
            while (message := receiver.try_recv()) is not None:
                received.append(message)
        publisher.result()
        assert received == [str(i) for i in range(100)]
        assert not loop.select(timeout=0)


def test_it_returns_who_has_something_and_takes_nothing() -> None:
    one, two = SignalHub(2), SignalHub(2)
    with one, two, one.subscribe() as first, two.subscribe() as second:
        both = [first, second]
        with pytest.raises(RecvTimeout):
            wait_any(both, timeout=0)
        with pytest.raises(RecvTimeout):
            wait_any(iter(both), 0.001)
        two.publish("x")
        assert wait_any(both) is second
        assert wait_any(both) is second
        assert second.recv() == "x"
        for _ in range(3):
            one.publish("y")
        assert wait_any(both, timeout=10) is first
        with pytest.raises(LaggedError):
            first.recv()
        first.close()
        with pytest.raises(ClosedError):
            wait_any(both)
        two.close()
        assert wait_any([second]) is second


def test_everybody_has_a_turn(hub: SignalHub) -> None:
    receivers = [hub.subscribe() for _ in range(3)]
    hub.publish("x")
    named = [wait_any(receivers) for _ in range(9)]
    assert all(named.count(receiver) == 3 for receiver in receivers)
    for receiver in receivers:
        receiver.close()


def test_wrong_arguments_are_refused(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        with pytest.raises(ValueError, match="no receiver"):
            wait_any([])
        for wrong in ([hub], [receiver, None], ["x"]):
            with pytest.raises(TypeError, match="must be SignalReceivers"):
                wait_any(wrong)  # type: ignore[arg-type]
        hub.publish("not taken")
        with pytest.raises(TypeError, match="must be SignalReceivers"):
            wait_any(receiver)
        assert receiver.recv() == "not taken"
        with pytest.raises(TypeError):
            wait_any([receiver], timeout="1")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="timeout"):
            wait_any([receiver], timeout=-1)
    with pytest.raises(TypeError, match="wait must be a str"):
        hub.subscribe(wait=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="wait must be one of"):
        hub.subscribe(wait="sleep")  # type: ignore[arg-type]


@pytest.mark.parametrize("wait", WAITS)
def test_a_message_a_close_and_the_deadline_end_every_wait(hub: SignalHub, wait: Any) -> None:
    with hub.subscribe(wait=wait) as receiver, hub.subscribe(wait=wait) as other:
        for call in (receiver.recv, lambda timeout: wait_any([receiver, other], timeout)):
            began = time.monotonic()
            with pytest.raises(RecvTimeout):
                call(0.01)
            assert time.monotonic() - began >= 0.01
        waiting = Background(wait_any, [receiver, other])
        hub.publish("x")
        assert waiting.result() in (receiver, other)
        assert receiver.recv() == "x"
        assert other.recv() == "x"
        waiting = Background(wait_any, [receiver])
        hub.close()
        assert waiting.result() is receiver


def test_closing_a_receiver_ends_a_wait(hub: SignalHub) -> None:
    receiver, other = hub.subscribe(), hub.subscribe()
    waiting = Background(wait_any, [receiver, other])
    waiting.wait_until_asleep()
    receiver.close()
    with pytest.raises(ClosedError):
        waiting.result()
    other.close()


def test_what_an_interrupted_receive_has_kept_is_something(hub: SignalHub) -> None:
    with hub.subscribe() as receiver, hub.subscribe() as other:
        hub.publish("x")
        kept = receiver.recv_message()
        receiver._kept.append(kept)
        other.recv()
        assert wait_any([other, receiver]) is receiver
        assert receiver.recv() == "x"


def test_ctrl_c_ends_a_wait() -> None:
    program = """
import signal, threading
from signalhub import SignalHub, wait_any

with SignalHub() as hub, hub.subscribe() as receiver:
    threading.Timer(0.2, lambda: signal.raise_signal(signal.SIGINT)).start()
    try:
        wait_any([receiver])
    except KeyboardInterrupt:
        print("interrupted")
"""
    assert fresh_python.output(program) == "interrupted\n"
