// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! tokio's bounded mpsc channel, one for each receiver: publishing is sending to each, and waits.

use std::marker::PhantomData;

use tokio::sync::mpsc::{self, Sender, error::TryRecvError};

use super::carried::Carried;
use crate::contender::{Contender, Plan, Publisher, Receiver, Took};

pub(crate) struct TokioMpsc<P>(PhantomData<P>);

impl<P> TokioMpsc<P> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<P> Clone for TokioMpsc<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for TokioMpsc<P> {}

/// The sending ends of every receiver's channel.
pub(crate) struct Senders<P>(Vec<Sender<P>>);

impl<P: Carried> Contender for TokioMpsc<P> {
    type Publisher = Senders<P>;
    type Receiver = mpsc::Receiver<P>;

    fn open(self, plan: Plan) -> (Self::Publisher, Vec<Self::Receiver>) {
        let (senders, receivers) = (0..plan.receivers)
            .map(|_| mpsc::channel(plan.capacity))
            .unzip();
        (Senders(senders), receivers)
    }
}

impl<P: Carried> Publisher for Senders<P> {
    #[inline]
    fn publish(&mut self, payload: &[u8]) {
        let message = P::from_bytes(payload);
        for sender in &self.0 {
            // An error says that the receiver is gone, which is the end of a sample.
            let _ = sender.blocking_send(message.clone());
        }
    }
}

impl<P: Carried> Receiver for mpsc::Receiver<P> {
    #[inline]
    fn try_recv(&mut self, read: impl FnOnce(&[u8])) -> Took {
        match mpsc::Receiver::try_recv(self) {
            Ok(message) => {
                read(message.bytes());
                Took::Message
            }
            Err(TryRecvError::Empty) => Took::Empty,
            Err(TryRecvError::Disconnected) => Took::Closed,
        }
    }

    #[inline]
    fn recv(&mut self, read: impl FnOnce(&[u8])) -> Took {
        match self.blocking_recv() {
            Some(message) => {
                read(message.bytes());
                Took::Message
            }
            None => Took::Closed,
        }
    }
}
