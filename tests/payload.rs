// SPDX-License-Identifier: MIT OR Apache-2.0
//! P11: any payload, of any length, with its kind, topic and origin.
#![cfg(not(loom))]

use signalhub::{Hub, Kind, Options, View};

/// Around every edge between slot, slot with topic, and block.
const LENGTHS: [usize; 19] = [
    0,
    1,
    7,
    8,
    9,
    39,
    40,
    41,
    63,
    64,
    65,
    295,
    296,
    297,
    1000,
    4096,
    65_536,
    1_000_000,
    1 << 20,
];

fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 31 + len) as u8).collect()
}

#[test]
fn what_is_published_is_received() {
    let long_topic = "x".repeat(255);
    for slot_bytes in [64, 100, 320, 512] {
        let options = Options::default().capacity(3).slot_bytes(slot_bytes);
        let hub = Hub::new(options).unwrap();
        let mut receiver = hub.subscribe().unwrap();
        for len in LENGTHS {
            let payload = bytes(len);
            for topic in [None, Some("a"), Some("cpu.load"), Some(&*long_topic)] {
                let mut view = View::bytes(&payload).with_origin(len as u64);
                if let Some(topic) = topic {
                    view = view.with_topic(topic);
                }
                hub.publish(view).unwrap();
                let message = receiver.try_recv().unwrap();
                assert_eq!(
                    message.payload(),
                    payload,
                    "{len} bytes, slots of {slot_bytes}"
                );
                assert_eq!(message.topic(), topic);
                assert_eq!(message.origin(), len as u64);
                assert_eq!(message.kind(), Kind::Bytes);
                assert_eq!(message.payload().as_ptr().addr() % 64, 0, "aligned");
                assert_eq!(message.view(), view);
            }
        }
    }
}

#[test]
fn every_kind_is_kept() {
    let hub = Hub::new(Options::default()).unwrap();
    let mut receiver = hub.subscribe().unwrap();
    for (view, kind, text) in [
        (View::bytes(b"\0a\0"), Kind::Bytes, None),
        (View::text("größe \0"), Kind::Text, Some("größe \0")),
        (View::json("{}"), Kind::Json, Some("{}")),
        (View::event("{}"), Kind::Event, Some("{}")),
    ] {
        hub.publish(view).unwrap();
        let message = receiver.try_recv().unwrap();
        assert_eq!((message.kind(), message.text()), (kind, text));
    }
}

#[test]
fn a_message_can_be_published_again_as_it_is() {
    let (from, to) = (
        Hub::new(Options::default()).unwrap(),
        Hub::new(Options::default()).unwrap(),
    );
    let (mut first, mut second) = (from.subscribe().unwrap(), to.subscribe().unwrap());
    from.publish(View::json("[1]").with_topic("a.b").with_origin(9))
        .unwrap();
    to.publish(first.recv().unwrap().view()).unwrap();
    let message = second.recv().unwrap();
    assert_eq!(
        (message.text(), message.topic(), message.origin()),
        (Some("[1]"), Some("a.b"), 9)
    );
}

#[test]
fn the_publisher_may_reuse_its_buffer_at_once() {
    let hub = Hub::new(Options::default()).unwrap();
    let mut receiver = hub.subscribe().unwrap();
    for len in [10, 10_000] {
        let mut payload = vec![1; len];
        hub.publish(&payload).unwrap();
        payload.fill(2);
        assert_eq!(receiver.recv().unwrap().payload(), vec![1; len]);
    }
}

#[test]
fn receivers_share_one_large_payload() {
    let hub = Hub::new(Options::default()).unwrap();
    let mut receivers = [hub.subscribe().unwrap(), hub.subscribe().unwrap()];
    hub.publish(&[1; 100_000]).unwrap();
    let [first, second] = &mut receivers;
    let (first, second) = (first.recv().unwrap(), second.recv().unwrap());
    assert_eq!(first.payload().as_ptr(), second.payload().as_ptr());
}

#[test]
fn a_failed_receive_leaves_an_empty_message() {
    let hub = Hub::new(Options::default().capacity(1)).unwrap();
    let mut receiver = hub.subscribe().unwrap();
    for _ in 0..1000 {
        hub.publish(View::text("x").with_topic("t")).unwrap();
        receiver.recv().unwrap();
        hub.publish(&[0; 5000]).unwrap();
        hub.publish(&[1; 5000]).unwrap();
        assert!(receiver.recv().is_err());
        assert_eq!(receiver.recv().unwrap().payload(), [1; 5000]);
    }
}
