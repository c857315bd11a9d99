# SPDX-License-Identifier: MIT OR Apache-2.0
"""Callbacks: every message once, on another thread; what they may do, and how they end."""

from __future__ import annotations

import gc
import logging
import pickle
import queue
import sys
import threading
import weakref
from typing import Any, Callable

import fresh_python
import pytest
from waiting import Background, wait_until

from signalhub import (
    ClosedError,
    Dispatcher,
    LaggedError,
    Message,
    SignalHub,
    SignalReceiver,
)
from signalhub.dispatcher import _callbacks

TIMEOUT_S = 60


@pytest.fixture(autouse=True)
def no_callback_is_left() -> Any:
    yield
    wait_until(lambda: not _callbacks)


class Calls:
    """A callback that keeps what it is called with."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Any] = queue.Queue()

    def __call__(self, message: Message) -> None:
        self._queue.put((message, threading.get_ident()))

    def lag(self, lag: LaggedError) -> None:
        self._queue.put((lag, threading.get_ident()))

    def close(self) -> None:
        self._queue.put((None, threading.get_ident()))

    def next(self) -> Any:
        return self._queue.get(timeout=TIMEOUT_S)[0]

    def next_thread(self) -> int:
        thread: int = self._queue.get(timeout=TIMEOUT_S)[1]
        return thread


@pytest.mark.parametrize("shared", [False, True])
def test_every_message_is_told_once_and_in_order(hub: SignalHub, shared: bool) -> None:
    calls = [Calls(), Calls()]
    with Dispatcher() as dispatcher:
        receivers = [hub.subscribe() for _ in calls]
        for receiver, call in zip(receivers, calls):
            receiver.on_message(
                call, dispatcher=dispatcher if shared else None, on_close=call.close
            )
        for i in range(50):
            hub.publish(str(i), topic="a.b", origin=7)
        hub.close()
        for call in calls:
            for i in range(50):
                message = call.next()
                assert (message.text, message.seq) == (str(i), i)
                assert (message.topic, message.origin) == ("a.b", 7)
            assert call.next() is None
        for receiver in receivers:
            receiver.close()


def test_callbacks_of_a_dispatcher_share_its_thread(hub: SignalHub) -> None:
    calls = [Calls(), Calls(), Calls()]
    with Dispatcher() as dispatcher:
        receivers = [hub.subscribe() for _ in calls]
        for receiver, call, of in zip(receivers, calls, [dispatcher, dispatcher, None]):
            receiver.on_message(call, dispatcher=of)
        hub.publish("x")
        first, second, third = (call.next_thread() for call in calls)
        assert first == second != third
        assert threading.get_ident() not in (first, third)
        for receiver in receivers:
            receiver.close()


def test_a_large_payload_is_a_copy_of_its_own(hub: SignalHub) -> None:
    calls = Calls()
    with hub.subscribe() as receiver:
        receiver.on_message(calls)
        hub.publish(b"x" * 1_000_000)
        message = calls.next()
    hub.close()
    assert bytes(message) == b"x" * 1_000_000


def test_a_lag_is_told_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    calls = Calls()
    with SignalHub(2) as hub, hub.subscribe() as receiver, hub.subscribe() as other:
        for _ in range(5):
            hub.publish("x")
        receiver.on_message(calls, on_lag=calls.lag)
        lag = calls.next()
        assert (lag.missed, lag.first_lost, lag.resume_at) == (3, 0, 3)
        assert calls.next().seq == 3
        with caplog.at_level(logging.WARNING, "signalhub"):
            other.on_message(calls)
            wait_until(lambda: "missed 3 messages" in caplog.text)


def test_that_it_is_about_to_lag_is_told_once(hub: SignalHub) -> None:
    calls = Calls()
    warnings: list[int] = []
    for i in range(3):
        hub.publish(str(i))
    with hub.subscribe(replay="all", warn_behind=2) as receiver:
        receiver.on_message(calls, on_about_to_lag=warnings.append)
        assert [calls.next().text for _ in range(3)] == ["0", "1", "2"]
    assert warnings == [3]


def test_a_callback_and_its_receiver_are_not_collected_while_it_is_set(hub: SignalHub) -> None:
    calls = Calls()

    def forget_both() -> weakref.ref[SignalReceiver]:
        receiver = hub.subscribe()
        receiver.on_message(lambda message: calls(message))
        return weakref.ref(receiver)

    receiver = forget_both()
    gc.collect()
    hub.publish("x")
    assert calls.next().text == "x"
    alive = receiver()
    assert alive is not None
    alive.close()
    del alive
    gc.collect()
    assert receiver() is None


def replace(receiver: SignalReceiver, dispatcher: Dispatcher) -> None:
    receiver.on_message(lambda _: None)


def remove(receiver: SignalReceiver, dispatcher: Dispatcher) -> None:
    receiver.on_message(None)


def close_receiver(receiver: SignalReceiver, dispatcher: Dispatcher) -> None:
    receiver.close()


def close_dispatcher(receiver: SignalReceiver, dispatcher: Dispatcher) -> None:
    dispatcher.close()


WAYS = [replace, remove, close_receiver, close_dispatcher]


@pytest.mark.parametrize("end", WAYS)
def test_a_callback_that_is_removed_is_over(
    hub: SignalHub, end: Callable[[SignalReceiver, Dispatcher], None]
) -> None:
    done = threading.Event()

    def publish() -> None:
        while not done.is_set():
            hub.publish("x")

    publisher = Background(publish)
    for _ in range(20):
        is_over: list[bool] = []
        late: list[bool] = []

        def call(message: Message, is_over: list[bool] = is_over, late: list[bool] = late) -> None:
            late.extend(is_over)

        receiver, dispatcher = hub.subscribe(), Dispatcher()
        of_receiver = weakref.ref(call)
        receiver.on_message(call, dispatcher=dispatcher, on_lag=lambda lag: None)
        del call
        end(receiver, dispatcher)
        is_over.append(True)
        assert of_receiver() is None, "it is freed when it is removed"
        receiver.close()
        dispatcher.close()
        assert late == []
    done.set()
    publisher.result()


@pytest.mark.parametrize("end", WAYS)
def test_a_callback_may_end_itself(
    hub: SignalHub, end: Callable[[SignalReceiver, Dispatcher], None]
) -> None:
    calls = Calls()
    receiver, dispatcher = hub.subscribe(), Dispatcher()

    def call(message: Message) -> None:
        end(receiver, dispatcher)
        calls(message)

    receiver.on_message(call, dispatcher=dispatcher)
    hub.publish("x")
    hub.publish("y")
    assert calls.next().text == "x"
    receiver.close()
    dispatcher.close()


def test_a_callback_may_use_the_hub(hub: SignalHub) -> None:
    calls = Calls()

    def call(message: Message) -> None:
        with hub.subscribe() as other:
            assert hub.publish("from inside") == 2
            assert other.recv() == "from inside"
        assert receiver.recv() == "from inside"
        hub.close()
        calls(message)

    with hub.subscribe() as receiver:
        receiver.on_message(call, on_close=calls.close)
        hub.publish("x")
        assert calls.next().text == "x"
        assert calls.next() is None


def test_what_a_callback_raises_is_logged_and_told(
    hub: SignalHub, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: told.append(unraisable.exc_type))
    calls = Calls()

    def call(message: Message) -> None:
        calls(message)
        raise SystemExit if message.text == "exit" else KeyError(message.text)

    with hub.subscribe() as receiver:
        receiver.on_message(call)
        for text in ("a", "exit", "b"):
            hub.publish(text)
            assert calls.next().text == text
        wait_until(lambda: told == [KeyError, SystemExit, KeyError])
    failed = [record for record in caplog.records if record.name == "signalhub"]
    assert len(failed) == 3
    assert all(record.exc_info is not None for record in failed)


def test_wrong_arguments_are_refused(hub: SignalHub) -> None:
    with hub.subscribe() as receiver:
        with pytest.raises(TypeError, match="of no use"):
            receiver.on_message(None, on_lag=print)
        with pytest.raises(TypeError, match="of no use"):
            receiver.on_message(None, dispatcher=1)  # type: ignore[arg-type]
        for wrong in (1, "x"):
            with pytest.raises(TypeError, match="call must be callable"):
                receiver.on_message(wrong)  # type: ignore[arg-type]
            with pytest.raises(TypeError, match="on_lag must be callable"):
                receiver.on_message(print, on_lag=wrong)  # type: ignore[arg-type]
            with pytest.raises(TypeError, match="on_close must be callable"):
                receiver.on_message(print, on_close=wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="dispatcher must be a Dispatcher"):
            receiver.on_message(print, dispatcher=receiver)  # type: ignore[arg-type]
        dispatcher = Dispatcher()
        dispatcher.close()
        dispatcher.close()
        assert dispatcher.closed
        with pytest.raises(ClosedError, match="dispatcher is closed"):
            receiver.on_message(print, dispatcher=dispatcher)
        receiver.on_message(None)
    for call in (print, None):
        with pytest.raises(ClosedError):
            receiver.on_message(call)


def test_a_dispatcher_that_nobody_closed_is_told() -> None:
    with pytest.warns(ResourceWarning, match="unclosed <Dispatcher open>"):
        Dispatcher()
    with Dispatcher() as dispatcher, pytest.raises(TypeError, match="pickled"):
        pickle.dumps(dispatcher)
    assert repr(dispatcher) == "<Dispatcher closed>"


def test_an_interpreter_may_end_while_callbacks_run() -> None:
    program = """
        import threading
        from signalhub import Dispatcher, SignalHub

        hub = SignalHub()
        dispatcher = Dispatcher()
        called = threading.Semaphore(0)
        for of in (None, None, dispatcher, dispatcher):
            hub.subscribe().on_message(lambda message: called.release(), dispatcher=of)

        def publish():
            while True:
                hub.publish("x")

        threading.Thread(target=publish, daemon=True).start()
        for _ in range(100):
            called.acquire()
        print("over")
    """
    import subprocess

    for _ in range(5):
        done: subprocess.CompletedProcess[str] = fresh_python.run(program, "-W", "ignore")
        assert (done.returncode, done.stdout) == (0, "over\n"), done.stderr


def test_nothing_is_called_in_the_child_of_a_fork() -> None:
    program = """
        import os, warnings
        from signalhub import Dispatcher, ForkedError, SignalHub
        from signalhub.dispatcher import _callbacks

        warnings.simplefilter("ignore", DeprecationWarning)
        hub, dispatcher = SignalHub(), Dispatcher()
        receiver = hub.subscribe()
        receiver.on_message(print, dispatcher=dispatcher)
        child = os.fork()
        if child == 0:
            assert not _callbacks
            for use in (receiver.fileno, lambda: receiver.on_message(print)):
                try:
                    use()
                except ForkedError:
                    continue
                os._exit(1)
            with SignalHub() as own, own.subscribe() as mine, Dispatcher() as thread:
                mine.on_message(lambda message: os._exit(0), dispatcher=thread)
                own.publish("x")
                while True:
                    pass
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        receiver.close()
        dispatcher.close()
        hub.close()
    """
    assert fresh_python.output(program.replace("os.waitstatus_to_exitcode", "int")) == "0\n"
