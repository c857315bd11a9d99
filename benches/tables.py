# SPDX-License-Identifier: MIT OR Apache-2.0
"""What benches/peers measured, and how it looks as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

#: A table counts if so many samples of each cell do.
ROUNDS_MIN = 5


class Cell:
    """What one contender came to in one row of a table.

    A sample that crossed cores counts if just before it a cache line went to the other
    core and back within `close_ns`.
    """

    def __init__(
        self,
        unit: str,
        samples: list[float],
        round_trips_ns: list[float],
        close_ns: float,
    ) -> None:
        trips = round_trips_ns or [0.0] * len(samples)
        close = [sample for sample, trip in zip(samples, trips) if trip <= close_ns]
        self.unit = unit
        self.round_trips_ns = round_trips_ns
        self.close_ns = close_ns
        self.left_out = len(samples) - len(close)
        self.counts = len(close) >= min(ROUNDS_MIN, len(samples))
        self._samples = close if self.counts else samples
        self.median = statistics.median(self._samples)

    def __str__(self) -> str:
        low, high = min(self._samples), max(self._samples)
        return f"{number(self.median)} ({number(low)}–{number(high)})"


@dataclass
class Table:
    """One table: rows, in each the contenders, for each what it came to."""

    rows: dict[str, dict[str, Cell]] = field(default_factory=dict)

    def add(self, row: str, contender: str, cell: Cell) -> None:
        self.rows.setdefault(row, {})[contender] = cell

    def cells(self) -> Iterator[Cell]:
        for row in self.rows.values():
            yield from row.values()

    def contenders(self) -> list[str]:
        return list(dict.fromkeys(name for row in self.rows.values() for name in row))

    def counts(self) -> bool:
        return all(cell.counts for cell in self.cells())

    def median(self, contender: str, row: str | None = None) -> float:
        """The median of a cell; without `row`, in the only row."""
        return self.rows[row or next(iter(self.rows))][contender].median

    def best_peer(self, row: str | None = None) -> float:
        """The median of the best contender besides ours."""
        cells = self.rows[row or next(iter(self.rows))]
        best = max if more_is_better(cells["ours"]) else min
        return best(cell.median for name, cell in cells.items() if name != "ours")


#: By name.
Tables = dict[str, Table]


def more_is_better(cell: Cell) -> bool:
    return cell.unit == "M/s"


def number(value: float) -> str:
    """Three digits, or all that stand before the point."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


@dataclass(frozen=True)
class Comparison:
    """The last column of a table: what its rows are compared by."""

    title: str
    value: Callable[[Table, str], float]


OVER_BEST = Comparison(
    "ours ÷ best peer",
    lambda table, row: table.median("ours", row) / table.best_peer(row),
)
C_LESS_RUST = Comparison(
    "C − Rust", lambda table, row: table.median("C", row) - table.median("Rust", row)
)


def over(contender: str) -> Comparison:
    return Comparison(
        f"ours ÷ {contender}",
        lambda table, row: table.median("ours", row) / table.median(contender, row),
    )


@dataclass(frozen=True)
class Caption:
    """What stands above a table."""

    title: str
    text: str
    comparison: Comparison | None = OVER_BEST


PACED = (
    "Nobody loses a message: the benchmark holds the publisher back by counters that the"
    " receivers keep, the same for all. *own send* is crossbeam-channel holding its"
    " publisher back itself."
)

