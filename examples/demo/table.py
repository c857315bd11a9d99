# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the demo shows: a live table, or a line a second where that cannot be; then a summary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from machine import Machine
from receivers import Tally
from screen import Line, aligned, bar, curve, quantity
from workers import SamplerReport, StatisticsReport

WIDEST = 100
LABEL = 10
SIDE = 24
GIB = 2**30


@dataclass(frozen=True)
class Progress:
    """How far the hub and its receivers have come."""

    elapsed: float
    seconds: float
    capacity: int
    next_seq: int
    rates: Sequence[float]
    """Messages a second, for each frame."""
    tallies: list[Tally]


class Table:
    """The live table, for a terminal of some size."""

    def __init__(self, columns: int, rows: int) -> None:
        self._rows = rows
        self._width = min(columns, WIDEST)
        self._side = SIDE if columns >= 72 else 0
        self._body = self._width - LABEL - (2 + self._side if self._side else 0)

    def lines(self, progress: Progress, machine: Machine) -> list[Line]:
        """Draw it."""
        head = self._head(progress)
        draw = {
            "mem": self._mem,
            "load": self._load,
            "sched": self._sched,
            "disk": self._disk,
            "net": self._net,
        }
        rest = [draw[topic](machine) for topic in draw if machine.has(topic)]
        rest += self._statistics(machine)
        rest += [[], *self._hub(progress), [], *self._receivers(progress)]
        return [*head, *self._cores(machine, self._rows - len(head) - len(rest)), *rest]

    def _head(self, progress: Progress) -> list[Line]:
        title: Line = [("SignalHub", "strong"), ("  Python, C, C++ and Rust in one process", "")]
        clock: Line = [(f"{progress.elapsed:.1f} of {progress.seconds:g} s", "")]
        about: Line = [("this machine, in the last second", "faint")]
        legend: Line = [("user  ", "user"), ("system  ", "system"), ("stolen", "stolen")]
        return [aligned(self._width, title, clock), [], aligned(self._width, about, legend)]

    def _cores(self, machine: Machine, room: int) -> list[Line]:
        """A bar for each core; where there are too many of them, only a column."""
        cores = machine.cores()
        if len(cores) > room:
            columns = curve(len(cores), [core.busy for core in cores], top=1)
            step = max(1, self._width - LABEL)
            return [
                self._row("" if start else "cpu", [(columns[start : start + step], "user")])
                for start in range(0, len(columns), step)
            ]
        lines = []
        for core in cores:
            topic = f"cpu.{core.number}"
            shares = [(core.user, "user"), (core.system, "system"), (core.stolen, "stolen")]
            lines.append(self._bar(topic, shares, self._curve(machine.histories[topic], top=1)))
        return lines

    def _mem(self, machine: Machine) -> Line:
        total = machine.value("mem", "total_bytes") or 1
        used = total - machine.value("mem", "available_bytes")
        text = f"{used / GIB:.1f} of {total / GIB:.1f} GiB"
        return self._bar("mem", [(used / total, "memory")], [(text, "")])

    def _load(self, machine: Machine) -> Line:
        means = [machine.value("load", name) for name in ("load1", "load5", "load15")]
        running, tasks = machine.value("load", "running"), machine.value("load", "tasks")
        text = "   ".join(f"{mean:.2f}" for mean in means)
        return self._row("load", [(text, "")], [(f"{running:.0f} running, {tasks:.0f} tasks", "")])

    def _sched(self, machine: Machine) -> Line:
        names = {"context_switches": "switches", "interrupts": "interrupts", "forks": "forks"}
        counts = [f"{machine.rate('sched', name):,.0f} {names[name]}" for name in names]
        return self._counts("sched", counts, machine)

    def _disk(self, machine: Machine) -> Line:
        read, written = machine.rate("disk", "read_bytes"), machine.rate("disk", "written_bytes")
        counts = [f"{quantity(read, 'B')} read", f"{quantity(written, 'B')} written"]
        return self._counts("disk", counts, machine)

    def _net(self, machine: Machine) -> Line:
        received, sent = machine.rate("net", "rx_bytes"), machine.rate("net", "tx_bytes")
        counts = [f"{quantity(received, 'B')} received", f"{quantity(sent, 'B')} sent"]
        return self._counts("net", counts, machine)

    def _statistics(self, machine: Machine) -> list[Line]:
        if not machine.has("statistics.sched"):
            return []
        samples = machine.value("statistics.sched", "samples")
        return [
            self._spread("running", machine, f"C++ over {samples:,.0f} samples"),
            self._spread("switches", machine, "from one to the next"),
        ]

    def _spread(self, name: str, machine: Machine, about: str) -> Line:
        least, mean, most, deviation = machine.spread(name)
        text = f"{least:,} to {most:,}   mean {mean:.1f}   deviation {deviation:.1f}"
        return self._row(name, [(text, "")], [(about, "faint")])

    def _hub(self, progress: Progress) -> list[Line]:
        rate = progress.rates[-1] if progress.rates else 0
        text = f"{rate:,.0f} messages   {progress.next_seq:,} in all"
        return [self._row("hub", [(text, "strong")], self._curve(progress.rates))]

    def _receivers(self, progress: Progress) -> list[Line]:
        heading = f"{'receiver':11}{'language':8}{'received':>10}{'missed':>11}{'behind':>9}"
        return [
            [(heading, "faint")],
            *(self._receiver(tally, progress) for tally in progress.tallies),
        ]

    def _receiver(self, tally: Tally, progress: Progress) -> Line:
        behind = tally.behind(progress.next_seq)
        return [
            (f"{tally.name:11}", "name"),
            (f"{tally.language:8}{tally.received:10,}", ""),
            (f"{tally.missed:11,}", "bad" if tally.missed else ""),
            (f"{behind:9,}  ", ""),
            *bar(8, (behind / progress.capacity, "bad" if tally.missed else "good")),
            (f"  {tally.note}", "faint"),
        ]

    def _bar(self, label: str, shares: list[tuple[float, str]], side: Line) -> Line:
        whole = sum(share for share, _ in shares)
        return self._row(label, [*bar(self._body - 6, *shares), (f" {whole:4.0%}", "")], side)

    def _counts(self, topic: str, counts: list[str], machine: Machine) -> Line:
        return self._row(topic, [("   ".join(counts), "")], self._curve(machine.histories[topic]))

    def _curve(self, values: Iterable[float], top: float = 0) -> Line:
        return [(curve(self._side, values, top), "name")]

    def _row(self, label: str, body: Line, side: Line | None = None) -> Line:
        """A label, what it is about, and more of it at the right if there is place."""
        left = [(label.ljust(LABEL), "name"), *body]
        return aligned(self._width, left, side) if self._side and side else left


