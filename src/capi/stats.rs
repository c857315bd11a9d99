// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a receiver has come across, in C.

use std::mem::offset_of;

use super::boundary::{guard, lock, non_null, store_sized};
use super::receiver::signalhub_receiver_t;
use super::status::signalhub_status_t;

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
}

// As in tests/c/sizes.c.
#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<signalhub_receiver_stats_t>() == 56);
    assert!(offset_of!(signalhub_receiver_stats_t, struct_size) == 0);
    assert!(offset_of!(signalhub_receiver_stats_t, start_seq) == 8);
    assert!(offset_of!(signalhub_receiver_stats_t, next_seq) == 16);
    assert!(offset_of!(signalhub_receiver_stats_t, received) == 24);
    assert!(offset_of!(signalhub_receiver_stats_t, filtered) == 32);
    assert!(offset_of!(signalhub_receiver_stats_t, missed) == 40);
    assert!(offset_of!(signalhub_receiver_stats_t, behind) == 48);
};

impl signalhub_receiver_stats_t {
    /// Smallest struct_size that a caller can have: that of the first version.
    const SIZE_MIN: usize = offset_of!(Self, behind) + size_of::<u64>();
}

/// What a receiver has come across so far.
///
/// @param receiver   The receiver. Not NULL.
/// @param out_stats  Receives the counts; set its struct_size before. Not NULL.
///
/// Threads: one thread at a time.
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
        let stats = signalhub_receiver_stats_t {
            struct_size: size_of::<signalhub_receiver_stats_t>(),
            start_seq: stats.start_seq,
            next_seq: stats.next_seq,
            received: stats.received,
            filtered: stats.filtered,
            missed: stats.missed,
            behind: stats.behind,
        };
        // SAFETY: `out_stats` is as long as its struct_size says, by the contract.
        unsafe { store_sized(out_stats, signalhub_receiver_stats_t::SIZE_MIN, stats) }
    })
}
