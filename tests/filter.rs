// SPDX-License-Identifier: MIT OR Apache-2.0
//! P3 with filters: a receiver gets what it wants, and counts what it does not. One that sleeps is
//! not woken by what it does not want, and does not lag because of it.
#![cfg(not(loom))]

#[path = "support/watchdog.rs"]
mod watchdog;

use std::fs;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use signalhub::{
    Hub, OnLag, Options, Receiver, ReceiverOptions, RecvTimeoutError, SubscribeError, TopicError,
    TryRecvError, View,
};
use watchdog::Watchdog;

fn subscribe(hub: &Hub, pattern: &str) -> Receiver {
    hub.subscribe_with(&ReceiverOptions::default().pattern(pattern))
        .unwrap()
}

fn publish(hub: &Hub, topic: &str) {
    let view = View::text(topic).with_topic(topic);
    hub.publish(view).unwrap();
}

/// A thread of this process, as /proc has it.
struct Sleeper(libc::pid_t);

impl Sleeper {
    /// Says who it is, from inside.
    fn tell(to: &Sender<Self>) {
        // SAFETY: has no arguments and cannot fail.
        to.send(Self(unsafe { libc::gettid() })).unwrap();
    }

    /// Its state, and how many times it went to sleep.
    fn look(&self) -> (String, u64) {
        let status = fs::read_to_string(format!("/proc/self/task/{}/status", self.0)).unwrap();
        let field = |name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().trim().to_owned()
        };
        let sleeps = field("voluntary_ctxt_switches:");
        (field("State:"), sleeps.parse().unwrap())
    }

    /// Waits until it has gone to sleep more than `before` times, and sleeps. Returns how many.
    fn wait_until_asleep(&self, before: u64) -> u64 {
        loop {
            let (state, sleeps) = self.look();
            if state.starts_with('S') && sleeps > before {
                return sleeps;
            }
            thread::yield_now();
        }
    }
}

#[test]
fn received_and_filtered_add_up() {
    let hub = Hub::new(Options::default()).unwrap();
    let mut receiver = subscribe(&hub, "cpu.*");
    for topic in ["cpu.load", "disk.load", "cpu.load.x", "cpu.temp", "cpu"] {
        publish(&hub, topic);
    }
    hub.publish("no topic").unwrap();
    assert_eq!(receiver.try_recv().unwrap().text(), Some("cpu.load"));
    assert_eq!(receiver.recv().unwrap().seq(), 3);
    assert!(receiver.try_recv().is_err());
    let stats = receiver.stats();
    assert_eq!((stats.received, stats.filtered, stats.missed), (2, 4, 0));
    assert_eq!((stats.next_seq, stats.behind), (6, 0));
}

#[test]
fn what_was_not_wanted_is_not_in_the_message() {
    let hub = Hub::new(Options::default()).unwrap();
    let mut receiver = subscribe(&hub, "a");
    publish(&hub, "b");
    let timeout = Duration::from_nanos(1);
    assert!(receiver.recv_timeout(timeout).is_err());
    publish(&hub, "a");
    assert_eq!(receiver.recv_timeout(timeout).unwrap().text(), Some("a"));
}

#[test]
fn a_bad_pattern_says_why() {
    let hub = Hub::new(Options::default()).unwrap();
    let options = ReceiverOptions::default().pattern("a.*b");
    let error = hub.subscribe_with(&options).unwrap_err();
    assert_eq!(error, SubscribeError::Pattern(TopicError::Wildcard));
    assert_eq!(
        error.to_string(),
        "bad pattern: a wildcard where none can be"
    );
}

#[test]
fn a_sleeper_is_woken_only_by_what_it_wants() {
    let _watchdog = Watchdog::new("a_sleeper_is_woken_only_by_what_it_wants");
    const UNWANTED: u64 = 400;
    // Half of the ring is what may pass a sleeper by.
    let hub = Hub::new(Options::default().capacity(UNWANTED * 2)).unwrap();
    let mut receiver = subscribe(&hub, "wanted");
    let (to_us, sleeper) = channel();
    let thread = thread::spawn(move || {
        Sleeper::tell(&to_us);
        assert_eq!(receiver.recv().unwrap().seq(), UNWANTED);
        receiver.stats()
    });
    let sleeper = sleeper.recv().unwrap();
    let before = sleeper.wait_until_asleep(0);
    for _ in 0..UNWANTED {
        publish(&hub, "other");
        // Were it woken, it would have gone to sleep once more by now, most of the time.
        sleeper.wait_until_asleep(0);
    }
    let sleeps = sleeper.look().1 - before;
    publish(&hub, "wanted");
    assert_eq!(thread.join().unwrap().filtered, UNWANTED);
    assert!(sleeps < UNWANTED / 10, "it was woken {sleeps} times");
}

