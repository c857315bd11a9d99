// SPDX-License-Identifier: MIT OR Apache-2.0
//! Large payloads: written once, counted, shared by every receiver, recycled.
//!
//! Unsafe is allowed here because a block's bytes are plain memory, which publisher and receivers
//! share by count.
//!
//! # Invariants
//!
//! * B1. A header never moves and is never freed while its pool lives; the ring, every message
//!   that holds a block, and nobody else, keep the pool alive.
//! * B2. `state` is (generation, count). The count is that of holders: the ring's slot is one,
//!   each message one; there are at most 2^23. A block whose count is 0 belongs to the pool's free list, or to the one
//!   publisher that took it from there.
//! * B3. The bytes are written only while the count is 0, and read only by holders.
//! * B4. The generation grows each time the block is handed out, so that a receiver which read a
//!   reference and was then overtaken cannot take the block's next contents.
//! * B5. The ring's count is dropped only after the slot's stamp has moved on. A receiver that
//!   finds its block gone therefore finds, when it looks again, that it was overtaken.

use std::sync::OnceLock;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use crate::sync::{Arc, AtomicU64, Lock, UnsafeCell};
use crate::sys::memory::Buffer;

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
    /// B3. Replaced by the publisher that has the block to itself.
    bytes: UnsafeCell<Buffer>,
}

// SAFETY: B3 says who may touch `bytes` when, and `state` orders them.
unsafe impl Sync for Header {}
// SAFETY: a Header owns its bytes.
unsafe impl Send for Header {}

impl Header {
    fn new() -> Self {
        Self {
            state: AtomicU64::new(0),
            bytes: UnsafeCell::new(Buffer::default()),
        }
    }
}

/// Headers of chunk `k`: `FIRST_CHUNK << k`. Enough chunks for every index.
const FIRST_CHUNK: u32 = if cfg!(loom) { 2 } else { 64 };
const CHUNKS: usize = (LOW_BITS - FIRST_CHUNK.ilog2()) as usize;

/// Free blocks may keep this many bytes of memory, or as many as the blocks in use have.
const KEEP_BYTES: usize = 64 << 20;

/// The blocks of one hub.
#[derive(Debug)]
pub(crate) struct Pool {
    /// B1. A chunk is made under `free`, and then only read.
    chunks: [OnceLock<Box<[Header]>>; CHUNKS],
    free: Lock<Free>,
}

/// Powers of two that a block's memory can have.
const SIZES: usize = 48;

/// What publishers take from and last holders give back to.
#[derive(Debug)]
struct Free {
    /// Free blocks by the power of two that their memory has.
    by_size: [Vec<u32>; SIZES],
    /// Free blocks without memory.
    bare: Vec<u32>,
    /// How many headers exist.
    headers: u32,
    /// Bytes in `by_size`.
    free_bytes: usize,
    /// Bytes of all other blocks.
    used_bytes: usize,
}

/// The right to a block's bytes: one count.
#[derive(Debug)]
pub(crate) struct Block {
    pool: Arc<Pool>,
    index: u32,
}

impl Pool {
    pub(crate) fn new() -> Self {
        Self {
            chunks: [const { OnceLock::new() }; CHUNKS],
            free: Lock::new(Free {
                by_size: [const { Vec::new() }; SIZES],
                bare: Vec::new(),
                headers: 0,
                free_bytes: 0,
                used_bytes: 0,
            }),
        }
    }

