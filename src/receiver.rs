// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Receivers: a cursor in the ring, and what it means when the ring overtakes it.

use std::os::fd::RawFd;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::descriptor::Descriptor;
use crate::error::{Lag, LimitError, RecvError, RecvTimeoutError, SubscribeError, TryRecvError};
use crate::filter::Filter;
use crate::hub::Shared;
use crate::message::Message;
use crate::options::{OnLag, ReceiverOptions, Wait};
use crate::shape::Place;
use crate::slot::Missing;
use crate::spot::{Spot, is_ready};
use crate::stats::ReceiverStats;
use crate::sync::Arc;
use crate::wait::Deadline;

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
        if shared.end().is_some() {
            return Err(SubscribeError::Closed);
        }
        let start = shared
            .ring
            .start(options.start)
            .ok_or(SubscribeError::Start)?;
        let mut cursor = Cursor::new(shared, start, filter, options.on_lag);
        cursor.wait = options.wait;
        Ok(Self {
            cursor,
            message: Message::default(),
        })
    }

    pub(crate) fn snapshot(shared: &Arc<Shared>) -> Vec<Message> {
        let mut end = shared.ring.next_seq();
        let start = end.saturating_sub(shared.ring.capacity());
        let mut cursor = Cursor::new(shared, start, None, OnLag::Report);
        let mut messages = Vec::new();
        while cursor.seq < end {
            let mut message = Message::default();
            match cursor.recv(&mut message, Deadline::Never) {
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
        match self.cursor.recv(&mut self.message, Deadline::Never) {
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
        self.cursor
            .recv(&mut self.message, Deadline::after(timeout))?;
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

/// A place in the stream.
#[derive(Debug)]
pub(crate) struct Cursor {
    shared: Arc<Shared>,
    /// The next message to read.
    seq: u64,
    /// The index of its slot.
    index: usize,
    /// How many looks in a row have found a message.
    streak: u32,
    /// What it wants, if not everything.
    filter: Option<Arc<Filter>>,
    on_lag: OnLag,
    wait: Wait,
    /// What an event loop watches, once somebody has asked for it.
    pub(crate) descriptor: Option<Descriptor>,
    /// Whether it may have to pass over anything.
    is_choosy: bool,
    start: u64,
    filtered: u64,
    missed: u64,
}

impl Cursor {
    fn new(shared: &Arc<Shared>, start: u64, filter: Option<Filter>, on_lag: OnLag) -> Self {
        // Relaxed: a number for people.
        shared.receivers.fetch_add(1, Relaxed);
        Self {
            is_choosy: filter.is_some() || on_lag == OnLag::Skip,
            shared: shared.clone(),
            seq: start,
            index: shared.ring.index(start),
            streak: 0,
            filter: filter.map(Arc::new),
            on_lag,
            wait: Wait::Adaptive,
            descriptor: None,
            start,
            filtered: 0,
            missed: 0,
        }
    }

    fn stats(&self) -> ReceiverStats {
        ReceiverStats {
            start_seq: self.start,
            next_seq: self.seq,
            received: self.seq - self.start - self.filtered - self.missed,
            filtered: self.filtered,
            missed: self.missed,
            // What was received may be newer than the tail that this thread sees.
            behind: self.shared.ring.next_seq().saturating_sub(self.seq),
        }
    }

    pub(crate) fn next_seq(&self) -> u64 {
        self.seq
    }

    /// Takes the next message if it is there.
    #[inline]
    pub(crate) fn try_recv(&mut self, message: &mut Message) -> Result<(), TryRecvError> {
        self.look(message)?;
        self.advance();
        Ok(())
    }

    /// Copies the next message that is wanted, if it is there, and stays where it is.
    #[inline]
    pub(crate) fn look(&mut self, message: &mut Message) -> Result<(), TryRecvError> {
        let found = self.look_once(message);
        if found == Err(TryRecvError::Empty) && self.descriptor.is_some() {
            self.watch();
        }
        found
    }

    #[inline]
    fn look_once(&mut self, message: &mut Message) -> Result<(), TryRecvError> {
        if self.is_choosy {
            self.look_for_wanted(message)
        } else {
            self.look_at_next(message)
        }
    }

    /// Nothing was there: the descriptor is to say when something is.
    #[cold]
    fn watch(&mut self) {
        if let Some(mut descriptor) = self.descriptor.take() {
            descriptor.watch(self);
            self.descriptor = Some(descriptor);
        }
    }

    pub(crate) fn fd(&mut self, message: &mut Message) -> Result<RawFd, LimitError> {
        if self.descriptor.is_none() {
            self.descriptor = Some(Descriptor::new()?);
            self.peek(message);
        }
        let fd = self.descriptor.as_ref().map(Descriptor::fd);
        fd.ok_or(LimitError::Descriptors)
    }

    /// Whether a receive would not say that nothing is there.
    pub(crate) fn peek(&mut self, message: &mut Message) -> bool {
        let found = self.look(message);
        message.clear();
        if let Err(TryRecvError::Lagged(lag)) = found {
            self.untell(lag);
        }
        found != Err(TryRecvError::Empty)
    }

    /// Whether there is something at the cursor, wanted or not, or nothing more will be.
    pub(crate) fn is_ready(&self) -> bool {
        is_ready(&self.shared, self.seq, self.index)
    }

    /// Passes over what is not wanted, and skips a lag, but does not chase after publishers: having
    /// looked at all that was there when it began, it may say that nothing is.
    fn look_for_wanted(&mut self, message: &mut Message) -> Result<(), TryRecvError> {
        let mut left = self.shared.ring.capacity();
        let mut has_skipped = false;
        while left > 0 {
            match self.look_at_next(message) {
                Ok(()) => {
                    let filter = self.filter.as_deref();
                    if filter.is_none_or(|filter| message.is_for(filter)) {
                        return Ok(());
                    }
                    message.clear();
                    self.filtered += 1;
                    self.advance();
                    left -= 1;
                }
                Err(TryRecvError::Lagged(_)) if self.on_lag == OnLag::Skip => {
                    if has_skipped {
                        break;
                    }
                    has_skipped = true;
                }
                Err(error) => return Err(error),
            }
        }
        Err(self.nothing())
    }

    /// Copies the next message, if it is there.
    #[inline]
    fn look_at_next(&mut self, message: &mut Message) -> Result<(), TryRecvError> {
        loop {
            let ring = &self.shared.ring;
            let slot = ring.slot(self.index);
            match slot.read(self.seq, message.data(ring.data_bytes())) {
                Ok((shape, origin)) => {
                    message.set(self.seq, shape, origin);
                    if shape.place() == Place::Slot || message.hold(&self.shared.pool) {
                        return Ok(());
                    }
                    // Its block was recycled, so the stamp has moved on (B5): look again.
                    debug_assert_ne!(slot.look(self.seq), Ok(()));
                }
                Err(Missing::NotYet) => {
                    let streak = std::mem::take(&mut self.streak);
                    if streak < STREAM {
                        return Err(self.nothing());
                    }
                    let_it_get_ahead();
                }
                Err(Missing::Overtaken { by }) => {
                    message.clear();
                    return Err(TryRecvError::Lagged(self.catch_up(by)));
                }
            }
        }
    }

    /// Goes on to the message after the one that was looked at.
    #[inline]
    pub(crate) fn advance(&mut self) {
        self.seq += 1;
        self.index = self.shared.ring.after(self.index);
        self.streak = self.streak.saturating_add(1);
    }

    /// Takes the next message, and waits for it until `deadline`.
    pub(crate) fn recv(
        &mut self,
        message: &mut Message,
        deadline: Deadline,
    ) -> Result<(), RecvTimeoutError> {
        loop {
            match self.try_recv(message) {
                Ok(()) => return Ok(()),
                Err(TryRecvError::Lagged(lag)) => return Err(RecvTimeoutError::Lagged(lag)),
                Err(TryRecvError::Closed) => return Err(RecvTimeoutError::Closed),
                Err(TryRecvError::Empty) => {}
            }
            if !self.spot(0).wait(deadline, || false) {
                return Err(RecvTimeoutError::Timeout);
            }
        }
    }

    /// Goes back, so that the next look tells a lag that cannot be told now.
    pub(crate) fn untell(&mut self, lag: Lag) {
        self.seq = lag.first_lost;
        self.index = self.shared.ring.index(self.seq);
        self.missed -= lag.missed;
    }

    /// Where it waits for the next message, on behalf of the receiver `owner`.
    pub(crate) fn spot(&self, owner: usize) -> Spot {
        Spot {
            shared: self.shared.clone(),
            seq: self.seq,
            index: self.index,
            filter: self.filter.clone(),
            wait: self.wait,
            owner,
        }
    }

    /// Wakes who sleeps for the receiver `owner`, which was freed.
    pub(crate) fn wake_owner(&self, owner: usize) {
        self.shared.waiters.wake_owner(owner);
    }

    /// Nothing is there: because nothing was published yet, or because nothing more will be.
    #[cold]
    fn nothing(&self) -> TryRecvError {
        if self.shared.end() == Some(self.seq) {
            TryRecvError::Closed
        } else {
            TryRecvError::Empty
        }
    }

    /// Moves to the oldest message retained, or the newest, after message `by` took our slot.
    #[cold]
    fn catch_up(&mut self, by: u64) -> Lag {
        let ring = &self.shared.ring;
        // `by` may be newer than the tail that this thread sees.
        let next = ring.next_seq().max(by + 1);
        let first_lost = self.seq;
        self.seq = match self.on_lag {
            OnLag::Report | OnLag::Skip => next - ring.capacity(),
            OnLag::Newest => next - 1,
        };
        self.index = ring.index(self.seq);
        let missed = self.seq - first_lost;
        self.missed += missed;
        Lag {
            missed,
            first_lost,
            resume_at: self.seq,
        }
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        self.shared.receivers.fetch_sub(1, Relaxed);
    }
}

/// So many messages in a row are a stream, one is an answer that somebody waits for.
const STREAM: u32 = 2;

/// A receiver that has caught up with a stream and spins on the line that is being written halves
/// everybody's speed.
fn let_it_get_ahead() {
    #[cfg(not(loom))]
    for _ in 0..32 {
        std::hint::spin_loop();
    }
}
