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
#![cfg_attr(
    loom,
    allow(dead_code, reason = "loom cannot see capi, which uses the rest")
)]

mod block;
mod error;
mod hub;
mod message;
mod options;
mod receiver;
mod ring;
mod shape;
mod slot;
mod sync;
mod sys;
mod tag;
mod topic;
mod view;
mod wait;

#[cfg(not(loom))]
#[doc(hidden)]
pub mod capi;

pub use error::{
    Lag, NewError, PublishError, PublishManyError, RecvError, RecvTimeoutError, SubscribeError,
    TopicError, TryRecvError,
};
pub use hub::{Hub, Published};
pub use message::Message;
pub use options::Options;
pub use receiver::Receiver;
pub use shape::Kind;
pub use view::View;
