# SPDX-License-Identifier: MIT OR Apache-2.0
"""The constants, structs and functions of C, exactly as signalhub.h declares them.

Nothing else in the package says what a function takes. tests/test_bindings.py compares this file
with the header, so a change there without one here fails.
"""

from __future__ import annotations

from ctypes import (
    POINTER,
    Structure,
    c_char,
    c_char_p,
    c_int,
    c_int64,
    c_size_t,
    c_uint32,
    c_uint64,
    c_void_p,
)
from typing import Any

SIGNALHUB_VERSION_MAJOR = 0
SIGNALHUB_VERSION_MINOR = 1
SIGNALHUB_VERSION_PATCH = 0
SIGNALHUB_ABI_VERSION = 0

SIGNALHUB_CAPACITY_DEFAULT = 100
SIGNALHUB_CAPACITY_MAX = 4294967296
SIGNALHUB_SLOT_BYTES_MIN = 64
SIGNALHUB_SLOT_BYTES_MAX = 65536
SIGNALHUB_MESSAGE_BYTES_MAX = 1099511627776
SIGNALHUB_NAME_SIZE = 64
SIGNALHUB_NO_RECEIVER = 18446744073709551615

SIGNALHUB_KIND_BYTES = 0
SIGNALHUB_KIND_TEXT = 1
SIGNALHUB_KIND_JSON = 2
SIGNALHUB_KIND_EVENT = 3

SIGNALHUB_START_NEXT = 0
SIGNALHUB_START_OLDEST = 1
SIGNALHUB_START_LAST = 2
SIGNALHUB_START_SEQ = 3

SIGNALHUB_ON_LAG_REPORT = 0
SIGNALHUB_ON_LAG_SKIP = 1
SIGNALHUB_ON_LAG_NEWEST = 2

SIGNALHUB_WAIT_ADAPTIVE = 0
SIGNALHUB_WAIT_SPIN = 1
SIGNALHUB_WAIT_YIELD = 2
SIGNALHUB_WAIT_PARK = 3

SIGNALHUB_OK = 0
SIGNALHUB_EMPTY = 1
SIGNALHUB_LAGGED = 2
SIGNALHUB_CLOSED = 3
SIGNALHUB_TIMEOUT = 4
SIGNALHUB_FULL = 5
SIGNALHUB_KEPT = 6
SIGNALHUB_ABOUT_TO_LAG = 7
SIGNALHUB_ERR_NULL = -1
SIGNALHUB_ERR_HANDLE = -2
SIGNALHUB_ERR_FORKED = -3
SIGNALHUB_ERR_BUSY = -4
SIGNALHUB_ERR_STRUCT_SIZE = -5
SIGNALHUB_ERR_CAPACITY = -6
SIGNALHUB_ERR_SLOT_BYTES = -7
SIGNALHUB_ERR_MAX_MESSAGE_BYTES = -8
SIGNALHUB_ERR_KIND = -9
SIGNALHUB_ERR_UTF8 = -10
SIGNALHUB_ERR_TOPIC = -11
SIGNALHUB_ERR_TOO_BIG = -12
SIGNALHUB_ERR_TOO_SMALL = -13
SIGNALHUB_ERR_NO_MEMORY = -14
SIGNALHUB_ERR_PANIC = -15
SIGNALHUB_ERR_PATTERN = -16
SIGNALHUB_ERR_START = -17
SIGNALHUB_ERR_ON_LAG = -18
SIGNALHUB_ERR_CAPACITY_BYTES = -19
SIGNALHUB_ERR_LOAN = -20
SIGNALHUB_ERR_WAIT = -21
SIGNALHUB_ERR_LIMIT = -22
SIGNALHUB_ERR_NAME = -23

# The opaque types: a handle is an address.
Hub = Receiver = Message = Loan = Dispatcher = c_void_p
#: signalhub_message_fn_t and signalhub_free_fn_t, by their addresses.
MessageFn = FreeFn = c_void_p
Status = c_int


class Options(Structure):
    """signalhub_options_t"""

    _fields_ = [
        ("struct_size", c_size_t),
        ("capacity", c_uint64),
        ("max_message_bytes", c_uint64),
        ("slot_bytes", c_uint64),
        ("capacity_bytes", c_uint64),
    ]


class View(Structure):
    """signalhub_view_t; its texts end where their lengths say, not at a NUL."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("data", c_void_p),
        ("len", c_size_t),
        ("topic", c_void_p),
        ("topic_len", c_size_t),
        ("kind", c_int),
        ("reserved", c_uint32),
        ("origin", c_uint64),
        ("seq", c_uint64),
    ]


class ReceiverOptions(Structure):
    """signalhub_receiver_options_t; its pattern ends where its length says, not at a NUL."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("pattern", c_void_p),
        ("pattern_len", c_size_t),
        ("start", c_int),
        ("on_lag", c_int),
        ("start_at", c_uint64),
        ("ignore_origin", c_uint64),
        ("name", c_void_p),
        ("name_len", c_size_t),
        ("max_stall_ns", c_int64),
        ("warn_behind", c_uint64),
        ("lossless", c_int),
        ("wait", c_int),
    ]


