// SPDX-License-Identifier: MIT OR Apache-2.0
//! A hub in C: new, clone, publish, close, free.

use std::ffi::{c_int, c_void};

use super::boundary::{borrow, guard, non_null, slice, store, timeout};
use super::handle::{self, Handle, Kind};
use super::message::signalhub_view_t;
use super::options::signalhub_options_t;
use super::status::signalhub_status_t::{self, *};
use crate::Hub;

/// A broadcast hub. Every function on it may be called from any thread at any time, but for
/// signalhub_free().
pub struct signalhub_t {
    _opaque: [u8; 0],
}

impl Handle for signalhub_t {
    type Value = Hub;
    const KIND: Kind = Kind::Hub;
}

/// Make a hub.
///
/// @param options  What it should be, or NULL for the defaults.
/// @param out_hub  Receives the handle. Not NULL.
///
/// Ownership: free the handle with signalhub_free().
/// Threads:   any thread.
/// Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_STRUCT_SIZE, SIGNALHUB_ERR_CAPACITY,
///            SIGNALHUB_ERR_SLOT_BYTES, SIGNALHUB_ERR_MAX_MESSAGE_BYTES,
///            SIGNALHUB_ERR_CAPACITY_BYTES, SIGNALHUB_ERR_NO_MEMORY or SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_new(
    options: *const signalhub_options_t,
    out_hub: *mut *mut signalhub_t,
) -> signalhub_status_t {
    guard(|| {
        non_null(out_hub)?;
        // SAFETY: `options` is NULL or a struct of the caller, by the contract of this function.
        let options = unsafe { signalhub_options_t::read(options) }?;
        let handle = handle::create(Hub::new(options)?)?;
        // SAFETY: `out_hub` is writable by the contract of this function.
        unsafe { store(out_hub, handle) };
        Ok(())
    })
}

/// Make another handle on the same hub, for another thread or another language to own.
///
/// @param hub      The hub. Not NULL.
/// @param out_hub  Receives the new handle. Not NULL.
///
/// Ownership: free each handle with signalhub_free().
/// Threads:   any thread.
/// Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED,
///            SIGNALHUB_ERR_NO_MEMORY or SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_clone(
    hub: *const signalhub_t,
    out_hub: *mut *mut signalhub_t,
) -> signalhub_status_t {
    guard(|| {
        non_null(out_hub)?;
        // SAFETY: `hub` is not freed during this call, by the contract of signalhub_free().
        let hub = unsafe { borrow(hub) }?;
        let handle = handle::create(hub.clone())?;
        // SAFETY: `out_hub` is writable by the contract of this function.
        unsafe { store(out_hub, handle) };
        Ok(())
    })
}

/// Publish one message without a topic to every receiver of a hub.
///
/// Waits for no receiver. One that has fallen a whole ring behind loses its oldest messages and
/// is told how many by its next receive; but while a lossless one has a whole ring unread, nothing is
/// published.
///
/// @param hub            The hub. Not NULL.
/// @param kind           What the payload is: SIGNALHUB_KIND_BYTES, _TEXT, _JSON or _EVENT.
/// @param data           The payload. May be NULL when `len` is 0.
/// @param len            Its length in bytes, at most the hub's max_message_bytes.
/// @param out_seq        Receives the message's number in its hub, from 0. NULL if not wanted.
/// @param out_receivers  Receives how many receivers the hub has. NULL if not wanted.
///
/// Ownership: `data` is copied before the call returns.
/// Threads:   any thread.
/// Returns:   SIGNALHUB_OK, SIGNALHUB_CLOSED, SIGNALHUB_FULL, SIGNALHUB_KEPT, SIGNALHUB_ERR_NULL,
///            SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED, SIGNALHUB_ERR_KIND, SIGNALHUB_ERR_UTF8,
///            SIGNALHUB_ERR_TOO_BIG, SIGNALHUB_ERR_NO_MEMORY or SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_publish(
    hub: *const signalhub_t,
    kind: c_int,
    data: *const c_void,
    len: usize,
    out_seq: *mut u64,
    out_receivers: *mut u64,
) -> signalhub_status_t {
    guard(|| {
        // SAFETY: `hub` is not freed during this call, by the contract of signalhub_free().
        let hub = unsafe { borrow(hub) }?;
        // SAFETY: `data` spans `len` bytes by the contract of this function.
        let payload = unsafe { slice(data.cast(), len) }?;
        hub.check_len(payload)?;
        let published = hub.publish(signalhub_view_t::checked(kind, payload)?)?;
        // SAFETY: `out_seq` is NULL or writable by the contract of this function.
        unsafe { store(out_seq, published.seq) };
        // SAFETY: `out_receivers` likewise.
        unsafe { store(out_receivers, published.receivers as u64) };
        Ok(())
    })
}

