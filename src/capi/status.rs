// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a call came to.

use std::ffi::{CStr, c_char, c_int};

use crate::error::{HandleError, LimitError, NewError, PublishError, SubscribeError, TopicError};

/// What a call came to. Zero is success; positive values are ordinary outcomes of a correct
/// program; negative values are mistakes or failures, after which nothing has changed unless the
/// function says otherwise.
/// Values are never reused.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum signalhub_status_t {
    /// The call did what it says.
    SIGNALHUB_OK = 0,
    /// No message is waiting.
    SIGNALHUB_EMPTY = 1,
    /// Messages were overwritten before they were read; `out_missed` says how many. The next
    /// receive goes on at the oldest message that the hub retains (or as on_lag says).
    SIGNALHUB_LAGGED = 2,
    /// The hub is closed, and a receiver has read every message before the end.
    SIGNALHUB_CLOSED = 3,
    /// Nothing came before the timeout.
    SIGNALHUB_TIMEOUT = 4,
    /// A lossless receiver has a whole ring unread, so nothing can be published.
    SIGNALHUB_FULL = 5,
    /// Messages and loans that their holders keep take up the hub's capacity_bytes.
    SIGNALHUB_KEPT = 6,
    /// A receiver has as many messages to read as its warn_behind says. Told to callbacks only.
    SIGNALHUB_ABOUT_TO_LAG = 7,
    /// A pointer that must not be NULL was NULL.
    SIGNALHUB_ERR_NULL = -1,
    /// Not a live handle of this type: freed, of another type, or of another copy of the library.
    SIGNALHUB_ERR_HANDLE = -2,
    /// The handle was made before fork(), by the parent process.
    SIGNALHUB_ERR_FORKED = -3,
    /// Another thread is inside a call on this receiver.
    SIGNALHUB_ERR_BUSY = -4,
    /// A struct_size that no version of the struct had, or unknown fields that are not zero.
    SIGNALHUB_ERR_STRUCT_SIZE = -5,
    /// A capacity of 0 or above SIGNALHUB_CAPACITY_MAX.
    SIGNALHUB_ERR_CAPACITY = -6,
    /// A slot_bytes below 64 or above SIGNALHUB_SLOT_BYTES_MAX.
    SIGNALHUB_ERR_SLOT_BYTES = -7,
    /// A max_message_bytes above SIGNALHUB_MESSAGE_BYTES_MAX.
    SIGNALHUB_ERR_MAX_MESSAGE_BYTES = -8,
    /// A kind that is none of the SIGNALHUB_KIND_ constants.
    SIGNALHUB_ERR_KIND = -9,
    /// A topic, a pattern, a name, or the payload of a TEXT, JSON or EVENT message, that is not UTF-8.
    SIGNALHUB_ERR_UTF8 = -10,
    /// A topic that is too long, or has an empty token, a wildcard, white space or a control
    /// character.
    SIGNALHUB_ERR_TOPIC = -11,
    /// A message longer than the hub's max_message_bytes, or a buffer that no memory could hold.
    SIGNALHUB_ERR_TOO_BIG = -12,
    /// A buffer that the message does not fit in; the needed size is told, and the message was not
    /// consumed.
    SIGNALHUB_ERR_TOO_SMALL = -13,
    /// The memory for it cannot be had.
    SIGNALHUB_ERR_NO_MEMORY = -14,
    /// The library failed inside; the handle must only be freed.
    SIGNALHUB_ERR_PANIC = -15,
    /// A pattern that is too long, or has an empty token, white space, a control character, or a
    /// wildcard that is no token of its own, or a '>' that is not the last one.
    SIGNALHUB_ERR_PATTERN = -16,
    /// A start that is none of the SIGNALHUB_START_ constants, or the number of a message that is
    /// not even the next one.
    SIGNALHUB_ERR_START = -17,
    /// An on_lag that is none of the SIGNALHUB_ON_LAG_ constants.
    SIGNALHUB_ERR_ON_LAG = -18,
    /// A capacity_bytes that is less than capacity times max_message_bytes.
    SIGNALHUB_ERR_CAPACITY_BYTES = -19,
    /// What is to be published of a loan is not within it.
    SIGNALHUB_ERR_LOAN = -20,
    /// A wait that is none of the SIGNALHUB_WAIT_ constants, or a wait for no receiver at all.
    SIGNALHUB_ERR_WAIT = -21,
    /// The system has no more descriptors or threads to give.
    SIGNALHUB_ERR_LIMIT = -22,
    /// A name that is longer than 63 bytes, or has a control character.
    SIGNALHUB_ERR_NAME = -23, // Last added.
}

use signalhub_status_t::*;

/// The text of a status, for people.
///
/// @param status  Any number; one that is no status gives "unknown status".
///
/// Ownership: the text is static.
/// Threads:   any thread.
/// Returns:   the text, never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn signalhub_status_str(status: c_int) -> *const c_char {
    let text: &CStr = match ALL.iter().find(|(known, _)| *known as c_int == status) {
        Some((_, text)) => text,
        None => c"unknown status",
    };
    text.as_ptr()
}

