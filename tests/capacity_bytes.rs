// SPDX-License-Identifier: MIT OR Apache-2.0
//! P12: memory is bounded, and only messages that their holders keep can reach the bound.
#![cfg(not(loom))]

#[path = "support/watchdog.rs"]
mod watchdog;

use std::thread;

use signalhub::{Hub, Kind, NewError, Options, PublishError, ReceiverOptions, View};
use watchdog::Watchdog;

const LARGE: usize = 1000;

/// A hub with room for what it retains and `more` messages.
fn hub(capacity: u64, more: u64) -> Hub {
    let options = Options::default()
        .capacity(capacity)
        .max_message_bytes(LARGE as u64)
        .capacity_bytes((capacity + more) * LARGE as u64);
    Hub::new(options).unwrap()
}

/// Publishes in one of three ways.
fn publish(hub: &Hub, way: usize) -> Result<(), PublishError> {
    match way % 3 {
        0 => hub.publish(&[1; LARGE]).map(|_| ()),
        1 => hub
            .publish_owned(vec![1; LARGE], Kind::Bytes)
            .map_or_else(|refused| Err(refused.error), |_| Ok(())),
        _ => hub
            .publish_many(&[View::bytes(&[1; LARGE])])
            .map_err(|error| error.error),
    }
}

#[test]
fn less_than_the_hub_may_retain_is_refused() {
    let options = Options::default().capacity(10).max_message_bytes(100);
    assert!(Hub::new(options.capacity_bytes(1000)).is_ok());
    assert!(Hub::new(options.capacity_bytes(u64::MAX)).is_ok());
    for bytes in [1, 999] {
        let refused = Hub::new(options.capacity_bytes(bytes));
        assert_eq!(refused.unwrap_err(), NewError::CapacityBytes);
    }
    let overflowing = Options::default()
        .capacity(1 << 30)
        .max_message_bytes(1 << 40)
        .capacity_bytes(u64::MAX);
    assert_eq!(Hub::new(overflowing).unwrap_err(), NewError::CapacityBytes);
    assert!(Hub::new(options.capacity_bytes(1000).max_message_bytes(0)).is_ok());
}

#[test]
fn without_holders_nothing_is_ever_refused() {
    let _watchdog = Watchdog::new("without_holders_nothing_is_ever_refused");
    let count = if cfg!(miri) { 50 } else { 20_000 };
    for publishers in 1..=4 {
        let hub = hub(3, 0);
        let threads: Vec<_> = (0..publishers)
            .map(|id| {
                let hub = hub.clone();
                thread::spawn(move || {
                    for i in 0..count {
                        if (i + id) % 5 == 0 {
                            hub.publish("in its slot").unwrap();
                        } else {
                            publish(&hub, i).unwrap();
                        }
                    }
                })
            })
            .collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        hub.publish_many(&[View::bytes(&[1; LARGE]); 10]).unwrap();
        let mut loan = hub.loan(LARGE).unwrap();
        loan.fill(1);
        loan.publish(Kind::Bytes).unwrap();
    }
}

#[test]
fn a_receiver_that_keeps_up_needs_room_for_one_message_more() {
    let hub = hub(2, 1);
    let mut receiver = hub.subscribe().unwrap();
    for i in 0..1000 {
        publish(&hub, i).unwrap();
        receiver.try_recv().unwrap();
    }
}

#[test]
fn what_holders_keep_is_refused_until_they_let_go() {
    for way in 0..3 {
        let hub = hub(2, 1);
        let mut receiver = hub.subscribe().unwrap();
        let mut held = Vec::new();
        for _ in 0..3 {
            publish(&hub, way).unwrap();
            held.push(receiver.try_recv().unwrap().clone());
        }
        // One is kept by holders alone, two more are in the ring.
        publish(&hub, way).unwrap();
        let next = hub.next_seq();
        for way in 0..3 {
            assert_eq!(publish(&hub, way), Err(PublishError::Kept));
        }
        assert_eq!(hub.loan(LARGE).unwrap_err(), PublishError::Kept);
        assert_eq!(hub.next_seq(), next, "nothing was published");
        hub.publish("in its slot").unwrap();
        held.drain(..2);
        publish(&hub, way).unwrap();
    }
}

#[test]
fn publish_many_publishes_what_there_is_room_for() {
    let hub = hub(2, 1);
    let kept = [LARGE, LARGE / 2].map(|len| hub.loan(len).unwrap());
    let views = [View::bytes(&[1; LARGE]); 3];
    let refused = hub.publish_many(&views).unwrap_err();
    assert_eq!((refused.published, refused.error), (1, PublishError::Kept));
    drop(kept);
    hub.publish_many(&views).unwrap();
    assert_eq!(hub.next_seq(), 4);
}

#[test]
fn a_loan_counts_until_it_is_published_or_given_back() {
    let hub = hub(2, 1);
    for _ in 0..2 {
        publish(&hub, 0).unwrap();
    }
    let [mut loan, one_more] = [LARGE, 1].map(|len| hub.loan(len).unwrap());
    assert_eq!(hub.loan(1).unwrap_err(), PublishError::Kept);
    assert_eq!(publish(&hub, 0), Err(PublishError::Kept));
    // Its memory is counted already: a loan is never refused for want of room.
    loan.fill(1);
    loan.publish(Kind::Bytes).unwrap();
    publish(&hub, 0).unwrap();
    drop(one_more);
    for _ in 0..10 {
        let mut loan = hub.loan(LARGE).unwrap();
        loan.truncate(1);
        loan.fill(1);
        loan.publish(Kind::Bytes).unwrap();
    }
}

#[test]
fn no_bound_is_the_default() {
    let hub = Hub::new(Options::default().capacity(1)).unwrap();
    let mut receiver = hub.subscribe().unwrap();
    let mut held = Vec::new();
    for _ in 0..1000 {
        hub.publish(&[1; LARGE]).unwrap();
        held.push(receiver.try_recv().unwrap().clone());
    }
}

/// Also where a lossless receiver leaves room.
#[test]
fn what_is_kept_is_not_taken_for_full() {
    let hub = hub(2, 0);
    let _receiver = hub
        .subscribe_with(&ReceiverOptions::default().lossless(true))
        .unwrap();
    let _loans = [(); 2].map(|()| hub.loan(LARGE).unwrap());
    for way in 0..3 {
        assert_eq!(publish(&hub, way), Err(PublishError::Kept));
    }
    hub.publish("in its slot").unwrap();
}
