// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where pointers from C become references, and errors and panics statuses.

use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::slice;
use std::time::Duration;

use super::handle::{Cell, Handle, cell_of};
use super::status::signalhub_status_t::{self, *};
use crate::tag::Live;

/// Runs the body of an exported function: its error becomes a status, a panic
/// `SIGNALHUB_ERR_PANIC`.
#[inline]
pub(crate) fn guard(body: impl FnOnce() -> Result<(), signalhub_status_t>) -> signalhub_status_t {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => SIGNALHUB_OK,
        Ok(Err(status)) => status,
        Err(_) => SIGNALHUB_ERR_PANIC,
    }
}

/// Borrows the value behind a handle that any thread may use at any time.
///
/// # Safety
///
/// `handle` is NULL or was a handle of this library, and is not freed during `'a`.
#[inline]
pub(crate) unsafe fn borrow<'a, H: Handle>(
    handle: *const H,
) -> Result<&'a H::Value, signalhub_status_t> {
    // SAFETY: the caller's promise.
    let (cell, live) = unsafe { cell_of(handle) }?;
    cell.tag().check(live)?;
    // SAFETY: the tag is live, so the value is there (T2), and stays by the caller's promise.
    Ok(unsafe { &*cell.value() })
}

/// Borrows the value behind a handle that belongs to one thread at a time.
///
/// # Safety
///
/// As for [`borrow`]; and nobody else uses the handle during `'a`.
#[inline]
pub(crate) unsafe fn borrow_mut<'a, H: Handle>(
    handle: *mut H,
) -> Result<&'a mut H::Value, signalhub_status_t> {
    // SAFETY: the caller's promise.
    let (cell, live) = unsafe { cell_of(handle.cast_const()) }?;
    cell.tag().check(live)?;
    // SAFETY: as in `borrow`, and ours alone by the caller's promise.
    Ok(unsafe { &mut *cell.value() })
}

/// Takes the value behind a handle for this thread alone.
///
/// # Safety
///
/// `handle` is NULL or was a handle of this library.
#[inline]
pub(crate) unsafe fn lock<'a, H: Handle>(
    handle: *mut H,
) -> Result<Locked<'a, H::Value>, signalhub_status_t> {
    // SAFETY: the caller's promise.
    let (cell, live) = unsafe { cell_of(handle.cast_const()) }?;
    cell.tag().lock(live)?;
    Ok(Locked { cell, live })
}

/// As [`lock`], but waits while another thread has the value.
///
/// # Safety
///
/// As for [`lock`]; and this thread does not have the value already.
pub(crate) unsafe fn lock_waiting<'a, H: Handle>(
    handle: *mut H,
) -> Result<Locked<'a, H::Value>, signalhub_status_t> {
    // SAFETY: the caller's promise.
    let (cell, live) = unsafe { cell_of(handle.cast_const()) }?;
    cell.tag().lock_again(live)?;
    Ok(Locked { cell, live })
}

/// A value that this thread alone has, until it is dropped.
pub(crate) struct Locked<'a, T> {
    cell: &'a Cell<T>,
    live: Live,
}

impl<'a, T> Locked<'a, T> {
    /// Lets other threads have the value, with a ticket to take it again.
    pub(crate) fn unlock(self) -> Unlocked<'a, T> {
        Unlocked {
            cell: self.cell,
            live: self.live,
        }
    }
}

impl<T> Deref for Locked<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: we made the tag busy, so the value is there and ours (T2, T3).
        unsafe { &*self.cell.value() }
    }
}

