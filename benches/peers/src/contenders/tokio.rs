// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! tokio's broadcast channel: a ring behind locks, lossy, shared by all receivers.

use std::marker::PhantomData;

use tokio::sync::broadcast::{
    self,
    error::{RecvError, TryRecvError},
};

use super::carried::Carried;
use crate::contender::{Contender, Plan, Publisher, Receiver, Took};

pub(crate) struct Tokio<P>(PhantomData<P>);

impl<P> Tokio<P> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<P> Clone for Tokio<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for Tokio<P> {}

impl<P: Carried> Contender for Tokio<P> {
    type Publisher = broadcast::Sender<P>;
    type Receiver = broadcast::Receiver<P>;

    fn open(self, plan: Plan) -> (Self::Publisher, Vec<Self::Receiver>) {
        let sender = broadcast::Sender::new(plan.capacity);
        let receivers = (0..plan.receivers).map(|_| sender.subscribe()).collect();
        (sender, receivers)
    }
}

impl<P: Carried> Publisher for broadcast::Sender<P> {
    #[inline]
    fn publish(&mut self, payload: &[u8]) {
        // An error says that all receivers are gone, which is the end of a sample.
        let _ = self.send(P::from_bytes(payload));
    }
}

impl<P: Carried> Receiver for broadcast::Receiver<P> {
    #[inline]
    fn try_recv(&mut self, read: impl FnOnce(&[u8])) -> Took {
        match broadcast::Receiver::try_recv(self) {
            Ok(message) => {
                read(message.bytes());
                Took::Message
            }
            Err(TryRecvError::Empty) => Took::Empty,
            Err(TryRecvError::Lagged(_)) => Took::Lagged,
            Err(TryRecvError::Closed) => Took::Closed,
        }
    }

    #[inline]
    fn recv(&mut self, read: impl FnOnce(&[u8])) -> Took {
        match self.blocking_recv() {
            Ok(message) => {
                read(message.bytes());
                Took::Message
            }
            Err(RecvError::Lagged(_)) => Took::Lagged,
            Err(RecvError::Closed) => Took::Closed,
        }
    }
}
