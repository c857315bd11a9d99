# SPDX-License-Identifier: MIT OR Apache-2.0
"""Signals reach the main thread while it receives, and no message is lost by that (promise P9); and
while it waits to publish, and no message is published twice."""

from __future__ import annotations

import fresh_python
import pytest

SET_UP = """
import os, signal, threading, time
from signalhub import *
from waiting import is_asleep, wait_until

def signal_when_asleep(number, then=lambda: None):
    wait_until(lambda: is_asleep(threading.main_thread()))
    os.kill(os.getpid(), number)
    then()

hub = SignalHub()
receiver = hub.subscribe()
"""
TEAR_DOWN = """
receiver.close()
hub.close()
"""


def run(code: str) -> str:
    return fresh_python.output(SET_UP + code + TEAR_DOWN, "-X", "dev")


@pytest.mark.parametrize(
    "receive",
    [
        "receiver.recv()",
        "receiver.recv(timeout=1e9)",
        "receiver.recv_message()",
        "receiver.recv_many(5)",
        "list(receiver)",
    ],
)
def test_ctrl_c_ends_a_receive_and_the_next_one_goes_on(receive: str) -> None:
    code = f"""
hub.publish("before")
print(receiver.recv())
thread = threading.Thread(target=signal_when_asleep, args=(signal.SIGINT,))
thread.start()
try:
    {receive}
except KeyboardInterrupt:
    print("interrupted")
thread.join()
hub.publish("after")
print(receiver.recv(timeout=0))
"""
    assert run(code) == "before\ninterrupted\nafter\n"


def test_a_message_that_comes_with_ctrl_c_is_received_next() -> None:
    code = """
ROUNDS = 50
got, interrupts = [], 0

def disturb():
    for i in range(ROUNDS):
        signal_when_asleep(signal.SIGINT, then=lambda: hub.publish(str(i)))
        wait_until(lambda: len(got) > i)

thread = threading.Thread(target=disturb)
thread.start()
while len(got) < ROUNDS:
    try:
        got.append(receiver.recv())
    except KeyboardInterrupt:
        interrupts += 1
thread.join()
print(got == [str(i) for i in range(ROUNDS)], interrupts, receiver.next_seq)
"""
    assert run(code) == "True 50 50\n"


def test_a_lag_that_comes_with_ctrl_c_is_told_next() -> None:
    code = """
hub.close()
hub = SignalHub(1)
receiver.close()
receiver = hub.subscribe()

def lap():
    for i in range(200):
        hub.publish(str(i))

total = 0
for _ in range(20):
    thread = threading.Thread(target=signal_when_asleep, args=(signal.SIGINT, lap))
    thread.start()
    try:
        receiver.recv()
    except KeyboardInterrupt:
        pass
    thread.join()
    try:
        while True:
            try:
                message = receiver.recv_message(timeout=0)
                assert message.seq == total
                total += 1
            except LaggedError as lag:
                assert lag.first_lost == total
                total += lag.missed
    except RecvTimeout:
        assert total == hub.next_seq
print(total)
"""
    assert run(code) == "4000\n"


def test_messages_that_recv_many_has_taken_are_kept_in_order() -> None:
    code = """
for i in range(5):
    hub.publish(str(i))

class Interrupting(SignalReceiver):
    calls = 0
    def _receive(self, *arguments):
        Interrupting.calls += 1
        if Interrupting.calls == 4:
            raise KeyboardInterrupt
        return super()._receive(*arguments)

receiver.__class__ = Interrupting
try:
    receiver.recv_many(5)
except KeyboardInterrupt:
    print(receiver)
print(receiver.recv_many(2), receiver.next_seq, receiver.recv_many(5))
"""
    assert run(code) == "<Interrupting next_seq=0>\n['0', '1'] 2 ['2', '3', '4']\n"


def test_a_handler_that_returns_does_not_end_the_receive() -> None:
    code = """
signal.signal(signal.SIGUSR1, lambda *_: hub.publish("from the handler"))
thread = threading.Thread(target=signal_when_asleep, args=(signal.SIGUSR1,))
thread.start()
print(receiver.recv())
thread.join()
"""
    assert run(code) == "from the handler\n"


def test_a_handler_can_receive_what_the_main_thread_waits_for() -> None:
    code = """
def handle(*_):
    hub.publish("for the handler")
    hub.publish("for the main thread")
    print(receiver.recv())

signal.signal(signal.SIGUSR1, handle)
thread = threading.Thread(target=signal_when_asleep, args=(signal.SIGUSR1,))
thread.start()
print(receiver.recv())
thread.join()
"""
    assert run(code) == "for the handler\nfor the main thread\n"


def test_ctrl_c_does_not_disturb_other_threads() -> None:
    code = """
other = hub.subscribe()
got = []
waiting = threading.Thread(target=lambda: got.append(other.recv()))
waiting.start()
wait_until(lambda: is_asleep(waiting))
thread = threading.Thread(target=signal_when_asleep, args=(signal.SIGINT,))
thread.start()
try:
    receiver.recv()
except KeyboardInterrupt:
    hub.publish("on and on")
thread.join()
waiting.join()
other.close()
print(got, receiver.recv())
"""
    assert run(code) == "['on and on'] on and on\n"


FULL = """
hub = SignalHub(1)
receiver.close()
receiver = hub.subscribe(lossless=True)
hub.publish("before")
"""


@pytest.mark.parametrize("timeout", ["None", "1e9"])
def test_ctrl_c_ends_a_publish_that_waits_and_nothing_is_published(timeout: str) -> None:
    code = f"""
hub.close()
{FULL}
thread = threading.Thread(target=signal_when_asleep, args=(signal.SIGINT,))
thread.start()
try:
    hub.publish("interrupted", timeout={timeout})
except KeyboardInterrupt:
    print("interrupted", hub.next_seq)
thread.join()
print(receiver.recv(), receiver.try_recv())
hub.publish("after", timeout=0.0)
print(receiver.recv())
"""
    assert run(code) == "interrupted 1\nbefore None\nafter\n"


def test_a_handler_that_returns_does_not_end_a_publish_that_waits() -> None:
    code = f"""
hub.close()
{FULL}
signal.signal(signal.SIGUSR1, lambda *_: print(receiver.recv()))
thread = threading.Thread(target=signal_when_asleep, args=(signal.SIGUSR1,))
thread.start()
print(hub.publish("once", timeout=None))
thread.join()
print(receiver.recv(), receiver.try_recv(), hub.next_seq)
"""
    assert run(code) == "before\n1\nonce None 2\n"


def test_signals_publish_nothing_twice() -> None:
    code = f"""
hub.close()
{FULL}
signal.signal(signal.SIGUSR1, lambda *_: None)
ROUNDS = 50

def disturb():
    for i in range(ROUNDS):
        signal_when_asleep(signal.SIGUSR1, then=lambda: got.append(receiver.recv()))

got = []
thread = threading.Thread(target=disturb)
thread.start()
for i in range(ROUNDS):
    hub.publish(str(i), timeout=None)
thread.join()
got.append(receiver.recv())
print(got == ["before", *map(str, range(ROUNDS))], hub.next_seq)
"""
    assert run(code) == "True 51\n"
