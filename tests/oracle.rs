// SPDX-License-Identifier: MIT OR Apache-2.0
//! P1 to P4 and P6 against an oracle: any sequence of calls does what a `VecDeque` would.
#![cfg(not(loom))]

use std::collections::VecDeque;

use proptest::prelude::*;
use signalhub::{
    Hub, Lag, OnLag, Options, PublishError, Receiver, ReceiverOptions, Start, SubscribeError,
    TryRecvError, View,
};

/// Topics, by the first byte of a payload; an empty one has none.
const TOPICS: [&str; 4] = ["a", "a.b", "b.b", "c.b.a"];

#[derive(Clone, Debug)]
enum Step {
    Publish(Vec<u8>),
    PublishMany(Vec<Vec<u8>>),
    Subscribe(&'static str, Start, OnLag, bool),
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

fn subscribe() -> impl Strategy<Value = Step> {
    let start = prop_oneof![
        Just(Start::Next),
        Just(Start::Oldest),
        (0_u64..30).prop_map(Start::Last),
        (0_u64..200).prop_map(Start::Seq),
    ];
    let pattern = prop::sample::select(vec![">", "a", "a.*", "*.b", "*.>", "c.b.a"]);
    let on_lag = prop::sample::select(vec![OnLag::Report, OnLag::Skip, OnLag::Newest]);
    (pattern, start, on_lag, prop::bool::weighted(0.3)).prop_map(
        |(pattern, start, on_lag, lossless)| Step::Subscribe(pattern, start, on_lag, lossless),
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => payload().prop_map(Step::Publish),
        1 => prop::collection::vec(payload(), 0..12).prop_map(Step::PublishMany),
        1 => subscribe(),
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

    fn oldest(&self) -> u64 {
        self.published - self.retained.len() as u64
    }

    fn start(&self, start: Start) -> Result<u64, SubscribeError> {
        match start {
            _ if self.closed => Err(SubscribeError::Closed),
            Start::Next => Ok(self.published),
            Start::Oldest => Ok(self.oldest()),
            Start::Last(count) => Ok(self.oldest().max(self.published.saturating_sub(count))),
            Start::Seq(seq) if seq > self.published => Err(SubscribeError::Start),
            Start::Seq(seq) => Ok(seq),
        }
    }
}

/// Whether a pattern of this test matches, by a table.
fn wants(pattern: &str, payload: &[u8]) -> bool {
    let topic = topic(payload);
    match pattern {
        ">" => true,
        "a.*" => topic == Some("a.b"),
        "*.b" => matches!(topic, Some("a.b" | "b.b")),
        "*.>" => matches!(topic, Some("a.b" | "b.b" | "c.b.a")),
        literal => topic == Some(literal),
    }
}

fn topic(payload: &[u8]) -> Option<&'static str> {
    payload
        .first()
        .map(|&byte| TOPICS[usize::from(byte) % TOPICS.len()])
}

fn view(payload: &[u8]) -> View<'_> {
    let view = View::bytes(payload);
    topic(payload).map_or(view, |topic| view.with_topic(topic))
}

/// A receiver, and what it should be.
struct Reader {
    receiver: Receiver,
    pattern: &'static str,
    on_lag: OnLag,
    is_lossless: bool,
    start: u64,
    seq: u64,
    received: u64,
    filtered: u64,
    missed: u64,
}

impl Reader {
    /// What its next receive should give: the payload, or how many it missed, or why not.
    fn expected<'a>(&mut self, oracle: &'a Oracle) -> Result<&'a Vec<u8>, TryRecvError> {
        loop {
            let oldest = oracle.oldest();
            if self.seq < oldest {
                let first_lost = self.seq;
                self.seq = match self.on_lag {
                    OnLag::Report | OnLag::Skip => oldest,
                    OnLag::Newest => oracle.published - 1,
                };
                let missed = self.seq - first_lost;
                self.missed += missed;
                if self.on_lag != OnLag::Skip {
                    return Err(TryRecvError::Lagged(Lag {
                        missed,
                        first_lost,
                        resume_at: self.seq,
                    }));
                }
            }
            match oracle.retained.get((self.seq - oldest) as usize) {
                None if oracle.closed => return Err(TryRecvError::Closed),
                None => return Err(TryRecvError::Empty),
                Some(payload) if wants(self.pattern, payload) => {
                    self.seq += 1;
                    self.received += 1;
                    return Ok(payload);
                }
                Some(_) => {
                    self.seq += 1;
                    self.filtered += 1;
                }
            }
        }
    }

    fn receive(&mut self, oracle: &Oracle) {
        let expected = self.expected(oracle);
        match self.receiver.try_recv() {
            Ok(message) => {
                assert_eq!(Ok(message.payload()), expected.map(|payload| &**payload));
                assert_eq!(message.seq(), self.seq - 1);
                assert_eq!(message.topic(), topic(message.payload()));
            }
            Err(error) => assert_eq!(Err(error), expected),
        }
        let stats = self.receiver.stats();
        assert_eq!(stats.is_lossless, self.is_lossless);
        assert_eq!(
            (
                stats.start_seq,
                stats.next_seq,
                stats.received,
                stats.filtered,
                stats.missed
            ),
            (
                self.start,
                self.seq,
                self.received,
                self.filtered,
                self.missed
            )
        );
        assert_eq!(stats.behind, oracle.published - self.seq);
        assert_eq!(
            stats.received + stats.filtered + stats.missed,
            stats.next_seq - stats.start_seq
        );
    }
}

