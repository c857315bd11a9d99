// SPDX-License-Identifier: MIT OR Apache-2.0
//! P4: a receiver starts where it was asked to, with no gap and no duplicate into what comes.
#![cfg(not(loom))]

#[path = "support/watchdog.rs"]
mod watchdog;

use std::thread;

use signalhub::{
    Hub, Lag, OnLag, Options, Receiver, ReceiverOptions, Start, SubscribeError, TryRecvError,
};
use watchdog::Watchdog;

fn hub(capacity: u64, published: u64) -> Hub {
    let hub = Hub::new(Options::default().capacity(capacity)).unwrap();
    publish(&hub, published);
    hub
}

fn publish(hub: &Hub, count: u64) {
    for _ in 0..count {
        hub.publish(&hub.next_seq().to_le_bytes()).unwrap();
    }
}

fn start(hub: &Hub, start: Start) -> Result<Receiver, SubscribeError> {
    hub.subscribe_with(&ReceiverOptions::default().start(start))
}

#[test]
fn a_start_is_the_next_the_oldest_the_last_few_or_a_number() {
    for (published, asked, seq) in [
        (0, Start::Next, 0),
        (0, Start::Oldest, 0),
        (0, Start::Last(5), 0),
        (0, Start::Seq(0), 0),
        (3, Start::Next, 3),
        (3, Start::Oldest, 0),
        (3, Start::Last(2), 1),
        (3, Start::Last(u64::MAX), 0),
        (25, Start::Next, 25),
        (25, Start::Oldest, 15),
        (25, Start::Last(0), 25),
        (25, Start::Last(3), 22),
        (25, Start::Last(11), 15),
        (25, Start::Seq(20), 20),
        (25, Start::Seq(25), 25),
    ] {
        let hub = hub(10, published);
        let mut receiver = start(&hub, asked).unwrap();
        assert_eq!(receiver.next_seq(), seq, "{asked:?} of {published}");
        publish(&hub, 1);
        if seq > published.saturating_sub(10) || published < 10 {
            for expected in seq..=published {
                assert_eq!(receiver.try_recv().unwrap().seq(), expected);
            }
            assert_eq!(receiver.try_recv().unwrap_err(), TryRecvError::Empty);
        }
    }
}

#[test]
fn what_is_retained_no_more_is_an_exact_lag() {
    let hub = hub(10, 25);
    let mut receiver = start(&hub, Start::Seq(3)).unwrap();
    let lag = Lag {
        missed: 12,
        first_lost: 3,
        resume_at: 15,
    };
    assert_eq!(receiver.try_recv().unwrap_err(), TryRecvError::Lagged(lag));
    assert_eq!(receiver.try_recv().unwrap().seq(), 15);
    let stats = receiver.stats();
    assert_eq!((stats.start_seq, stats.missed, stats.received), (3, 12, 1));
}

#[test]
fn what_is_not_there_yet_is_an_error() {
    let hub = hub(10, 25);
    for seq in [26, u64::MAX] {
        let error = start(&hub, Start::Seq(seq)).unwrap_err();
        assert_eq!(error, SubscribeError::Start);
    }
}

/// Receivers that join while others publish: what each gets is a run without a gap, from its start.
#[test]
fn a_replay_that_races_publishers_has_no_gap_and_no_duplicate() {
    let _watchdog = Watchdog::new("a_replay_that_races_publishers_has_no_gap_and_no_duplicate");
    let hub = hub(64, 100);
    let publisher = {
        let hub = hub.clone();
        thread::spawn(move || publish(&hub, 200_000))
    };
    let mut joined = 0_u64;
    while !publisher.is_finished() {
        let asked = [Start::Oldest, Start::Last(joined % 64)][joined as usize % 2];
        let mut receiver = start(&hub, asked).unwrap();
        let mut expected = receiver.next_seq();
        for _ in 0..100 {
            match receiver.try_recv() {
                Ok(message) => {
                    assert_eq!(message.payload(), expected.to_le_bytes());
                    expected += 1;
                }
                Err(TryRecvError::Lagged(lag)) => {
                    assert_eq!(lag.first_lost, expected);
                    expected = lag.resume_at;
                }
                Err(_) => {}
            }
        }
        joined += 1;
    }
    publisher.join().unwrap();
    assert!(joined > 0);
}

#[test]
fn a_snapshot_is_what_is_retained() {
    let hub = hub(10, 0);
    assert!(hub.snapshot().is_empty());
    publish(&hub, 25);
    let seqs = |hub: &Hub| -> Vec<u64> {
        let messages = hub.snapshot();
        messages.iter().map(|message| message.seq()).collect()
    };
    assert_eq!(seqs(&hub), Vec::from_iter(15..25));
    hub.close();
    assert_eq!(seqs(&hub), Vec::from_iter(15..25));
    assert_eq!(
        start(&hub, Start::Oldest).unwrap_err(),
        SubscribeError::Closed
    );
}

#[test]
fn a_snapshot_under_load_has_no_gap() {
    let _watchdog = Watchdog::new("a_snapshot_under_load_has_no_gap");
    let hub = hub(64, 0);
    let publisher = {
        let hub = hub.clone();
        thread::spawn(move || publish(&hub, 100_000))
    };
    while !publisher.is_finished() {
        let before = hub.next_seq();
        let messages = hub.snapshot();
        for pair in messages.windows(2) {
            assert_eq!(pair[1].seq(), pair[0].seq() + 1);
        }
        assert!(before == 0 || !messages.is_empty());
        if let Some(last) = messages.last() {
            assert!(last.seq() + 1 >= before);
        }
    }
    publisher.join().unwrap();
}

#[test]
fn a_lag_is_reported_skipped_or_jumped_over() {
    for (on_lag, missed) in [(OnLag::Report, 15), (OnLag::Skip, 15), (OnLag::Newest, 24)] {
        let hub = hub(10, 0);
        let options = ReceiverOptions::default().on_lag(on_lag);
        let mut receiver = hub.subscribe_with(&options).unwrap();
        publish(&hub, 25);
        if on_lag != OnLag::Skip {
            let lag = Lag {
                missed,
                first_lost: 0,
                resume_at: missed,
            };
            assert_eq!(
                receiver.recv().unwrap_err(),
                signalhub::RecvError::Lagged(lag)
            );
        }
        assert_eq!(receiver.recv().unwrap().seq(), missed);
        assert_eq!(receiver.stats().missed, missed);
    }
}
