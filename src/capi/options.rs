// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a hub can be asked for.

use std::mem::offset_of;

use super::boundary::read_sized;
use super::status::signalhub_status_t;
use crate::Options;

/// The capacity of a hub that is not told another one, in messages.
pub const SIGNALHUB_CAPACITY_DEFAULT: u64 = 100;
/// The largest capacity of a hub, in messages.
pub const SIGNALHUB_CAPACITY_MAX: u64 = 4_294_967_296;
/// The smallest slot_bytes of a hub.
pub const SIGNALHUB_SLOT_BYTES_MIN: u64 = 64;
/// The largest slot_bytes of a hub.
pub const SIGNALHUB_SLOT_BYTES_MAX: u64 = 65_536;
/// The largest max_message_bytes of a hub.
pub const SIGNALHUB_MESSAGE_BYTES_MAX: u64 = 1_099_511_627_776;

// cbindgen prints literals only.
const _: () = assert!(SIGNALHUB_CAPACITY_DEFAULT == Options::CAPACITY_DEFAULT);
const _: () = assert!(SIGNALHUB_CAPACITY_MAX == Options::CAPACITY_MAX);
const _: () = assert!(SIGNALHUB_SLOT_BYTES_MIN == Options::SLOT_BYTES_MIN);
const _: () = assert!(SIGNALHUB_SLOT_BYTES_MAX == Options::SLOT_BYTES_MAX);
const _: () = assert!(SIGNALHUB_MESSAGE_BYTES_MAX == Options::MESSAGE_BYTES_MAX);

/// What signalhub_new() can be asked for. Start from SIGNALHUB_OPTIONS_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct signalhub_options_t {
    /// `sizeof(signalhub_options_t)`.
    pub struct_size: usize,
    /// How many messages the hub retains, from 1 to SIGNALHUB_CAPACITY_MAX;
    /// SIGNALHUB_OPTIONS_INIT says SIGNALHUB_CAPACITY_DEFAULT.
    pub capacity: u64,
    /// The longest payload that can be published, in bytes; 0 means 1 GiB.
    pub max_message_bytes: u64,
    /// Size of a slot in bytes, rounded up to a multiple of 64; 0 means 320. A message of which
    /// payload and topic, each rounded up to a multiple of 8, together take at most
    /// slot_bytes - 24 lies in the slot; a larger one lies in memory of its own, which receivers
    /// share.
    pub slot_bytes: u64,
    /// How many bytes the payloads in memory of their own may have: at least capacity times
    /// max_message_bytes, so that only what holders keep can reach it (messages that the hub does
    /// not retain any more, and loans). Publishing is SIGNALHUB_KEPT then. 0 means no bound. At
    /// times one more message is in memory for each publisher that is at work. Not counted: the
    /// ring, what a payload's memory is rounded up by (to a power of two), and free memory that is
    /// kept to be used again (at most 64 MiB, or as much as is in use).
    pub capacity_bytes: u64,
}

// As in tests/c/sizes.c. Without padding: struct_size could not tell a field that is added there.
#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<signalhub_options_t>() == 40);
    assert!(offset_of!(signalhub_options_t, struct_size) == 0);
    assert!(offset_of!(signalhub_options_t, capacity) == 8);
    assert!(offset_of!(signalhub_options_t, max_message_bytes) == 16);
    assert!(offset_of!(signalhub_options_t, slot_bytes) == 24);
    assert!(offset_of!(signalhub_options_t, capacity_bytes) == 32);
};

impl signalhub_options_t {
    /// Smallest struct_size that a caller can have: that of the first version.
    const SIZE_MIN: usize = offset_of!(Self, slot_bytes) + size_of::<u64>();

    /// Reads the caller's options.
    ///
    /// # Safety
    ///
    /// `options` is NULL or points to as many readable bytes as its `struct_size` says.
    pub(crate) unsafe fn read(options: *const Self) -> Result<Options, signalhub_status_t> {
        if options.is_null() {
            return Ok(Options::default());
        }
        // SAFETY: not NULL; the rest is the caller's promise. All-zero bytes are a valid struct.
        let given: Self = unsafe { read_sized(options, Self::SIZE_MIN) }?;
        let mut options = Options::default()
            .capacity(given.capacity)
            .capacity_bytes(given.capacity_bytes);
        if given.max_message_bytes != 0 {
            options = options.max_message_bytes(given.max_message_bytes);
        }
        if given.slot_bytes != 0 {
            options = options.slot_bytes(given.slot_bytes);
        }
        Ok(options)
    }
}
