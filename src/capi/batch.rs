// SPDX-License-Identifier: MIT OR Apache-2.0
//! A receiver in C: several messages by one call.

use std::ffi::c_void;

use super::boundary::{borrow_mut, guard, non_null, slice, slice_mut, store, timeout};
use super::message::signalhub_message_t;
use super::receiver::{recv, signalhub_receiver_t};
use super::status::signalhub_status_t::{self, *};
use crate::Receiver;
use crate::block::free_due;

/// Receive several messages: wait for the first until a timeout, then take what is there.
///
/// @param receiver    The receiver. Not NULL.
/// @param messages    The messages to fill, all different. May be NULL when `count` is 0.
/// @param count       How many at most.
/// @param timeout_ns  As for signalhub_receiver_recv_timeout().
/// @param out_count   Receives how many were filled, when SIGNALHUB_OK. Not NULL.
/// @param out_missed  As for signalhub_receiver_try_recv().
///
/// Threads: one thread at a time; signalhub_receiver_free() from another one ends the wait.
/// Blocks:  as signalhub_receiver_recv_timeout(), for the first message only.
/// Returns: what signalhub_receiver_recv_timeout() returns. A lag or a close that comes after the
///          first message is told by the next call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_receiver_recv_many(
    receiver: *mut signalhub_receiver_t,
    messages: *const *mut signalhub_message_t,
    count: usize,
    timeout_ns: i64,
    out_count: *mut usize,
    out_missed: *mut u64,
) -> signalhub_status_t {
    guard(|| {
        non_null(out_count)?;
        // SAFETY: `messages` spans `count` handles by the contract of this function.
        let messages = unsafe { slice(messages, count) }?;
        for &message in messages {
            // SAFETY: the messages are the caller's alone during this call, by the contract.
            unsafe { borrow_mut(message) }?;
        }
        let mut filled = 0;
        let take = |receiver: &mut Receiver| {
            let messages = messages.iter().map_while(|&message| {
                // SAFETY: as above; checked there, so that none is consumed in vain.
                unsafe { borrow_mut(message) }.ok()
            });
            filled = receiver.cursor.take(messages)?;
            Ok(())
        };
        // SAFETY: `receiver` and `out_missed` as the contract of this function says.
        let result = unsafe { recv(receiver, timeout(timeout_ns), out_missed, take) };
        free_due();
        result?;
        // SAFETY: `out_count` is writable by the contract of this function.
        unsafe { store(out_count, filled) };
        Ok(())
    })
}

/// Receive the payloads of several messages, one behind the other in one buffer: wait for the first
/// until a timeout, then take what is there while it fits. Payload i is from `buf[offsets[i]]` to
/// before `buf[offsets[i + 1]]`; nothing lies between them, so that records of one size are an
/// array. For topics, kinds and numbers there is signalhub_receiver_recv_many().
///
/// @param receiver    The receiver. Not NULL.
/// @param buf         The buffer. May be NULL when `buf_len` is 0.
/// @param buf_len     Its length in bytes.
/// @param offsets     Room for `count` + 1 offsets, of which out_count + 1 are set. Not NULL.
/// @param count       How many messages at most.
/// @param timeout_ns  As for signalhub_receiver_recv_timeout().
/// @param out_count   Receives how many messages were taken, when SIGNALHUB_OK. Not NULL.
/// @param out_missed  As for signalhub_receiver_try_recv().
///
/// Threads: one thread at a time; signalhub_receiver_free() from another one ends the wait.
/// Blocks:  as signalhub_receiver_recv_timeout(), for the first message only.
/// Returns: what signalhub_receiver_recv_timeout() returns, or SIGNALHUB_ERR_TOO_SMALL: the buffer is
///          untouched, `offsets[1]` is the length of the first message, which is still the next one
///          (until it is overwritten). A later one that does not fit, a lag or a close that comes
///          after the first message is for the next call. A buf_len or count that no memory could
///          have is SIGNALHUB_ERR_TOO_BIG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_receiver_recv_packed(
    receiver: *mut signalhub_receiver_t,
    buf: *mut c_void,
    buf_len: usize,
    offsets: *mut usize,
    count: usize,
    timeout_ns: i64,
    out_count: *mut usize,
    out_missed: *mut u64,
) -> signalhub_status_t {
    guard(|| {
        non_null(out_count)?;
        // SAFETY: `buf` spans `buf_len` writable bytes by the contract of this function.
        let buf = unsafe { slice_mut(buf.cast::<u8>(), buf_len) }?;
        let ends = count.checked_add(1).ok_or(SIGNALHUB_ERR_TOO_BIG)?;
        // SAFETY: `offsets` spans so many numbers by the contract of this function.
        let offsets = unsafe { slice_mut(offsets, ends) }?;
        let mut packed = 0;
        let take = |receiver: &mut Receiver| {
            let Receiver { cursor, message } = receiver;
            packed = cursor.pack(message, buf, offsets)?;
            Ok(())
        };
        // SAFETY: `receiver` and `out_missed` as the contract of this function says.
        let result = unsafe { recv(receiver, timeout(timeout_ns), out_missed, take) };
        free_due();
        result?;
        if packed == 0 && count > 0 {
            return Err(SIGNALHUB_ERR_TOO_SMALL);
        }
        // SAFETY: `out_count` is writable by the contract of this function.
        unsafe { store(out_count, packed) };
        Ok(())
    })
}
