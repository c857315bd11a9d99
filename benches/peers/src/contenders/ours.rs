// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! SignalHub, called from Rust.

use signalhub::{Hub, Options, ReceiverOptions, RecvError, TryRecvError, Wait};

use crate::contender::{Contender, Plan, Publisher, Receiver, Took};

/// A hub and receivers with the default options, but for what the plan says.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ours {
    options: Options,
    wait: Wait,
}

impl Ours {
    pub(crate) fn with_slot_bytes(slot_bytes: u64) -> Self {
        Self {
            options: Options::default().slot_bytes(slot_bytes),
            ..Self::default()
        }
    }

    pub(crate) fn with_wait(wait: Wait) -> Self {
        Self {
            wait,
            ..Self::default()
        }
    }
}

impl Contender for Ours {
    type Publisher = Hub;
    type Receiver = signalhub::Receiver;

    fn open(self, plan: Plan) -> (Self::Publisher, Vec<Self::Receiver>) {
        let hub = Hub::new(self.options.capacity(plan.capacity as u64))
            .expect("a figure asks for a ring that fits in memory");
        let options = ReceiverOptions::default().wait(self.wait);
        let receivers = (0..plan.receivers)
            .map(|_| hub.subscribe_with(&options).expect("the hub is open"))
            .collect();
        (hub, receivers)
    }
}

impl Publisher for Hub {
    #[inline]
    fn publish(&mut self, payload: &[u8]) {
        Hub::publish(self, payload).expect("the hub is open, the message within its limits");
    }
}

impl Receiver for signalhub::Receiver {
    #[inline]
    fn try_recv(&mut self, read: impl FnOnce(&[u8])) -> Took {
        match signalhub::Receiver::try_recv(self) {
            Ok(message) => {
                read(message.payload());
                Took::Message
            }
            Err(TryRecvError::Empty) => Took::Empty,
            Err(TryRecvError::Lagged(_)) => Took::Lagged,
            Err(TryRecvError::Closed) => Took::Closed,
        }
    }

    #[inline]
    fn recv(&mut self, read: impl FnOnce(&[u8])) -> Took {
        match signalhub::Receiver::recv(self) {
            Ok(message) => {
                read(message.payload());
                Took::Message
            }
            Err(RecvError::Lagged(_)) => Took::Lagged,
            Err(RecvError::Closed) => Took::Closed,
        }
    }
}
