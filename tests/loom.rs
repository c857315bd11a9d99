// SPDX-License-Identifier: MIT OR Apache-2.0
//! The protocols of the ring, model-checked: every interleaving of two or three threads, and every
//! value that the memory model lets a load return. `scripts/mutate-orderings` shows that each model
//! fails when an ordering that it is about is weakened. One file, because the models share what
//! checks a receiver, and one run tries them all.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release --test loom`
#![cfg(loom)]

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;
use signalhub::{
    Hub, Kind, Options, PublishError, Receiver, ReceiverOptions, RecvError, Start, TryRecvError,
    View,
};
use std::time::Duration;

/// Runs `body` under every schedule with at most two preemptions (or LOOM_MAX_PREEMPTIONS).
fn model(body: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(2);
    builder.check(body);
}

fn hub(capacity: u64) -> Hub {
    Hub::new(Options::default().capacity(capacity).slot_bytes(64)).unwrap()
}

/// Two words that must stay together.
fn payload(value: u64) -> [u8; 16] {
    let word = value.to_ne_bytes();
    [word, word].concat().try_into().unwrap()
}

/// Too large for a slot of 64 bytes.
fn large(value: u8) -> [u8; 48] {
    [value; 48]
}

/// What a receiver has seen so far, checked as it goes.
#[derive(Default)]
struct Seen {
    start: u64,
    received: u64,
    missed: u64,
    values: Vec<u64>,
}

impl Seen {
    /// One look. False when the hub is closed and read to its end.
    fn look(&mut self, receiver: &mut Receiver) -> bool {
        let next = receiver.next_seq();
        match receiver.try_recv() {
            Ok(message) => {
                let words = message.payload().as_chunks::<8>().0;
                assert!(
                    words.iter().all(|word| word == &words[0]),
                    "torn: {words:?}"
                );
                assert_eq!(message.seq(), next, "out of order");
                self.values.push(u64::from_ne_bytes(words[0]));
                self.received += 1;
            }
            Err(TryRecvError::Lagged(lag)) => {
                assert!(lag.missed > 0);
                assert_eq!(lag.first_lost, next);
                assert_eq!(lag.resume_at, next + lag.missed);
                self.missed += lag.missed;
            }
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Closed) => return false,
        }
        assert_eq!(
            receiver.next_seq(),
            self.start + self.received + self.missed
        );
        true
    }

    /// Reads to the end of a closed hub.
    fn drain(&mut self, receiver: &mut Receiver) {
        while self.look(receiver) {}
    }
}

fn two_publishers_and_a_receiver(capacity: u64) {
    model(move || {
        let hub = hub(capacity);
        let mut receiver = hub.subscribe().unwrap();
        let publishers = [1, 2].map(|value| {
            let hub = hub.clone();
            thread::spawn(move || hub.publish(&payload(value)).unwrap().seq)
        });
        let mut seen = Seen::default();
        seen.look(&mut receiver);
        seen.look(&mut receiver);
        let seqs = publishers.map(|publisher| publisher.join().unwrap());
        assert_eq!(seqs[0] + seqs[1], 1, "each has a number of its own");
        hub.close();
        seen.drain(&mut receiver);
        assert_eq!(seen.received + seen.missed, 2);
        assert!(seen.received >= capacity.min(2));
    });
}

/// P1, P3. Two publishers a lap apart on one slot take turns.
#[test]
fn two_publishers_and_a_receiver_at_capacity_1() {
    two_publishers_and_a_receiver(1);
}

/// P1, P3.
#[test]
fn two_publishers_and_a_receiver_at_capacity_2() {
    two_publishers_and_a_receiver(2);
}

/// P3. A reader that is overtaken gets a whole message, or learns what it missed.
#[test]
fn overwriting_during_a_read_is_noticed() {
    for capacity in [1, 2] {
        model(move || {
            let hub = hub(capacity);
            let mut receiver = hub.subscribe().unwrap();
            let publisher = thread::spawn(move || {
                for value in 1..=capacity + 1 {
                    hub.publish(&payload(value)).unwrap();
                }
            });
            let mut seen = Seen::default();
            seen.look(&mut receiver);
            seen.look(&mut receiver);
            publisher.join().unwrap();
            seen.drain(&mut receiver);
            assert_eq!(seen.received + seen.missed, capacity + 1);
            assert_eq!(seen.values.last(), Some(&(capacity + 1)));
        });
    }
}

