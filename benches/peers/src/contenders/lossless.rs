// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! SignalHub with lossless receivers: publishing waits for the slowest.

use std::time::Duration;

use signalhub::{Hub, Options, ReceiverOptions};

use crate::contender::{Contender, Plan, Publisher};

#[derive(Clone, Copy)]
pub(crate) struct Lossless;

/// A hub, published to by waiting while it is full.
pub(crate) struct Waiting(Hub);

impl Contender for Lossless {
    type Publisher = Waiting;
    type Receiver = signalhub::Receiver;

    fn open(self, plan: Plan) -> (Self::Publisher, Vec<Self::Receiver>) {
        let hub = Hub::new(Options::default().capacity(plan.capacity as u64))
            .expect("a figure asks for a ring that fits in memory");
        let options = ReceiverOptions::default().lossless(true);
        let receivers = (0..plan.receivers)
            .map(|_| hub.subscribe_with(&options).expect("the hub is open"))
            .collect();
        (Waiting(hub), receivers)
    }
}

impl Publisher for Waiting {
    #[inline]
    fn publish(&mut self, payload: &[u8]) {
        self.0
            .publish_timeout(payload, Duration::MAX)
            .expect("the hub is open, the message within its limits");
    }
}
