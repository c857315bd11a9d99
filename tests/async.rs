// SPDX-License-Identifier: MIT OR Apache-2.0
//! P9, P10: receiving in a task, under tokio, under smol's executor, and under one made by hand.
#![cfg(not(loom))]

#[path = "support/watchdog.rs"]
mod watchdog;

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use futures_lite::{StreamExt, future};
use signalhub::{Hub, Options, ReceiverOptions, RecvError, View};
use watchdog::Watchdog;

fn hub(capacity: u64) -> Hub {
    Hub::new(Options::default().capacity(capacity)).unwrap()
}

/// Counts how often it was woken, and unparks a thread.
struct Counter {
    woken: AtomicUsize,
    thread: Thread,
}

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.woken.fetch_add(1, SeqCst);
        self.thread.unpark();
    }
}

fn counter() -> (Arc<Counter>, Waker) {
    let counter = Arc::new(Counter {
        woken: AtomicUsize::new(0),
        thread: thread::current(),
    });
    (counter.clone(), counter.into())
}

/// The smallest executor there is.
fn block_on<F: Future>(future: F) -> F::Output {
    let (counter, waker) = counter();
    let mut future = pin!(future);
    let mut seen = 0;
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        while counter.woken.load(SeqCst) == seen {
            thread::park();
        }
        seen = counter.woken.load(SeqCst);
    }
}

fn tokio() -> tokio::runtime::Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().build().unwrap()
}

/// Receives what another thread publishes, one message after each answer; a lost wake-up hangs.
async fn take_turns() {
    const TURNS: u64 = 1000;
    let (ping, pong) = (hub(1), hub(1));
    let mut pings = ping.subscribe().unwrap();
    let mut pongs = pong.subscribe().unwrap();
    let other = thread::spawn(move || {
        for seq in 0..TURNS {
            ping.publish("ping").unwrap();
            assert_eq!(pongs.recv().unwrap().seq(), seq);
        }
    });
    for seq in 0..TURNS {
        assert_eq!(pings.recv_async().await.unwrap().seq(), seq);
        pong.publish("pong").unwrap();
    }
    other.join().unwrap();
    assert_eq!(pings.recv_async().await.unwrap_err(), RecvError::Closed);
}

#[test]
fn another_thread_wakes_a_task_of_any_runtime() {
    let _watchdog = Watchdog::new("another_thread_wakes_a_task_of_any_runtime");
    tokio().block_on(take_turns());
    future::block_on(take_turns());
    block_on(take_turns());
}

#[test]
fn a_task_may_move_to_another_thread() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let _watchdog = Watchdog::new("a_task_may_move_to_another_thread");
    let hub = hub(4);
    let mut receiver = hub.subscribe().unwrap();
    let task = is_send(async move { receiver.recv_async().await.unwrap().seq() });
    let (_, waker) = counter();
    let mut task = Box::pin(task);
    assert!(
        task.as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    let moved = thread::spawn(|| block_on(task));
    hub.publish("x").unwrap();
    assert_eq!(moved.join().unwrap(), 0);
    let _ = is_send(hub.subscribe().unwrap().into_stream());
}

#[test]
fn the_last_waker_is_the_one_that_is_woken() {
    let hub = hub(4);
    let mut receiver = hub.subscribe().unwrap();
    let (first, first_waker) = counter();
    let (second, second_waker) = counter();
    let mut task = pin!(receiver.recv_async());
    for waker in [&first_waker, &first_waker, &second_waker] {
        let polled = task.as_mut().poll(&mut Context::from_waker(waker));
        assert!(polled.is_pending());
    }
    hub.publish("x").unwrap();
    assert_eq!(first.woken.load(SeqCst), 0);
    assert_eq!(second.woken.load(SeqCst), 1);
    hub.publish("y").unwrap();
    assert_eq!(
        second.woken.load(SeqCst),
        1,
        "woken once for what it waits for"
    );
    let polled = task.as_mut().poll(&mut Context::from_waker(&second_waker));
    assert!(matches!(polled, Poll::Ready(Ok(message)) if message.seq() == 0));
}

