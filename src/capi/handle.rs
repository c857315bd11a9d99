// SPDX-License-Identifier: MIT OR Apache-2.0
//! Handles: pointers to cells that are never unmapped, so that a freed one can be told.
//!
//! # Invariants
//!
//! * H1. A cell lives as long as the process. Its handles are its address plus a generation.
//! * H2. A freed cell waits behind [`QUARANTINE`] others of its kind before it is used again, so
//!   that a freed handle could pass for a live one only after 262,000 more of its kind.
//! * H3. In the child of a fork the table of vacant cells starts empty, so that nothing that
//!   another thread of the parent held or was changing matters.

use std::cell::UnsafeCell;
use std::collections::VecDeque;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::Relaxed;

use once_cell::race::OnceBool;

use super::callback::Held;
use super::status::signalhub_status_t;
use crate::error::HandleError;
use crate::sync::{AtomicU64, Lock};
use crate::sys::fork::at_fork;
use crate::tag::{self, GENERATIONS, Live, Tag};
use crate::{Dispatcher, Hub, Loan, Message};

pub(crate) use crate::tag::Kind;

/// An opaque C type, whose handles stand for values of a Rust type.
pub(crate) trait Handle: Sized {
    /// What a handle stands for.
    type Value: Send;
    const KIND: Kind;

    /// Ends a value whose handle was freed. `address` is the handle's number.
    fn retire(value: Self::Value, address: usize) {
        let _ = address;
        drop(value);
    }
}

/// What is behind a handle.
#[repr(C, align(256))]
pub(crate) struct Cell<T> {
    tag: Tag,
    value: UnsafeCell<MaybeUninit<T>>,
}

// A handle's low bits hold a generation, and a cell of any kind may be looked at as one of another.
const _: () = assert!(align_of::<Cell<u8>>() as u64 == GENERATIONS);
const _: () = assert!(size_of::<Cell<Hub>>() == size_of::<Cell<u8>>());
const _: () = assert!(size_of::<Cell<Held>>() == size_of::<Cell<u8>>());
const _: () = assert!(size_of::<Cell<Message>>() == size_of::<Cell<u8>>());
const _: () = assert!(size_of::<Cell<Loan>>() == size_of::<Cell<u8>>());
const _: () = assert!(size_of::<Cell<Dispatcher>>() == size_of::<Cell<u8>>());
const GENERATION_MASK: usize = GENERATIONS as usize - 1;

/// How many freed cells of a kind wait before the first of them is used again.
const QUARANTINE: usize = 1024;
/// How many cells are made at a time.
const CHUNK: usize = 32;

/// This copy of the library, and the fork epoch; 0 before the first handle.
static LIBRARY: AtomicU64 = AtomicU64::new(0);

/// The vacant cells of each kind.
static VACANT: Lock<[Vacant; 5]> = Lock::new([const { Vacant::new() }; 5]);

struct Vacant {
    /// Never used.
    fresh: Vec<NonNull<()>>,
    /// Used before, the longest freed first (H2).
    freed: VecDeque<NonNull<()>>,
}

// SAFETY: cells are shared by their tags; an address of one may go to any thread.
unsafe impl Send for Vacant {}

impl Vacant {
    const fn new() -> Self {
        Self {
            fresh: Vec::new(),
            freed: VecDeque::new(),
        }
    }
}

/// A handle for `value`.
pub(crate) fn create<H: Handle>(value: H::Value) -> Result<*mut H, HandleError> {
    let library = library()?;
    let cell = vacant_cell::<H::Value>(H::KIND)?;
    // SAFETY: a cell lives for ever (H1).
    let at = unsafe { cell.as_ref() };
    let generation = at.tag.generation();
    // SAFETY: the cell was vacant, so its value is nobody's (T2).
    unsafe { at.value().write(value) };
    at.tag.set_live(Live::new(library, H::KIND, generation));
    Ok(cell
        .as_ptr()
        .cast::<H>()
        .map_addr(|address| address | generation as usize))
}

