// SPDX-License-Identifier: MIT OR Apache-2.0
//! A message in C: what a receive fills, and a view of its parts.

use std::ffi::{c_char, c_int, c_void};
use std::mem::offset_of;
use std::ops::{Deref, DerefMut};
use std::ptr;
use std::str;

use super::boundary::{
    borrow, borrow_mut, guard, non_null, read_sized, slice, store, store_sized, struct_size,
};
use super::handle::{self, Handle};
use super::status::signalhub_status_t::{self, *};
use crate::block::free_due;
use crate::{Hub, Kind, Label, Message, View};

/// The payload is bytes.
pub const SIGNALHUB_KIND_BYTES: c_int = 0;
/// The payload is UTF-8 text.
pub const SIGNALHUB_KIND_TEXT: c_int = 1;
/// The payload is one JSON value, in UTF-8.
pub const SIGNALHUB_KIND_JSON: c_int = 2;
/// The payload is a CloudEvents 1.0 JSON event, in UTF-8.
pub const SIGNALHUB_KIND_EVENT: c_int = 3;

/// A message that a receive fills, again and again. It belongs to one thread at a time.
pub struct signalhub_message_t {
    _opaque: [u8; 0],
}

impl Handle for signalhub_message_t {
    type Value = Message;
    const KIND: handle::Kind = handle::Kind::Message;
}

/// The parts of a message: what you publish, and what you received. Start from
/// SIGNALHUB_VIEW_INIT. What was received can be published again as it is.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct signalhub_view_t {
    /// `sizeof(signalhub_view_t)`.
    pub struct_size: usize,
    /// The payload, aligned to 64 bytes when received, unless signalhub_publish_owned() published
    /// it. May be NULL when `len` is 0.
    pub data: *const c_void,
    /// Length of the payload in bytes.
    pub len: usize,
    /// The topic: 1 to 255 bytes of UTF-8, tokens joined by '.', no empty token, no '*', no '>',
    /// no white space, no control character. Not terminated by a NUL. NULL when the message has
    /// none.
    pub topic: *const c_char,
    /// Length of the topic in bytes; 0 when the message has none.
    pub topic_len: usize,
    /// What the payload is: a SIGNALHUB_KIND_ constant.
    pub kind: c_int,
    /// Zero.
    pub reserved: u32,
    /// Who published, as the publishers agree among themselves; 0 when unsaid.
    pub origin: u64,
    /// The message's number in its hub, from 0. Ignored when published.
    pub seq: u64,
}

// As in tests/c/sizes.c. Without padding: struct_size could not tell a field that is added there.
#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<signalhub_view_t>() == 64);
    assert!(offset_of!(signalhub_view_t, struct_size) == 0);
    assert!(offset_of!(signalhub_view_t, data) == 8);
    assert!(offset_of!(signalhub_view_t, len) == 16);
    assert!(offset_of!(signalhub_view_t, topic) == 24);
    assert!(offset_of!(signalhub_view_t, topic_len) == 32);
    assert!(offset_of!(signalhub_view_t, kind) == 40);
    assert!(offset_of!(signalhub_view_t, reserved) == 44);
    assert!(offset_of!(signalhub_view_t, origin) == 48);
    assert!(offset_of!(signalhub_view_t, seq) == 56);
};

impl signalhub_view_t {
    /// Smallest struct_size that a caller can have: that of the first version.
    const SIZE_MIN: usize = offset_of!(Self, seq) + size_of::<u64>();

