# SPDX-License-Identifier: MIT OR Apache-2.0
"""One process, four languages, one hub: see README.md. Run it with scripts/demo."""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
import tempfile
import threading
import time
from collections import deque
from contextlib import ExitStack
from typing import Callable

from machine import FRAMES_PER_S, HISTORY, Machine
from receivers import PythonReceiver, Tally
from screen import Screen
from signalhub import Message, SignalHub
from table import Progress, Table, plain, summary
from workers import Logger, Sampler, Statistics, WorkerError

# The hub retains what comes in a fifth of a second: 200 samples, of a message for each core and 5.
CAPACITY = 200 * ((os.cpu_count() or 1) + 5)
PAUSE_S = 0.005  # what the slow receiver takes for a message
ENDING = (signal.SIGINT, signal.SIGTERM)


class Demo:
    """The hub, who publishes to it and who receives from it."""

    def __init__(self, output: str) -> None:
        self.hub = SignalHub(capacity=CAPACITY)
        self.newest: dict[str, Message] = {}
        """The newest message on each topic."""
        self._closing = threading.Event()
        with ExitStack() as ending:
            ending.callback(self.hub.close)
            self._logger = Logger(self.hub, output)
            ending.callback(self._close_then, self._logger.stop)
            self.statistics = Statistics(self.hub)
            ending.callback(self._close_then, self.statistics.stop)
            self._table = PythonReceiver("table", self.hub, self._keep)
            ending.callback(self._close_then, self._table.stop)
            self._slow = PythonReceiver("slow", self.hub, self._dawdle)
            ending.callback(self._close_then, self._slow.stop)
            self.sampler = Sampler(self.hub)
            ending.callback(self.sampler.stop)
            self._ending = ending.pop_all()

    def finish(self) -> None:
        """Stop publishing, and wait until every receiver has had the last message."""
        self._ending.close()

    def tallies(self) -> list[Tally]:
        """How far the receivers have come."""
        self._logger.update()
        self.statistics.update()
        receivers = (self._logger, self.statistics, self._table, self._slow)
        return [receiver.tally() for receiver in receivers]

    def failures(self) -> list[str]:
        """What has gone wrong."""
        self.sampler.update()
        self._logger.update()
        self.statistics.update()
        parts = (self.sampler, self._logger, self.statistics, self._table, self._slow)
        return [part.failure for part in parts if part.failure]

    def _close_then(self, wait: Callable[[], None]) -> None:
        self._closing.set()
        self.hub.close()
        wait()

    def _keep(self, message: Message) -> None:
        self.newest[message.topic or ""] = message

    def _dawdle(self, _: Message) -> None:
        self._closing.wait(PAUSE_S)


class View:
    """Shows how a demo goes."""

    def __init__(self, demo: Demo, screen: Screen, seconds: float) -> None:
        self._demo = demo
        self._screen = screen
        self._seconds = seconds
        self._start = time.monotonic()
        self._machine = Machine()
        self._counts: deque[tuple[float, int]] = deque(maxlen=FRAMES_PER_S + 1)
        self._rates: deque[float] = deque(maxlen=HISTORY)

    def run(self) -> int:
        """Show it until the time is over, something fails or a signal comes; return the signal."""
        elapsed = 0.0
        while elapsed < self._seconds and not self._demo.failures():
            frame = math.floor(elapsed * FRAMES_PER_S) + 1
            due = self._start + min(frame / FRAMES_PER_S, self._seconds)
            signalled = signal.sigtimedwait(ENDING, max(0.0, due - time.monotonic()))
            before, elapsed = elapsed, time.monotonic() - self._start
            self._show(before, elapsed)
            if signalled:
                return signalled.si_signo
        return 0

    def _show(self, before: float, elapsed: float) -> None:
        self._machine.update(dict(self._demo.newest))
        progress = self._progress(elapsed)
        if self._screen.is_terminal:
            self._screen.draw(Table(*self._screen.size()).lines(progress, self._machine))
        elif int(elapsed) > int(before):
            self._screen.print(plain(progress, self._machine))

    def _progress(self, elapsed: float) -> Progress:
        tallies = self._demo.tallies()
        next_seq = self._demo.hub.next_seq
        self._counts.append((elapsed, next_seq))
        (then, was), (now, count) = self._counts[0], self._counts[-1]
        if now > then:
            self._rates.append((count - was) / (now - then))
        return Progress(elapsed, self._seconds, CAPACITY, next_seq, self._rates, tallies)


def main() -> int:
    """Run the demo; returns the exit status."""
    options = _arguments()
    try:
        return _run(options)
    except OSError as error:
        with open(os.devnull, "w") as nowhere:  # for what may still be in the buffer of stdout
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # its reader has enough, as in scripts/demo | head
            return 1
        return _fail(str(error))


def _run(options: argparse.Namespace) -> int:
    output = options.output or _temporary_file()
    screen = Screen()
    # All threads inherit this: a signal waits until View.run looks for one.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        demo = Demo(output)
    except WorkerError as error:
        return _fail(str(error))
    start = time.monotonic()
    try:
        with screen:
            signalled = View(demo, screen, options.seconds).run()
    finally:
        elapsed = time.monotonic() - start
        for number in ENDING:  # a second Ctrl-C does not wait
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        demo.finish()

    tallies, next_seq = demo.tallies(), demo.hub.next_seq
    sampler, statistics = demo.sampler.report, demo.statistics.report
    screen.print(*summary(elapsed, sampler, statistics, tallies, next_seq, output))
    failures = demo.failures()
    behind = [tally.behind(next_seq) for tally in tallies]
    if any(behind) or sampler.published + statistics.published != next_seq:
        failures.append("the sums do not close")
    if failures:
        return _fail(*failures)
    return 128 + signalled if signalled else 0


def _fail(*failures: str) -> int:
    for failure in failures:
        print(f"demo: {failure}", file=sys.stderr)
    return 1


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number above 0, not {text!r}")
    return seconds


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Samples this machine and sends it from C through Rust to C, C++ and Python.",
    )
    parser.add_argument("--seconds", type=_seconds, default=5.0, help="how long (default: 5)")
    parser.add_argument(
        "--output", metavar="FILE", help="where to write every message (default: a temporary file)"
    )
    return parser.parse_args()


def _temporary_file() -> str:
    file, path = tempfile.mkstemp(prefix="signalhub-demo-", suffix=".ndjson")
    os.close(file)
    return path


if __name__ == "__main__":
    sys.exit(main())
