// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Turns time and counts into the units of the tables.

use std::time::{Duration, Instant};

/// Repeats `batch`, which does `ops` operations, for `time`; returns nanoseconds per operation.
///
/// One batch runs before the clock does, so that memory is mapped and caches are warm.
pub(crate) fn ns_per_op(time: Duration, ops: usize, mut batch: impl FnMut()) -> f64 {
    batch();
    let start = Instant::now();
    let mut batches = 0;
    loop {
        batch();
        batches += 1;
        let elapsed = start.elapsed();
        if elapsed >= time {
            return ns_each(elapsed, batches * ops as u64);
        }
    }
}

/// Nanoseconds for one of `count`.
pub(crate) fn ns_each(elapsed: Duration, count: u64) -> f64 {
    elapsed.as_nanos() as f64 / count as f64
}

/// Millions per second.
pub(crate) fn millions_per_second(count: u64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64() / 1e6
}
