// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! What the typed channels carry in place of bytes.
//!
//! The publisher has bytes and the receiver reads bytes, whoever brings them. What a peer's user
//! would best make of them on the way depends on their length.

use std::sync::Arc;

/// A message type that is made of bytes and read as bytes.
pub(crate) trait Carried: Clone + Send + Sync + 'static {
    fn from_bytes(bytes: &[u8]) -> Self;
    fn bytes(&self) -> &[u8];
}

/// Copied in, and copied out for each receiver.
impl<const N: usize> Carried for [u8; N] {
    fn from_bytes(bytes: &[u8]) -> Self {
        bytes
            .try_into()
            .expect("every message of a figure has the same length")
    }

    fn bytes(&self) -> &[u8] {
        self
    }
}

/// Allocated and copied once, shared by the receivers.
impl Carried for Arc<[u8]> {
    fn from_bytes(bytes: &[u8]) -> Self {
        bytes.into()
    }

    fn bytes(&self) -> &[u8] {
        self
    }
}

/// Allocated and copied once, and again for each receiver.
impl Carried for Vec<u8> {
    fn from_bytes(bytes: &[u8]) -> Self {
        bytes.into()
    }

    fn bytes(&self) -> &[u8] {
        self
    }
}
