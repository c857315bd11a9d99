// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Receivers: who reads a hub.

use std::os::fd::RawFd;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::cursor::Cursor;
use crate::error::{LimitError, RecvError, RecvTimeoutError, SubscribeError, TryRecvError};
use crate::filter::Filter;
use crate::hub::Shared;
use crate::message::Message;
use crate::options::{OnLag, ReceiverOptions};
use crate::stats::{ReceiverStats, Record};
use crate::sync::Arc;

/// One reader of a hub, with its own place in the stream.
///
/// Every receive lends the message that the receiver keeps for that, valid until the next one;
/// clone it to keep it.
#[derive(Debug)]
pub struct Receiver {
    pub(crate) cursor: Cursor,
    /// What the last receive filled.
    pub(crate) message: Message,
}

impl Receiver {
    pub(crate) fn new(
        shared: &Arc<Shared>,
        options: &ReceiverOptions,
    ) -> Result<Self, SubscribeError> {
        let filter = Filter::new(&options.pattern, options.ignored_origin)?;
        options.check_name()?;
        if shared.end().is_some() {
            return Err(SubscribeError::Closed);
        }
        let ring = &shared.ring;
        // Relaxed: only a number of its own.
        let id = shared.subscribed.fetch_add(1, Relaxed);
        let record = Arc::new(Record::new(id, options, &shared.pool));
        let start = |next| ring.start(options.start, next);
        let start = if options.lossless {
            shared.gates.add(ring, &record, options.max_stall, start)
        } else {
            start(ring.next_seq()).inspect(|&start| record.start_at(start))
        };
        let start = start.ok_or(SubscribeError::Start)?;
        shared.add(&record);
        let mut cursor = Cursor::new(shared, record, start, filter, options.on_lag);
        cursor.wait = options.wait;
        Ok(Self {
            cursor,
            message: Message::default(),
        })
    }

    pub(crate) fn snapshot(shared: &Arc<Shared>) -> Vec<Message> {
        let mut end = shared.ring.next_seq();
        let start = end.saturating_sub(shared.ring.capacity());
        let record = Arc::new(Record::new(
            u64::MAX,
            &ReceiverOptions::default(),
            &shared.pool,
        ));
        let mut cursor = Cursor::new(shared, record, start, None, OnLag::Report);
        let mut messages = Vec::new();
        while cursor.next_seq() < end {
            let mut message = Message::default();
            match cursor.recv(&mut message, None) {
                Ok(()) => messages.push(message),
                // What came before is retained no more. Not empty, however fast publishers are.
                Err(RecvTimeoutError::Lagged(lag)) => {
                    messages.clear();
                    end = end.max(lag.resume_at + 1);
                }
                Err(RecvTimeoutError::Closed | RecvTimeoutError::Timeout) => break,
            }
        }
        messages
    }

    /// The next message, if one is there.
    ///
    /// # Errors
    ///
    /// None is waiting, the hub is closed and read to its end, or messages were missed.
    #[inline]
    pub fn try_recv(&mut self) -> Result<&Message, TryRecvError> {
        self.cursor.try_recv(&mut self.message)?;
        Ok(&self.message)
    }

    /// The next message, however long it takes.
    ///
    /// # Errors
    ///
    /// The hub is closed and read to its end, or messages were missed.
    pub fn recv(&mut self) -> Result<&Message, RecvError> {
        match self.cursor.recv(&mut self.message, None) {
            Ok(()) => Ok(&self.message),
            Err(RecvTimeoutError::Lagged(lag)) => Err(RecvError::Lagged(lag)),
            // There is no timeout.
            Err(RecvTimeoutError::Closed | RecvTimeoutError::Timeout) => Err(RecvError::Closed),
        }
    }

    /// The next message, if it comes within `timeout`, on the monotonic clock. Zero looks once;
    /// more than the clock can count is for ever.
    ///
    /// # Errors
    ///
    /// Nothing came in time, the hub is closed and read to its end, or messages were missed.
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<&Message, RecvTimeoutError> {
        self.cursor.recv(&mut self.message, Some(timeout))?;
        Ok(&self.message)
    }

    /// A descriptor for an event loop: readable when a receive would not say that nothing is there,
    /// because there is a message, a lag, or the end (for good, then).
    ///
    /// It is made by the first call, and closed with the receiver. Level-triggered: receive until
    /// [`TryRecvError::Empty`] (or a timeout); only that makes it unreadable. It may be readable for
    /// nothing now and then, with a pattern once in half a ring. Do nothing with it but watch it.
    ///
    /// # Errors
    ///
    /// The system has no more descriptors to give.
    pub fn fd(&mut self) -> Result<RawFd, LimitError> {
        self.cursor.fd(&mut self.message)
    }

    /// The number of the message that the next receive looks for.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.cursor.next_seq()
    }

    /// What it has received so far, and what not.
    #[must_use]
    pub fn stats(&self) -> ReceiverStats {
        self.cursor.stats()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let Cursor { shared, record, .. } = &self.cursor;
        shared.remove(record);
        if self.cursor.is_gate {
            shared.gates.remove(&shared.ring, record);
        }
    }
}
