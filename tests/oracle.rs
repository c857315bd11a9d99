// SPDX-License-Identifier: MIT OR Apache-2.0
//! P1, P2, P3 against an oracle: any sequence of calls does what a `VecDeque` would.
#![cfg(not(loom))]

use std::collections::VecDeque;

use proptest::prelude::*;
use signalhub::{Hub, Options, PublishError, Receiver, TryRecvError, View};

#[derive(Clone, Debug)]
enum Step {
    Publish(Vec<u8>),
    PublishMany(Vec<Vec<u8>>),
    Subscribe,
    Receive(usize),
    Unsubscribe(usize),
    Close,
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..80),
        1 => prop::collection::vec(any::<u8>(), 0..2000),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => payload().prop_map(Step::Publish),
        1 => prop::collection::vec(payload(), 0..12).prop_map(Step::PublishMany),
        1 => Just(Step::Subscribe),
        12 => any::<usize>().prop_map(Step::Receive),
        1 => any::<usize>().prop_map(Step::Unsubscribe),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let open = prop::collection::vec(step(), 0..150);
    let closed = prop::collection::vec(step(), 0..40);
    (open, closed).prop_map(|(mut steps, closed)| {
        steps.push(Step::Close);
        steps.extend(closed);
        steps
    })
}

/// What a hub should be.
struct Oracle {
    capacity: usize,
    retained: VecDeque<Vec<u8>>,
    published: u64,
    closed: bool,
}

impl Oracle {
    fn publish(&mut self, payload: Vec<u8>) {
        self.retained.push_back(payload);
        self.published += 1;
        if self.retained.len() > self.capacity {
            self.retained.pop_front();
        }
    }

    /// What a receiver at `seq` gets: the payload, or how many it missed, or why not.
    fn receive(&self, seq: u64) -> Result<&Vec<u8>, TryRecvError> {
        let oldest = self.published - self.retained.len() as u64;
        if seq < oldest {
            return Err(TryRecvError::Lagged(signalhub::Lag {
                missed: oldest - seq,
                first_lost: seq,
                resume_at: oldest,
            }));
        }
        match self.retained.get((seq - oldest) as usize) {
            Some(payload) => Ok(payload),
            None if self.closed => Err(TryRecvError::Closed),
            None => Err(TryRecvError::Empty),
        }
    }
}

/// A receiver, its place in the oracle, and what it counted.
struct Reader {
    receiver: Receiver,
    start: u64,
    received: u64,
    missed: u64,
}

impl Reader {
    fn receive(&mut self, oracle: &Oracle) {
        let seq = self.start + self.received + self.missed;
        let expected = oracle.receive(seq);
        match self.receiver.try_recv() {
            Ok(message) => {
                assert_eq!(Ok(message.payload()), expected.map(|payload| &**payload));
                assert_eq!(message.seq(), seq);
                self.received += 1;
            }
            Err(error) => {
                assert_eq!(Err(error), expected);
                if let TryRecvError::Lagged(lag) = error {
                    self.missed += lag.missed;
                }
            }
        }
        assert_eq!(
            self.receiver.next_seq() - self.start,
            self.received + self.missed
        );
    }
}

fn run(capacity: usize, slot_bytes: u64, steps: Vec<Step>) {
    let options = Options::default()
        .capacity(capacity as u64)
        .slot_bytes(slot_bytes);
    let hub = Hub::new(options).unwrap();
    let retained = VecDeque::new();
    let mut oracle = Oracle {
        capacity,
        retained,
        published: 0,
        closed: false,
    };
    let mut readers: Vec<Reader> = Vec::new();
    for step in steps {
        match step {
            Step::Publish(payload) if oracle.closed => {
                assert_eq!(hub.publish(&payload), Err(PublishError::Closed));
            }
            Step::Publish(payload) => {
                let published = hub.publish(&payload).unwrap();
                assert_eq!(
                    (published.seq, published.receivers),
                    (oracle.published, readers.len())
                );
                oracle.publish(payload);
            }
            Step::PublishMany(payloads) => {
                let views: Vec<View<'_>> = payloads.iter().map(Into::into).collect();
                let done = hub.publish_many(&views);
                assert_eq!(done.is_err(), oracle.closed && !payloads.is_empty());
                if !oracle.closed {
                    payloads
                        .into_iter()
                        .for_each(|payload| oracle.publish(payload));
                }
            }
            Step::Subscribe => match hub.subscribe() {
                Ok(receiver) => {
                    let start = oracle.published;
                    readers.push(Reader {
                        receiver,
                        start,
                        received: 0,
                        missed: 0,
                    });
                }
                Err(_) => assert!(oracle.closed),
            },
            Step::Receive(which) if !readers.is_empty() => {
                let which = which % readers.len();
                readers[which].receive(&oracle);
            }
            Step::Unsubscribe(which) if !readers.is_empty() => {
                readers.swap_remove(which % readers.len());
            }
            Step::Receive(_) | Step::Unsubscribe(_) => {}
            Step::Close => {
                hub.close();
                oracle.closed = true;
            }
        }
        assert_eq!(hub.next_seq(), oracle.published);
    }
}

proptest! {
    #[test]
    fn a_hub_does_what_a_queue_would(
        capacity in 1_usize..20,
        slot_bytes in prop::sample::select(vec![64, 128, 320]),
        steps in steps(),
    ) {
        run(capacity, slot_bytes, steps);
    }
}
