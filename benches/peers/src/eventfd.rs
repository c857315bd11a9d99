// SPDX-License-Identifier: MIT OR Apache-2.0
//! A bare eventfd that carries one number: the floor for waking an event loop.
//!
//! Unsafe: the system calls.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// One thread sends, one receives, and neither sends before the last number was received.
pub(crate) struct EventFd {
    file: File,
    /// The last number. The sender writes it, the receiver reads it; the system calls come between.
    number: AtomicU64,
}

impl EventFd {
    pub(crate) fn new() -> Self {
        // SAFETY: takes numbers only.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) };
        assert!(fd >= 0, "eventfd");
        Self {
            // SAFETY: it was just made, and nobody else has it.
            file: unsafe { File::from_raw_fd(fd) },
            number: AtomicU64::new(0),
        }
    }

    /// Sends a number and wakes the receiver.
    pub(crate) fn send(&self, number: u64) {
        self.number.store(number, Relaxed);
        let one = 1_u64.to_ne_bytes();
        (&self.file).write_all(&one).expect("an eventfd takes a 1");
    }

    /// Sleeps in poll until a number has been sent, and returns it.
    pub(crate) fn recv(&self) -> u64 {
        wait_until_readable(self.file.as_raw_fd());
        let mut count = [0; 8];
        (&self.file)
            .read_exact(&mut count)
            .expect("it was just readable");
        self.number.load(Relaxed)
    }
}

/// Sleeps as an event loop does.
pub(crate) fn wait_until_readable(fd: RawFd) {
    let mut poll = libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one `pollfd`, which is writable.
    while unsafe { libc::poll(&mut poll, 1, -1) } != 1 {}
}
