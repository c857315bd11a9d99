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
use crate::sys::memory::{LINE_BYTES, LINE_WORDS, Line};

/// Words before the data: stamp, shape, origin.
pub(crate) const HEADER_WORDS: usize = 3;
const STAMP: usize = 0;
const SHAPE: usize = 1;
const ORIGIN: usize = 2;

/// Bytes of data in a slot's first line, behind the header.
const HEAD_BYTES: usize = (LINE_WORDS - HEADER_WORDS) * 8;

/// The lines of one slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot<'a>(pub(crate) &'a [Line]);

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

impl<'a> Slot<'a> {
    /// Stores message `seq`. Returns the block that the slot held before, whose count is now the
    /// caller's to drop.
    pub(crate) fn write(
        self,
        seq: u64,
        capacity: u64,
        contents: &Contents<'_>,
    ) -> Option<BlockRef> {
        let stamp = self.word(STAMP);
        let before = complete(seq).saturating_sub(2 * capacity);
        let backoff = Backoff::new();
        // The last lap's words are stored before ours (S2). Pairs with the Release store below.
        // Only a publisher that is a whole lap behind can keep us here.
        while stamp.load(Acquire) != before {
            pause(&backoff);
        }
        let replaced = self.block();

        stamp.store(writing(seq), Relaxed);
        // Keeps the odd stamp before the words. Pairs with the Acquire fence in `read`.
        fence(Release);
        self.word(SHAPE).store(contents.shape.pack(), Relaxed);
        self.word(ORIGIN).store(contents.origin, Relaxed);
        let used = match contents.body {
            Body::Inline(payload) => {
                self.store_payload(payload);
                payload.len().div_ceil(8)
            }
            Body::Block(block) => {
                self.word(HEADER_WORDS).store(block.pack(), Relaxed);
                1
            }
        };
        for (i, chunk) in contents.topic.chunks(8).enumerate() {
            self.word(HEADER_WORDS + used + i)
                .store(pack(chunk), Relaxed);
        }
        // Publishes the words. Pairs with the Acquire load in `read`.
        stamp.store(complete(seq), Release);
        replaced
    }

    /// Copies the data of message `seq` into `out`, which is as long as [`Self::data_bytes`].
    #[inline]
    pub(crate) fn read(self, seq: u64, out: &mut [u8]) -> Result<(Shape, u64), Missing> {
        let stamp = self.word(STAMP);
        // A complete stamp means complete words. Pairs with the Release store in `write`.
        let seen = stamp.load(Acquire);
        if seen != complete(seq) {
            return Err(missing(seq, seen));
        }
        let shape = Shape::unpack(self.word(SHAPE).load(Relaxed));
        let origin = self.word(ORIGIN).load(Relaxed);
        self.load_data(shape.words(self.data_words()), out);
        // Keeps the words before the check. Pairs with the Release fence in `write`.
        fence(Acquire);
        let seen = stamp.load(Relaxed);
        if seen == complete(seq) {
            Ok((shape, origin))
        } else {
            Err(missing(seq, seen))
        }
    }

    /// Whether the slot has message `seq`, or a later one.
    #[inline]
    pub(crate) fn look(self, seq: u64) -> Result<(), Missing> {
        // Pairs with the Release store in `write`.
        let seen = self.word(STAMP).load(Acquire);
        if seen == complete(seq) {
            Ok(())
        } else {
            Err(missing(seq, seen))
        }
    }

    /// The block that the slot holds. For whoever owns the slot: its next publisher (S2), or the
    /// ring when it is dropped.
    pub(crate) fn block(self) -> Option<BlockRef> {
        let shape = Shape::unpack(self.word(SHAPE).load(Relaxed));
        match shape.place(self.data_words()) {
            Place::Slot => None,
            Place::Block | Place::BlockTopicInSlot => {
                Some(BlockRef::unpack(self.word(HEADER_WORDS).load(Relaxed)))
            }
        }
    }

    /// Words of data that the slot has room for.
    pub(crate) fn data_words(self) -> usize {
        self.0.len() * LINE_WORDS - HEADER_WORDS
    }

    /// Whole lines at a time, which the compiler turns into straight runs of moves.
    #[inline]
    fn store_payload(self, payload: &[u8]) {
        let Some((first, lines)) = self.0.split_first() else {
            return;
        };
        let (head, rest) = payload.split_at(payload.len().min(HEAD_BYTES));
        store(&first.0[HEADER_WORDS..], head);
        for (line, chunk) in lines.iter().zip(rest.chunks(LINE_BYTES)) {
            match <&[u8; LINE_BYTES]>::try_from(chunk) {
                Ok(whole) => store(&line.0, whole),
                Err(_) => store(&line.0, chunk),
            }
        }
    }

    /// Copies at least `words` words of data, rounded up to whole lines.
    #[inline]
    fn load_data(self, words: usize, out: &mut [u8]) {
        let Some((first, lines)) = self.0.split_first() else {
            return;
        };
        let Some((head, rest)) = out.split_first_chunk_mut::<HEAD_BYTES>() else {
            return;
        };
        load(&first.0[HEADER_WORDS..], head);
        let more = (words + HEADER_WORDS).div_ceil(LINE_WORDS) - 1;
        let (chunks, _) = rest.as_chunks_mut::<LINE_BYTES>();
        for (line, chunk) in lines[..more].iter().zip(chunks) {
            load(&line.0, chunk);
        }
    }

    #[inline]
    fn word(self, index: usize) -> &'a AtomicU64 {
        &self.0[index / LINE_WORDS].0[index % LINE_WORDS]
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

#[inline]
fn store(words: &[AtomicU64], bytes: &[u8]) {
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (word, chunk) in words.iter().zip(chunks) {
        word.store(u64::from_ne_bytes(*chunk), Relaxed);
    }
    if !rest.is_empty() {
        words[chunks.len()].store(pack(rest), Relaxed);
    }
}

#[inline]
fn load(words: &[AtomicU64], bytes: &mut [u8]) {
    for (word, chunk) in words.iter().zip(bytes.as_chunks_mut::<8>().0) {
        *chunk = word.load(Relaxed).to_ne_bytes();
    }
}

/// Up to eight bytes as a word, the rest of it zero.
fn pack(chunk: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..chunk.len()].copy_from_slice(chunk);
    u64::from_ne_bytes(word)
}
