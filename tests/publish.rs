// SPDX-License-Identifier: MIT OR Apache-2.0
//! P5: publishing waits for no receiver, and tells how many there are.
#![cfg(not(loom))]

use signalhub::{Hub, Options, PublishError};

#[test]
fn publish_tells_the_number_and_how_many_receivers_there_are() {
    let hub = Hub::new(Options::default()).unwrap();
    assert_eq!(hub.publish("nobody").unwrap().receivers, 0);
    let first = hub.subscribe().unwrap();
    let second = hub.subscribe().unwrap();
    let published = hub.publish("two").unwrap();
    assert_eq!((published.seq, published.receivers), (1, 2));
    drop(first);
    assert_eq!(hub.publish("one").unwrap().receivers, 1);
    drop(second);
    assert_eq!(hub.publish("nobody").unwrap().receivers, 0);
}

#[test]
fn publishing_goes_on_whatever_receivers_do() {
    let hub = Hub::new(Options::default().capacity(2)).unwrap();
    let _never_reads = hub.subscribe().unwrap();
    for seq in 0..100_000 {
        assert_eq!(hub.publish("x").unwrap().seq, seq);
    }
}

#[test]
fn a_refused_message_takes_no_number() {
    let hub = Hub::new(Options::default().max_message_bytes(8)).unwrap();
    assert_eq!(hub.publish(&[0; 9]).unwrap_err(), PublishError::TooBig);
    let view = signalhub::View::text("x").with_topic("a..b");
    assert!(matches!(hub.publish(view), Err(PublishError::Topic(_))));
    assert_eq!(hub.publish(&[0; 8]).unwrap().seq, 0);
}
