// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Who sleeps until something is published, and how each is woken.
//!
//! A waiter is a thread that sleeps, a descriptor that an event loop watches, or a task.
//!
//! # Invariants
//!
//! * W1. A sleeper announces itself, executes the heavy fence, and only then looks a last time. A
//!   publisher completes its stamp, executes the light fence, and only then looks for sleepers.
//!   So the sleeper sees the stamp, or the publisher sees the sleeper.
//! * W2. A waiter is in the list from [`Waiters::announce`] until somebody takes it out to wake it,
//!   or itself when it stops waiting. `sleepers` is the length of the list.
//! * W3. Nobody takes the list's lock while no one sleeps, except to close or to free.
//! * W4. A sleeper with a filter is woken by a message that it wants; when it has come to have half
//!   of the ring to filter, lest that make it lag; and by each message below `blind_until`, which
//!   is the tail after its heavy fence: one of these may be complete before an earlier one, so that
//!   its publisher came too early to wake, and it cannot be looked for at the cursor.
//! * W5. A waiter that stays in the list while its receiver goes on (a descriptor, a task) need not
//!   be announced again: whatever is complete after its fence wakes it by W4, and of what was
//!   complete before, it has looked at all up to a message that wakes it by W4.
//! * W6. No foreign code (a waker, its drop) runs under the lock. A signal is held by count:
//!   nobody writes to a descriptor that was closed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::task::Waker;
use std::time::{Duration, Instant};

use crate::filter::Filter;
use crate::stats::Record;
use crate::sync::{Arc, AtomicBool, AtomicU64, AtomicUsize, EventFd, Fences, Lock, Parker};

/// When a receive gives up.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deadline {
    /// It looks once.
    Now,
    At(Instant),
    Never,
}

impl Deadline {
    /// `timeout` from now; for ever if it is `None`, or the clock does not reach that far. Reading
    /// the clock costs as much as a receive: it is for who has looked and must wait.
    pub(crate) fn after(timeout: Option<Duration>) -> Self {
        match timeout {
            None => Self::Never,
            Some(Duration::ZERO) => Self::Now,
            Some(timeout) => Instant::now()
                .checked_add(timeout)
                .map_or(Self::Never, Self::At),
        }
    }

    pub(crate) fn has_passed(self) -> bool {
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

    /// The earlier of this and `other`.
    pub(crate) fn or_at(self, other: Instant) -> Self {
        match self {
            Self::Never => Self::At(other),
            Self::At(deadline) => Self::At(deadline.min(other)),
            Self::Now => Self::Now,
        }
    }
}

/// What a sleeper waits for.
#[derive(Debug)]
pub(crate) struct Interest {
    /// The message that would be its next.
    pub(crate) seq: u64,
    /// Which receiver it sleeps for, as far as that matters: see [`Waiters::wake_owner`].
    pub(crate) owner: usize,
    /// Where its wake-ups are counted, if it is a receiver.
    pub(crate) record: Option<Arc<Record>>,
    /// What it wants, if not everything.
    pub(crate) filter: Option<Arc<Filter>>,
    /// W4. It is woken once message `wake_at` was published, wanted or not.
    pub(crate) wake_at: u64,
}

/// How a sleeper is woken.
#[derive(Debug)]
pub(crate) enum Signal {
    /// A thread, which may have announced itself in several hubs.
    Thread(Arc<Parker>),
    /// What an event loop watches.
    Descriptor(Arc<EventFd>),
    /// A task, which is to be polled again.
    Task(Waker),
}

impl Signal {
    fn raise(&self) {
        match self {
            Self::Thread(parker) => parker.unpark(),
            Self::Descriptor(event) => event.raise(),
            // Its panic is not the publisher's, nor that of the others that are woken with it.
            Self::Task(waker) => drop(catch_unwind(AssertUnwindSafe(|| waker.wake_by_ref()))),
        }
    }
}

/// One that sleeps.
#[derive(Debug)]
pub(crate) struct Waiter {
    signal: Signal,
    interest: Interest,
    /// W4. Written by the sleeper, read by publishers.
    blind_until: AtomicU64,
    /// Set before it is signalled, so that it knows that it is in the list no more.
    woken: AtomicBool,
}

impl Waiter {
    /// Whether it was taken out of the list to be woken.
    pub(crate) fn is_woken(&self) -> bool {
        // Pairs with the Release in `wake_those`.
        self.woken.load(Acquire)
    }

    /// Whether it is in the list for the task of `waker`.
    pub(crate) fn is_of_task(&self, waker: &Waker) -> bool {
        matches!(&self.signal, Signal::Task(ours) if ours.will_wake(waker)) && !self.is_woken()
    }

    /// W4. After the heavy fence; `tail` is the number of the next message.
    pub(crate) fn set_blind_until(&self, tail: impl Fn() -> u64) {
        if self.interest.filter.is_some() {
            self.blind_until.store(tail(), Relaxed);
        }
    }