class ReceiverStats(Structure):
    """signalhub_receiver_stats_t"""

    _fields_ = [
        ("struct_size", c_size_t),
        ("start_seq", c_uint64),
        ("next_seq", c_uint64),
        ("received", c_uint64),
        ("filtered", c_uint64),
        ("missed", c_uint64),
        ("behind", c_uint64),
        ("worst_behind", c_uint64),
        ("wake_ups", c_uint64),
        ("id", c_uint64),
        ("name", c_char * SIGNALHUB_NAME_SIZE),
        ("lossless", c_int),
        ("about_to_lag", c_int),
        ("held_messages", c_uint64),
        ("held_bytes", c_uint64),
    ]


class Stats(Structure):
    """signalhub_stats_t"""

    _fields_ = [
        ("struct_size", c_size_t),
        ("capacity", c_uint64),
        ("published", c_uint64),
        ("receivers", c_uint64),
        ("waiting", c_uint64),
        ("waiting_publishers", c_uint64),
        ("gated_by", c_uint64),
        ("blocks", c_uint64),
        ("block_bytes", c_uint64),
        ("free_bytes", c_uint64),
    ]


#: name -> (result, arguments)
FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "signalhub_version": (c_char_p, []),
    "signalhub_abi_version": (c_uint32, []),
    "signalhub_status_str": (c_char_p, [c_int]),
    "signalhub_new": (Status, [POINTER(Options), POINTER(Hub)]),
    "signalhub_clone": (Status, [Hub, POINTER(Hub)]),
    "signalhub_publish": (
        Status,
        [Hub, c_int, c_void_p, c_size_t, POINTER(c_uint64), POINTER(c_uint64)],
    ),
    "signalhub_publish_view": (
        Status,
        [Hub, POINTER(View), POINTER(c_uint64), POINTER(c_uint64)],
    ),
    "signalhub_publish_timeout": (
        Status,
        [Hub, POINTER(View), c_int64, POINTER(c_uint64), POINTER(c_uint64)],
    ),
    "signalhub_publish_many": (Status, [Hub, POINTER(View), c_size_t, POINTER(c_size_t)]),
    "signalhub_capacity": (Status, [Hub, POINTER(c_uint64)]),
    "signalhub_next_seq": (Status, [Hub, POINTER(c_uint64)]),
    "signalhub_is_closed": (Status, [Hub, POINTER(c_int)]),
    "signalhub_close": (Status, [Hub]),
    "signalhub_free": (Status, [Hub]),
    "signalhub_message_new": (Status, [POINTER(Message)]),
    "signalhub_message_view": (Status, [Message, POINTER(View)]),
    "signalhub_message_clear": (Status, [Message]),
    "signalhub_message_free": (Status, [Message]),
    "signalhub_subscribe": (Status, [Hub, POINTER(Receiver)]),
    "signalhub_subscribe_with": (Status, [Hub, POINTER(ReceiverOptions), POINTER(Receiver)]),
    "signalhub_receiver_try_recv": (Status, [Receiver, Message, POINTER(c_uint64)]),
    "signalhub_receiver_recv": (Status, [Receiver, Message, POINTER(c_uint64)]),
    "signalhub_receiver_recv_timeout": (
        Status,
        [Receiver, Message, c_int64, POINTER(c_uint64)],
    ),
    "signalhub_receiver_recv_into": (
        Status,
        [Receiver, c_void_p, c_size_t, c_int64, POINTER(c_size_t), POINTER(c_uint64)],
    ),
    "signalhub_receiver_recv_many": (
        Status,
        [Receiver, POINTER(Message), c_size_t, c_int64, POINTER(c_size_t), POINTER(c_uint64)],
    ),
    "signalhub_receiver_recv_packed": (
        Status,
        [
            Receiver,
            c_void_p,
            c_size_t,
            POINTER(c_size_t),
            c_size_t,
            c_int64,
            POINTER(c_size_t),
            POINTER(c_uint64),
        ],
    ),
    "signalhub_receiver_next_seq": (Status, [Receiver, POINTER(c_uint64)]),
    "signalhub_receiver_stats": (Status, [Receiver, POINTER(ReceiverStats)]),
    "signalhub_receiver_free": (Status, [Receiver]),
    "signalhub_receiver_fd": (Status, [Receiver, POINTER(c_int)]),
    "signalhub_wait_any": (Status, [POINTER(Receiver), c_size_t, c_int64, POINTER(c_size_t)]),
    "signalhub_stats": (Status, [Hub, POINTER(Stats)]),
    "signalhub_stats_receivers": (
        Status,
        [Hub, POINTER(ReceiverStats), c_size_t, POINTER(c_size_t)],
    ),
    "signalhub_stats_text": (
        Status,
        [Hub, c_void_p, c_size_t, c_void_p, c_size_t, POINTER(c_size_t)],
    ),
    "signalhub_loan": (Status, [Hub, c_size_t, POINTER(Loan), POINTER(c_void_p)]),
    "signalhub_loan_publish": (
        Status,
        [Loan, POINTER(View), POINTER(c_uint64), POINTER(c_uint64)],
    ),
    "signalhub_loan_free": (Status, [Loan]),
    "signalhub_publish_owned": (
        Status,
        [Hub, POINTER(View), FreeFn, c_void_p, POINTER(c_uint64), POINTER(c_uint64)],
    ),
    "signalhub_dispatcher_new": (Status, [POINTER(Dispatcher)]),
    "signalhub_dispatcher_free": (Status, [Dispatcher]),
    "signalhub_receiver_on_message": (Status, [Receiver, Dispatcher, MessageFn, c_void_p, FreeFn]),
}