impl<T> DerefMut for Locked<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`.
        unsafe { &mut *self.cell.value() }
    }
}

impl<T> Drop for Locked<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.cell.tag().unlock(self.live);
    }
}

/// A value that this thread had and wants again.
pub(crate) struct Unlocked<'a, T> {
    cell: &'a Cell<T>,
    live: Live,
}

impl<'a, T> Unlocked<'a, T> {
    /// Whether the handle was freed meanwhile.
    pub(crate) fn is_freed(&self) -> bool {
        use crate::error::HandleError::Busy;
        !matches!(self.cell.tag().check(self.live), Ok(()) | Err(Busy))
    }

    /// Takes the value again, or `None` if the handle was freed.
    pub(crate) fn lock(&self) -> Option<Locked<'a, T>> {
        self.cell.tag().lock_again(self.live).ok()?;
        Some(Locked {
            cell: self.cell,
            live: self.live,
        })
    }
}

/// A timeout as C has it: negative is for ever.
pub(crate) fn timeout(timeout_ns: i64) -> Option<Duration> {
    u64::try_from(timeout_ns).ok().map(Duration::from_nanos)
}

/// Refuses NULL where a pointer must not be.
#[inline]
pub(crate) fn non_null<T>(pointer: *const T) -> Result<(), signalhub_status_t> {
    if pointer.is_null() {
        Err(SIGNALHUB_ERR_NULL)
    } else {
        Ok(())
    }
}

/// Borrows the caller's array. NULL is an empty array when `len` is 0, an error otherwise.
///
/// # Safety
///
/// Unless NULL, `data` points to `len` values that nobody writes during `'a`.
#[inline]
pub(crate) unsafe fn slice<'a, T>(
    data: *const T,
    len: usize,
) -> Result<&'a [T], signalhub_status_t> {
    if len == 0 {
        return Ok(&[]);
    }
    non_null(data)?;
    if len > isize::MAX as usize / size_of::<T>() {
        return Err(SIGNALHUB_ERR_TOO_BIG);
    }
    // SAFETY: not NULL and not too long; the rest is the caller's promise.
    Ok(unsafe { slice::from_raw_parts(data, len) })
}

/// Borrows the caller's buffer to write to. NULL is an empty one when `len` is 0.
///
/// # Safety
///
/// Unless NULL, `data` points to `len` writable values that nobody else uses during `'a`.
pub(crate) unsafe fn slice_mut<'a, T>(
    data: *mut T,
    len: usize,
) -> Result<&'a mut [T], signalhub_status_t> {
    if len == 0 {
        return Ok(&mut []);
    }
    non_null(data)?;
    if len > isize::MAX as usize / size_of::<T>() {
        return Err(SIGNALHUB_ERR_TOO_BIG);
    }
    // SAFETY: not NULL and not too long; the rest is the caller's promise.
    Ok(unsafe { slice::from_raw_parts_mut(data, len) })
}

/// Stores a result where the caller asked for it; NULL means "not interested".
///
/// # Safety
///
/// `out` is NULL or points to a writable `T`.
#[inline]
pub(crate) unsafe fn store<T>(out: *mut T, value: T) {
    if !out.is_null() {
        // SAFETY: not NULL; writable by the caller's promise.
        unsafe { out.write(value) }
    }
}

/// The `struct_size` that a caller's struct begins with.
///
/// # Safety
///
/// `given` points to a struct whose first field is its size.
pub(crate) unsafe fn struct_size<T>(given: *const T) -> usize {
    // SAFETY: the first field of a `repr(C)` struct is at its address.
    unsafe { given.cast::<usize>().read() }
}

/// Copies a struct that the caller's version of the header may have shorter or longer: what it
/// lacks is zero, and what is unknown here must be zero.
///
/// # Safety
///
/// `given` points to as many readable bytes as its first field, `struct_size`, says; all-zero
/// bytes are a valid `T`.
pub(crate) unsafe fn read_sized<T: Copy>(
    given: *const T,
    size_min: usize,
) -> Result<T, signalhub_status_t> {
    // SAFETY: the caller's promise.
    let size = unsafe { struct_size(given) };
    if size == size_of::<T>() {
        // Field by field, as it was stored: a copy would wait until the caller's stores are done.
        // SAFETY: so many bytes are readable by the caller's promise.
        return Ok(unsafe { given.read() });
    }
    if size < size_min || size > STRUCT_SIZE_MAX {
        return Err(SIGNALHUB_ERR_STRUCT_SIZE);
    }
    // SAFETY: readable by the caller's promise.
    let bytes = unsafe { slice::from_raw_parts(given.cast::<u8>(), size) };
    let known = size.min(size_of::<T>());
    if bytes[known..].iter().any(|&byte| byte != 0) {
        return Err(SIGNALHUB_ERR_STRUCT_SIZE);
    }
    // SAFETY: all-zero bytes are a valid `T` by the caller's promise.
    let mut read: T = unsafe { std::mem::zeroed() };
    // SAFETY: `known` bytes are there on both sides, which do not overlap.
    unsafe {
        (&raw mut read)
            .cast::<u8>()
            .copy_from_nonoverlapping(bytes.as_ptr(), known)
    };
    Ok(read)
}

