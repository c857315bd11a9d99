// SPDX-License-Identifier: MIT OR Apache-2.0
//! Callbacks: every message once, in order, on the dispatcher's thread; removed, they are over.
#![cfg(not(loom))]

#[path = "support/watchdog.rs"]
mod watchdog;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver as Inbox, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use signalhub::{
    Delivery, Dispatcher, Hub, Kind, Listener, Options, ReceiverOptions, RecvError, View,
};
use watchdog::Watchdog;

fn hub(capacity: u64) -> Hub {
    Hub::new(Options::default().capacity(capacity)).unwrap()
}

/// What a callback was called with: a seq, or what was no message; and by which thread.
type Called = (Result<u64, RecvError>, ThreadId);

fn seq_of(delivery: Delivery<'_>) -> Result<u64, RecvError> {
    match delivery {
        Delivery::Message(message) => Ok(message.seq()),
        Delivery::Lagged(lag) => Err(RecvError::Lagged(lag)),
        Delivery::Closed => Err(RecvError::Closed),
        Delivery::AboutToLag(behind) => panic!("nobody asked for it: {behind}"),
    }
}

/// A listener whose callback says what it is called with.
fn listen(hub: &Hub, dispatcher: &Dispatcher) -> (Listener, Inbox<Called>) {
    let (calls, called) = channel();
    let receiver = hub.subscribe().unwrap();
    let listener = receiver.on_message(dispatcher, move |delivery| {
        let _ = calls.send((seq_of(delivery), thread::current().id()));
    });
    (listener, called)
}

/// Says when it is dropped.
struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn every_message_is_told_once_in_order_by_the_dispatchers_thread() {
    let _watchdog = Watchdog::new("every_message_is_told_once_in_order");
    const MESSAGES: u64 = 10_000;
    let hub = hub(MESSAGES);
    let dispatcher = Dispatcher::new().unwrap();
    let listeners = [(); 3].map(|()| listen(&hub, &dispatcher));
    for i in 0..MESSAGES {
        hub.publish("x").unwrap();
        if i % 100 == 0 {
            thread::yield_now();
        }
    }
    let mut threads = Vec::new();
    for (listener, called) in listeners {
        for seq in 0..MESSAGES {
            let (told, thread) = called.recv().unwrap();
            assert_eq!(told, Ok(seq));
            threads.push(thread);
        }
        drop(listener);
        assert!(called.recv().is_err(), "the callback is dropped");
    }
    threads.dedup();
    assert_eq!(threads.len(), 1);
    assert_ne!(threads[0], thread::current().id());
}

#[test]
fn a_lag_is_told_and_the_end_once() {
    let _watchdog = Watchdog::new("a_lag_is_told_and_the_end_once");
    let hub = hub(2);
    let receiver = hub.subscribe().unwrap();
    for _ in 0..5 {
        hub.publish("x").unwrap();
    }
    hub.close();
    let dispatcher = Dispatcher::new().unwrap();
    let (calls, called) = channel();
    let _listener = receiver.on_message(&dispatcher, move |delivery| {
        let _ = calls.send(seq_of(delivery));
    });
    match called.recv().unwrap() {
        Err(RecvError::Lagged(lag)) => assert_eq!(lag.missed, 3),
        other => panic!("{other:?}"),
    }
    assert_eq!(called.recv(), Ok(Ok(3)));
    assert_eq!(called.recv(), Ok(Ok(4)));
    assert_eq!(called.recv(), Ok(Err(RecvError::Closed)));
    assert!(called.recv().is_err(), "the callback is dropped");
}

/// P5 of docs/reliability.md's list: after the drop of its listener a callback runs no more.
#[test]
fn a_removed_callback_is_never_called_again() {
    let _watchdog = Watchdog::new("a_removed_callback_is_never_called_again");
    let hub = hub(100);
    let dispatcher = Dispatcher::new().unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let publisher = {
        let (hub, done) = (hub.clone(), done.clone());
        thread::spawn(move || {
            while !done.load(SeqCst) {
                hub.publish("x").unwrap();
            }
        })
    };
    for _ in 0..300 {
        let is_removed = Arc::new(AtomicBool::new(false));
        let drops = Arc::new(AtomicUsize::new(0));
        let dropped = OnDrop({
            let drops = drops.clone();
            move || {
                drops.fetch_add(1, SeqCst);
            }
        });
        let seen = is_removed.clone();
        let receiver = hub.subscribe().unwrap();
        let listener = receiver.on_message(&dispatcher, move |_| {
            let _ = &dropped;
            assert!(!seen.load(SeqCst));
        });
        thread::yield_now();
        drop(listener);
        is_removed.store(true, SeqCst);
        assert_eq!(drops.load(SeqCst), 1);
    }
    done.store(true, SeqCst);
    publisher.join().unwrap();
}