    /// A block that holds `payload`, and behind it `topic`; its one count is the caller's.
    /// `None` if there is no memory for it.
    pub(crate) fn fill(&self, payload: &[u8], topic: &[u8]) -> Option<BlockRef> {
        let topic_at = payload.len().next_multiple_of(8);
        let size = (topic_at + topic.len()).next_power_of_two();
        let index = self.take_free(size)?;
        let header = self.header(index);
        let filled = header.bytes.with_mut(|bytes| {
            // SAFETY: the count is 0 and the block is ours alone (B2, B3).
            let bytes = unsafe { &mut *bytes };
            if bytes.is_empty() {
                let Some(fresh) = Buffer::zeroed(size) else {
                    return false;
                };
                *bytes = fresh;
            }
            bytes[..payload.len()].copy_from_slice(payload);
            bytes[topic_at..][..topic.len()].copy_from_slice(topic);
            true
        });
        if !filled {
            self.give_back_bare(index, size);
            return None;
        }
        // B4. Relaxed: the last holder's drop reached us through the lock of the free list.
        let generation = ((header.state.load(Relaxed) >> LOW_BITS) + 1) & GENERATION_MAX;
        // Receivers see the bytes, whichever of state and stamp they look at first. Pairs with
        // the Acquire loads in `hold`.
        header.state.store((generation << LOW_BITS) | 1, Release);
        Some(BlockRef { index, generation })
    }

    /// Drops a count that no [`Block`] stands for: the ring's, or that of a block never published.
    pub(crate) fn release(&self, block: BlockRef) {
        self.drop_count(block.index);
    }

    fn drop_count(&self, index: u32) {
        let header = self.header(index);
        // Release: our reads of the bytes are done. Pairs with the Acquire below.
        if header.state.fetch_sub(1, Release) & LOW_MAX == 1 {
            // All holders' reads are done before the bytes are written again or freed. A load
            // rather than a fence, which ThreadSanitizer cannot follow.
            header.state.load(Acquire);
            self.give_back(index);
        }
    }

    fn header(&self, index: u32) -> &Header {
        let (chunk, offset) = locate(index);
        // A reference comes from `fill`, after its chunk was made.
        &self.chunks[chunk]
            .get()
            .expect("no block without its chunk")[offset]
    }

    /// A free block with `size` bytes of memory, or one with none.
    fn take_free(&self, size: usize) -> Option<u32> {
        let mut free = self.free.lock();
        let index = if let Some(index) = free.by_size[size.ilog2() as usize].pop() {
            free.free_bytes -= size;
            index
        } else if let Some(index) = free.bare.pop() {
            index
        } else {
            self.make_header(&mut free)?
        };
        free.used_bytes += size;
        Some(index)
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

    /// The last holder's: the block is free, and with it goes memory beyond what may be kept.
    fn give_back(&self, index: u32) {
        let header = self.header(index);
        // SAFETY: the count is 0 and the block is ours alone (B2, B3).
        let size = header.bytes.with(|bytes| unsafe { &*bytes }.len());
        let mut free = self.free.lock();
        free.used_bytes -= size;
        free.free_bytes += size;
        free.by_size[size.ilog2() as usize].push(index);
        // The largest go first, this one among them: they free most, and cost least to make again.
        let mut surplus = Vec::new();
        while free.free_bytes > free.used_bytes.max(KEEP_BYTES) {
            let Some(index) = free.by_size.iter_mut().rev().find_map(Vec::pop) else {
                break;
            };
            // SAFETY: a block in the free list is nobody's (B2).
            let bytes = self
                .header(index)
                .bytes
                .with_mut(|bytes| unsafe { bytes.replace(Buffer::default()) });
            free.free_bytes -= bytes.len();
            free.bare.push(index);
            surplus.push(bytes);
        }
        // Outside the lock: it may be a system call for each.
        drop(free);
        drop(surplus);
    }

    fn give_back_bare(&self, index: u32, size: usize) {
        let mut free = self.free.lock();
        free.used_bytes -= size;
        free.bare.push(index);
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

impl Block {
    /// One more count on `block`, or `None` if it has been recycled (B4, B5).
    pub(crate) fn hold(pool: &Arc<Pool>, block: BlockRef) -> Option<Self> {
        let header = pool.header(block.index);
        // Acquire also where it fails: who finds the block recycled must then find the slot's
        // stamp moved on (B5). Pairs with the Release stores in `fill` and `drop_count`.
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
                    return Some(Self {
                        pool: pool.clone(),
                        index: block.index,
                    });
                }
                Err(now) => state = now,
            }
        }
    }

