// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Lossless receivers: who holds publishers up.
//!
//! # Invariants
//!
//! * G1. A gate is the cursor of a lossless receiver, in its record. Only the receiver moves it, and
//!   only forward, after it has copied a message.
//! * G2. The list changes under its lock, and with each change the tail's epoch: a claim that was
//!   prepared before, by a publisher who may not know of a new gate, then fails. The tail is gated
//!   while the list has a gate.
//! * G3. Numbers below `limit` may be claimed: it is at most the lowest gate + capacity. It is
//!   stored under the lock only, and before the tail's epoch, so that who sees a new gate's epoch
//!   sees a limit that counts it.
//! * G4. As W1, with room in the place of a message: a publisher that waits announces itself,
//!   executes the heavy fence and looks a last time; a receiver moves its gate, executes the light
//!   fence and looks for publishers that wait.
//! * G5. A gate that has not moved for `max_stall`, as publishers that found no room saw it, is
//!   taken out of the list; its receiver is lossy from then on, and learns it when it is overtaken.

use std::sync::atomic::Ordering::{Acquire, Release};
use std::time::{Duration, Instant};

use crossbeam_utils::CachePadded;

use crate::ring::Ring;
use crate::stats::Record;
use crate::sync::{Arc, AtomicU64, Backoff, Lock};
use crate::wait::{Deadline, Interest, Waiters};

/// The gates of a hub, and the publishers that wait for them.
#[derive(Debug)]
pub(crate) struct Gates {
    /// G3. Written under the lock of `list`; read by publishers while the tail is gated.
    limit: CachePadded<AtomicU64>,
    /// G2. Changed by subscribe, by drop, and by publishers that find a gate stalled.
    list: Lock<Vec<Gate>>,
    /// G4. Padded, because publishers write it while receivers look at it.
    waiters: CachePadded<Waiters>,
}

/// One lossless receiver.
#[derive(Debug)]
struct Gate {
    record: Arc<Record>,
    /// How long it may hold publishers up without moving; `None`: for ever.
    max_stall: Option<Duration>,
    /// G5. Where publishers found it when it held them up, and since when.
    stall: Option<(u64, Instant)>,
}

impl Gate {
    fn seq(&self) -> u64 {
        // What the receiver copied, it copied before. Pairs with the Release in `Record::move_to`.
        self.record.seq.load(Acquire)
    }

    /// When it will have stalled for too long, seen now at `seq`.
    fn stalls_at(&mut self, seq: u64) -> Option<Instant> {
        let max_stall = self.max_stall?;
        let since = match self.stall {
            Some((before, since)) if before == seq => since,
            _ => {
                let now = Instant::now();
                self.stall = Some((seq, now));
                now
            }
        };
        since.checked_add(max_stall)
    }
}

impl Gates {
    pub(crate) fn new() -> Self {
        Self {
            limit: CachePadded::new(AtomicU64::new(0)),
            list: Lock::new(Vec::new()),
            waiters: CachePadded::new(Waiters::new()),
        }
    }

    /// Has publishers wait for a receiver from the message on that `start` makes of the tail's seq,
    /// which it returns; or `None` if there is no such message yet.
    pub(crate) fn add(
        &self,
        ring: &Ring,
        record: &Arc<Record>,
        max_stall: Option<Duration>,
        start: impl Fn(u64) -> Option<u64>,
    ) -> Option<u64> {
        let mut list = self.list.lock();
        list.push(Gate {
            record: record.clone(),
            max_stall,
            stall: None,
        });
        let mut tail = ring.tail();
        loop {
            let Some(start) = start(tail.seq()) else {
                list.pop();
                self.set_limit(ring, &list);
                return None;
            };
            record.start_at(start);
            self.set_limit(ring, &list);
            match ring.change_epoch(tail, true) {
                Ok(()) => return Some(start),
                Err(now) => tail = now,
            }
        }
    }

    /// Lets publishers pass a receiver.
    pub(crate) fn remove(&self, ring: &Ring, record: &Arc<Record>) {
        let mut list = self.list.lock();
        list.retain(|gate| !Arc::ptr_eq(&gate.record, record));
        self.set_limit(ring, &list);
        drop(list);
        self.waiters.wake_all();
    }

