// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Puts a receiver to sleep until something is published.
//!
//! # Invariants
//!
//! * W1. A sleeper announces itself, executes the heavy fence, and only then looks a last time. A
//!   publisher completes its stamp, executes the light fence, and only then looks for sleepers.
//!   So the sleeper sees the stamp, or the publisher sees the sleeper.
//! * W2. A waiter is in the list from [`Waiters::arm`] until somebody takes it out to wake it, or
//!   itself when it stops waiting. `sleepers` is the length of the list.
//! * W3. Nobody takes the list's lock while no one sleeps, except to close or to free.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::time::{Duration, Instant};

use crate::sync::{Arc, AtomicBool, AtomicUsize, Fences, Lock, Parker};

/// When a receive gives up.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deadline {
    /// It looks once.
    Now,
    At(Instant),
    Never,
}

impl Deadline {
    /// `timeout` from now; for ever if the clock does not reach that far.
    pub(crate) fn after(timeout: Duration) -> Self {
        if timeout.is_zero() {
            return Self::Now;
        }
        Instant::now()
            .checked_add(timeout)
            .map_or(Self::Never, Self::At)
    }

    /// `timeout_ns` from now; for ever if negative.
    pub(crate) fn after_ns(timeout_ns: i64) -> Self {
        u64::try_from(timeout_ns).map_or(Self::Never, |ns| Self::after(Duration::from_nanos(ns)))
    }

    fn has_passed(self) -> bool {
        match self {
            Self::Now => true,
            Self::At(deadline) => Instant::now() >= deadline,
            Self::Never => false,
        }
    }

    /// As the parker wants it.
    fn instant(self) -> Option<Instant> {
        match self {
            Self::Now => Some(Instant::now()),
            Self::At(deadline) => Some(deadline),
            Self::Never => None,
        }
    }

    /// The earlier of this and `nap` from now.
    fn at_most(self, nap: Duration) -> Self {
        let nap = Instant::now() + nap;
        match self {
            Self::Never => Self::At(nap),
            Self::At(deadline) => Self::At(deadline.min(nap)),
            Self::Now => Self::Now,
        }
    }
}

/// One that sleeps.
#[derive(Debug)]
struct Waiter {
    parker: Parker,
    /// The message it waits for.
    seq: u64,
    /// Which receiver it sleeps for, as far as that matters: see [`Waiters::wake_owner`].
    owner: usize,
    /// Set before it is unparked, so that it knows that it is in the list no more.
    woken: AtomicBool,
}

/// Everybody who sleeps until a hub has something.
#[derive(Debug)]
pub(crate) struct Waiters {
    /// W2. Written under the lock; read by publishers without it.
    sleepers: AtomicUsize,
    /// W2. Changed by sleepers, and by whoever wakes them.
    list: Lock<Vec<Arc<Waiter>>>,
    fences: Fences,
}

/// How long to sleep at most if the heavy fence failed, so that a wake may have been missed.
const NAP: Duration = Duration::from_millis(10);

impl Waiters {
    pub(crate) fn new() -> Self {
        Self {
            sleepers: AtomicUsize::new(0),
            list: Lock::new(Vec::new()),
            fences: Fences::detect(),
        }
    }

    /// Wakes who sleeps until a message below `end`, after the last of them was completed.
    #[inline]
    pub(crate) fn wake(&self, end: u64) {
        // W1. Pairs with the heavy fence in `sleep`.
        self.fences.light();
        if self.sleepers.load(Relaxed) != 0 {
            self.wake_those(|waiter| waiter.seq < end);
        }
    }

    /// Wakes everybody, after the hub was closed.
    pub(crate) fn wake_all(&self) {
        self.wake_those(|_| true);
    }

    /// Wakes who sleeps for the receiver `owner`, after it was freed.
    pub(crate) fn wake_owner(&self, owner: usize) {
        self.wake_those(|waiter| waiter.owner == owner);
    }

    #[cold]
    fn wake_those(&self, which: impl Fn(&Waiter) -> bool) {
        let mut list = self.list.lock();
        let (woken, asleep): (Vec<_>, _) = list.drain(..).partition(|waiter| which(waiter));
        self.sleepers.store(asleep.len(), Relaxed);
        *list = asleep;
        // Outside the lock, which those who wake may want next.
        drop(list);
        for waiter in woken {
            // Pairs with the Acquire in `sleep`.
            waiter.woken.store(true, Release);
            waiter.parker.unpark();
        }
    }

    /// Sleeps until message `seq` of the receiver `owner` may be there, as `ready` says, or until
    /// `deadline`. False if the deadline passed first.
    pub(crate) fn sleep(
        &self,
        seq: u64,
        owner: usize,
        deadline: Deadline,
        ready: impl Fn() -> bool,
    ) -> bool {
        let waiter = self.arm(seq, owner);
        // W1. Pairs with the light fence in `wake`.
        let fenced = self.fences.heavy();
        let found = loop {
            // Pairs with the Release in `wake_those`.
            if waiter.woken.load(Acquire) || ready() {
                break true;
            }
            if deadline.has_passed() {
                break false;
            }
            let until = if fenced {
                deadline
            } else {
                deadline.at_most(NAP)
            };
            waiter.parker.park(until.instant());
        };
        self.disarm(&waiter);
        found
    }

    fn arm(&self, seq: u64, owner: usize) -> Arc<Waiter> {
        let waiter = Arc::new(Waiter {
            parker: Parker::default(),
            seq,
            owner,
            woken: AtomicBool::new(false),
        });
        let mut list = self.list.lock();
        list.push(waiter.clone());
        self.sleepers.store(list.len(), Relaxed);
        waiter
    }

    fn disarm(&self, waiter: &Arc<Waiter>) {
        if waiter.woken.load(Relaxed) {
            return;
        }
        let mut list = self.list.lock();
        list.retain(|other| !Arc::ptr_eq(other, waiter));
        self.sleepers.store(list.len(), Relaxed);
    }
}

/// A model, run with those of tests/loom.rs.
#[cfg(all(test, loom))]
mod models {
    use super::*;

    /// A sleeper whose receiver is freed wakes.
    #[test]
    fn freeing_wakes_who_sleeps_for_the_receiver() {
        loom::model(|| {
            let shared = Arc::new((Waiters::new(), AtomicBool::new(false)));
            let sleeper = {
                let shared = shared.clone();
                loom::thread::spawn(move || {
                    shared
                        .0
                        .sleep(0, 7, Deadline::Never, || shared.1.load(Relaxed))
                })
            };
            shared.1.store(true, Relaxed);
            shared.0.wake_owner(8);
            shared.0.wake_owner(7);
            assert!(sleeper.join().unwrap());
        });
    }
}
