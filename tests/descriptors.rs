// SPDX-License-Identifier: MIT OR Apache-2.0
//! P10: a receiver's descriptor is readable when there is something, and no wake-up of an event loop
//! is lost.
#![cfg(not(loom))]

#[path = "support/watchdog.rs"]
mod watchdog;

use std::os::fd::RawFd;
use std::thread;
use std::time::Duration;

use signalhub::{
    Hub, OnLag, Options, Receiver, ReceiverOptions, RecvTimeoutError, TryRecvError, View, wait_any,
};
use watchdog::Watchdog;

/// Waits until `fd` is readable, `timeout_ms` at most (negative: for ever). Whether it is.
fn poll(fd: RawFd, timeout_ms: i32) -> bool {
    let mut polled = libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one entry, which is there.
    let ready = unsafe { libc::poll(&raw mut polled, 1, timeout_ms) };
    assert!(ready >= 0);
    ready == 1 && polled.revents == libc::POLLIN
}

fn is_readable(fd: RawFd) -> bool {
    poll(fd, 0)
}

fn hub(capacity: u64) -> Hub {
    Hub::new(Options::default().capacity(capacity)).unwrap()
}

fn is_empty(receiver: &mut Receiver) -> bool {
    receiver.try_recv().map(drop) == Err(TryRecvError::Empty)
}

#[test]
fn it_is_readable_while_there_is_something() {
    let hub = hub(100);
    let mut receiver = hub.subscribe().unwrap();
    let fd = receiver.fd().unwrap();
    assert!(!is_readable(fd));
    for _ in 0..3 {
        hub.publish("a").unwrap();
        assert!(is_readable(fd));
        hub.publish("b").unwrap();
        receiver.try_recv().unwrap();
        assert!(is_readable(fd), "one is left");
        receiver.try_recv().unwrap();
        assert!(is_empty(&mut receiver));
        assert!(!is_readable(fd));
        assert!(is_empty(&mut receiver));
        assert!(!is_readable(fd));
    }
    assert_eq!(receiver.fd().unwrap(), fd);
}

#[test]
fn it_is_readable_at_once_if_something_is_there() {
    let hub = hub(2);
    let mut receiver = hub.subscribe().unwrap();
    hub.publish("a").unwrap();
    let fd = receiver.fd().unwrap();
    assert!(is_readable(fd));
    assert_eq!(receiver.try_recv().unwrap().text(), Some("a"));

    let mut lagging = hub.subscribe().unwrap();
    for _ in 0..5 {
        hub.publish("b").unwrap();
    }
    let fd = lagging.fd().unwrap();
    assert!(is_readable(fd));
    match lagging.try_recv() {
        Err(TryRecvError::Lagged(lag)) => assert_eq!(lag.missed, 3),
        other => panic!("{other:?}"),
    }
    assert!(is_readable(fd), "two are left");
}

/// B18.
#[test]
fn a_thousand_messages_are_one_wake_up_and_leave_nothing_behind() {
    let hub = hub(2000);
    let mut receiver = hub.subscribe().unwrap();
    let fd = receiver.fd().unwrap();
    for _ in 0..1000 {
        hub.publish("x").unwrap();
    }
    assert!(is_readable(fd));
    for _ in 0..1000 {
        receiver.try_recv().unwrap();
    }
    assert!(is_empty(&mut receiver));
    assert!(!is_readable(fd));
}

#[test]
fn a_closed_hub_stays_readable() {
    let hub = hub(4);
    let mut receiver = hub.subscribe().unwrap();
    let fd = receiver.fd().unwrap();
    hub.publish("last").unwrap();
    hub.close();
    assert!(is_readable(fd));
    receiver.try_recv().unwrap();
    for _ in 0..3 {
        assert!(is_readable(fd));
        assert_eq!(receiver.try_recv().unwrap_err(), TryRecvError::Closed);
    }
}

#[test]
fn closing_wakes_an_event_loop() {
    let _watchdog = Watchdog::new("closing_wakes_an_event_loop");
    let hub = hub(4);
    let mut receiver = hub.subscribe().unwrap();
    let fd = receiver.fd().unwrap();
    let watcher = thread::spawn(move || poll(fd, -1));
    drop(hub);
    assert!(watcher.join().unwrap());
    assert_eq!(receiver.try_recv().unwrap_err(), TryRecvError::Closed);
}

/// Every form of receive that says that nothing is there makes it unreadable.
#[test]
fn a_timeout_makes_it_unreadable() {
    let hub = hub(4);
    let mut receiver = hub.subscribe().unwrap();
    let fd = receiver.fd().unwrap();
    for timeout in [Duration::ZERO, Duration::from_micros(50)] {
        hub.publish("x").unwrap();
        receiver.recv_timeout(timeout).unwrap();
        assert_eq!(
            receiver.recv_timeout(timeout).unwrap_err(),
            RecvTimeoutError::Timeout
        );
        assert!(!is_readable(fd));
    }
}

/// W4. What is not wanted wakes once in half a ring, so that the receiver does not lag.
#[test]
fn a_receiver_with_a_pattern_is_woken_by_what_it_wants() {
    let hub = hub(8);
    let options = ReceiverOptions::default().pattern("wanted");
    let mut receiver = hub.subscribe_with(&options).unwrap();
    let fd = receiver.fd().unwrap();
    let other = View::bytes(b"x").with_topic("other");
    for _ in 0..3 {
        hub.publish(other).unwrap();
        assert!(!is_readable(fd));
    }
    hub.publish(View::bytes(b"x").with_topic("wanted")).unwrap();
    assert!(is_readable(fd));
    receiver.try_recv().unwrap();
    assert!(is_empty(&mut receiver));
    for _ in 0..100 {
        hub.publish(other).unwrap();
        if is_readable(fd) {
            assert!(is_empty(&mut receiver));
            assert!(!is_readable(fd));
        }
    }
    assert_eq!(receiver.stats().missed, 0);
    assert_eq!(receiver.stats().filtered, 103);
}

