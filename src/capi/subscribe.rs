// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a receiver comes to be in C, and what it can be asked for.

use std::ffi::{c_char, c_int};
use std::mem::offset_of;
use std::str;
use std::time::Duration;

use super::boundary::{borrow, guard, non_null, read_sized, slice, store};
use super::handle;
use super::hub::signalhub_t;
use super::receiver::signalhub_receiver_t;
use super::status::signalhub_status_t::{self, *};
use crate::error::HandleError;
use crate::{Message, OnLag, Receiver, ReceiverOptions, Start, Wait};

/// Start at the next message to be published.
pub const SIGNALHUB_START_NEXT: c_int = 0;
/// Start at the oldest message that the hub retains.
pub const SIGNALHUB_START_OLDEST: c_int = 1;
/// Start at the last `start_at` messages, as far as the hub retains them.
pub const SIGNALHUB_START_LAST: c_int = 2;
/// Start at message `start_at`. If the hub retains it no more, the first receive is
/// SIGNALHUB_LAGGED; above the number of the next message, it is SIGNALHUB_ERR_START.
pub const SIGNALHUB_START_SEQ: c_int = 3;

/// A lag is told once, and the receiver goes on at the oldest message that the hub retains.
pub const SIGNALHUB_ON_LAG_REPORT: c_int = 0;
/// A lag is not told, only counted, and the receiver goes on as with SIGNALHUB_ON_LAG_REPORT.
pub const SIGNALHUB_ON_LAG_SKIP: c_int = 1;
/// A lag is told once, and the receiver goes on at the newest message.
pub const SIGNALHUB_ON_LAG_NEWEST: c_int = 2;

/// A thread that waits looks again for some microseconds, then sleeps. Right for almost everybody.
pub const SIGNALHUB_WAIT_ADAPTIVE: c_int = 0;
/// A thread that waits never sleeps: the fastest answer, and publishers wake nobody, at the price of
/// a processor for as long as it waits.
pub const SIGNALHUB_WAIT_SPIN: c_int = 1;
/// A thread that waits never sleeps, but lets other threads go first.
pub const SIGNALHUB_WAIT_YIELD: c_int = 2;
/// A thread that waits sleeps at once, so that each message costs a wake-up.
pub const SIGNALHUB_WAIT_PARK: c_int = 3;

/// What signalhub_subscribe_with() can be asked for. Start from SIGNALHUB_RECEIVER_OPTIONS_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct signalhub_receiver_options_t {
    /// `sizeof(signalhub_receiver_options_t)`.
    pub struct_size: usize,
    /// Which topics it wants: a topic, in which '*' in a token's place stands for any one token, and
    /// '>' as the last token for one or more. "*" or ">" alone, and NULL, are every message, those
    /// without a topic included. Not terminated by a NUL.
    pub pattern: *const c_char,
    /// Length of the pattern in bytes, at most 255.
    pub pattern_len: usize,
    /// Where it starts: a SIGNALHUB_START_ constant.
    pub start: c_int,
    /// What it does when messages were overwritten before it read them: a SIGNALHUB_ON_LAG_
    /// constant.
    pub on_lag: c_int,
    /// With SIGNALHUB_START_LAST how many messages, with SIGNALHUB_START_SEQ which; else ignored.
    pub start_at: u64,
    /// Leaves out the messages of this origin, its own for example; 0 leaves out nothing.
    pub ignore_origin: u64,
    /// What it is called in statistics, for people: UTF-8 without control characters. Not
    /// terminated by a NUL. NULL for no name.
    pub name: *const c_char,
    /// Length of the name in bytes, at most 63.
    pub name_len: usize,
    /// How long a lossless receiver may hold publishers up without reading a message, in nanoseconds
    /// on the monotonic clock; then it becomes a lossy one, and gets SIGNALHUB_LAGGED, its first, when
    /// it is overtaken. 0 or less is for ever.
    pub max_stall_ns: i64,
    /// From how many unread messages on statistics say that it is about to lag, and a callback is
    /// told: SIGNALHUB_ABOUT_TO_LAG. 0 is never.
    pub warn_behind: u64,
    /// Whether publishers wait for it, 0 or 1: while it has a whole ring unread, a publish is
    /// SIGNALHUB_FULL. One that is never read again holds publishers up until it is freed.
    pub lossless: c_int,
    /// How a thread waits in a receive and in signalhub_wait_any(): a SIGNALHUB_WAIT_ constant.
    pub wait: c_int,
}