/// The cell of a handle, and the tag it has while the handle is live.
///
/// # Safety
///
/// `handle` is NULL, or was a handle of some type of some copy of this library.
#[inline]
pub(crate) unsafe fn cell_of<'a, H: Handle>(
    handle: *const H,
) -> Result<(&'a Cell<H::Value>, Live), HandleError> {
    let generation = handle.addr() & GENERATION_MASK;
    let cell = handle
        .map_addr(|address| address & !GENERATION_MASK)
        .cast::<Cell<H::Value>>();
    // SAFETY: NULL is refused; the cells of all kinds and all copies of the library are of one
    // size, start with their tag and are never unmapped (H1). Nothing but the tag is touched
    // before it was compared.
    let cell = unsafe { cell.as_ref() }.ok_or(HandleError::Null)?;
    Ok((
        cell,
        Live::new(LIBRARY.load(Relaxed), H::KIND, generation as u64),
    ))
}

impl<T> Cell<T> {
    #[inline]
    pub(crate) fn tag(&self) -> &Tag {
        &self.tag
    }

    /// The value; only behind a tag that was found live or made busy (T2, T3).
    #[inline]
    pub(crate) fn value(&self) -> *mut T {
        self.value.get().cast()
    }
}

/// Frees a handle.
///
/// # Safety
///
/// As for [`cell_of`]; and no other thread is inside a call that borrowed the value.
pub(crate) unsafe fn free<H: Handle>(handle: *mut H) -> Result<(), signalhub_status_t> {
    if handle.is_null() {
        return Ok(());
    }
    // SAFETY: the caller's promise.
    let (cell, live) = unsafe { cell_of(handle.cast_const()) }?;
    match cell.tag.retire(live) {
        Ok(()) => {}
        Err(HandleError::Forked) => {
            cell.tag.forget(live);
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    }
    // SAFETY: we made the tag vacant, so the value is there and ours (T2).
    let value = unsafe { cell.value().read() };
    VACANT.lock()[H::KIND as usize]
        .freed
        .push_back(NonNull::from(cell).cast());
    H::retire(value, handle.addr());
    Ok(())
}

fn vacant_cell<T>(kind: Kind) -> Result<NonNull<Cell<T>>, HandleError> {
    let mut vacant = VACANT.lock();
    let vacant = &mut vacant[kind as usize];
    if vacant.freed.len() > QUARANTINE
        && let Some(cell) = vacant.freed.pop_front()
    {
        return Ok(cell.cast());
    }
    if vacant.fresh.is_empty() {
        let mut chunk = Vec::new();
        chunk
            .try_reserve_exact(CHUNK)
            .map_err(|_| HandleError::NoMemory)?;
        chunk.resize_with(CHUNK, || Cell::<T> {
            tag: Tag::new(),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        });
        // Never freed (H1).
        let cells = Vec::leak(chunk);
        vacant
            .fresh
            .extend(cells.iter().map(|cell| NonNull::from(cell).cast()));
    }
    vacant
        .fresh
        .pop()
        .map(NonNull::cast)
        .ok_or(HandleError::NoMemory)
}

/// [`LIBRARY`], made when it is first needed. Threads that race for it may both ask to be told of
/// forks: being told twice only counts a fork twice, and nobody waits for anybody.
fn library() -> Result<u64, HandleError> {
    static TOLD_OF_FORKS: OnceBool = OnceBool::new();
    TOLD_OF_FORKS.get_or_try_init(|| {
        if at_fork(in_child) {
            Ok(true)
        } else {
            Err(HandleError::NoMemory)
        }
    })?;
    let made = tag::library((&raw const LIBRARY).addr());
    match LIBRARY.compare_exchange(0, made, Relaxed, Relaxed) {
        Ok(_) => Ok(made),
        Err(library) if tag::is_exhausted(library) => Err(HandleError::NoMemory),
        Err(library) => Ok(library),
    }
}

/// Runs in the child of a fork, whose only thread is the one that called fork.
extern "C" fn in_child() {
    let library = LIBRARY.load(Relaxed);
    if library != 0 {
        LIBRARY.store(tag::forked(library), Relaxed);
    }
    // SAFETY: no other thread exists (H3). The old table may be half changed: it is not dropped.
    unsafe { VACANT.data_ptr().write([const { Vacant::new() }; 5]) };
    if VACANT.is_locked() {
        // SAFETY: whoever held it does not exist here.
        unsafe { VACANT.force_unlock() };
    }
}
