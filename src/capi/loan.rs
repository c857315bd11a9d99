// SPDX-License-Identifier: MIT OR Apache-2.0
//! Loans in C: memory of a hub that a publisher writes in place.

use std::ffi::c_void;

use super::boundary::{borrow, borrow_mut, guard, non_null, store};
use super::handle::{self, Handle, Kind};
use super::hub::signalhub_t;
use super::message::signalhub_view_t;
use super::status::signalhub_status_t::{self, *};
use crate::Loan;

/// Memory of a hub for a payload that is being written. It belongs to one thread at a time.
pub struct signalhub_loan_t {
    _opaque: [u8; 0],
}

impl Handle for signalhub_loan_t {
    type Value = Loan;
    const KIND: Kind = Kind::Loan;
}

/// Borrow memory for a payload, to write it where receivers will read it, without a copy.
///
/// A loan becomes a message, and gets its number, when it is published. Until then it counts
/// towards the hub's capacity_bytes.
///
/// @param hub       The hub. Not NULL.
/// @param len       Length of the payload in bytes, at most the hub's max_message_bytes.
/// @param out_loan  Receives the handle. Not NULL.
/// @param out_data  Receives the address of `len` bytes, aligned to 64 bytes, whatever they are.
///                  Not NULL.
///
/// Ownership: give the loan to signalhub_loan_publish() or signalhub_loan_free(). It stays valid
///            when the hub is gone.
/// Threads:   any thread.
/// Returns:   SIGNALHUB_OK, SIGNALHUB_CLOSED, SIGNALHUB_KEPT, SIGNALHUB_ERR_NULL,
///            SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED, SIGNALHUB_ERR_TOO_BIG,
///            SIGNALHUB_ERR_NO_MEMORY or SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_loan(
    hub: *const signalhub_t,
    len: usize,
    out_loan: *mut *mut signalhub_loan_t,
    out_data: *mut *mut c_void,
) -> signalhub_status_t {
    guard(|| {
        non_null(out_loan)?;
        non_null(out_data)?;
        // SAFETY: `hub` is not freed during this call, by the contract of signalhub_free().
        let mut loan = unsafe { borrow(hub) }?.loan(len)?;
        let data = loan.as_mut_ptr();
        let handle = handle::create(loan)?;
        // SAFETY: `out_loan` is writable by the contract of this function.
        unsafe { store(out_loan, handle) };
        // SAFETY: `out_data` likewise.
        unsafe { store(out_data, data.cast()) };
        Ok(())
    })
}

/// Publish a loan to every receiver of its hub.
///
/// Behaves as signalhub_publish_view(), but copies nothing. Never SIGNALHUB_KEPT: its memory is
/// there already.
///
/// @param loan           The loan. Not NULL.
/// @param view           The message: kind, topic and origin; `len`, how many bytes of the loan,
///                       from its first on; `data`, NULL or the address of the loan. Not NULL.
/// @param out_seq        Receives the message's number in its hub, from 0. NULL if not wanted.
/// @param out_receivers  Receives how many receivers the hub has. NULL if not wanted.
///
/// Ownership: with SIGNALHUB_OK the loan is gone, and its memory is not the caller's any more; else
///            it is the caller's as before.
/// Threads:   one thread at a time.
/// Returns:   SIGNALHUB_OK, SIGNALHUB_CLOSED (also when the hub's last handle was freed),
///            SIGNALHUB_FULL, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED,
///            SIGNALHUB_ERR_STRUCT_SIZE, SIGNALHUB_ERR_KIND, SIGNALHUB_ERR_UTF8,
///            SIGNALHUB_ERR_TOPIC, SIGNALHUB_ERR_LOAN (`len` is more than was borrowed, or `data`
///            is elsewhere), SIGNALHUB_ERR_NO_MEMORY (for a topic that does not fit a slot) or
///            SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_loan_publish(
    loan: *mut signalhub_loan_t,
    view: *const signalhub_view_t,
    out_seq: *mut u64,
    out_receivers: *mut u64,
) -> signalhub_status_t {
    guard(|| {
        // SAFETY: the loan is the caller's alone during this call, by the contract.
        let borrowed = unsafe { borrow_mut(loan) }?;
        // SAFETY: `view` and its topic are readable by the contract of this function.
        let (given, label) = unsafe { signalhub_view_t::read_label(view) }?;
        let is_elsewhere = !given.data.is_null() && given.data != borrowed.as_ptr().cast();
        if is_elsewhere || given.len > borrowed.len() {
            return Err(SIGNALHUB_ERR_LOAN);
        }
        let published = borrowed.publish_in_place(given.len, label)?;
        // SAFETY: no other call uses `loan`, by the contract of this function.
        unsafe { handle::free(loan) }?;
        // SAFETY: `out_seq` is NULL or writable by the contract of this function.
        unsafe { store(out_seq, published.seq) };
        // SAFETY: `out_receivers` likewise.
        unsafe { store(out_receivers, published.receivers as u64) };
        Ok(())
    })
}

/// Give a loan back without publishing it.
///
/// @param loan  The loan, or NULL, which does nothing.
///
/// Ownership: the handle is gone, and so is its memory; using it again is SIGNALHUB_ERR_HANDLE.
/// Threads:   one thread at a time.
/// Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_HANDLE or SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_loan_free(loan: *mut signalhub_loan_t) -> signalhub_status_t {
    // SAFETY: no other call uses `loan`, by the contract of this function.
    guard(|| unsafe { handle::free(loan) })
}