    /// How many of `count` messages from `seq` on may be claimed. For a publisher that saw the tail
    /// gated.
    #[inline]
    pub(crate) fn room(&self, ring: &Ring, seq: u64, count: u64) -> u64 {
        // Receivers have copied what is a capacity below. Pairs with the Release in `set_limit`.
        if self.limit.load(Acquire) >= seq + count {
            count
        } else {
            self.look_for_room(ring, seq).0.min(count)
        }
    }

    /// How many messages there is room for by the gates themselves, and when the first gate will have
    /// stalled for too long; one that has is taken out (G5).
    #[cold]
    fn look_for_room(&self, ring: &Ring, seq: u64) -> (u64, Option<Instant>) {
        let mut list = self.list.lock();
        let mut next_stall: Option<Instant> = None;
        let evicted = list.extract_if(.., |gate| {
            let at = gate.seq();
            if at + ring.capacity() > seq {
                return false;
            }
            match gate.stalls_at(at) {
                Some(end) if end <= Instant::now() => true,
                end => {
                    next_stall = next_stall.into_iter().chain(end).min();
                    false
                }
            }
        });
        let mut is_evicting = false;
        for gate in evicted {
            is_evicting = true;
            gate.record.become_lossy();
        }
        let limit = self.set_limit(ring, &list);
        drop(list);
        if is_evicting {
            self.waiters.wake_all();
        }
        (limit.saturating_sub(seq), next_stall)
    }

    /// Stores the limit that the gates of `list` make; without one the tail is gated no more.
    fn set_limit(&self, ring: &Ring, list: &[Gate]) -> u64 {
        let limit = match list.iter().map(Gate::seq).min() {
            Some(lowest) => lowest + ring.capacity(),
            None => u64::MAX,
        };
        // Pairs with the Acquire in `room`.
        self.limit.store(limit, Release);
        if list.is_empty() {
            let mut tail = ring.tail();
            while tail.is_gated() {
                match ring.change_epoch(tail, false) {
                    Ok(()) => break,
                    Err(now) => tail = now,
                }
            }
        }
        limit
    }

    /// Wakes publishers that wait for a gate that has come to `seq`. For a receiver, after it has
    /// moved its gate.
    #[inline]
    pub(crate) fn wake(&self, ring: &Ring, seq: u64) {
        // G4. What they wait for are numbers.
        self.waiters.wake(0, seq + ring.capacity(), |_| true);
    }

    /// Wakes all publishers that wait, after the hub was closed.
    pub(crate) fn wake_all(&self) {
        self.waiters.wake_all();
    }

    /// Waits until there may be room or the hub is closed. False if `deadline` passed first.
    pub(crate) fn wait(&self, ring: &Ring, deadline: Deadline) -> bool {
        let seq = ring.next_seq();
        let ready = || {
            let tail = ring.tail();
            tail.is_closed() || tail.seq() != seq || self.room(ring, seq, 1) > 0
        };
        let backoff = Backoff::new();
        loop {
            if deadline.has_passed() {
                return false;
            }
            if ready() {
                return true;
            }
            if backoff.is_completed() {
                break;
            }
            backoff.snooze();
        }
        let interest = Interest {
            seq,
            owner: 0,
            record: None,
            filter: None,
            wake_at: 0,
        };
        let until = match self.look_for_room(ring, seq).1 {
            Some(stall) => deadline.or_at(stall),
            None => deadline,
        };
        self.waiters.sleep(interest, until, || seq, ready) || !deadline.has_passed()
    }

    /// How many publishers wait.
    pub(crate) fn waiting(&self) -> u64 {
        self.waiters.count()
    }

    /// The number of the receiver that holds up the next publisher, if one does.
    pub(crate) fn holder(&self, ring: &Ring) -> Option<u64> {
        let list = self.list.lock();
        let lowest = list.iter().min_by_key(|gate| gate.seq())?;
        let is_full = lowest.seq() + ring.capacity() <= ring.next_seq();
        is_full.then(|| lowest.record.id())
    }
}
