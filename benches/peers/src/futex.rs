// SPDX-License-Identifier: MIT OR Apache-2.0
//! A bare futex that carries one number: the floor for waking a sleeper.
//!
//! Unsafe: the system calls.

use std::ptr::null;
use std::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

use libc::{FUTEX_PRIVATE_FLAG, FUTEX_WAIT, FUTEX_WAKE, SYS_futex};

/// One thread sends, one receives, and neither sends before the last number was received.
#[derive(Default)]
pub(crate) struct Futex {
    /// How many numbers were sent. The sender writes it, the receiver sleeps on it.
    sent: AtomicU32,
    /// The last number. The sender writes it, the receiver reads it.
    number: AtomicU64,
}

impl Futex {
    /// Sends a number and wakes the receiver.
    pub(crate) fn send(&self, number: u64) {
        self.number.store(number, Relaxed);
        // Publishes the number. Pairs with the Acquire load in `recv`.
        self.sent.fetch_add(1, Release);
        let sent = self.sent.as_ptr();
        // SAFETY: `sent` is a live, aligned word; FUTEX_WAKE only looks it up.
        unsafe { libc::syscall(SYS_futex, sent, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1) };
    }

    /// Sleeps until the `n`-th number has been sent, from 0, and returns it.
    pub(crate) fn recv(&self, n: u32) -> u64 {
        let sent = self.sent.as_ptr();
        // The number was stored before. Pairs with the Release increment in `send`.
        while self.sent.load(Acquire) == n {
            let forever = null::<libc::timespec>();
            // SAFETY: `sent` is a live, aligned word, and no timeout means NULL.
            unsafe { libc::syscall(SYS_futex, sent, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, n, forever) };
        }
        self.number.load(Relaxed)
    }
}
