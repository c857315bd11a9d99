// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a hub and its receivers have come across, in C.

use std::ffi::{c_char, c_int, c_void};
use std::mem::offset_of;
use std::str;

use super::boundary::{
    borrow, guard, lock, non_null, slice, slice_mut, store, store_sized, struct_size,
};
use super::hub::signalhub_t;
use super::receiver::signalhub_receiver_t;
use super::status::signalhub_status_t::{self, *};
use crate::{HubStats, ReceiverOptions, ReceiverStats};

/// Room for the longest name of a receiver and its NUL, in bytes.
pub const SIGNALHUB_NAME_SIZE: usize = 64;
/// The number of no receiver.
pub const SIGNALHUB_NO_RECEIVER: u64 = 18_446_744_073_709_551_615;

// cbindgen prints literals only.
const _: () = assert!(SIGNALHUB_NAME_SIZE == ReceiverOptions::NAME_BYTES_MAX + 1);
const _: () = assert!(SIGNALHUB_NO_RECEIVER == u64::MAX);

/// What a receiver has come across so far. received + filtered + missed is next_seq - start_seq.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct signalhub_receiver_stats_t {
    /// `sizeof(signalhub_receiver_stats_t)`.
    pub struct_size: usize,
    /// The number of the message that it started at.
    pub start_seq: u64,
    /// The number of the message that the next receive looks for.
    pub next_seq: u64,
    /// Messages that it received.
    pub received: u64,
    /// Messages that it passed over because it does not want them.
    pub filtered: u64,
    /// Messages that were overwritten before it read them.
    pub missed: u64,
    /// Messages that were published and that it has not read yet; what is above the hub's capacity
    /// will have been missed.
    pub behind: u64,
    /// The most that `behind` was found to be: when statistics were asked for, when it lagged, and
    /// once on its way around the ring.
    pub worst_behind: u64,
    /// How often it was woken.
    pub wake_ups: u64,
    /// Which receiver of its hub it is: they are numbered from 0 as they subscribe.
    pub id: u64,
    /// What it is called, with a NUL behind it.
    pub name: [c_char; SIGNALHUB_NAME_SIZE],
    /// 1 if publishers wait for it; 0 also once it has stalled for longer than its max_stall_ns.
    pub lossless: c_int,
    /// 1 if `behind` has come to the receiver's warn_behind.
    pub about_to_lag: c_int,
    /// Messages with a large payload that it received and that somebody still has: the one that it
    /// is at, and others that were kept. A number that stays high is memory that the hub cannot use
    /// again.
    pub held_messages: u64,
    /// Bytes of their payloads, each counted once for every message that shares it.
    pub held_bytes: u64,
}

/// What a hub has come across so far.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct signalhub_stats_t {
    /// `sizeof(signalhub_stats_t)`.
    pub struct_size: usize,
    /// How many messages it retains at most.
    pub capacity: u64,
    /// How many messages were published, those included that are just being written.
    pub published: u64,
    /// How many receivers it has.
    pub receivers: u64,
    /// How many threads and descriptors wait for a message.
    pub waiting: u64,
    /// How many publishers wait for a lossless receiver.
    pub waiting_publishers: u64,
    /// The number of the receiver that holds publishers up; SIGNALHUB_NO_RECEIVER if none does.
    pub gated_by: u64,
    /// Large payloads in memory: in the ring, in loans, and in messages that somebody has.
    pub blocks: u64,
    /// Bytes of these payloads.
    pub block_bytes: u64,
    /// Bytes of memory that is kept to be used for large payloads again.
    pub free_bytes: u64,
}

