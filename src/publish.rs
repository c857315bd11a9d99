// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! How a message gets from a publisher into the ring.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::block::BlockRef;
use crate::error::{PublishError, PublishManyError};
use crate::hub::{Published, Shared};
use crate::ring::{Claim, Refusal};
use crate::shape::{Place, Shape};
use crate::slot::{Body, Contents};
use crate::view::View;
use crate::wait::Deadline;

impl Shared {
    // Inlined, so that each kind of argument has a publish of its own, which knows that there is no
    // topic, and has the view in registers: 10 ns in place of 20.
    #[inline(always)]
    pub(crate) fn publish(
        &self,
        view: &View<'_>,
        timeout: Option<Duration>,
    ) -> Result<Published, PublishError> {
        // Whatever can fail comes before the claim.
        let contents = self.prepare(view)?;
        let claim = match self.ring.claim(1, &self.gates) {
            Ok(claim) => claim,
            Err(refusal) => match self.claim_later(refusal, timeout) {
                Ok(claim) => claim,
                Err(error) => {
                    self.discard(contents.body);
                    return Err(error);
                }
            },
        };
        Ok(self.complete(&claim, contents, view.topic))
    }

    /// Writes the one message of a claim, wakes who waits for it, and lets go of what it replaces.
    #[inline(always)]
    pub(crate) fn complete(
        &self,
        claim: &Claim,
        contents: Contents<'_>,
        topic: Option<&str>,
    ) -> Published {
        // Not behind a reference, where it goes through memory, which costs 0.5 to 1 ns.
        let origin = contents.origin;
        let replaced = self.write(claim, contents);
        self.waiters.wake(claim.seq, claim.seq + 1, move |filter| {
            filter.wants(topic, origin)
        });
        if let Some(block) = replaced {
            self.pool.release(block);
        }
        Published {
            seq: claim.seq,
            receivers: self.receivers.load(Relaxed),
        }
    }

    pub(crate) fn publish_many(&self, views: &[View<'_>]) -> Result<(), PublishManyError> {
        for view in views {
            let shape = self.shape(view);
            shape.map_err(|error| PublishManyError {
                published: 0,
                error,
            })?;
        }
        let run = usize::try_from(self.ring.capacity()).unwrap_or(usize::MAX);
        for (i, views) in views.chunks(run).enumerate() {
            self.publish_run(views)
                .map_err(|(published, error)| PublishManyError {
                    published: i * run + published,
                    error,
                })?;
        }
        Ok(())
    }

    /// Publishes up to a capacity of messages under one claim. Fails with how many were published.
    fn publish_run(&self, views: &[View<'_>]) -> Result<(), (usize, PublishError)> {
        // What can fail comes before the claim: room for the messages, and for the blocks that
        // they replace.
        let (mut contents, mut replaced) = (Vec::new(), Vec::new());
        let reserved = contents.try_reserve_exact(views.len());
        let reserved = reserved.and_then(|()| replaced.try_reserve_exact(views.len()));
        reserved.map_err(|_| (0, PublishError::NoMemory))?;
        let mut error = None;
        for view in views {
            match self.prepare(view) {
                Ok(prepared) => contents.push(prepared),
                Err(refused) => {
                    error = Some(refused);
                    break;
                }
            }
        }
        // Nothing to claim, which a gated ring would take for there being no room.
        if contents.is_empty()
            && let Some(error) = error
        {
            return Err((0, error));
        }
        let mut claim = match self.ring.claim(contents.len() as u64, &self.gates) {
            Ok(claim) => claim,
            Err(refusal) => {
                contents
                    .iter()
                    .for_each(|contents| self.discard(contents.body));
                return Err((0, self.refuse(refusal)));
            }
        };
        let (first, count) = (claim.seq, claim.count as usize);
        if count < contents.len() {
            error = Some(PublishError::Full);
        }
        let mut contents = contents.into_iter();
        for contents in contents.by_ref().take(count) {
            replaced.extend(self.write(&claim, contents));
            claim = self.ring.next(claim);
        }
        let views = &views[..count];
        self.waiters.wake(first, claim.seq, |filter| {
            views.iter().any(|view| view.is_for(filter))
        });
        contents.for_each(|contents| self.discard(contents.body));
        self.pool.release_all(replaced);
        error.map_or(Ok(()), |error| Err((count, error)))
    }

    /// What a slot will hold of `view`; a payload that does not fit is copied into a block.
    #[inline(always)]
    fn prepare<'a>(&self, view: &View<'a>) -> Result<Contents<'a>, PublishError> {
        let shape = self.shape(view)?;
        let topic = view.topic.unwrap_or_default().as_bytes();
        let (body, topic) = match shape.place() {
            Place::Slot => (Body::Inline(view.payload), topic),
            Place::BlockTopicInSlot => (self.block(view.payload, b"")?, topic),
            Place::Block => (self.block(view.payload, topic)?, &b""[..]),
        };
        Ok(Contents {
            shape,
            origin: view.origin,
            body,
            topic,
        })
    }

    #[inline]
    fn shape(&self, view: &View<'_>) -> Result<Shape, PublishError> {
        self.check_len(view.payload)?;
        Ok(view.shape(self.ring.data_words())?)
    }

    #[inline]
    pub(crate) fn check_len(&self, payload: &[u8]) -> Result<(), PublishError> {
        if payload.len() as u64 > self.max_message_bytes {
            return Err(PublishError::TooBig);
        }
        Ok(())
    }

    #[cold]
    fn block<'a>(&self, payload: &[u8], topic: &[u8]) -> Result<Body<'a>, PublishError> {
        self.pool.fill(payload, topic).map(Body::Block)
    }

    /// Lets go of what was prepared but not published.
    #[cold]
    fn discard(&self, body: Body<'_>) {
        if let Body::Block(block) = body {
            self.pool.release(block);
        }
    }

    /// What a refused claim means.
    #[cold]
    pub(crate) fn refuse(&self, refusal: Refusal) -> PublishError {
        match refusal {
            Refusal::Closed => {
                // Whoever learns it from us finds the flag set too.
                self.closed.store(true, Relaxed);
                PublishError::Closed
            }
            Refusal::Full => PublishError::Full,
        }
    }

    /// Waits until `timeout` for what was refused because a lossless receiver has a whole ring
    /// unread.
    #[cold]
    fn claim_later(
        &self,
        mut refusal: Refusal,
        timeout: Option<Duration>,
    ) -> Result<Claim, PublishError> {
        let deadline = Deadline::after(timeout);
        loop {
            if refusal == Refusal::Closed || !self.gates.wait(&self.ring, deadline) {
                return Err(self.refuse(refusal));
            }
            match self.ring.claim(1, &self.gates) {
                Ok(claim) => return Ok(claim),
                Err(again) => refusal = again,
            }
        }
    }

    #[inline(always)]
    fn write(&self, claim: &Claim, contents: Contents<'_>) -> Option<BlockRef> {
        self.ring
            .slot(claim.index)
            .write(claim.seq, self.ring.capacity(), contents)
    }
}
