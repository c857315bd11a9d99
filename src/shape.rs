// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! The shape of a message: its lengths and kind, in one word of its slot.

/// What a payload is.
// A whole word: of a byte the compiler reads four, and waits for the store to reach the cache.
#[repr(u64)]
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

/// Where a message lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Payload, then topic, in the slot.
    Slot = 0,
    /// Payload in a block; a reference to it, then the topic, in the slot.
    BlockTopicInSlot = 1,
    /// Payload and topic in a block; a reference to it in the slot.
    Block = 2,
}

/// Lengths, kind and place, packed: payload length in the low 48 bits, topic length (8), kind
/// (6), place (2).
///
/// A word and not a struct, because that is how slots hold it and how it moves fastest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape(u64);

const TOPIC_SHIFT: u32 = 48;
const KIND_SHIFT: u32 = 56;
const PLACE_SHIFT: u32 = 62;

impl Shape {
    /// The shape of a message in a slot with room for `data_words`. `len` is below 2^48.
    #[inline]
    pub(crate) fn new(len: usize, topic_len: u8, kind: Kind, data_words: usize) -> Self {
        let topic_words = usize::from(topic_len).div_ceil(8);
        if len.div_ceil(8) + topic_words <= data_words {
            Self::at(Place::Slot, len, topic_len, kind)
        } else {
            Self::in_block(len, topic_len, kind, data_words)
        }
    }

    /// The shape of a message whose payload is in a block, however short it is.
    #[inline]
    pub(crate) fn in_block(len: usize, topic_len: u8, kind: Kind, data_words: usize) -> Self {
        let place = if usize::from(topic_len).div_ceil(8) < data_words {
            Place::BlockTopicInSlot
        } else {
            Place::Block
        };
        Self::at(place, len, topic_len, kind)
    }

    #[inline]
    fn at(place: Place, len: usize, topic_len: u8, kind: Kind) -> Self {
        let (topic_len, kind, place) = (u64::from(topic_len), kind as u64, place as u64);
        Self(
            len as u64 | (topic_len << TOPIC_SHIFT) | (kind << KIND_SHIFT) | (place << PLACE_SHIFT),
        )
    }

    #[inline]
    pub(crate) fn word(self) -> u64 {
        self.0
    }

    /// Any word is some shape, a torn one a wrong one.
    #[inline]
    pub(crate) fn from_word(word: u64) -> Self {
        Self(word)
    }

    /// Length of the payload in bytes.
    #[inline]
    pub(crate) fn len(self) -> usize {
        (self.0 & ((1 << TOPIC_SHIFT) - 1)) as usize
    }

    /// Length of the topic in bytes; 0 for none.
    #[inline]
    pub(crate) fn topic_len(self) -> usize {
        usize::from((self.0 >> TOPIC_SHIFT) as u8)
    }

    pub(crate) fn kind(self) -> Kind {
        match (self.0 >> KIND_SHIFT) & 0b11_1111 {
            1 => Kind::Text,
            2 => Kind::Json,
            3 => Kind::Event,
            _ => Kind::Bytes,
        }
    }

    #[inline]
    pub(crate) fn place(self) -> Place {
        match self.0 >> PLACE_SHIFT {
            0 => Place::Slot,
            1 => Place::BlockTopicInSlot,
            _ => Place::Block,
        }
    }

    /// How many words of its slot's data the message uses.
    #[inline]
    pub(crate) fn words(self) -> usize {
        match self.place() {
            Place::Slot => self.payload_words() + self.topic_words(),
            Place::BlockTopicInSlot => 1 + self.topic_words(),
            Place::Block => 1,
        }
    }

    #[inline]
    pub(crate) fn payload_words(self) -> usize {
        self.len().div_ceil(8)
    }

    #[inline]
    fn topic_words(self) -> usize {
        self.topic_len().div_ceil(8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_survives_its_word() {
        for kind in [Kind::Bytes, Kind::Text, Kind::Json, Kind::Event] {
            for (len, topic_len) in [(0, 0), (1, 255), ((1 << 48) - 1, 7)] {
                let shape = Shape::from_word(Shape::new(len, topic_len, kind, 37).word());
                assert_eq!(shape.len(), len);
                assert_eq!(shape.topic_len(), usize::from(topic_len));
                assert_eq!(shape.kind(), kind);
            }
        }
    }

    #[test]
    fn what_is_in_a_block_stays_there_however_short_it_is() {
        for (topic_len, place) in [(0, Place::BlockTopicInSlot), (33, Place::Block)] {
            assert_eq!(Shape::in_block(0, topic_len, Kind::Text, 5).place(), place);
        }
    }

    #[test]
    fn what_does_not_fit_a_slot_goes_into_a_block() {
        for (len, topic_len, place, words) in [
            (0, 0, Place::Slot, 0),
            (40, 0, Place::Slot, 5),
            (32, 8, Place::Slot, 5),
            (41, 0, Place::BlockTopicInSlot, 1),
            (33, 8, Place::BlockTopicInSlot, 2),
            (1 << 20, 32, Place::BlockTopicInSlot, 5),
            (1 << 20, 33, Place::Block, 1),
            (1, 255, Place::Block, 1),
        ] {
            let shape = Shape::new(len, topic_len, Kind::Bytes, 5);
            assert_eq!(
                (shape.place(), shape.words()),
                (place, words),
                "{len} {topic_len}"
            );
        }
    }
}