// As in tests/c/sizes.c.
#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<signalhub_receiver_stats_t>() == 168);
    assert!(offset_of!(signalhub_receiver_stats_t, struct_size) == 0);
    assert!(offset_of!(signalhub_receiver_stats_t, start_seq) == 8);
    assert!(offset_of!(signalhub_receiver_stats_t, next_seq) == 16);
    assert!(offset_of!(signalhub_receiver_stats_t, received) == 24);
    assert!(offset_of!(signalhub_receiver_stats_t, filtered) == 32);
    assert!(offset_of!(signalhub_receiver_stats_t, missed) == 40);
    assert!(offset_of!(signalhub_receiver_stats_t, behind) == 48);
    assert!(offset_of!(signalhub_receiver_stats_t, worst_behind) == 56);
    assert!(offset_of!(signalhub_receiver_stats_t, wake_ups) == 64);
    assert!(offset_of!(signalhub_receiver_stats_t, id) == 72);
    assert!(offset_of!(signalhub_receiver_stats_t, name) == 80);
    assert!(offset_of!(signalhub_receiver_stats_t, lossless) == 144);
    assert!(offset_of!(signalhub_receiver_stats_t, about_to_lag) == 148);
    assert!(offset_of!(signalhub_receiver_stats_t, held_messages) == 152);
    assert!(offset_of!(signalhub_receiver_stats_t, held_bytes) == 160);
    assert!(size_of::<signalhub_stats_t>() == 80);
    assert!(offset_of!(signalhub_stats_t, struct_size) == 0);
    assert!(offset_of!(signalhub_stats_t, capacity) == 8);
    assert!(offset_of!(signalhub_stats_t, published) == 16);
    assert!(offset_of!(signalhub_stats_t, receivers) == 24);
    assert!(offset_of!(signalhub_stats_t, waiting) == 32);
    assert!(offset_of!(signalhub_stats_t, waiting_publishers) == 40);
    assert!(offset_of!(signalhub_stats_t, gated_by) == 48);
    assert!(offset_of!(signalhub_stats_t, blocks) == 56);
    assert!(offset_of!(signalhub_stats_t, block_bytes) == 64);
    assert!(offset_of!(signalhub_stats_t, free_bytes) == 72);
};

impl signalhub_receiver_stats_t {
    /// Smallest struct_size that a caller can have: that of the first version.
    const SIZE_MIN: usize = offset_of!(Self, held_bytes) + size_of::<u64>();

    fn new(stats: &ReceiverStats) -> Self {
        let mut name = [0; SIGNALHUB_NAME_SIZE];
        for (char, byte) in name.iter_mut().zip(stats.name.bytes()) {
            *char = byte.cast_signed() as c_char;
        }
        Self {
            struct_size: size_of::<Self>(),
            start_seq: stats.start_seq,
            next_seq: stats.next_seq,
            received: stats.received,
            filtered: stats.filtered,
            missed: stats.missed,
            behind: stats.behind,
            worst_behind: stats.worst_behind,
            wake_ups: stats.wake_ups,
            id: stats.id,
            name,
            lossless: stats.is_lossless.into(),
            about_to_lag: stats.is_about_to_lag.into(),
            held_messages: stats.held_messages,
            held_bytes: stats.held_bytes,
        }
    }
}

impl signalhub_stats_t {
    /// Smallest struct_size that a caller can have: that of the first version.
    const SIZE_MIN: usize = offset_of!(Self, free_bytes) + size_of::<u64>();

    fn new(stats: &HubStats) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            capacity: stats.capacity,
            published: stats.published,
            receivers: stats.receivers.len() as u64,
            waiting: stats.waiting,
            waiting_publishers: stats.waiting_publishers,
            gated_by: stats.gated_by.unwrap_or(SIGNALHUB_NO_RECEIVER),
            blocks: stats.blocks,
            block_bytes: stats.block_bytes,
            free_bytes: stats.free_bytes,
        }
    }
}

/// What a receiver has come across so far.
///
/// @param receiver   The receiver. Not NULL.
/// @param out_stats  Receives the counts; set its struct_size before. Not NULL.
///
/// Threads: one thread at a time; signalhub_stats_receivers() tells the same to any thread.
/// Returns: SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED,
///          SIGNALHUB_ERR_BUSY, SIGNALHUB_ERR_STRUCT_SIZE or SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_receiver_stats(
    receiver: *mut signalhub_receiver_t,
    out_stats: *mut signalhub_receiver_stats_t,
) -> signalhub_status_t {
    guard(|| {
        non_null(out_stats)?;
        // SAFETY: `receiver` is NULL or was a receiver, by the contract of this function.
        let stats = unsafe { lock(receiver) }?.stats();
        let stats = signalhub_receiver_stats_t::new(&stats);
        // SAFETY: `out_stats` is as long as its struct_size says, by the contract.
        unsafe { store_sized(out_stats, signalhub_receiver_stats_t::SIZE_MIN, stats) }
    })
}

/// What a hub has come across so far.
///
/// @param hub        The hub. Not NULL.
/// @param out_stats  Receives the counts; set its struct_size before. Not NULL.
///
/// Threads: any thread.
/// Returns: SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED,
///          SIGNALHUB_ERR_STRUCT_SIZE or SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_stats(
    hub: *const signalhub_t,
    out_stats: *mut signalhub_stats_t,
) -> signalhub_status_t {
    guard(|| {
        non_null(out_stats)?;
        // SAFETY: `hub` is not freed during this call, by the contract of signalhub_free().
        let stats = signalhub_stats_t::new(&unsafe { borrow(hub) }?.stats());
        // SAFETY: `out_stats` is as long as its struct_size says, by the contract.
        unsafe { store_sized(out_stats, signalhub_stats_t::SIZE_MIN, stats) }
    })
}

