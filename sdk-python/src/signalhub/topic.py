# SPDX-License-Identifier: MIT OR Apache-2.0
"""Topics, the names that messages may have, and patterns, what receivers ask for."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

#: The longest topic, and the longest pattern, in bytes of UTF-8.
TOPIC_BYTES_MAX = 255


def encoded(topic: str) -> bytes:
    """Return a topic in UTF-8.

    Raises:
        TypeError: it is not a str.
        ValueError: it is not a topic; the text says which rule it breaks.
    """
    if not isinstance(topic, str):
        raise TypeError(f"topic must be a str or None, not {topic!r}")
    return _encoded(topic)


def encoded_pattern(pattern: str) -> bytes:
    """Return a pattern in UTF-8.

    Raises:
        TypeError: it is not a str.
        ValueError: it is not a pattern; the text says which rule it breaks.
    """
    if not isinstance(pattern, str):
        raise TypeError(f"pattern must be a str or None, not {pattern!r}")
    *tokens, last = pattern.split(".")
    tokens.append("*" if last == ">" else last)
    return _checked("pattern", pattern, "".join(token for token in tokens if token != "*"))


@lru_cache(maxsize=1024)  # programs publish under few topics, many times
def _encoded(topic: str) -> bytes:
    return _checked("topic", topic, topic)


def _checked(what: str, text: str, plain: str) -> bytes:
    """Return a topic or a pattern in UTF-8; no wildcard can be in the part of it that is `plain`.

    Raises:
        ValueError: it breaks a rule.
    """
    data = text.encode()
    if not data:
        raise ValueError(f"{what} is empty; leave it out, or say None")
    if len(data) > TOPIC_BYTES_MAX:
        raise ValueError(f"{what} has {len(data)} bytes of UTF-8, {TOPIC_BYTES_MAX} are the most")
    if "" in text.split("."):
        raise ValueError(f"{what} {text!r} has an empty token")
    for char in plain:
        if char in "*>":
            raise ValueError(f"{what} {text!r} has the wildcard {char!r} where none can be")
        if char.isspace() or unicodedata.category(char) == "Cc":
            raise ValueError(f"{what} {text!r} has white space or a control character")
    return data
