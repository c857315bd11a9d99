# SPDX-License-Identifier: MIT OR Apache-2.0
"""Threads: others run while one waits, and any number may share a hub or a receiver."""

from __future__ import annotations

import os
import threading
from collections import Counter
from ctypes import byref, c_size_t, c_uint64, create_string_buffer
from typing import Callable

import pytest
from waiting import Background, wait_until

from signalhub import LaggedError, Message, RecvTimeout, SignalHub, SignalReceiver
from signalhub._bindings import SIGNALHUB_ERR_BUSY, SIGNALHUB_OK
from signalhub._lib import held, released


def test_other_threads_run_while_one_waits(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        waiting = Background(receiver.recv)
        waiting.wait_until_asleep()
        assert sum(range(100_000)) == 4999950000
        hub.publish("done")
        assert waiting.result() == "done"


def test_other_threads_run_during_a_long_publish() -> None:
    with SignalHub(1) as hub:
        publishing = Background(hub.publish, bytearray(128 << 20))
        # It drops the GIL before its call of C too, but not this often.
        for _ in range(10):
            wait_until(lambda: publishing.function() == "publish")
            assert hub.next_seq == 0
        publishing.result()
        assert hub.next_seq == 1


def test_a_second_thread_receives_while_the_first_one_waits(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        waiting = Background(receiver.recv)
        waiting.wait_until_asleep()
        assert receiver.try_recv() is None
        assert receiver.next_seq == 0
        hub.publish("for one")
        hub.publish("for the other")
        assert {waiting.result(), receiver.recv()} == {"for one", "for the other"}


def test_threads_that_share_a_receiver_get_each_message_once() -> None:
    count, threads = 20_000, 4
    with SignalHub(count) as hub, hub.subscribe() as receiver:
        receiving = [Background(sizes, receiver) for _ in range(threads)]
        for i in range(count):
            hub.publish(bytes(i % 500))
        hub.close()
        received = Counter(size for thread in receiving for size in thread.result())
    assert received == Counter(i % 500 for i in range(count))


def sizes(receiver: SignalReceiver) -> list[int]:
    return [len(message) for message in receiver if isinstance(message, bytes)]


@pytest.mark.parametrize(
    "receive",
    [
        SignalReceiver.try_recv,
        SignalReceiver.recv,
        lambda receiver: receiver.next_seq and receiver.recv(0),
        lambda receiver: receiver.stats and receiver.recv(0),
    ],
    ids=["try_recv", "recv", "next_seq", "stats"],
)
def test_a_receive_lets_another_thread_finish_its_own(
    receive: Callable[[SignalReceiver], object],
) -> None:
    size = 128 << 20
    buffer, length, seq = create_string_buffer(size), c_size_t(), c_uint64()
    with SignalHub(4) as hub, hub.subscribe() as receiver:
        handle = receiver._handle

        def copy_out() -> int:
            status = SIGNALHUB_ERR_BUSY  # as it is while the other thread asks
            while status == SIGNALHUB_ERR_BUSY:
                status = released.signalhub_receiver_recv_into(
                    handle, buffer, size, 0, byref(length), None
                )
            return status

        busy = False
        while not busy:
            hub.publish(bytes(size))
            hub.publish("next")
            copying = Background(copy_out)
            while copying.is_running() and not busy:
                status = held.signalhub_receiver_next_seq(handle, byref(seq))
                busy = status == SIGNALHUB_ERR_BUSY
            assert receive(receiver) == "next"
            assert copying.result() == SIGNALHUB_OK


def test_received_and_missed_make_up_what_was_published() -> None:
    publishers, count = 2, 10_000
    with SignalHub(10) as hub:
        receivers = [hub.subscribe() for _ in range(3)]
        counting = [Background(received_and_missed, receiver) for receiver in receivers]
        publishing = [Background(publish, hub, count) for _ in range(publishers)]
        for thread in publishing:
            thread.result()
        hub.close()
        for thread in counting:
            assert thread.result() == publishers * count
        for receiver in receivers:
            receiver.close()


def publish(hub: SignalHub, count: int) -> None:
    for i in range(count):
        hub.publish(str(i), topic="a.b")


def received_and_missed(receiver: SignalReceiver) -> int:
    total = 0
    while True:
        try:
            for message in receiver:
                assert isinstance(message, str)
                total += 1
        except LaggedError as lag:
            assert lag.first_lost == total
            total += lag.missed
            assert lag.resume_at == total == receiver.next_seq
        else:
            return total


def test_a_message_can_be_used_and_dropped_in_another_thread(hub: SignalHub) -> None:
    def take_apart(messages: list[Message]) -> int:
        return sum(len(messages.pop().payload) for _ in range(len(messages)))

    with hub.subscribe() as receiver:
        for _ in range(20):
            hub.publish(bytes(100_000))
        messages = [receiver.recv_message() for _ in range(20)]
    assert Background(take_apart, messages).result() == 20 * 100_000


def test_threads_that_wait_do_not_run(hub: SignalHub) -> None:
    receivers = [hub.subscribe() for _ in range(8)]
    waiting = [Background(receiver.recv) for receiver in receivers]
    for thread in waiting:
        thread.wait_until_asleep()
    before = switches()
    with hub.subscribe() as receiver, pytest.raises(RecvTimeout):
        receiver.recv(timeout=0.3)
    assert switches() == before
    hub.close()
    for receiver in receivers:
        receiver.close()


def switches() -> Counter[str]:
    """How often each other thread of this process gave up the processor of its own accord."""
    found: Counter[str] = Counter()
    for task in os.listdir("/proc/self/task"):
        if int(task) != threading.get_native_id():
            with open(f"/proc/self/task/{task}/status") as status:
                found[task] = sum("voluntary" in line and int(line.split()[1]) for line in status)
    return found