/// What each receiver of a hub has come across so far, the one that subscribed first before the
/// others. What a receiver that is just receiving has counted may be a message apart.
///
/// @param hub        The hub. Not NULL.
/// @param stats      Receives the counts; set each struct_size before, all to the same. May be NULL
///                   when `count` is 0.
/// @param count      How many there is room for.
/// @param out_count  Receives how many receivers there are; if more than `count`, the first were
///                   stored. Not NULL.
///
/// Threads: any thread.
/// Returns: what signalhub_stats() returns, or SIGNALHUB_ERR_TOO_BIG for a count that no memory
///          could have.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_stats_receivers(
    hub: *const signalhub_t,
    stats: *mut signalhub_receiver_stats_t,
    count: usize,
    out_count: *mut usize,
) -> signalhub_status_t {
    guard(|| {
        non_null(out_count)?;
        // SAFETY: `hub` is not freed during this call, by the contract of signalhub_free().
        let receivers = unsafe { borrow(hub) }?.stats().receivers;
        if count != 0 {
            // SAFETY: `stats` spans `count` structs by the contract of this function.
            unsafe { slice(stats, count) }?;
            // SAFETY: not NULL.
            let stride = unsafe { struct_size(stats) };
            if !stride.is_multiple_of(align_of::<signalhub_receiver_stats_t>()) {
                return Err(SIGNALHUB_ERR_STRUCT_SIZE);
            }
            for (index, receiver) in receivers.iter().take(count).enumerate() {
                // SAFETY: `count` structs of `stride` bytes each, by the contract.
                let stats = unsafe { stats.byte_add(index * stride) };
                // SAFETY: likewise.
                if unsafe { struct_size(stats) } != stride {
                    return Err(SIGNALHUB_ERR_STRUCT_SIZE);
                }
                let receiver = signalhub_receiver_stats_t::new(receiver);
                // SAFETY: likewise.
                unsafe { store_sized(stats, signalhub_receiver_stats_t::SIZE_MIN, receiver) }?;
            }
        }
        // SAFETY: `out_count` is writable by the contract of this function.
        unsafe { store(out_count, receivers.len()) };
        Ok(())
    })
}

/// What a hub and its receivers have come across so far, as Prometheus reads it.
///
/// @param hub        The hub. Not NULL.
/// @param label      The value of the label `hub` in each line: UTF-8. May be NULL when `label_len`
///                   is 0.
/// @param label_len  Its length in bytes.
/// @param buf        Receives the text, without a NUL. May be NULL when `buf_len` is 0.
/// @param buf_len    Its length in bytes.
/// @param out_len    Receives the length of the text, when SIGNALHUB_OK or SIGNALHUB_ERR_TOO_SMALL.
///                   Not NULL.
///
/// Threads: any thread.
/// Returns: SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED,
///          SIGNALHUB_ERR_UTF8, SIGNALHUB_ERR_TOO_SMALL: the buffer is untouched; the text may be
///          longer by the next call; SIGNALHUB_ERR_TOO_BIG for a length that no memory could have,
///          or SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_stats_text(
    hub: *const signalhub_t,
    label: *const c_char,
    label_len: usize,
    buf: *mut c_void,
    buf_len: usize,
    out_len: *mut usize,
) -> signalhub_status_t {
    guard(|| {
        non_null(out_len)?;
        // SAFETY: `hub` is not freed during this call, by the contract of signalhub_free().
        let hub = unsafe { borrow(hub) }?;
        // SAFETY: `label` spans `label_len` bytes by the contract of this function.
        let label = unsafe { slice(label.cast(), label_len) }?;
        let label = str::from_utf8(label).map_err(|_| SIGNALHUB_ERR_UTF8)?;
        // SAFETY: `buf` spans `buf_len` writable bytes by the contract of this function.
        let buf = unsafe { slice_mut(buf.cast(), buf_len) }?;
        let text = hub.stats().to_prometheus(label);
        // SAFETY: `out_len` is writable by the contract of this function.
        unsafe { store(out_len, text.len()) };
        let buf = buf.get_mut(..text.len()).ok_or(SIGNALHUB_ERR_TOO_SMALL)?;
        buf.copy_from_slice(text.as_bytes());
        Ok(())
    })
}
