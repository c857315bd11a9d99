// SPDX-License-Identifier: MIT OR Apache-2.0
//! Large payloads: written once, counted, shared by every receiver, recycled.
//!
//! Unsafe is allowed here because a block's bytes are plain memory, which publisher and receivers
//! share by count.
//!
//! # Invariants
//!
//! * B1. A header never moves and is never freed while its pool lives; the ring, every message
//!   that holds a block, every loan, and nobody else, keep the pool alive.
//! * B2. `state` is (generation, count). The count is that of holders: the ring's slot is one,
//!   each message one; there are at most 2^23. A block whose count is 0 belongs to the pool's free
//!   list, or to the one [`Draft`] that was taken from there.
//! * B3. The contents are written only while the count is 0, and read only by holders.
//! * B4. The generation grows each time the block is handed out, so that a receiver which read a
//!   reference and was then overtaken cannot take the block's next contents.
//! * B5. The ring's count is dropped only after the slot's stamp has moved on. A receiver that
//!   finds its block gone therefore finds, when it looks again, that it was overtaken.
//! * B6. A publisher's own memory leaves the block before the block is free, and its owner is
//!   dropped after the pool's lock is.
//! * B7. A payload counts as kept from when the ring's count is dropped, if that was not the last
//!   one, until the last one is; a loan's from its making until it is sealed.

use std::sync::OnceLock;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use crate::error::PublishError;
use crate::stats::Record;
use crate::sync::{Arc, AtomicU64, Lock, UnsafeCell};
use crate::sys::memory::Buffer;

mod draft;
mod foreign;
mod free;
#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;

pub(crate) use draft::Draft;
pub(crate) use foreign::Foreign;
#[cfg(not(loom))]
pub(crate) use foreign::free_due;
pub(crate) use free::{Bound, Usage};

use free::Free;

/// Which block, and which use of it: what a slot holds of a large payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockRef {
    index: u32,
    generation: u64,
}

/// A reference is index (24 bits) and generation (40); a state is count (24) and generation (40).
const LOW_BITS: u32 = 24;
const LOW_MAX: u64 = (1 << LOW_BITS) - 1;
const GENERATION_MAX: u64 = (1 << 40) - 1;

impl BlockRef {
    pub(crate) fn pack(self) -> u64 {
        (self.generation << LOW_BITS) | u64::from(self.index)
    }

    pub(crate) fn unpack(word: u64) -> Self {
        Self {
            index: (word & LOW_MAX) as u32,
            generation: word >> LOW_BITS,
        }
    }
}

/// One block.
#[derive(Debug)]
struct Header {
    /// B2. Written by whoever takes or drops a count; read by receivers.
    state: AtomicU64,
    /// B3. Changed by the draft that has the block to itself.
    contents: UnsafeCell<Contents>,
}

/// What a block holds.
#[derive(Debug, Default)]
struct Contents {
    /// Memory of the pool's, a power of two or none. It stays with a free block.
    memory: Buffer,
    /// In its place, memory of the publisher's own.
    foreign: Option<Foreign>,
    /// Room for a topic that does not fit its slot, or none. It stays with a free block.
    topic: Buffer,
    /// Length of the payload in bytes, as it is counted.
    len: usize,
}

// SAFETY: B3 says who may touch `contents` when, and `state` orders them.
unsafe impl Sync for Header {}
// SAFETY: a Header owns its contents.
unsafe impl Send for Header {}

impl Header {
    fn new() -> Self {
        Self {
            state: AtomicU64::new(0),
            contents: UnsafeCell::new(Contents::default()),
        }
    }
}

/// Headers of chunk `k`: `FIRST_CHUNK << k`. Enough chunks for every index.
const FIRST_CHUNK: u32 = if cfg!(loom) { 2 } else { 64 };
const CHUNKS: usize = (LOW_BITS - FIRST_CHUNK.ilog2()) as usize;

/// The blocks of one hub.
#[derive(Debug)]
pub(crate) struct Pool {
    /// B1. A chunk is made under `free`, and then only read.
    chunks: [OnceLock<Box<[Header]>>; CHUNKS],
    free: Lock<Free>,
    bound: Option<Bound>,
}

