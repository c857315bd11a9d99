# SPDX-License-Identifier: MIT OR Apache-2.0
"""Text with colours, bars and curves, on a terminal or in a pipe."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterable

Line = list[tuple[str, str]]
"""Pieces of text, each with the name of its style, or an empty string."""

STYLES = {
    "strong": "1",
    "faint": "2",
    "name": "36",
    "user": "32",
    "system": "33",
    "stolen": "35",
    "memory": "34",
    "good": "32",
    "bad": "1;31",
}

CURVE = "▁▂▃▄▅▆▇"
PLAINER = str.maketrans("━╸┄▁▂▃▄▅▆▇✓✗", "##.__--==#+x")


def bar(width: int, *shares: tuple[float, str]) -> Line:
    """Draw shares of a whole side by side, in steps of half a character."""
    line: Line = []
    end = 0.0
    drawn = 0
    for share, style in shares:
        end += share
        halves = min(round(2 * width * end), 2 * width)
        line.append(("━" * (halves // 2 - drawn), style))
        drawn = halves // 2
        tip = halves % 2
    if tip:
        line.append(("╸", style))
    return [*line, ("┄" * (width - drawn - tip), "faint")]


def curve(width: int, values: Iterable[float], top: float = 0.0) -> str:
    """Draw the last values as a row of columns, the highest of them or ``top`` as a full one."""
    last = list(values)[-width:]
    top = max([top, *last]) or 1.0
    steps = len(CURVE) - 1
    return "".join(CURVE[round(steps * value / top)] for value in last).rjust(width)


def quantity(value: float, unit: str) -> str:
    """Write a number with three digits or so: 1.2 MB/s."""
    prefixes = ["", "k", "M", "G", "T"]
    while value >= 999.5 and len(prefixes) > 1:
        value /= 1000
        del prefixes[0]
    digits = 1 if prefixes[0] and value < 99.95 else 0
    return f"{value:.{digits}f} {prefixes[0]}{unit}"


def aligned(width: int, left: Line, right: Line) -> Line:
    """Put one line at the left and another one at the right of a width."""
    gap = width - sum(len(text) for text, _ in left) - sum(len(text) for text, _ in right)
    return [*left, (" " * max(gap, 2), ""), *right]


class Screen:
    """Standard output. On a terminal, a picture is drawn over the one before."""

    def __init__(self) -> None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # a path can hold anything
        self.is_terminal = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._has_colours = self.is_terminal and not os.environ.get("NO_COLOR")
        self._has_unicode = _can_encode(sys.stdout.encoding)
        self._drawn = 0
        self._drawn_at = self.size()

    def __enter__(self) -> None:
        if self.is_terminal:
            _write("\x1b[?25l")  # hides the cursor

    def __exit__(self, *_: object) -> None:
        if self.is_terminal:
            _write("\x1b[?25h")

    def size(self) -> tuple[int, int]:
        """Columns and lines that can be drawn on."""
        columns, lines = shutil.get_terminal_size()
        return columns or 80, (lines or 24) - 1  # 0: Python 3.9 does not know

    def print(self, *lines: Line) -> None:
        """Write lines below all others."""
        _write("".join(self._text(line) + "\n" for line in lines))
        self._drawn = 0

    def draw(self, lines: list[Line]) -> None:
        """Draw a picture in place of the last one."""
        columns, rows = size = self.size()
        shown = [self._text(_cut(line, columns)) + "\x1b[K\n" for line in lines[:rows]]
        if size != self._drawn_at:  # the terminal has broken the lines anew: none is where it was
            to_start = "\x1b[2J\x1b[H"
        else:
            to_start = f"\x1b[{self._drawn}F" if self._drawn else ""
        _write(to_start + "".join(shown) + "\x1b[J")
        self._drawn = len(shown)
        self._drawn_at = size

    def _text(self, line: Line) -> str:
        text = "".join(self._piece(*piece) for piece in line)
        return text if self._has_unicode else text.translate(PLAINER)

    def _piece(self, text: str, style: str) -> str:
        if not (text and style and self._has_colours):
            return text
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m"


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _cut(line: Line, columns: int) -> Line:
    """Leave out what is right of the last column."""
    kept: Line = []
    for text, style in line:
        kept.append((text[:columns], style))
        columns -= len(kept[-1][0])
    return kept


def _can_encode(encoding: str) -> bool:
    try:
        "".join(map(chr, PLAINER)).encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
