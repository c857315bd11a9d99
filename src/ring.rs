// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! The ring: hands out sequence numbers and finds the slot of each.
//!
//! # Invariants
//!
//! * R1. `tail` is one word: closed (1 bit), gated (1), gate epoch (6), seq (56). It changes by
//!   compare-exchange or by setting the closed bit, so a claim is made of exactly the state that
//!   the publisher looked at.
//! * R2. `seq` is the number of the next message to claim. It only grows, and not after close: the
//!   closed tail's seq is the end. It ends at 2^56 messages, which at 10^8 a second is 22 years.
//! * R3. Message `seq` lies in slot `seq % capacity`. There are exactly `capacity` slots.
//! * R4. While the tail is gated, publishers claim no more than the lossless receivers leave room
//!   for (gate.rs). The epoch grows whenever these become others. It has 6 bits: a publisher would
//!   take one epoch for another if it stood still between its look and its compare-exchange while a
//!   multiple of 64 changes came and not one message.
//!
//! A compare-exchange rather than a fetch-and-add, because an addition can be neither refused nor
//! undone: with it a publish could take a number after the end.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

use crossbeam_utils::CachePadded;

use crate::error::NewError;
use crate::gate::Gates;
use crate::options::{Options, Start};
use crate::slot::{HEADER_WORDS, Slot};
use crate::sync::{AtomicU64, fence};
use crate::sys::memory::{LINE_BYTES, Region};

const CLOSED: u64 = 1 << 63;
const GATED: u64 = 1 << 62;
/// One epoch, and the bits of all of them.
const EPOCH: u64 = 1 << 56;
const EPOCHS: u64 = 63 << 56;
/// Bits of the sequence number in `tail`.
const SEQ: u64 = (1 << 56) - 1;

/// Fixed-layout slots in one flat region, and the tail that counts what was published.
#[derive(Debug)]
pub(crate) struct Ring {
    /// R1. Written by publishers and by close, read by all.
    tail: CachePadded<AtomicU64>,
    region: Region,
    /// Words of a slot: whole cache lines.
    stride: usize,
    capacity: u64,
    /// `seq / capacity` is `seq * reciprocal >> 56 + log`, exactly, for every seq below 2^56.
    reciprocal: u64,
    log: u32,
}

/// The right to write message `seq`, and the messages after it that were claimed with it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) seq: u64,
    /// The index of its slot.
    pub(crate) index: usize,
    /// How many messages, this one included.
    pub(crate) count: u64,
}

/// Why there is no number to claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The hub is closed.
    Closed,
    /// A lossless receiver has a whole ring unread.
    Full,
}

/// The tail as somebody saw it (R1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tail(u64);

impl Tail {
    /// The number of the next message to claim.
    pub(crate) fn seq(self) -> u64 {
        self.0 & SEQ
    }

    pub(crate) fn is_gated(self) -> bool {
        self.0 & GATED != 0
    }

    pub(crate) fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }
}

impl Ring {
    pub(crate) fn new(options: &Options) -> Result<Self, NewError> {
        let stride = (options.slot_bytes as usize).next_multiple_of(LINE_BYTES) / 8;
        let capacity = options.capacity;
        let words = usize::try_from(capacity)
            .ok()
            .and_then(|slots| slots.checked_mul(stride));
        // Rounded up, the reciprocal errs by less than capacity <= 2^log in 2^(56 + log), which
        // stays below 1 when it is multiplied by a seq below 2^56.
        let log = capacity.next_power_of_two().ilog2();
        Ok(Self {
            tail: CachePadded::new(AtomicU64::new(0)),
            region: words.and_then(Region::new).ok_or(NewError::NoMemory)?,
            stride,
            capacity,
            reciprocal: (1_u128 << (56 + log)).div_ceil(capacity.into()) as u64,
            log,
        })
    }

    pub(crate) fn capacity(&self) -> u64 {
        self.capacity
    }

    /// Takes the next `count` numbers, or as many of them as `gates` leave room for. Whoever claims
    /// must complete.
    #[inline]
    pub(crate) fn claim(&self, count: u64, gates: &Gates) -> Result<Claim, Refusal> {
        // Relaxed: the compare-exchange orders what follows from it.
        let mut tail = self.tail.load(Relaxed);
        loop {
            let mut count = count;
            if tail & (CLOSED | GATED) != 0 {
                count = self.claimable(Tail(tail), count, gates)?;
            }
            let seq = tail & SEQ;
            // Before the compare-exchange, which it then need not wait for.
            let index = self.index(seq);
            // AcqRel: claims and the close are one order, and each sees what came before it.
            match self
                .tail
                .compare_exchange_weak(tail, tail + count, AcqRel, Relaxed)
            {
                Ok(_) => return Ok(Claim { seq, index, count }),
                Err(now) => tail = now,
            }
        }
    }

