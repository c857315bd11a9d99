// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Publishing without a copy: loans, memory of a hub that a publisher writes in place, and memory of
//! the publisher's own.

use std::fmt::{self, Debug, Formatter};
use std::ops::{Deref, DerefMut};

use crate::block::{Draft, Foreign, Pool};
use crate::error::{PublishError, Refused};
use crate::hub::{Published, Shared};
use crate::shape::Place;
use crate::slot::{Body, Contents};
use crate::sync::Arc;
use crate::view::Label;

/// A payload that is being written, in the memory in which receivers will read it.
///
/// It becomes a message, and gets its number, when it is published; dropped, it is nothing. It keeps
/// the hub's memory alive, but not the hub open. Its bytes start at an address that is a multiple
/// of 64; at first they are whatever they are.
pub struct Loan {
    shared: Arc<Shared>,
    draft: Draft<Arc<Pool>>,
    /// How many of its bytes are to be published.
    len: usize,
}

impl Loan {
    pub(crate) fn new(shared: &Arc<Shared>, len: usize) -> Result<Self, PublishError> {
        if shared.end().is_some() {
            return Err(PublishError::Closed);
        }
        if len as u64 > shared.max_message_bytes {
            return Err(PublishError::TooBig);
        }
        Ok(Self {
            shared: shared.clone(),
            draft: Draft::new(shared.pool.clone(), len, true)?,
            len,
        })
    }

    /// Leaves away what is behind its first `len` bytes. Does nothing if it is not longer.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Publishes it, as [`Hub::publish`](crate::Hub::publish) does, without a copy.
    ///
    /// # Errors
    ///
    /// The hub is closed, or full because of a lossless receiver, the topic is not a valid one, the
    /// label says text and it is not UTF-8, or there is no memory for a topic that does not fit a
    /// slot. Nothing was published then, and the loan comes back.
    pub fn publish<'a>(mut self, label: impl Into<Label<'a>>) -> Result<Published, Refused<Self>> {
        self.publish_in_place(self.len, label.into())
            .map_err(|error| Refused { error, given: self })
    }

    /// Publishes its first `len` bytes. Published, it is empty; refused, it is as it was.
    pub(crate) fn publish_in_place(
        &mut self,
        len: usize,
        label: Label<'_>,
    ) -> Result<Published, PublishError> {
        let published = self.shared.publish_draft(&mut self.draft, len, label)?;
        self.len = 0;
        Ok(published)
    }
}

impl Deref for Loan {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.draft.bytes()[..self.len]
    }
}

impl DerefMut for Loan {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.draft.bytes_mut()[..self.len]
    }
}

impl Debug for Loan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loan")
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// Publishes memory of the publisher's own, which comes back if it is refused.
    pub(crate) fn publish_foreign(
        &self,
        foreign: Foreign,
        label: Label<'_>,
    ) -> Result<Published, (PublishError, Foreign)> {
        if let Err(error) = self.check_len(foreign.bytes()) {
            return Err((error, foreign));
        }
        let len = foreign.bytes().len();
        let mut draft = Draft::of(&*self.pool, foreign)?;
        self.publish_draft(&mut draft, len, label)
            .map_err(|error| (error, draft.into_foreign()))
    }

    /// Publishes the first `len` bytes of a block that is filled already. Refused, it is as it was.
    fn publish_draft<P: Deref<Target = Pool>>(
        &self,
        draft: &mut Draft<P>,
        len: usize,
        label: Label<'_>,
    ) -> Result<Published, PublishError> {
        let (topic, origin) = (label.topic, label.origin);
        let view = label.on(&draft.bytes()[..len])?;
        let shape = view.shape_in_block(self.ring.data_words())?;
        let name = topic.unwrap_or_default().as_bytes();
        let (in_slot, in_block) = match shape.place() {
            Place::Slot | Place::BlockTopicInSlot => (name, &b""[..]),
            Place::Block => (&b""[..], name),
        };
        let block = draft.seal(len, in_block)?;
        let claim = match self.ring.claim(1, &self.gates) {
            Ok(claim) => claim,
            Err(refusal) => {
                draft.unseal(block);
                return Err(self.refuse(refusal));
            }
        };
        let contents = Contents {
            shape,
            origin,
            body: Body::Block(block),
            topic: in_slot,
        };
        Ok(self.complete(&claim, contents, topic))
    }
}
