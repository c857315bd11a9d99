// SPDX-License-Identifier: MIT OR Apache-2.0
//! P6: publishers wait for lossless receivers, and nobody else.
#![cfg(not(loom))]

#[path = "support/watchdog.rs"]
mod watchdog;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use signalhub::{
    Hub, Lag, OnLag, Options, PublishError, Receiver, ReceiverOptions, RecvError, Start,
    TryRecvError, wait_any,
};
use watchdog::Watchdog;

fn hub(capacity: u64) -> Hub {
    Hub::new(Options::default().capacity(capacity)).unwrap()
}

fn lossless() -> ReceiverOptions {
    ReceiverOptions::default().lossless(true)
}

fn subscribe(hub: &Hub) -> Receiver {
    hub.subscribe_with(&lossless()).unwrap()
}

fn fill(hub: &Hub) {
    for _ in 0..hub.capacity() {
        hub.publish("filler").unwrap();
    }
    assert_eq!(hub.publish("too much").unwrap_err(), PublishError::Full);
}

/// Starts a publisher that waits for room, runs `release` once it has begun, and gives what came
/// of it.
fn release_publisher(hub: &Hub, release: impl FnOnce()) -> Result<u64, PublishError> {
    let began = AtomicBool::new(false);
    thread::scope(|scope| {
        let publisher = scope.spawn(|| {
            began.store(true, Relaxed);
            hub.publish_timeout("waited", Duration::MAX)
        });
        while !began.load(Relaxed) {
            thread::yield_now();
        }
        release();
        publisher.join().unwrap().map(|published| published.seq)
    })
}

#[test]
fn a_publisher_waits_until_there_is_room() {
    let _watchdog = Watchdog::new("a_publisher_waits_until_there_is_room");
    for _ in 0..200 {
        let hub = hub(2);
        let mut receiver = subscribe(&hub);
        fill(&hub);
        let published = release_publisher(&hub, || {
            receiver.recv().unwrap();
        });
        assert_eq!(published, Ok(2));
    }
}

#[test]
fn dropping_the_receiver_lets_publishers_pass() {
    let _watchdog = Watchdog::new("dropping_the_receiver_lets_publishers_pass");
    for _ in 0..200 {
        let hub = hub(2);
        let receiver = subscribe(&hub);
        fill(&hub);
        assert_eq!(release_publisher(&hub, || drop(receiver)), Ok(2));
    }
}

#[test]
fn closing_refuses_publishers_that_wait() {
    let _watchdog = Watchdog::new("closing_refuses_publishers_that_wait");
    for _ in 0..200 {
        let hub = hub(2);
        let _receiver = subscribe(&hub);
        fill(&hub);
        let closed = release_publisher(&hub, || hub.close());
        assert_eq!(closed, Err(PublishError::Closed));
    }
}

#[test]
fn a_publisher_waits_no_longer_than_it_says() {
    let _watchdog = Watchdog::new("a_publisher_waits_no_longer_than_it_says");
    let hub = hub(1);
    let _receiver = subscribe(&hub);
    fill(&hub);
    let timeout = Duration::from_millis(20);
    let start = Instant::now();
    assert_eq!(
        hub.publish_timeout("late", timeout),
        Err(PublishError::Full)
    );
    assert!(start.elapsed() >= timeout, "early");
    assert_eq!(hub.next_seq(), 1);
}

