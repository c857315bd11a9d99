// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! The hub: publish, subscribe, close.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::{AcqRel, Relaxed};
use std::time::Duration;

use crossbeam_utils::CachePadded;

use crate::block::{Bound, Foreign, Pool};
use crate::error::{NewError, PublishError, PublishManyError, Refused, SubscribeError};
use crate::gate::Gates;
use crate::loan::Loan;
use crate::message::Message;
use crate::options::{Options, ReceiverOptions};
use crate::receiver::Receiver;
use crate::ring::Ring;
use crate::stats::{HubStats, Record};
use crate::sync::{Arc, AtomicBool, AtomicU64, AtomicUsize, Lock};
use crate::view::{Label, View};
use crate::wait::Waiters;

/// A broadcast hub: every receiver gets every message, in one order.
///
/// A clone is the same hub. When the last clone is dropped the hub closes.
#[derive(Debug)]
pub struct Hub {
    shared: Arc<Shared>,
}

/// What all clones of a hub and all its receivers share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) ring: Ring,
    pub(crate) gates: Gates,
    pub(crate) pool: Arc<Pool>,
    pub(crate) max_message_bytes: u64,
    /// Padded, because sleepers write it while publishers use the fields above.
    pub(crate) waiters: CachePadded<Waiters>,
    /// How many receivers there are. Written by subscribe and drop, read by publishers.
    pub(crate) receivers: AtomicUsize,
    /// How many there ever were.
    pub(crate) subscribed: AtomicU64,
    /// What is known of each receiver, by its number. Changed by subscribe and drop, read for
    /// statistics.
    records: Lock<BTreeMap<u64, Arc<Record>>>,
    /// How many clones of the hub there are.
    hubs: AtomicUsize,
    /// Set after the ring was closed, so that receivers need not look at its busy tail. Written
    /// by close, read by receivers that find nothing.
    pub(crate) closed: AtomicBool,
}

/// What publishing a message came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// The message's number in its hub, from 0.
    pub seq: u64,
    /// How many receivers the hub has.
    pub receivers: usize,
}

impl Hub {
    /// Makes a hub.
    ///
    /// # Errors
    ///
    /// Options out of their range, or more memory than there is.
    pub fn new(options: Options) -> Result<Self, NewError> {
        options.check()?;
        let bound = match (options.capacity_bytes, options.ring_bytes()) {
            (0, _) | (_, None) => None,
            (capacity_bytes, Some(ring_bytes)) => Some(Bound {
                capacity_bytes,
                ring_bytes,
            }),
        };
        Ok(Self {
            shared: Arc::new(Shared {
                ring: Ring::new(&options)?,
                gates: Gates::new(),
                pool: Arc::new(Pool::new(bound)),
                max_message_bytes: options.max_message_bytes,
                waiters: CachePadded::new(Waiters::new()),
                receivers: AtomicUsize::new(0),
                subscribed: AtomicU64::new(0),
                records: Lock::new(BTreeMap::new()),
                hubs: AtomicUsize::new(1),
                closed: AtomicBool::new(false),
            }),
        })
    }