/// How many messages the lossless receivers leave room for.
fn room(readers: &[Reader], oracle: &Oracle) -> usize {
    let gates = readers.iter().filter(|reader| reader.is_lossless);
    gates
        .map(|reader| reader.seq)
        .min()
        .map_or(usize::MAX, |lowest| {
            (lowest + oracle.capacity as u64).saturating_sub(oracle.published) as usize
        })
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
                assert_eq!(hub.publish(view(&payload)), Err(PublishError::Closed));
            }
            Step::Publish(payload) if room(&readers, &oracle) == 0 => {
                assert_eq!(hub.publish(view(&payload)), Err(PublishError::Full));
            }
            Step::Publish(payload) => {
                let published = hub.publish(view(&payload)).unwrap();
                assert_eq!(
                    (published.seq, published.receivers),
                    (oracle.published, readers.len())
                );
                oracle.publish(payload);
            }
            Step::PublishMany(payloads) => {
                let views: Vec<View<'_>> = payloads.iter().map(|payload| view(payload)).collect();
                let room = room(&readers, &oracle);
                let expected = if oracle.closed && !payloads.is_empty() {
                    Err((0, PublishError::Closed))
                } else if payloads.len() > room {
                    Err((room, PublishError::Full))
                } else {
                    Ok(())
                };
                let done = hub.publish_many(&views);
                let done = done.map_err(|stopped| (stopped.published, stopped.error));
                assert_eq!(done, expected);
                if !oracle.closed {
                    let published = payloads.into_iter().take(room);
                    published.for_each(|payload| oracle.publish(payload));
                }
            }
            Step::Subscribe(pattern, start, on_lag, is_lossless) => {
                let options = ReceiverOptions::default()
                    .lossless(is_lossless)
                    .pattern(pattern)
                    .start(start)
                    .on_lag(on_lag);
                match (hub.subscribe_with(&options), oracle.start(start)) {
                    (Ok(receiver), Ok(start)) => readers.push(Reader {
                        receiver,
                        pattern,
                        on_lag,
                        is_lossless,
                        start,
                        seq: start,
                        received: 0,
                        filtered: 0,
                        missed: 0,
                    }),
                    (got, expected) => assert_eq!(got.err(), expected.err()),
                }
            }
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
    let snapshot = hub.snapshot();
    let snapshot: Vec<&[u8]> = snapshot.iter().map(|message| message.payload()).collect();
    assert_eq!(snapshot, Vec::from(oracle.retained));
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
