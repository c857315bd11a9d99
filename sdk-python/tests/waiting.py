# SPDX-License-Identifier: MIT OR Apache-2.0
"""Waits for a state instead of sleeping and hoping; a watchdog ends what does not come."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any, Callable

WATCHDOG_S = 60


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WATCHDOG_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.001)


class Background:
    """A function in a thread of its own, and what came of it."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._call = (function, arguments)
        self._result: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        function, arguments = self._call
        try:
            self._result = function(*arguments)
        except BaseException as error:
            self._error = error

    def result(self) -> Any:
        """Return what the function returned, or raise what it raised."""
        self._thread.join(WATCHDOG_S)
        assert not self._thread.is_alive(), "it hangs"
        if self._error is not None:
            raise self._error
        return self._result

    def is_running(self) -> bool:
        return self._thread.is_alive()

    def function(self) -> str:
        """Return the name of the function that the thread is in."""
        return function_of(self._thread)

    def wait_until_asleep(self) -> None:
        """Return when the thread sleeps in a receive, or in a publish."""
        wait_until(lambda: is_asleep(self._thread))


def is_asleep(thread: threading.Thread) -> bool:
    """Return whether a thread sleeps in a receive, or in a publish."""
    if function_of(thread) != "_wait":
        return False
    with open(f"/proc/self/task/{thread.native_id}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "S"


def function_of(thread: threading.Thread) -> str:
    """Return the name of the function that a thread is in."""
    frame = sys._current_frames().get(thread.ident or 0)
    return "" if frame is None else frame.f_code.co_name
