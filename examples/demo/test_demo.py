# SPDX-License-Identifier: MIT OR Apache-2.0
"""The demo as people run it: its sums, its file, its manners when it is interrupted or fails."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
WATCHDOG_S = 240
ENVIRONMENT = {
    **os.environ,
    "PYTHON": sys.executable,
    "PYTHONPATH": str(ROOT / "sdk-python/src"),
    "PYTHONWARNINGS": "error",
    "SIGNALHUB_LIBRARY": str(TARGET / "release/libsignalhub.so"),
    "SIGNALHUB_DEMO_DIR": str(TARGET / "demo"),
}
DEMO = [sys.executable, "-X", "dev", "examples/demo/demo.py"]
ROW = re.compile(
    r"^(\w+) +(?:C|C\+\+|Python) +([\d,]+) +\+ +([\d,]+) += +([\d,]+)  (\S)", re.MULTILINE
)


class Sum(NamedTuple):
    """A row of the summary."""

    received: int
    missed: int
    published: int


def sums(output: str) -> dict[str, Sum]:
    rows = ROW.findall(output)
    assert [row[0] for row in rows] == ["logger", "statistics", "table", "slow"], output
    assert {row[4] for row in rows} == {"✓"}, output
    return {row[0]: Sum(*(int(number.replace(",", "")) for number in row[1:4])) for row in rows}


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DEMO, *arguments],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        encoding="utf-8",
        timeout=WATCHDOG_S,
        check=False,
    )


class Run(NamedTuple):
    """What a run of a second came to."""

    output: str
    lines: list[str]


@pytest.fixture(scope="module", autouse=True)
def second(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run through the script, which builds what all tests here need."""
    file = tmp_path_factory.mktemp("demo") / "messages.ndjson"
    done = subprocess.run(
        ["scripts/demo", "--seconds", "1", "--output", str(file)],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=WATCHDOG_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return Run(done.stdout, file.read_text(encoding="utf-8").splitlines())


def test_received_and_missed_make_up_what_was_published(second: Run) -> None:
    found = re.search(r"^published ([\d,]+) messages", second.output, re.MULTILINE)
    assert found, second.output
    total = int(found[1].replace(",", ""))
    for received, missed, published in sums(second.output).values():
        assert received + missed == published == total > 0


def test_the_file_has_every_message_that_the_logger_received(second: Run) -> None:
    received, missed, published = sums(second.output)["logger"]
    messages = [json.loads(line) for line in second.lines]
    seqs = [message["seq"] for message in messages]
    assert len(seqs) == received
    assert seqs == sorted(set(seqs))
    assert seqs[-1] < published
    # Nobody publishes this much faster than C writes; should the machine stall, it is counted.
    assert missed or seqs == list(range(published))


def test_the_messages_are_about_this_machine(second: Run) -> None:
    newest = {message["topic"]: message["payload"] for message in map(json.loads, second.lines)}
    cores = {topic for topic in newest if topic.startswith("cpu.")}
    assert len(cores) == os.cpu_count()
    assert {"sched", "mem", "load"} <= newest.keys()
    with open("/proc/meminfo", encoding="ascii") as file:
        assert newest["mem"]["total_bytes"] == int(file.readline().split()[1]) * 1024
    oldest = next(m for m in map(json.loads, second.lines) if m["topic"] == "sched")["payload"]
    assert newest["sched"]["context_switches"] > oldest["context_switches"]
    assert newest["sched"]["time"] > oldest["time"]


def test_a_summary_is_what_its_samples_come_to(second: Run) -> None:
    messages = {message["seq"]: message for message in map(json.loads, second.lines)}
    summaries = [m["payload"] for m in messages.values() if m["topic"] == "statistics.sched"]
    complete = 0
    for summary in summaries:
        covered = range(summary["first_seq"], summary["last_seq"] + 1)
        if not all(seq in messages for seq in covered):
            continue  # the logger missed some
        samples = [messages[seq]["payload"] for seq in covered if messages[seq]["topic"] == "sched"]
        switches = [sample["context_switches"] for sample in samples]
        assert messages[covered[0]]["topic"] == messages[covered[-1]]["topic"] == "sched"
        assert len(samples) == summary["samples"]
        assert spread([sample["running"] for sample in samples]) == summary["running"]
        assert spread([b - a for a, b in zip(switches, switches[1:])]) == summary["switches"]
        complete += 1
    received = sums(second.output)
    stalled = received["logger"].missed or received["statistics"].missed
    assert stalled or complete == len(summaries) > 0
    assert stalled or f", {complete} summaries\n" in second.output


def spread(values: list[int]) -> dict[str, Any]:
    """What statistics.cpp says of values."""
    return {
        "min": min(values),
        "mean": pytest.approx(statistics.fmean(values), rel=1e-5),
        "max": max(values),
        "deviation": pytest.approx(statistics.pstdev(values), rel=1e-5),
    }


BACKLOG = """
from signalhub import Kind, SignalHub
from workers import Statistics

with SignalHub(capacity=10_000) as hub:
    statistics = Statistics(hub)
    for i in range(5_000):
        sample = f'{{"context_switches":{i},"running":1}}'
        hub.publish(sample, topic="sched", kind=Kind.JSON)
    hub.close()
    statistics.stop()
    assert statistics.failure == ""
    assert statistics.report.received == hub.next_seq == 5_000 + statistics.report.published
"""


def test_a_summary_that_comes_after_the_close_is_not_counted() -> None:
    path = os.pathsep.join([ENVIRONMENT["PYTHONPATH"], str(ROOT / "examples/demo")])
    for _ in range(5):  # some of them find the statistics with samples left to read
        subprocess.run(
            [sys.executable, "-X", "dev", "-c", BACKLOG],
            env={**ENVIRONMENT, "PYTHONPATH": path},
            timeout=WATCHDOG_S,
            check=True,
        )


def test_the_slow_receiver_missed_messages_and_was_told(second: Run) -> None:
    assert sums(second.output)["slow"].missed > 0
    assert re.search(r"^slow .* told [\d,]+ times", second.output, re.MULTILINE)


def test_in_a_pipe_there_are_only_plain_lines(second: Run) -> None:
    assert "\x1b" not in second.output
    assert re.search(r"^ +1\.\d s, ", second.output, re.MULTILINE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_a_summary(number: signal.Signals, tmp_path: Path) -> None:
    file = tmp_path / "messages.ndjson"
    command = [*DEMO, "--seconds", "100", "--output", str(file)]
    with subprocess.Popen(
        command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout
        assert process.stdout.readline()  # it is in its loop
        process.send_signal(number)
        output = process.stdout.read()
    assert process.returncode == 128 + number
    assert sums(output)["logger"].received == len(
        (tmp_path / "messages.ndjson").read_text().splitlines()
    )


@pytest.mark.parametrize("seconds", ["nan", "-1", "0", "inf", "abc", ""])
def test_seconds_that_are_none_are_refused(seconds: str) -> None:
    done = demo("--seconds", seconds)
    assert done.returncode == 2
    assert f"argument --seconds: must be a number above 0, not {seconds!r}" in done.stderr
    assert done.stdout == ""


def test_a_file_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "messages.ndjson"
    done = demo("--output", str(file))
    assert done.returncode == 1
    assert done.stderr == f"demo: logger: {file}: cannot open: No such file or directory\n"
    assert done.stdout == ""


def test_a_full_disk_ends_it_with_a_summary() -> None:
    done = demo("--seconds", "100", "--output", "/dev/full")
    assert done.returncode == 1
    assert "demo: logger: /dev/full: cannot write: No space left on device\n" in done.stderr
    closing = [row[0] for row in ROW.findall(done.stdout) if row[4] == "✓"]
    assert closing == ["statistics", "table", "slow"]


def test_a_reader_that_goes_away_ends_it(tmp_path: Path) -> None:
    command = [*DEMO, "--seconds", "100", "--output", str(tmp_path / "messages.ndjson")]
    with subprocess.Popen(
        command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.wait(WATCHDOG_S) == 1
        assert process.stderr.read() == b""


@pytest.mark.parametrize("colour", [True, False])
def test_on_a_terminal_the_table_is_drawn_in_place(colour: bool, tmp_path: Path) -> None:
    size = {"COLUMNS": "80", "LINES": "1000"}  # room for a row for each core
    environment = {**ENVIRONMENT, **size, "TERM": "xterm", "NO_COLOR": "" if colour else "1"}
    output = on_terminal(environment, "--seconds", "0.5", "--output", str(tmp_path / "x"))
    assert output.count("\x1b[?25l") == output.count("\x1b[?25h") == 1
    assert output.index("\x1b[?25l") < output.index("\x1b[?25h") < output.index("published ")
    assert re.search(r"\x1b\[\d+F", output)
    assert ("\x1b[36m" in output) == colour
    assert all(f"cpu.{core}" in output for core in range(os.cpu_count() or 1))
    assert sums(re.sub(r"\x1b\[[\d;?]*[a-zA-Z]|\r", "", output))


def on_terminal(environment: dict[str, str], *arguments: str) -> str:
    """Runs the demo on a terminal of its own and returns what it wrote there."""
    ours, its = pty.openpty()
    with subprocess.Popen(
        [*DEMO, *arguments], cwd=ROOT, env=environment, stdin=its, stdout=its, stderr=its
    ) as process:
        os.close(its)
        output = b""
        try:
            while part := os.read(ours, 65536):
                output += part
        except OSError:
            pass  # how a terminal says that nobody has its other side any more
        os.close(ours)
        assert process.wait(WATCHDOG_S) == 0, output.decode()
    return output.decode()