    /// Whether the messages from `seq` to before `end` wake it.
    fn is_for(&self, seq: u64, end: u64, is_wanted: impl Fn(&Filter) -> bool) -> bool {
        let interest = &self.interest;
        interest.seq < end
            && interest.filter.as_deref().is_none_or(|filter| {
                // Relaxed: what was there before only wakes once more than need be.
                seq < self.blind_until.load(Relaxed) || end > interest.wake_at || is_wanted(filter)
            })
    }
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

impl Waiters {
    pub(crate) fn new() -> Self {
        Self {
            sleepers: AtomicUsize::new(0),
            list: Lock::new(Vec::new()),
            fences: Fences::detect(),
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.sleepers.load(Relaxed) as u64
    }

    /// Wakes who sleeps until one of the messages from `seq` to before `end`, after the last of
    /// them was completed. `is_wanted` says whether a filter lets any of them through.
    #[inline]
    pub(crate) fn wake(&self, seq: u64, end: u64, is_wanted: impl Fn(&Filter) -> bool) {
        // W1. Pairs with the heavy fence in `fence`.
        self.fences.light();
        if self.sleepers.load(Relaxed) != 0 {
            self.wake_those(|waiter| waiter.is_for(seq, end, &is_wanted));
        }
    }

    /// Wakes everybody, after the hub was closed.
    pub(crate) fn wake_all(&self) {
        self.wake_those(|_| true);
    }

    /// Wakes who sleeps for the receiver `owner`, after it was freed.
    pub(crate) fn wake_owner(&self, owner: usize) {
        self.wake_those(|waiter| waiter.interest.owner == owner);
    }

    #[cold]
    #[inline(never)] // else every publish has a copy of it
    fn wake_those(&self, which: impl Fn(&Waiter) -> bool) {
        let mut list = self.list.lock();
        let woken: Vec<_> = list.extract_if(.., |waiter| which(waiter)).collect();
        self.sleepers.store(list.len(), Relaxed);
        // Outside the lock, which those who wake may want next.
        drop(list);
        for waiter in woken {
            if let Some(record) = &waiter.interest.record {
                record.count_wake_up();
            }
            // Pairs with the Acquire in `is_woken`.
            waiter.woken.store(true, Release);
            waiter.signal.raise();
        }
    }

    /// Sleeps until what is waited for may be there, as `ready` says, or until `deadline`. False if
    /// the deadline passed first. `tail` is the number of the next message.
    pub(crate) fn sleep(
        &self,
        interest: Interest,
        deadline: Deadline,
        tail: impl Fn() -> u64,
        ready: impl Fn() -> bool,
    ) -> bool {
        let parker = Arc::new(Parker::default());
        let waiter = self.announce(interest, Signal::Thread(parker.clone()));
        self.fence();
        waiter.set_blind_until(tail);
        let found = park(&parker, deadline, || waiter.is_woken() || ready());
        self.disarm(&waiter);
        found
    }

    /// W1. Puts a sleeper into the list, which must then [`Self::fence`] and look.
    pub(crate) fn announce(&self, interest: Interest, signal: Signal) -> Arc<Waiter> {
        let waiter = Arc::new(Waiter {
            signal,
            interest,
            blind_until: AtomicU64::new(u64::MAX),
            woken: AtomicBool::new(false),
        });
        let mut list = self.list.lock();
        list.push(waiter.clone());
        self.sleepers.store(list.len(), Relaxed);
        waiter
    }

    /// W1. Between what was announced, here or in other hubs too, and its last look.
    pub(crate) fn fence(&self) {
        // Pairs with the light fence in `wake`.
        self.fences.heavy();
    }

    /// Takes a sleeper out of the list. False if somebody has done so to wake it, and has signalled
    /// or is about to.
    pub(crate) fn disarm(&self, waiter: &Arc<Waiter>) -> bool {
        if waiter.is_woken() {
            return false;
        }
        // The caller's share of the waiter is not the last: nothing is dropped under the lock (W6).
        let mut list = self.list.lock();
        let before = list.len();
        list.retain(|other| !Arc::ptr_eq(other, waiter));
        self.sleepers.store(list.len(), Relaxed);
        list.len() < before
    }
}

/// Sleeps until `found`, which is true once `parker` was unparked, or until `deadline`.
pub(crate) fn park(parker: &Parker, deadline: Deadline, found: impl Fn() -> bool) -> bool {
    loop {
        if found() {
            return true;
        }
        if deadline.has_passed() {
            return false;
        }
        parker.park(deadline.instant());
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
                    let interest = Interest {
                        seq: 0,
                        owner: 7,
                        record: None,
                        filter: None,
                        wake_at: 0,
                    };
                    let is_freed = || shared.1.load(Relaxed);
                    shared.0.sleep(interest, Deadline::Never, || 0, is_freed)
                })
            };
            shared.1.store(true, Relaxed);
            shared.0.wake_owner(8);
            shared.0.wake_owner(7);
            assert!(sleeper.join().unwrap());
        });
    }
}