/// A receiver that sleeps for one topic gets it, whichever of two messages is complete first.
#[test]
fn no_wake_up_is_lost_to_a_filter() {
    model(|| {
        let hub = hub(4); // at 2, the second message wakes it in any case
        let options = ReceiverOptions::default().pattern("wanted");
        let mut receiver = hub.subscribe_with(&options).unwrap();
        let publishers = ["other", "wanted"].map(|topic| {
            let hub = hub.clone();
            thread::spawn(move || {
                let message = View::bytes(topic.as_bytes()).with_topic(topic);
                hub.publish(message).unwrap();
            })
        });
        assert_eq!(receiver.recv().unwrap().topic(), Some("wanted"));
        for publisher in publishers {
            publisher.join().unwrap();
        }
    });
}

/// P7. A publish that races the close is delivered, or it is Closed.
#[test]
fn a_publish_is_before_the_end_or_closed() {
    model(|| {
        let hub = hub(2);
        let mut receiver = hub.subscribe().unwrap();
        let publisher = {
            let hub = hub.clone();
            thread::spawn(move || match hub.publish(&payload(1)) {
                Ok(published) => published.seq + 1,
                Err(error) => {
                    assert_eq!(error, PublishError::Closed);
                    0
                }
            })
        };
        let closer = {
            let hub = hub.clone();
            thread::spawn(move || hub.close())
        };
        let mut seen = Seen::default();
        let open = seen.look(&mut receiver);
        closer.join().unwrap();
        assert_eq!(hub.publish(&payload(2)), Err(PublishError::Closed));
        let published = publisher.join().unwrap();
        if open {
            seen.drain(&mut receiver);
        }
        assert_eq!(seen.received, published);
        assert!(!seen.look(&mut receiver), "closed for ever");
    });
}

/// P10, W1. A message that comes while a receiver goes to sleep wakes it.
#[test]
fn no_wake_up_is_lost() {
    model(|| {
        let hub = hub(2);
        let mut receiver = hub.subscribe().unwrap();
        let publisher = {
            let hub = hub.clone();
            thread::spawn(move || hub.publish(&payload(1)).unwrap())
        };
        assert_eq!(receiver.recv().unwrap().payload(), payload(1));
        publisher.join().unwrap();
    });
}

/// P10. One publish wakes every sleeper.
#[test]
fn every_sleeper_wakes() {
    model(|| {
        let hub = hub(2);
        let receivers = [(); 2].map(|()| {
            let mut receiver = hub.subscribe().unwrap();
            thread::spawn(move || assert_eq!(receiver.recv().unwrap().payload(), payload(1)))
        });
        hub.publish(&payload(1)).unwrap();
        for receiver in receivers {
            receiver.join().unwrap();
        }
    });
}

/// P7, P10. A close that comes while a receiver goes to sleep wakes it, and a publish before the
/// close is still received.
#[test]
fn closing_wakes_a_sleeper() {
    model(|| {
        let hub = hub(2);
        let mut receiver = hub.subscribe().unwrap();
        let closer = thread::spawn(move || {
            hub.publish(&payload(1)).unwrap();
            hub.close();
        });
        assert_eq!(receiver.recv().unwrap().payload(), payload(1));
        assert_eq!(receiver.recv().unwrap_err(), RecvError::Closed);
        closer.join().unwrap();
    });
}

/// P1, O5. What a publisher did before it published is seen by who receives.
#[test]
fn what_happened_before_a_publish_is_seen_after_its_receive() {
    model(|| {
        let hub = hub(2);
        let mut receiver = hub.subscribe().unwrap();
        let plain = Arc::new(UnsafeCell::new(0));
        let publisher = {
            let plain = plain.clone();
            thread::spawn(move || {
                // SAFETY: nobody reads it before the message is there.
                plain.with_mut(|plain| unsafe { *plain = 42 });
                hub.publish(&payload(1)).unwrap();
            })
        };
        if receiver.try_recv().is_ok() {
            // SAFETY: nobody writes it after the message is there.
            assert_eq!(plain.with(|plain| unsafe { *plain }), 42);
        }
        publisher.join().unwrap();
    });
}

