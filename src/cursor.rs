// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! A cursor: how a receiver goes from message to message, and what it means when the ring overtakes
//! it.

use std::os::fd::RawFd;
use std::time::Duration;

use crate::descriptor::Descriptor;
use crate::error::{Lag, LimitError, RecvTimeoutError, TryRecvError};
use crate::filter::Filter;
use crate::hub::Shared;
use crate::message::Message;
use crate::options::{OnLag, Wait};
use crate::shape::Place;
use crate::slot::Missing;
use crate::spot::{Spot, is_ready};
use crate::stats::{ReceiverStats, Record};
use crate::sync::Arc;
use crate::wait::Deadline;

/// A place in the stream.
#[derive(Debug)]
pub(crate) struct Cursor {
    pub(crate) shared: Arc<Shared>,
    pub(crate) record: Arc<Record>,
    /// The next message to read, as in the record.
    seq: u64,
    /// The index of its slot.
    index: usize,
    /// How many looks in a row have found a message.
    streak: u32,
    /// What it wants, if not everything.
    filter: Option<Arc<Filter>>,
    on_lag: OnLag,
    pub(crate) wait: Wait,
    /// What an event loop watches, once somebody has asked for it.
    pub(crate) descriptor: Option<Descriptor>,
    /// Whether it may have to pass over anything.
    is_choosy: bool,
    /// Whether publishers may wait for it.
    pub(crate) is_gate: bool,
    /// Whether it was said that it is about to lag.
    is_warned: bool,
}

impl Cursor {
    pub(crate) fn new(
        shared: &Arc<Shared>,
        record: Arc<Record>,
        start: u64,
        filter: Option<Filter>,
        on_lag: OnLag,
    ) -> Self {
        Self {
            is_choosy: filter.is_some() || on_lag == OnLag::Skip,
            is_gate: record.is_lossless(),
            shared: shared.clone(),
            record,
            seq: start,
            index: shared.ring.index(start),
            streak: 0,
            filter: filter.map(Arc::new),
            on_lag,
            wait: Wait::Adaptive,
            descriptor: None,
            is_warned: false,
        }
    }

    pub(crate) fn stats(&self) -> ReceiverStats {
        self.record.stats(&self.shared.ring)
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
        // A lag that is not told must not move a gate.
        if self.on_lag != OnLag::Skip && self.is_overtaken() {
            message.clear();
            return true;
        }
        let found = self.look(message);
        message.clear();
        if let Err(TryRecvError::Lagged(lag)) = found {
            self.untell(lag);
        }
        found != Err(TryRecvError::Empty)
    }

    fn is_overtaken(&self) -> bool {
        let slot = self.shared.ring.slot(self.index);
        matches!(slot.look(self.seq), Err(Missing::Overtaken { .. }))
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
                    self.record.count_filtered();
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
                    if shape.place() == Place::Slot || message.hold(&self.record) {
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
        let ring = &self.shared.ring;
        self.seq += 1;
        self.index = ring.after(self.index);
        self.streak = self.streak.saturating_add(1);
        self.record.move_to(self.seq);
        if self.index == 0 {
            self.note_behind();
        }
        if self.is_gate {
            self.shared.gates.wake(ring, self.seq);
        }
    }

    /// Once a lap: the tail is what publishers write.
    #[cold]
    fn note_behind(&self) {
        let next = self.shared.ring.next_seq();
        self.record.note_behind(next.saturating_sub(self.seq));
    }

    /// How many messages are unread, when they have come to be so many that it is about to lag. Said
    /// once, until they are half as many.
    pub(crate) fn warning(&mut self) -> Option<u64> {
        let warn_behind = self.record.warn_behind();
        if warn_behind == 0 {
            return None;
        }
        let ring = &self.shared.ring;
        let behind = ring.next_seq().saturating_sub(self.seq);
        if self.is_warned {
            self.is_warned = behind > warn_behind / 2;
            return None;
        }
        // Beyond the capacity it has lagged, and will be told that.
        self.is_warned = (warn_behind..=ring.capacity()).contains(&behind);
        self.is_warned.then_some(behind)
    }

    /// Takes the next message, and waits for it until `timeout`.
    pub(crate) fn recv(
        &mut self,
        message: &mut Message,
        timeout: Option<Duration>,
    ) -> Result<(), RecvTimeoutError> {
        self.recv_with(timeout, |cursor| cursor.try_recv(message))
    }

    /// Takes what `take` takes as soon as there is something, and waits for that until `timeout`.
    pub(crate) fn recv_with<T>(
        &mut self,
        timeout: Option<Duration>,
        mut take: impl FnMut(&mut Self) -> Result<T, TryRecvError>,
    ) -> Result<T, RecvTimeoutError> {
        let mut deadline = None;
        loop {
            match take(self) {
                Ok(taken) => return Ok(taken),
                Err(TryRecvError::Lagged(lag)) => return Err(RecvTimeoutError::Lagged(lag)),
                Err(TryRecvError::Closed) => return Err(RecvTimeoutError::Closed),
                Err(TryRecvError::Empty) => {}
            }
            let deadline = *deadline.get_or_insert_with(|| Deadline::after(timeout));
            if !self.spot(0).wait(deadline, || false) {
                return Err(RecvTimeoutError::Timeout);
            }
        }
    }

    /// Goes back, so that the next look tells a lag that cannot be told now.
    // Not on behalf of a gate that holds publishers up: that lags only where it starts (`peek`).
    pub(crate) fn untell(&mut self, lag: Lag) {
        self.seq = lag.first_lost;
        self.index = self.shared.ring.index(self.seq);
        self.record.move_to(self.seq);
        self.record.count_missed(-(lag.missed as i64));
    }

    /// Where it waits for the next message, on behalf of the receiver `owner`.
    pub(crate) fn spot(&self, owner: usize) -> Spot {
        Spot {
            shared: self.shared.clone(),
            record: self.record.clone(),
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
        self.record.move_to(self.seq);
        if self.is_gate {
            self.shared.gates.wake(ring, self.seq);
        }
        let missed = self.seq - first_lost;
        self.record.count_missed(missed as i64);
        self.record.note_behind(next - first_lost);
        Lag {
            missed,
            first_lost,
            resume_at: self.seq,
        }
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
