// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! What receivers do with a payload: the same for every contender.

use std::hint::black_box;

/// Looks at the payload: it must be there, in memory, but nobody reads it all.
pub(crate) fn look(payload: &[u8]) {
    black_box(black_box(payload).first().copied());
}

/// Reads every byte.
pub(crate) fn read(payload: &[u8]) {
    let (words, rest) = payload.as_chunks();
    let sum = words.iter().fold(0_u64, |sum, word| {
        sum.wrapping_add(u64::from_le_bytes(*word))
    });
    black_box((sum, black_box(rest)));
}

/// The number that the payload opens with.
pub(crate) fn first_word(payload: &[u8]) -> u64 {
    payload
        .first_chunk()
        .map_or(0, |word| u64::from_le_bytes(*word))
}
