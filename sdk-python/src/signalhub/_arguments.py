# SPDX-License-Identifier: MIT OR Apache-2.0
"""Checks arguments before they reach C, where a number too large would lose its upper bits."""

from __future__ import annotations

import math
import unicodedata

from signalhub import _bindings as c

#: 292 years, the longest timeout that C counts. It stands for ever.
FOREVER_NS = 2**63 - 1

#: What a receiver can do about a lag, each with its number in C.
ON_LAG = {
    "report": c.SIGNALHUB_ON_LAG_REPORT,
    "skip": c.SIGNALHUB_ON_LAG_SKIP,
    "newest": c.SIGNALHUB_ON_LAG_NEWEST,
}

#: How a thread can wait for a receiver, each with its number in C.
WAIT = {
    "adaptive": c.SIGNALHUB_WAIT_ADAPTIVE,
    "spin": c.SIGNALHUB_WAIT_SPIN,
    "yield": c.SIGNALHUB_WAIT_YIELD,
    "park": c.SIGNALHUB_WAIT_PARK,
}


def integer(name: str, value: int, least: int, most: int) -> int:
    """Return `value` if it is an int from `least` to `most`.

    Raises:
        TypeError, ValueError: it is not, with the name of the argument.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {value!r}")
    if not least <= value <= most:
        raise ValueError(f"{name} must be from {least} to {most}, not {value}")
    return value


def nanoseconds(timeout: float | None, name: str = "timeout") -> int:
    """Return a time in seconds as nanoseconds, rounded up; FOREVER_NS for None.

    Raises:
        TypeError: it is not a number.
        ValueError: it is negative or NaN.
    """
    if timeout is None:
        return FOREVER_NS
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)):
        raise TypeError(f"{name} must be a number of seconds or None, not {timeout!r}")
    if not timeout >= 0:
        raise ValueError(f"{name} must be 0 or more seconds, not {timeout!r}")
    if timeout >= FOREVER_NS / 1e9:
        return FOREVER_NS
    return min(math.ceil(timeout * 1e9), FOREVER_NS)


def encoded_name(name: str) -> bytes:
    """Return the name of a receiver in UTF-8.

    Raises:
        TypeError: it is not a str.
        ValueError: it breaks a rule, and the text says which.
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a str, not {name!r}")
    data = name.encode()
    if len(data) >= c.SIGNALHUB_NAME_SIZE:
        most = c.SIGNALHUB_NAME_SIZE - 1
        raise ValueError(f"name has {len(data)} bytes of UTF-8, {most} are the most")
    if any(unicodedata.category(char) == "Cc" for char in name):
        raise ValueError(f"name {name!r} has a control character")
    return data


def start_of(replay: int | str | None, from_seq: int | None) -> tuple[int, int]:
    """Return where a receiver starts, in the words of C: start and start_at."""
    if replay is not None and from_seq is not None:
        raise ValueError("replay and from_seq are two places to start at; give one of them")
    if from_seq is not None:
        return c.SIGNALHUB_START_SEQ, integer("from_seq", from_seq, 0, 2**64 - 1)
    if replay is None:
        return c.SIGNALHUB_START_NEXT, 0
    if isinstance(replay, str):
        if replay != "all":
            raise ValueError(f"replay must be None, 'all' or an int, not {replay!r}")
        return c.SIGNALHUB_START_OLDEST, 0
    return c.SIGNALHUB_START_LAST, integer("replay", replay, 0, 2**64 - 1)


def flag(name: str, value: bool) -> bool:
    """Return `value` if it is a bool."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be a bool, not {value!r}")
    return value


def max_stall_of(max_stall: float | None) -> int:
    """Return how long a receiver may stall, as C has it: 0 is for ever."""
    max_stall_ns = nanoseconds(max_stall, "max_stall")
    if max_stall_ns == 0:
        raise ValueError("max_stall must be more than 0 seconds; None is for ever")
    return 0 if max_stall is None else max_stall_ns


def word(name: str, value: str, words: dict[str, int]) -> int:
    """Return the number that C has for a word, such as those of ON_LAG."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {value!r}")
    if value not in words:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, words))}, not {value!r}")
    return words[value]