#: In the order of the page.
CAPTIONS = {
    "pair": Caption("Publish and receive on one thread", "One message at a time, ring of 1024."),
    "publish": Caption("Publish alone", "One receiver, which does not receive; ring of 1024."),
    "idle": Caption(
        "Publish with receivers that do not receive",
        "Ring of 128, so that 10,000 channels fit in memory. crossbeam-channel refuses to"
        " publish into full channels, so they are emptied now and then while the clock"
        " stands still.",
    ),
    "one_to_one_lossless": Caption("One to one, lossless", PACED),
    "lossless": Caption(
        "One to one, each by its own means",
        "Nobody loses a message: the contenders themselves make the publisher wait, ours by a"
        " lossless receiver and `publish_timeout`, the peers, which are channels to one receiver,"
        " by a blocking send. Ring of 1024. The receiver spins on try_recv, or sleeps in recv.",
    ),
    "one_to_one_lossy": Caption(
        "One to one, lossy",
        "The publisher waits for nobody. Ours and tokio overwrite the oldest message;"
        " crossbeam-channel drops the newest, and *published* counts its attempts.",
    ),
    "fan_out_polled": Caption(
        "Fan-out to 4, polled",
        f"One thread on another core looks at four receivers in turn. {PACED}",
    ),
    "fan_out_asleep": Caption(
        "Fan-out to 4, asleep",
        f"Four threads, each blocked in recv, on the cores that the publisher leaves. {PACED}",
    ),
    "fan_out_awake": Caption(
        "Fan-out to 4, awake",
        f"Four threads, each spinning on a core of its own. {PACED}",
    ),
    "publishers": Caption(
        "Several publishers, one receiver",
        "Messages that the receiver got from all of them together. It sleeps when nothing is"
        " there. The publishers' threads share all cores, on two of them also the receiver's; each"
        " is held back, in the same way for all, by what the receiver has of its messages, and"
        " lets others run meanwhile.",
    ),
    "spin": Caption(
        "Round trip, spinning",
        "A message to another core and one back; both sides spin on try_recv.",
        over("bare cache line"),
    ),
    "wake": Caption(
        "Wake-up",
        "From just before publish until a receiver that was asleep in recv has the message."
        " It is published 100 µs after the kernel said that the receiver sleeps.",
        over("bare futex"),
    ),
    "waiting_latency": Caption(
        "A message now and then: until a blocked receiver has it",
        "The median, from just before publish. The receiver is blocked in recv; between messages"
        " that follow each other closely it may not have fallen asleep. *adaptive* is the default.",
        None,
    ),
    "waiting_cpu": Caption(
        "A message now and then: what the blocked receiver uses",
        "Of a processor, in the same figure.",
        None,
    ),
    "descriptor": Caption(
        "Waking an event loop",
        "As in the wake-up above, but the receiver sleeps in poll on its descriptor. *publish* is"
        " how long the publisher was kept, *received* from just before publish until the receiver"
        " has the message.",
        over("bare eventfd"),
    ),
    "patterns": Caption(
        "Topics and patterns",
        "Ours alone. Sleepers are threads blocked in recv for another topic; a ring of 65,536, in"
        " half of which they wake to filter. On one thread, 64-byte messages.",
        None,
    ),
    "c_abi": Caption(
        "From C and from Rust",
        "The functions of the shared library, called through pointers, beside the Rust API,"
        " inlined. The pair is three calls in C: publish, try_recv, message_view.",
        C_LESS_RUST,
    ),
    "bursts": Caption(
        "Receiving a hundred that are there",
        "For each message, on one thread. *recv* is a call for each, and in C another for its"
        " payload; *recv_many* a call for all, and in C one for each payload; *recv_packed* a call"
        " for all payloads. Publishing is not counted.",
        None,
    ),
    "payload": Caption(
        "By size of the message",
        "Published from bytes and read to the last byte on one thread. Ours copies into the"
        " ring and out of it when the message fits its slot, else once, into memory that"
        " receivers share. `[u8; N]` is copied in and out; `Arc<[u8]>` is allocated and"
        " copied once; `Vec<u8>` once, and again for the receiver. Ring of 1024, of 64 at"
        " 64 KB, of 16 at 1 MB, of 4 at 10 MB, of 2 at 100 MB, which ours retains; the peers"
        " free a message when the last receiver has it, and the next one finds its memory in"
        " the cache. iceoryx2, where it was asked for, is its in-process variant: copied once,"
        " into memory that it lends.",
    ),
    "extra_receiver": Caption(
        "One receiver more, by size of the message",
        "What it costs one of 34 receivers to take a message from another core and look at"
        " its first byte, when another receiver on its own core took it before.",
    ),
    "slot_bytes_pair": Caption(
        "By `slot_bytes`: publish and receive on one thread",
        "Ours alone. Each column is a slot size; a message that does not fit is a block.",
        None,
    ),
    "slot_bytes_stream": Caption(
        "By `slot_bytes`: one to one, lossless",
        "As before, from one core to another.",
        None,
    ),
}


def section(name: str, table: Table) -> list[str]:
    """A table with all that belongs to it."""
    caption = CAPTIONS[name]
    unit = next(table.cells()).unit.replace("us", "µs")
    comparison = caption.comparison
    head = [unit, *table.contenders(), *([comparison.title] if comparison else [])]
    body = []
    for row, cells in table.rows.items():
        line = [
            row,
            *(str(cells.get(contender, "")) for contender in table.contenders()),
        ]
        body.append(line + ([f"{comparison.value(table, row):.2f}"] if comparison else []))
    return [
        f"### {caption.title}",
        "",
        caption.text,
        "",
        *markdown(head, body),
        "",
        *distance(table),
    ]


def distance(table: Table) -> list[str]:
    """How far apart the cores were, for a table that crosses them."""
    cells = list(table.cells())
    trips = [trip for cell in cells for trip in cell.round_trips_ns]
    if not trips:
        return []
    median, most = number(statistics.median(trips)), number(max(trips))
    said = f"Cache-line round trip before each sample: median {median} ns, at most {most} ns."
    far = f"above {cells[0].close_ns:g} ns"
    if not table.counts():
        said += f" **This table does not count:** too many samples were taken while it was {far}."
    elif any(cell.left_out for cell in cells):
        said += f" Samples taken while it was {far} are left out."
    return [said, ""]


def markdown(head: list[str], body: list[list[str]]) -> list[str]:
    """A table whose columns line up in plain text too; numbers to the right."""
    widths = [max(map(len, column)) for column in zip(head, *body)]

    def line(cells: list[str]) -> str:
        numbers = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:]))
        return f"| {' | '.join([cells[0].ljust(widths[0]), *numbers])} |"

    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return [line(head), line(rule), *map(line, body)]