def plain(progress: Progress, machine: Machine) -> Line:
    """A line that says how things stand."""
    busy = [core.busy for core in machine.cores()]
    parts = [
        f"{progress.elapsed:5.1f} s",
        f"{progress.next_seq:,} published",
        f"cpu {sum(busy) / max(len(busy), 1):.0%}",
        f"load {machine.value('load', 'load1'):.2f}",
    ]
    if machine.has("statistics.sched"):
        running = machine.spread("running")
        parts.append(f"{running.min:,} to {running.max:,} running")
    for tally in progress.tallies:
        missed = f" and missed {tally.missed:,}" if tally.missed else ""
        parts.append(f"{tally.name} received {tally.received:,}{missed}")
    return [(", ".join(parts), "")]


def summary(
    elapsed: float,
    sampler: SamplerReport,
    statistics: StatisticsReport,
    tallies: list[Tally],
    next_seq: int,
    output: str,
) -> list[Line]:
    """What it came to: for each receiver, received and missed make up what was published."""
    what = f"{sampler.published + statistics.published:,} messages in {elapsed:.1f} s"
    how = (
        f"{sampler.samples:,} samples of this machine, {sampler.overruns:,} overruns, "
        f"{statistics.published:,} summaries"
    )
    heading = f"{'receiver':11}{'language':8}{'received':>10}  +{'missed':>10}  ={'published':>11}"
    return [
        [],
        [("published ", ""), (what, "strong"), (f": {how}", "")],
        [],
        [(heading, "faint")],
        *(_sum(tally, next_seq) for tally in tallies),
        [],
        [(f"every message that the logger received is a line of {output}", "")],
    ]


def _sum(tally: Tally, next_seq: int) -> Line:
    counts = f"{tally.received:10,}  +{tally.missed:10,}  ={tally.published(next_seq):11,}"
    closes = tally.behind(next_seq) == 0
    return [
        (f"{tally.name:11}", "name"),
        (f"{tally.language:8}{counts}  ", ""),
        ("✓", "good") if closes else ("✗", "bad"),
        (f"  {tally.note}" if tally.note else "", "faint"),
    ]
