// SPDX-License-Identifier: MIT OR Apache-2.0
//! P3: a receiver that is overtaken is told once, and exactly, what it missed.
#![cfg(not(loom))]

use signalhub::{Hub, Lag, Options, Receiver, RecvError, RecvTimeoutError, TryRecvError};
use std::time::Duration;

fn hub(capacity: u64) -> (Hub, Receiver) {
    let hub = Hub::new(Options::default().capacity(capacity)).unwrap();
    let receiver = hub.subscribe().unwrap();
    (hub, receiver)
}

fn publish(hub: &Hub, count: u64) {
    for _ in 0..count {
        hub.publish(&hub.next_seq().to_le_bytes()).unwrap();
    }
}

#[test]
fn three_hundred_into_a_hundred_is_missed_200() {
    let (hub, mut receiver) = hub(100);
    publish(&hub, 300);
    let lag = Lag {
        missed: 200,
        first_lost: 0,
        resume_at: 200,
    };
    assert_eq!(receiver.try_recv().unwrap_err(), TryRecvError::Lagged(lag));
    for seq in 200..300 {
        assert_eq!(receiver.try_recv().unwrap().seq(), seq);
    }
    assert_eq!(receiver.try_recv().unwrap_err(), TryRecvError::Empty);
}

#[test]
fn every_way_to_receive_tells_it() {
    let lag = Lag {
        missed: 1,
        first_lost: 0,
        resume_at: 1,
    };
    let (hub, mut receiver) = hub(2);
    let (mut second, mut third) = (hub.subscribe().unwrap(), hub.subscribe().unwrap());
    publish(&hub, 3);
    assert_eq!(receiver.recv().unwrap_err(), RecvError::Lagged(lag));
    assert_eq!(second.try_recv().unwrap_err(), TryRecvError::Lagged(lag));
    let got = third.recv_timeout(Duration::from_secs(60)).unwrap_err();
    assert_eq!(got, RecvTimeoutError::Lagged(lag));
}

#[test]
fn a_second_lag_is_as_exact_as_the_first() {
    let (hub, mut receiver) = hub(4);
    publish(&hub, 6);
    let lag = Lag {
        missed: 2,
        first_lost: 0,
        resume_at: 2,
    };
    assert_eq!(receiver.try_recv().unwrap_err(), TryRecvError::Lagged(lag));
    assert_eq!(receiver.try_recv().unwrap().seq(), 2);
    publish(&hub, 7);
    let lag = Lag {
        missed: 6,
        first_lost: 3,
        resume_at: 9,
    };
    assert_eq!(receiver.try_recv().unwrap_err(), TryRecvError::Lagged(lag));
    assert_eq!(receiver.next_seq(), 9);
}

#[test]
fn only_the_slow_receiver_lags() {
    let (hub, mut slow) = hub(3);
    let mut fast = hub.subscribe().unwrap();
    for seq in 0..10 {
        publish(&hub, 1);
        assert_eq!(fast.try_recv().unwrap().seq(), seq);
    }
    match slow.try_recv() {
        Err(TryRecvError::Lagged(lag)) => assert_eq!(lag.missed, 7),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_lag_is_told_before_the_close() {
    let (hub, mut receiver) = hub(2);
    publish(&hub, 5);
    hub.close();
    let lag = Lag {
        missed: 3,
        first_lost: 0,
        resume_at: 3,
    };
    assert_eq!(receiver.recv().unwrap_err(), RecvError::Lagged(lag));
    assert_eq!(receiver.recv().unwrap().seq(), 3);
    assert_eq!(receiver.recv().unwrap().seq(), 4);
    assert_eq!(receiver.recv().unwrap_err(), RecvError::Closed);
}
