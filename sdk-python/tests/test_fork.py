# SPDX-License-Identifier: MIT OR Apache-2.0
"""fork(): the child gets ForkedError from what its parent made, and can make its own."""

from __future__ import annotations

import fresh_python
import pytest

SET_UP = """
import gc, os, sys, threading, warnings
from signalhub import *

warnings.filterwarnings("ignore", ".*fork.*", DeprecationWarning)  # it is multi-threaded, yes

def in_child(function):
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            function()
        finally:
            sys.stdout.flush()
            os._exit(0 if sys.exc_info()[0] is None else 1)
    assert os.waitpid(child, 0)[1] == 0

def forked(function):
    try:
        function()
    except ForkedError as error:
        return str(error)

hub = SignalHub()
receiver = hub.subscribe()
"""
TEAR_DOWN = """
receiver.close()
hub.close()
"""


def run(code: str) -> str:
    return fresh_python.output(SET_UP + code + TEAR_DOWN, "-X", "dev")


def test_the_child_gets_an_error_and_the_parent_goes_on() -> None:
    code = """
def child():
    for use in (
        lambda: hub.publish("x"),
        lambda: hub.publish("x", topic="a"),
        lambda: hub.publish(bytearray(100000)),
        lambda: SignalHub.from_handle(hub.handle),
        hub.subscribe,
        hub.snapshot,
        lambda: hub.capacity,
        lambda: hub.next_seq,
        lambda: hub.closed,
        lambda: hub.publish("x", timeout=None),
        lambda: hub.stats,
        lambda: hub.stats_text("x"),
        receiver.recv,
        receiver.try_recv,
        receiver.recv_message,
        lambda: receiver.recv_many(2),
        lambda: receiver.next_seq,
        lambda: receiver.stats,
        lambda: next(receiver),
    ):
        assert forked(use) == "the handle was made before fork()"
    print(hub, receiver)

in_child(child)
hub.publish("the parent goes on")
print(receiver.recv())
"""
    assert run(code) == (
        "<SignalHub of the parent process> <SignalReceiver of the parent process>\n"
        "the parent goes on\n"
    )


def test_the_child_closes_and_collects_in_silence_and_the_parent_s_hub_stays_open() -> None:
    code = """
def child():
    global hub, receiver
    with hub, receiver:
        pass
    del hub, receiver
    gc.collect()

def forgetful_child():
    global hub, receiver
    del hub, receiver
    gc.collect()

in_child(child)
in_child(forgetful_child)
print(hub, receiver)
"""
    assert run(code) == "<SignalHub open capacity=100 next_seq=0> <SignalReceiver next_seq=0>\n"


def test_the_child_makes_its_own_hub_and_receives_from_it() -> None:
    code = """
hub.publish(bytes(100000))
long = receiver.recv_message()
hub.publish("leaves a tray that the child cannot use")
receiver.recv()

def child():
    global long
    assert bytes(long) == bytes(100000)
    del long
    with SignalHub() as own, own.subscribe() as mine:
        for i in range(3):
            own.publish(f"of the child {i}")
            print(mine.recv())

in_child(child)
print(len(bytes(long)))
hub.publish("of the parent")
print(receiver.recv())
"""
    assert run(code) == "of the child 0\nof the child 1\nof the child 2\n100000\nof the parent\n"


def test_a_fork_while_others_publish_and_wait_leaves_a_child_that_works() -> None:
    code = """
stop = threading.Event()
idle = SignalHub()
waiting = idle.subscribe()

def publish():
    while not stop.is_set():
        hub.publish("x" * 1000, topic="a.b")

threads = [threading.Thread(target=publish), threading.Thread(target=list, args=(waiting,))]
for thread in threads:
    thread.start()

def child():
    with SignalHub() as own, own.subscribe() as mine:
        own.publish("well")
        assert mine.recv() == "well"

for _ in range(20):
    in_child(child)
stop.set()
idle.close()
for thread in threads:
    thread.join()
waiting.close()
"""
    assert run(code) == ""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_process_of_multiprocessing_has_its_own_hub(method: str, tmp_path: object) -> None:
    program = f"{tmp_path}/program.py"
    with open(program, "w") as file:
        file.write(
            f"""
import multiprocessing
from signalhub import *

def work():
    with SignalHub() as hub, hub.subscribe() as receiver:
        hub.publish("from the child")
        print(receiver.recv(), flush=True)

if __name__ == "__main__":
    hub = SignalHub()
    process = multiprocessing.get_context({method!r}).Process(target=work)
    process.start()
    process.join()
    hub.close()
"""
        )
    code = f"import runpy; runpy.run_path({program!r}, run_name='__main__')"
    assert fresh_python.output(code) == "from the child\n"
