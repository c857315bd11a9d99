# SPDX-License-Identifier: MIT OR Apache-2.0
"""Callbacks: a function that a thread of the library calls with each message."""

from __future__ import annotations

import threading

from signalhub import Dispatcher, LaggedError, Message, SignalHub

is_over = threading.Event()


def on_message(message: Message) -> None:
    print(f'callback: received "{message.text}"')


def on_lag(lag: LaggedError) -> None:
    print(f"callback: missed {lag.missed}")


def on_close() -> None:
    print("callback: the hub is closed")
    is_over.set()


# A dispatcher may serve many receivers.
with SignalHub() as hub, hub.subscribe() as receiver, Dispatcher() as dispatcher:
    receiver.on_message(on_message, dispatcher=dispatcher, on_lag=on_lag, on_close=on_close)
    for text in ("one", "two", "three"):
        hub.publish(text)
    hub.close()
    is_over.wait()
    print("main: the callback is over")
