// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Every error of the crate: one small enum per operation.

use std::error::Error;
use std::fmt::{self, Display, Formatter};

/// Why [`Hub::new`](crate::Hub::new) refused its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewError {
    /// The capacity is 0 or above [`Options::CAPACITY_MAX`](crate::Options::CAPACITY_MAX).
    Capacity,
    /// `slot_bytes` is out of its range.
    SlotBytes,
    /// `max_message_bytes` is above its limit.
    MaxMessageBytes,
    /// The memory for the ring cannot be had.
    NoMemory,
    /// `capacity_bytes` is less than `capacity` times `max_message_bytes`.
    CapacityBytes,
}

/// Why a message was not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublishError {
    /// The hub is closed.
    Closed,
    /// A lossless receiver has a whole ring unread.
    Full,
    /// The payload is longer than the hub's `max_message_bytes`.
    TooBig,
    /// The topic is not one.
    Topic(TopicError),
    /// The memory for a payload that does not fit a slot cannot be had.
    NoMemory,
    /// Messages and loans that their holders keep take up
    /// [`capacity_bytes`](crate::Options::capacity_bytes).
    Kept,
    /// A loan, or memory of the publisher's own, is to be text and is not UTF-8.
    NotUtf8,
}

/// What was not published, and why. It can be published again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Refused<T> {
    /// Why not.
    pub error: PublishError,
    /// What was to be published, as it was.
    pub given: T,
}

/// Why [`Hub::publish_many`](crate::Hub::publish_many) stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishManyError {
    /// How many messages, from the first on, were published.
    pub published: usize,
    /// What the next one met.
    pub error: PublishError,
}

/// What is wrong with a topic or a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicError {
    /// It is longer than 255 bytes.
    TooLong,
    /// It is empty, begins or ends with a dot, or has two dots in a row.
    EmptyToken,
    /// It contains `*` or `>`: in a topic, or in a pattern where no wildcard can be.
    Wildcard,
    /// It contains white space or a control character.
    Space,
}

/// Why a hub gave no receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscribeError {
    /// The hub is closed.
    Closed,
    /// The pattern is not one.
    Pattern(TopicError),
    /// There is no message yet to start at: the number is above that of the next one.
    Start,
    /// The name is longer than [`NAME_BYTES_MAX`](crate::ReceiverOptions::NAME_BYTES_MAX) or has
    /// a control character.
    Name,
}

/// What a receiver missed because it fell more than the hub's capacity behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    /// How many messages were overwritten before they were read.
    pub missed: u64,
    /// The number of the first of them.
    pub first_lost: u64,
    /// The number of the message that the next receive looks for, the oldest one retained.
    pub resume_at: u64,
}

/// Why [`try_recv`](crate::Receiver::try_recv) gave no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryRecvError {
    /// No message is waiting.
    Empty,
    /// The hub is closed, and every message before the end has been read.
    Closed,
    /// Messages were missed. Told once; the next receive goes on at the oldest one retained.
    Lagged(Lag),
}

/// Why [`recv`](crate::Receiver::recv) gave no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecvError {
    /// The hub is closed, and every message before the end has been read.
    Closed,
    /// Messages were missed. Told once; the next receive goes on at the oldest one retained.
    Lagged(Lag),
}

/// Why [`recv_timeout`](crate::Receiver::recv_timeout) gave no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecvTimeoutError {
    /// Nothing came in time.
    Timeout,
    /// The hub is closed, and every message before the end has been read.
    Closed,
    /// Messages were missed. Told once; the next receive goes on at the oldest one retained.
    Lagged(Lag),
}

/// Why [`wait_any`](crate::wait_any) named no receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitAnyError {
    /// Nothing came in time.
    Timeout,
    /// There is no receiver to wait for.
    NoReceivers,
}

/// What the system has no more of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitError {
    /// Descriptors, of this process or of all.
    Descriptors,
    /// Threads, of this process, this user or all.
    Threads,
}

/// Why [`recv_packed`](crate::Receiver::recv_packed) gave no payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecvPackedError {
    /// Nothing came in time.
    Timeout,
    /// The hub is closed, and every message before the end has been read.
    Closed,
    /// Messages were missed. Told once; the next receive goes on at the oldest one retained.
    Lagged(Lag),
    /// The next message is longer than the batch has room, and needs so many bytes. It stays the
    /// next one, until it is overwritten.
    TooSmall(usize),
}

