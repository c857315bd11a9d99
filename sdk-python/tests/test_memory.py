# SPDX-License-Identifier: MIT OR Apache-2.0
"""Memory stays as it is, however many messages go through."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from signalhub import LaggedError, RecvTimeout, SignalHub, SignalReceiver, _tray

MIB = 1 << 20


def test_memory_is_flat_over_a_hundred_thousand_messages() -> None:
    with SignalHub() as hub, hub.subscribe() as receiver:
        work(hub, receiver, 20_000)
        before = resident_bytes()
        work(hub, receiver, 100_000)
        assert resident_bytes() - before < 4 * MIB


def work(hub: SignalHub, receiver: SignalReceiver, count: int) -> None:
    for i in range(count):
        hub.publish("x" * (i % 1000), topic="a.b")
        if i % 3:
            receiver.recv()
        else:
            receiver.recv_message().close()
        if i % 100 == 0:
            hub.publish(bytes(100_000 + i))
            assert len(receiver.recv_message().payload) == 100_000 + i
            assert receiver.try_recv() is None
            with pytest.raises(RecvTimeout):
                receiver.recv(0)
        if i % 1000 == 0:
            for _ in range(101):
                hub.publish("")
            with pytest.raises(LaggedError):
                receiver.recv()
            receiver.recv_many(100)


def test_hubs_and_receivers_give_their_memory_back() -> None:
    for _ in range(20):
        make_hub()
    before = resident_bytes()
    for _ in range(200):
        make_hub()
    assert resident_bytes() - before < 4 * MIB


def make_hub() -> None:
    with SignalHub(1000) as hub, hub.subscribe() as receiver:
        for _ in range(100):
            hub.publish(bytes(1000))
        assert len(receiver.recv_many(100)) == 100


def test_a_spare_tray_holds_nothing_of_a_hub(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        hub.publish(bytes(50_000), topic="a.b")
        receiver.recv()
        view = _tray._spare[-1].look()
        assert (view.len, view.topic_len) == (0, 0)


def test_few_trays_are_kept(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        trays = [_tray.take() for _ in range(2 * _tray.SPARE_MAX)]
        for tray in trays:
            _tray.give_back(tray)
        assert len(_tray._spare) == _tray.SPARE_MAX
        hub.publish("x")
        assert receiver.recv() == "x"
        assert len(_tray._spare) == _tray.SPARE_MAX


def resident_bytes() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
