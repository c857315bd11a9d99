# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the messages say about this machine."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Any, NamedTuple

from signalhub import Message

FRAMES_PER_S = 5
HISTORY = 60  # frames


class Core(NamedTuple):
    """What a core did in the last second, in shares of its time."""

    number: int
    user: float
    system: float
    stolen: float

    @property
    def busy(self) -> float:
        return self.user + self.system + self.stolen


class Spread(NamedTuple):
    """What statistics.cpp says of the last thousand samples."""

    min: int
    mean: float
    max: int
    deviation: float


class Machine:
    """The newest message on each topic, beside the one of a second before."""

    def __init__(self) -> None:
        self._frames: deque[dict[str, Any]] = deque(maxlen=FRAMES_PER_S + 1)
        self.histories: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=HISTORY))
        """One number for each frame, for cpu.0, cpu.1, ..., sched, disk and net."""

    def update(self, newest: Mapping[str, Message]) -> None:
        """Take in the newest messages; to be called FRAMES_PER_S times a second."""
        self._frames.append({topic: message.json() for topic, message in newest.items()})
        if len(self._frames) == 1:
            return
        for core in self.cores():
            self.histories[f"cpu.{core.number}"].append(core.busy)
        self.histories["sched"].append(self.rate("sched", "context_switches"))
        self.histories["disk"].append(self.rate("disk", "read_bytes", "written_bytes"))
        self.histories["net"].append(self.rate("net", "rx_bytes", "tx_bytes"))

    def has(self, topic: str) -> bool:
        """Whether the machine has such messages at all."""
        return bool(self._frames) and topic in self._frames[-1]

    def value(self, topic: str, name: str) -> float:
        """The newest value."""
        value: float = self._frames[-1][topic][name] if self.has(topic) else 0.0
        return value

    def spread(self, name: str) -> Spread:
        """What the samples of something come to, by the newest summary; there must be one."""
        return Spread(**self._frames[-1]["statistics.sched"][name])

    def rate(self, topic: str, *names: str) -> float:
        """How much the sum of some values grows in a second."""
        frames = [frame[topic] for frame in self._frames if topic in frame]
        if not frames or frames[-1]["time"] <= frames[0]["time"]:
            return 0.0
        grown = sum(frames[-1][name] - frames[0][name] for name in names)
        return max(0.0, float(grown / (frames[-1]["time"] - frames[0]["time"])))

    def cores(self) -> list[Core]:
        """The cores, in order."""
        topics = self._frames[-1] if self._frames else ()
        numbers = sorted(int(topic[4:]) for topic in topics if topic.startswith("cpu."))
        return [self._core(number) for number in numbers]

    def _core(self, number: int) -> Core:
        topic = f"cpu.{number}"
        user = self.rate(topic, "user_ms", "nice_ms")
        system = self.rate(topic, "system_ms", "irq_ms", "softirq_ms")
        stolen = self.rate(topic, "steal_ms")
        idle = self.rate(topic, "idle_ms", "iowait_ms")
        total = user + system + stolen + idle or 1.0
        return Core(number, user / total, system / total, stolen / total)
