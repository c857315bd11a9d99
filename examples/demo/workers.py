# SPDX-License-Identifier: MIT OR Apache-2.0
"""The native libraries of the demo, each with a thread of its own: sampler.c publishes, logger.c
writes, statistics.cpp sums up.

They are no extension modules and know nothing of Python. ctypes calls them, and hands them the hub
as what it is in C: a pointer.
"""

from __future__ import annotations

import ctypes
import os
from ctypes import byref, c_char, c_char_p, c_uint64, c_void_p
from pathlib import Path
from typing import Union

from receivers import Tally
from signalhub import SignalHub

DIRECTORY = Path(os.environ.get("SIGNALHUB_DEMO_DIR", "target/demo"))


class WorkerError(Exception):
    """A worker cannot start."""


class SamplerReport(ctypes.Structure):
    """``sampler_report_t`` in sampler.c."""

    _fields_ = [
        ("samples", c_uint64),
        ("overruns", c_uint64),
        ("published", c_uint64),
        ("failure", c_char * 256),
    ]


class LoggerReport(ctypes.Structure):
    """``logger_report_t`` in logger.c."""

    _fields_ = [
        ("first_seq", c_uint64),
        ("received", c_uint64),
        ("missed", c_uint64),
        ("failure", c_char * 256),
    ]


class StatisticsReport(ctypes.Structure):
    """``statistics_report_t`` in statistics.cpp."""

    _fields_ = [
        ("first_seq", c_uint64),
        ("received", c_uint64),
        ("missed", c_uint64),
        ("published", c_uint64),
        ("failure", c_char * 256),
    ]


_Report = Union[SamplerReport, LoggerReport, StatisticsReport]


class _Worker:
    """A thread in C or C++, with the functions that start it, ask for its report and stop it.

    Each of them writes a report, and returns 0 unless the report has a failure.
    """

    def __init__(self, name: str, what: str, report: _Report, *arguments: object) -> None:
        library = ctypes.CDLL(str(DIRECTORY / f"{name}.so"))
        self._what = what
        self._report = report
        self._ask = library[f"{name}_report"]
        self._stop = library[f"{name}_stop"]
        self._handle = c_void_p()
        if library[f"{name}_start"](*arguments, byref(self._handle), byref(report)) != 0:
            raise WorkerError(self.failure)

    @property
    def failure(self) -> str:
        """Why it ended, or an empty string."""
        why: str = self._report.failure.decode(errors="replace")
        return f"{self._what}: {why}" if why else ""

    def update(self) -> None:
        """Bring the report up to date."""
        if self._handle:
            self._ask(self._handle, byref(self._report))

    def stop(self) -> None:
        """Wait for the end of the thread; the report is final then."""
        if self._handle:
            self._stop(self._handle, byref(self._report))
            self._handle = c_void_p()


class Sampler(_Worker):
    """Samples this machine and publishes, until it is stopped."""

    def __init__(self, hub: SignalHub) -> None:
        self.report = SamplerReport()
        super().__init__("sampler", "sampler", self.report, c_void_p(hub.handle))


class Logger(_Worker):
    """Writes every message to a file, until the hub is closed."""

    def __init__(self, hub: SignalHub, path: str) -> None:
        self.report = LoggerReport()
        arguments = c_void_p(hub.handle), c_char_p(os.fsencode(path))
        super().__init__("logger", f"logger: {path}", self.report, *arguments)

    def tally(self) -> Tally:
        """What it had done at the last ``update``."""
        report = self.report
        return Tally("logger", "C", report.first_seq, report.received, report.missed)


class Statistics(_Worker):
    """Publishes what the samples come to, and receives until the hub is closed."""

    def __init__(self, hub: SignalHub) -> None:
        self.report = StatisticsReport()
        super().__init__("statistics", "statistics", self.report, c_void_p(hub.handle))

    def tally(self) -> Tally:
        """What it had done at the last ``update``."""
        report = self.report
        return Tally("statistics", "C++", report.first_seq, report.received, report.missed)