    /// Publishes one message to every receiver and waits for none of them.
    ///
    /// A receiver that has fallen a whole ring behind loses its oldest messages, and is told how
    /// many; unless it is [lossless](ReceiverOptions::lossless): that is an error here. `&str` is
    /// published as text, `&[u8]` as bytes; a [`View`] says more.
    ///
    /// # Errors
    ///
    /// The hub is closed, a lossless receiver has a whole ring unread, the payload is too long, the
    /// topic is not one, or there is no memory for a payload that does not fit a slot, or no room
    /// beside what holders keep. Nothing was published then.
    #[inline]
    pub fn publish<'a>(&self, message: impl Into<View<'a>>) -> Result<Published, PublishError> {
        self.shared.publish(&message.into(), Some(Duration::ZERO))
    }

    /// Publishes one message as [`Self::publish`] does, and waits until `timeout` while a lossless
    /// receiver has a whole ring unread. On the monotonic clock; zero does not wait, more than the
    /// clock can count is for ever.
    ///
    /// # Errors
    ///
    /// As [`Self::publish`]; [`PublishError::Full`] once the time is over.
    pub fn publish_timeout<'a>(
        &self,
        message: impl Into<View<'a>>,
        timeout: Duration,
    ) -> Result<Published, PublishError> {
        self.publish_within(message, Some(timeout))
    }

    /// As [`Self::publish_timeout`]; `None` is for ever.
    pub(crate) fn publish_within<'a>(
        &self,
        message: impl Into<View<'a>>,
        timeout: Option<Duration>,
    ) -> Result<Published, PublishError> {
        self.shared.publish(&message.into(), timeout)
    }

    /// Publishes several messages in order, numbered without a gap up to a capacity at a time.
    /// All are checked before the first is published.
    ///
    /// # Errors
    ///
    /// As [`Self::publish`], with how many messages were published before.
    pub fn publish_many(&self, messages: &[View<'_>]) -> Result<(), PublishManyError> {
        self.shared.publish_many(messages)
    }

    /// Memory for a payload of `len` bytes, to be written in place: what it is published as is not
    /// copied. Its contents are whatever they are.
    ///
    /// ```
    /// use signalhub::{Hub, Kind, Options};
    ///
    /// let hub = Hub::new(Options::default())?;
    /// let mut receiver = hub.subscribe()?;
    /// let mut frame = hub.loan(1 << 20)?;
    /// frame.fill(7);
    /// frame.publish(Kind::Bytes)?;
    /// assert_eq!(receiver.recv()?.payload().len(), 1 << 20);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The hub is closed, `len` is more than it takes, or there is no memory, or no room beside what
    /// holders keep.
    pub fn loan(&self, len: usize) -> Result<Loan, PublishError> {
        Loan::new(&self.shared, len)
    }

    /// Publishes memory of the caller's own, which is not copied, however short it is. Receivers
    /// read it where `owner` has it; `owner` is dropped when the hub retains the message no more and
    /// the last one has let go of it, by whichever thread that is.
    ///
    /// The drop may do whatever it likes, use this hub too: no lock is held. One that becomes due
    /// within such a drop comes after it, in the same thread. As with any `Drop`, a panic comes out
    /// of the call that let go.
    ///
    /// ```
    /// use signalhub::{Hub, Kind, Label, Options};
    ///
    /// let hub = Hub::new(Options::default())?;
    /// let mut receiver = hub.subscribe()?;
    /// let frame = vec![7; 1 << 20];
    /// let at = frame.as_ptr();
    /// hub.publish_owned(frame, Label::from(Kind::Bytes).with_topic("camera.left"))?;
    /// assert_eq!(receiver.recv()?.payload().as_ptr(), at);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Self::publish`], or the label says text and it is not. Nothing was published then, and
    /// `owner` comes back.
    pub fn publish_owned<'a, T: AsRef<[u8]> + Send + Sync + 'static>(
        &self,
        owner: T,
        label: impl Into<Label<'a>>,
    ) -> Result<Published, Refused<T>> {
        self.shared
            .publish_foreign(Foreign::new(owner), label.into())
            .map_err(|(error, foreign)| Refused {
                error,
                given: foreign.into_owner(),
            })
    }

    /// A receiver that starts at the next message.
    ///
    /// # Errors
    ///
    /// The hub is closed.
    pub fn subscribe(&self) -> Result<Receiver, SubscribeError> {
        self.subscribe_with(&ReceiverOptions::default())
    }

    /// A receiver that starts where, and gets what, the options say.
    ///
    /// # Errors
    ///
    /// The hub is closed, the pattern is not one, or there is no message yet to start at.
    pub fn subscribe_with(&self, options: &ReceiverOptions) -> Result<Receiver, SubscribeError> {
        Receiver::new(&self.shared, options)
    }

    /// What the hub retains, the oldest message first, without a gap; also when it is closed.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Message> {
        Receiver::snapshot(&self.shared)
    }

    /// What it and its receivers have come across so far.
    #[must_use]
    pub fn stats(&self) -> HubStats {
        self.shared.stats()
    }

    /// Closes the hub for all its clones; once it is, nothing happens.
    ///
    /// Publishers then get [`PublishError::Closed`]; receivers read what is left and then get
    /// `Closed`; every sleeper wakes.
    pub fn close(&self) {
        self.shared.close();
    }

    /// Whether the hub is closed. Once closed, it stays so.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.end().is_some()
    }

    /// How many messages the hub retains.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        self.shared.ring.capacity()
    }

    /// The number that the next message will get: how many were published so far, those included
    /// that are just being written.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.shared.ring.next_seq()
    }

    /// Refuses a payload that is too long for the hub.
    pub(crate) fn check_len(&self, payload: &[u8]) -> Result<(), PublishError> {
        self.shared.check_len(payload)
    }
}

impl Clone for Hub {
    fn clone(&self) -> Self {
        // Relaxed: whoever clones has a hub, so the count cannot reach 0 meanwhile.
        self.shared.hubs.fetch_add(1, Relaxed);
        Self {
            shared: self.shared.clone(),
        }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        // AcqRel: what other clones published comes before the close.
        if self.shared.hubs.fetch_sub(1, AcqRel) == 1 {
            self.shared.close();
        }
    }
}

impl Shared {
    /// A receiver has subscribed.
    pub(crate) fn add(&self, record: &Arc<Record>) {
        // Relaxed: a number for people.
        self.receivers.fetch_add(1, Relaxed);
        self.records.lock().insert(record.id(), record.clone());
    }

    /// A receiver is gone.
    pub(crate) fn remove(&self, record: &Record) {
        self.receivers.fetch_sub(1, Relaxed);
        self.records.lock().remove(&record.id());
    }

    fn stats(&self) -> HubStats {
        let ring = &self.ring;
        // Outside the lock, which a subscribe may want.
        let records: Vec<_> = self.records.lock().values().cloned().collect();
        // Before the tail: what they received was published.
        let receivers = records.iter().map(|record| record.stats(ring)).collect();
        let usage = self.pool.usage();
        HubStats {
            capacity: ring.capacity(),
            published: ring.next_seq(),
            waiting: self.waiters.count(),
            waiting_publishers: self.gates.waiting(),
            gated_by: self.gates.holder(ring),
            blocks: usage.blocks,
            block_bytes: usage.bytes,
            free_bytes: usage.free_bytes,
            receivers,
        }
    }

    fn close(&self) {
        self.ring.close();
        // Relaxed: only a reason to look at the tail. A sleeper sees both through the lock that
        // `wake_all` takes.
        self.closed.store(true, Relaxed);
        self.waiters.wake_all();
        self.gates.wake_all();
    }

    /// The end of the hub, if it is closed.
    pub(crate) fn end(&self) -> Option<u64> {
        if self.closed.load(Relaxed) {
            self.ring.end()
        } else {
            None
        }
    }
}

impl Drop for Shared {
    /// Drops the ring's share of the large payloads that it retains.
    fn drop(&mut self) {
        let retained = self.ring.capacity().min(self.ring.next_seq());
        let block = |index| self.ring.slot(index).block();
        self.pool
            .release_all((0..retained as usize).filter_map(block));
    }
}
