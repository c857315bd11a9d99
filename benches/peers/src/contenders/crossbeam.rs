// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! crossbeam-channel, one bounded channel for each receiver: publishing is sending to each.

use std::marker::PhantomData;

use crossbeam_channel::{Receiver as Channel, Sender, TryRecvError};

use super::carried::Carried;
use crate::contender::{Contender, Plan, Publisher, Receiver, Took};

/// `WAITS` says what publishing does when a channel is full: wait for room, or drop the message.
pub(crate) struct Crossbeam<P, const WAITS: bool>(PhantomData<P>);

impl<P> Crossbeam<P, false> {
    pub(crate) const fn lossy() -> Self {
        Self(PhantomData)
    }
}

impl<P> Crossbeam<P, true> {
    pub(crate) const fn lossless() -> Self {
        Self(PhantomData)
    }
}

impl<P, const WAITS: bool> Clone for Crossbeam<P, WAITS> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, const WAITS: bool> Copy for Crossbeam<P, WAITS> {}

/// The sending ends of every receiver's channel.
#[derive(Clone)]
pub(crate) struct Senders<P, const WAITS: bool>(Vec<Sender<P>>);

impl<P: Carried, const WAITS: bool> Contender for Crossbeam<P, WAITS> {
    type Publisher = Senders<P, WAITS>;
    type Receiver = Channel<P>;

    fn open(self, plan: Plan) -> (Self::Publisher, Vec<Self::Receiver>) {
        let (senders, receivers) = (0..plan.receivers)
            .map(|_| crossbeam_channel::bounded(plan.capacity))
            .unzip();
        (Senders(senders), receivers)
    }
}

impl<P: Carried, const WAITS: bool> Publisher for Senders<P, WAITS> {
    const REFUSES_WHEN_FULL: bool = !WAITS;

    #[inline]
    fn publish(&mut self, payload: &[u8]) {
        let message = P::from_bytes(payload);
        let (last, others) = self.0.split_last().expect("every figure has a receiver");
        for sender in others {
            send::<P, WAITS>(sender, message.clone());
        }
        send::<P, WAITS>(last, message);
    }
}

/// An error says that the channel is full, which lossy accepts, or that its receiver is gone, which
/// is the end of a sample.
#[inline]
fn send<P, const WAITS: bool>(sender: &Sender<P>, message: P) {
    if WAITS {
        let _ = sender.send(message);
    } else {
        let _ = sender.try_send(message);
    }
}

impl<P: Carried> Receiver for Channel<P> {
    #[inline]
    fn try_recv(&mut self, read: impl FnOnce(&[u8])) -> Took {
        match Channel::try_recv(self) {
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
        match Channel::recv(self) {
            Ok(message) => {
                read(message.bytes());
                Took::Message
            }
            Err(_) => Took::Closed,
        }
    }
}