#[test]
fn a_callback_may_do_everything() {
    let _watchdog = Watchdog::new("a_callback_may_do_everything");
    let hub = hub(10);
    let dispatcher = Dispatcher::new().unwrap();
    let own = Arc::new(Mutex::new(None));
    let (dropped, is_dropped) = channel();
    let on_drop = OnDrop(move || dropped.send(()).unwrap());
    let (calls, called) = channel();
    let callback = {
        let (hub, own) = (hub.clone(), own.clone());
        move |delivery: Delivery<'_>| {
            let _ = &on_drop;
            hub.publish("from inside").unwrap();
            let mut other = hub.subscribe().unwrap();
            hub.close();
            assert!(other.try_recv().is_err());
            let listener: Option<Listener> = own.lock().unwrap().take();
            assert!(listener.is_some());
            drop(listener);
            calls.send(seq_of(delivery)).unwrap();
        }
    };
    let mut set = own.lock().unwrap();
    let receiver = hub.subscribe().unwrap();
    hub.publish("x").unwrap();
    *set = Some(receiver.on_message(&dispatcher, callback));
    drop(set);
    assert_eq!(called.recv(), Ok(Ok(0)));
    is_dropped.recv().unwrap();
    assert!(
        called.recv().is_err(),
        "removed by itself, it is not told the end"
    );
}

#[test]
fn dropping_a_dispatcher_drops_its_callbacks() {
    let _watchdog = Watchdog::new("dropping_a_dispatcher_drops_its_callbacks");
    let hub = hub(10);
    let dispatcher = Dispatcher::new().unwrap();
    let (first, first_called) = listen(&hub, &dispatcher);
    let (_second, second_called) = listen(&hub, &dispatcher);
    hub.publish("x").unwrap();
    assert_eq!(first_called.recv().unwrap().0, Ok(0));
    drop(dispatcher);
    let rest: Vec<_> = second_called.iter().collect();
    assert!(rest.len() <= 1);
    assert!(first_called.recv().is_err());
    drop(first);
    hub.publish("nobody's").unwrap();
    assert_eq!(hub.publish("nobody's").unwrap().receivers, 0);
}

#[test]
fn a_dispatcher_may_be_dropped_by_its_own_callback() {
    let _watchdog = Watchdog::new("a_dispatcher_may_be_dropped_by_its_own_callback");
    let hub = hub(10);
    let dispatcher = Dispatcher::new().unwrap();
    let own = Arc::new(Mutex::new(None::<Dispatcher>));
    let (dropped, is_dropped) = channel();
    let on_drop = OnDrop(move || dropped.send(()).unwrap());
    let taken = own.clone();
    let _listener = hub.subscribe().unwrap().on_message(&dispatcher, move |_| {
        let _ = &on_drop;
        drop(taken.lock().unwrap().take());
    });
    *own.lock().unwrap() = Some(dispatcher);
    hub.publish("x").unwrap();
    is_dropped.recv().unwrap();
    assert!(own.lock().unwrap().is_none());
}

/// One that panics is removed; the others of its dispatcher go on.
#[test]
fn a_callback_that_panics_harms_nobody_else() {
    let _watchdog = Watchdog::new("a_callback_that_panics_harms_nobody_else");
    let hub = hub(10);
    let dispatcher = Dispatcher::new().unwrap();
    let _bad = hub.subscribe().unwrap().on_message(&dispatcher, |_| {
        std::panic::resume_unwind(Box::new("a bad callback"));
    });
    let (_good, called) = listen(&hub, &dispatcher);
    for seq in 0..3 {
        hub.publish("x").unwrap();
        assert_eq!(called.recv().unwrap().0, Ok(seq));
    }
    assert_eq!(hub.publish("x").unwrap().receivers, 1);
}

/// P7 of TORTURE: a callback that takes its time does not hold up those of another dispatcher, and a
/// busy one gives way to those of its own.
#[test]
fn callbacks_wait_for_those_of_their_dispatcher_only() {
    let _watchdog = Watchdog::new("callbacks_wait_for_those_of_their_dispatcher_only");
    let (busy, other) = (hub(1000), hub(1000));
    let [slow, fast] = [(); 2].map(|()| Dispatcher::new().unwrap());
    let (release, released) = channel::<()>();
    let (began, has_begun) = channel();
    let _waits = busy.subscribe().unwrap().on_message(&slow, move |_| {
        let _ = began.send(());
        let _ = released.recv();
    });
    busy.publish("x").unwrap();
    has_begun.recv().unwrap();
    let (_theirs, called) = listen(&other, &fast);
    let (_same, late) = listen(&other, &slow);
    other.publish("x").unwrap();
    assert_eq!(called.recv().unwrap().0, Ok(0));
    assert!(late.try_recv().is_err());
    // A thousand for the busy one; the other one is called before they are through.
    for _ in 1..1000 {
        busy.publish("x").unwrap();
    }
    drop(release);
    assert_eq!(late.recv().unwrap().0, Ok(0));
}

