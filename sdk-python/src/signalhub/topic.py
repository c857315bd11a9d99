# SPDX-License-Identifier: MIT OR Apache-2.0
"""Topics: the names that messages may have."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

#: The longest topic, in bytes of UTF-8.
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


@lru_cache(maxsize=1024)  # programs publish under few topics, many times
def _encoded(topic: str) -> bytes:
    data = topic.encode()
    if not data:
        raise ValueError("topic is empty; a message without one has None")
    if len(data) > TOPIC_BYTES_MAX:
        raise ValueError(f"topic has {len(data)} bytes of UTF-8, {TOPIC_BYTES_MAX} are the most")
    if "" in topic.split("."):
        raise ValueError(f"topic {topic!r} has an empty token")
    for char in topic:
        if char in "*>":
            raise ValueError(f"topic {topic!r} has the wildcard {char!r}")
        if char.isspace() or unicodedata.category(char) == "Cc":
            raise ValueError(f"topic {topic!r} has white space or a control character")
    return data
