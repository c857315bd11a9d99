// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! What a receive fills: one message, with its own copy of a small payload, or its share of a
//! large one.

use std::fmt::{self, Debug, Formatter};
use std::{mem, str};

use crate::block::{Block, BlockRef};
use crate::filter::Filter;
use crate::shape::{Kind, Place, Shape};
use crate::stats::Record;
use crate::sync::Arc;
use crate::sys::memory::Buffer;
use crate::view::View;

/// A message that was received.
///
/// Each receive fills it anew and reuses its memory. It stays valid when hub and receiver are
/// gone; a large payload lives as long as somebody holds a message with it.
#[derive(Default)]
pub struct Message {
    seq: u64,
    origin: u64,
    shape: Shape,
    contents: Contents,
    /// The data of the slot, as it lay there.
    data: Buffer,
    /// Whether a publisher's own memory is left to [`Self::settle`].
    defers: bool,
    /// Whether there is some.
    has_deferred: bool,
}

/// Where payload and topic are.
#[derive(Clone, Default)]
enum Contents {
    /// Both in `data`.
    #[default]
    Inline,
    /// The payload in a block; the topic behind a reference in `data`.
    BlockTopicInline(Block),
    /// Both in a block.
    Block(Block),
}

impl Message {
    /// The payload. Starts at an address that is a multiple of 64, unless it is memory of the
    /// publisher's own ([`Hub::publish_owned`](crate::Hub::publish_owned)).
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        let bytes = match &self.contents {
            Contents::Inline => &*self.data,
            Contents::BlockTopicInline(block) | Contents::Block(block) => block.bytes(),
        };
        &bytes[..self.shape.len()]
    }

    /// The payload as text, or `None` if it is [`Kind::Bytes`].
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self.shape.kind() {
            Kind::Bytes => None,
            Kind::Text | Kind::Json | Kind::Event => str::from_utf8(self.payload()).ok(),
        }
    }

    /// What the payload is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.shape.kind()
    }

    /// The topic it was published under, if any.
    #[must_use]
    pub fn topic(&self) -> Option<&str> {
        if self.shape.topic_len() == 0 {
            return None;
        }
        let (bytes, at) = match &self.contents {
            Contents::Inline => (&*self.data, self.shape.payload_words() * 8),
            Contents::BlockTopicInline(_) => (&*self.data, 8),
            Contents::Block(block) => (block.topic(), 0),
        };
        str::from_utf8(&bytes[at..][..self.shape.topic_len()]).ok()
    }

    /// Its number in its hub, from 0.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Who published it, as the publishers agree among themselves; 0 when unsaid.
    #[must_use]
    pub fn origin(&self) -> u64 {
        self.origin
    }

    /// All of it, ready to be published again.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View {
            payload: self.payload(),
            kind: self.shape.kind(),
            topic: self.topic(),
            origin: self.origin,
        }
    }

    #[inline]
    pub(crate) fn is_for(&self, filter: &Filter) -> bool {
        filter.wants(self.topic(), self.origin)
    }

    /// Empties it, and lets go of its share of a large payload.
    pub fn clear(&mut self) {
        self.seq = 0;
        self.origin = 0;
        self.shape = Shape::default();
        self.let_go();
    }

    /// Lets go of its share of a large payload, if it has one.
    #[inline]
    fn let_go(&mut self) {
        if !matches!(self.contents, Contents::Inline) {
            self.let_go_of_block();
        }
    }

    #[cold]
    fn let_go_of_block(&mut self) {
        // Empty while the drop of a publisher's own memory may panic.
        let shape = mem::take(&mut self.shape);
        match mem::take(&mut self.contents) {
            Contents::BlockTopicInline(block) | Contents::Block(block) if self.defers => {
                self.has_deferred |= block.defer();
            }
            _ => {}
        }
        self.shape = shape;
    }

    /// An empty message that frees no publisher's memory by itself, for whoever receives under a
    /// lock, or lends the message out: he calls [`Self::settle`] when that is over.
    #[cfg(not(loom))]
    pub(crate) fn deferring() -> Self {
        Self {
            defers: true,
            ..Self::default()
        }
    }

    /// Whether [`free_due`](crate::block::free_due) is to be called.
    #[cfg(not(loom))]
    #[inline]
    pub(crate) fn settle(&mut self) -> bool {
        mem::take(&mut self.has_deferred)
    }

    /// Room for the data of a slot, `bytes` long. What it held is then gone.
    pub(crate) fn data(&mut self, bytes: usize) -> &mut [u8] {
        if self.data.len() < bytes {
            self.grow(bytes);
        }
        &mut self.data[..bytes]
    }

    #[cold]
    fn grow(&mut self, bytes: usize) {
        self.clear();
        self.data = Buffer::new(bytes);
    }

    /// Makes the message of what a slot held, whose data is in [`Self::data`]. If its payload is in
    /// a block, that is the next to [`Self::hold`].
    #[inline]
    pub(crate) fn set(&mut self, seq: u64, shape: Shape, origin: u64) {
        self.seq = seq;
        self.origin = origin;
        self.shape = shape;
        self.let_go();
    }

    /// Takes a share of the block that the slot's data refers to, for the receiver of `record`. Empties the message and returns
    /// false if the block was recycled.
    #[cold]
    pub(crate) fn hold(&mut self, record: &Arc<Record>) -> bool {
        let word = self
            .data
            .first_chunk()
            .map_or(0, |word| u64::from_ne_bytes(*word));
        let Some(block) = Block::hold(record, BlockRef::unpack(word)) else {
            self.clear();
            return false;
        };
        self.contents = match self.shape.place() {
            Place::BlockTopicInSlot => Contents::BlockTopicInline(block),
            Place::Slot | Place::Block => Contents::Block(block),
        };
        true
    }
}

impl Clone for Message {
    /// Copies a small payload; takes another share of a large one.
    fn clone(&self) -> Self {
        let mut data = Buffer::new(self.data.len());
        data.copy_from_slice(&self.data);
        Self {
            data,
            contents: self.contents.clone(),
            defers: false,
            has_deferred: false,
            ..*self
        }
    }
}

impl Debug for Message {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("seq", &self.seq)
            .field("kind", &self.shape.kind())
            .field("topic", &self.topic())
            .field("len", &self.shape.len())
            .field("origin", &self.origin)
            .finish()
    }
}