// As in tests/c/sizes.c. Without padding: struct_size could not tell a field that is added there.
#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<signalhub_receiver_options_t>() == 88);
    assert!(offset_of!(signalhub_receiver_options_t, struct_size) == 0);
    assert!(offset_of!(signalhub_receiver_options_t, pattern) == 8);
    assert!(offset_of!(signalhub_receiver_options_t, pattern_len) == 16);
    assert!(offset_of!(signalhub_receiver_options_t, start) == 24);
    assert!(offset_of!(signalhub_receiver_options_t, on_lag) == 28);
    assert!(offset_of!(signalhub_receiver_options_t, start_at) == 32);
    assert!(offset_of!(signalhub_receiver_options_t, ignore_origin) == 40);
    assert!(offset_of!(signalhub_receiver_options_t, name) == 48);
    assert!(offset_of!(signalhub_receiver_options_t, name_len) == 56);
    assert!(offset_of!(signalhub_receiver_options_t, max_stall_ns) == 64);
    assert!(offset_of!(signalhub_receiver_options_t, warn_behind) == 72);
    assert!(offset_of!(signalhub_receiver_options_t, lossless) == 80);
    assert!(offset_of!(signalhub_receiver_options_t, wait) == 84);
};

impl signalhub_receiver_options_t {
    /// Smallest struct_size that a caller can have: that of the first version.
    const SIZE_MIN: usize = offset_of!(Self, wait) + size_of::<c_int>();

    /// Reads the caller's options.
    ///
    /// # Safety
    ///
    /// `options` is NULL or points to as many readable bytes as its `struct_size` says; `pattern`
    /// spans `pattern_len` bytes, and `name` `name_len`.
    unsafe fn read(options: *const Self) -> Result<ReceiverOptions, signalhub_status_t> {
        let read = ReceiverOptions::default();
        if options.is_null() {
            return Ok(read);
        }
        // SAFETY: not NULL; the rest is the caller's promise. All-zero bytes are a valid struct.
        let given: Self = unsafe { read_sized(options, Self::SIZE_MIN) }?;
        let start = match given.start {
            SIGNALHUB_START_NEXT => Start::Next,
            SIGNALHUB_START_OLDEST => Start::Oldest,
            SIGNALHUB_START_LAST => Start::Last(given.start_at),
            SIGNALHUB_START_SEQ => Start::Seq(given.start_at),
            _ => return Err(SIGNALHUB_ERR_START),
        };
        let on_lag = match given.on_lag {
            SIGNALHUB_ON_LAG_REPORT => OnLag::Report,
            SIGNALHUB_ON_LAG_SKIP => OnLag::Skip,
            SIGNALHUB_ON_LAG_NEWEST => OnLag::Newest,
            _ => return Err(SIGNALHUB_ERR_ON_LAG),
        };
        let wait = match given.wait {
            SIGNALHUB_WAIT_ADAPTIVE => Wait::Adaptive,
            SIGNALHUB_WAIT_SPIN => Wait::Spin,
            SIGNALHUB_WAIT_YIELD => Wait::Yield,
            SIGNALHUB_WAIT_PARK => Wait::Park,
            _ => return Err(SIGNALHUB_ERR_WAIT),
        };
        let mut read = read
            .start(start)
            .on_lag(on_lag)
            .ignore_origin(given.ignore_origin)
            .warn_behind(given.warn_behind)
            .lossless(given.lossless != 0)
            .wait(wait);
        if let Ok(ns @ 1..) = u64::try_from(given.max_stall_ns) {
            read = read.max_stall(Duration::from_nanos(ns));
        }
        // SAFETY: `pattern` spans `pattern_len` bytes by the caller's promise.
        if let Some(pattern) = unsafe { optional_text(given.pattern, given.pattern_len) }? {
            read = read.pattern(pattern);
        }
        // SAFETY: `name` spans `name_len` bytes by the caller's promise.
        if let Some(name) = unsafe { optional_text(given.name, given.name_len) }? {
            read = read.name(name);
        }
        Ok(read)
    }
}

