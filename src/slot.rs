// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! One slot of the ring: a stamp and the words it guards.
//!
//! One publisher writes a slot at a time. Any number of receivers read it meanwhile; a reader
//! that loses the race notices from the stamp and discards its copy.
//!
//! # Invariants
//!
//! * S1. The stamp is 0 at first, `writing(seq)` (odd) while message `seq` is stored, and
//!   `complete(seq)` (even) after. It only grows.
//! * S2. Only the publisher that claimed `seq` stores to the slot, from the moment the stamp is
//!   `complete(seq - capacity)` (0 on the first lap) until it is `complete(seq)`.
//! * S3. Words are atomics: a torn read yields wrong bytes, never undefined behaviour. Nothing is
//!   decided on them before the stamp was seen unchanged.
//!
//! Source: Boehm, *Can Seqlocks Get Along With Programming Language Memory Models?* (2012).

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::block::BlockRef;
use crate::shape::{Place, Shape};
use crate::sync::{AtomicU64, Backoff, fence, pause};

/// Words before the data: stamp, shape, origin.
pub(crate) const HEADER_WORDS: usize = 3;
const STAMP: usize = 0;
const SHAPE: usize = 1;
const ORIGIN: usize = 2;

/// The words of one slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot<'a>(pub(crate) &'a [AtomicU64]);

/// What a publisher stores in a slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contents<'a> {
    pub(crate) shape: Shape,
    pub(crate) origin: u64,
    pub(crate) body: Body<'a>,
    /// The topic, if it lies in the slot; else empty.
    pub(crate) topic: &'a [u8],
}

/// Where the payload of a message is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body<'a> {
    Inline(&'a [u8]),
    Block(BlockRef),
}

/// Why a slot does not give message `seq`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It has not been published yet, or not completely.
    NotYet,
    /// The slot belongs to the later message `by`.
    Overtaken { by: u64 },
}

impl Slot<'_> {
    /// Stores message `seq`. Returns the block that the slot held before, whose count is now the
    /// caller's to drop.
    // Inlined, or `contents` goes through memory between the claim and the stamp.
    #[inline(always)]
    pub(crate) fn write(self, seq: u64, capacity: u64, contents: Contents<'_>) -> Option<BlockRef> {
        let stamp = &self.0[STAMP];
        let before = complete(seq).saturating_sub(2 * capacity);
        // The last lap's words are stored before ours (S2). Pairs with the Release store below.
        if stamp.load(Acquire) != before {
            self.wait_for_last_lap(before);
        }
        let replaced = self.block();

        stamp.store(writing(seq), Relaxed);
        // Keeps the odd stamp before the words. Pairs with the Acquire fence in `read`.
        fence(Release);
        self.0[SHAPE].store(contents.shape.word(), Relaxed);
        self.0[ORIGIN].store(contents.origin, Relaxed);
        let data = &self.0[HEADER_WORDS..];
        let topic_at = match contents.body {
            Body::Inline(payload) => {
                store(data, payload);
                payload.len().div_ceil(8)
            }
            Body::Block(block) => {
                data[0].store(block.pack(), Relaxed);
                1
            }
        };
        if !contents.topic.is_empty() {
            store(&data[topic_at..], contents.topic);
        }
        // Publishes the words. Pairs with the Acquire load in `read`.
        stamp.store(complete(seq), Release);
        replaced
    }

    /// Waits for a publisher that is a whole lap behind.
    #[cold]
    fn wait_for_last_lap(self, before: u64) {
        let backoff = Backoff::new();
        // Pairs with the Release store in `write`.
        while self.0[STAMP].load(Acquire) != before {
            pause(&backoff);
        }
    }

    /// Copies the data of message `seq` into `out`, which is as long as the slot's data.
    #[inline]
    pub(crate) fn read(self, seq: u64, out: &mut [u8]) -> Result<(Shape, u64), Missing> {
        let stamp = &self.0[STAMP];
        // A complete stamp means complete words. Pairs with the Release store in `write`.
        let seen = stamp.load(Acquire);
        if seen != complete(seq) {
            return Err(missing(seq, seen));
        }
        let shape = Shape::from_word(self.0[SHAPE].load(Relaxed));
        let origin = self.0[ORIGIN].load(Relaxed);
        let data = &self.0[HEADER_WORDS..];
        // A torn shape may ask for more than there is.
        load(&data[..shape.words().min(data.len())], out);
        // Keeps the words before the check. Pairs with the Release fence in `write`.
        fence(Acquire);
        let seen = stamp.load(Relaxed);
        if seen == complete(seq) {
            Ok((shape, origin))
        } else {
            Err(missing(seq, seen))
        }
    }

    /// Whether the slot has message `seq`.
    #[inline]
    pub(crate) fn look(self, seq: u64) -> Result<(), Missing> {
        // Pairs with the Release store in `write`.
        let seen = self.0[STAMP].load(Acquire);
        if seen == complete(seq) {
            Ok(())
        } else {
            Err(missing(seq, seen))
        }
    }

    /// The block that the slot holds. For whoever owns the slot: its next publisher (S2), or the
    /// ring when it is dropped.
    #[inline]
    pub(crate) fn block(self) -> Option<BlockRef> {
        match Shape::from_word(self.0[SHAPE].load(Relaxed)).place() {
            Place::Slot => None,
            Place::Block | Place::BlockTopicInSlot => {
                Some(BlockRef::unpack(self.0[HEADER_WORDS].load(Relaxed)))
            }
        }
    }
}

