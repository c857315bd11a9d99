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

/// Which fences the process uses. Who has one knows that this is decided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fences(());

impl Fences {
    /// What this machine offers.
    pub(crate) fn detect() -> Self {
        decide();
        Self(())
    }

    /// The publisher's side: after its stamp, before it looks for sleepers.
    #[inline]
    pub(crate) fn light(self) {
        if is_asymmetric() {
            std::sync::atomic::compiler_fence(SeqCst);
        } else {
            fence(SeqCst);
        }
    }

    /// The sleeper's side: after it has announced itself, before it looks at the stamp.
    ///
    /// If a membarrier that the kernel has is refused (a sandbox that was entered late does that),
    /// publishers pay for a fence of their own from then on. This one waits until those that may
    /// not know yet are past their look.
    pub(crate) fn heavy(self) {
        fence(SeqCst);
        if !(is_symmetric() || membarrier()) {
            give_up_asymmetry();
        }
    }
}

#[cfg(loom)]
use always_symmetric::*;

#[cfg(loom)]
mod always_symmetric {
    pub(super) fn decide() {}

    pub(super) fn is_asymmetric() -> bool {
        false
    }

    pub(super) fn is_symmetric() -> bool {
        true
    }

    pub(super) fn membarrier() -> bool {
        true
    }

    pub(super) fn give_up_asymmetry() {}
}

#[cfg(not(loom))]
use asymmetric::*;

/// Which of the two pairs the process is at.
#[cfg(not(loom))]
mod asymmetric {
    use std::sync::atomic::Ordering::{Relaxed, SeqCst};
    use std::time::Duration;

    use super::{AtomicU32, fence};
    pub(super) use crate::sys::membarrier::membarrier;
    use crate::sys::{futex::nap, membarrier::membarrier_is_there};

    /// Written once before the first hub, and by sleepers whose membarrier is refused; read by
    /// publishers and sleepers.
    static STATE: AtomicU32 = AtomicU32::new(UNDECIDED);

    const UNDECIDED: u32 = 0;
    /// Publishers have the light fence, sleepers the heavy one.
    const ASYMMETRIC: u32 = 1;
    /// Publishers have come to know that they must fence, or are about to.
    const TURNING: u32 = 2;
    /// Both fence.
    const SYMMETRIC: u32 = 3;

    /// How long publishers have for that. A store and a load that a processor has swapped are a
    /// few hundred instructions apart at most, and a thread that is taken off it has fenced.
    const TURN: Duration = Duration::from_millis(10);

    pub(super) fn decide() {
        if STATE.load(Relaxed) == UNDECIDED {
            let state = if membarrier_is_there() {
                ASYMMETRIC
            } else {
                SYMMETRIC
            };
            // Another thread may have been faster, and come further.
            let _ = STATE.compare_exchange(UNDECIDED, state, Relaxed, Relaxed);
        }
    }

    #[inline]
    pub(super) fn is_asymmetric() -> bool {
        STATE.load(Relaxed) == ASYMMETRIC
    }

    pub(super) fn is_symmetric() -> bool {
        STATE.load(Relaxed) == SYMMETRIC
    }

    #[cold]
    pub(super) fn give_up_asymmetry() {
        STATE.fetch_max(TURNING, Relaxed);
        nap(TURN);
        STATE.store(SYMMETRIC, Relaxed);
        fence(SeqCst);
    }
}

#[cfg(not(loom))]
pub(crate) use native::*;

#[cfg(not(loom))]
mod native {
    use std::time::{Duration, Instant};

    use super::AtomicU32;
    pub(crate) use crate::sys::eventfd::EventFd;
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

    /// Where one thread sleeps again and again, until another one rings.
    #[derive(Debug, Default)]
    pub(crate) struct Bell {
        /// 1 once rung. Written by whoever rings, and by the one that waits.
        rung: AtomicU32,
    }

    impl Bell {
        pub(crate) fn ring(&self) {
            // What was done before is seen. Pairs with the Acquire in `wait`.
            if self.rung.swap(1, Release) == 0 {
                futex_wake(&self.rung);
            }
        }

        /// Sleeps until it was rung since the last time.
        pub(crate) fn wait(&self) {
            // Pairs with the Release in `ring`.
            while self.rung.swap(0, Acquire) == 0 {
                futex_wait(&self.rung, 0, None);
            }
        }
    }

    /// Tells running threads apart.
    pub(crate) type ThreadId = usize;

    /// Unlike that of `std::thread::current()`, to be had while a thread ends, too.
    pub(crate) fn thread_id() -> ThreadId {
        thread_local! {
            /// Only for its address.
            static HERE: u8 = const { 0 };
        }
        HERE.with(|here| std::ptr::from_ref(here).addr())
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

    /// A count that can be waited for, as poll would.
    #[derive(Debug)]
    pub(crate) struct EventFd {
        count: Mutex<u64>,
        raised: Condvar,
    }

    #[expect(clippy::unwrap_used, reason = "a model that panics has failed anyway")]
    impl EventFd {
        pub(crate) fn new() -> Option<Self> {
            Some(Self {
                count: Mutex::new(0),
                raised: Condvar::new(),
            })
        }

        pub(crate) fn fd(&self) -> i32 {
            -1
        }

        pub(crate) fn raise(&self) {
            *self.count.lock().unwrap() += 1;
            self.raised.notify_one();
        }

        pub(crate) fn drain(&self) -> bool {
            std::mem::take(&mut *self.count.lock().unwrap()) != 0
        }

        pub(crate) fn is_readable(&self) -> bool {
            *self.count.lock().unwrap() != 0
        }

        pub(crate) fn poll(&self) {
            let mut count = self.count.lock().unwrap();
            while *count == 0 {
                count = self.raised.wait(count).unwrap();
            }
        }
    }

    pub(crate) type ThreadId = loom::thread::ThreadId;

    pub(crate) fn thread_id() -> ThreadId {
        loom::thread::current().id()
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
