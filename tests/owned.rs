// SPDX-License-Identifier: MIT OR Apache-2.0
//! A publisher's own memory is read where it is, and freed exactly once, wherever that happens.
#![cfg(not(loom))]

#[path = "support/watchdog.rs"]
mod watchdog;

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use signalhub::{Hub, Kind, Label, Message, Options, PublishError, Receiver, TopicError, View};
use watchdog::Watchdog;

/// Memory that counts how often it was freed, and then does something.
struct Owned {
    bytes: Vec<u8>,
    freed: Arc<AtomicUsize>,
    then: Option<Box<dyn FnOnce() + Send + Sync>>,
}

impl AsRef<[u8]> for Owned {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.bytes.fill(0);
        self.freed.fetch_add(1, SeqCst);
        if let Some(then) = self.then.take() {
            then();
        }
    }
}

/// How often memory was freed.
#[derive(Clone, Default)]
struct Freed(Arc<AtomicUsize>);

impl Freed {
    fn owned(&self, bytes: &[u8]) -> Owned {
        Owned {
            bytes: bytes.to_vec(),
            freed: self.0.clone(),
            then: None,
        }
    }

    fn then(&self, then: impl FnOnce() + Send + Sync + 'static) -> Owned {
        let mut owned = self.owned(b"then");
        owned.then = Some(Box::new(then));
        owned
    }

    fn times(&self) -> usize {
        self.0.load(SeqCst)
    }
}

fn hub(capacity: u64) -> Hub {
    Hub::new(Options::default().capacity(capacity).slot_bytes(64)).unwrap()
}

fn publish(hub: &Hub, owned: Owned) {
    hub.publish_owned(owned, Kind::Bytes).unwrap();
}

#[test]
fn it_is_received_where_it_is_however_short() {
    let hub = hub(3);
    let mut receiver = hub.subscribe().unwrap();
    let long_topic = "x".repeat(255);
    for len in [0, 1, 8, 40, 1000, 1 << 20] {
        for topic in ["a.b", &long_topic] {
            let payload = vec![len as u8; len];
            let at = payload.as_ptr();
            let label = Label::from(Kind::Bytes).with_topic(topic).with_origin(9);
            hub.publish_owned(payload, label).unwrap();
            let message = receiver.try_recv().unwrap();
            assert_eq!(message.payload().as_ptr(), at, "{len} bytes");
            let same = vec![len as u8; len];
            let view = View::bytes(&same).with_topic(topic).with_origin(9);
            assert_eq!(message.view(), view);
        }
    }
    hub.publish_owned("größe".to_owned(), Kind::Text).unwrap();
    assert_eq!(receiver.try_recv().unwrap().text(), Some("größe"));
    hub.publish_owned("static", Kind::Json).unwrap();
    assert_eq!(receiver.try_recv().unwrap().kind(), Kind::Json);
}

#[test]
fn read_by_all_it_is_freed_when_the_ring_passes_it() {
    let (hub, freed) = (hub(2), Freed::default());
    let mut receivers = [hub.subscribe().unwrap(), hub.subscribe().unwrap()];
    publish(&hub, freed.owned(&[1; 100]));
    for receiver in &mut receivers {
        assert_eq!(receiver.try_recv().unwrap().payload(), [1; 100]);
    }
    for text in ["x", "y"] {
        assert_eq!(freed.times(), 0);
        hub.publish(text).unwrap();
        for receiver in &mut receivers {
            receiver.try_recv().unwrap();
        }
    }
    assert_eq!(freed.times(), 1);
}

#[test]
fn held_it_is_freed_by_the_last_holder() {
    let (hub, freed) = (hub(1), Freed::default());
    let mut receiver = hub.subscribe().unwrap();
    publish(&hub, freed.owned(&[1; 100]));
    let held = receiver.try_recv().unwrap().clone();
    let again = held.clone();
    hub.publish("x").unwrap();
    receiver.try_recv().unwrap();
    drop(receiver);
    drop(hub);
    drop(held);
    assert_eq!((freed.times(), again.payload()), (0, &[1; 100][..]));
    thread::spawn(move || drop(again)).join().unwrap();
    assert_eq!(freed.times(), 1);
}

#[test]
fn lagged_over_it_is_freed() {
    let (hub, freed) = (hub(2), Freed::default());
    let mut receiver = hub.subscribe().unwrap();
    for _ in 0..5 {
        publish(&hub, freed.owned(b"lagged over"));
    }
    assert_eq!(freed.times(), 3);
    assert!(receiver.try_recv().is_err());
    assert_eq!(receiver.try_recv().unwrap().payload(), b"lagged over");
}