    /// How many of `count` numbers may be claimed if the tail is closed or gated.
    fn claimable(&self, tail: Tail, count: u64, gates: &Gates) -> Result<u64, Refusal> {
        if tail.is_closed() {
            return Err(Refusal::Closed);
        }
        // Who saw the epoch sees its limit (G3). Pairs with the AcqRel in `change_epoch`.
        fence(Acquire);
        match gates.room(self, tail.seq(), count) {
            0 => Err(Refusal::Full),
            room => Ok(room),
        }
    }

    /// The tail as it is.
    pub(crate) fn tail(&self) -> Tail {
        // Pairs with the AcqRel in `claim`, `close` and `change_epoch`.
        Tail(self.tail.load(Acquire))
    }

    /// Begins the next epoch, in which publishers must look at gates, or need not. Fails with what
    /// the tail is if it is not `tail` any more.
    pub(crate) fn change_epoch(&self, tail: Tail, gated: bool) -> Result<(), Tail> {
        let epoch = tail.0.wrapping_add(EPOCH) & EPOCHS;
        let rest = tail.0 & !(EPOCHS | GATED);
        let next = rest | epoch | if gated { GATED } else { 0 };
        // AcqRel: the gates and their limit are there before their epoch (G3), and a gate is put in
        // after the claims that did not know it.
        self.tail
            .compare_exchange(tail.0, next, AcqRel, Acquire)
            .map(drop)
            .map_err(Tail)
    }

    /// The number of the next message.
    #[inline]
    pub(crate) fn next_seq(&self) -> u64 {
        self.tail().seq()
    }

    /// The number of the message that `start` means while that of the next message is `next`, or
    /// `None` if it is not yet known.
    pub(crate) fn start(&self, start: Start, next: u64) -> Option<u64> {
        match start {
            Start::Next => Some(next),
            Start::Oldest => Some(next.saturating_sub(self.capacity)),
            Start::Last(count) => Some(next.saturating_sub(count.min(self.capacity))),
            Start::Seq(seq) => (seq <= next).then_some(seq),
        }
    }

    /// The end of the hub, if it is closed: the number that no message will have.
    pub(crate) fn end(&self) -> Option<u64> {
        let tail = self.tail();
        tail.is_closed().then_some(tail.seq())
    }

    /// Lets nobody claim any more.
    pub(crate) fn close(&self) {
        // AcqRel: in one order with the claims.
        self.tail.fetch_or(CLOSED, AcqRel);
    }

    /// The index of the slot of message `seq`.
    #[inline]
    pub(crate) fn index(&self, seq: u64) -> usize {
        // Shifted by 8 first, the product's upper half is what `>> 56` would leave.
        let product = u128::from(seq << 8) * u128::from(self.reciprocal);
        let laps = (product >> 64) as u64 >> self.log;
        (seq - laps * self.capacity) as usize
    }

    /// The index after `index`.
    #[inline]
    pub(crate) fn after(&self, index: usize) -> usize {
        let next = index + 1;
        if next as u64 == self.capacity {
            0
        } else {
            next
        }
    }

    /// The rest of a claim of several.
    pub(crate) fn next(&self, claim: Claim) -> Claim {
        Claim {
            seq: claim.seq + 1,
            index: self.after(claim.index),
            count: claim.count - 1,
        }
    }

    #[inline]
    pub(crate) fn slot(&self, index: usize) -> Slot<'_> {
        Slot(&self.region.words()[index * self.stride..][..self.stride])
    }

    /// Bytes of data in a slot.
    #[inline]
    pub(crate) fn data_bytes(&self) -> usize {
        self.data_words() * 8
    }

    /// Words of data in a slot.
    #[inline]
    pub(crate) fn data_words(&self) -> usize {
        self.stride - HEADER_WORDS
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[expect(clippy::unwrap_used, reason = "only tests call it")]
    fn ring(capacity: u64) -> Ring {
        Ring::new(&Options::default().capacity(capacity).slot_bytes(64)).unwrap()
    }

    #[test]
    fn the_reciprocal_divides_exactly() {
        for capacity in [1, 2, 3, 5, 7, 63, 64, 65, 100, 127, 128, 129, 1000, 65_537] {
            let ring = ring(capacity);
            let laps = SEQ / capacity;
            for lap in [0, 1, 2, laps / 3, laps / 2, laps - 1, laps] {
                for seq in [lap * capacity, lap * capacity + capacity - 1].map(|seq| seq.min(SEQ)) {
                    assert_eq!(ring.index(seq) as u64, seq % capacity, "{seq} % {capacity}");
                }
            }
        }
    }

    #[test]
    fn a_step_goes_around() {
        let ring = ring(3);
        assert_eq!([0, 1, 2].map(|index| ring.after(index)), [1, 2, 0]);
    }

    #[test]
    fn nobody_claims_after_the_close() {
        let (ring, gates) = (ring(3), Gates::new());
        let claim = Claim {
            seq: 0,
            index: 0,
            count: 2,
        };
        assert_eq!(ring.claim(2, &gates), Ok(claim));
        assert_eq!(ring.end(), None);
        ring.close();
        ring.close();
        assert_eq!(ring.claim(1, &gates), Err(Refusal::Closed));
        assert_eq!(ring.end(), Some(2));
    }
}
