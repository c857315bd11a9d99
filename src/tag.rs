// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! The first word behind a handle: whether the handle is live, and a receiver's lock.
//!
//! A handle is the address of a cell that is never unmapped, with a generation in its low bits.
//! The cell's tag says whose it is and in which state, so that one load and compare tells a live
//! handle from a freed one, one of another type, of another copy of the library, or of the
//! process that forked this one.
//!
//! # Invariants
//!
//! * T1. A tag is library copy (43 bits), fork epoch (8), generation (8), kind (3), state (2).
//! * T2. The value of a cell is there while the tag is live or busy. It is put there before the
//!   tag becomes live, and taken out by the one thread that made the tag vacant.
//! * T3. Only the thread that made a tag busy touches the value of a receiver, until it makes the
//!   tag live again. It does not wait for a message meanwhile.
//! * T4. The generation grows when a cell becomes vacant.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use crate::error::HandleError;
use crate::sync::{AtomicU64, Backoff, pause};

/// What a handle can be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Hub,
    Receiver,
    Message,
    Loan,
    Dispatcher,
}

const LIVE: u64 = 1;
const BUSY: u64 = 2;
const KIND_SHIFT: u32 = 2;
const GENERATION_SHIFT: u32 = 5;
const EPOCH_SHIFT: u32 = 13;
const COPY_SHIFT: u32 = 21;
/// Generations that a handle can tell apart.
pub(crate) const GENERATIONS: u64 = 1 << (EPOCH_SHIFT - GENERATION_SHIFT);
const EPOCH: u64 = ((1 << COPY_SHIFT) - 1) & !((1 << EPOCH_SHIFT) - 1);

/// A copy of the library in a process, by the address of one of its statics; its epoch is 0. The
/// statics of two copies are pages apart.
pub(crate) fn library(address: usize) -> u64 {
    (address as u64 >> 4) << COPY_SHIFT
}

/// The same library in the child of a fork.
pub(crate) fn forked(library: u64) -> u64 {
    if is_exhausted(library) {
        return library;
    }
    library + (1 << EPOCH_SHIFT)
}

/// Whether there were too many forks within forks to tell whose a handle is: no handle has this
/// epoch, so none is live, and none can be made.
pub(crate) fn is_exhausted(library: u64) -> bool {
    library & EPOCH == EPOCH
}

/// What the tag behind a handle is while the handle may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Live(u64);

impl Live {
    #[inline]
    pub(crate) fn new(library: u64, kind: Kind, generation: u64) -> Self {
        Self(library | (generation << GENERATION_SHIFT) | ((kind as u64) << KIND_SHIFT) | LIVE)
    }

    /// The tag of the cell once it is vacant: the next generation (T4).
    fn vacant(self) -> u64 {
        (((self.0 >> GENERATION_SHIFT) + 1) % GENERATIONS) << GENERATION_SHIFT
    }

    /// Why `tag` is not this.
    #[cold]
    fn refusal(self, tag: u64) -> HandleError {
        if tag == self.0 | BUSY {
            HandleError::Busy
        } else if (tag ^ self.0) & !(EPOCH | BUSY) == 0 {
            HandleError::Forked
        } else {
            HandleError::Stale
        }
    }
}

/// The tag of a cell.
#[derive(Debug)]
pub(crate) struct Tag(AtomicU64);

impl Tag {
    /// The tag of a cell that was never used.
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// The generation of the handle that a vacant cell gets next.
    pub(crate) fn generation(&self) -> u64 {
        // Relaxed: a vacant cell reached us through the lock of the free list.
        (self.0.load(Relaxed) >> GENERATION_SHIFT) % GENERATIONS
    }

    /// The value is in place (T2).
    pub(crate) fn set_live(&self, live: Live) {
        // Publishes the value. Pairs with the Acquire in `check`, `lock` and `retire`.
        self.0.store(live.0, Release);
    }

    /// Whether the handle may be used.
    #[inline]
    pub(crate) fn check(&self, live: Live) -> Result<(), HandleError> {
        // Pairs with the Release in `set_live`.
        let tag = self.0.load(Acquire);
        if tag == live.0 {
            Ok(())
        } else {
            Err(live.refusal(tag))
        }
    }

    /// Takes the value for this thread alone (T3).
    #[inline]
    pub(crate) fn lock(&self, live: Live) -> Result<(), HandleError> {
        // Acquire pairs with the Release in `set_live` and `unlock`.
        match self
            .0
            .compare_exchange(live.0, live.0 | BUSY, Acquire, Relaxed)
        {
            Ok(_) => Ok(()),
            Err(tag) => Err(live.refusal(tag)),
        }
    }

    /// As [`Self::lock`], but waits while another thread has the value.
    pub(crate) fn lock_again(&self, live: Live) -> Result<(), HandleError> {
        let backoff = Backoff::new();
        loop {
            match self.lock(live) {
                Err(HandleError::Busy) => pause(&backoff),
                done => return done,
            }
        }
    }