/// Why a handle of the C ABI cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandleError {
    /// It is NULL.
    Null,
    /// It was freed, or is of another type or library copy.
    Stale,
    /// The parent process made it.
    Forked,
    /// Another thread is inside a call on it.
    Busy,
    /// There is no memory for a new one.
    NoMemory,
}

const CLOSED: &str = "the hub is closed";
const TIMEOUT: &str = "nothing came before the timeout";

impl Display for NewError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Capacity => "capacity must be from 1 to 4294967296",
            Self::SlotBytes => "slot_bytes must be from 64 to 65536",
            Self::MaxMessageBytes => "max_message_bytes must be at most 1099511627776",
            Self::NoMemory => "out of memory",
            Self::CapacityBytes => {
                "capacity_bytes must be at least capacity times max_message_bytes"
            }
        })
    }
}

impl Display for PublishError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str(CLOSED),
            Self::Full => f.write_str("a lossless receiver has a whole ring unread"),
            Self::TooBig => f.write_str("message is longer than max_message_bytes"),
            Self::Topic(error) => write!(f, "bad topic: {error}"),
            Self::NoMemory => f.write_str("out of memory"),
            Self::Kept => f.write_str("messages that their holders keep take up capacity_bytes"),
            Self::NotUtf8 => f.write_str("text is not UTF-8"),
        }
    }
}

impl<T> fmt::Debug for Refused<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused")
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

impl<T> Display for Refused<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl Display for PublishManyError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} after {} messages", self.error, self.published)
    }
}

impl Display for TopicError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "longer than 255 bytes",
            Self::EmptyToken => "an empty token",
            Self::Wildcard => "a wildcard where none can be",
            Self::Space => "white space",
        })
    }
}

impl Display for SubscribeError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str(CLOSED),
            Self::Pattern(error) => write!(f, "bad pattern: {error}"),
            Self::Start => f.write_str("there is no message yet to start at"),
            Self::Name => f.write_str("name is longer than 63 bytes or has a control character"),
        }
    }
}

impl Display for Lag {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "missed {} messages", self.missed)
    }
}

impl Display for TryRecvError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no message is waiting"),
            Self::Closed => f.write_str(CLOSED),
            Self::Lagged(lag) => lag.fmt(f),
        }
    }
}

impl Display for RecvError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str(CLOSED),
            Self::Lagged(lag) => lag.fmt(f),
        }
    }
}

impl Display for RecvTimeoutError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str(TIMEOUT),
            Self::Closed => f.write_str(CLOSED),
            Self::Lagged(lag) => lag.fmt(f),
        }
    }
}

impl Display for WaitAnyError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timeout => TIMEOUT,
            Self::NoReceivers => "there is no receiver to wait for",
        })
    }
}

impl Display for LimitError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Descriptors => "the system has no more descriptors to give",
            Self::Threads => "the system has no more threads to give",
        })
    }
}

impl Display for RecvPackedError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Timeout => RecvTimeoutError::Timeout.fmt(f),
            Self::Closed => RecvTimeoutError::Closed.fmt(f),
            Self::Lagged(lag) => lag.fmt(f),
            Self::TooSmall(bytes) => write!(f, "the message needs {bytes} bytes"),
        }
    }
}

impl Error for NewError {}
impl Error for PublishError {}
impl Error for PublishManyError {}
impl<T> Error for Refused<T> {}
impl Error for TopicError {}
impl Error for SubscribeError {}
impl Error for TryRecvError {}
impl Error for RecvError {}
impl Error for RecvTimeoutError {}
impl Error for WaitAnyError {}
impl Error for LimitError {}
impl Error for RecvPackedError {}
impl Error for Lag {} // an item of Messages

impl From<RecvTimeoutError> for RecvPackedError {
    fn from(error: RecvTimeoutError) -> Self {
        match error {
            RecvTimeoutError::Timeout => Self::Timeout,
            RecvTimeoutError::Closed => Self::Closed,
            RecvTimeoutError::Lagged(lag) => Self::Lagged(lag),
        }
    }
}

impl From<TopicError> for SubscribeError {
    fn from(error: TopicError) -> Self {
        Self::Pattern(error)
    }
}

impl From<TopicError> for PublishError {
    fn from(error: TopicError) -> Self {
        Self::Topic(error)
    }
}
