// SPDX-License-Identifier: MIT OR Apache-2.0
//! P2: a hub retains exactly its last `capacity` messages.
#![cfg(not(loom))]

use signalhub::{Hub, NewError, Options, TryRecvError};

const CAPACITIES: [u64; 9] = [1, 2, 3, 7, 100, 127, 128, 129, 1000];

#[test]
fn a_receiver_that_is_capacity_behind_has_missed_nothing() {
    for capacity in CAPACITIES {
        let hub = Hub::new(Options::default().capacity(capacity)).unwrap();
        let mut receiver = hub.subscribe().unwrap();
        for value in 0..capacity {
            hub.publish(&value.to_le_bytes()).unwrap();
        }
        for value in 0..capacity {
            assert_eq!(receiver.try_recv().unwrap().payload(), value.to_le_bytes());
        }
        assert_eq!(receiver.try_recv().unwrap_err(), TryRecvError::Empty);
    }
}

#[test]
fn one_more_is_one_missed() {
    for capacity in CAPACITIES {
        let hub = Hub::new(Options::default().capacity(capacity)).unwrap();
        let mut receiver = hub.subscribe().unwrap();
        for _ in 0..=capacity {
            hub.publish("x").unwrap();
        }
        match receiver.try_recv() {
            Err(TryRecvError::Lagged(lag)) => assert_eq!(lag.missed, 1),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_default_is_100() {
    let hub = Hub::new(Options::default()).unwrap();
    assert_eq!(hub.capacity(), 100);
}

#[test]
fn every_slot_is_used_again_and_again() {
    for capacity in 1..=9 {
        let hub = Hub::new(Options::default().capacity(capacity)).unwrap();
        let mut receiver = hub.subscribe().unwrap();
        for value in 0..100_000_u64 {
            hub.publish(&value.to_le_bytes()).unwrap();
            assert_eq!(receiver.try_recv().unwrap().payload(), value.to_le_bytes());
        }
    }
}

#[test]
fn options_out_of_range_are_refused() {
    let options = Options::default();
    for (options, error) in [
        (options.capacity(0), NewError::Capacity),
        (options.capacity(1 << 40), NewError::Capacity),
        (options.capacity(u64::MAX), NewError::Capacity),
        (options.slot_bytes(63), NewError::SlotBytes),
        (options.slot_bytes(u64::MAX), NewError::SlotBytes),
        (
            options.max_message_bytes(u64::MAX),
            NewError::MaxMessageBytes,
        ),
        (
            options.capacity(1 << 32).slot_bytes(1 << 16),
            NewError::NoMemory,
        ),
    ] {
        assert_eq!(Hub::new(options).unwrap_err(), error, "{options:?}");
    }
}
