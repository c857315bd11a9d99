// SPDX-License-Identifier: MIT OR Apache-2.0
//! P7: close is state: publishers are refused, receivers read what is left, sleepers wake.
#![cfg(not(loom))]

#[path = "support/watchdog.rs"]
mod watchdog;

use std::thread;

use signalhub::{Hub, Options, PublishError, RecvError, SubscribeError, TryRecvError};
use watchdog::Watchdog;

#[test]
fn receivers_read_what_is_left_and_then_closed_for_ever() {
    let hub = Hub::new(Options::default()).unwrap();
    let mut receiver = hub.subscribe().unwrap();
    hub.publish("first").unwrap();
    hub.publish("last").unwrap();
    assert!(!hub.is_closed());
    hub.close();
    hub.close();
    assert!(hub.is_closed());
    assert_eq!(hub.publish("late").unwrap_err(), PublishError::Closed);
    assert_eq!(hub.publish(&[0; 1000]).unwrap_err(), PublishError::Closed);
    assert_eq!(hub.subscribe().unwrap_err(), SubscribeError::Closed);
    assert_eq!(hub.next_seq(), 2);
    assert_eq!(receiver.recv().unwrap().text(), Some("first"));
    assert_eq!(receiver.recv().unwrap().text(), Some("last"));
    for _ in 0..3 {
        assert_eq!(receiver.recv().unwrap_err(), RecvError::Closed);
        assert_eq!(receiver.try_recv().unwrap_err(), TryRecvError::Closed);
    }
}

#[test]
fn close_wakes_every_sleeper() {
    let _watchdog = Watchdog::new("close_wakes_every_sleeper");
    let hub = Hub::new(Options::default()).unwrap();
    let sleepers: Vec<_> = (0..50)
        .map(|_| {
            let mut receiver = hub.subscribe().unwrap();
            thread::spawn(move || receiver.recv().map(drop))
        })
        .collect();
    let closers: Vec<_> = (0..8)
        .map(|_| {
            let hub = hub.clone();
            thread::spawn(move || hub.close())
        })
        .collect();
    closers
        .into_iter()
        .for_each(|closer| closer.join().unwrap());
    for sleeper in sleepers {
        assert_eq!(sleeper.join().unwrap(), Err(RecvError::Closed));
    }
}

#[test]
fn dropping_the_last_hub_closes() {
    let hub = Hub::new(Options::default()).unwrap();
    let clone = hub.clone();
    let mut receiver = hub.subscribe().unwrap();
    drop(hub);
    clone.publish("still open").unwrap();
    drop(clone);
    assert_eq!(receiver.recv().unwrap().text(), Some("still open"));
    assert_eq!(receiver.recv().unwrap_err(), RecvError::Closed);
}

#[test]
fn messages_outlive_hub_and_receiver() {
    let hub = Hub::new(Options::default()).unwrap();
    let mut receiver = hub.subscribe().unwrap();
    hub.publish("small").unwrap();
    hub.publish(&[7; 100_000]).unwrap();
    let small = receiver.recv().unwrap().clone();
    let large = receiver.recv().unwrap().clone();
    drop((hub, receiver));
    assert_eq!(small.text(), Some("small"));
    assert_eq!(large.payload(), [7; 100_000]);
}

#[test]
fn a_publish_that_races_the_close_is_delivered_or_refused() {
    let _watchdog = Watchdog::new("a_publish_that_races_the_close_is_delivered_or_refused");
    for _ in 0..500 {
        let hub = Hub::new(Options::default().capacity(1_000_000).slot_bytes(64)).unwrap();
        let mut receiver = hub.subscribe().unwrap();
        let publisher = {
            let hub = hub.clone();
            thread::spawn(move || (0..).take_while(|_| hub.publish("x").is_ok()).count())
        };
        receiver.recv().unwrap();
        hub.close();
        let published = publisher.join().unwrap();
        let rest = (0..).take_while(|_| receiver.recv().is_ok()).count();
        assert_eq!(1 + rest, published);
    }
}
