// SPDX-License-Identifier: MIT OR Apache-2.0
//! Loans: a payload is written where receivers read it, and is published or given back.
#![cfg(not(loom))]

use signalhub::{Hub, Kind, Label, Options, PublishError, TopicError, TryRecvError};

fn hub(slot_bytes: u64) -> Hub {
    Hub::new(Options::default().capacity(3).slot_bytes(slot_bytes)).unwrap()
}

/// Around every edge between slot and block, and of a block's memory.
const LENGTHS: [usize; 9] = [0, 1, 8, 40, 296, 1023, 1024, 1025, 1 << 20];

#[test]
fn a_loan_is_received_where_it_was_written() {
    let long_topic = "x".repeat(255);
    for slot_bytes in [64, 320] {
        let hub = hub(slot_bytes);
        let mut receivers = [hub.subscribe().unwrap(), hub.subscribe().unwrap()];
        for (seq, len) in (0..).zip(LENGTHS) {
            let topic = [None, Some("a.b"), Some(&*long_topic)][len % 3];
            let mut loan = hub.loan(len).unwrap();
            assert_eq!(loan.len(), len);
            loan.fill(len as u8);
            let at = loan.as_ptr();
            assert_eq!(at.addr() % 64, 0, "aligned");
            let mut label = Label::from(Kind::Bytes).with_origin(len as u64);
            if let Some(topic) = topic {
                label = label.with_topic(topic);
            }
            let published = loan.publish(label).unwrap();
            assert_eq!((published.seq, published.receivers), (seq, 2));
            for receiver in &mut receivers {
                let message = receiver.try_recv().unwrap();
                assert_eq!(message.payload(), vec![len as u8; len]);
                assert_eq!(message.payload().as_ptr(), at, "no copy of {len} bytes");
                assert_eq!((message.topic(), message.seq()), (topic, seq));
                assert_eq!(message.origin(), len as u64);
            }
        }
    }
}

#[test]
fn a_truncated_loan_is_as_long_as_it_says() {
    let hub = hub(320);
    let mut receiver = hub.subscribe().unwrap();
    for len in [0, 5, 1000, 2000] {
        let mut loan = hub.loan(1000).unwrap();
        loan.fill(7);
        loan.truncate(len);
        loan.truncate(1000);
        assert_eq!(loan.len(), len.min(1000));
        loan.publish(Kind::Bytes).unwrap();
        let message = receiver.try_recv().unwrap();
        assert_eq!(message.payload(), vec![7; len.min(1000)]);
    }
}

#[test]
fn a_loan_gets_its_number_when_it_is_published() {
    let hub = hub(320);
    let mut receiver = hub.subscribe().unwrap();
    let mut loan = hub.loan(5).unwrap();
    loan.copy_from_slice(b"later");
    assert_eq!(hub.publish("sooner").unwrap().seq, 0);
    assert_eq!(loan.publish(Kind::Text).unwrap().seq, 1);
    assert_eq!(receiver.try_recv().unwrap().text(), Some("sooner"));
    assert_eq!(receiver.try_recv().unwrap().text(), Some("later"));
}

#[test]
fn a_dropped_loan_is_nothing() {
    let hub = hub(320);
    let mut receiver = hub.subscribe().unwrap();
    let at = hub.loan(1000).unwrap().as_ptr();
    assert_eq!(hub.next_seq(), 0);
    assert_eq!(receiver.try_recv().unwrap_err(), TryRecvError::Empty);
    assert_eq!(hub.loan(1000).unwrap().as_ptr(), at, "used again");
}

#[test]
fn a_refused_loan_comes_back_as_it_was() {
    let hub = hub(64);
    let mut receiver = hub.subscribe().unwrap();
    let mut loan = hub.loan(4).unwrap();
    loan.copy_from_slice(b"a\xff\0b");
    let refused = loan.publish(Kind::Text).unwrap_err();
    assert_eq!(refused.error, PublishError::NotUtf8);
    for (topic, error) in [
        ("", TopicError::EmptyToken),
        (&*"x".repeat(256), TopicError::TooLong),
    ] {
        let label = Label::from(Kind::Bytes).with_topic(topic);
        let refused = hub.loan(4).unwrap().publish(label).unwrap_err();
        assert_eq!(refused.error, PublishError::Topic(error));
    }
    assert_eq!(hub.next_seq(), 0);
    let loan = refused.given;
    assert_eq!(*loan, *b"a\xff\0b");
    loan.publish(Kind::Bytes).unwrap();
    assert_eq!(receiver.try_recv().unwrap().payload(), b"a\xff\0b");
}

#[test]
fn a_closed_hub_lends_nothing_and_refuses_what_it_lent() {
    let hub = hub(320);
    let mut receiver = hub.subscribe().unwrap();
    let mut loan = hub.loan(4).unwrap();
    hub.close();
    assert_eq!(hub.loan(4).unwrap_err(), PublishError::Closed);
    loan.copy_from_slice(b"kept");
    let refused = loan.publish(Kind::Text).unwrap_err();
    assert_eq!(refused.error, PublishError::Closed);
    assert_eq!(*refused.given, *b"kept");
    assert_eq!(receiver.try_recv().unwrap_err(), TryRecvError::Closed);
}

#[test]
fn a_loan_outlives_its_hub_and_does_not_keep_it_open() {
    let hub = hub(320);
    let mut receiver = hub.subscribe().unwrap();
    let mut loan = hub.loan(1000).unwrap();
    drop(hub);
    assert_eq!(receiver.try_recv().unwrap_err(), TryRecvError::Closed);
    drop(receiver);
    loan.fill(1);
    let refused = loan.publish(Kind::Bytes).unwrap_err();
    assert_eq!(refused.error, PublishError::Closed);
    assert_eq!(*refused.given, [1; 1000]);
}

#[test]
fn a_loan_goes_to_another_thread() {
    let hub = hub(320);
    let mut receiver = hub.subscribe().unwrap();
    let mut loan = hub.loan(1000).unwrap();
    std::thread::spawn(move || {
        loan.fill(3);
        loan.publish(Kind::Bytes).unwrap();
    })
    .join()
    .unwrap();
    assert_eq!(receiver.try_recv().unwrap().payload(), [3; 1000]);
}

#[test]
fn more_than_the_hub_takes_is_not_lent() {
    let hub = Hub::new(Options::default().max_message_bytes(8)).unwrap();
    assert_eq!(hub.loan(9).unwrap_err(), PublishError::TooBig);
    assert_eq!(hub.loan(usize::MAX).unwrap_err(), PublishError::TooBig);
    assert_eq!(hub.loan(8).unwrap().len(), 8);
    let huge = Options::default().max_message_bytes(Options::MESSAGE_BYTES_MAX);
    let huge = Hub::new(huge).unwrap().loan(1 << 40);
    assert!(matches!(huge, Ok(_) | Err(PublishError::NoMemory)));
}
