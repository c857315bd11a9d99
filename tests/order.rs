// SPDX-License-Identifier: MIT OR Apache-2.0
//! P1: one total order per hub; every receiver sees messages in seq order, none twice.
#![cfg(not(loom))]

use std::thread;

use signalhub::{Hub, Options, Receiver, RecvError};

const PUBLISHERS: u64 = 3;
const EACH: u64 = 20_000;

/// What a receiver got: (seq, publisher, number).
fn read_all(mut receiver: Receiver) -> Vec<(u64, u64, u64)> {
    let mut got = Vec::new();
    loop {
        match receiver.recv() {
            Ok(message) => {
                let (words, _) = message.payload().as_chunks::<8>();
                got.push((
                    message.seq(),
                    u64::from_le_bytes(words[0]),
                    u64::from_le_bytes(words[1]),
                ));
            }
            Err(RecvError::Closed) => return got,
            Err(RecvError::Lagged(lag)) => panic!("the ring holds all of it: {lag:?}"),
        }
    }
}

#[test]
fn every_receiver_sees_one_order_and_each_publisher_in_its_own() {
    let hub = Hub::new(Options::default().capacity(PUBLISHERS * EACH)).unwrap();
    let receivers: Vec<_> = (0..3).map(|_| hub.subscribe().unwrap()).collect();
    let readers: Vec<_> = receivers
        .into_iter()
        .map(|rx| thread::spawn(|| read_all(rx)))
        .collect();
    let publishers: Vec<_> = (0..PUBLISHERS)
        .map(|publisher| {
            let hub = hub.clone();
            thread::spawn(move || {
                for number in 0..EACH {
                    let payload = [publisher.to_le_bytes(), number.to_le_bytes()].concat();
                    hub.publish(&payload).unwrap();
                }
            })
        })
        .collect();
    for publisher in publishers {
        publisher.join().unwrap();
    }
    hub.close();
    let got: Vec<_> = readers
        .into_iter()
        .map(|reader| reader.join().unwrap())
        .collect();

    assert!(got[0].iter().map(|(seq, ..)| *seq).eq(0..PUBLISHERS * EACH));
    assert!(
        got.iter().all(|other| other == &got[0]),
        "all receivers see the same"
    );
    for publisher in 0..PUBLISHERS {
        let numbers = got[0]
            .iter()
            .filter(|(_, who, _)| *who == publisher)
            .map(|(.., n)| *n);
        assert!(
            numbers.eq(0..EACH),
            "publisher {publisher} in its own order"
        );
    }
}

#[test]
fn publish_many_numbers_without_a_gap() {
    let hub = Hub::new(Options::default().capacity(10)).unwrap();
    let mut receiver = hub.subscribe().unwrap();
    let payloads: Vec<_> = (0..10_u8).map(|value| [value; 3]).collect();
    let views: Vec<_> = payloads.iter().map(Into::into).collect();
    hub.publish_many(&views).unwrap();
    for (seq, payload) in (0..).zip(&payloads) {
        let message = receiver.try_recv().unwrap();
        assert_eq!((message.seq(), message.payload()), (seq, &payload[..]));
    }
}

#[test]
fn publish_many_may_be_longer_than_the_ring() {
    let hub = Hub::new(Options::default().capacity(4)).unwrap();
    let payloads: Vec<_> = (0..11_u8).map(|value| vec![value; 1000]).collect();
    let views: Vec<_> = payloads.iter().map(Into::into).collect();
    let mut receiver = hub.subscribe().unwrap();
    hub.publish_many(&views).unwrap();
    assert_eq!(hub.next_seq(), 11);
    assert!(receiver.try_recv().is_err());
    assert_eq!(receiver.try_recv().unwrap().payload(), payloads[7]);
}

#[test]
fn publish_many_checks_all_before_it_publishes_one() {
    let hub = Hub::new(Options::default().max_message_bytes(3)).unwrap();
    let error = hub
        .publish_many(&[(&b"abc"[..]).into(), (&b"abcd"[..]).into()])
        .unwrap_err();
    assert_eq!((error.published, hub.next_seq()), (0, 0));
}
