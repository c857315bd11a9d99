// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! What a receiver counts.

/// What a receiver has come across so far: `received + filtered + missed == next_seq - start_seq`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiverStats {
    /// The number of the message that it started at.
    pub start_seq: u64,
    /// The number of the message that the next receive looks for.
    pub next_seq: u64,
    /// Messages that it received.
    pub received: u64,
    /// Messages that it passed over because it does not want them.
    pub filtered: u64,
    /// Messages that were overwritten before it read them.
    pub missed: u64,
    /// Messages that were published and that it has not read yet; more than the hub's capacity
    /// will have been missed.
    pub behind: u64,
}
