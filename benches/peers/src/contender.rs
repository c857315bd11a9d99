// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! What a figure needs of a contender.

/// A way to bring messages from one publisher to several receivers.
pub(crate) trait Contender: Copy {
    type Publisher: Publisher;
    type Receiver: Receiver;

    /// Opens a channel and its receivers.
    fn open(self, plan: Plan) -> (Self::Publisher, Vec<Self::Receiver>);
}

/// What is to be opened.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    /// How many messages are retained, by each channel where each receiver has its own.
    pub(crate) capacity: usize,
    /// The length of the longest message.
    pub(crate) message_bytes: usize,
    pub(crate) receivers: usize,
}

impl Plan {
    /// What most figures use: room for 1024 messages of 64 bytes.
    pub(crate) const fn usual(receivers: usize) -> Self {
        Self {
            capacity: 1024,
            message_bytes: 64,
            receivers,
        }
    }
}

/// The sending side. Dropping it, and its clones where it has some, ends the stream.
pub(crate) trait Publisher: Send {
    /// A channel that is full and lossy refuses messages instead of overwriting old ones,
    /// so a figure in which nobody receives has to empty it now and then.
    const REFUSES_WHEN_FULL: bool = false;

    fn publish(&mut self, payload: &[u8]);
}

/// One reader.
pub(crate) trait Receiver: Send {
    /// Shows the next message to `read`, if there is one.
    fn try_recv(&mut self, read: impl FnOnce(&[u8])) -> Took;

    /// Sleeps until there is a message, then shows it to `read`.
    fn recv(&mut self, read: impl FnOnce(&[u8])) -> Took;
}

/// What a look for a message came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Took {
    Message,
    Empty,
    /// The receiver was overtaken and missed messages.
    Lagged,
    Closed,
}