    /// The block's memory: payload, then topic, then whatever earlier messages left.
    pub(crate) fn bytes(&self) -> &[u8] {
        let header = self.pool.header(self.index);
        // SAFETY: we hold a count, so nobody writes while `self` lives (B3).
        header.bytes.with(|bytes| unsafe { &*bytes })
    }
}

impl Clone for Block {
    fn clone(&self) -> Self {
        let state = &self.pool.header(self.index).state;
        // Relaxed: we hold a count, so nothing can happen to the block meanwhile.
        let before = state.fetch_add(1, Relaxed);
        // Half of what fits, so that no number of threads steps over the end before it is noticed;
        // as in Arc, an end to the process is all that is left then.
        if before & LOW_MAX > LOW_MAX / 2 {
            std::process::abort();
        }
        Self {
            pool: self.pool.clone(),
            index: self.index,
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        self.pool.drop_count(self.index);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn every_index_has_a_place_of_its_own() {
        assert_eq!(locate(0), (0, 0));
        assert_eq!(locate(63), (0, 63));
        assert_eq!(locate(64), (1, 0));
        assert_eq!(locate(191), (1, 127));
        assert_eq!(locate(192), (2, 0));
        assert_eq!(locate(LOW_MAX as u32).0, CHUNKS);
    }

    #[test]
    fn a_released_block_is_used_again_under_a_new_generation() {
        let pool = Arc::new(Pool::new());
        let first = pool.fill(&[1; 1000], b"").unwrap();
        pool.release(first);
        let second = pool.fill(&[2; 900], b"").unwrap();
        assert_eq!(second.index, first.index);
        assert!(Block::hold(&pool, first).is_none());
        assert_eq!(Block::hold(&pool, second).unwrap().bytes()[..900], [2; 900]);
    }

    #[test]
    fn a_held_block_is_not_used_again() {
        let pool = Arc::new(Pool::new());
        let first = pool.fill(&[1; 1000], b"").unwrap();
        let held = Block::hold(&pool, first).unwrap();
        pool.release(first);
        let second = pool.fill(&[2; 1000], b"").unwrap();
        assert_ne!(second.index, first.index);
        assert_eq!(held.bytes()[..1000], [1; 1000]);
    }

    #[test]
    fn free_blocks_keep_a_bounded_amount_of_memory() {
        let pool = Arc::new(Pool::new());
        let blocks: Vec<_> = (0..16)
            .map(|_| pool.fill(&vec![0; 40 << 20], b"").unwrap())
            .collect();
        blocks.into_iter().for_each(|block| pool.release(block));
        assert!(pool.free.lock().free_bytes <= KEEP_BYTES);
        assert_eq!(pool.free.lock().used_bytes, 0);
    }
}

/// A model, run with those of tests/loom.rs.
#[cfg(all(test, loom))]
mod models {
    use super::*;

    /// B2, B3. Whoever lets go last, all holders have done with the bytes before they are written
    /// again.
    #[test]
    fn the_last_holder_gives_a_block_back() {
        loom::model(|| {
            let pool = Arc::new(Pool::new());
            let block = pool.fill(&[1; 64], b"").unwrap();
            let holders = [(); 2].map(|()| {
                let held = Block::hold(&pool, block).unwrap();
                loom::thread::spawn(move || assert_eq!(held.bytes(), [1; 64]))
            });
            pool.release(block);
            let again = pool.fill(&[2; 64], b"").unwrap();
            assert_eq!(Block::hold(&pool, again).unwrap().bytes(), [2; 64]);
            assert!(Block::hold(&pool, block).is_none() || again.index != block.index);
            for holder in holders {
                holder.join().unwrap();
            }
        });
    }
}
