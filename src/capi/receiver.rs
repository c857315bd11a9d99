// SPDX-License-Identifier: MIT OR Apache-2.0
//! A receiver in C: receive in all its forms, free. batch.rs has those that take several messages.

use std::ffi::c_void;
use std::time::Duration;

use super::boundary::{guard, lock, non_null, slice_mut, store, timeout};
use super::callback::Held;
use super::handle::{self, Handle, Kind};
use super::message::{fill, signalhub_message_t};
use super::status::signalhub_status_t::{self, *};
use crate::block::free_due;
use crate::wait::Deadline;
use crate::{Receiver, TryRecvError};

/// One reader of a hub, with its own place in the stream. Use it from one thread at a time: a
/// second one gets SIGNALHUB_ERR_BUSY, unless the first is asleep.
pub struct signalhub_receiver_t {
    _opaque: [u8; 0],
}

impl Handle for signalhub_receiver_t {
    type Value = Held;
    const KIND: Kind = Kind::Receiver;

    fn retire(receiver: Held, address: usize) {
        receiver.cursor.wake_owner(address);
    }
}

/// Receive the next message if one is there.
///
/// @param receiver    The receiver. Not NULL.
/// @param message     The message to fill. Not NULL.
/// @param out_missed  Receives how many messages were missed, when SIGNALHUB_LAGGED. NULL if not
///                    wanted. The first of them was signalhub_receiver_next_seq() - missed.
///
/// Threads: one thread at a time.
/// Returns: SIGNALHUB_OK, SIGNALHUB_EMPTY, SIGNALHUB_LAGGED, SIGNALHUB_CLOSED, SIGNALHUB_ERR_NULL,
///          SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED, SIGNALHUB_ERR_BUSY or
///          SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_receiver_try_recv(
    receiver: *mut signalhub_receiver_t,
    message: *mut signalhub_message_t,
    out_missed: *mut u64,
) -> signalhub_status_t {
    guard(|| {
        // SAFETY: `message` is the caller's alone during this call, by the contract.
        let mut message = unsafe { fill(message) }?;
        // SAFETY: `receiver` is NULL or was a receiver, by the contract of this function.
        let mut receiver = unsafe { lock(receiver) }?;
        // SAFETY: `out_missed` is NULL or writable by the contract of this function.
        receiver
            .cursor
            .try_recv(&mut message)
            .map_err(|error| unsafe { outcome(error, out_missed) })
    })
}

/// Receive the next message, and wait for it as long as it takes.
///
/// @param receiver    The receiver. Not NULL.
/// @param message     The message to fill. Not NULL.
/// @param out_missed  As for signalhub_receiver_try_recv().
///
/// Threads: one thread at a time; signalhub_receiver_free() from another one ends the wait.
/// Blocks:  until a message comes, the hub is closed or the receiver is freed.
/// Returns: SIGNALHUB_OK, SIGNALHUB_LAGGED, SIGNALHUB_CLOSED (also when the receiver was freed
///          meanwhile), SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED,
///          SIGNALHUB_ERR_BUSY or SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_receiver_recv(
    receiver: *mut signalhub_receiver_t,
    message: *mut signalhub_message_t,
    out_missed: *mut u64,
) -> signalhub_status_t {
    // SAFETY: the promises of this function are those that `recv_within` wants.
    guard(|| unsafe { recv_within(receiver, message, None, out_missed) })
}

/// Receive the next message, and wait for it until a timeout.
///
/// @param receiver    The receiver. Not NULL.
/// @param message     The message to fill. Not NULL.
/// @param timeout_ns  How long to wait at most, in nanoseconds on the monotonic clock; 0 looks once,
///                    a negative number waits for ever.
/// @param out_missed  As for signalhub_receiver_try_recv().
///
/// Threads: one thread at a time; signalhub_receiver_free() from another one ends the wait.
/// Blocks:  until a message comes, the hub is closed, the receiver is freed or the time is over.
/// Returns: what signalhub_receiver_recv() returns, or SIGNALHUB_TIMEOUT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_receiver_recv_timeout(
    receiver: *mut signalhub_receiver_t,
    message: *mut signalhub_message_t,
    timeout_ns: i64,
    out_missed: *mut u64,
) -> signalhub_status_t {
    // SAFETY: the promises of this function are those that `recv_within` wants.
    guard(|| unsafe { recv_within(receiver, message, timeout(timeout_ns), out_missed) })
}