/// Reads the caller's text; NULL is none.
///
/// # Safety
///
/// `text` spans `len` bytes during `'a`.
unsafe fn optional_text<'a>(
    text: *const c_char,
    len: usize,
) -> Result<Option<&'a str>, signalhub_status_t> {
    // SAFETY: the caller's promise.
    let bytes = unsafe { slice(text.cast(), len) }?;
    if text.is_null() {
        return Ok(None);
    }
    str::from_utf8(bytes)
        .map(Some)
        .map_err(|_| SIGNALHUB_ERR_UTF8)
}

/// Subscribe to a hub, starting at the next message.
///
/// @param hub           The hub. Not NULL.
/// @param out_receiver  Receives the handle. Not NULL.
///
/// Ownership: free the handle with signalhub_receiver_free().
/// Threads:   any thread.
/// Returns:   SIGNALHUB_OK, SIGNALHUB_CLOSED, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE,
///            SIGNALHUB_ERR_FORKED, SIGNALHUB_ERR_NO_MEMORY or SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_subscribe(
    hub: *const signalhub_t,
    out_receiver: *mut *mut signalhub_receiver_t,
) -> signalhub_status_t {
    guard(|| {
        non_null(out_receiver)?;
        // SAFETY: `hub` is not freed during this call, by the contract of signalhub_free().
        let hub = unsafe { borrow(hub) }?;
        let handle = create(hub.subscribe()?)?;
        // SAFETY: `out_receiver` is writable by the contract of this function.
        unsafe { store(out_receiver, handle) };
        Ok(())
    })
}

/// Subscribe to a hub: which messages, from where, and what a lag means.
///
/// A message that is not wanted counts as filtered (see signalhub_receiver_stats()). It is in the
/// ring all the same: a receiver that does not receive lags because of it, but one that sleeps in a
/// receive does not, and is seldom woken by it.
///
/// @param hub           The hub. Not NULL.
/// @param options       What it is to get, or NULL for what signalhub_subscribe() gives.
/// @param out_receiver  Receives the handle. Not NULL.
///
/// Ownership: pattern and name are copied; free the handle with signalhub_receiver_free().
/// Threads:   any thread.
/// Returns:   what signalhub_subscribe() returns, SIGNALHUB_ERR_STRUCT_SIZE, SIGNALHUB_ERR_START,
///            SIGNALHUB_ERR_ON_LAG, SIGNALHUB_ERR_WAIT, SIGNALHUB_ERR_PATTERN, SIGNALHUB_ERR_NAME,
///            SIGNALHUB_ERR_UTF8, or SIGNALHUB_ERR_TOO_BIG for a text that no memory could hold.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_subscribe_with(
    hub: *const signalhub_t,
    options: *const signalhub_receiver_options_t,
    out_receiver: *mut *mut signalhub_receiver_t,
) -> signalhub_status_t {
    guard(|| {
        non_null(out_receiver)?;
        // SAFETY: `hub` is not freed during this call, by the contract of signalhub_free().
        let hub = unsafe { borrow(hub) }?;
        // SAFETY: `options` and its pattern are readable by the contract of this function.
        let options = unsafe { signalhub_receiver_options_t::read(options) }?;
        let handle = create(hub.subscribe_with(&options)?)?;
        // SAFETY: `out_receiver` is writable by the contract of this function.
        unsafe { store(out_receiver, handle) };
        Ok(())
    })
}

/// A handle for a receiver, whose own message is filled while the handle is locked.
fn create(mut receiver: Receiver) -> Result<*mut signalhub_receiver_t, HandleError> {
    receiver.message = Message::deferring();
    handle::create(receiver.into())
}
