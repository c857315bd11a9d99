# SPDX-License-Identifier: MIT OR Apache-2.0
"""Checks arguments before they reach C, where a number too large would lose its upper bits."""

from __future__ import annotations

import math

#: 292 years, the longest timeout that C counts. It stands for ever.
FOREVER_NS = 2**63 - 1


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


def nanoseconds(timeout: float | None) -> int:
    """Return a timeout in seconds as nanoseconds, rounded up; FOREVER_NS for None.

    Raises:
        TypeError: it is not a number.
        ValueError: it is negative or NaN.
    """
    if timeout is None:
        return FOREVER_NS
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)):
        raise TypeError(f"timeout must be a number of seconds or None, not {timeout!r}")
    if not timeout >= 0:
        raise ValueError(f"timeout must be 0 or more seconds, not {timeout!r}")
    if timeout >= FOREVER_NS / 1e9:
        return FOREVER_NS
    return min(math.ceil(timeout * 1e9), FOREVER_NS)
