// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! A view of a message's parts: what is published.

use crate::error::{PublishError, TopicError};
use crate::filter::Filter;
use crate::shape::{Kind, Shape};
use crate::topic;

/// The parts of a message to publish, borrowed. Made of text or bytes, or by
/// [`Message::view`](crate::Message::view) of what was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View<'a> {
    pub(crate) payload: &'a [u8],
    pub(crate) kind: Kind,
    pub(crate) topic: Option<&'a str>,
    pub(crate) origin: u64,
}

impl<'a> View<'a> {
    /// A message of bytes.
    #[must_use]
    pub fn bytes(payload: &'a [u8]) -> Self {
        Self {
            payload,
            kind: Kind::Bytes,
            topic: None,
            origin: 0,
        }
    }

    /// A message of text.
    #[must_use]
    pub fn text(payload: &'a str) -> Self {
        Self {
            kind: Kind::Text,
            ..Self::bytes(payload.as_bytes())
        }
    }

    /// A message that is one JSON value. That it is one is the caller's word.
    #[must_use]
    pub fn json(payload: &'a str) -> Self {
        Self {
            kind: Kind::Json,
            ..Self::bytes(payload.as_bytes())
        }
    }

    /// A message that is a CloudEvents 1.0 JSON event. That it is one is the caller's word.
    #[must_use]
    pub fn event(payload: &'a str) -> Self {
        Self {
            kind: Kind::Event,
            ..Self::bytes(payload.as_bytes())
        }
    }

    /// The same, under a topic: 1 to 255 bytes, tokens joined by dots, no empty token, no `*` or
    /// `>`, no white space, no control character. Checked when it is published.
    #[must_use]
    pub fn with_topic(self, topic: &'a str) -> Self {
        Self {
            topic: Some(topic),
            ..self
        }
    }

    /// The same, with a number that says who publishes; 0 means unsaid.
    #[must_use]
    pub fn with_origin(self, origin: u64) -> Self {
        Self { origin, ..self }
    }

    #[inline]
    pub(crate) fn is_for(&self, filter: &Filter) -> bool {
        filter.wants(self.topic, self.origin)
    }

    /// The shape it will have in a slot with room for `data_words`, if its topic is one.
    #[inline]
    pub(crate) fn shape(&self, data_words: usize) -> Result<Shape, TopicError> {
        let topic_len = self.topic_len()?;
        let len = self.payload.len();
        Ok(Shape::new(len, topic_len, self.kind, data_words))
    }

    /// As [`Self::shape`], with the payload in a block.
    pub(crate) fn shape_in_block(&self, data_words: usize) -> Result<Shape, TopicError> {
        let topic_len = self.topic_len()?;
        let len = self.payload.len();
        Ok(Shape::in_block(len, topic_len, self.kind, data_words))
    }

    /// Length of the topic, if that is one.
    #[inline]
    fn topic_len(&self) -> Result<u8, TopicError> {
        Ok(match self.topic {
            None => 0,
            // A checked topic is at most 255 bytes long.
            Some(topic) => {
                topic::check(topic)?;
                topic.len() as u8
            }
        })
    }
}

/// What a message is beside its payload: its kind, topic and origin. Made of a [`Kind`] when that is
/// all; for a payload that is not borrowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Label<'a> {
    pub(crate) kind: Kind,
    pub(crate) topic: Option<&'a str>,
    pub(crate) origin: u64,
}

impl<'a> Label<'a> {
    /// The same, under a topic, as for [`View::with_topic`].
    #[must_use]
    pub fn with_topic(self, topic: &'a str) -> Self {
        Self {
            topic: Some(topic),
            ..self
        }
    }

    /// The same, with a number that says who publishes; 0 means unsaid.
    #[must_use]
    pub fn with_origin(self, origin: u64) -> Self {
        Self { origin, ..self }
    }

    /// With its payload, checked to be what the kind says.
    pub(crate) fn on(self, payload: &'a [u8]) -> Result<View<'a>, PublishError> {
        if self.kind != Kind::Bytes && str::from_utf8(payload).is_err() {
            return Err(PublishError::NotUtf8);
        }
        Ok(View {
            payload,
            kind: self.kind,
            topic: self.topic,
            origin: self.origin,
        })
    }
}

impl From<Kind> for Label<'_> {
    fn from(kind: Kind) -> Self {
        Self {
            kind,
            ..Self::default()
        }
    }
}

impl<'a> From<&'a str> for View<'a> {
    fn from(payload: &'a str) -> Self {
        Self::text(payload)
    }
}

impl<'a> From<&'a String> for View<'a> {
    fn from(payload: &'a String) -> Self {
        Self::text(payload)
    }
}

impl<'a> From<&'a [u8]> for View<'a> {
    fn from(payload: &'a [u8]) -> Self {
        Self::bytes(payload)
    }
}

impl<'a> From<&'a Vec<u8>> for View<'a> {
    fn from(payload: &'a Vec<u8>) -> Self {
        Self::bytes(payload)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for View<'a> {
    fn from(payload: &'a [u8; N]) -> Self {
        Self::bytes(payload)
    }
}