/// O6. A receiver gets what is published after it subscribed, without a gap.
#[test]
fn a_receiver_that_races_a_publish_starts_before_or_after_it() {
    model(|| {
        let hub = hub(2);
        let publisher = {
            let hub = hub.clone();
            thread::spawn(move || hub.publish(&payload(1)).unwrap())
        };
        let mut receiver = hub.subscribe().unwrap();
        let start = receiver.next_seq();
        publisher.join().unwrap();
        hub.publish(&payload(2)).unwrap();
        for seq in start..2 {
            assert_eq!(receiver.try_recv().unwrap().payload(), payload(seq + 1));
        }
        assert_eq!(receiver.try_recv().unwrap_err(), TryRecvError::Empty);
    });
}

/// B1-B5. The third large message in a ring of one reuses the block of the first. A receiver that
/// takes the first meanwhile gets it whole, or learns that it was overtaken.
#[test]
fn taking_a_block_races_its_recycling() {
    model(|| {
        let hub = hub(1);
        let mut receiver = hub.subscribe().unwrap();
        let publisher = thread::spawn(move || {
            for value in 1..=3 {
                hub.publish(&large(value)).unwrap();
            }
        });
        let receiver = thread::spawn(move || match receiver.try_recv() {
            Ok(message) => assert_eq!(message.payload(), large(message.seq() as u8 + 1)),
            Err(TryRecvError::Empty | TryRecvError::Lagged(_) | TryRecvError::Closed) => {}
        });
        receiver.join().unwrap();
        publisher.join().unwrap();
    });
}

fn lossless() -> ReceiverOptions {
    ReceiverOptions::default().lossless(true)
}

/// Publishes what there is room for, and says how many.
fn publish_some(hub: &Hub, count: u64) -> u64 {
    (0..count)
        .map(|value| u64::from(hub.publish(&payload(value)).is_ok()))
        .sum()
}

/// P6, G2, G3. A lossless receiver comes while messages are published, and loses none: it starts at
/// the oldest one, of which a publisher may just be about to take the slot.
fn a_lossless_receiver_comes(capacity: u64, publishers: usize, each: u64) {
    model(move || {
        let hub = hub(capacity);
        let mut first = hub.subscribe_with(&lossless()).unwrap();
        for value in 0..capacity {
            hub.publish(&payload(value)).unwrap();
            first.try_recv().unwrap();
        }
        let reader = {
            let hub = hub.clone();
            thread::spawn(move || {
                let options = lossless().start(Start::Oldest);
                let mut second = hub.subscribe_with(&options).unwrap();
                drop(first);
                let mut seen = Seen::default();
                seen.start = second.next_seq();
                seen.look(&mut second);
                seen.look(&mut second);
                (second, seen)
            })
        };
        let others: Vec<_> = (1..publishers)
            .map(|_| {
                let hub = hub.clone();
                thread::spawn(move || publish_some(&hub, each))
            })
            .collect();
        let published = publish_some(&hub, each);
        let (mut second, mut seen) = reader.join().unwrap();
        let others = others.into_iter().map(|other| other.join().unwrap());
        let published = capacity + published + others.sum::<u64>();
        hub.close();
        seen.drain(&mut second);
        assert_eq!(second.next_seq(), published);
        assert_eq!(seen.missed, 0);
    });
}

#[test]
fn a_lossless_receiver_comes_between_two_publishers() {
    a_lossless_receiver_comes(1, 2, 1);
}

#[test]
fn a_lossless_receiver_comes_before_a_claim() {
    a_lossless_receiver_comes(1, 1, 2);
    a_lossless_receiver_comes(2, 1, 2);
}

/// P6, G4. A publisher that waits for room is woken by the receiver that makes it.
#[test]
fn no_publisher_waits_for_room_that_is_there() {
    model(|| {
        let hub = hub(1);
        let mut receiver = hub.subscribe_with(&lossless()).unwrap();
        hub.publish(&payload(1)).unwrap();
        let publisher = thread::spawn(move || {
            hub.publish_timeout(&payload(2), Duration::MAX).unwrap();
        });
        assert_eq!(receiver.try_recv().unwrap().payload(), payload(1));
        publisher.join().unwrap();
        assert_eq!(receiver.try_recv().unwrap().payload(), payload(2));
    });
}