/// A look gives up after a lap of what is not wanted. Then there may be more, and it is readable.
#[test]
fn a_look_that_gives_up_leaves_it_readable() {
    for capacity in [1, 2, 3] {
        let _watchdog = Watchdog::new("a_look_that_gives_up_leaves_it_readable");
        let hub = hub(capacity);
        let options = ReceiverOptions::default()
            .pattern("wanted")
            .on_lag(OnLag::Skip);
        let mut receiver = hub.subscribe_with(&options).unwrap();
        let fd = receiver.fd().unwrap();
        let publisher = thread::spawn(move || {
            for _ in 0..20_000 {
                hub.publish(View::bytes(b"x").with_topic("other")).unwrap();
            }
            let wanted = View::bytes(b"x").with_topic("wanted");
            hub.publish(wanted).unwrap();
            hub
        });
        loop {
            assert!(poll(fd, -1));
            match receiver.try_recv().map(drop) {
                Ok(()) => break,
                Err(error) => assert_eq!(error, TryRecvError::Empty),
            }
        }
        publisher.join().unwrap();
    }
}

#[test]
fn a_receiver_with_a_descriptor_can_block_too() {
    let _watchdog = Watchdog::new("a_receiver_with_a_descriptor_can_block_too");
    const TURNS: u64 = 1000;
    let hub = hub(TURNS);
    let mut receiver = hub.subscribe().unwrap();
    let fd = receiver.fd().unwrap();
    let publisher = thread::spawn(move || {
        for _ in 0..TURNS {
            hub.publish("x").unwrap();
            thread::yield_now();
        }
        hub
    });
    for seq in 0..TURNS {
        match seq % 3 {
            0 => assert_eq!(receiver.recv().unwrap().seq(), seq),
            1 => {
                assert_eq!(wait_any([&mut receiver], None), Ok(0));
                assert_eq!(receiver.try_recv().unwrap().seq(), seq);
            }
            _ => loop {
                assert!(poll(fd, -1));
                match receiver.try_recv() {
                    Ok(message) => break assert_eq!(message.seq(), seq),
                    Err(error) => assert_eq!(error, TryRecvError::Empty),
                }
            },
        }
    }
    drop(publisher.join().unwrap());
    assert!(is_readable(fd));
    assert_eq!(receiver.try_recv().unwrap_err(), TryRecvError::Closed);
}

/// Two threads take turns, each in its event loop while the other runs: a lost wake-up hangs. This
/// is the membarrier path, which loom cannot see.
#[test]
fn no_wake_up_is_lost() {
    let _watchdog = Watchdog::new("no_wake_up_is_lost");
    const TURNS: u64 = 4_000;
    let (ping, pong) = (hub(1), hub(1));
    let mut pings = ping.subscribe().unwrap();
    let mut pongs = pong.subscribe().unwrap();
    let turn = |receiver: &mut Receiver, fd, seq| {
        loop {
            assert!(poll(fd, -1));
            match receiver.try_recv() {
                Ok(message) => return assert_eq!(message.seq(), seq),
                Err(error) => assert_eq!(error, TryRecvError::Empty),
            }
        }
    };
    let answers = thread::spawn(move || {
        let fd = pings.fd().unwrap();
        for seq in 0..TURNS {
            turn(&mut pings, fd, seq);
            pong.publish("pong").unwrap();
        }
    });
    let fd = pongs.fd().unwrap();
    for seq in 0..TURNS {
        ping.publish("ping").unwrap();
        turn(&mut pongs, fd, seq);
    }
    answers.join().unwrap();
}

/// The event loop does not spin: it turns at most twice for a message.
#[test]
fn an_event_loop_turns_only_when_something_came() {
    let _watchdog = Watchdog::new("an_event_loop_turns_only_when_something_came");
    const MESSAGES: u64 = 20_000;
    let hub = hub(MESSAGES);
    let mut receiver = hub.subscribe().unwrap();
    let fd = receiver.fd().unwrap();
    let publishers: Vec<_> = (0..2)
        .map(|_| {
            let hub = hub.clone();
            thread::spawn(move || {
                for _ in 0..MESSAGES / 2 {
                    hub.publish("x").unwrap();
                }
            })
        })
        .collect();
    let (mut turns, mut received) = (0, 0);
    while received < MESSAGES {
        assert!(poll(fd, -1));
        turns += 1;
        while receiver.try_recv().is_ok() {
            received += 1;
        }
    }
    assert!(turns <= 2 * MESSAGES + 1, "{turns}");
    publishers
        .into_iter()
        .for_each(|publisher| publisher.join().unwrap());
}

/// That it is closed with its receiver, and that nobody writes to its number then, is for a process
/// that has its descriptors for itself: tests/c/descriptors.c.
#[test]
fn a_descriptor_is_not_inherited() {
    let mut receiver = hub(4).subscribe().unwrap();
    // SAFETY: asks about a descriptor.
    let flags = unsafe { libc::fcntl(receiver.fd().unwrap(), libc::F_GETFD) };
    assert_eq!(flags, libc::FD_CLOEXEC);
}