/// P9. Whether a future is dropped before it was polled, while it waits, or after it was woken: what
/// it did not return is still there, and nothing holds on to its waker.
#[test]
fn a_future_that_is_dropped_leaves_nothing_behind() {
    let hub = hub(4);
    let mut receiver = hub.subscribe().unwrap();
    let (counter, waker) = counter();
    let shares = Arc::strong_count(&counter);
    for seq in 0..3 {
        drop(receiver.recv_async());
        {
            let mut waiting = pin!(receiver.recv_async());
            assert!(
                waiting
                    .as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            );
            assert_eq!(Arc::strong_count(&counter), shares + 1);
        }
        assert_eq!(Arc::strong_count(&counter), shares);
        {
            let mut woken = pin!(receiver.recv_async());
            assert!(
                woken
                    .as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            );
            hub.publish("x").unwrap();
        }
        assert_eq!(counter.woken.load(SeqCst), seq + 1);
        assert_eq!(Arc::strong_count(&counter), shares);
        assert_eq!(receiver.try_recv().unwrap().seq(), seq as u64);
    }
    let mut stream = receiver.into_stream();
    assert!(
        stream
            .poll_next(&mut Context::from_waker(&waker))
            .is_pending()
    );
    assert_eq!(Arc::strong_count(&counter), shares + 1);
    drop(stream);
    assert_eq!(Arc::strong_count(&counter), shares);
}

/// P9. Timeouts that drop a receive again and again, while messages arrive: each is seen once.
#[test]
fn no_message_is_lost_in_a_storm_of_cancellations() {
    let _watchdog = Watchdog::new("no_message_is_lost_in_a_storm_of_cancellations");
    const MESSAGES: u64 = 3000;
    let hub = hub(MESSAGES);
    let mut receiver = hub.subscribe().unwrap();
    let publisher = thread::spawn(move || {
        for i in 0..MESSAGES {
            hub.publish("x").unwrap();
            if i % 7 == 0 {
                thread::sleep(Duration::from_micros(20));
            }
        }
    });
    tokio().block_on(async {
        let (mut next, mut round) = (0, 0);
        loop {
            round += 1;
            let message = match round % 3 {
                0 => tokio::time::timeout(Duration::ZERO, receiver.recv_async())
                    .await
                    .ok(),
                1 => tokio::select! {
                    biased;
                    () = tokio::task::yield_now() => None,
                    message = receiver.recv_async() => Some(message),
                },
                _ => tokio::select! {
                    message = receiver.recv_async() => Some(message),
                    () = tokio::task::yield_now() => None,
                },
            };
            match message {
                None => {}
                Some(Ok(message)) => {
                    assert_eq!(message.seq(), next);
                    next += 1;
                }
                Some(Err(error)) => break assert_eq!(error, RecvError::Closed),
            }
        }
        assert_eq!(next, MESSAGES);
    });
    publisher.join().unwrap();
}

#[test]
fn closing_wakes_every_task() {
    let _watchdog = Watchdog::new("closing_wakes_every_task");
    let hub = hub(4);
    tokio().block_on(async {
        let (waits, waiting) = mpsc::channel();
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let mut receiver = hub.subscribe().unwrap();
                let waits = waits.clone();
                async move {
                    waits.send(()).unwrap();
                    receiver.recv_async().await.map(drop)
                }
            })
            .map(|task| thread::spawn(|| block_on(task)))
            .collect();
        for _ in 0..20 {
            waiting.recv().unwrap();
        }
        hub.close();
        for task in tasks {
            assert_eq!(task.join().unwrap(), Err(RecvError::Closed));
        }
    });
}

#[test]
fn a_lag_is_told_to_a_task() {
    let hub = hub(2);
    let mut receiver = hub.subscribe().unwrap();
    for _ in 0..5 {
        hub.publish("x").unwrap();
    }
    match block_on(receiver.recv_async()) {
        Err(RecvError::Lagged(lag)) => assert_eq!(lag.missed, 3),
        other => panic!("{other:?}"),
    }
    assert_eq!(block_on(receiver.recv_async()).unwrap().seq(), 3);
}