/// P6, P7. A publisher that waits for room is woken by the close, and by the receiver's drop.
#[test]
fn no_publisher_waits_for_a_receiver_that_is_gone() {
    for close in [true, false] {
        model(move || {
            let hub = hub(1);
            let receiver = hub.subscribe_with(&lossless()).unwrap();
            hub.publish(&payload(1)).unwrap();
            let publisher = {
                let hub = hub.clone();
                thread::spawn(move || hub.publish_timeout(&payload(2), Duration::MAX))
            };
            if close {
                hub.close();
                drop(hub);
            } else {
                drop(receiver);
            }
            assert_eq!(publisher.join().unwrap().is_err(), close);
        });
    }
}

/// P3, P6, G5. A receiver that publishers stop waiting for still gets whole messages, or learns
/// what it missed.
#[test]
fn a_stalled_receiver_is_overtaken() {
    model(|| {
        let hub = hub(1);
        let mut receiver = hub
            .subscribe_with(&lossless().max_stall(Duration::ZERO))
            .unwrap();
        let publisher = {
            let hub = hub.clone();
            thread::spawn(move || {
                hub.publish(&payload(1)).unwrap();
                hub.publish(&payload(2)).unwrap();
            })
        };
        let mut seen = Seen::default();
        seen.look(&mut receiver);
        publisher.join().unwrap();
        hub.close();
        seen.drain(&mut receiver);
        assert_eq!(seen.received + seen.missed, 2);
    });
}

/// Memory of a publisher's own. Loom fails if a receiver reads it while or after it is freed.
struct Owned {
    cell: Arc<Watched>,
    byte: [u8; 1],
}

struct Watched(UnsafeCell<u32>);

// SAFETY: loom says who touches the cell when.
unsafe impl Send for Watched {}
// SAFETY: likewise.
unsafe impl Sync for Watched {}

impl AsRef<[u8]> for Owned {
    fn as_ref(&self) -> &[u8] {
        &self.byte
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: loom fails if anybody else looks meanwhile.
        self.cell.0.with_mut(|freed| unsafe { *freed += 1 });
    }
}

/// A receiver that takes a publisher's own memory while the next publish replaces it either has it
/// whole or has lost it, and it is freed once.
#[test]
fn owned_memory_is_freed_once_and_after_its_readers() {
    model(|| {
        let hub = hub(1);
        let mut receiver = hub.subscribe().unwrap();
        let cells = [(); 2].map(|()| Arc::new(Watched(UnsafeCell::new(0))));
        let seen = cells.clone();
        let owned = cells.each_ref().map(|cell| Owned {
            cell: cell.clone(),
            byte: [1],
        });
        let publisher = thread::spawn(move || {
            for owned in owned {
                hub.publish_owned(owned, Kind::Bytes).unwrap();
            }
        });
        let receiver = thread::spawn(move || {
            if let Ok(message) = receiver.try_recv() {
                assert_eq!(message.payload(), [1]);
                let cell = &seen[message.seq() as usize];
                // SAFETY: loom fails if it is freed meanwhile.
                cell.0.with(|freed| assert_eq!(unsafe { *freed }, 0));
            }
        });
        receiver.join().unwrap();
        publisher.join().unwrap();
        for cell in cells {
            // SAFETY: everybody else is done.
            cell.0.with(|freed| assert_eq!(unsafe { *freed }, 1));
        }
    });
}

/// A loan is received as it was when it was published.
#[test]
fn a_loan_is_seen_as_it_was_published() {
    model(|| {
        let hub = hub(1);
        let mut receiver = hub.subscribe().unwrap();
        let publisher = thread::spawn(move || {
            for value in 1..=2 {
                let mut loan = hub.loan(48).unwrap();
                loan.copy_from_slice(&large(value));
                loan.publish(Kind::Bytes).unwrap();
            }
        });
        let receiver = thread::spawn(move || {
            if let Ok(message) = receiver.try_recv() {
                assert_eq!(message.payload(), large(message.seq() as u8 + 1));
            }
        });
        receiver.join().unwrap();
        publisher.join().unwrap();
    });
}
