# SPDX-License-Identifier: MIT OR Apache-2.0
"""SignalHub: one message in, every receiver gets it.

    from signalhub import SignalHub

    with SignalHub() as hub, hub.subscribe() as receiver:
        hub.publish("hello")
        print(receiver.recv())

A hub carries messages to any number of receivers within a process, through a shared library that
C, C++ and Rust use too: :attr:`SignalHub.handle` and :meth:`SignalHub.from_handle` connect them.
"""

from __future__ import annotations

from signalhub._bindings import (
    SIGNALHUB_VERSION_MAJOR,
    SIGNALHUB_VERSION_MINOR,
    SIGNALHUB_VERSION_PATCH,
)
from signalhub._lib import native_version
from signalhub.dispatcher import Dispatcher
from signalhub.errors import (
    ClosedError,
    DecodeError,
    ForkedError,
    FullError,
    KeptError,
    LaggedError,
    RecvTimeout,
    SignalHubError,
)
from signalhub.hub import SignalHub
from signalhub.loan import Loan
from signalhub.message import Kind, Message
from signalhub.receiver import SignalReceiver
from signalhub.several import wait_any
from signalhub.stats import HubStats, ReceiverStats

__version__ = f"{SIGNALHUB_VERSION_MAJOR}.{SIGNALHUB_VERSION_MINOR}.{SIGNALHUB_VERSION_PATCH}"

__all__ = [
    "ClosedError",
    "DecodeError",
    "Dispatcher",
    "ForkedError",
    "FullError",
    "HubStats",
    "KeptError",
    "Kind",
    "LaggedError",
    "Loan",
    "Message",
    "ReceiverStats",
    "RecvTimeout",
    "SignalHub",
    "SignalHubError",
    "SignalReceiver",
    "__version__",
    "native_version",
    "wait_any",
]
