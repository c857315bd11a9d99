// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which blocks are free, and how much the others take up.
//!
//! A part of `block.rs`, with its permission for unsafe, which it does not use.

/// Free blocks may keep this many bytes of memory, or as many as the blocks in use have.
pub(super) const KEEP_BYTES: usize = 64 << 20;

/// Powers of two that a block's memory can have.
const SIZES: usize = 48;

/// How many bytes of payloads the blocks of a hub may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    /// What the hub was asked for; at least `ring_bytes`.
    pub(crate) capacity_bytes: u64,
    /// The most that the ring can retain.
    pub(crate) ring_bytes: u64,
}

/// What the blocks of a hub take up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    /// How many blocks are in use.
    pub(crate) blocks: u64,
    /// Bytes of their payloads.
    pub(crate) bytes: u64,
    /// Bytes of memory that is kept to be used again.
    pub(crate) free_bytes: u64,
}

/// What publishers take from and last holders give back to.
#[derive(Debug)]
pub(crate) struct Free {
    /// Free blocks by the power of two that their memory has.
    by_size: [Vec<u32>; SIZES],
    /// Free blocks without memory.
    bare: Vec<u32>,
    /// How many headers exist.
    pub(super) headers: u32,
    /// Bytes in `by_size`.
    free_bytes: usize,
    /// Bytes of the pool's memory that all other blocks have.
    used_bytes: usize,
    /// Bytes of the payloads in use.
    payload_bytes: u64,
    /// Those of them that only holders keep: in loans, and in messages that the ring let go of.
    /// Below 0 for the moment in which the ring has let go and not counted it yet, but the last
    /// holder has.
    kept_bytes: i64,
}

impl Free {
    pub(super) fn new() -> Self {
        Self {
            by_size: [const { Vec::new() }; SIZES],
            bare: Vec::new(),
            headers: 0,
            free_bytes: 0,
            used_bytes: 0,
            payload_bytes: 0,
            kept_bytes: 0,
        }
    }

    /// Whether what holders keep leaves room for a payload of `len` bytes.
    ///
    /// A publisher has its block before the one that it replaces is given back, and any number of
    /// publishers may be at that. So what the ring and they have together counts as what the ring
    /// alone can have; only with what holders keep can that be too much.
    pub(super) fn has_room(&self, len: usize, bound: Option<Bound>) -> bool {
        let Some(bound) = bound else {
            return true;
        };
        let kept = u64::try_from(self.kept_bytes).unwrap_or(0);
        let ring = (self.payload_bytes + len as u64).saturating_sub(kept);
        kept + ring.min(bound.ring_bytes) <= bound.capacity_bytes
    }

    /// A block has `size` bytes of the pool's memory, and a payload of `len`, in use.
    pub(super) fn count(&mut self, size: usize, len: usize) {
        self.used_bytes += size;
        self.payload_bytes += len as u64;
    }

    /// A counted payload has another length.
    pub(super) fn recount(&mut self, before: usize, now: usize) {
        self.payload_bytes = self.payload_bytes + now as u64 - before as u64;
    }

    /// A counted payload is kept by holders only.
    pub(super) fn keep(&mut self, len: usize) {
        self.kept_bytes += len as i64;
    }

    /// A payload that was kept is not any more.
    pub(super) fn unkeep(&mut self, len: usize) {
        self.kept_bytes -= len as i64;
    }

    /// A free block with `size` bytes of memory, or one with none. `None`: none was ever made, or
    /// all are in use.
    pub(super) fn take(&mut self, size: usize) -> Option<u32> {
        let sized = size.checked_ilog2();
        if let Some(index) = sized.and_then(|log| self.by_size[log as usize].pop()) {
            self.free_bytes -= size;
            return Some(index);
        }
        self.bare.pop()
    }

    /// There is no memory for a block that was counted with `size` bytes of it.
    pub(super) fn lack_memory(&mut self, size: usize) {
        self.used_bytes -= size;
    }

    /// A block with `size` bytes of memory in use, and a counted payload of `len`, is free.
    pub(super) fn give_back(&mut self, index: u32, size: usize, len: usize) {
        self.payload_bytes -= len as u64;
        self.used_bytes -= size;
        self.free_bytes += size;
        match size.checked_ilog2() {
            Some(log) => self.by_size[log as usize].push(index),
            None => self.bare.push(index),
        }
    }

    /// A free block whose memory is beyond what may be kept. The largest go first: they free most,
    /// and cost least to make again.
    pub(super) fn surplus(&mut self) -> Option<u32> {
        if self.free_bytes <= self.used_bytes.max(KEEP_BYTES) {
            return None;
        }
        let sizes = (0..SIZES).rev();
        let (log, index) = sizes
            .filter_map(|log| Some((log, self.by_size[log].pop()?)))
            .next()?;
        self.free_bytes -= 1 << log;
        self.bare.push(index);
        Some(index)
    }

    pub(super) fn usage(&self) -> Usage {
        let free = self.bare.len() + self.by_size.iter().map(Vec::len).sum::<usize>();
        Usage {
            blocks: u64::from(self.headers) - free as u64,
            bytes: self.payload_bytes,
            free_bytes: self.free_bytes as u64,
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const BOUND: Option<Bound> = Some(Bound {
        capacity_bytes: 50,
        ring_bytes: 40,
    });

    fn publish(free: &mut Free) -> bool {
        let has_room = free.has_room(10, BOUND);
        if has_room {
            free.count(0, 10);
        }
        has_room
    }

    #[test]
    fn without_holders_there_is_always_room() {
        let mut free = Free::new();
        assert!((0..100).all(|_| publish(&mut free)));
    }

    #[test]
    fn what_holders_keep_leaves_less_room() {
        let mut free = Free::new();
        assert!((0..4).all(|_| publish(&mut free)));
        free.keep(10);
        assert!(publish(&mut free), "30 in the ring, 10 kept");
        assert!(publish(&mut free), "40 in the ring, 10 kept");
        free.keep(10);
        assert!(
            !publish(&mut free),
            "30 in the ring, 20 kept, 10 on their way"
        );
        free.unkeep(10);
        assert!(publish(&mut free));
    }
}