/// Receive the next message into a buffer of one's own.
///
/// @param receiver    The receiver. Not NULL.
/// @param buf         The buffer. May be NULL when `buf_len` is 0.
/// @param buf_len     Its length in bytes.
/// @param timeout_ns  As for signalhub_receiver_recv_timeout().
/// @param out_len     Receives the length of the payload, when SIGNALHUB_OK or
///                    SIGNALHUB_ERR_TOO_SMALL. Not NULL.
/// @param out_missed  As for signalhub_receiver_try_recv().
///
/// Threads: one thread at a time; signalhub_receiver_free() from another one ends the wait.
/// Blocks:  as signalhub_receiver_recv_timeout().
/// Returns: what signalhub_receiver_recv_timeout() returns, or SIGNALHUB_ERR_TOO_SMALL: the buffer
///          is untouched, and the message is still the next one (until it is overwritten). A
///          buf_len that no memory could have is SIGNALHUB_ERR_TOO_BIG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_receiver_recv_into(
    receiver: *mut signalhub_receiver_t,
    buf: *mut c_void,
    buf_len: usize,
    timeout_ns: i64,
    out_len: *mut usize,
    out_missed: *mut u64,
) -> signalhub_status_t {
    guard(|| {
        non_null(out_len)?;
        // SAFETY: `buf` spans `buf_len` writable bytes by the contract of this function.
        let buf = unsafe { slice_mut(buf.cast::<u8>(), buf_len) }?;
        let mut len = 0;
        let take = |receiver: &mut Receiver| {
            let Receiver { cursor, message } = receiver;
            cursor.look(message)?;
            len = message.payload().len();
            if let Some(buf) = buf.get_mut(..len) {
                buf.copy_from_slice(message.payload());
                cursor.advance();
            }
            message.clear();
            Ok(())
        };
        // SAFETY: `receiver` and `out_missed` as the contract of this function says.
        let result = unsafe { recv(receiver, timeout(timeout_ns), out_missed, take) };
        free_due();
        result?;
        // SAFETY: `out_len` is writable by the contract of this function.
        unsafe { store(out_len, len) };
        if len > buf.len() {
            Err(SIGNALHUB_ERR_TOO_SMALL)
        } else {
            Ok(())
        }
    })
}

/// The number of the message that a receiver will read next.
///
/// @param receiver  The receiver. Not NULL.
/// @param out_seq   Receives the number. Not NULL.
///
/// Threads: one thread at a time.
/// Returns: SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED,
///          SIGNALHUB_ERR_BUSY or SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_receiver_next_seq(
    receiver: *mut signalhub_receiver_t,
    out_seq: *mut u64,
) -> signalhub_status_t {
    guard(|| {
        non_null(out_seq)?;
        // SAFETY: `receiver` is NULL or was a receiver, by the contract of this function.
        let receiver = unsafe { lock(receiver) }?;
        // SAFETY: `out_seq` is writable by the contract of this function.
        unsafe { store(out_seq, receiver.next_seq()) };
        Ok(())
    })
}

/// Free a receiver. A thread that sleeps in a receive on it wakes and gets SIGNALHUB_CLOSED; for
/// one that is just taking a message this call waits. A callback is removed, as
/// signalhub_receiver_on_message() does.
///
/// @param receiver  The receiver, or NULL, which does nothing.
///
/// Ownership: the handle is gone; using it again is SIGNALHUB_ERR_HANDLE.
/// Threads:   any thread, that of its callback too.
/// Blocks:    until a running call of its callback has returned, unless that is who calls this.
/// Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_HANDLE or SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_receiver_free(
    receiver: *mut signalhub_receiver_t,
) -> signalhub_status_t {
    // SAFETY: `receiver` is NULL or was a receiver, by the contract of this function.
    guard(|| unsafe { handle::free(receiver) })
}

/// Receives one message, until `timeout`.
///
/// # Safety
///
/// `receiver` is NULL or was a receiver; `message` is NULL or was a message, and the caller's
/// alone; `out_missed` is NULL or writable.
unsafe fn recv_within(
    receiver: *mut signalhub_receiver_t,
    message: *mut signalhub_message_t,
    timeout: Option<Duration>,
    out_missed: *mut u64,
) -> Result<(), signalhub_status_t> {
    // SAFETY: the caller's promise.
    let mut message = unsafe { fill(message) }?;
    let take = |receiver: &mut Receiver| receiver.cursor.try_recv(&mut message);
    // SAFETY: the caller's promise.
    unsafe { recv(receiver, timeout, out_missed, take) }
}

/// Takes what `take` takes as soon as there is something, and waits for that until `timeout`.
/// The receiver is not locked while it sleeps.
///
/// # Safety
///
/// `receiver` is NULL or was a receiver; `out_missed` is NULL or writable.
pub(super) unsafe fn recv(
    receiver: *mut signalhub_receiver_t,
    timeout: Option<Duration>,
    out_missed: *mut u64,
    mut take: impl FnMut(&mut Receiver) -> Result<(), TryRecvError>,
) -> Result<(), signalhub_status_t> {
    // SAFETY: the caller's promise.
    let mut locked = unsafe { lock(receiver) }?;
    let mut deadline = None;
    loop {
        match take(&mut locked) {
            Ok(()) => return Ok(()),
            Err(TryRecvError::Empty) => {}
            // SAFETY: the caller's promise.
            Err(error) => return Err(unsafe { outcome(error, out_missed) }),
        }
        let spot = locked.cursor.spot(receiver.addr());
        let unlocked = locked.unlock();
        free_due();
        let deadline = *deadline.get_or_insert_with(|| Deadline::after(timeout));
        if !spot.wait(deadline, || unlocked.is_freed()) {
            return Err(SIGNALHUB_TIMEOUT);
        }
        locked = unlocked.lock().ok_or(SIGNALHUB_CLOSED)?;
    }
}

/// The status of a receive that took nothing.
///
/// # Safety
///
/// `out_missed` is NULL or writable.
unsafe fn outcome(error: TryRecvError, out_missed: *mut u64) -> signalhub_status_t {
    match error {
        TryRecvError::Empty => SIGNALHUB_EMPTY,
        TryRecvError::Closed => SIGNALHUB_CLOSED,
        TryRecvError::Lagged(lag) => {
            // SAFETY: the caller's promise.
            unsafe { store(out_missed, lag.missed) };
            SIGNALHUB_LAGGED
        }
    }
}