/// The right to a block's bytes: one count.
#[derive(Debug)]
pub(crate) struct Block {
    /// That of the receiver that took it, which keeps the pool alive (B1).
    record: Arc<Record>,
    index: u32,
    /// Whether a publisher's own memory is left to [`free_due`].
    defers: bool,
}

impl Pool {
    pub(crate) fn new(bound: Option<Bound>) -> Self {
        Self {
            chunks: [const { OnceLock::new() }; CHUNKS],
            free: Lock::new(Free::new()),
            bound,
        }
    }

    /// A block that holds `payload`, and `topic` if that has no room in the slot; its one count is
    /// the caller's.
    pub(crate) fn fill(&self, payload: &[u8], topic: &[u8]) -> Result<BlockRef, PublishError> {
        let mut draft = Draft::new(self, payload.len(), false)?;
        draft.bytes_mut().copy_from_slice(payload);
        draft.seal(payload.len(), topic)
    }

    /// What the blocks take up.
    pub(crate) fn usage(&self) -> Usage {
        self.free.lock().usage()
    }

    /// Drops a count that no [`Block`] stands for: the ring's, or that of a block never published.
    pub(crate) fn release(&self, block: BlockRef) {
        if let Some(foreign) = self.let_go(block) {
            foreign.free();
        }
    }

    /// Drops several of these. A panic of an owner's comes when all are dropped.
    pub(crate) fn release_all(&self, blocks: impl IntoIterator<Item = BlockRef>) {
        for block in blocks {
            if let Some(foreign) = self.let_go(block) {
                foreign.defer();
            }
        }
        foreign::free_due();
    }

    /// Drops such a count. Returns what is left to be dropped.
    fn let_go(&self, block: BlockRef) -> Option<Foreign> {
        let header = self.header(block.index);
        // SAFETY: we have a count, so nobody writes (B3).
        let len = header.contents.with(|contents| unsafe { &*contents }.len);
        if self.drop_count(block.index) {
            return self.give_back(block.index, false);
        }
        self.free.lock().keep(len);
        None
    }

    /// Drops a count. True if it was the last one: the block is then the caller's alone.
    fn drop_count(&self, index: u32) -> bool {
        let header = self.header(index);
        // Release: our reads of the bytes are done. Pairs with the Acquire below.
        let was_last = header.state.fetch_sub(1, Release) & LOW_MAX == 1;
        if was_last {
            // All holders' reads are done before the bytes are written again or freed. A load
            // rather than a fence, which ThreadSanitizer cannot follow.
            header.state.load(Acquire);
        }
        was_last
    }

    fn header(&self, index: u32) -> &Header {
        let (chunk, offset) = locate(index);
        // An index comes from `take`, after its chunk was made.
        &self.chunks[chunk]
            .get()
            .expect("no block without its chunk")[offset]
    }

    /// A free block with `size` bytes of memory, or with none, for a payload of `len`.
    fn take(&self, len: usize, size: usize, is_loan: bool) -> Result<u32, PublishError> {
        let mut free = self.free.lock();
        if !free.has_room(len, self.bound) {
            return Err(PublishError::Kept);
        }
        let index = match free.take(size) {
            Some(index) => index,
            None => self.make_header(&mut free).ok_or(PublishError::NoMemory)?,
        };
        free.count(size, len);
        if is_loan {
            free.keep(len);
        }
        Ok(index)
    }

    /// A header that nobody has used, or `None` if there are too many.
    fn make_header(&self, free: &mut Free) -> Option<u32> {
        let index = free.headers;
        let (chunk, _) = locate(index);
        if chunk == CHUNKS {
            return None;
        }
        if self.chunks[chunk].get().is_none() {
            let mut headers = Vec::new();
            headers
                .try_reserve_exact((FIRST_CHUNK << chunk) as usize)
                .ok()?;
            headers.extend((0..FIRST_CHUNK << chunk).map(|_| Header::new()));
            // Nobody else can have: we hold the lock.
            let _ = self.chunks[chunk].set(headers.into_boxed_slice());
        }
        free.headers += 1;
        Some(index)
    }

