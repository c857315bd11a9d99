# SPDX-License-Identifier: MIT OR Apache-2.0
"""Messages: their parts, and memory that is valid for as long as anybody looks at it."""

from __future__ import annotations

import copy
import gc
import pickle

import pytest

from signalhub import DecodeError, Kind, Message, SignalHub, _tray

SMALL, LONG = 100, 1 << 20


@pytest.fixture(params=[SMALL, LONG], ids=["small", "long"])
def message(request: pytest.FixtureRequest) -> Message:
    """A message whose hub and receiver are closed, and whose place in the ring is taken."""
    size: int = request.param
    with SignalHub(1) as hub, hub.subscribe() as receiver:
        hub.publish(b"m" * size, topic="a.b", origin=3)
        message = receiver.recv_message()
        for _ in range(2):
            hub.publish(b"x" * size)
    return message


def test_a_message_outlives_receiver_and_hub(message: Message) -> None:
    assert (message.topic, message.kind, message.seq, message.origin) == ("a.b", Kind.BYTES, 0, 3)
    assert bytes(message) == bytes(message.payload)
    assert message.text == "m" * len(message.payload)


def test_the_payload_is_a_read_only_view_of_bytes(message: Message) -> None:
    payload = message.payload
    assert (payload.readonly, payload.ndim, payload.format) == (True, 1, "B")
    assert payload[0] == ord("m")
    with pytest.raises(TypeError):
        payload[0] = 0


def test_a_payload_is_valid_when_its_message_is_gone(message: Message) -> None:
    payload, part = message.payload, message.payload[1:-1]
    message.close()
    del message
    gc.collect()
    with SignalHub(1) as hub, hub.subscribe() as receiver:
        for _ in range(3):
            hub.publish(b"y" * len(payload))
            with pytest.raises(IndexError):
                receiver.recv_message().payload[len(payload)]
    assert set(payload) == set(part) == {ord("m")}


def test_a_released_payload_is_a_value_error(message: Message) -> None:
    with message.payload as payload:
        size = len(payload)
    with pytest.raises(ValueError, match="released"):
        payload[0]
    assert len(message.payload) == size


def test_a_closed_message_is_a_value_error(message: Message) -> None:
    with message:
        pass
    message.close()
    for use in (
        lambda: message.payload,
        lambda: message.text,
        lambda: message.json(),
        lambda: bytes(message),
    ):
        with pytest.raises(ValueError, match="the message is closed"):
            use()
    assert message.topic == "a.b"


def test_only_a_long_payload_shares_memory_and_gives_it_back() -> None:
    with SignalHub() as hub, hub.subscribe() as receiver:
        for size, shares in ((0, False), (1 << 16, False), ((1 << 16) + 1, True)):
            hub.publish(bytes(size))
            message = receiver.recv_message()
            spare = len(_tray._spare)
            hub.publish(b"")
            receiver.recv()
            assert len(_tray._spare) == max(spare, 1)
            assert isinstance(message._data, memoryview) == shares


def test_a_message_can_be_copied_and_pickled(message: Message) -> None:
    for other in (copy.copy(message), copy.deepcopy(message), pickle.loads(pickle.dumps(message))):
        assert (other.topic, other.kind, other.seq, other.origin) == ("a.b", Kind.BYTES, 0, 3)
        assert bytes(other) == bytes(message)


def test_json_is_decoded(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        hub.publish('{"ü": [1, 2.5, null, true]}', kind=Kind.JSON)
        assert receiver.recv_message().json() == {"ü": [1, 2.5, None, True]}


def test_what_cannot_be_decoded_is_an_error_that_holds_the_message(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        hub.publish(b"\xff")
        hub.publish("{", kind=Kind.JSON)
        binary, broken = receiver.recv_message(), receiver.recv_message()
        assert receiver.try_recv() is None
    with pytest.raises(DecodeError, match="message 0 is not UTF-8: ") as raised:
        _ = binary.text
    assert raised.value.message is binary
    with pytest.raises(DecodeError, match="message 0 is not UTF-8: "):
        binary.json()
    with pytest.raises(DecodeError, match="message 1 is not JSON: ") as raised:
        broken.json()
    assert bytes(raised.value.message) == b"{"


def test_text_that_cannot_be_decoded_is_consumed(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        for data in (b"good", b"\xff", b"good again"):
            receiver._kept.append(Message(data, None, Kind.TEXT, 0, 0))
        assert receiver.recv_many(3) == ["good"]
        with pytest.raises(DecodeError) as raised:
            receiver.recv()
        assert bytes(raised.value.message) == b"\xff"
        assert receiver.recv() == "good again"


def test_a_message_shows_what_it_is(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        hub.publish("abc", topic="a.b")
        message = receiver.recv_message()
    assert repr(message) == "<Message 0 TEXT topic='a.b' 3 bytes>"
    message.close()
    assert repr(message) == "<Message 0 TEXT topic='a.b' closed>"
