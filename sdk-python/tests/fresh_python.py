# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs code in a Python of its own: for what must not happen in the one that runs the tests."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import signalhub

# The package, and these tests.
PATH = f"{Path(signalhub.__file__).resolve().parents[1]}:{Path(__file__).resolve().parent}"
WATCHDOG_S = 60


def run(
    code: str, *options: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run code that can import signalhub and what lies here; return how it ended."""
    environment = {**os.environ, "PYTHONPATH": PATH, **(env or {})}
    return subprocess.run(
        [sys.executable, *options, "-c", textwrap.dedent(code)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=WATCHDOG_S,
    )


def output(code: str, *options: str, env: dict[str, str] | None = None) -> str:
    """Run code that must end well and say nothing on stderr, and return what it printed."""
    done = run(code, *options, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
