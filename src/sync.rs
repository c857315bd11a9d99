// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! The atomics, the lock and the parker that the rest is built on: the system's, or loom's under
//! `cfg(loom)`, and the pair of fences that makes publishing cheap.
//!
//! # The light and the heavy fence
//!
//! A publisher stores a stamp and then looks for sleepers; a sleeper announces itself and then
//! looks at the stamp. One of the two must see the other, which takes a store-load fence on both
//! sides. Publishing is frequent and going to sleep is not, so the sleeper pays for both: its
//! [`Fences::heavy`] is a `membarrier` that makes every running thread of the process execute a
//! full fence, and [`Fences::light`] only keeps the compiler from reordering. Where the kernel
//! has no membarrier, and under loom, both are `SeqCst` fences.
//!
//! Source: Dice, Huang, Yang, *Asymmetric Dekker Synchronization* (2001); membarrier(2).

#[cfg(not(loom))]
pub(crate) use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, fence},
};

#[cfg(loom)]
pub(crate) use loom::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, fence},
};

use std::sync::atomic::Ordering::SeqCst;

/// Which fences the process uses; decided before its first hub.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fences {
    /// Whether the kernel has membarrier.
    asymmetric: bool,
}

impl Fences {
    /// What this machine offers.
    pub(crate) fn detect() -> Self {
        Self {
            asymmetric: cfg!(not(loom)) && membarrier_is_there(),
        }
    }

    /// The publisher's side: after its stamp, before it looks for sleepers.
    #[inline]
    pub(crate) fn light(self) {
        if self.asymmetric {
            std::sync::atomic::compiler_fence(SeqCst);
        } else {
            fence(SeqCst);
        }
    }

    /// The sleeper's side: after it has announced itself, before it looks at the stamp. False if
    /// the fence failed, so that a publisher may not have seen it.
    #[must_use]
    pub(crate) fn heavy(self) -> bool {
        fence(SeqCst);
        !self.asymmetric || membarrier()
    }
}

#[cfg(not(loom))]
use crate::sys::membarrier::{membarrier, membarrier_is_there};

#[cfg(loom)]
fn membarrier_is_there() -> bool {
    false
}

#[cfg(loom)]
fn membarrier() -> bool {
    true
}

#[cfg(not(loom))]
pub(crate) use native::*;

#[cfg(not(loom))]
mod native {
    use std::time::{Duration, Instant};

    use super::AtomicU32;
    use crate::sys::futex::{RawLock, futex_wait, futex_wake, nap};
    use std::sync::atomic::Ordering::{Acquire, Release};

    /// A lock that fork can be told about: it waits on its own word and shares nothing.
    pub(crate) type Lock<T> = parking_lot::lock_api::Mutex<RawLock, T>;

    /// Where one thread sleeps until another one calls [`Parker::unpark`], once.
    #[derive(Debug, Default)]
    pub(crate) struct Parker {
        /// 0 until unparked. Written by whoever wakes, read by the sleeper.
        unparked: AtomicU32,
    }

    impl Parker {
        /// Sleeps until unparked, or until `deadline` (`None`: for ever). May return early.
        pub(crate) fn park(&self, deadline: Option<Instant>) {
            // What the waker did before it unparked is seen. Pairs with the Release in `unpark`.
            if self.unparked.load(Acquire) == 0 {
                futex_wait(&self.unparked, 0, deadline);
            }
        }

        /// Wakes the sleeper.
        pub(crate) fn unpark(&self) {
            // Pairs with the Acquire load in `park`.
            self.unparked.store(1, Release);
            futex_wake(&self.unparked);
        }
    }

    pub(crate) use crossbeam_utils::Backoff;

    /// One turn of a loop that waits for another thread's next few instructions: spins, then
    /// yields, then (that thread was descheduled) sleeps a little.
    pub(crate) fn pause(backoff: &Backoff) {
        if backoff.is_completed() {
            nap(Duration::from_micros(50));
        } else {
            backoff.snooze();
        }
    }

    /// `std::cell::UnsafeCell` with loom's interface, so that loom can watch who gets the pointer.
    #[derive(Debug, Default)]
    pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        #[inline]
        pub(crate) fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
            read(self.0.get())
        }

        #[inline]
        pub(crate) fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
            write(self.0.get())
        }
    }
}

#[cfg(loom)]
pub(crate) use modelled::*;

/// What loom can follow in the place of the system's.
#[cfg(loom)]
mod modelled {
    use std::time::Instant;

    use loom::sync::{Condvar, Mutex, MutexGuard};

    #[derive(Debug, Default)]
    pub(crate) struct Lock<T>(Mutex<T>);

    impl<T> Lock<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(Mutex::new(value))
        }

        #[expect(clippy::unwrap_used, reason = "a model that panics has failed anyway")]
        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap()
        }
    }

    #[derive(Debug, Default)]
    pub(crate) struct Parker {
        unparked: Mutex<bool>,
        changed: Condvar,
    }

    #[expect(clippy::unwrap_used, reason = "a model that panics has failed anyway")]
    impl Parker {
        pub(crate) fn park(&self, _deadline: Option<Instant>) {
            let mut unparked = self.unparked.lock().unwrap();
            while !*unparked {
                unparked = self.changed.wait(unparked).unwrap();
            }
        }

        pub(crate) fn unpark(&self) {
            *self.unparked.lock().unwrap() = true;
            self.changed.notify_one();
        }
    }

    pub(crate) use loom::cell::UnsafeCell;

    /// A model has no time to spin.
    #[derive(Debug)]
    pub(crate) struct Backoff;

    impl Backoff {
        pub(crate) fn new() -> Self {
            Self
        }

        pub(crate) fn snooze(&self) {
            loom::thread::yield_now();
        }

        pub(crate) fn is_completed(&self) -> bool {
            true
        }
    }

    pub(crate) fn pause(backoff: &Backoff) {
        backoff.snooze();
    }
}
