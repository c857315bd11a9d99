// SPDX-License-Identifier: MIT OR Apache-2.0
//! Publishing memory of the caller's own, in C.

use std::ffi::c_void;
use std::mem;

use super::boundary::{borrow, guard, slice, store};
use super::hub::signalhub_t;
use super::message::signalhub_view_t;
use super::status::signalhub_status_t;

/// Frees what was handed to the library together with the `user_data` that it is given: memory that
/// signalhub_publish_owned() published, or what a callback uses. NULL for what needs no freeing.
///
/// It is called once, by whichever thread needs it last: of a message one that publishes, receives,
/// clears a message, or frees the last of what keeps a hub alive. Nothing is locked then, so it may
/// call every function of this library, on the same hub too, but none on a message or a loan that
/// the thread is inside a call on. Memory of messages that becomes due in one that frees such memory
/// is freed when that has returned, so these calls do not nest. It must return: not throw, not leave by longjmp() nor by the end of its
/// thread.
pub type signalhub_free_fn_t = Option<unsafe extern "C-unwind" fn(user_data: *mut c_void)>;

/// Memory of the caller's.
struct Owned {
    data: *const c_void,
    len: usize,
    free_fn: signalhub_free_fn_t,
    user_data: *mut c_void,
}

// SAFETY: signalhub_publish_owned() tells the caller that any thread may read and free it.
unsafe impl Send for Owned {}
// SAFETY: likewise.
unsafe impl Sync for Owned {}

impl AsRef<[u8]> for Owned {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: spans `len` bytes until it is freed, by the contract of
        // signalhub_publish_owned(); it was checked there.
        unsafe { slice(self.data.cast(), self.len) }.unwrap_or_default()
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some(free_fn) = self.free_fn {
            // SAFETY: the caller gave both for this, and this is the one call.
            unsafe { free_fn(self.user_data) };
        }
    }
}

/// Publish memory of the caller's own, without a copy, however short it is.
///
/// Behaves as signalhub_publish_view(); receivers read the payload where it is, so it is aligned as
/// the caller has it.
///
/// @param hub            The hub. Not NULL.
/// @param view           The message; its `seq` is ignored. Not NULL.
/// @param free_fn        Frees the payload, or NULL if nothing has to: it is valid for ever.
/// @param user_data      What `free_fn` is given.
/// @param out_seq        Receives the message's number in its hub, from 0. NULL if not wanted.
/// @param out_receivers  Receives how many receivers the hub has. NULL if not wanted.
///
/// Ownership: with SIGNALHUB_OK the payload is the library's: nobody may write to it, and `free_fn`
///            is called once when it is not needed any more, which may be before this call
///            returns. Else the payload is the caller's as before and `free_fn` is not called. The
///            topic is copied.
/// Threads:   any thread; any thread may call `free_fn`.
/// Returns:   what signalhub_publish_view() returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_publish_owned(
    hub: *const signalhub_t,
    view: *const signalhub_view_t,
    free_fn: signalhub_free_fn_t,
    user_data: *mut c_void,
    out_seq: *mut u64,
    out_receivers: *mut u64,
) -> signalhub_status_t {
    guard(|| {
        // SAFETY: `hub` is not freed during this call, by the contract of signalhub_free().
        let hub = unsafe { borrow(hub) }?;
        // SAFETY: `view` and its topic are readable by the contract of this function.
        let (given, label) = unsafe { signalhub_view_t::read_label(view) }?;
        // SAFETY: `data` spans `len` bytes by the contract of this function.
        unsafe { slice::<u8>(given.data.cast(), given.len) }?;
        let owned = Owned {
            data: given.data,
            len: given.len,
            free_fn,
            user_data,
        };
        let published = hub.publish_owned(owned, label).map_err(|refused| {
            // It is the caller's again.
            mem::forget(refused.given);
            refused.error
        })?;
        // SAFETY: `out_seq` is NULL or writable by the contract of this function.
        unsafe { store(out_seq, published.seq) };
        // SAFETY: `out_receivers` likewise.
        unsafe { store(out_receivers, published.receivers as u64) };
        Ok(())
    })
}