/// The stamp of a slot while message `seq` is stored.
fn writing(seq: u64) -> u64 {
    complete(seq) - 1
}

/// The stamp of a slot that has message `seq`.
fn complete(seq: u64) -> u64 {
    (seq + 1) * 2
}

/// What the stamp `seen` says about message `seq`, if it is not `complete(seq)`.
fn missing(seq: u64, seen: u64) -> Missing {
    if seen < complete(seq) {
        Missing::NotYet
    } else {
        Missing::Overtaken { by: (seen - 1) / 2 }
    }
}

/// Stores bytes as words: eight at a time, which the compiler makes straight runs of moves.
#[inline(always)]
fn store(words: &[AtomicU64], bytes: &[u8]) {
    let (blocks, rest) = bytes.as_chunks::<64>();
    let (full, _) = words.as_chunks::<8>();
    for (words, block) in full.iter().zip(blocks) {
        for (word, chunk) in words.iter().zip(block.as_chunks::<8>().0) {
            word.store(u64::from_ne_bytes(*chunk), Relaxed);
        }
    }
    let words = &words[blocks.len() * 8..];
    let (chunks, last) = rest.as_chunks::<8>();
    for (word, chunk) in words.iter().zip(chunks) {
        word.store(u64::from_ne_bytes(*chunk), Relaxed);
    }
    if !last.is_empty() {
        words[chunks.len()].store(pack(last), Relaxed);
    }
}

/// Loads words as bytes, in the same way.
#[inline]
fn load(words: &[AtomicU64], bytes: &mut [u8]) {
    let (blocks, rest) = words.as_chunks::<8>();
    let (full, _) = bytes.as_chunks_mut::<64>();
    for (words, block) in blocks.iter().zip(full) {
        for (word, chunk) in words.iter().zip(block.as_chunks_mut::<8>().0) {
            *chunk = word.load(Relaxed).to_ne_bytes();
        }
    }
    let (chunks, _) = bytes[blocks.len() * 64..].as_chunks_mut::<8>();
    for (word, chunk) in rest.iter().zip(chunks) {
        *chunk = word.load(Relaxed).to_ne_bytes();
    }
}

/// Up to eight bytes as a word, the rest of it zero.
fn pack(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_ne_bytes(word)
}
