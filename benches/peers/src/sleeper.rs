// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Tells whether another thread is asleep, by what the kernel says of it.

use std::fs::File;
use std::hint::spin_loop;
use std::os::unix::fs::FileExt;

/// A thread that others can watch.
pub(crate) struct Sleeper(File);

impl Sleeper {
    /// The calling thread.
    pub(crate) fn this_thread() -> Self {
        Self(File::open("/proc/thread-self/stat").expect("procfs is mounted"))
    }

    /// Waits until the thread is asleep.
    pub(crate) fn wait(&self) {
        while !self.asleep() {
            spin_loop();
        }
    }

    /// The state is the letter after the name, which stands in parentheses.
    fn asleep(&self) -> bool {
        let mut stat = [0; 64];
        let len = self.0.read_at(&mut stat, 0).expect("the thread lives");
        stat[..len].windows(3).any(|bytes| bytes == b") S")
    }
}
