// SPDX-License-Identifier: MIT OR Apache-2.0
//! Waiting for a receiver in C: by a descriptor, or for one of several.

use std::ffi::c_int;

use super::boundary::{Unlocked, guard, lock, non_null, slice, store, timeout};
use super::callback::Held;
use super::receiver::signalhub_receiver_t;
use super::status::signalhub_status_t::{self, *};
use crate::Receiver;
use crate::block::free_due;
use crate::spot::Spot;
use crate::wait::Deadline;
use crate::wait_any::order;

/// A descriptor for select, poll, epoll and the event loops that are made of them: readable when a
/// receive would not say that nothing is there, because there is a message, a lag, or the end (for
/// good, then).
///
/// It is made by the first call, and is the same in later ones. Level-triggered: when it is readable,
/// receive until SIGNALHUB_EMPTY or SIGNALHUB_TIMEOUT, which makes it unreadable. It may be readable
/// for nothing now and then, with a pattern once in half a ring. Edge-triggered epoll sees it
/// become readable after each SIGNALHUB_EMPTY or SIGNALHUB_TIMEOUT.
///
/// @param receiver  The receiver. Not NULL.
/// @param out_fd    Receives the descriptor. Not NULL.
///
/// Ownership: it is the receiver's, and closed with it. Watch it; do not read, write or close it.
/// Threads:   one thread at a time.
/// Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED,
///            SIGNALHUB_ERR_BUSY, SIGNALHUB_ERR_LIMIT or SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_receiver_fd(
    receiver: *mut signalhub_receiver_t,
    out_fd: *mut c_int,
) -> signalhub_status_t {
    guard(|| {
        non_null(out_fd)?;
        // SAFETY: `receiver` is NULL or was a receiver, by the contract of this function.
        let fd = unsafe { lock(receiver) }?.fd();
        free_due();
        let fd = fd?;
        // SAFETY: `out_fd` is writable by the contract of this function.
        unsafe { store(out_fd, fd) };
        Ok(())
    })
}

/// Wait until one of several receivers has something: a message, a lag or the end. Nothing is taken:
/// signalhub_receiver_try_recv() does that then.
///
/// The receivers may be of one hub or of several. They are looked at from another one on in each
/// call, so that a busy one does not hide the others. How the thread waits is up to the most wakeful
/// of them (see SIGNALHUB_WAIT_ADAPTIVE).
///
/// @param receivers   The receivers. Not NULL.
/// @param count       How many.
/// @param timeout_ns  As for signalhub_receiver_recv_timeout().
/// @param out_index   Receives the place of the receiver among them, when SIGNALHUB_OK or
///                    SIGNALHUB_CLOSED. Not NULL.
///
/// Threads: one thread at a time; signalhub_receiver_free() from another one ends the wait.
/// Blocks:  until one of them has something, one of them is freed or the time is over.
/// Returns: SIGNALHUB_OK, SIGNALHUB_TIMEOUT, SIGNALHUB_CLOSED (one of them was freed meanwhile; a hub
///          that is closed is SIGNALHUB_OK), SIGNALHUB_ERR_WAIT when `count` is 0,
///          SIGNALHUB_ERR_TOO_BIG when it is more than fits in memory, SIGNALHUB_ERR_NULL,
///          SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED, SIGNALHUB_ERR_BUSY or SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_wait_any(
    receivers: *const *mut signalhub_receiver_t,
    count: usize,
    timeout_ns: i64,
    out_index: *mut usize,
) -> signalhub_status_t {
    guard(|| {
        non_null(out_index)?;
        // SAFETY: `receivers` spans `count` handles by the contract of this function.
        let receivers = unsafe { slice(receivers, count) }?;
        let mut several = Vec::new();
        for &receiver in receivers {
            // SAFETY: each is NULL or was a receiver, by the contract of this function.
            several.push((unsafe { lock(receiver) }?.unlock(), receiver.addr()));
        }
        let found = wait_any(&several, Deadline::after(timeout(timeout_ns)));
        free_due();
        let (index, result) = found?;
        // SAFETY: `out_index` is writable by the contract of this function.
        unsafe { store(out_index, index) };
        result
    })
}

/// Which of several receivers, each with its address, has something, or (`SIGNALHUB_CLOSED`) was
/// freed.
fn wait_any(
    several: &[(Unlocked<'_, Held>, usize)],
    deadline: Deadline,
) -> Result<(usize, Result<(), signalhub_status_t>), signalhub_status_t> {
    if several.is_empty() {
        return Err(SIGNALHUB_ERR_WAIT);
    }
    loop {
        let mut spots = Vec::new();
        for i in order(several.len()) {
            let (unlocked, owner) = &several[i];
            let Some(mut locked) = unlocked.lock() else {
                return Ok((i, Err(SIGNALHUB_CLOSED)));
            };
            let Receiver { cursor, message } = &mut **locked;
            if cursor.peek(message) {
                return Ok((i, Ok(())));
            }
            spots.push(cursor.spot(*owner));
        }
        free_due();
        let freed = || several.iter().any(|(unlocked, _)| unlocked.is_freed());
        if !Spot::wait_any(&spots, deadline, freed) {
            return Err(SIGNALHUB_TIMEOUT);
        }
    }
}