    /// A view of `payload`, checked to be what `kind` says.
    #[inline]
    pub(crate) fn checked(kind: c_int, payload: &[u8]) -> Result<View<'_>, signalhub_status_t> {
        let of_text = match kind {
            SIGNALHUB_KIND_BYTES => return Ok(View::bytes(payload)),
            SIGNALHUB_KIND_TEXT => View::text,
            SIGNALHUB_KIND_JSON => View::json,
            SIGNALHUB_KIND_EVENT => View::event,
            _ => return Err(SIGNALHUB_ERR_KIND),
        };
        str::from_utf8(payload)
            .map(of_text)
            .map_err(|_| SIGNALHUB_ERR_UTF8)
    }

    /// Reads the caller's struct, to be published in `hub`.
    ///
    /// # Safety
    ///
    /// `view` is NULL or points to as many readable bytes as its `struct_size` says; its pointers
    /// span what their lengths say, for `'a`.
    #[inline(always)] // returned by a call, the view is copied where it was just stored: 6 of 23 ns
    pub(crate) unsafe fn read<'a>(
        view: *const Self,
        hub: &Hub,
    ) -> Result<View<'a>, signalhub_status_t> {
        non_null(view)?;
        // SAFETY: not NULL; the rest is the caller's promise. All-zero bytes are a valid struct.
        let given: Self = unsafe { read_sized(view, Self::SIZE_MIN) }?;
        if given.reserved != 0 {
            return Err(SIGNALHUB_ERR_STRUCT_SIZE);
        }
        // SAFETY: `data` spans `len` bytes by the caller's promise.
        let payload = unsafe { slice(given.data.cast(), given.len) }?;
        // Before a long text is read to its end.
        hub.check_len(payload)?;
        // SAFETY: `topic` spans `topic_len` bytes by the caller's promise.
        let topic = unsafe { slice(given.topic.cast(), given.topic_len) }?;
        let mut view = Self::checked(given.kind, payload)?.with_origin(given.origin);
        if !given.topic.is_null() {
            let topic = str::from_utf8(topic).map_err(|_| SIGNALHUB_ERR_UTF8)?;
            view = view.with_topic(topic);
        }
        Ok(view)
    }

    /// Reads the caller's struct, and what it says of a message beside its payload.
    ///
    /// # Safety
    ///
    /// `view` is NULL or points to as many readable bytes as its `struct_size` says; its topic
    /// spans what its length says, for `'a`.
    pub(crate) unsafe fn read_label<'a>(
        view: *const Self,
    ) -> Result<(Self, Label<'a>), signalhub_status_t> {
        non_null(view)?;
        // SAFETY: not NULL; the rest is the caller's promise. All-zero bytes are a valid struct.
        let given: Self = unsafe { read_sized(view, Self::SIZE_MIN) }?;
        if given.reserved != 0 {
            return Err(SIGNALHUB_ERR_STRUCT_SIZE);
        }
        let kind = match given.kind {
            SIGNALHUB_KIND_BYTES => Kind::Bytes,
            SIGNALHUB_KIND_TEXT => Kind::Text,
            SIGNALHUB_KIND_JSON => Kind::Json,
            SIGNALHUB_KIND_EVENT => Kind::Event,
            _ => return Err(SIGNALHUB_ERR_KIND),
        };
        let mut label = Label::from(kind).with_origin(given.origin);
        // SAFETY: `topic` spans `topic_len` bytes by the caller's promise.
        let topic = unsafe { slice(given.topic.cast(), given.topic_len) }?;
        if !given.topic.is_null() {
            label = label.with_topic(str::from_utf8(topic).map_err(|_| SIGNALHUB_ERR_UTF8)?);
        }
        Ok((given, label))
    }

    /// Reads an array of the caller's structs.
    ///
    /// # Safety
    ///
    /// `views` is NULL, or points to `count` structs for which the promise of [`Self::read`] holds.
    pub(crate) unsafe fn read_many<'a>(
        views: *const Self,
        count: usize,
        hub: &Hub,
    ) -> Result<Vec<View<'a>>, signalhub_status_t> {
        let mut read = Vec::new();
        if count == 0 {
            return Ok(read);
        }
        non_null(views)?;
        read.try_reserve_exact(count)
            .map_err(|_| SIGNALHUB_ERR_NO_MEMORY)?;
        // SAFETY: not NULL; readable by the caller's promise.
        let stride = unsafe { struct_size(views) };
        if !stride.is_multiple_of(align_of::<Self>()) {
            return Err(SIGNALHUB_ERR_STRUCT_SIZE);
        }
        for index in 0..count {
            // SAFETY: `count` structs of `stride` bytes each, by the caller's promise.
            let view = unsafe { views.byte_add(index * stride) };
            // SAFETY: likewise.
            if unsafe { struct_size(view) } != stride {
                return Err(SIGNALHUB_ERR_STRUCT_SIZE);
            }
            // SAFETY: likewise.
            read.push(unsafe { Self::read(view, hub) }?);
        }
        Ok(read)
    }
}