#[test]
fn a_stream_has_every_message_and_every_lag_and_ends() {
    let hub = hub(2);
    let mut receiver = hub.subscribe().unwrap();
    hub.publish("first").unwrap();
    let first = block_on(receiver.stream().next()).unwrap().unwrap();
    assert_eq!(first.text(), Some("first"));
    for _ in 0..3 {
        hub.publish("x").unwrap();
    }
    hub.close();
    let mut stream = receiver.into_stream();
    let items: Vec<_> = block_on((&mut stream).collect::<Vec<_>>());
    let seqs: Vec<_> = items
        .iter()
        .map(|item| {
            item.as_ref()
                .map_or_else(|lag| lag.missed, |message| message.seq())
        })
        .collect();
    assert_eq!(seqs, [1, 2, 3]);
    assert_eq!(items[0].as_ref().unwrap_err().missed, 1);
    assert!(block_on(stream.next()).is_none(), "for good");
    assert_eq!(stream.into_receiver().stats().received, 3);
}

/// W4. A task with a pattern is not polled for each message that it does not want.
#[test]
fn a_task_is_woken_by_what_it_wants() {
    let hub = hub(1000);
    let options = ReceiverOptions::default().pattern("wanted");
    let mut receiver = hub.subscribe_with(&options).unwrap();
    let (counter, waker) = counter();
    let mut task = pin!(receiver.recv_async());
    assert!(
        task.as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    for _ in 0..100 {
        hub.publish(View::bytes(b"x").with_topic("other")).unwrap();
    }
    assert_eq!(counter.woken.load(SeqCst), 0);
    hub.publish(View::bytes(b"x").with_topic("wanted")).unwrap();
    assert_eq!(counter.woken.load(SeqCst), 1);
    assert!(
        task.as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_ready()
    );
}

/// A look gives up after a lap of what is not wanted; the task goes on all the same.
#[test]
fn a_look_that_gives_up_is_taken_up_again() {
    for capacity in [1, 2] {
        let _watchdog = Watchdog::new("a_look_that_gives_up_is_taken_up_again");
        let hub = hub(capacity);
        let options = ReceiverOptions::default().pattern("wanted");
        let mut receiver = hub.subscribe_with(&options).unwrap();
        let publisher = thread::spawn(move || {
            for _ in 0..20_000 {
                hub.publish(View::bytes(b"x").with_topic("other")).unwrap();
            }
            hub.publish(View::bytes(b"x").with_topic("wanted")).unwrap();
            hub
        });
        block_on(async { while receiver.recv_async().await.is_err() {} });
        publisher.join().unwrap();
    }
}

/// A waker that panics is not the publisher's, nor that of the others that it wakes.
#[test]
fn a_waker_that_panics_harms_nobody_else() {
    struct Bad;
    impl Wake for Bad {
        fn wake(self: Arc<Self>) {
            std::panic::resume_unwind(Box::new("a bad waker"));
        }
    }
    let hub = hub(4);
    let [mut first, mut second] = [(); 2].map(|()| hub.subscribe().unwrap());
    let (counter, good) = counter();
    let bad = Waker::from(Arc::new(Bad));
    let mut first = pin!(first.recv_async());
    let mut second = pin!(second.recv_async());
    assert!(
        first
            .as_mut()
            .poll(&mut Context::from_waker(&bad))
            .is_pending()
    );
    assert!(
        second
            .as_mut()
            .poll(&mut Context::from_waker(&good))
            .is_pending()
    );
    hub.publish("x").unwrap();
    assert_eq!(counter.woken.load(SeqCst), 1);
}

/// Wakers are foreign code: one that uses the hub finds nothing locked.
#[test]
fn a_waker_may_use_the_hub() {
    struct Publisher(Hub);
    impl Wake for Publisher {
        fn wake(self: Arc<Self>) {
            let _ = self.0.publish("from a waker");
            drop(self.0.subscribe());
        }
    }
    let _watchdog = Watchdog::new("a_waker_may_use_the_hub");
    let hub = hub(4);
    let mut receiver = hub.subscribe().unwrap();
    let waker = Waker::from(Arc::new(Publisher(hub.clone())));
    {
        let mut task = pin!(receiver.recv_async());
        assert!(
            task.as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        hub.publish("x").unwrap();
    }
    assert_eq!(hub.next_seq(), 2);
    assert_eq!(receiver.recv().unwrap().text(), Some("x"));
    assert_eq!(receiver.recv().unwrap().text(), Some("from a waker"));
}
