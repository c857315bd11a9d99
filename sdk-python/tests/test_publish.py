# SPDX-License-Identifier: MIT OR Apache-2.0
"""Publishing: what can be published, and what comes out."""

from __future__ import annotations

import array

import pytest

from signalhub import ClosedError, Kind, SignalHub

LONG = 1 << 20


def test_publish_returns_how_many_receivers_the_hub_has(hub: SignalHub) -> None:
    assert hub.publish("to nobody") == 0
    with hub.subscribe(), hub.subscribe():
        assert hub.publish("to two") == 2
    assert hub.publish("to nobody again") == 0


@pytest.mark.parametrize("text", ["", "hello", "größe", "🙂", "a\0b", "x" * LONG, "ü" * LONG])
def test_text_comes_out_as_str(hub: SignalHub, text: str) -> None:
    with hub.subscribe() as receiver:
        hub.publish(text)
        assert receiver.recv() == text


@pytest.mark.parametrize("data", [b"", b"hello", b"a\0b\0", bytes(range(256)), b"\xff" * LONG])
@pytest.mark.parametrize("make", [bytes, bytearray, memoryview])
def test_bytes_come_out_as_bytes(hub: SignalHub, make: type, data: bytes) -> None:
    with hub.subscribe() as receiver:
        hub.publish(make(data))
        received = receiver.recv()
        assert type(received) is bytes
        assert received == data


def test_any_buffer_is_published_as_the_bytes_that_it_is(hub: SignalHub) -> None:
    numbers = array.array("d", [1.5, -2.5])
    with hub.subscribe() as receiver:
        hub.publish(numbers)
        assert receiver.recv() == numbers.tobytes()
        hub.publish(memoryview(b"abcdef")[::2])
        assert receiver.recv() == b"ace"
        hub.publish(memoryview(bytearray(2 * LONG))[::2])
        assert receiver.recv() == bytes(LONG)


@pytest.mark.parametrize("size", [8, LONG])
def test_a_bytearray_can_change_as_soon_as_it_is_published(size: int) -> None:
    data = bytearray(b"x" * size)
    with SignalHub() as hub, hub.subscribe() as receiver:
        hub.publish(data, topic="a")
        data[0] = 0
        data.append(1)
        assert receiver.recv() == b"x" * size
    with pytest.raises(ClosedError) as kept:
        hub.publish(data)
    data.append(2)  # even while an error refers to the frames that used it
    assert kept.value.__traceback__ is not None


def test_a_message_has_all_that_it_was_published_with(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        hub.publish("plain")
        hub.publish(b"data", topic="cpu.load", origin=2**64 - 1)
        hub.publish('{"a": [1, null]}', topic="größe", kind=Kind.JSON)
        hub.publish(b'{"type": "a.b"}', kind=Kind.EVENT, origin=1)
        hub.publish(b"text", kind=Kind.TEXT)
        messages = [receiver.recv_message() for _ in range(5)]
    assert [(m.seq, m.kind, m.topic, m.origin, bytes(m)) for m in messages] == [
        (0, Kind.TEXT, None, 0, b"plain"),
        (1, Kind.BYTES, "cpu.load", 2**64 - 1, b"data"),
        (2, Kind.JSON, "größe", 0, b'{"a": [1, null]}'),
        (3, Kind.EVENT, None, 1, b'{"type": "a.b"}'),
        (4, Kind.TEXT, None, 0, b"text"),
    ]


def test_a_topic_keeps_what_a_long_text_would_hide(hub: SignalHub) -> None:
    topic = "t" * 255
    with hub.subscribe() as receiver:
        hub.publish("x" * LONG, topic=topic)
        message = receiver.recv_message()
    assert (message.topic, message.text) == (topic, "x" * LONG)


def test_what_was_received_can_be_published_again(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        hub.publish(b"\1" * LONG)
        hub.publish(receiver.recv_message().payload)
        assert receiver.recv() == b"\1" * LONG


def test_next_seq_counts_what_was_published() -> None:
    with SignalHub(2) as hub:
        assert hub.next_seq == 0
        for i in range(5):
            hub.publish(str(i))
        assert hub.next_seq == 5
    assert hub.next_seq == 5


def test_the_default_capacity_is_100() -> None:
    with SignalHub() as hub, SignalHub(capacity=3) as small:
        assert (hub.capacity, small.capacity) == (100, 3)