/// Every status and its text.
const ALL: [(signalhub_status_t, &CStr); 31] = [
    (SIGNALHUB_OK, c"ok"),
    (SIGNALHUB_EMPTY, c"no message is waiting"),
    (
        SIGNALHUB_LAGGED,
        c"messages were overwritten before they were read",
    ),
    (SIGNALHUB_CLOSED, c"the hub is closed"),
    (SIGNALHUB_TIMEOUT, c"nothing came before the timeout"),
    (
        SIGNALHUB_FULL,
        c"a lossless receiver has a whole ring unread",
    ),
    (
        SIGNALHUB_KEPT,
        c"messages that their holders keep take up capacity_bytes",
    ),
    (SIGNALHUB_ABOUT_TO_LAG, c"the receiver is about to lag"),
    (
        SIGNALHUB_ERR_NULL,
        c"a pointer that must not be NULL was NULL",
    ),
    (SIGNALHUB_ERR_HANDLE, c"not a live handle of this type"),
    (SIGNALHUB_ERR_FORKED, c"the handle was made before fork()"),
    (
        SIGNALHUB_ERR_BUSY,
        c"another thread is inside a call on this receiver",
    ),
    (
        SIGNALHUB_ERR_STRUCT_SIZE,
        c"unknown struct_size, or unknown fields that are not zero",
    ),
    (
        SIGNALHUB_ERR_CAPACITY,
        c"capacity must be from 1 to 4294967296",
    ),
    (
        SIGNALHUB_ERR_SLOT_BYTES,
        c"slot_bytes must be from 64 to 65536",
    ),
    (
        SIGNALHUB_ERR_MAX_MESSAGE_BYTES,
        c"max_message_bytes must be at most 1099511627776",
    ),
    (SIGNALHUB_ERR_KIND, c"unknown kind"),
    (
        SIGNALHUB_ERR_UTF8,
        c"topic, pattern, name or text is not UTF-8",
    ),
    (
        SIGNALHUB_ERR_TOPIC,
        c"topic is too long, or has an empty token, a wildcard or white space",
    ),
    (
        SIGNALHUB_ERR_TOO_BIG,
        c"message is longer than max_message_bytes",
    ),
    (
        SIGNALHUB_ERR_TOO_SMALL,
        c"buffer is too small for the message",
    ),
    (SIGNALHUB_ERR_NO_MEMORY, c"out of memory"),
    (SIGNALHUB_ERR_PANIC, c"the library failed inside"),
    (
        SIGNALHUB_ERR_PATTERN,
        c"pattern is too long, or has an empty token, white space or a wildcard out of place",
    ),
    (
        SIGNALHUB_ERR_START,
        c"unknown start, or there is no message yet to start at",
    ),
    (SIGNALHUB_ERR_ON_LAG, c"unknown on_lag"),
    (
        SIGNALHUB_ERR_WAIT,
        c"unknown wait, or no receiver to wait for",
    ),
    (
        SIGNALHUB_ERR_LIMIT,
        c"the system has no more descriptors or threads to give",
    ),
    (
        SIGNALHUB_ERR_NAME,
        c"name is longer than 63 bytes or has a control character",
    ),
    (
        SIGNALHUB_ERR_CAPACITY_BYTES,
        c"capacity_bytes must be at least capacity times max_message_bytes",
    ),
    (
        SIGNALHUB_ERR_LOAN,
        c"what is to be published is not within the loan",
    ),
];

impl From<HandleError> for signalhub_status_t {
    fn from(error: HandleError) -> Self {
        match error {
            HandleError::Null => SIGNALHUB_ERR_NULL,
            HandleError::Stale => SIGNALHUB_ERR_HANDLE,
            HandleError::Forked => SIGNALHUB_ERR_FORKED,
            HandleError::Busy => SIGNALHUB_ERR_BUSY,
            HandleError::NoMemory => SIGNALHUB_ERR_NO_MEMORY,
        }
    }
}

impl From<NewError> for signalhub_status_t {
    fn from(error: NewError) -> Self {
        match error {
            NewError::Capacity => SIGNALHUB_ERR_CAPACITY,
            NewError::SlotBytes => SIGNALHUB_ERR_SLOT_BYTES,
            NewError::MaxMessageBytes => SIGNALHUB_ERR_MAX_MESSAGE_BYTES,
            NewError::NoMemory => SIGNALHUB_ERR_NO_MEMORY,
            NewError::CapacityBytes => SIGNALHUB_ERR_CAPACITY_BYTES,
        }
    }
}

impl From<PublishError> for signalhub_status_t {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Closed => SIGNALHUB_CLOSED,
            PublishError::Full => SIGNALHUB_FULL,
            PublishError::TooBig => SIGNALHUB_ERR_TOO_BIG,
            PublishError::Topic(error) => error.into(),
            PublishError::NoMemory => SIGNALHUB_ERR_NO_MEMORY,
            PublishError::Kept => SIGNALHUB_KEPT,
            PublishError::NotUtf8 => SIGNALHUB_ERR_UTF8,
        }
    }
}

impl From<TopicError> for signalhub_status_t {
    fn from(_: TopicError) -> Self {
        SIGNALHUB_ERR_TOPIC
    }
}

impl From<SubscribeError> for signalhub_status_t {
    fn from(error: SubscribeError) -> Self {
        match error {
            SubscribeError::Closed => SIGNALHUB_CLOSED,
            SubscribeError::Pattern(_) => SIGNALHUB_ERR_PATTERN,
            SubscribeError::Start => SIGNALHUB_ERR_START,
            SubscribeError::Name => SIGNALHUB_ERR_NAME,
        }
    }
}

impl From<LimitError> for signalhub_status_t {
    fn from(_: LimitError) -> Self {
        SIGNALHUB_ERR_LIMIT
    }
}
