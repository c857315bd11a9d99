# SPDX-License-Identifier: MIT OR Apache-2.0
"""The end of hubs and receivers: close, `with`, collection (promise P7)."""

from __future__ import annotations

import copy
import gc
import pickle
import re
from typing import Callable

import fresh_python
import pytest
from waiting import Background

from signalhub import ClosedError, SignalHub, SignalReceiver


def test_a_closed_hub_refuses_publishers_and_lets_receivers_read_what_is_left() -> None:
    hub = SignalHub()
    with hub.subscribe() as receiver:
        hub.publish("left")
        assert not hub.closed
        hub.close()
        assert hub.closed
        for refused in (lambda: hub.publish("late"), hub.subscribe, hub.snapshot):
            with pytest.raises(ClosedError, match="the hub is closed"):
                refused()
        assert receiver.recv() == "left"
        for receive in (receiver.recv, receiver.try_recv, receiver.recv_message):
            with pytest.raises(ClosedError, match="the hub is closed"):
                receive()
    assert (hub.next_seq, hub.capacity) == (1, 100)


def test_closing_twice_does_nothing() -> None:
    hub = SignalHub()
    receiver = hub.subscribe()
    for _ in range(2):
        receiver.close()
        hub.close()
    assert receiver.closed
    assert hub.closed


def test_with_closes_also_after_an_exception() -> None:
    with pytest.raises(ZeroDivisionError), SignalHub() as hub, hub.subscribe() as receiver:
        hub.publish(str(1 // 0))
    assert hub.closed
    assert receiver.closed


def test_a_closed_receiver_says_so(hub: SignalHub) -> None:
    receiver = hub.subscribe()
    hub.publish("never read")
    receiver.close()
    uses: list[Callable[[], object]] = [
        receiver.recv,
        receiver.try_recv,
        receiver.recv_message,
        lambda: receiver.recv(0),
        lambda: receiver.recv_many(1),
        lambda: receiver.next_seq,
        lambda: receiver.stats,
        lambda: list(receiver),
    ]
    for use in uses:
        with pytest.raises(ClosedError, match="the receiver is closed"):
            use()
    assert hub.publish("still open") == 0


@pytest.mark.parametrize("receive", ["recv", "recv_message", "__next__"])
def test_closing_the_hub_wakes_who_waits(hub: SignalHub, receive: str) -> None:
    with hub.subscribe() as receiver:
        waiting = Background(getattr(receiver, receive))
        waiting.wait_until_asleep()
        hub.close()
        with pytest.raises((ClosedError, StopIteration)):
            waiting.result()


def test_closing_the_receiver_wakes_who_waits(hub: SignalHub) -> None:
    receiver = hub.subscribe()
    waiting = [Background(receiver.recv), Background(receiver.recv, 1000)]
    for thread in waiting:
        thread.wait_until_asleep()
    receiver.close()
    for thread in waiting:
        with pytest.raises(ClosedError, match="the receiver is closed"):
            thread.result()


def test_closing_the_receiver_ends_an_iteration_elsewhere(hub: SignalHub) -> None:
    receiver = hub.subscribe()
    waiting = Background(list, receiver)
    waiting.wait_until_asleep()
    receiver.close()
    assert waiting.result() == []


def test_a_collected_hub_is_closed() -> None:
    hub = SignalHub()
    with hub.subscribe() as receiver:
        hub.publish("left")
        with pytest.warns(ResourceWarning, match=re.escape(f"unclosed {hub!r}")):
            del hub
        assert list(receiver) == ["left"]


def test_an_unclosed_receiver_gives_a_resource_warning(hub: SignalHub) -> None:
    receiver = hub.subscribe()
    with pytest.warns(ResourceWarning, match=re.escape(f"unclosed {receiver!r}")):
        del receiver
    assert hub.publish("to nobody") == 0


def test_what_was_closed_is_collected_in_silence() -> None:
    with SignalHub() as hub, hub.subscribe() as receiver:
        pass
    closed_elsewhere = SignalHub()
    SignalHub.from_handle(closed_elsewhere.handle).close()
    del hub, receiver, closed_elsewhere
    gc.collect()


def test_a_warning_as_an_error_frees_all_the_same() -> None:
    code = """
        import gc, signalhub
        hub = signalhub.SignalHub()
        rest = hub.subscribe()
        receiver = hub.subscribe()
        del receiver
        print(hub.publish("to the rest"))
        del hub
        print(list(rest))
        rest.close()
    """
    done = fresh_python.run(code, "-W", "error")
    assert done.stdout == "1\n['to the rest']\n"
    assert done.stderr.count("ResourceWarning: unclosed <Signal") == 2


def test_half_made_objects_are_collected_in_silence() -> None:
    with pytest.raises(ValueError, match="capacity"):
        SignalHub(0)
    assert repr(SignalHub.__new__(SignalHub)) == "<SignalHub not made>"
    assert SignalReceiver.__new__(SignalReceiver).closed
    gc.collect()


@pytest.mark.parametrize("unclosed", ["hub", "receiver", "hub receiver", "hub cycle", "hub thread"])
def test_the_end_of_the_interpreter_is_orderly(unclosed: str) -> None:
    code = f"""
        import signalhub, sys, threading
        hub = signalhub.SignalHub()
        receiver = hub.subscribe()
        unclosed = {unclosed.split()!r}
        if "cycle" in unclosed:
            hub.receiver, receiver.hub = receiver, hub
        if "thread" in unclosed:
            threading.Thread(target=hub.subscribe().recv, daemon=True).start()
        if "hub" not in unclosed:
            hub.close()
        if unclosed == ["hub"]:
            receiver.close()
        sys.signalhub = hub, receiver  # outlives the modules
    """
    done = fresh_python.run(code, "-X", "dev")
    assert done.returncode == 0
    assert not re.sub(r".*ResourceWarning: unclosed <Signal.*|.*tracemalloc.*|\s", "", done.stderr)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_hubs_and_receivers_are_not_copied_nor_pickled(
    hub: SignalHub, duplicate: Callable[[object], object]
) -> None:
    with hub.subscribe() as receiver:
        with pytest.raises(TypeError, match="a SignalHub cannot be copied or pickled"):
            duplicate(hub)
        with pytest.raises(TypeError, match="a SignalReceiver cannot be copied or pickled"):
            duplicate(receiver)


def test_they_show_their_state() -> None:
    with SignalHub(7) as hub, hub.subscribe() as receiver:
        hub.publish("x")
        assert repr(hub) == "<SignalHub open capacity=7 next_seq=1>"
        assert repr(receiver) == "<SignalReceiver next_seq=0>"
    assert repr(hub) == "<SignalHub closed capacity=7 next_seq=1>"
    assert repr(receiver) == "<SignalReceiver closed>"