/// Make an empty message for receives to fill.
///
/// @param out_message  Receives the handle. Not NULL.
///
/// Ownership: free the handle with signalhub_message_free().
/// Threads:   any thread.
/// Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_NO_MEMORY or SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_message_new(
    out_message: *mut *mut signalhub_message_t,
) -> signalhub_status_t {
    guard(|| {
        non_null(out_message)?;
        let handle = handle::create(Message::deferring())?;
        // SAFETY: `out_message` is writable by the contract of this function.
        unsafe { store(out_message, handle) };
        Ok(())
    })
}

/// Look at the parts of a message.
///
/// A message that no receive has filled is empty: kind SIGNALHUB_KIND_BYTES, length 0, no topic.
///
/// @param message   The message. Not NULL.
/// @param out_view  Receives the parts; set its struct_size before. Not NULL.
///
/// Ownership: what the view points to is the message's, valid until the next receive into it,
///            signalhub_message_clear() or signalhub_message_free(), also when the hub is gone.
/// Threads:   one thread at a time.
/// Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED,
///            SIGNALHUB_ERR_STRUCT_SIZE or SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_message_view(
    message: *const signalhub_message_t,
    out_view: *mut signalhub_view_t,
) -> signalhub_status_t {
    guard(|| {
        non_null(out_view)?;
        // SAFETY: the message is the caller's alone during this call, by the contract.
        let message = unsafe { borrow(message) }?;
        let topic = message.topic();
        let view = signalhub_view_t {
            struct_size: size_of::<signalhub_view_t>(),
            data: message.payload().as_ptr().cast(),
            len: message.payload().len(),
            topic: topic.map_or(ptr::null(), |topic| topic.as_ptr().cast()),
            topic_len: topic.map_or(0, str::len),
            kind: kind_to_c(message.kind()),
            reserved: 0,
            origin: message.origin(),
            seq: message.seq(),
        };
        // SAFETY: `out_view` is as long as its struct_size says, by the contract of this function.
        unsafe { store_sized(out_view, signalhub_view_t::SIZE_MIN, view) }
    })
}

/// Empty a message, and let go of what it holds of a hub's memory.
///
/// @param message  The message. Not NULL.
///
/// Threads: one thread at a time.
/// Returns: SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED or
///          SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_message_clear(
    message: *mut signalhub_message_t,
) -> signalhub_status_t {
    guard(|| {
        // SAFETY: the message is the caller's alone during this call, by the contract.
        unsafe { fill(message) }?.clear();
        Ok(())
    })
}

/// Free a message.
///
/// @param message  The message, or NULL, which does nothing.
///
/// Ownership: the handle is gone; using it again is SIGNALHUB_ERR_HANDLE.
/// Threads:   one thread at a time.
/// Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_HANDLE or SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_message_free(
    message: *mut signalhub_message_t,
) -> signalhub_status_t {
    // SAFETY: no other call uses `message`, by the contract of this function.
    guard(|| unsafe { handle::free(message) })
}

/// Borrows a message for a receive.
///
/// # Safety
///
/// As for [`borrow_mut`].
#[inline]
pub(crate) unsafe fn fill<'a>(
    message: *mut signalhub_message_t,
) -> Result<Filling<'a>, signalhub_status_t> {
    // SAFETY: the caller's promise.
    unsafe { borrow_mut(message) }.map(Filling)
}

/// A message that is lent to a receive. When it is dropped, after what was locked later, a
/// publisher's own memory is freed that the message let go of.
pub(crate) struct Filling<'a>(&'a mut Message);

impl Deref for Filling<'_> {
    type Target = Message;

    #[inline]
    fn deref(&self) -> &Message {
        self.0
    }
}

impl DerefMut for Filling<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Message {
        self.0
    }
}

impl Drop for Filling<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.0.settle() {
            free_due();
        }
    }
}

fn kind_to_c(kind: Kind) -> c_int {
    match kind {
        Kind::Bytes => SIGNALHUB_KIND_BYTES,
        Kind::Text => SIGNALHUB_KIND_TEXT,
        Kind::Json => SIGNALHUB_KIND_JSON,
        Kind::Event => SIGNALHUB_KIND_EVENT,
    }
}