#[test]
fn unread_it_is_freed_with_the_hub_and_not_by_its_close() {
    let (hub, freed) = (hub(3), Freed::default());
    let receiver = hub.subscribe().unwrap();
    publish(&hub, freed.owned(b"unread"));
    publish(&hub, freed.owned(b"unread"));
    hub.close();
    drop(hub);
    assert_eq!(freed.times(), 0, "a receiver can still read it");
    drop(receiver);
    assert_eq!(freed.times(), 2);
}

#[test]
fn refused_it_comes_back_and_is_not_freed() {
    let bad_topic = Label::default().with_topic(".a");
    for (payload, label, error) in [
        (&b"123456789"[..], Kind::Bytes.into(), PublishError::TooBig),
        (b"\xff", Kind::Event.into(), PublishError::NotUtf8),
        (b"x", bad_topic, PublishError::Topic(TopicError::EmptyToken)),
        (b"late", Kind::Text.into(), PublishError::Closed),
    ] {
        let freed = Freed::default();
        let hub = Hub::new(Options::default().max_message_bytes(8)).unwrap();
        if error == PublishError::Closed {
            hub.close();
        }
        let refused = hub.publish_owned(freed.owned(payload), label).unwrap_err();
        drop(hub);
        assert_eq!((refused.error, freed.times()), (error, 0));
        assert_eq!(refused.given.as_ref(), payload);
        drop(refused);
        assert_eq!(freed.times(), 1, "by whom it was given back to");
    }
}

#[test]
fn freeing_may_use_the_hub() {
    let _watchdog = Watchdog::new("freeing_may_use_the_hub");
    let (hub, freed) = (hub(1), Freed::default());
    let mut receiver = hub.subscribe().unwrap();
    let mine = hub.clone();
    publish(
        &hub,
        freed.then(move || {
            mine.publish("from within").unwrap();
            drop(mine.subscribe().unwrap());
            mine.loan(100).unwrap().publish(Kind::Bytes).unwrap();
            assert!(!mine.is_closed());
            mine.close();
        }),
    );
    assert_eq!(hub.publish("from without").unwrap().seq, 1);
    assert_eq!(freed.times(), 1);
    assert!(hub.is_closed());
    assert!(receiver.try_recv().is_err(), "3 after 1");
    assert_eq!(receiver.try_recv().unwrap().seq(), 3);
}

#[test]
fn the_last_of_a_hub_may_go_while_memory_is_freed() {
    let (hub, freed) = (hub(1), Freed::default());
    let mut receiver = hub.subscribe().unwrap();
    let last = Arc::new(std::sync::Mutex::new(None::<Receiver>));
    let mine = last.clone();
    let free = move || drop(mine.lock().unwrap().take());
    publish(&hub, freed.then(free));
    let held = receiver.try_recv().unwrap().clone();
    publish(&hub, freed.owned(b"in the ring"));
    receiver.try_recv().unwrap();
    *last.lock().unwrap() = Some(receiver);
    drop(hub);
    assert_eq!(freed.times(), 0);
    drop(held);
    assert_eq!(freed.times(), 2);
}

/// Each freed memory publishes one message more, which frees the next: as deep as the ring is long,
/// if it nested.
#[test]
fn a_chain_of_frees_does_not_nest() {
    thread_local! {
        static DEPTH: Cell<u32> = const { Cell::new(0) };
    }
    let _watchdog = Watchdog::new("a_chain_of_frees_does_not_nest");
    let length = if cfg!(miri) { 100 } else { 100_000 };
    let (hub, freed) = (hub(length), Freed::default());
    for _ in 0..length {
        let mine = hub.clone();
        publish(
            &hub,
            freed.then(move || {
                assert_eq!(DEPTH.replace(1), 0, "nested");
                mine.publish("more").unwrap();
                DEPTH.set(0);
            }),
        );
    }
    hub.publish("the first stone").unwrap();
    assert_eq!(freed.times() as u64, length);
    assert_eq!(hub.next_seq(), 2 * length + 1);
}