    /// Gives the value back.
    #[inline]
    pub(crate) fn unlock(&self, live: Live) {
        // Pairs with the Acquire in `lock` and `retire`.
        self.0.store(live.0, Release);
    }

    /// Makes the cell vacant, once no thread has its value; who succeeds takes the value out (T2).
    pub(crate) fn retire(&self, live: Live) -> Result<(), HandleError> {
        let backoff = Backoff::new();
        loop {
            // Acquire pairs with the Release in `set_live` and `unlock`; Release: a sleeper that
            // finds the handle retired sees what led to it.
            match self
                .0
                .compare_exchange(live.0, live.vacant(), AcqRel, Relaxed)
            {
                Ok(_) => return Ok(()),
                Err(tag) => match live.refusal(tag) {
                    HandleError::Busy => pause(&backoff),
                    refusal => return Err(refusal),
                },
            }
        }
    }

    /// In the child of a fork: the handle is freed, the value stays where it is.
    pub(crate) fn forget(&self, live: Live) {
        self.0.store(live.vacant(), Relaxed);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_tag_tells_what_is_wrong_with_a_handle() {
        let ours = library(0x7f00_1234_5678);
        let live = Live::new(ours, Kind::Receiver, 5);
        let tag = Tag::new();
        assert_eq!(tag.check(live), Err(HandleError::Stale));
        tag.set_live(live);
        assert_eq!(tag.check(live), Ok(()));
        for other in [
            Live::new(ours, Kind::Hub, 5),
            Live::new(ours, Kind::Receiver, 6),
            Live::new(library(0x7f00_1234_5680), Kind::Receiver, 5),
        ] {
            assert_eq!(tag.check(other), Err(HandleError::Stale));
        }
        let in_child = Live::new(forked(ours), Kind::Receiver, 5);
        assert_eq!(tag.check(in_child), Err(HandleError::Forked));
        assert_eq!(tag.lock(live), Ok(()));
        assert_eq!(tag.lock(live), Err(HandleError::Busy));
        assert_eq!(tag.lock(in_child), Err(HandleError::Forked));
        tag.unlock(live);
        assert_eq!(tag.retire(live), Ok(()));
        assert_eq!(tag.retire(live), Err(HandleError::Stale));
        assert_eq!(tag.generation(), 6);
    }

    #[test]
    fn epochs_end_and_generations_wrap_within_their_bits() {
        let ours = library(usize::MAX >> 17);
        let deep = (0..254).fold(ours, |library, _| forked(library));
        assert!(!is_exhausted(deep));
        assert!(is_exhausted(forked(deep)));
        assert_eq!(forked(forked(deep)), forked(deep));
        let tag = Tag::new();
        let live = Live::new(ours, Kind::Message, GENERATIONS - 1);
        tag.set_live(live);
        assert_eq!(tag.retire(live), Ok(()));
        assert_eq!(tag.generation(), 0);
    }
}

/// Models of T2 and T3, run with those of tests/loom.rs.
#[cfg(all(test, loom))]
mod models {
    use loom::cell::UnsafeCell;
    use loom::sync::Arc;
    use loom::thread;

    use super::*;

    const LIVE: Live = Live(LIBRARY | super::LIVE);
    const LIBRARY: u64 = 1 << COPY_SHIFT;

    /// A value behind a tag. Loom fails if two threads have it at once.
    struct Cell {
        tag: Tag,
        value: UnsafeCell<u64>,
    }

    fn cell() -> Arc<Cell> {
        let cell = Cell {
            tag: Tag::new(),
            value: UnsafeCell::new(0),
        };
        Arc::new(cell)
    }

    fn use_it(cell: &Cell) -> Result<(), HandleError> {
        cell.tag.lock(LIVE)?;
        cell.value.with_mut(|_| {});
        cell.tag.unlock(LIVE);
        Ok(())
    }

    /// T2. Who finds a handle live finds its value.
    #[test]
    fn a_live_handle_has_its_value() {
        loom::model(|| {
            let cell = cell();
            let user = {
                let cell = cell.clone();
                thread::spawn(move || {
                    let _ = use_it(&cell);
                })
            };
            cell.value.with_mut(|_| {});
            cell.tag.set_live(LIVE);
            user.join().unwrap();
        });
    }

    /// T2, T3. A receiver that is used, by two threads, and freed: each has it alone, and the one
    /// that frees it takes it out once.
    #[test]
    fn a_receiver_is_used_and_freed_by_one_thread_at_a_time() {
        loom::model(|| {
            let cell = cell();
            cell.tag.set_live(LIVE);
            let threads = [(); 2].map(|()| {
                let cell = cell.clone();
                thread::spawn(move || {
                    let _ = use_it(&cell);
                })
            });
            assert_eq!(cell.tag.retire(LIVE), Ok(()));
            cell.value.with_mut(|_| {});
            assert_eq!(cell.tag.retire(LIVE), Err(HandleError::Stale));
            assert_eq!(use_it(&cell), Err(HandleError::Stale));
            for thread in threads {
                thread.join().unwrap();
            }
        });
    }
}
