# SPDX-License-Identifier: MIT OR Apache-2.0
"""Loans: written where receivers read them, published or given back."""

from __future__ import annotations

import copy
import gc
import pickle
from typing import Any

import pytest

from signalhub import ClosedError, KeptError, Kind, Loan, Message, SignalHub

LENGTHS = [0, 1, 40, 1000, 65_536, 65_537, 1 << 20]


@pytest.mark.parametrize("nbytes", LENGTHS)
def test_what_is_written_to_a_loan_is_received(hub: SignalHub, nbytes: int) -> None:
    with hub.subscribe() as receiver, hub.loan(nbytes) as loan:
        assert len(loan) == len(loan.memory) == nbytes
        assert not loan.memory.readonly
        loan.memory[:] = b"x" * nbytes
        assert loan.publish(topic="a.b", origin=7) == 1
        message = receiver.recv_message()
        assert (bytes(message), message.kind) == (b"x" * nbytes, Kind.BYTES)
        assert (message.topic, message.origin, message.seq) == ("a.b", 7, 0)


def test_a_part_of_a_loan_can_be_published(hub: SignalHub) -> None:
    with hub.subscribe() as receiver, hub.loan(100) as loan:
        loan.memory[:5] = b"hello"
        loan.publish(5, kind=Kind.TEXT)
        assert receiver.recv() == "hello"


def test_a_loan_that_is_not_published_is_nothing(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        with hub.loan(1000) as loan:
            loan.memory[0] = 1
        del loan
        hub.loan(1000)
        assert receiver.try_recv() is None
        assert hub.next_seq == 0


def test_a_published_or_closed_loan_is_released(hub: SignalHub) -> None:
    published, closed = hub.loan(10), hub.loan(10)
    published.publish()
    closed.close()
    closed.close()
    published.close()
    for loan in (published, closed):
        assert len(loan) == 0
        assert repr(loan) == "<Loan closed>"
        with pytest.raises(ValueError, match="released"):
            loan.memory[0] = 1
        with pytest.raises(ValueError, match="the loan is published or closed"):
            loan.publish()
    assert hub.next_seq == 1


def test_what_has_a_view_of_a_loan_is_in_the_way_of_publishing(hub: SignalHub) -> None:
    with hub.subscribe() as receiver, hub.loan(8) as loan:
        for view_of in (memoryview, lambda memory: memory[2:4], lambda memory: memory.cast("i")):
            view: Any = view_of(loan.memory)
            with pytest.raises(BufferError):
                loan.publish()
            view[0] = 1  # still its own
            del view
        loan.memory[:] = b"12345678"
        loan.publish()
        assert receiver.recv() == b"12345678"


def test_a_view_outlives_its_loan(hub: SignalHub) -> None:
    with hub.loan(1 << 20) as loan:
        view = loan.memory[10:20]
    del loan
    hub.close()
    gc.collect()
    view[:] = b"0123456789"
    assert bytes(view) == b"0123456789"


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"nbytes": 5}, ValueError, "nbytes must be from 0 to 4"),
        ({"nbytes": -1}, ValueError, "nbytes must be from 0 to 4"),
        ({"nbytes": "1"}, TypeError, "nbytes must be an int"),
        ({"topic": "a..b"}, ValueError, "topic"),
        ({"topic": b"a"}, TypeError, "topic"),
        ({"kind": 1}, TypeError, "kind must be a signalhub.Kind"),
        ({"kind": Kind.TEXT}, ValueError, "UTF-8"),
        ({"origin": 2**64}, ValueError, "origin"),
    ],
)
def test_a_refused_loan_is_as_it_was(
    hub: SignalHub, arguments: dict[str, Any], error: type[Exception], text: str
) -> None:
    with hub.subscribe() as receiver, hub.loan(4) as loan:
        loan.memory[:] = b"ab\xff\0"
        with pytest.raises(error, match=text):
            loan.publish(**arguments)
        assert (hub.next_seq, repr(loan)) == (0, "<Loan 4 bytes>")
        loan.publish()
        assert receiver.recv() == b"ab\xff\0"


def test_a_hub_lends_no_more_than_it_takes() -> None:
    with SignalHub(max_message_bytes=8) as hub:
        with pytest.raises(ValueError, match="longer than max_message_bytes"):
            hub.loan(9)
        for nbytes, error in [(-1, ValueError), ("1", TypeError), (True, TypeError)]:
            with pytest.raises(error, match="nbytes"):
                hub.loan(nbytes)  # type: ignore[arg-type]


def test_a_closed_hub_neither_lends_nor_publishes(hub: SignalHub) -> None:
    with hub.loan(4) as loan:
        hub.close()
        with pytest.raises(ClosedError):
            hub.loan(1)
        with pytest.raises(ClosedError):
            loan.publish()
        loan.memory[:] = b"kept"


def test_a_loan_cannot_be_copied(hub: SignalHub) -> None:
    with hub.loan(4) as loan:
        for how in (copy.copy, pickle.dumps):
            with pytest.raises(TypeError, match="a Loan cannot be copied or pickled"):
                how(loan)  # type: ignore[operator]


def test_with_capacity_bytes_what_is_kept_is_an_error() -> None:
    with pytest.raises(ValueError, match="capacity_bytes must be at least"):
        SignalHub(2, max_message_bytes=1000, capacity_bytes=1999)
    for value, error in [(0, ValueError), (2**64, ValueError), ("1", TypeError)]:
        with pytest.raises(error, match="capacity_bytes must be"):
            SignalHub(capacity_bytes=value)  # type: ignore[arg-type]
    with SignalHub(2, max_message_bytes=100_000, capacity_bytes=300_000) as hub:
        large = bytes(100_000)
        for _ in range(10):
            hub.publish(large)
        kept: list[Message | Loan] = []
        with hub.subscribe(replay="all") as receiver:
            kept += [receiver.recv_message(), receiver.recv_message()]
            hub.publish(large)
            hub.publish(large)
            for publish in (hub.publish, hub.publish_owned):
                with pytest.raises(KeptError, match="messages that their holders keep"):
                    publish(large)
            with pytest.raises(KeptError):
                hub.loan(100_000)
            kept.clear()
            hub.publish(large)
            kept += [hub.loan(100_000), hub.loan(1)]
            with pytest.raises(KeptError):
                hub.publish(large)
            kept.clear()
            hub.publish_owned(large)