/// W4. With a pattern, the thread does not wake for what is not wanted.
#[test]
fn a_callback_is_called_for_what_is_wanted() {
    let _watchdog = Watchdog::new("a_callback_is_called_for_what_is_wanted");
    let hub = hub(10);
    let dispatcher = Dispatcher::new().unwrap();
    let options = ReceiverOptions::default().pattern("wanted");
    let receiver = hub.subscribe_with(&options).unwrap();
    let (calls, called) = channel();
    let _listener = receiver.on_message(&dispatcher, move |delivery| {
        let _ = calls.send(seq_of(delivery));
    });
    for topic in ["other", "other", "wanted"] {
        hub.publish(View::bytes(b"x").with_topic(topic)).unwrap();
    }
    assert_eq!(called.recv(), Ok(Ok(2)));
}

/// It is warned once, until it has caught up by half.
#[test]
fn a_callback_that_falls_behind_is_warned_before_it_lags() {
    let _watchdog = Watchdog::new("a_callback_that_falls_behind_is_warned_before_it_lags");
    let hub = hub(10);
    let dispatcher = Dispatcher::new().unwrap();
    let options = ReceiverOptions::default().warn_behind(6);
    let receiver = hub.subscribe_with(&options).unwrap();
    let (calls, called) = channel();
    let (go, may_go) = channel();
    let _listener = receiver.on_message(&dispatcher, move |delivery| {
        let _ = calls.send(match delivery {
            Delivery::Message(message) => message.seq().to_string(),
            Delivery::AboutToLag(behind) => format!("{behind} unread"),
            other => panic!("{other:?}"),
        });
        may_go.recv().unwrap();
    });
    let told = || called.recv().unwrap();
    hub.publish("x").unwrap();
    assert_eq!(told(), "0");
    for _ in 1..=7 {
        hub.publish("x").unwrap(); // while the callback is busy with the first
    }
    for expected in ["7 unread", "1", "2", "3", "4"] {
        go.send(()).unwrap();
        assert_eq!(told(), expected);
    }
    for _ in 8..=11 {
        hub.publish("x").unwrap();
    }
    for expected in ["5", "6", "7", "8", "9", "10", "11"] {
        go.send(()).unwrap();
        assert_eq!(
            told(),
            expected,
            "7 unread again, but it was warned already"
        );
    }
    for _ in 12..=17 {
        hub.publish("x").unwrap();
    }
    for expected in ["6 unread", "12"] {
        go.send(()).unwrap();
        assert_eq!(told(), expected);
    }
    hub.close();
    drop(go);
}

/// F12. What a program does with its signals is its own.
#[test]
fn a_dispatcher_blocks_every_signal() {
    let hub = hub(10);
    let dispatcher = Dispatcher::new().unwrap();
    let (calls, called) = channel();
    let _listener = hub.subscribe().unwrap().on_message(&dispatcher, move |_| {
        let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
        let blocked = status
            .lines()
            .find_map(|line| line.strip_prefix("SigBlk:\t"));
        let _ = calls.send(u64::from_str_radix(blocked.unwrap(), 16).unwrap());
    });
    hub.publish("x").unwrap();
    let blocked = called.recv().unwrap();
    for signal in [
        libc::SIGINT,
        libc::SIGTERM,
        libc::SIGUSR1,
        libc::SIGCHLD,
        libc::SIGALRM,
    ] {
        assert_ne!(blocked & 1 << (signal - 1), 0, "{signal}");
    }
    assert_eq!(blocked & 1 << (libc::SIGSEGV - 1), 0);
}

/// Memory of a publisher's own, whose end removes a callback.
struct Remover(Arc<Mutex<Option<Listener>>>);

impl AsRef<[u8]> for Remover {
    fn as_ref(&self) -> &[u8] {
        b"owned"
    }
}

impl Drop for Remover {
    fn drop(&mut self) {
        let listener = self.0.lock().unwrap().take();
        drop(listener);
    }
}

/// The callback's own thread frees it between two calls, of which there is then no second one.
#[test]
fn what_a_message_frees_may_remove_the_callback() {
    let _watchdog = Watchdog::new("what_a_message_frees_may_remove_the_callback");
    let hub = hub(1);
    let dispatcher = Dispatcher::new().unwrap();
    let listener = Arc::new(Mutex::new(None));
    let (calls, called) = channel();
    let (go_on, gone_on) = channel::<()>();
    let receiver = hub.subscribe().unwrap();
    *listener.lock().unwrap() = Some(receiver.on_message(&dispatcher, move |delivery| {
        let _ = calls.send(seq_of(delivery).unwrap());
        let _ = gone_on.recv();
    }));
    hub.publish_owned(Remover(listener), Kind::Bytes)
        .map_err(|refused| refused.error)
        .unwrap();
    assert_eq!(called.recv(), Ok(0));
    hub.publish("not for it any more").unwrap();
    drop(go_on);
    // The callback is dropped, and was not called before.
    assert!(called.recv().is_err());
}
