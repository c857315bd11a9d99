# SPDX-License-Identifier: MIT OR Apache-2.0
"""The receivers in Python, each in a thread of its own, and what every receiver counts."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Callable

from signalhub import ClosedError, LaggedError, Message, SignalHub


@dataclass(frozen=True)
class Tally:
    """How far a receiver has come, whatever language it is written in."""

    name: str
    language: str
    first_seq: int
    received: int
    missed: int
    note: str = ""

    def published(self, next_seq: int) -> int:
        """How many messages were published for it when the hub's next one is ``next_seq``."""
        return next_seq - self.first_seq

    def behind(self, next_seq: int) -> int:
        """How many of those it has neither received nor been told that it missed."""
        return self.published(next_seq) - self.received - self.missed


class PythonReceiver:
    """A thread that hands every message of a hub to a function, until the hub is closed."""

    def __init__(self, name: str, hub: SignalHub, handle: Callable[[Message], object]) -> None:
        self._name = name
        self._handle = handle
        self._first_seq = hub.next_seq  # nobody publishes yet
        self._receiver = hub.subscribe()
        self._received = 0
        self._missed = 0
        self._lags = 0
        self._is_done = False
        self._thread = threading.Thread(target=self._run, name=name)
        self._thread.start()

    @property
    def failure(self) -> str:
        """Why it ended, or an empty string."""
        early = not self._is_done and not self._thread.is_alive()
        return f"{self._name}: ended by an exception" if early else ""

    def tally(self) -> Tally:
        """What it has done so far."""
        note = f"told {self._lags:,} times" if self._lags else ""
        return Tally(self._name, "Python", self._first_seq, self._received, self._missed, note)

    def stop(self) -> None:
        """Wait until the hub is closed and its last message handled."""
        self._thread.join()

    def _run(self) -> None:
        with self._receiver:
            while self._receive():
                pass
        self._is_done = True

    def _receive(self) -> bool:
        try:
            message = self._receiver.recv_message()
        except LaggedError as lag:
            self._missed += lag.missed
            self._lags += 1
            return True
        except ClosedError:
            return False
        self._received += 1
        self._handle(message)
        return True
