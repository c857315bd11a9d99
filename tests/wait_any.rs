// SPDX-License-Identifier: MIT OR Apache-2.0
//! Waiting for one of several receivers, and how a thread waits.
#![cfg(not(loom))]

#[path = "support/watchdog.rs"]
mod watchdog;

use std::thread;
use std::time::{Duration, Instant};

use signalhub::{
    Hub, Options, Receiver, ReceiverOptions, RecvTimeoutError, TryRecvError, View, Wait,
    WaitAnyError, wait_any,
};
use watchdog::Watchdog;

const WAITS: [Wait; 4] = [Wait::Adaptive, Wait::Spin, Wait::Yield, Wait::Park];
const A_WHILE: Duration = Duration::from_millis(5);

fn hub(capacity: u64) -> Hub {
    Hub::new(Options::default().capacity(capacity)).unwrap()
}

fn receivers(hubs: &[Hub]) -> Vec<Receiver> {
    hubs.iter().map(|hub| hub.subscribe().unwrap()).collect()
}

#[test]
fn it_names_who_has_a_message_and_takes_nothing() {
    let hubs = [hub(4), hub(4), hub(4)];
    let mut receivers = receivers(&hubs);
    let now = Some(Duration::ZERO);
    assert_eq!(wait_any(&mut receivers, now), Err(WaitAnyError::Timeout));
    for (i, hub) in hubs.iter().enumerate() {
        hub.publish("x").unwrap();
        for _ in 0..4 {
            assert_eq!(wait_any(&mut receivers, None), Ok(i));
        }
        assert_eq!(receivers[i].stats().received, 0);
        receivers[i].try_recv().unwrap();
    }
    assert_eq!(wait_any(&mut receivers, now), Err(WaitAnyError::Timeout));
}

#[test]
fn no_receivers_are_an_error() {
    assert_eq!(wait_any([], None), Err(WaitAnyError::NoReceivers));
}

#[test]
fn a_lag_and_the_end_are_something_and_still_to_be_told() {
    let hubs = [hub(2), hub(2)];
    let mut receivers = receivers(&hubs);
    for _ in 0..5 {
        hubs[1].publish("x").unwrap();
    }
    assert_eq!(wait_any(&mut receivers, None), Ok(1));
    match receivers[1].try_recv() {
        Err(TryRecvError::Lagged(lag)) => assert_eq!(lag.missed, 3),
        other => panic!("{other:?}"),
    }
    assert_eq!(receivers[1].stats().missed, 3);
    hubs[0].close();
    receivers.truncate(1);
    assert_eq!(wait_any(&mut receivers, None), Ok(0));
    assert_eq!(receivers[0].try_recv().unwrap_err(), TryRecvError::Closed);
}

/// A busy receiver does not hide the others.
#[test]
fn everybody_has_a_turn() {
    let hubs = [hub(4), hub(4), hub(4)];
    let mut receivers = receivers(&hubs);
    for hub in &hubs {
        hub.publish("x").unwrap();
    }
    let mut named = [0; 3];
    for _ in 0..300 {
        named[wait_any(&mut receivers, None).unwrap()] += 1;
    }
    // Other tests take turns too.
    assert!(named.iter().all(|&times| times > 0), "{named:?}");
}

/// A message, from one of two hubs, wakes a thread that waits for either: a lost wake-up hangs.
#[test]
fn a_message_wakes_whichever_hub_it_is_from() {
    for wait in WAITS {
        let _watchdog = Watchdog::new("a_message_wakes_whichever_hub_it_is_from");
        const TURNS: usize = 500;
        let (questions, answers) = ([hub(1), hub(1)], hub(1));
        let options = ReceiverOptions::default().wait(wait);
        let [mut first, mut second] =
            [0, 1].map(|i| questions[i].subscribe_with(&options).unwrap());
        let mut answered = answers.subscribe().unwrap();
        let answerer = thread::spawn(move || {
            for turn in 0..TURNS {
                let ready = wait_any([&mut first, &mut second], None).unwrap();
                assert_eq!(ready, turn % 2);
                [&mut first, &mut second][ready].try_recv().unwrap();
                answers.publish("x").unwrap();
            }
        });
        for turn in 0..TURNS {
            questions[turn % 2].publish("x").unwrap();
            answered.recv().unwrap();
        }
        answerer.join().unwrap();
    }
}

#[test]
fn closing_and_deadlines_end_every_wait() {
    for wait in WAITS {
        let _watchdog = Watchdog::new("closing_and_deadlines_end_every_wait");
        let hub = hub(4);
        let options = ReceiverOptions::default().wait(wait);
        let mut receiver = hub.subscribe_with(&options).unwrap();
        let began = Instant::now();
        assert_eq!(
            receiver.recv_timeout(A_WHILE).unwrap_err(),
            RecvTimeoutError::Timeout
        );
        assert_eq!(
            wait_any([&mut receiver], Some(A_WHILE)),
            Err(WaitAnyError::Timeout)
        );
        assert!(began.elapsed() >= 2 * A_WHILE);
        let sleeper = thread::spawn(move || {
            assert_eq!(wait_any([&mut receiver], None), Ok(0));
            receiver.recv().map(drop)
        });
        hub.close();
        assert!(sleeper.join().unwrap().is_err());
    }
}

/// One that waits for several is as wakeful as the most wakeful of them, and misses nothing of the
/// others.
#[test]
fn receivers_that_wait_in_different_ways_wait_together() {
    let _watchdog = Watchdog::new("receivers_that_wait_in_different_ways_wait_together");
    for first in WAITS {
        for second in WAITS {
            let hubs = [hub(4), hub(4)];
            let mut both = [(&hubs[0], first), (&hubs[1], second)].map(|(hub, wait)| {
                let options = ReceiverOptions::default().wait(wait);
                hub.subscribe_with(&options).unwrap()
            });
            let sleeper = thread::spawn(move || wait_any(&mut both, None));
            hubs[1].publish("x").unwrap();
            assert_eq!(sleeper.join().unwrap(), Ok(1));
        }
    }
}

/// W4. A message that is not wanted is nothing.
#[test]
fn a_receiver_with_a_pattern_is_named_for_what_it_wants() {
    let _watchdog = Watchdog::new("a_receiver_with_a_pattern_is_named_for_what_it_wants");
    let hub = hub(8);
    // Lossless, because a lag is something too.
    let options = ReceiverOptions::default().pattern("wanted").lossless(true);
    let mut receiver = hub.subscribe_with(&options).unwrap();
    let publisher = thread::spawn(move || {
        for topic in ["other"].repeat(100).iter().chain(&["wanted"]) {
            let message = View::bytes(b"x").with_topic(topic);
            hub.publish_timeout(message, Duration::MAX).unwrap();
        }
    });
    assert_eq!(wait_any([&mut receiver], None), Ok(0));
    publisher.join().unwrap();
    assert_eq!(receiver.try_recv().unwrap().topic(), Some("wanted"));
    assert_eq!(receiver.stats().missed, 0);
}
