// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! The shape of a message: its lengths and kind, in one word of its slot.

/// What a payload is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Bytes.
    #[default]
    Bytes = 0,
    /// UTF-8 text.
    Text = 1,
    /// One JSON value, in UTF-8.
    Json = 2,
    /// A CloudEvents 1.0 JSON event, in UTF-8.
    Event = 3,
}

/// Lengths and kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Length of the payload in bytes, below 2^48.
    pub(crate) len: usize,
    /// Length of the topic in bytes; 0 for none.
    pub(crate) topic_len: u8,
    pub(crate) kind: Kind,
}

/// Where a message lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Payload, then topic, in the slot.
    Slot,
    /// Payload in a block; a reference to it, then the topic, in the slot.
    BlockTopicInSlot,
    /// Payload, then topic, in a block; a reference to it in the slot.
    Block,
}

impl Shape {
    /// The word: length in the low 48 bits, then topic length (8), then kind (8).
    pub(crate) fn pack(self) -> u64 {
        self.len as u64 | u64::from(self.topic_len) << 48 | (self.kind as u64) << 56
    }

    /// Any word is some shape, a torn one a wrong one.
    pub(crate) fn unpack(word: u64) -> Self {
        Self {
            len: (word & ((1 << 48) - 1)) as usize,
            topic_len: (word >> 48) as u8,
            kind: match word >> 56 {
                1 => Kind::Text,
                2 => Kind::Json,
                3 => Kind::Event,
                _ => Kind::Bytes,
            },
        }
    }

    /// Where the message lies if a slot has room for `data_words`.
    #[inline]
    pub(crate) fn place(self, data_words: usize) -> Place {
        if self.payload_words() + self.topic_words() <= data_words {
            Place::Slot
        } else if 1 + self.topic_words() <= data_words {
            Place::BlockTopicInSlot
        } else {
            Place::Block
        }
    }

    /// How many of a slot's `data_words` the message uses.
    #[inline]
    pub(crate) fn words(self, data_words: usize) -> usize {
        match self.place(data_words) {
            Place::Slot => self.payload_words() + self.topic_words(),
            Place::BlockTopicInSlot => 1 + self.topic_words(),
            Place::Block => 1,
        }
    }

    pub(crate) fn payload_words(self) -> usize {
        self.len.div_ceil(8)
    }

    pub(crate) fn topic_words(self) -> usize {
        usize::from(self.topic_len).div_ceil(8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_survives_its_word() {
        for kind in [Kind::Bytes, Kind::Text, Kind::Json, Kind::Event] {
            for (len, topic_len) in [(0, 0), (1, 255), ((1 << 48) - 1, 7)] {
                let shape = Shape {
                    len,
                    topic_len,
                    kind,
                };
                assert_eq!(Shape::unpack(shape.pack()), shape);
            }
        }
    }

    #[test]
    fn a_message_never_uses_more_words_than_the_slot_has() {
        for word in [0, u64::MAX, 1 << 47, 255 << 48, 0x00ff_0000_0000_0010] {
            for data_words in [5, 13, 37] {
                assert!(Shape::unpack(word).words(data_words) <= data_words);
            }
        }
    }
}