/// The receiver does not sleep, and publishers wait for it all the same.
#[test]
fn a_receiver_that_stalls_too_long_becomes_lossy_and_is_told() {
    let _watchdog = Watchdog::new("a_receiver_that_stalls_too_long_becomes_lossy_and_is_told");
    let hub = hub(2);
    let max_stall = Duration::from_millis(20);
    let mut stalled = hub
        .subscribe_with(&lossless().max_stall(max_stall))
        .unwrap();
    let start = Instant::now();
    for _ in 0..3 {
        hub.publish_timeout("waited", Duration::MAX).unwrap();
    }
    assert!(start.elapsed() >= max_stall, "early");
    assert!(!stalled.stats().is_lossless);
    // Nobody waits for it any more.
    hub.publish("at once").unwrap();
    match stalled.try_recv() {
        Err(TryRecvError::Lagged(lag)) => assert_eq!((lag.missed, lag.resume_at), (2, 2)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_receiver_that_moves_is_not_taken_for_stalled() {
    let _watchdog = Watchdog::new("a_receiver_that_moves_is_not_taken_for_stalled");
    let hub = hub(2);
    let max_stall = Duration::from_secs(3600);
    let mut slow = hub
        .subscribe_with(&lossless().max_stall(max_stall))
        .unwrap();
    fill(&hub);
    for seq in 0..100 {
        assert_eq!(slow.recv().unwrap().seq(), seq);
        hub.publish("next").unwrap();
        assert_eq!(hub.publish("too much").unwrap_err(), PublishError::Full);
    }
    assert!(slow.stats().is_lossless);
}

#[test]
fn a_filtering_sleeper_holds_nobody_up() {
    let _watchdog = Watchdog::new("a_filtering_sleeper_holds_nobody_up");
    for capacity in [1, 2, 5] {
        let hub = hub(capacity);
        let mut receiver = hub.subscribe_with(&lossless().pattern("wanted")).unwrap();
        let sleeper = thread::spawn(move || receiver.recv().unwrap().seq());
        for _ in 0..1000 {
            let other = signalhub::View::text("other").with_topic("other");
            hub.publish_timeout(other, Duration::MAX).unwrap();
        }
        let wanted = signalhub::View::text("wanted").with_topic("wanted");
        hub.publish_timeout(wanted, Duration::MAX).unwrap();
        assert_eq!(sleeper.join().unwrap(), 1000);
    }
}

/// Each lossless receiver gets all there is from where it starts, whatever comes and goes beside it.
#[test]
fn nothing_is_lost_while_receivers_come_and_go() {
    let _watchdog = Watchdog::new("nothing_is_lost_while_receivers_come_and_go");
    const PUBLISHERS: u64 = 2;
    let each: u64 = if cfg!(debug_assertions) {
        2_000
    } else {
        20_000
    };
    for capacity in [1, 3, 64] {
        let hub = hub(capacity);
        let read = |mut receiver: Receiver| {
            let mut next = receiver.next_seq();
            loop {
                match receiver.recv() {
                    Ok(message) => assert_eq!(message.seq(), next),
                    Err(RecvError::Closed) => return next,
                    Err(RecvError::Lagged(lag)) => panic!("a lossless receiver lost {lag:?}"),
                }
                next += 1;
            }
        };
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let steady: Vec<_> = (0..2)
                .map(|_| {
                    let receiver = subscribe(&hub);
                    scope.spawn(move || read(receiver))
                })
                .collect();
            // One after the other replays what is retained, reads a little, and goes.
            let guest = scope.spawn(|| {
                while !done.load(Relaxed) {
                    let options = lossless().start(Start::Oldest);
                    let mut guest = hub.subscribe_with(&options).unwrap();
                    for _ in 0..capacity {
                        let next = guest.next_seq();
                        match guest.try_recv() {
                            Ok(message) => assert_eq!(message.seq(), next),
                            Err(TryRecvError::Empty) => {}
                            other => panic!("{other:?}"),
                        }
                    }
                }
            });
            let publishers: Vec<_> = (0..PUBLISHERS)
                .map(|_| {
                    scope.spawn(|| {
                        for _ in 0..each {
                            hub.publish_timeout("message", Duration::MAX).unwrap();
                        }
                    })
                })
                .collect();
            for publisher in publishers {
                publisher.join().unwrap();
            }
            done.store(true, Relaxed);
            guest.join().unwrap();
            hub.close();
            for reader in steady {
                assert_eq!(reader.join().unwrap(), PUBLISHERS * each);
            }
        });
    }
}

/// It starts behind what is retained, which the next receive tells; until then nothing may move.
#[test]
fn looking_for_something_to_receive_makes_no_room() {
    let _watchdog = Watchdog::new("looking_for_something_to_receive_makes_no_room");
    let hub = hub(4);
    for _ in 0..10 {
        hub.publish("x").unwrap();
    }
    let options = lossless().start(Start::Seq(0)).on_lag(OnLag::Newest);
    let mut receiver = hub.subscribe_with(&options).unwrap();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Relaxed) {
                assert_eq!(hub.publish("x").unwrap_err(), PublishError::Full);
            }
        });
        for _ in 0..if cfg!(miri) { 100 } else { 1_000_000 } {
            assert_eq!(wait_any([&mut receiver], None), Ok(0));
        }
        is_over.store(true, Relaxed);
    });
    assert_eq!(
        receiver.try_recv().unwrap_err(),
        TryRecvError::Lagged(Lag {
            missed: 9,
            first_lost: 0,
            resume_at: 9
        })
    );
}
