# SPDX-License-Identifier: MIT OR Apache-2.0
"""Handles: how a hub is shared with C, and between two objects of Python."""

from __future__ import annotations

import gc
from ctypes import byref, c_uint64

from signalhub import SignalHub
from signalhub._bindings import SIGNALHUB_KIND_TEXT, SIGNALHUB_OK
from signalhub._lib import held


def test_from_handle_is_the_same_hub() -> None:
    with SignalHub(7) as hub, hub.subscribe() as receiver:
        clone = SignalHub.from_handle(hub.handle)
        assert clone.handle != hub.handle
        assert clone.capacity == 7
        clone.publish("from the clone")
        assert hub.next_seq == 1
        assert receiver.recv() == "from the clone"


def test_a_handle_of_c_works_in_python_and_the_other_way_round(hub: SignalHub) -> None:
    receivers = c_uint64()
    with hub.subscribe() as receiver:
        status = held.signalhub_publish(
            hub.handle, SIGNALHUB_KIND_TEXT, b"from C", 6, None, byref(receivers)
        )
        assert (status, receivers.value) == (SIGNALHUB_OK, 1)
        assert receiver.recv() == "from C"


def test_closing_a_clone_closes_the_hub() -> None:
    hub = SignalHub()
    with SignalHub.from_handle(hub.handle) as clone:
        assert not hub.closed
    assert hub.closed
    assert clone.closed


def test_a_clone_keeps_the_hub_open_and_is_collected_in_silence() -> None:
    with SignalHub() as hub:
        clone = SignalHub.from_handle(hub.handle)
        del clone
        gc.collect()
        assert not hub.closed


def test_a_subclass_makes_its_own_kind() -> None:
    class Named(SignalHub):
        name = "mine"

    with Named() as hub:
        clone = Named.from_handle(hub.handle)
        assert (clone.name, clone.publish("x")) == ("mine", 0)
