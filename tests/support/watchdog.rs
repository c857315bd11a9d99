// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ends a test that hangs.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// While it lives, the process must not hang: after two minutes it is aborted.
pub(crate) struct Watchdog {
    /// Dropped with the watchdog, which the thread notices.
    _alive: Sender<()>,
}

impl Watchdog {
    pub(crate) fn new(what: &'static str) -> Self {
        let (alive, ended) = channel();
        thread::spawn(move || {
            if ended.recv_timeout(Duration::from_secs(120)) == Err(RecvTimeoutError::Timeout) {
                eprintln!("{what}: hangs");
                std::process::abort();
            }
        });
        Self { _alive: alive }
    }
}
