# SPDX-License-Identifier: MIT OR Apache-2.0
"""Waiting for one of several receivers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from ctypes import Array, byref, c_size_t, c_void_p

from signalhub import _bindings as c
from signalhub._arguments import FOREVER_NS, nanoseconds
from signalhub._lib import released
from signalhub.errors import ClosedError, error_of
from signalhub.receiver import BUSY_S, SLICE_NS, SignalReceiver


def wait_any(receivers: Iterable[SignalReceiver], timeout: float | None = None) -> SignalReceiver:
    """Wait until one of several receivers has something, and return it.

    Nothing is taken: a receive does that, and does not wait then. They may be of one hub or of
    several, and are looked at from another one on in each call, so that a busy one does not hide
    the others.

    Args:
        receivers: the receivers.
        timeout: how long to wait at most, in seconds on the monotonic clock. 0 looks once, None
            waits for ever.

    Raises:
        RecvTimeout: nothing came in time.
        ClosedError: one of the receivers is closed. (One whose hub is closed is returned.)
        ForkedError: one of them was made by the parent of this process.
        TypeError: one is no receiver, or the timeout is not a number.
        ValueError: there is no receiver, or the timeout is negative or NaN.
    """
    if isinstance(receivers, SignalReceiver):  # which iterating over would receive from
        raise TypeError(f"receivers must be SignalReceivers, not {receivers!r} alone")
    several = list(receivers)
    for receiver in several:
        if not isinstance(receiver, SignalReceiver):
            raise TypeError(f"receivers must be SignalReceivers, not {receiver!r}")
    timeout_ns = nanoseconds(timeout)
    handles = (c_void_p * len(several))(*(receiver._live() for receiver in several))
    for receiver in several:
        if receiver._kept:
            return receiver
    index = c_size_t()
    status = _wait(handles, timeout_ns, index)
    if status == c.SIGNALHUB_OK:
        return several[index.value]
    if status == c.SIGNALHUB_CLOSED or any(receiver.closed for receiver in several):
        raise ClosedError("the receiver is closed")
    raise error_of(status)


def _wait(handles: Array[c_void_p], timeout_ns: int, index: c_size_t) -> int:
    """Wait without the GIL, in the main thread in slices, and return the status."""
    is_main = threading.get_ident() == threading.main_thread().ident
    slice_ns = SLICE_NS if is_main else FOREVER_NS
    deadline = time.monotonic_ns() + timeout_ns
    while True:
        left_ns = max(deadline - time.monotonic_ns(), 0)
        nap_ns = min(left_ns, slice_ns)
        status: int = released.signalhub_wait_any(handles, len(handles), nap_ns, byref(index))
        if status == c.SIGNALHUB_ERR_BUSY:
            time.sleep(BUSY_S)
        elif status != c.SIGNALHUB_TIMEOUT or nap_ns == left_ns:
            return status
