// SPDX-License-Identifier: MIT OR Apache-2.0
//! Zeroed memory that starts on a cache line: plain bytes, and atomic words.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::slice;

#[cfg(not(loom))]
use super::errno::keep as keep_errno;
use crate::sync::AtomicU64;

#[cfg(loom)]
fn keep_errno<R>(call: impl FnOnce() -> R) -> R {
    call()
}

/// Size and alignment of a cache line.
pub(crate) const LINE_BYTES: usize = 64;

/// Bytes on the heap, aligned to [`LINE_BYTES`], zero at first. Pages that nobody has written to
/// cost nothing, however large it is.
#[derive(Debug)]
pub(crate) struct Buffer {
    /// First byte, on a cache line.
    data: NonNull<u8>,
    /// How many bytes may be used.
    len: usize,
    /// What the allocator gave; dangling when `len` is 0.
    allocation: NonNull<u8>,
}

// SAFETY: a Buffer owns its memory, as a Vec<u8> does.
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// `len` zero bytes, or `None` if there is no such memory.
    pub(crate) fn zeroed(len: usize) -> Option<Self> {
        if len == 0 {
            return Some(Self::default());
        }
        let layout = Self::layout(len)?;
        // SAFETY: the layout is not empty.
        let allocation = NonNull::new(keep_errno(|| unsafe { alloc_zeroed(layout) }))?;
        // The layout has room for `len` bytes behind any such offset.
        let offset = allocation.addr().get().next_multiple_of(LINE_BYTES) - allocation.addr().get();
        // SAFETY: `offset` is less than LINE_BYTES, by which the allocation is longer than `len`.
        let data = unsafe { allocation.add(offset) };
        Some(Self {
            data,
            len,
            allocation,
        })
    }

    /// `len` zero bytes. Ends the process if there is no such memory, as `Vec` does.
    pub(crate) fn new(len: usize) -> Self {
        Self::zeroed(len).unwrap_or_else(|| {
            handle_alloc_error(Self::layout(len).unwrap_or(Layout::new::<Line>()))
        })
    }

    /// What to ask of the allocator. Alignment 16, not 64: only up to that does the system
    /// allocator hand out untouched zero pages instead of clearing them.
    fn layout(len: usize) -> Option<Layout> {
        Layout::from_size_align(len.checked_add(LINE_BYTES)?, 16).ok()
    }
}

/// Only for its alignment.
#[repr(align(64))]
struct Line;

impl Default for Buffer {
    /// No bytes, and no allocation.
    fn default() -> Self {
        Self {
            data: NonNull::<Line>::dangling().cast(),
            len: 0,
            allocation: NonNull::dangling(),
        }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.len == 0 {
            return;
        }
        if let Some(layout) = Self::layout(self.len) {
            // SAFETY: `allocation` came from `alloc_zeroed` with this layout.
            unsafe { dealloc(self.allocation.as_ptr(), layout) }
        }
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: `len` initialised bytes that live as long as `self`.
        unsafe { slice::from_raw_parts(self.data.as_ptr(), self.len) }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `deref`, and borrowed by nobody else.
        unsafe { slice::from_raw_parts_mut(self.data.as_ptr(), self.len) }
    }
}

/// Atomic words that start on a cache line, zero at first.
#[cfg(not(loom))]
#[derive(Debug)]
pub(crate) struct Region(Buffer);

#[cfg(not(loom))]
impl Region {
    /// So many words, or `None` if there is no such memory.
    pub(crate) fn new(words: usize) -> Option<Self> {
        Buffer::zeroed(words.checked_mul(size_of::<AtomicU64>())?).map(Self)
    }

    #[inline]
    pub(crate) fn words(&self) -> &[AtomicU64] {
        let count = self.0.len / size_of::<AtomicU64>();
        // SAFETY: the buffer is aligned for words, any bytes are one, and it is only ever looked
        // at as atomics, which allow shared changes.
        unsafe { slice::from_raw_parts(self.0.data.as_ptr().cast(), count) }
    }
}

/// Words that loom can follow.
#[cfg(loom)]
#[derive(Debug)]
pub(crate) struct Region(Box<[AtomicU64]>);

#[cfg(loom)]
impl Region {
    pub(crate) fn new(words: usize) -> Option<Self> {
        Some(Self((0..words).map(|_| AtomicU64::new(0)).collect()))
    }

    pub(crate) fn words(&self) -> &[AtomicU64] {
        &self.0
    }
}
