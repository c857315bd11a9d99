// SPDX-License-Identifier: MIT OR Apache-2.0
//! Receiving several messages at a time is receiving them one by one.
#![cfg(not(loom))]

#[path = "support/watchdog.rs"]
mod watchdog;

use std::time::Duration;

use proptest::prelude::*;
use signalhub::{
    Hub, Lag, Message, OnLag, Options, Packed, Receiver, ReceiverOptions, RecvPackedError,
    RecvTimeoutError, Start, TryRecvError, View,
};
use watchdog::Watchdog;

#[derive(Clone, Debug)]
enum Step {
    Publish(Vec<usize>),
    Many(usize),
    Packed(usize, usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let len = prop_oneof![8 => 0_usize..40, 1 => 0_usize..2000];
    let step = prop_oneof![
        2 => prop::collection::vec(len, 0..12).prop_map(Step::Publish),
        1 => (0_usize..12).prop_map(Step::Many),
        1 => (0_usize..12, 0_usize..200).prop_map(|(count, bytes)| Step::Packed(count, bytes)),
    ];
    prop::collection::vec(step, 0..60)
}

/// A receiver that takes several at a time, and what makes others beside it that take one.
struct Pair<'a> {
    hub: &'a Hub,
    options: ReceiverOptions,
    several: Receiver,
}

impl Pair<'_> {
    /// A receiver at message `seq`.
    fn at(&self, seq: u64) -> Receiver {
        let options = self.options.clone().start(Start::Seq(seq));
        self.hub.subscribe_with(&options).unwrap()
    }

    /// What a receiver at message `seq` gets.
    fn next(&self, seq: u64) -> Result<Message, TryRecvError> {
        self.at(seq).try_recv().cloned()
    }

    fn many(&mut self, count: usize) {
        let mut one = self.at(self.several.next_seq());
        let mut messages = vec![Message::default(); count];
        let got = match self.several.recv_many(&mut messages, Some(Duration::ZERO)) {
            Ok(got) => got,
            Err(RecvTimeoutError::Lagged(lag)) => {
                return fails(&mut one, TryRecvError::Lagged(lag));
            }
            Err(RecvTimeoutError::Timeout) => return fails(&mut one, TryRecvError::Empty),
            Err(RecvTimeoutError::Closed) => panic!("not closed"),
        };
        assert!(count == 0 || !got.is_empty());
        for message in &*got {
            let want = one.try_recv().unwrap();
            assert_eq!((message.view(), message.seq()), (want.view(), want.seq()));
        }
        let got = got.len();
        let next = self.same_next(&one);
        assert!(got == count || next.is_err(), "{got} of {count}");
    }

    fn packed(&mut self, count: usize, bytes: usize) {
        let mut one = self.at(self.several.next_seq());
        let mut packed = Packed::new(count, bytes);
        match self.several.recv_packed(&mut packed, Some(Duration::ZERO)) {
            Ok(got) => assert_eq!(got, packed.len()),
            Err(RecvPackedError::Lagged(lag)) => return fails(&mut one, TryRecvError::Lagged(lag)),
            Err(RecvPackedError::Timeout) => return fails(&mut one, TryRecvError::Empty),
            Err(RecvPackedError::Closed) => panic!("not closed"),
            Err(RecvPackedError::TooSmall(needed)) => {
                assert!(packed.is_empty() && needed > bytes);
                assert_eq!(self.same_next(&one).unwrap().payload().len(), needed);
                return;
            }
        }
        assert!(count == 0 || !packed.is_empty());
        for payload in packed.iter() {
            assert_eq!(payload, one.try_recv().unwrap().payload());
        }
        let next = self.same_next(&one);
        let room = bytes - packed.bytes().len();
        let fits = |message: Message| message.payload().len() <= room;
        assert!(packed.len() == count || !next.is_ok_and(fits));
    }

    /// What comes next, which is the same for both receivers. One of them may have passed over more
    /// that is not wanted.
    fn same_next(&self, one: &Receiver) -> Result<Message, TryRecvError> {
        let (next, after) = (
            self.next(one.next_seq()),
            self.next(self.several.next_seq()),
        );
        let seq = |next: &Result<Message, _>| next.as_ref().map(Message::seq).map_err(|&e| e);
        assert_eq!(seq(&next), seq(&after));
        next
    }
}

fn fails(receiver: &mut Receiver, want: TryRecvError) {
    assert_eq!(receiver.try_recv().err(), Some(want));
}

