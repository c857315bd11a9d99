// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! What a hub and a receiver can be asked for: limits and defaults.

use std::time::Duration;

use crate::error::{NewError, SubscribeError};

/// What [`Hub::new`](crate::Hub::new) can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    pub(crate) capacity: u64,
    pub(crate) max_message_bytes: u64,
    pub(crate) slot_bytes: u64,
    /// 0: no bound.
    pub(crate) capacity_bytes: u64,
}

impl Options {
    /// The capacity of a hub that is not told another one, in messages.
    pub const CAPACITY_DEFAULT: u64 = 100;
    /// The largest capacity, in messages.
    pub const CAPACITY_MAX: u64 = 1 << 32;
    /// The smallest slot, in bytes: a cache line.
    pub const SLOT_BYTES_MIN: u64 = 64;
    /// The largest slot, in bytes.
    pub const SLOT_BYTES_MAX: u64 = 1 << 16;
    /// The largest payload that a hub can be told to take, in bytes.
    pub const MESSAGE_BYTES_MAX: u64 = 1 << 40;

    /// How many messages the hub retains, from 1 to [`Self::CAPACITY_MAX`]; 100 means 100. The
    /// default is [`Self::CAPACITY_DEFAULT`].
    #[must_use]
    pub fn capacity(self, messages: u64) -> Self {
        Self {
            capacity: messages,
            ..self
        }
    }

    /// The longest payload that can be published, in bytes, at most [`Self::MESSAGE_BYTES_MAX`].
    /// The default is 1 GiB.
    #[must_use]
    pub fn max_message_bytes(self, bytes: u64) -> Self {
        Self {
            max_message_bytes: bytes,
            ..self
        }
    }

    /// Size of a slot in bytes, from [`Self::SLOT_BYTES_MIN`] to [`Self::SLOT_BYTES_MAX`], rounded
    /// up to a multiple of 64. A message whose payload and topic, each rounded up to a
    /// multiple of 8, together take at most `slot_bytes - 24` lies in its slot; a larger one lies
    /// in memory of its own, which its receivers share. The default is 320.
    #[must_use]
    pub fn slot_bytes(self, bytes: u64) -> Self {
        Self {
            slot_bytes: bytes,
            ..self
        }
    }

    /// How many bytes the payloads in memory of their own may have, at least `capacity` times
    /// `max_message_bytes`, so that only those can reach it which holders keep: messages that the
    /// hub does not retain any more, and loans. A publish or a loan is then refused with
    /// [`PublishError::Kept`](crate::PublishError::Kept). The default, 0, is no bound.
    ///
    /// With room for one more message for each receiver, one that keeps nothing but the message
    /// that it is at hinders nobody. Publishers have their messages in memory before those that
    /// they replace are gone, so at times there is one more for each that is at work, with a loan or
    /// without ([`publish_many`](crate::Hub::publish_many) has up to a capacity of them). What the bound
    /// does not count: the ring (`capacity` times `slot_bytes`), what payloads are rounded up by (to
    /// a power of two), and free memory that is kept to be used again, at most 64 MiB or as much as
    /// is in use.
    #[must_use]
    pub fn capacity_bytes(self, bytes: u64) -> Self {
        Self {
            capacity_bytes: bytes,
            ..self
        }
    }

    /// The most bytes that the messages that the hub retains can have, as far as that can be said.
    pub(crate) fn ring_bytes(&self) -> Option<u64> {
        self.capacity.checked_mul(self.max_message_bytes)
    }

    pub(crate) fn check(&self) -> Result<(), NewError> {
        if !(1..=Self::CAPACITY_MAX).contains(&self.capacity) {
            return Err(NewError::Capacity);
        }
        if !(Self::SLOT_BYTES_MIN..=Self::SLOT_BYTES_MAX).contains(&self.slot_bytes) {
            return Err(NewError::SlotBytes);
        }
        if self.max_message_bytes > Self::MESSAGE_BYTES_MAX {
            return Err(NewError::MaxMessageBytes);
        }
        let holds = |least| least <= self.capacity_bytes;
        if self.capacity_bytes != 0 && !self.ring_bytes().is_some_and(holds) {
            return Err(NewError::CapacityBytes);
        }
        Ok(())
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            capacity: Self::CAPACITY_DEFAULT,
            max_message_bytes: 1 << 30,
            slot_bytes: 320,
            capacity_bytes: 0,
        }
    }
}

/// Where a receiver starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// At the next message to be published.
    #[default]
    Next,
    /// At the oldest message that the hub retains.
    Oldest,
    /// At the last so many messages, as far as the hub retains them.
    Last(u64),
    /// At a number. If the hub retains it no more, the first receive is
    /// [`Lagged`](crate::TryRecvError::Lagged); a number above that of the next message is an error.
    Seq(u64),
}

