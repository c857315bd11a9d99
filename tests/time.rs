// SPDX-License-Identifier: MIT OR Apache-2.0
//! P8: timeouts are never early, 0 polls, and any huge value works.
#![cfg(not(loom))]

#[path = "support/watchdog.rs"]
mod watchdog;

use std::thread;
use std::time::{Duration, Instant};

use signalhub::{Hub, Options, RecvTimeoutError};
use watchdog::Watchdog;

#[test]
fn a_timeout_is_never_early() {
    let hub = Hub::new(Options::default()).unwrap();
    let mut receiver = hub.subscribe().unwrap();
    for timeout in [0, 1, 1_000, 1_000_000, 20_000_000].map(Duration::from_nanos) {
        let began = Instant::now();
        assert_eq!(
            receiver.recv_timeout(timeout).unwrap_err(),
            RecvTimeoutError::Timeout
        );
        assert!(began.elapsed() >= timeout);
    }
}

#[test]
fn zero_still_takes_what_is_there() {
    let hub = Hub::new(Options::default()).unwrap();
    let mut receiver = hub.subscribe().unwrap();
    hub.publish("there").unwrap();
    assert_eq!(
        receiver.recv_timeout(Duration::ZERO).unwrap().text(),
        Some("there")
    );
}

#[test]
fn a_huge_timeout_waits_for_the_message() {
    let _watchdog = Watchdog::new("a_huge_timeout_waits_for_the_message");
    for timeout in [
        Duration::MAX,
        Duration::from_secs(u64::MAX / 2),
        Duration::from_secs(1 << 40),
    ] {
        let hub = Hub::new(Options::default()).unwrap();
        let mut receiver = hub.subscribe().unwrap();
        let waiter = thread::spawn(move || receiver.recv_timeout(timeout).map(|m| m.seq()));
        hub.publish("x").unwrap();
        assert_eq!(waiter.join().unwrap(), Ok(0));
    }
}

#[test]
fn timeouts_that_race_messages_lose_none() {
    let _watchdog = Watchdog::new("timeouts_that_race_messages_lose_none");
    const MESSAGES: u64 = 2_000;
    let hub = Hub::new(Options::default().capacity(MESSAGES)).unwrap();
    let mut receiver = hub.subscribe().unwrap();
    let publisher = thread::spawn(move || {
        for n in 0..MESSAGES {
            hub.publish("x").unwrap();
            thread::park_timeout(Duration::from_micros(n % 60));
        }
    });
    let mut next = 0;
    loop {
        match receiver.recv_timeout(Duration::from_micros(next % 50)) {
            Ok(message) => {
                assert_eq!(message.seq(), next);
                next += 1;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Closed) => break,
            Err(RecvTimeoutError::Lagged(lag)) => panic!("the ring holds all of it: {lag:?}"),
        }
    }
    assert_eq!(next, MESSAGES);
    publisher.join().unwrap();
}
