# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the project promises itself, and whether a run kept it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tables import Table, Tables, markdown

#: What is called flat: the largest value over the smallest.
FLAT = 1.25

Value = Callable[[Table], float]


@dataclass(frozen=True)
class Target:
    """A bound on something computed from one table."""

    table: str
    what: str
    value: Value
    sign: str
    bound: float
    unit: str = ""

    def verdict(self, table: Table) -> list[str]:
        """What was wanted, what came out, and whether that is good."""
        value = self.value(table)
        met = value <= self.bound if self.sign == "≤" else value >= self.bound
        said = ("met" if met else "**missed**") if table.counts() else "does not count"
        wanted = f"{self.sign} {self.bound:g}{self.unit}"
        return [self.what, wanted, f"{value:.2f}{self.unit}", said]


def over(other: str, row: str | None = None) -> Value:
    """Ours over one other contender."""
    return lambda table: table.median("ours", row) / table.median(other, row)


def worst_over(other: str) -> Value:
    """Ours over one other contender, in the row where that is most."""
    return lambda table: max(over(other, row)(table) for row in table.rows)


def over_best() -> Value:
    """Ours over the best peer."""
    return lambda table: table.median("ours") / table.best_peer()


def spread(*rows: str) -> Value:
    """Our slowest row over our fastest; of all rows, if none is named."""

    def value(table: Table) -> float:
        medians = [table.median("ours", row) for row in rows or table.rows]
        return max(medians) / min(medians)

    return value


def more_in_c(row: str, calls: int) -> Value:
    """What a call from C costs more than the same from Rust."""
    return lambda table: (table.median("C", row) - table.median("Rust", row)) / calls


LOSSLESS = "one to one, lossless"
LOSSY = ("one_to_one_lossy", "one to one, lossy, delivered")
IDLE = "publish, 1 to 10,000 receivers"
PAIR = "publish + try_recv"
SIZES = ("1 KB", "1 MB", "100 MB")

TARGETS = [
    Target("pair", "pair on one thread ÷ tokio", over("tokio"), "≤", 0.35),
    Target("pair", "pair on one thread ÷ crossbeam", over("crossbeam"), "≤", 1),
    Target("lossless", f"{LOSSLESS} ÷ crossbeam", over("crossbeam", "receiver spins"), "≥", 2.5),
    Target("one_to_one_lossless", f"{LOSSLESS}, paced ÷ tokio", over("tokio"), "≥", 4),
    Target(LOSSY[0], f"{LOSSY[1]} ÷ crossbeam", over("crossbeam", "delivered"), "≥", 2.5),
    Target(LOSSY[0], f"{LOSSY[1]} ÷ tokio", over("tokio", "delivered"), "≥", 4),
    Target("fan_out_polled", "fan-out to 4, polled ÷ best peer", over_best(), "≥", 3),
    Target("fan_out_asleep", "fan-out to 4, asleep ÷ best peer", over_best(), "≥", 3),
    Target("fan_out_awake", "fan-out to 4, awake ÷ best peer", over_best(), "≥", 3),
    Target("idle", f"{IDLE} ÷ tokio, worst", worst_over("tokio"), "≤", 0.65),
    Target("idle", f"{IDLE}, slowest ÷ fastest", spread(), "≤", FLAT),
    Target("spin", "spin round trip ÷ bare cache line", over("bare cache line"), "≤", 2),
    Target("wake", "blocked wake p50 ÷ bare futex", over("bare futex", "p50"), "≤", 1.15),
    Target("c_abi", "publish, C − Rust", more_in_c("publish", 1), "≤", 3, " ns"),
    Target("c_abi", "pair, C − Rust, a call", more_in_c(PAIR, 3), "≤", 3, " ns"),
    Target(
        "extra_receiver",
        f"one receiver more, {', '.join(SIZES)}, slowest ÷ fastest",
        spread(*SIZES),
        "≤",
        FLAT,
    ),
]


def verdicts(tables: Tables) -> list[str]:
    """The targets, as far as their tables were measured."""
    measured = [target for target in TARGETS if target.table in tables]
    body = [target.verdict(tables[target.table]) for target in measured]
    return markdown(["target", "wanted", "this run", "verdict"], body)
