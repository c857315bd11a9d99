// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! What a hub and its receivers count.

use std::sync::atomic::Ordering::{Relaxed, Release};

use crate::block::Pool;
use crate::options::ReceiverOptions;
use crate::ring::Ring;
use crate::sync::{Arc, AtomicBool, AtomicU64};

/// What a hub knows of one of its receivers. Has its cache lines to itself, because the receiver
/// writes it after every message.
#[repr(align(128))]
#[derive(Debug)]
pub(crate) struct Record {
    /// The next message to read: the receiver's gate, if it is lossless. Written by the receiver
    /// after every message; read by publishers that look for room, and for statistics.
    pub(crate) seq: AtomicU64,
    /// These are written by the receiver; read for statistics.
    filtered: AtomicU64,
    missed: AtomicU64,
    worst_behind: AtomicU64,
    /// Whether publishers wait for it. Written by the publisher that finds it stalled; read by the
    /// receiver.
    is_lossless: AtomicBool,
    /// Written by whoever wakes it.
    wake_ups: AtomicU64,
    /// Large messages that it received and somebody still has (24 bits), and the bytes of their
    /// payloads (40), in one word because each step of it costs. Written by whoever takes or drops a
    /// share.
    held: AtomicU64,
    /// The message that it started at. Written before others know of the record.
    start: AtomicU64,
    id: u64,
    name: Box<str>,
    warn_behind: u64,
    pool: Arc<Pool>,
}

/// One message in `held`.
const HELD: u64 = 1 << 40;

impl Record {
    /// The record of receiver number `id`.
    pub(crate) fn new(id: u64, options: &ReceiverOptions, pool: &Arc<Pool>) -> Self {
        Self {
            seq: AtomicU64::new(0),
            filtered: AtomicU64::new(0),
            missed: AtomicU64::new(0),
            worst_behind: AtomicU64::new(0),
            is_lossless: AtomicBool::new(options.lossless),
            wake_ups: AtomicU64::new(0),
            held: AtomicU64::new(0),
            start: AtomicU64::new(0),
            id,
            name: options.name.as_str().into(),
            warn_behind: options.warn_behind,
            pool: pool.clone(),
        }
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn start_at(&self, seq: u64) {
        self.start.store(seq, Relaxed);
        self.move_to(seq);
    }

    /// The receiver has done with all messages before `seq`.
    #[inline]
    pub(crate) fn move_to(&self, seq: u64) {
        // Its copies are made before a publisher takes their slots. Pairs with the Acquire in
        // `Gate::seq`.
        self.seq.store(seq, Release);
    }

    /// The receiver has passed over a message that it does not want.
    pub(crate) fn count_filtered(&self) {
        // Only the receiver writes it.
        self.filtered
            .store(self.filtered.load(Relaxed) + 1, Relaxed);
    }

    /// The receiver has missed so many messages, less if it goes back.
    pub(crate) fn count_missed(&self, change: i64) {
        let missed = self.missed.load(Relaxed).wrapping_add_signed(change);
        self.missed.store(missed, Relaxed);
    }

    /// The receiver was found so many messages behind.
    pub(crate) fn note_behind(&self, behind: u64) {
        self.worst_behind.fetch_max(behind, Relaxed);
    }

    /// From how many unread messages on it is about to lag; 0 for never.
    pub(crate) fn warn_behind(&self) -> u64 {
        self.warn_behind
    }

    pub(crate) fn is_lossless(&self) -> bool {
        self.is_lossless.load(Relaxed)
    }

    /// Publishers do not wait for it any more.
    pub(crate) fn become_lossy(&self) {
        self.is_lossless.store(false, Relaxed);
    }

    pub(crate) fn count_wake_up(&self) {
        self.wake_ups.fetch_add(1, Relaxed);
    }

    /// The memory of the large messages that it received.
    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Somebody has a share of a large message that it received.
    pub(crate) fn hold(&self, bytes: usize) {
        self.held.fetch_add(HELD + bytes as u64, Relaxed);
    }

    /// Somebody has let go of such a share.
    pub(crate) fn let_go(&self, bytes: usize) {
        self.held.fetch_sub(HELD + bytes as u64, Relaxed);
    }

    /// What it says of its receiver. Exact for the receiver's own thread; another one may find the
    /// counts a message apart.
    pub(crate) fn stats(&self, ring: &Ring) -> ReceiverStats {
        let (filtered, missed) = (self.filtered.load(Relaxed), self.missed.load(Relaxed));
        let (start, seq) = (self.start.load(Relaxed), self.seq.load(Relaxed));
        let held = self.held.load(Relaxed);
        // What was received may be newer than the tail that this thread sees.
        let behind = ring.next_seq().saturating_sub(seq);
        self.note_behind(behind);
        ReceiverStats {
            id: self.id,
            name: self.name.to_string(),
            start_seq: start,
            next_seq: seq,
            received: (seq - start).saturating_sub(filtered + missed),
            filtered,
            missed,
            behind,
            worst_behind: self.worst_behind.load(Relaxed),
            wake_ups: self.wake_ups.load(Relaxed),
            is_lossless: self.is_lossless(),
            is_about_to_lag: self.warn_behind != 0 && behind >= self.warn_behind,
            held_messages: held / HELD,
            held_bytes: held % HELD,
        }
    }
}

/// What a receiver has come across so far: `received + filtered + missed == next_seq - start_seq`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiverStats {
    /// Which receiver of its hub it is: they are numbered from 0 as they subscribe.
    pub id: u64,
    /// What it is called; empty if it was not given a name.
    pub name: String,
    /// The number of the message that it started at.
    pub start_seq: u64,
    /// The number of the message that the next receive looks for.
    pub next_seq: u64,
    /// Messages that it received.
    pub received: u64,
    /// Messages that it passed over because it does not want them.
    pub filtered: u64,
    /// Messages that were overwritten before it read them.
    pub missed: u64,
    /// Messages that were published and that it has not read yet; more than the hub's capacity
    /// will have been missed.
    pub behind: u64,
    /// The most that `behind` was found to be: when statistics were asked for, when it lagged, and
    /// once on its way around the ring.
    pub worst_behind: u64,
    /// How often it was woken.
    pub wake_ups: u64,
    /// Whether publishers wait for it; false also once it has stalled for longer than its
    /// `max_stall`.
    pub is_lossless: bool,
    /// Whether `behind` has come to the receiver's `warn_behind`.
    pub is_about_to_lag: bool,
    /// Messages with a large payload that it received and that somebody still has: the one that it
    /// is at, copies of it, and what was given away. A number that stays high is memory that the
    /// hub cannot use again.
    pub held_messages: u64,
    /// Bytes of their payloads, each counted once for every message that shares it.
    pub held_bytes: u64,
}

/// What a hub has come across so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubStats {
    /// How many messages it retains at most.
    pub capacity: u64,
    /// How many messages were published, those included that are just being written.
    pub published: u64,
    /// How many threads, descriptors and tasks wait for a message.
    pub waiting: u64,
    /// How many publishers wait for a lossless receiver.
    pub waiting_publishers: u64,
    /// The receiver that holds publishers up, if one does: its number.
    pub gated_by: Option<u64>,
    /// Large payloads in memory: in the ring, in loans, and in messages that somebody has.
    pub blocks: u64,
    /// Bytes of these payloads.
    pub block_bytes: u64,
    /// Bytes of memory that is kept to be used for large payloads again.
    pub free_bytes: u64,
    /// Its receivers, the one that subscribed first before the others.
    pub receivers: Vec<ReceiverStats>,
}
