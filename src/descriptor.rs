// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! The descriptor of a receiver, by which an event loop learns that there is something to receive.
//!
//! # Invariants
//!
//! * D1. When a receive has said that nothing is there, the waiter of the descriptor is in the list,
//!   or somebody took it out and has raised the descriptor or is about to.
//! * D2. Or something came meanwhile, and the receiver raised it itself.
//! * D3. It is drained of the last signal before it is armed again. So there is never more than one,
//!   none is lost, and none is left behind for an event loop to spin on.

use std::os::fd::RawFd;

use crate::cursor::Cursor;
use crate::error::LimitError;
use crate::spot::Armed;
use crate::sync::{Arc, EventFd};
use crate::wait::Signal;

/// What an event loop watches.
#[derive(Debug)]
pub(crate) struct Descriptor {
    event: Arc<EventFd>,
    /// The waiter, once there was one.
    armed: Option<Armed>,
}

impl Descriptor {
    /// One that is raised.
    pub(crate) fn new() -> Result<Self, LimitError> {
        let event = EventFd::new().ok_or(LimitError::Descriptors)?;
        event.raise();
        Ok(Self {
            event: Arc::new(event),
            armed: None,
        })
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.event.fd()
    }

    /// A look at `cursor` has found nothing: it is to be raised when something is there.
    pub(crate) fn watch(&mut self, cursor: &Cursor) {
        let is_in_list = |armed: &Armed| !armed.waiter.is_woken();
        // D3. What is not to be drained yet is about to be.
        if self.armed.as_ref().is_some_and(is_in_list) || !self.event.drain() {
            return;
        }
        self.armed = None;
        let signal = Signal::Descriptor(self.event.clone());
        let armed = cursor.spot(0).arm(signal);
        // D2. What came before raises nothing; but whoever has taken the waiter out does.
        if cursor.is_ready() && armed.disarm() {
            self.event.raise();
        } else {
            self.armed = Some(armed);
        }
    }
}

/// Models of D1 to D3, run with those of tests/loom.rs.
#[cfg(all(test, loom))]
mod models {
    use loom::thread;

    use crate::sync::{Arc, EventFd};
    use crate::{Hub, Options, Receiver, ReceiverOptions, TryRecvError, View};

    fn hub(capacity: u64) -> Hub {
        Hub::new(Options::default().capacity(capacity).slot_bytes(64)).unwrap()
    }

    fn model(body: impl Fn() + Sync + Send + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound.get_or_insert(2);
        builder.check(body);
    }

    fn event(receiver: &mut Receiver) -> Arc<EventFd> {
        receiver.fd().unwrap();
        let descriptor = receiver.cursor.descriptor.as_ref();
        descriptor.unwrap().event.clone()
    }

    /// Turns an event loop until it has a message.
    fn next_topic(receiver: &mut Receiver, event: &EventFd) -> Option<String> {
        loop {
            event.poll();
            match receiver.try_recv() {
                Ok(message) => return message.topic().map(str::to_owned),
                Err(error) => assert_eq!(error, TryRecvError::Empty),
            }
        }
    }

    /// Nothing is there, nobody publishes: the event loop comes to rest.
    fn comes_to_rest(receiver: &mut Receiver, event: &EventFd) {
        assert_eq!(receiver.try_recv().unwrap_err(), TryRecvError::Empty);
        assert!(!event.is_readable());
    }

    /// P10, W1. A message that comes while an event loop goes to sleep wakes it.
    #[test]
    fn no_wake_up_is_lost_to_a_descriptor() {
        model(|| {
            let hub = hub(2);
            let mut receiver = hub.subscribe().unwrap();
            let publisher = {
                let hub = hub.clone();
                thread::spawn(move || drop(hub.publish("x").unwrap()))
            };
            let event = event(&mut receiver);
            next_topic(&mut receiver, &event);
            publisher.join().unwrap();
            comes_to_rest(&mut receiver, &event);
        });
    }

    /// A receiver that looks without being told leaves nothing behind that it would be told for.
    #[test]
    fn a_signal_that_comes_late_is_not_left_behind() {
        model(|| {
            let hub = hub(2);
            let mut receiver = hub.subscribe().unwrap();
            let event = event(&mut receiver);
            let publisher = {
                let hub = hub.clone();
                thread::spawn(move || drop(hub.publish("x").unwrap()))
            };
            while receiver.try_recv().is_err() {
                thread::yield_now();
            }
            // While the publisher may be about to raise.
            assert_eq!(receiver.try_recv().unwrap_err(), TryRecvError::Empty);
            publisher.join().unwrap();
            comes_to_rest(&mut receiver, &event);
        });
    }

    /// W4, W5. An event loop that wants one topic gets it, whichever of two messages is complete
    /// first.
    #[test]
    fn no_wake_up_is_lost_to_a_descriptor_with_a_filter() {
        model(|| {
            let hub = hub(4); // at 2, the second message wakes it in any case
            let options = ReceiverOptions::default().pattern("wanted");
            let mut receiver = hub.subscribe_with(&options).unwrap();
            let publishers = ["other", "wanted"].map(|topic| {
                let hub = hub.clone();
                thread::spawn(move || {
                    let message = View::bytes(b"x").with_topic(topic);
                    hub.publish(message).unwrap();
                })
            });
            let event = event(&mut receiver);
            assert_eq!(next_topic(&mut receiver, &event).unwrap(), "wanted");
            for publisher in publishers {
                publisher.join().unwrap();
            }
        });
    }

    /// P7. So does a close; and it stays readable.
    #[test]
    fn closing_wakes_an_event_loop() {
        model(|| {
            let hub = hub(2);
            let mut receiver = hub.subscribe().unwrap();
            let event = event(&mut receiver);
            let closer = thread::spawn(move || hub.close());
            loop {
                event.poll();
                if receiver.try_recv().unwrap_err() == TryRecvError::Closed {
                    break;
                }
            }
            closer.join().unwrap();
            assert!(event.is_readable());
        });
    }
}