/// Publish one message with all that a message can have: a topic, an origin.
///
/// Behaves as signalhub_publish().
///
/// @param hub            The hub. Not NULL.
/// @param view           The message; its `seq` is ignored. Not NULL.
/// @param out_seq        Receives the message's number in its hub, from 0. NULL if not wanted.
/// @param out_receivers  Receives how many receivers the hub has. NULL if not wanted.
///
/// Ownership: payload and topic are copied before the call returns.
/// Threads:   any thread.
/// Returns:   what signalhub_publish() returns, SIGNALHUB_ERR_TOPIC or SIGNALHUB_ERR_STRUCT_SIZE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_publish_view(
    hub: *const signalhub_t,
    view: *const signalhub_view_t,
    out_seq: *mut u64,
    out_receivers: *mut u64,
) -> signalhub_status_t {
    guard(|| {
        // SAFETY: `hub` is not freed during this call, by the contract of signalhub_free().
        let hub = unsafe { borrow(hub) }?;
        // SAFETY: `view` and what it points to are readable by the contract of this function.
        let view = unsafe { signalhub_view_t::read(view, hub) }?;
        let published = hub.publish(view)?;
        // SAFETY: `out_seq` is NULL or writable by the contract of this function.
        unsafe { store(out_seq, published.seq) };
        // SAFETY: `out_receivers` likewise.
        unsafe { store(out_receivers, published.receivers as u64) };
        Ok(())
    })
}

/// Publish one message, and wait while a lossless receiver has a whole ring unread.
///
/// Else behaves as signalhub_publish_view().
///
/// @param hub            The hub. Not NULL.
/// @param view           The message; its `seq` is ignored. Not NULL.
/// @param timeout_ns     How long to wait at most, in nanoseconds on the monotonic clock; 0 does not
///                       wait, a negative number waits for ever.
/// @param out_seq        Receives the message's number in its hub, from 0. NULL if not wanted.
/// @param out_receivers  Receives how many receivers the hub has. NULL if not wanted.
///
/// Ownership: payload and topic are copied before the call returns.
/// Threads:   any thread.
/// Blocks:    until there is room, the hub is closed or the time is over.
/// Returns:   what signalhub_publish_view() returns; SIGNALHUB_FULL once the time is over.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_publish_timeout(
    hub: *const signalhub_t,
    view: *const signalhub_view_t,
    timeout_ns: i64,
    out_seq: *mut u64,
    out_receivers: *mut u64,
) -> signalhub_status_t {
    guard(|| {
        // SAFETY: `hub` is not freed during this call, by the contract of signalhub_free().
        let hub = unsafe { borrow(hub) }?;
        // SAFETY: `view` and what it points to are readable by the contract of this function.
        let view = unsafe { signalhub_view_t::read(view, hub) }?;
        let published = hub.publish_within(view, timeout(timeout_ns))?;
        // SAFETY: `out_seq` is NULL or writable by the contract of this function.
        unsafe { store(out_seq, published.seq) };
        // SAFETY: `out_receivers` likewise.
        unsafe { store(out_receivers, published.receivers as u64) };
        Ok(())
    })
}