/// A message that holds a message that holds a message: forwarded from hub to hub.
#[test]
fn a_message_can_be_the_memory_of_another() {
    struct Forwarded(Message);
    impl AsRef<[u8]> for Forwarded {
        fn as_ref(&self) -> &[u8] {
            self.0.payload()
        }
    }
    let freed = Freed::default();
    let hubs = [(); 20].map(|()| hub(1));
    let mut receivers = hubs.each_ref().map(|hub| hub.subscribe().unwrap());
    publish(&hubs[0], freed.owned(&[5; 100]));
    for i in 1..hubs.len() {
        let message = receivers[i - 1].try_recv().unwrap().clone();
        hubs[i]
            .publish_owned(Forwarded(message), Kind::Bytes)
            .unwrap();
    }
    let last = receivers[hubs.len() - 1].try_recv().unwrap().clone();
    drop(receivers);
    drop(hubs);
    assert_eq!((last.payload(), freed.times()), (&[5; 100][..], 0));
    drop(last);
    assert_eq!(freed.times(), 1);
}

#[test]
fn a_panic_of_one_hinders_no_other() {
    let (hub, freed) = (hub(3), Freed::default());
    let (first, second) = (freed.clone(), freed.clone());
    publish(
        &hub,
        freed.then(move || {
            let _both_due = (first.then(|| {}), second.owned(b""));
            panic!("freed");
        }),
    );
    publish(&hub, freed.owned(b"x"));
    std::panic::set_hook(Box::new(|_| {}));
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(hub)));
    let _ = std::panic::take_hook();
    assert!(result.is_err());
    assert_eq!(freed.times(), 4);
}

/// What a message held is freed where it is filled again: it is an empty one then, and the receive
/// has taken nothing.
#[test]
fn a_panic_in_a_receive_leaves_the_message_empty() {
    let (hub, freed) = (hub(1), Freed::default());
    let mut receiver = hub.subscribe().unwrap();
    let mut messages = [Message::default()];
    publish(&hub, freed.then(|| panic!("freed")));
    receiver.recv_many(&mut messages, None).unwrap();
    hub.publish(&[7; 1000]).unwrap();
    std::panic::set_hook(Box::new(|_| {}));
    let mut receive = || receiver.recv_many(&mut messages, None).map(|_| ());
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(&mut receive));
    let _ = std::panic::take_hook();
    assert!(result.is_err());
    assert_eq!(messages[0].payload(), b"");
    receiver.recv_many(&mut messages, None).unwrap();
    assert_eq!(messages[0].payload(), [7; 1000]);
}

/// Several that one call replaces, or that one hub retains: all are freed.
#[test]
fn panics_of_several_hinder_no_other() {
    let fill = || {
        let (hub, freed) = (hub(3), Freed::default());
        for _ in 0..2 {
            publish(&hub, freed.then(|| panic!("freed")));
        }
        publish(&hub, freed.owned(b"x"));
        (hub, freed)
    };
    std::panic::set_hook(Box::new(|_| {}));
    let (published_to, replaced) = fill();
    let publish_many = || published_to.publish_many(&[View::text("x"); 3]);
    let published = std::panic::catch_unwind(std::panic::AssertUnwindSafe(publish_many));
    let (hub, retained) = fill();
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(hub)));
    let _ = std::panic::take_hook();
    assert_eq!((published.is_err(), replaced.times()), (true, 3));
    assert_eq!((dropped.is_err(), retained.times()), (true, 3));
    assert_eq!(published_to.next_seq(), 6);
    assert_eq!(published_to.stats().blocks, 0);
}

#[test]
fn under_load_each_is_freed_once() {
    let _watchdog = Watchdog::new("under_load_each_is_freed_once");
    let count = if cfg!(miri) { 50 } else { 20_000 };
    let (hub, freed) = (hub(8), Freed::default());
    let receivers = [(); 2].map(|()| {
        let mut receiver = hub.subscribe().unwrap();
        thread::spawn(move || {
            let mut kept = Vec::new();
            loop {
                match receiver.recv() {
                    Ok(message) => {
                        let bytes = message.payload();
                        assert!(bytes.iter().all(|&byte| byte == bytes[0] && byte != 0));
                        kept.push(message.clone());
                        kept.truncate(100);
                    }
                    Err(signalhub::RecvError::Lagged(_)) => kept.clear(),
                    Err(signalhub::RecvError::Closed) => return,
                }
            }
        })
    });
    let publishers = [1, 2].map(|byte| {
        let (hub, freed) = (hub.clone(), freed.clone());
        thread::spawn(move || {
            for len in 0..count {
                publish(&hub, freed.owned(&vec![byte; 1 + len % 100]));
            }
        })
    });
    publishers
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    drop(hub);
    receivers
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    assert_eq!(freed.times(), 2 * count);
}
