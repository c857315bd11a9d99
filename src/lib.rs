// SPDX-License-Identifier: MIT OR Apache-2.0
//! One message in, every receiver gets it.
//!
//! A [`Hub`] is a bounded ring in memory. Whoever has it publishes; each [`Receiver`] reads every
//! message, in order, at its own pace. A receiver that falls behind is told exactly what it missed.
//!
//! ```
//! use signalhub::{Hub, Options, RecvError};
//!
//! let hub = Hub::new(Options::default().capacity(100))?;
//! let mut receiver = hub.subscribe()?;
//! for i in 0..300 {
//!     hub.publish(&format!("message {i}"))?;
//! }
//! match receiver.recv() {
//!     Err(RecvError::Lagged(lag)) => assert_eq!(lag.missed, 200),
//!     other => panic!("{other:?}"),
//! }
//! assert_eq!(receiver.recv()?.text(), Some("message 200"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Hubs for several languages are made through `include/signalhub/signalhub.h`, whose handles C, C++, Python
//! and Rust pass to each other.
//!
//! # Words
//!
//! A *hub* carries *messages*. A message has a *payload*, a *kind*, perhaps a *topic* (its name),
//! an *origin* (who published), and a *seq*, its number in its hub, from 0. A *receiver*
//! subscribes, perhaps with a *pattern*: messages that it does not want are *filtered*. It is
//! *lagged* when messages that it *missed* were overwritten. *Capacity* is how many messages a hub
//! retains. For a *lossless* receiver publishers wait: the hub is *full* while it has a whole ring
//! unread. A *dispatcher* is a thread that calls *callbacks*. Who has a message is its *holder*;
//! what holders *keep* is memory that the hub cannot use. Inside, a message lies in a *slot* that
//! is guarded by a *stamp*; a payload too large for it lies in a *block*; one that a publisher
//! writes in place is a *loan*.
//!
//! # Promises
//!
//! Numbered as in the tests that prove them.
//!
//! * P1 **Order.** One total order per hub. Every receiver sees messages in seq order, none twice.
//! * P2 **Retention.** A hub retains exactly its last `capacity` messages.
//! * P3 **Lag.** A receiver overtaken by more than `capacity` is told once how many messages it
//!   missed, and goes on at the oldest one retained, or as its [`OnLag`] says. At every return, what
//!   it received, filtered and missed adds up to how far it has come.
//! * P4 **Where to start.** At the next message, the oldest retained, the last n, or a given seq,
//!   with no gap and no duplicate into what comes. There is no second store.
//! * P5 **Publishing waits for no receiver** that is not lossless, and costs the same for none and
//!   for ten thousand awake ones. Each sleeper that it wakes costs one wake-up.
//! * P6 **Lossless receivers.** While one has a whole ring unread, a publish is
//!   [`Full`](PublishError::Full) and publishes nothing; [`Hub::publish_timeout`] waits. Lossy and
//!   lossless receivers share a hub, and without a lossless one there is no extra load.
//! * P7 **Close** is state: publishers are refused, receivers read what is left, sleepers wake. A
//!   publish is before the end and reaches every receiver, or it is refused.
//! * P8 **Time.** Timeouts run on the monotonic clock; 0 polls, any huge value works.
//! * P9 **No lost message on cancellation.** The cursor moves only when the caller has the message.
//! * P10 **Sleeping is free.** A blocked receiver uses no CPU, be it a thread, a task, or watched by
//!   an event loop.
//! * P11 **Any payload.** Bytes of any length, including none.
//! * P12 **Bounded memory.** With `capacity_bytes`, only messages that their holders keep can make a
//!   publish say that there is no room; nothing was published then.
//! * P13 **Nothing crosses the ABI but values**: no panic, no signal handler, and no thread but those
//!   of callbacks, which were asked for.
//! * P14 **Misuse is an answer**: a freed or foreign handle is a status, not a crash.
//!
//! # What a stalled publisher delays
//!
//! A publisher that is stopped between its claim and its stamp, while it copies a message into its
//! slot (with `publish_many` up to a capacity of them), delays receivers at that message, and
//! publishers one lap later; nobody else. Nothing in between can fail.
//!
//! # How a message travels
//!
//! ```text
//! publish   publish.rs -> ring.rs claims a seq -> slot.rs writes -> wait.rs wakes who sleeps
//! receive   cursor.rs -> ring.rs finds the slot -> slot.rs reads, or learns that it was overtaken
//! beyond    capi/ -> include/signalhub/signalhub.h -> the SDKs
//! ```

#![warn(clippy::unwrap_used)]
#![cfg_attr(
    loom,
    allow(dead_code, reason = "the models leave capi out, which uses the rest")
)]

// In the order in which a message meets them.
mod options;
mod error;
mod view;
mod topic;
mod filter;
mod shape;
mod hub;
mod publish;
mod loan;
mod ring;
mod gate;
mod slot;
mod block;
mod receiver;
mod cursor;
mod batch;
mod message;
mod wait;
mod spot;
mod descriptor;
mod task;
mod wait_any;
mod removable;
#[cfg(not(loom))]
mod dispatcher;
mod stats;
mod prometheus;
mod sync;
mod sys;
mod tag;

#[cfg(not(loom))]
#[doc(hidden)]
pub mod capi;

pub use batch::Packed;
#[cfg(not(loom))]
pub use dispatcher::{Delivery, Dispatcher, Listener};
pub use error::{
    Lag, LimitError, NewError, PublishError, PublishManyError, RecvError, RecvPackedError,
    RecvTimeoutError, Refused, SubscribeError, TopicError, TryRecvError, WaitAnyError,
};
pub use hub::{Hub, Published};
pub use loan::Loan;
pub use message::Message;
pub use options::{OnLag, Options, ReceiverOptions, Start, Wait};
pub use receiver::Receiver;
pub use shape::Kind;
pub use stats::{HubStats, ReceiverStats};
pub use task::Messages;
pub use view::{Label, View};
pub use wait_any::wait_any;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
