// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Receiving several messages at a time.

use std::time::Duration;

use crate::cursor::Cursor;
use crate::error::{RecvPackedError, RecvTimeoutError, TryRecvError};
use crate::message::Message;
use crate::receiver::Receiver;

impl Receiver {
    /// Waits for a message until `timeout`, as [`recv_timeout`](Self::recv_timeout) does (`None` is
    /// for ever), and takes those behind it that are there, as far as `messages` go; lends those
    /// that it filled.
    ///
    /// A lag, or the end of the hub, behind the first message is told by the next receive. What
    /// `messages` held is gone where it was filled; `std::mem::take` keeps a message.
    ///
    /// ```
    /// # use signalhub::{Hub, Message, Options};
    /// # let hub = Hub::new(Options::default())?;
    /// # let mut receiver = hub.subscribe()?;
    /// # hub.publish("one")?;
    /// # hub.publish("two")?;
    /// let mut messages = vec![Message::default(); 100];
    /// let received = receiver.recv_many(&mut messages, None)?;
    /// assert_eq!(received.len(), 2);
    /// assert_eq!(received[1].text(), Some("two"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Nothing came in time, the hub is closed and read to its end, or messages were missed.
    pub fn recv_many<'a>(
        &mut self,
        messages: &'a mut [Message],
        timeout: Option<Duration>,
    ) -> Result<&'a mut [Message], RecvTimeoutError> {
        let take = |cursor: &mut Cursor| cursor.take(&mut *messages);
        let count = self.cursor.recv_with(timeout, take)?;
        Ok(&mut messages[..count])
    }

    /// As [`recv_many`](Self::recv_many), but copies the payloads one behind the other into `batch`,
    /// without a gap, and leaves out all else that messages have: for many small ones of a known
    /// form. Takes what is there while it fits; what does not is the next receive's. Returns how many it took.
    ///
    /// ```
    /// # use signalhub::{Hub, Options, Packed};
    /// # let hub = Hub::new(Options::default())?;
    /// # let mut receiver = hub.subscribe()?;
    /// # hub.publish("one")?;
    /// # hub.publish("three")?;
    /// let mut batch = Packed::new(1000, 64 * 1000);
    /// receiver.recv_packed(&mut batch, None)?;
    /// assert_eq!(batch.iter().map(<[u8]>::len).collect::<Vec<_>>(), [3, 5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Nothing came in time, the hub is closed and read to its end, messages were missed, or already
    /// the first does not fit. `batch` is then empty.
    pub fn recv_packed(
        &mut self,
        batch: &mut Packed,
        timeout: Option<Duration>,
    ) -> Result<usize, RecvPackedError> {
        let Self { cursor, message } = self;
        batch.len = 0;
        let take = |cursor: &mut Cursor| cursor.pack(message, &mut batch.bytes, &mut batch.offsets);
        let count = cursor.recv_with(timeout, take)?;
        if count == 0 && batch.offsets.len() > 1 {
            return Err(RecvPackedError::TooSmall(batch.offsets[1]));
        }
        batch.len = count;
        Ok(count)
    }
}

impl Cursor {
    /// Takes the messages that are there, as far as `messages` go. Fails if it can take none.
    pub(crate) fn take<'a>(
        &mut self,
        messages: impl IntoIterator<Item = &'a mut Message>,
    ) -> Result<usize, TryRecvError> {
        let mut count = 0;
        for message in messages {
            if let Err(error) = self.try_recv(message) {
                self.leave(error, count)?;
                break;
            }
            count += 1;
        }
        Ok(count)
    }

    /// Copies the payloads of the messages that are there into `buf`, while they fit: number i to
    /// `offsets[i]..offsets[i + 1]`. Fails if there is none. If already the first does not fit, it
    /// takes 0 of them, and that one's length is `offsets[1]`. There is an `offsets[0]`.
    pub(crate) fn pack(
        &mut self,
        message: &mut Message,
        buf: &mut [u8],
        offsets: &mut [usize],
    ) -> Result<usize, TryRecvError> {
        let (mut count, mut end) = (0, 0);
        while count + 1 < offsets.len() {
            if let Err(error) = self.look(message) {
                self.leave(error, count)?;
                break;
            }
            let payload = message.payload();
            let next = end + payload.len();
            let Some(room) = buf.get_mut(end..next) else {
                if count == 0 {
                    offsets[1] = next;
                }
                break;
            };
            room.copy_from_slice(payload);
            self.advance();
            count += 1;
            offsets[count] = next;
            end = next;
        }
        offsets[0] = 0;
        message.clear();
        Ok(count)
    }

    /// Behind `count` messages, what came instead of another is for the next receive to tell.
    #[cold]
    fn leave(&mut self, error: TryRecvError, count: usize) -> Result<(), TryRecvError> {
        if count == 0 {
            return Err(error);
        }
        if let TryRecvError::Lagged(lag) = error {
            self.untell(lag);
        }
        Ok(())
    }
}

/// The payloads of several messages, one behind the other in one buffer, which
/// [`Receiver::recv_packed`] fills again and again.
#[derive(Clone, Debug)]
pub struct Packed {
    /// The room, of which what [`Self::bytes`] gives is filled.
    bytes: Vec<u8>,
    /// Payload i is `bytes[offsets[i]..offsets[i + 1]]`, of `len`.
    offsets: Vec<usize>,
    len: usize,
}

impl Packed {
    /// Room for so many messages, whose payloads have so many bytes together.
    #[must_use]
    pub fn new(messages: usize, bytes: usize) -> Self {
        Self {
            bytes: vec![0; bytes],
            offsets: vec![0; messages.saturating_add(1)],
            len: 0,
        }
    }

    /// Makes it room for at least so many bytes, after [`RecvPackedError::TooSmall`] for example.
    pub fn reserve(&mut self, bytes: usize) {
        if bytes > self.bytes.len() {
            self.bytes.resize(bytes, 0);
        }
    }

    /// How many payloads it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The payloads, in the order of their messages.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> + DoubleEndedIterator {
        self.offsets()
            .windows(2)
            .map(|ends| &self.bytes[ends[0]..ends[1]])
    }

    /// All payloads as they lie there: number i from [`offsets`](Self::offsets)`[i]` to
    /// `offsets[i + 1]`.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.offsets[self.len]]
    }

    /// Where each payload starts, and behind them where the last one ends.
    #[must_use]
    pub fn offsets(&self) -> &[usize] {
        &self.offsets[..=self.len]
    }
}