proptest! {
    #[test]
    fn several_messages_are_those_that_come_one_by_one(
        capacity in 1_u64..12,
        pattern in prop::sample::select(vec![">", "a.*"]),
        on_lag in prop::sample::select(vec![OnLag::Report, OnLag::Skip, OnLag::Newest]),
        steps in steps(),
    ) {
        let hub = Hub::new(Options::default().capacity(capacity)).unwrap();
        let options = ReceiverOptions::default().pattern(pattern).on_lag(on_lag);
        let several = hub.subscribe_with(&options).unwrap();
        let mut pair = Pair { hub: &hub, options, several };
        for step in steps {
            match step {
                Step::Publish(lens) => for len in lens {
                    let topic = ["a.b", "b.a"][len % 2];
                    let payload = vec![len as u8; len];
                    hub.publish(View::bytes(&payload).with_topic(topic)).unwrap();
                },
                Step::Many(count) => pair.many(count),
                Step::Packed(count, bytes) => pair.packed(count, bytes),
            }
        }
    }
}

/// Follows numbers that a receiver gets, and lags between them.
#[derive(Default)]
struct Follower {
    next: u64,
    missed: u64,
}

impl Follower {
    fn take(&mut self, payload: &[u8]) {
        assert_eq!(payload, self.next.to_ne_bytes());
        self.next += 1;
    }

    fn lag(&mut self, lag: Lag) {
        assert_eq!(
            (lag.first_lost, lag.resume_at),
            (self.next, self.next + lag.missed)
        );
        self.next += lag.missed;
        self.missed += lag.missed;
    }

    fn end(self, receiver: &Receiver) {
        let stats = receiver.stats();
        assert_eq!((self.next, self.missed), (PUBLISHED, stats.missed));
        assert_eq!(stats.received, PUBLISHED - self.missed);
    }
}

const PUBLISHED: u64 = 200_000;

/// A lag that comes between two messages of one call is told by the next, and has all that was
/// missed.
#[test]
fn a_lag_behind_the_first_message_is_told_exactly() {
    let _watchdog = Watchdog::new("a_lag_behind_the_first_message_is_told_exactly");
    let hub = Hub::new(Options::default().capacity(16)).unwrap();
    let (mut many, mut packed) = (hub.subscribe().unwrap(), hub.subscribe().unwrap());
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut messages = vec![Message::default(); 100];
            let mut follower = Follower::default();
            loop {
                match many.recv_many(&mut messages, None) {
                    Ok(got) => got
                        .iter()
                        .for_each(|message| follower.take(message.payload())),
                    Err(RecvTimeoutError::Lagged(lag)) => follower.lag(lag),
                    Err(_) => break,
                }
            }
            follower.end(&many);
        });
        scope.spawn(move || {
            let mut batch = Packed::new(100, 60 * 8);
            let mut follower = Follower::default();
            loop {
                match packed.recv_packed(&mut batch, None) {
                    Ok(_) => batch.iter().for_each(|payload| follower.take(payload)),
                    Err(RecvPackedError::Lagged(lag)) => follower.lag(lag),
                    Err(_) => break,
                }
            }
            follower.end(&packed);
        });
        for i in 0..PUBLISHED {
            hub.publish(&i.to_ne_bytes()).unwrap();
        }
        hub.close();
    });
}

#[test]
fn several_receives_wait_for_the_first_message_and_for_the_end() {
    let _watchdog = Watchdog::new("several_receives_wait_for_the_first_message_and_for_the_end");
    let hub = Hub::new(Options::default().capacity(1000)).unwrap();
    let (mut many, mut packed) = (hub.subscribe().unwrap(), hub.subscribe().unwrap());
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut messages = vec![Message::default(); 10];
            let mut count = 0;
            while let Ok(received) = many.recv_many(&mut messages, None) {
                count += received.len();
            }
            assert_eq!(count, 1000);
        });
        scope.spawn(move || {
            let mut batch = Packed::new(10, 100);
            let mut count = 0;
            while packed.recv_packed(&mut batch, None).is_ok() {
                count += batch.len();
            }
            assert_eq!(count, 1000);
        });
        for i in 0..1000 {
            if i % 50 == 0 {
                std::thread::sleep(Duration::from_micros(200)); // so that they sleep now and then
            }
            hub.publish(&format!("{i}")).unwrap();
        }
        hub.close();
    });
}

#[test]
fn a_batch_that_grows_keeps_what_it_has() {
    let hub = Hub::new(Options::default()).unwrap();
    let mut receiver = hub.subscribe().unwrap();
    let mut batch = Packed::new(4, 3);
    assert!(batch.is_empty() && batch.bytes().is_empty() && batch.offsets() == [0]);
    hub.publish("one").unwrap();
    hub.publish("three").unwrap();
    assert_eq!(
        receiver.recv_packed(&mut batch, Some(Duration::ZERO)),
        Ok(1)
    );
    batch.reserve(5);
    batch.reserve(0);
    assert_eq!(batch.iter().collect::<Vec<_>>(), [b"one"]);
    assert_eq!(
        receiver.recv_packed(&mut batch, Some(Duration::ZERO)),
        Ok(1)
    );
    assert_eq!(
        (batch.bytes(), batch.offsets()),
        (&b"three"[..], &[0, 5][..])
    );
    let room = &mut Packed::new(0, 0);
    assert_eq!(receiver.recv_packed(room, Some(Duration::ZERO)), Ok(0));
}