/// What a receiver does when messages were overwritten before it read them. They are counted in any
/// case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnLag {
    /// It says so, once, and goes on at the oldest message that the hub retains.
    #[default]
    Report,
    /// It goes on there and says nothing.
    Skip,
    /// It says so, once, and goes on at the newest message.
    Newest,
}

/// How a thread waits in [`recv`](crate::Receiver::recv), [`recv_timeout`](crate::Receiver::recv_timeout)
/// and [`wait_any`](crate::wait_any). All of them end in time when a message comes, the hub is closed
/// or the time is over; they differ in what a wait costs, and in what it costs publishers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wait {
    /// It looks again for some microseconds, then sleeps. Right for almost everybody: between
    /// messages that follow each other it stays awake, and an idle receiver uses no processor.
    #[default]
    Adaptive,
    /// It never sleeps: the fastest answer, and publishers wake nobody; but a processor of its own
    /// is used up for as long as it waits, and if there is none to spare, all is slower.
    Spin,
    /// It never sleeps, but lets other threads go first. For threads that have nothing better to
    /// do with a processor that they share.
    Yield,
    /// It sleeps at once. For messages that come seldom, and machines that count every cycle: each
    /// message then costs a wake-up.
    Park,
}

/// What [`Hub::subscribe_with`](crate::Hub::subscribe_with) can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiverOptions {
    pub(crate) pattern: String,
    pub(crate) start: Start,
    pub(crate) on_lag: OnLag,
    pub(crate) ignored_origin: u64,
    pub(crate) lossless: bool,
    pub(crate) max_stall: Option<Duration>,
    pub(crate) name: String,
    pub(crate) warn_behind: u64,
    pub(crate) wait: Wait,
}

impl ReceiverOptions {
    /// The longest name, in bytes.
    pub const NAME_BYTES_MAX: usize = 63;

    /// Which topics it wants: a topic, in which `*` in a token's place stands for any one token,
    /// and `>` as the last token for one or more. `*` or `>` alone is every message, those without
    /// a topic included, and the default. Checked when it subscribes.
    #[must_use]
    pub fn pattern(self, pattern: impl Into<String>) -> Self {
        Self {
            pattern: pattern.into(),
            ..self
        }
    }

    /// Where it starts. The default is [`Start::Next`].
    #[must_use]
    pub fn start(self, start: Start) -> Self {
        Self { start, ..self }
    }

    /// What it does about a lag. The default is [`OnLag::Report`].
    #[must_use]
    pub fn on_lag(self, on_lag: OnLag) -> Self {
        Self { on_lag, ..self }
    }

    /// Leaves out the messages of one origin, its own for example. The default, 0, leaves out
    /// nothing.
    #[must_use]
    pub fn ignore_origin(self, origin: u64) -> Self {
        Self {
            ignored_origin: origin,
            ..self
        }
    }

    /// Whether publishers wait for it: while it has a whole ring unread, a publish is
    /// [`Full`](crate::PublishError::Full). The default is false.
    ///
    /// A receiver that is never read again, because its thread died for example, holds publishers
    /// up until it is dropped; [`Self::max_stall`] sets a limit to that.
    #[must_use]
    pub fn lossless(self, lossless: bool) -> Self {
        Self { lossless, ..self }
    }

    /// How long a lossless receiver may hold publishers up without reading a message. Then it
    /// becomes a lossy one, and gets a lag, its first, when it is overtaken. The default is for ever.
    #[must_use]
    pub fn max_stall(self, max_stall: Duration) -> Self {
        Self {
            max_stall: Some(max_stall),
            ..self
        }
    }

    /// What it is called in statistics: at most [`Self::NAME_BYTES_MAX`] bytes without a control
    /// character. Checked when it subscribes. The default is no name.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..self
        }
    }

    /// From how many unread messages on statistics say that it is about to lag, and a callback is
    /// told: [`Delivery::AboutToLag`](crate::Delivery::AboutToLag). The default, 0, is never.
    #[must_use]
    pub fn warn_behind(self, messages: u64) -> Self {
        Self {
            warn_behind: messages,
            ..self
        }
    }

    pub(crate) fn check_name(&self) -> Result<(), SubscribeError> {
        if self.name.len() > Self::NAME_BYTES_MAX || self.name.contains(char::is_control) {
            return Err(SubscribeError::Name);
        }
        Ok(())
    }

    /// How a thread waits for it. The default is [`Wait::Adaptive`].
    #[must_use]
    pub fn wait(self, wait: Wait) -> Self {
        Self { wait, ..self }
    }
}

impl Default for ReceiverOptions {
    fn default() -> Self {
        Self {
            pattern: ">".to_owned(),
            start: Start::Next,
            on_lag: OnLag::Report,
            ignored_origin: 0,
            lossless: false,
            max_stall: None,
            name: String::new(),
            warn_behind: 0,
            wait: Wait::Adaptive,
        }
    }
}
