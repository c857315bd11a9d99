# SPDX-License-Identifier: MIT OR Apache-2.0
"""Wrong arguments are a TypeError or a ValueError that says what was wrong, and change nothing."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from ctypes import addressof, byref, c_char_p, c_void_p, sizeof
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from signalhub import Kind, SignalHub, SignalReceiver, _bindings
from signalhub._lib import held

HUGE = 2**70
NAN = float("nan")


@pytest.fixture
def receiver(hub: SignalHub) -> Iterator[SignalReceiver]:
    with hub.subscribe() as receiver:
        yield receiver
        assert hub.next_seq == receiver.next_seq == 0


@pytest.mark.parametrize("option", ["capacity", "max_message_bytes", "slot_bytes"])
@pytest.mark.parametrize("value", ["8", 1.5, True, b"8", [8], Decimal(8)])
def test_a_size_that_is_no_int_is_a_type_error(option: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"^{option} must be an int, not {re.escape(repr(value))}$"):
        SignalHub(**{option: value})


@pytest.mark.parametrize(
    ("option", "least", "most"),
    [("capacity", 1, 2**32), ("max_message_bytes", 1, 2**40), ("slot_bytes", 64, 65536)],
)
def test_a_size_out_of_its_range_is_a_value_error(option: str, least: int, most: int) -> None:
    for value in (-1, 0, least - 1, most + 1, sys.maxsize, 2**64, 2**64 + 8, HUGE, -HUGE):
        with pytest.raises(
            ValueError, match=f"^{option} must be from {least} to {most}, not {value}$"
        ):
            SignalHub(**{option: value})


def test_capacity_is_never_none() -> None:
    with pytest.raises(TypeError, match="capacity must be an int, not None"):
        SignalHub(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("message", [3.5, None, 1, True, ["a"], {"a": 1}, object])
def test_only_text_and_bytes_are_messages(
    hub: SignalHub, receiver: SignalReceiver, message: Any
) -> None:
    with pytest.raises(TypeError, match="message must be str or bytes-like, not "):
        hub.publish(message)


def test_a_lone_surrogate_is_no_text(hub: SignalHub, receiver: SignalReceiver) -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        hub.publish("\ud800")
    with pytest.raises(ValueError, match="surrogates not allowed"):
        hub.publish("x", topic="a.\ud800")


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.JSON, Kind.EVENT])
def test_bytes_that_are_not_utf_8_are_no_text(
    hub: SignalHub, receiver: SignalReceiver, kind: Kind
) -> None:
    with pytest.raises(ValueError, match="is not UTF-8"):
        hub.publish(b"\xff", kind=kind)


def test_a_str_is_not_bytes(hub: SignalHub, receiver: SignalReceiver) -> None:
    with pytest.raises(TypeError, match="a str cannot be published as BYTES"):
        hub.publish("text", kind=Kind.BYTES)


@pytest.mark.parametrize("kind", [1, "TEXT", 99, True])
def test_a_kind_is_a_kind(hub: SignalHub, receiver: SignalReceiver, kind: Any) -> None:
    with pytest.raises(TypeError, match=r"kind must be a signalhub\.Kind or None, not "):
        hub.publish(b"text", kind=kind)


def test_a_released_memoryview_is_a_value_error(hub: SignalHub, receiver: SignalReceiver) -> None:
    view = memoryview(b"gone")
    view.release()
    with pytest.raises(ValueError, match="released"):
        hub.publish(view)


def test_a_message_that_is_too_long_is_a_value_error() -> None:
    with SignalHub(max_message_bytes=8) as hub:
        for message in ("123456789", b"x" * 100_000, bytearray(100_000)):
            with pytest.raises(ValueError, match="message is longer than max_message_bytes"):
                hub.publish(message)
        hub.publish("12345678")
        assert hub.next_seq == 1


@pytest.mark.parametrize(
    ("topic", "rule"),
    [
        ("", "topic is empty"),
        (".", "empty token"),
        (".a", "empty token"),
        ("a.", "empty token"),
        ("a..b", "empty token"),
        ("a.*", "wildcard '*'"),
        ("*", "wildcard '*'"),
        ("a.>", "wildcard '>'"),
        ("a b", "white space or a control character"),
        ("a\tb", "white space or a control character"),
        ("a\0b", "white space or a control character"),
        ("a\x7fb", "white space or a control character"),
        ("a\u2003b", "white space or a control character"),
        ("x" * 256, "topic has 256 bytes of UTF-8, 255 are the most"),
        ("ü" * 128, "topic has 256 bytes of UTF-8, 255 are the most"),
    ],
)
def test_a_bad_topic_is_a_value_error_that_says_which_rule(
    hub: SignalHub, receiver: SignalReceiver, topic: str, rule: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(rule)):
        hub.publish("x", topic=topic)


@pytest.mark.parametrize("topic", [b"a", 1, True, ["a"]])
def test_a_topic_is_a_str(hub: SignalHub, receiver: SignalReceiver, topic: Any) -> None:
    with pytest.raises(TypeError, match="topic must be a str or None, not "):
        hub.publish("x", topic=topic)


def test_python_and_c_agree_about_every_character_in_a_topic(hub: SignalHub) -> None:
    for char in map(chr, [*range(0xD800), *range(0xE000, 0x10000), 0x1F642, 0x10FFFF]):
        name = char.encode()
        text = c_char_p(name)
        view = _bindings.View(sizeof(_bindings.View))
        view.topic, view.topic_len = c_void_p.from_buffer(text).value, len(name)
        status = held.signalhub_publish_view(hub.handle, byref(view), None, None)
        try:
            hub.publish(b"", topic=char)
        except ValueError:
            assert status == _bindings.SIGNALHUB_ERR_TOPIC, hex(ord(char))
        else:
            assert status == _bindings.SIGNALHUB_OK, hex(ord(char))
        assert addressof(text)


@pytest.mark.parametrize(
    ("pattern", "rule"),
    [
        ("", "pattern is empty"),
        (".", "empty token"),
        (".>", "empty token"),
        ("a.", "empty token"),
        ("a..*", "empty token"),
        ("a*", "wildcard '*' where none can be"),
        ("a.**", "wildcard '*' where none can be"),
        (">.a", "wildcard '>' where none can be"),
        ("a.>.>", "wildcard '>' where none can be"),
        ("a.b>", "wildcard '>' where none can be"),
        ("a b.*", "white space or a control character"),
        ("a.*\n", "wildcard '*' where none can be"),
        ("a\0.>", "white space or a control character"),
        ("a\u2003.*", "white space or a control character"),
        ("x" * 256, "pattern has 256 bytes of UTF-8, 255 are the most"),
        ("ü" * 128, "pattern has 256 bytes of UTF-8, 255 are the most"),
        ("\ud800.*", "surrogates not allowed"),
    ],
)
def test_a_bad_pattern_is_a_value_error_that_says_which_rule(
    hub: SignalHub, pattern: str, rule: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(rule)):
        hub.subscribe(pattern)
    assert hub.publish("to nobody") == 0


@pytest.mark.parametrize("pattern", [b"a", 1, True, ["a"], ("a", "b")])
def test_a_pattern_is_a_str(hub: SignalHub, pattern: Any) -> None:
    with pytest.raises(TypeError, match="pattern must be a str or None, not "):
        hub.subscribe(pattern)


def test_python_and_c_agree_about_every_short_pattern(hub: SignalHub) -> None:
    patterns = ["".join(chars) for n in range(1, 6) for chars in product("a.*> ", repeat=n)]
    for pattern in patterns:
        options = _bindings.ReceiverOptions(sizeof(_bindings.ReceiverOptions))
        text, handle = c_char_p(pattern.encode()), c_void_p()
        options.pattern, options.pattern_len = c_void_p.from_buffer(text).value, len(pattern)
        status = held.signalhub_subscribe_with(hub.handle, byref(options), byref(handle))
        held.signalhub_receiver_free(handle)
        try:
            hub.subscribe(pattern).close()
        except ValueError:
            assert status == _bindings.SIGNALHUB_ERR_PATTERN, pattern
        else:
            assert status == _bindings.SIGNALHUB_OK, pattern


@pytest.mark.parametrize("replay", [1.5, True, False, b"all", ["all"], Decimal(8)])
def test_how_many_to_replay_is_an_int(hub: SignalHub, replay: Any) -> None:
    with pytest.raises(TypeError, match="replay must be an int, not "):
        hub.subscribe(replay=replay)


@pytest.mark.parametrize("replay", [-1, 2**64, HUGE, -HUGE])
def test_how_many_to_replay_has_64_bits(hub: SignalHub, replay: int) -> None:
    with pytest.raises(ValueError, match=f"replay must be from 0 to {2**64 - 1}, not {replay}"):
        hub.subscribe(replay=replay)


@pytest.mark.parametrize("replay", ["", "8", "ALL", "everything"])
def test_the_only_word_for_replay_is_all(hub: SignalHub, replay: Any) -> None:
    with pytest.raises(ValueError, match="replay must be None, 'all' or an int, not "):
        hub.subscribe(replay=replay)


@pytest.mark.parametrize("from_seq", ["0", 1.5, True, b"0", [0]])
def test_a_number_to_start_from_is_an_int(hub: SignalHub, from_seq: Any) -> None:
    with pytest.raises(TypeError, match="from_seq must be an int, not "):
        hub.subscribe(from_seq=from_seq)


@pytest.mark.parametrize("from_seq", [-1, 2**64, HUGE])
def test_a_number_to_start_from_has_64_bits(hub: SignalHub, from_seq: int) -> None:
    with pytest.raises(ValueError, match=f"from_seq must be from 0 to {2**64 - 1}, not {from_seq}"):
        hub.subscribe(from_seq=from_seq)


def test_a_number_to_start_from_is_at_most_the_next_one(hub: SignalHub) -> None:
    hub.publish("message 0")
    for from_seq in (2, 2**64 - 1):
        text = f"from_seq must be at most the hub's next_seq, not {from_seq}"
        with pytest.raises(ValueError, match=text):
            hub.subscribe(from_seq=from_seq)
    hub.subscribe(from_seq=1).close()


@pytest.mark.parametrize("replay", [0, 1, "all"])
def test_a_receiver_starts_in_one_place(hub: SignalHub, replay: Any) -> None:
    with pytest.raises(ValueError, match="replay and from_seq are two places to start at"):
        hub.subscribe(replay=replay, from_seq=0)


@pytest.mark.parametrize("on_lag", ["", "REPORT", "oldest"])
def test_there_are_three_words_for_a_lag(hub: SignalHub, on_lag: Any) -> None:
    text = f"on_lag must be one of 'report', 'skip', 'newest', not {on_lag!r}"
    with pytest.raises(ValueError, match=text):
        hub.subscribe(on_lag=on_lag)


@pytest.mark.parametrize("on_lag", [None, 1, True, b"skip", ["skip"]])
def test_what_to_do_about_a_lag_is_a_str(hub: SignalHub, on_lag: Any) -> None:
    with pytest.raises(TypeError, match="on_lag must be a str, not "):
        hub.subscribe(on_lag=on_lag)


@pytest.mark.parametrize("origin", ["1", 1.5, None, True])
def test_an_origin_to_ignore_is_an_int(hub: SignalHub, origin: Any) -> None:
    with pytest.raises(TypeError, match="ignore_origin must be an int, not "):
        hub.subscribe(ignore_origin=origin)


@pytest.mark.parametrize("origin", [-1, 2**64, HUGE])
def test_an_origin_to_ignore_has_64_bits(hub: SignalHub, origin: int) -> None:
    text = f"ignore_origin must be from 0 to {2**64 - 1}, not {origin}"
    with pytest.raises(ValueError, match=text):
        hub.subscribe(ignore_origin=origin)


@pytest.mark.parametrize("origin", ["1", 1.5, None, True])
def test_an_origin_is_an_int(hub: SignalHub, receiver: SignalReceiver, origin: Any) -> None:
    with pytest.raises(TypeError, match="origin must be an int, not "):
        hub.publish("x", origin=origin)


@pytest.mark.parametrize("origin", [-1, 2**64, HUGE])
def test_an_origin_has_64_bits(hub: SignalHub, receiver: SignalReceiver, origin: int) -> None:
    with pytest.raises(ValueError, match=f"origin must be from 0 to {2**64 - 1}, not {origin}"):
        hub.publish("x", origin=origin)


@pytest.mark.parametrize("lossless", [1, 0, None, "yes"])
def test_lossless_is_a_bool(hub: SignalHub, lossless: Any) -> None:
    with pytest.raises(TypeError, match="lossless must be a bool, not "):
        hub.subscribe(lossless=lossless)


@pytest.mark.parametrize("max_stall", ["1", True, [1], Decimal(1)])
def test_a_stall_is_a_number(hub: SignalHub, max_stall: Any) -> None:
    with pytest.raises(TypeError, match="max_stall must be a number of seconds or None, not "):
        hub.subscribe(lossless=True, max_stall=max_stall)


@pytest.mark.parametrize("max_stall", [0, 0.0, -1, -1e-9, NAN, float("-inf")])
def test_a_stall_is_longer_than_nothing(hub: SignalHub, max_stall: float) -> None:
    with pytest.raises(ValueError, match=r"max_stall must be (more than 0|0 or more) seconds"):
        hub.subscribe(lossless=True, max_stall=max_stall)


@pytest.mark.parametrize("name", [b"a", 1, True, None, ["a"]])
def test_a_name_is_a_str(hub: SignalHub, name: Any) -> None:
    with pytest.raises(TypeError, match="name must be a str, not "):
        hub.subscribe(name=name)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("n" * 64, "name has 64 bytes of UTF-8, 63 are the most"),
        ("ü" * 32, "name has 64 bytes of UTF-8, 63 are the most"),
        ("a\n", "has a control character"),
        ("a\0b", "has a control character"),
        ("\x7f", "has a control character"),
        ("\x85", "has a control character"),
        ("\ud800", "surrogates not allowed"),
    ],
)
def test_a_bad_name_is_a_value_error_that_says_which_rule(
    hub: SignalHub, name: str, rule: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(rule)):
        hub.subscribe(name=name)
    assert hub.publish("to nobody") == 0


def test_python_and_c_agree_about_every_character_in_a_name(hub: SignalHub) -> None:
    for char in map(chr, [*range(0xD800), *range(0xE000, 0x10000), 0x1F642, 0x10FFFF]):
        options = _bindings.ReceiverOptions(sizeof(_bindings.ReceiverOptions))
        name, handle = char.encode(), c_void_p()
        text = c_char_p(name)
        options.name, options.name_len = c_void_p.from_buffer(text).value, len(name)
        status = held.signalhub_subscribe_with(hub.handle, byref(options), byref(handle))
        held.signalhub_receiver_free(handle)
        try:
            hub.subscribe(name=char).close()
        except ValueError:
            assert status == _bindings.SIGNALHUB_ERR_NAME, hex(ord(char))
        else:
            assert status == _bindings.SIGNALHUB_OK, hex(ord(char))


@pytest.mark.parametrize("warn_behind", ["1", 1.5, None, True])
def test_how_far_behind_to_warn_is_an_int(hub: SignalHub, warn_behind: Any) -> None:
    with pytest.raises(TypeError, match="warn_behind must be an int, not "):
        hub.subscribe(warn_behind=warn_behind)


@pytest.mark.parametrize("warn_behind", [-1, 2**64, HUGE])
def test_how_far_behind_to_warn_has_64_bits(hub: SignalHub, warn_behind: int) -> None:
    text = f"warn_behind must be from 0 to {2**64 - 1}, not {warn_behind}"
    with pytest.raises(ValueError, match=text):
        hub.subscribe(warn_behind=warn_behind)


@pytest.mark.parametrize("label", [b"a", 1, None, ["a"]])
def test_a_label_is_a_str(hub: SignalHub, label: Any) -> None:
    with pytest.raises(TypeError, match="label must be a str, not "):
        hub.stats_text(label)


def test_a_label_is_text(hub: SignalHub) -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        hub.stats_text("\ud800")


@pytest.mark.parametrize("receive", ["recv", "recv_message"])
@pytest.mark.parametrize("timeout", ["1", b"1", True, False, [1], 1j, Decimal(1)])
def test_a_timeout_is_a_number(receiver: SignalReceiver, receive: str, timeout: Any) -> None:
    with pytest.raises(TypeError, match="timeout must be a number of seconds or None, not "):
        getattr(receiver, receive)(timeout=timeout)
    with pytest.raises(TypeError, match="timeout must be a number of seconds or None, not "):
        receiver.recv_many(1, timeout=timeout)


@pytest.mark.parametrize("timeout", ["1", b"1", True, False, [1], 1j, Decimal(1)])
def test_a_publisher_s_timeout_is_a_number(
    hub: SignalHub, receiver: SignalReceiver, timeout: Any
) -> None:
    with pytest.raises(TypeError, match="timeout must be a number of seconds or None, not "):
        hub.publish("x", timeout=timeout)


@pytest.mark.parametrize("timeout", [-1, -1e-9, -HUGE, NAN, float("-inf")])
def test_a_publisher_s_timeout_is_not_negative_nor_nan(
    hub: SignalHub, receiver: SignalReceiver, timeout: float
) -> None:
    with pytest.raises(ValueError, match="timeout must be 0 or more seconds, not "):
        hub.publish("x", timeout=timeout)


@pytest.mark.parametrize("timeout", [-1, -1e-9, -HUGE, NAN, float("-inf")])
def test_a_timeout_is_not_negative_nor_nan(receiver: SignalReceiver, timeout: float) -> None:
    with pytest.raises(ValueError, match="timeout must be 0 or more seconds, not "):
        receiver.recv(timeout=timeout)
    with pytest.raises(ValueError, match="timeout must be 0 or more seconds, not "):
        receiver.recv_many(1, timeout=timeout)


@pytest.mark.parametrize("n", ["1", 1.0, None, True])
def test_how_many_to_receive_is_an_int(receiver: SignalReceiver, n: Any) -> None:
    with pytest.raises(TypeError, match="n must be an int, not "):
        receiver.recv_many(n, 0)


@pytest.mark.parametrize("n", [0, -1, HUGE])
def test_how_many_to_receive_is_at_least_one(receiver: SignalReceiver, n: int) -> None:
    with pytest.raises(ValueError, match="n must be from 1 to "):
        receiver.recv_many(n, 0)


@pytest.mark.parametrize("handle", ["1", 1.5, None, True, c_void_p(1)])
def test_a_handle_is_an_int(handle: Any) -> None:
    with pytest.raises(TypeError, match="handle must be an int, not "):
        SignalHub.from_handle(handle)


@pytest.mark.parametrize("handle", [0, -1, 2**64, HUGE])
def test_a_handle_is_an_address(handle: int) -> None:
    with pytest.raises(ValueError, match="handle must be from 1 to "):
        SignalHub.from_handle(handle)


def test_a_handle_that_is_not_a_hub_s_is_a_value_error(hub: SignalHub) -> None:
    no_hub = "not a live handle of this type"
    with hub.subscribe() as receiver, pytest.raises(ValueError, match=no_hub):
        SignalHub.from_handle(receiver._handle)
    handle = SignalHub.from_handle(hub.handle).handle
    with pytest.raises(ValueError, match=no_hub):
        SignalHub.from_handle(handle)
