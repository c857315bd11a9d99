// SPDX-License-Identifier: MIT OR Apache-2.0
//! A block before it is published: filled, sealed, or given back.
//!
//! A part of `block.rs`, with its permission for unsafe and its invariants.

use std::ops::Deref;
use std::sync::atomic::Ordering::{Relaxed, Release};

use super::{BlockRef, Contents, Foreign, GENERATION_MAX, LOW_BITS, Pool};
use crate::error::PublishError;
use crate::sys::memory::Buffer;
use crate::topic::TOPIC_BYTES_MAX;

/// A block that nobody else has (B2): what a publisher fills. Given back when it is dropped, unless
/// it is sealed.
#[derive(Debug)]
pub(crate) struct Draft<P: Deref<Target = Pool>> {
    pool: P,
    index: u32,
    /// Length of the payload in bytes.
    len: usize,
    /// Whether it counts as kept while it is not sealed (B7).
    is_loan: bool,
    /// Whether it has a count, which is then somebody else's.
    is_sealed: bool,
}

impl<P: Deref<Target = Pool>> Draft<P> {
    /// A block with `len` bytes of the pool's memory, whatever they are.
    pub(crate) fn new(pool: P, len: usize, is_loan: bool) -> Result<Self, PublishError> {
        let size = len.next_power_of_two();
        let mut draft = Self::take(pool, len, size, is_loan)?;
        let contents = draft.contents_mut();
        if contents.memory.is_empty() {
            match Buffer::zeroed(size) {
                Some(memory) => contents.memory = memory,
                None => {
                    draft.pool.free.lock().lack_memory(size);
                    return Err(PublishError::NoMemory);
                }
            }
        }
        Ok(draft)
    }

    /// A block with a publisher's own memory, which comes back if there is none.
    pub(crate) fn of(pool: P, foreign: Foreign) -> Result<Self, (PublishError, Foreign)> {
        match Self::take(pool, foreign.bytes().len(), 0, false) {
            Ok(mut draft) => {
                draft.contents_mut().foreign = Some(foreign);
                Ok(draft)
            }
            Err(error) => Err((error, foreign)),
        }
    }

    fn take(pool: P, len: usize, size: usize, is_loan: bool) -> Result<Self, PublishError> {
        let mut draft = Self {
            index: pool.take(len, size, is_loan)?,
            pool,
            len,
            is_loan,
            is_sealed: false,
        };
        draft.contents_mut().len = len;
        Ok(draft)
    }

    /// The payload; none once it is sealed.
    pub(crate) fn bytes(&self) -> &[u8] {
        if self.is_sealed {
            return &[];
        }
        let contents = self.pool.header(self.index).contents.with(|contents| {
            // SAFETY: the count is 0 and the block is ours alone; changes take `&mut self`.
            unsafe { &*contents }
        });
        &contents.bytes()[..self.len]
    }

    /// The payload to write to; none if it is foreign, or once it is sealed.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        let len = self.len;
        if self.is_sealed {
            return &mut [];
        }
        let memory = &mut self.contents_mut().memory;
        let len = len.min(memory.len());
        &mut memory[..len]
    }

    /// For what is not sealed.
    fn contents_mut(&mut self) -> &mut Contents {
        assert!(!self.is_sealed, "a sealed block is not ours");
        self.pool.header(self.index).contents.with_mut(|contents| {
            // SAFETY: the count is 0 and the block is ours alone (B2, B3), for as long as `self` is
            // borrowed.
            unsafe { &mut *contents }
        })
    }

    /// Makes it a message of its first `len` bytes, and of `topic` if that has no room in the slot.
    /// Its one count is the caller's.
    pub(crate) fn seal(&mut self, len: usize, topic: &[u8]) -> Result<BlockRef, PublishError> {
        let contents = self.contents_mut();
        if !topic.is_empty() {
            if contents.topic.is_empty() {
                contents.topic = Buffer::zeroed(TOPIC_BYTES_MAX).ok_or(PublishError::NoMemory)?;
            }
            contents.topic[..topic.len()].copy_from_slice(topic);
        }
        contents.len = len;
        if self.is_loan {
            let mut free = self.pool.free.lock();
            free.unkeep(self.len);
            free.recount(self.len, len);
        }
        self.is_sealed = true;
        let state = &self.pool.header(self.index).state;
        // B4. Relaxed: the last holder's drop reached us through the lock of the free list.
        let generation = ((state.load(Relaxed) >> LOW_BITS) + 1) & GENERATION_MAX;
        // Receivers see the contents, whichever of state and stamp they look at first. Pairs with
        // the Acquire loads in `hold`.
        state.store((generation << LOW_BITS) | 1, Release);
        Ok(BlockRef {
            index: self.index,
            generation,
        })
    }

    /// Takes back what was sealed and not published: the caller has its one count.
    pub(crate) fn unseal(&mut self, block: BlockRef) {
        // Relaxed: nobody else knows of it.
        let state = &self.pool.header(self.index).state;
        state.store(block.generation << LOW_BITS, Relaxed);
        self.is_sealed = false;
        let len = self.len;
        let sealed_len = std::mem::replace(&mut self.contents_mut().len, len);
        if self.is_loan {
            let mut free = self.pool.free.lock();
            free.recount(sealed_len, len);
            free.keep(len);
        }
    }

    /// Takes the publisher's own memory out again.
    pub(crate) fn into_foreign(mut self) -> Foreign {
        let foreign = self.contents_mut().foreign.take();
        foreign.expect("only called where it was put in")
    }
}

impl<P: Deref<Target = Pool>> Drop for Draft<P> {
    fn drop(&mut self) {
        if !self.is_sealed
            && let Some(foreign) = self.pool.give_back(self.index, self.is_loan)
        {
            foreign.free();
        }
    }
}
