# SPDX-License-Identifier: MIT OR Apache-2.0
from __future__ import annotations

from collections.abc import Iterator

import pytest

from signalhub import SignalHub


@pytest.fixture
def hub() -> Iterator[SignalHub]:
    with SignalHub() as hub:
        yield hub
