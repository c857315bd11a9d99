# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs the conformance scripts (tests/conformance/README.md) through the Python API."""

from __future__ import annotations

import gc
import re
import select
import time
import weakref
from array import array
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Callable

import pytest

from signalhub import (
    ClosedError,
    FullError,
    KeptError,
    Kind,
    LaggedError,
    Message,
    RecvTimeout,
    SignalHub,
    wait_any,
)

SCRIPTS = Path(__file__).resolve().parents[2] / "tests" / "conformance"
#: What this surface can do of what scripts may need.
CAN = {"recv_many"}
#: How a ValueError begins that stands for a status of C.
REFUSALS = {
    "capacity must be": "err_capacity",
    "slot_bytes must be": "err_slot_bytes",
    "max_message_bytes must be": "err_max_message_bytes",
    "capacity_bytes must be": "err_capacity_bytes",
    "message is longer than": "err_too_big",
    "topic ": "err_topic",
    "pattern ": "err_pattern",
    "from_seq must be": "err_start",
    "name ": "err_name",
    "unknown wait, or no receiver": "err_wait",
}


def needs(script: Path) -> set[str]:
    return set(re.findall(r"^# needs: (\w+)$", script.read_text(), re.MULTILINE))


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # scripts free without closing
@pytest.mark.parametrize(
    "script",
    sorted(script for script in SCRIPTS.glob("*.txt") if needs(script) <= CAN),
    ids=lambda script: script.stem,
)
def test_python_agrees_with_the_conformance_script(script: Path) -> None:
    driver = Driver()
    for number, line in enumerate(script.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        try:
            driver.run(*split(line))
        except Exception as error:
            raise AssertionError(f"{script.name}:{number}: {line:.100}") from error


@dataclass
class Payload:
    """What is published, or must arrive; its number too, unless that is None."""

    data: bytes
    kind: Kind
    topic: str | None
    origin: int
    seq: int | None

    def content(self) -> str | bytes:
        return self.data if self.kind is Kind.BYTES else self.data.decode()

    def check(self, got: Any) -> None:
        if isinstance(got, Message):
            parts = (bytes(got), got.kind, got.topic, got.origin)
            assert parts == (self.data, self.kind, self.topic, self.origin)
            assert self.seq in (None, got.seq)
        else:
            assert got == self.content()


class Side:
    """What stands on one side of an arrow: words, and options as in `topic=a.b`."""

    def __init__(self, tokens: list[str]) -> None:
        options = {token: re.fullmatch(r"(?s)([a-z_]+)=(.*)", token) for token in tokens}
        self.words = [token for token in tokens if not options[token]]
        self.options = {found[1]: found[2] for found in options.values() if found}

    def payloads(self) -> list[Payload]:
        """Return the payloads that the words stand for."""
        kind, topic, seq = map(self.options.get, ("kind", "topic", "seq"))
        return [
            Payload(
                data,
                kind_of(kind) if kind else usual_kind,
                payload(topic)[0].decode() if topic else None,
                int(self.options.get("origin", 0)),
                int(seq) + i if seq else None,
            )
            for i, (data, usual_kind) in enumerate(map(payload, spread(self.words)))
        ]


def split(line: str) -> tuple[Side, Side]:
    """Return the two sides of a line."""
    tokens = re.findall(r"(?:'[^']*'|[^ '])+", line)
    arrow = tokens.index("->") if "->" in tokens else len(tokens)
    return Side(tokens[:arrow]), Side(tokens[arrow + 1 :])


def spread(words: list[str]) -> list[str]:
    """Write `0..3` out, as `0`, `1` and `2`."""
    every: list[str] = []
    for word in words:
        numbers = re.fullmatch(r"(\d+)\.\.(\d+)", word)
        every += map(str, range(int(numbers[1]), int(numbers[2]))) if numbers else [word]
    return every


def payload(word: str) -> tuple[bytes, Kind]:
    """Return the bytes that a word stands for, and their kind unless an option says another."""
    if word.startswith("'"):
        return word.strip("'").encode(), Kind.TEXT
    call = re.fullmatch(r"(text|bytes|hex)\((.*)\)", word)
    if not call:
        return word.encode(), Kind.TEXT
    if call[1] == "hex":
        return bytes.fromhex(call[2]), Kind.BYTES
    size, start = map(int, call[2].split(","))
    if call[1] == "text":
        return bytes(97 + (start + i + i // 25) % 26 for i in range(size)), Kind.TEXT
    return bytes((start + i + i // 255) % 256 for i in range(size)), Kind.BYTES


def kind_of(name: str) -> Kind:
    return Kind(int(name)) if name.isdigit() else Kind[name.upper()]


def seconds(ns: int) -> float | None:
    """Return a time as Python has it; negative is for ever."""
    return None if ns < 0 else ns / 1e9


def status_of(call: Callable[[], Any]) -> str:
    """Return what came of a call, as scripts write it."""
    try:
        result = call()
    except ClosedError:
        return "closed"
    except FullError:
        return "full"
    except RecvTimeout:
        return "timeout"
    except KeptError:
        return "kept"
    except LaggedError as lag:
        assert lag.resume_at - lag.first_lost == lag.missed
        return f"lagged {lag.missed}"
    except ValueError as error:
        return next(status for text, status in REFUSALS.items() if str(error).startswith(text))
    return "ok" if result is None else str(result)


class Driver:
    """Does what the lines of one script say."""

    def __init__(self) -> None:
        self.named: dict[str, Any] = {}
        self.used = "hub"
        # Of what was published as owned, and whether it was collected.
        self.owned: list[weakref.ref[Any]] = []

    @property
    def hub(self) -> SignalHub:
        hub: SignalHub = self.named[self.used]
        return hub

    def run(self, call: Side, want: Side) -> None:
        command, *arguments = call.words
        if command in ("publish", "publish_owned"):
            call.words = arguments
            getattr(self, command)(call, want)
        elif command == "publish_loan":
            call.words = arguments[1:]
            self.publish_loan(arguments[0], *call.payloads(), want=want)
        elif "recv" in command:
            self.receive(*call.words, want=want)
        elif command == "stats":
            self.stats(*arguments, want=want)
        else:
            got = status_of(lambda: getattr(self, command)(*arguments, **call.options))
            assert got == (" ".join(want.words) or "ok")

    def open(self, **options: str) -> None:
        self.named = {}
        self.used = "hub"
        numbers = {name: int(value) for name, value in options.items()}
        self.named["hub"] = SignalHub(**numbers)

    def clone(self, name: str) -> None:
        self.named[name] = SignalHub.from_handle(self.hub.handle)

    def use(self, name: str) -> None:
        self.used = name

    def subscribe(self, name: str, start: str = "next", **options: Any) -> None:
        word, _, number = start.rstrip(")").partition("(")
        if word == "oldest":
            options["replay"] = "all"
        elif word != "next":
            options[{"last": "replay", "seq": "from_seq"}[word]] = int(number)
        if "pattern" in options:
            options["pattern"] = payload(options["pattern"])[0].decode()
        if "ignore_origin" in options:
            options["ignore_origin"] = int(options["ignore_origin"])
        if "lossless" in options:
            options["lossless"] = options["lossless"] == "1"
        if "max_stall" in options:
            options["max_stall"] = int(options["max_stall"]) / 1e9
        self.named[name] = self.hub.subscribe(**options)

    def stats(self, name: str, *, want: Side) -> None:
        got = asdict(self.named[name].stats)
        next_seq = got["next_seq"]
        for count, value in want.options.items():
            assert got[count] == int(value), count
        assert next_seq == self.named[name].next_seq
        assert next_seq - got["start_seq"] == got["received"] + got["filtered"] + got["missed"]

    def wait_any(self, *names: str) -> str:
        found = wait_any([self.named[name] for name in names], timeout=0)
        return next(name for name in names if self.named[name] is found)

    def readable(self, name: str) -> str:
        return "yes" if select.select([self.named[name]], [], [], 0)[0] else "no"

    def free(self, name: str) -> None:
        del self.named[name]

    def close(self) -> None:
        self.hub.close()

    def capacity(self) -> int:
        return self.hub.capacity

    def next_seq(self, name: str = "") -> Any:
        return (self.named[name] if name else self.hub).next_seq

    def publish(self, call: Side, want: Side) -> None:
        for one in call.payloads():
            kind = None if one.kind in (Kind.TEXT, Kind.BYTES) else one.kind
            options: dict[str, Any] = {"topic": one.topic, "kind": kind, "origin": one.origin}
            if "timeout" in call.options:
                options["timeout"] = seconds(int(call.options["timeout"]))
            got = status_of(partial(self.hub.publish, one.content(), **options))
            if got.isdigit():
                assert got == want.options.get("receivers", got)
                got = "ok"
            assert got == (" ".join(want.words) or "ok")

    def publish_owned(self, call: Side, want: Side) -> None:
        for one in call.payloads():
            memory = array("B", one.data)
            watched = weakref.ref(memory)
            options: dict[str, Any] = {"topic": one.topic, "kind": one.kind, "origin": one.origin}
            got = status_of(partial(self.hub.publish_owned, memory, **options))
            assert (got if not got.isdigit() else "ok") == (" ".join(want.words) or "ok")
            if got.isdigit():
                self.owned.append(watched)

    def freed(self) -> int:
        gc.collect()
        return sum(watched() is None for watched in self.owned)

    def loan(self, name: str, nbytes: str) -> None:
        self.named[name] = self.hub.loan(int(nbytes))

    def publish_loan(self, name: str, one: Payload, *, want: Side) -> None:
        loan = self.named[name]
        loan.memory[: len(one.data)] = one.data
        options: dict[str, Any] = {"topic": one.topic, "kind": one.kind, "origin": one.origin}
        got = status_of(partial(loan.publish, len(one.data), **options))
        assert (got if not got.isdigit() else "ok") == (" ".join(want.words) or "ok")

    def receive(self, command: str, name: str, number: str = "-1", *, want: Side) -> None:
        receiver, count = self.named[name], int(number)
        timeout = seconds(count)
        calls: dict[str, Callable[[], Any]] = {
            "try_recv": receiver.try_recv,
            "recv": receiver.recv_message,
            "recv_timeout": lambda: receiver.recv_message(timeout),
            "recv_many": lambda: receiver.recv_many(count, timeout=0),
        }
        call = calls[command]
        status = " ".join(want.words)
        if re.match("(empty|closed|timeout|lagged)", status):
            start = time.monotonic()
            got = status_of(call)
            assert got == status.replace("empty", "ok")
            assert got != "timeout" or time.monotonic() - start >= (timeout or 0)
        elif command == "recv_many":
            payloads = want.payloads()
            contents = call()
            assert len(contents) == len(payloads)
            for one, content in zip(payloads, contents):
                one.check(content)
        else:
            for one in want.payloads():
                one.check(call())
                assert one.seq in (None, receiver.next_seq - 1)