/// Stores a struct that the caller's version of the header may have shorter or longer: as far as
/// both know it, and with the caller's `struct_size`.
///
/// # Safety
///
/// `out` points to as many writable bytes as its first field, `struct_size`, says.
#[inline]
pub(crate) unsafe fn store_sized<T: Copy>(
    out: *mut T,
    size_min: usize,
    value: T,
) -> Result<(), signalhub_status_t> {
    // SAFETY: the caller's promise.
    let size = unsafe { struct_size(out) };
    if size < size_min || size > STRUCT_SIZE_MAX {
        return Err(SIGNALHUB_ERR_STRUCT_SIZE);
    }
    if size >= size_of::<T>() {
        // SAFETY: so many bytes are writable by the caller's promise.
        unsafe { out.write(value) };
    } else {
        // SAFETY: `size` bytes are there on both sides, which do not overlap.
        unsafe {
            out.cast::<u8>()
                .copy_from_nonoverlapping((&raw const value).cast(), size)
        };
    }
    // SAFETY: the first field of a `repr(C)` struct is at its address.
    unsafe { out.cast::<usize>().write(size) };
    Ok(())
}

/// No version of a struct will be larger.
const STRUCT_SIZE_MAX: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_status() {
        std::panic::set_hook(Box::new(|_| {}));
        assert_eq!(guard(|| panic!("inside")), SIGNALHUB_ERR_PANIC);
        let _ = std::panic::take_hook();
        assert_eq!(guard(|| Err(SIGNALHUB_EMPTY)), SIGNALHUB_EMPTY);
        assert_eq!(guard(|| Ok(())), SIGNALHUB_OK);
    }

    #[test]
    fn a_struct_of_another_version_is_stored_as_far_as_it_goes() {
        #[repr(C)]
        #[derive(Clone, Copy)]
        struct Ours {
            struct_size: usize,
            old: u64,
            new: u64,
        }
        let ours = Ours {
            struct_size: 0,
            old: 1,
            new: 2,
        };
        for (size, result, stored) in [
            (16_usize, Ok(()), [1, 9, 9]),
            (24, Ok(()), [1, 2, 9]),
            (32, Ok(()), [1, 2, 9]),
            (8, Err(SIGNALHUB_ERR_STRUCT_SIZE), [9, 9, 9]),
            (1 << 40, Err(SIGNALHUB_ERR_STRUCT_SIZE), [9, 9, 9]),
        ] {
            let mut out = [size, 9, 9, 9];
            // SAFETY: what is not refused is no longer than the array.
            let got = unsafe { store_sized(out.as_mut_ptr().cast::<Ours>(), 16, ours) };
            assert_eq!((got, out[0], &out[1..]), (result, size, &stored[..]));
        }
    }

    #[test]
    fn a_struct_of_another_version_is_read_with_zeros_for_what_it_lacks() {
        #[repr(C)]
        #[derive(Clone, Copy)]
        struct Ours {
            struct_size: usize,
            old: u64,
            new: u64,
        }
        let read = |bytes: &[u64]| {
            // SAFETY: each array is as long as its first element says.
            unsafe { read_sized(bytes.as_ptr().cast::<Ours>(), 16) }
                .map(|ours| (ours.old, ours.new))
        };
        assert_eq!(read(&[16, 1]), Ok((1, 0)), "an older caller");
        assert_eq!(read(&[24, 1, 2]), Ok((1, 2)));
        assert_eq!(read(&[32, 1, 2, 0]), Ok((1, 2)), "a newer caller");
        assert_eq!(
            read(&[32, 1, 2, 3]),
            Err(SIGNALHUB_ERR_STRUCT_SIZE),
            "that asks for more"
        );
        assert_eq!(read(&[8]), Err(SIGNALHUB_ERR_STRUCT_SIZE));
        assert_eq!(read(&[1 << 40]), Err(SIGNALHUB_ERR_STRUCT_SIZE));
    }
}
