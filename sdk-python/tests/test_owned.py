# SPDX-License-Identifier: MIT OR Apache-2.0
"""Memory of Python objects: published where it is, and let go of once, by whichever thread."""

from __future__ import annotations

import ctypes
import gc
import threading
import weakref
from array import array
from typing import Any

import fresh_python
import pytest

from signalhub import ClosedError, Kind, SignalHub, _lent


def numbers(count: int) -> array[float]:
    return array("d", range(count))


@pytest.mark.parametrize("count", [0, 1, 1000, 100_000])
def test_it_is_received_where_it_is(hub: SignalHub, count: int) -> None:
    memory = numbers(count)
    with hub.subscribe() as receiver:
        assert hub.publish_owned(memory, topic="a.b", origin=7) == 1
        message = receiver.recv_message()
        assert (message.topic, message.origin, message.kind) == ("a.b", 7, Kind.BYTES)
        assert message.payload.cast("d").tolist() == memory.tolist()
        if count == 100_000:  # shorter ones are copied when they are received
            address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
            assert address_of(message.payload) == address


def address_of(view: memoryview) -> int:
    buffer = _lent.Buffer()
    _lent._get_buffer(view, ctypes.byref(buffer), 0)
    _lent._release_buffer(ctypes.byref(buffer))
    address: int = buffer.buf
    return address


@pytest.mark.parametrize(
    "memory",
    [b"bytes", bytearray(b"bytes"), memoryview(b"bytes"), memoryview(bytearray(b"_bytes"))[1:]],
)
def test_any_contiguous_memory_will_do(hub: SignalHub, memory: Any) -> None:
    with hub.subscribe() as receiver:
        hub.publish_owned(memory)
        assert receiver.recv() == b"bytes"
        hub.publish_owned(memory, kind=Kind.TEXT)
        assert receiver.recv() == "bytes"


def test_it_stays_until_the_last_one_lets_go() -> None:
    memory = numbers(100_000)
    watched = weakref.ref(memory)
    with SignalHub(1) as hub, hub.subscribe() as receiver:
        hub.publish_owned(memory)
        del memory
        message = receiver.recv_message()
        hub.publish("next")
        gc.collect()
        assert watched() is not None
        payload = message.payload
        del message
        receiver.recv()
    del hub, receiver
    gc.collect()
    assert payload.cast("d")[99_999] == 99_999
    del payload
    gc.collect()
    assert watched() is None


def test_it_cannot_change_its_size_meanwhile() -> None:
    memory = bytearray(100)
    with SignalHub(1) as hub:
        hub.publish_owned(memory)
        with pytest.raises(BufferError):
            memory.append(1)
        hub.publish("next")
        hub.publish_owned(b"")  # takes back what is given back
        memory.append(1)


def test_a_stream_of_it_keeps_few_objects() -> None:
    gc.collect()
    before = len(_lent._lent)
    kept = []
    gc.disable()  # which would help
    try:
        with SignalHub(10) as hub, hub.subscribe() as receiver:
            for i in range(2000):
                hub.publish_owned(numbers(10_000))
                if i < 5:
                    kept.append(receiver.recv_message())
                assert len(_lent._lent) - before <= 2 * (10 + 5) + 10
    finally:
        gc.enable()


def test_refused_it_is_let_go_of_at_once(hub: SignalHub) -> None:
    memory = bytearray(b"\xff")
    refusals: list[tuple[type[Exception], dict[str, Any]]] = [
        (ValueError, {"kind": Kind.TEXT}),
        (ValueError, {"topic": "a..b"}),
        (ValueError, {"origin": -1}),
        (TypeError, {"kind": 0}),
    ]
    for error, arguments in refusals:
        with pytest.raises(error):
            hub.publish_owned(memory, **arguments)
        memory.append(1)
    hub.close()
    with pytest.raises(ClosedError):
        hub.publish_owned(memory)
    memory.append(1)
    with pytest.raises(TypeError):
        hub.publish_owned("text")  # type: ignore[arg-type]
    with pytest.raises(BufferError):
        hub.publish_owned(memoryview(b"not contiguous")[::2])


def test_threads_lend_and_let_go_at_once() -> None:
    watched: list[weakref.ref[array[float]]] = []

    def publish(hub: SignalHub) -> None:
        for _ in range(500):
            memory = numbers(10)
            watched.append(weakref.ref(memory))
            hub.publish_owned(memory)

    with SignalHub(4) as hub, hub.subscribe() as receiver:
        threads = [threading.Thread(target=publish, args=(hub,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        receiver.close()
    del hub, receiver
    gc.collect()
    assert len(watched) == 2000
    assert not any(memory() for memory in watched)


BY_A_FOREIGN_THREAD = """
import ctypes, gc, weakref
from array import array
from signalhub import SignalHub, _lib
from signalhub._bindings import Hub

libc = ctypes.CDLL(None)
hub = SignalHub()
own = Hub()
memory = array("d", range(100_000))
watched = weakref.ref(memory)
hub.publish_owned(memory)
del memory
_lib.held.signalhub_clone(hub.handle, ctypes.byref(own))
free = ctypes.cast(_lib.released.signalhub_free, ctypes.c_void_p)
"""


def test_a_thread_without_python_can_let_go_last() -> None:
    code = """
    hub.close()
    del hub
    gc.collect()
    print(watched() is not None)
    thread = ctypes.c_void_p()
    libc.pthread_create(ctypes.byref(thread), None, free, own)
    libc.pthread_join(thread, None)
    gc.collect()
    print(watched() is None)
    """
    assert output(code) == "True\nTrue\n"


def test_what_is_let_go_of_after_the_interpreter_is_gone_does_no_harm() -> None:
    """What exit() runs comes after Py_Finalize(), the last first."""
    code = """
    def at_exit(function, argument):
        assert libc.__cxa_atexit(function, argument, None) == 0

    puts = ctypes.cast(libc.puts, ctypes.c_void_p)
    before, after = (ctypes.create_string_buffer(text) for text in (b"before", b"after"))
    libc.strdup.restype = ctypes.c_void_p
    at_exit(puts, ctypes.c_void_p(libc.strdup(b"after")))
    at_exit(free, own)
    at_exit(puts, ctypes.c_void_p(libc.strdup(b"before")))
    hub.close()
    """
    assert output(code) == "before\nafter\n"


def test_a_child_of_a_fork_leaves_its_parents_memory_alone() -> None:
    code = """
    import os, warnings
    warnings.simplefilter("ignore")
    child = os.fork()
    if child == 0:
        del hub
        gc.collect()
        os._exit(0 if watched() is not None else 1)
    print(os.waitpid(child, 0)[1])
    hub.close()
    _lib.held.signalhub_free(own)
    del hub
    gc.collect()
    print(watched() is None)
    """
    assert output(code) == "0\nTrue\n"


def output(code: str) -> str:
    lines = code.splitlines(keepends=True)
    return fresh_python.output(BY_A_FOREIGN_THREAD + "".join(line[4:] for line in lines))