#[test]
fn what_is_not_wanted_makes_no_sleeper_lag() {
    let _watchdog = Watchdog::new("what_is_not_wanted_makes_no_sleeper_lag");
    const CAPACITY: u64 = 100;
    let hub = Hub::new(Options::default().capacity(CAPACITY)).unwrap();
    let options = ReceiverOptions::default()
        .pattern("wanted")
        .on_lag(OnLag::Skip);
    let mut receiver = hub.subscribe_with(&options).unwrap();
    let (to_us, sleeper) = channel();
    let thread = thread::spawn(move || {
        Sleeper::tell(&to_us);
        receiver.recv().unwrap();
        receiver.stats()
    });
    let sleeper = sleeper.recv().unwrap();
    let mut sleeps = 0;
    for _ in 0..20 {
        sleeps = sleeper.wait_until_asleep(sleeps);
        // One more than may pass it by: it wakes, and filters them.
        for _ in 0..=CAPACITY / 2 {
            publish(&hub, "other");
        }
    }
    sleeper.wait_until_asleep(sleeps);
    publish(&hub, "wanted");
    let stats = thread.join().unwrap();
    assert_eq!((stats.filtered, stats.missed), (20 * (CAPACITY / 2 + 1), 0));
}

/// Skipped lags and messages that are not wanted end no call, and must not keep it from its end.
#[test]
fn a_flood_of_what_is_not_wanted_holds_up_no_timeout() {
    let _watchdog = Watchdog::new("a_flood_of_what_is_not_wanted_holds_up_no_timeout");
    let hub = Hub::new(Options::default().capacity(100)).unwrap();
    let options = ReceiverOptions::default()
        .pattern("wanted")
        .on_lag(OnLag::Skip);
    let mut receiver = hub.subscribe_with(&options).unwrap();
    let flood = {
        let hub = hub.clone();
        thread::spawn(move || while hub.publish(View::bytes(b"x").with_topic("other")).is_ok() {})
    };
    // The flood ends when these calls have, not before.
    for _ in 0..20 {
        let timeout = receiver.recv_timeout(Duration::from_millis(1));
        assert_eq!(timeout.unwrap_err(), RecvTimeoutError::Timeout);
        assert_eq!(receiver.try_recv().unwrap_err(), TryRecvError::Empty);
    }
    hub.close();
    flood.join().unwrap();
    assert_eq!(receiver.recv().unwrap_err(), signalhub::RecvError::Closed);
}

/// The race in which a message that is wanted is complete before an earlier one that is not: on the
/// real kernel, where loom does not see the fences.
#[test]
fn no_wake_up_is_lost_between_two_publishers() {
    let _watchdog = Watchdog::new("no_wake_up_is_lost_between_two_publishers");
    const TURNS: u64 = 5_000;
    let hub = Hub::new(Options::default().capacity(1 << 16)).unwrap();
    let answers = Hub::new(Options::default()).unwrap();
    let mut wanted = subscribe(&hub, "wanted");
    let mut answered = answers.subscribe().unwrap();
    let noise = {
        let (hub, answers) = (hub.clone(), answers.clone());
        thread::spawn(move || {
            while !answers.is_closed() {
                publish(&hub, "other");
                thread::yield_now();
            }
        })
    };
    let listener = thread::spawn(move || {
        for _ in 0..TURNS {
            wanted.recv().unwrap();
            answers.publish("").unwrap();
        }
        answers.close();
        wanted.stats()
    });
    for _ in 0..TURNS {
        publish(&hub, "wanted");
        answered.recv().unwrap();
    }
    let stats = listener.join().unwrap();
    noise.join().unwrap();
    assert_eq!(
        stats.received + stats.filtered + stats.missed,
        stats.next_seq
    );
    assert_eq!(stats.received, TURNS);
}