    /// The block is free, and with it goes memory beyond what may be kept. Returns what is left to
    /// be dropped (B6). For whoever has the block alone.
    #[must_use]
    fn give_back(&self, index: u32, is_kept: bool) -> Option<Foreign> {
        let header = self.header(index);
        let (foreign, size, len) = header.contents.with_mut(|contents| {
            // SAFETY: the count is 0 and the block is the caller's alone (B2, B3).
            let contents = unsafe { &mut *contents };
            let foreign = contents.foreign.take();
            (foreign, contents.memory.len(), contents.len)
        });
        let mut free = self.free.lock();
        free.give_back(index, size, len);
        if is_kept {
            free.unkeep(len);
        }
        let mut surplus = Vec::new();
        while let Some(index) = free.surplus() {
            surplus.push(self.header(index).contents.with_mut(|contents| {
                // SAFETY: a block in the free list is nobody's (B2).
                std::mem::take(unsafe { &mut (*contents).memory })
            }));
        }
        // Outside the lock: it may be a system call for each.
        drop(free);
        drop(surplus);
        foreign
    }
}

/// Chunk and offset of a header.
fn locate(index: u32) -> (usize, usize) {
    let chunk = (index / FIRST_CHUNK + 1).ilog2();
    (
        chunk as usize,
        (index - FIRST_CHUNK * ((1 << chunk) - 1)) as usize,
    )
}

impl Contents {
    /// The payload, and whatever is behind it.
    fn bytes(&self) -> &[u8] {
        self.foreign.as_ref().map_or(&*self.memory, Foreign::bytes)
    }
}

impl Block {
    /// One more count on `block`, or `None` if it has been recycled (B4, B5).
    pub(crate) fn hold(record: &Arc<Record>, block: BlockRef) -> Option<Self> {
        let header = record.pool().header(block.index);
        // Acquire also where it fails: who finds the block recycled must then find the slot's
        // stamp moved on (B5). Pairs with the Release stores in `seal` and `drop_count`.
        let mut state = header.state.load(Acquire);
        loop {
            let count = state & LOW_MAX;
            if state >> LOW_BITS != block.generation || count == 0 {
                return None;
            }
            assert!(count <= LOW_MAX / 2, "a message has too many holders");
            match header
                .state
                .compare_exchange_weak(state, state + 1, AcqRel, Acquire)
            {
                Ok(_) => {
                    let block = Self {
                        record: record.clone(),
                        index: block.index,
                        defers: false,
                    };
                    record.hold(block.contents().len);
                    return Some(block);
                }
                Err(now) => state = now,
            }
        }
    }

    /// The payload, and whatever is behind it.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.contents().bytes()
    }

    /// The topic, if it has no room in the slot, and whatever is behind it.
    pub(crate) fn topic(&self) -> &[u8] {
        &self.contents().topic
    }

    fn contents(&self) -> &Contents {
        let header = self.record.pool().header(self.index);
        // SAFETY: we hold a count, so nobody writes while `self` lives (B3).
        header.contents.with(|contents| unsafe { &*contents })
    }

    /// Drops it, but leaves a publisher's own memory to the next [`free_due`]. Whether it is such
    /// memory.
    pub(crate) fn defer(mut self) -> bool {
        self.defers = true;
        self.contents().foreign.is_some()
    }
}

impl Clone for Block {
    fn clone(&self) -> Self {
        let state = &self.record.pool().header(self.index).state;
        // Relaxed: we hold a count, so nothing can happen to the block meanwhile.
        let before = state.fetch_add(1, Relaxed);
        // Half of what fits, so that no number of threads steps over the end before it is noticed;
        // as in Arc, an end to the process is all that is left then.
        if before & LOW_MAX > LOW_MAX / 2 {
            std::process::abort();
        }
        self.record.hold(self.contents().len);
        Self {
            record: self.record.clone(),
            index: self.index,
            defers: false,
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        self.record.let_go(self.contents().len);
        if !self.record.pool().drop_count(self.index) {
            return;
        }
        // The ring's count is gone, or this would not be the last one (B7).
        match self.record.pool().give_back(self.index, true) {
            Some(foreign) if self.defers => foreign.defer(),
            Some(foreign) => foreign.free(),
            None => {}
        }
    }
}

/// Stands for a receiver in tests.
#[cfg(test)]
fn holder(pool: &Arc<Pool>) -> Arc<Record> {
    Arc::new(Record::new(0, &crate::ReceiverOptions::default(), pool))
}