/// Publish several messages in order.
///
/// They are numbered without a gap, up to a hub's capacity at a time; between such runs another
/// publisher's messages may come. Every message is checked before the first is published. As many
/// are published as lossless receivers leave room for.
///
/// @param hub            The hub. Not NULL.
/// @param views          The messages, each with the same struct_size. May be NULL when `count` is 0.
/// @param count          How many.
/// @param out_published  Receives how many were published. NULL if not wanted.
///
/// Ownership: payloads and topics are copied before the call returns.
/// Threads:   any thread.
/// Returns:   SIGNALHUB_OK: all were published. SIGNALHUB_CLOSED, SIGNALHUB_FULL, SIGNALHUB_KEPT
///            or SIGNALHUB_ERR_NO_MEMORY: the first `out_published` were (also written then). Else
///            what signalhub_publish_view() returns, and none was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_publish_many(
    hub: *const signalhub_t,
    views: *const signalhub_view_t,
    count: usize,
    out_published: *mut usize,
) -> signalhub_status_t {
    guard(|| {
        // SAFETY: `hub` is not freed during this call, by the contract of signalhub_free().
        let hub = unsafe { borrow(hub) }?;
        // SAFETY: `views` and what they point to are readable by the contract of this function.
        let views = unsafe { signalhub_view_t::read_many(views, count, hub) };
        let (published, result) = match views.map(|views| hub.publish_many(&views)) {
            Ok(Ok(())) => (count, Ok(())),
            Ok(Err(error)) => (error.published, Err(error.error.into())),
            Err(status) => (0, Err(status)),
        };
        if matches!(
            result,
            Ok(())
                | Err(SIGNALHUB_CLOSED | SIGNALHUB_FULL | SIGNALHUB_KEPT | SIGNALHUB_ERR_NO_MEMORY)
        ) {
            // SAFETY: `out_published` is NULL or writable by the contract of this function.
            unsafe { store(out_published, published) };
        }
        result
    })
}

/// How many messages a hub retains.
///
/// @param hub           The hub. Not NULL.
/// @param out_capacity  Receives the capacity. Not NULL.
///
/// Threads: any thread.
/// Returns: SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED or
///          SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_capacity(
    hub: *const signalhub_t,
    out_capacity: *mut u64,
) -> signalhub_status_t {
    guard(|| {
        non_null(out_capacity)?;
        // SAFETY: `hub` is not freed during this call, by the contract of signalhub_free().
        let hub = unsafe { borrow(hub) }?;
        // SAFETY: `out_capacity` is writable by the contract of this function.
        unsafe { store(out_capacity, hub.capacity()) };
        Ok(())
    })
}

/// The number that the next message of a hub will get: how many were published so far, those
/// included that are just being written.
///
/// @param hub      The hub. Not NULL.
/// @param out_seq  Receives the number. Not NULL.
///
/// Threads: any thread. After signalhub_close() the number never changes again.
/// Returns: SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED or
///          SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_next_seq(
    hub: *const signalhub_t,
    out_seq: *mut u64,
) -> signalhub_status_t {
    guard(|| {
        non_null(out_seq)?;
        // SAFETY: `hub` is not freed during this call, by the contract of signalhub_free().
        let hub = unsafe { borrow(hub) }?;
        // SAFETY: `out_seq` is writable by the contract of this function.
        unsafe { store(out_seq, hub.next_seq()) };
        Ok(())
    })
}

/// Whether a hub is closed.
///
/// @param hub         The hub. Not NULL.
/// @param out_closed  Receives 1 if it is, else 0. Not NULL.
///
/// Threads: any thread. Once closed, a hub stays so.
/// Returns: SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED or
///          SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_is_closed(
    hub: *const signalhub_t,
    out_closed: *mut c_int,
) -> signalhub_status_t {
    guard(|| {
        non_null(out_closed)?;
        // SAFETY: `hub` is not freed during this call, by the contract of signalhub_free().
        let hub = unsafe { borrow(hub) }?;
        // SAFETY: `out_closed` is writable by the contract of this function.
        unsafe { store(out_closed, hub.is_closed().into()) };
        Ok(())
    })
}

/// Close a hub for all its handles. Closing a closed hub does nothing.
///
/// Publishers then get SIGNALHUB_CLOSED; receivers read what is left and then get
/// SIGNALHUB_CLOSED; every sleeper wakes.
///
/// @param hub  The hub. Not NULL.
///
/// Threads: any thread.
/// Returns: SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED or
///          SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_close(hub: *const signalhub_t) -> signalhub_status_t {
    guard(|| {
        // SAFETY: `hub` is not freed during this call, by the contract of signalhub_free().
        unsafe { borrow(hub) }?.close();
        Ok(())
    })
}

/// Free a handle on a hub. Freeing the last one closes the hub. Receivers stay valid, and get
/// SIGNALHUB_CLOSED once they have read what is left.
///
/// @param hub  The handle, or NULL, which does nothing.
///
/// Ownership: the handle is gone; using it again is SIGNALHUB_ERR_HANDLE.
/// Threads:   any thread, while no other thread is inside a call on this same handle.
/// Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_HANDLE or SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_free(hub: *mut signalhub_t) -> signalhub_status_t {
    // SAFETY: no other call uses `hub`, by the contract of this function.
    guard(|| unsafe { handle::free(hub) })
}
