// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sleeping on a word, and the lock made of that.

use std::ptr;
use std::sync::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use std::time::{Duration, Instant};

use parking_lot::lock_api::{GuardSend, RawMutex};

use super::errno;

/// Sleeps while `word` holds `expected`, until woken or until `deadline`. May return early.
pub(crate) fn futex_wait(word: &AtomicU32, expected: u32, deadline: Option<Instant>) {
    let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    // A relative timeout runs on the monotonic clock. Too long for timespec is for ever.
    let timeout = left.and_then(|left| {
        Some(libc::timespec {
            tv_sec: left.as_secs().try_into().ok()?,
            tv_nsec: left.subsec_nanos().into(),
        })
    });
    let timeout = timeout.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: `word` and `timeout` live during the call; the kernel only reads them.
    errno::keep(|| unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
            expected,
            timeout,
        )
    });
}

/// Sleeps for a while, unlike `std::thread::sleep` also where pthread_cancel must do nothing.
pub(crate) fn nap(time: Duration) {
    futex_wait(&AtomicU32::new(0), 0, Some(Instant::now() + time));
}

/// Wakes one thread that sleeps on `word`.
pub(crate) fn futex_wake(word: &AtomicU32) {
    // SAFETY: the kernel uses the address of `word` as a name only.
    errno::keep(|| unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
            1,
        )
    });
}

/// A mutual exclusion lock on one word of its own.
///
/// parking_lot's locks queue in a table that all locks of a process share, which a fork can catch
/// locked for ever; std's are not instrumented for ThreadSanitizer.
///
/// Source: Drepper, *Futexes Are Tricky* (2011), mutex 2.
#[derive(Debug)]
pub(crate) struct RawLock {
    /// [`FREE`], [`HELD`], or [`CONTENDED`] when somebody may sleep on it.
    state: AtomicU32,
}

const FREE: u32 = 0;
const HELD: u32 = 1;
const CONTENDED: u32 = 2;

// SAFETY: `lock` returns to one thread at a time: it leaves only after its own step from FREE.
unsafe impl RawMutex for RawLock {
    const INIT: Self = Self {
        state: AtomicU32::new(FREE),
    };

    type GuardMarker = GuardSend;

    fn lock(&self) {
        if self.try_lock() {
            return;
        }
        // Acquire pairs with the Release in `unlock`.
        while self.state.swap(CONTENDED, Acquire) != FREE {
            futex_wait(&self.state, CONTENDED, None);
        }
    }

    fn try_lock(&self) -> bool {
        // Acquire pairs with the Release in `unlock`.
        self.state
            .compare_exchange(FREE, HELD, Acquire, Relaxed)
            .is_ok()
    }

    unsafe fn unlock(&self) {
        // Release pairs with the Acquire in `lock` and `try_lock`.
        if self.state.swap(FREE, Release) == CONTENDED {
            futex_wake(&self.state);
        }
    }
}
