// SPDX-License-Identifier: MIT OR Apache-2.0
//! P10: a blocked receiver uses no CPU, and no wake-up is lost on the real kernel.
#![cfg(not(loom))]

#[path = "support/watchdog.rs"]
mod watchdog;

use std::thread;
use std::time::Duration;

use signalhub::{Hub, Options, RecvTimeoutError};
use watchdog::Watchdog;

/// CPU time of this process so far.
fn cpu_time() -> Duration {
    // SAFETY: all-zero bytes are a valid rusage.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: `usage` is writable.
    let status = unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    assert_eq!(status, 0);
    let time = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1000);
    time(usage.ru_utime) + time(usage.ru_stime)
}

/// Alone in its process, so that the CPU time is its own: see `idle` below.
fn eight_blocked_receivers_for_five_seconds() {
    const WAIT: Duration = Duration::from_secs(5);
    let hub = Hub::new(Options::default()).unwrap();
    let before = cpu_time();
    let sleepers: Vec<_> = (0..8)
        .map(|_| {
            let mut receiver = hub.subscribe().unwrap();
            thread::spawn(move || receiver.recv_timeout(WAIT).map(drop))
        })
        .collect();
    for sleeper in sleepers {
        assert_eq!(sleeper.join().unwrap(), Err(RecvTimeoutError::Timeout));
    }
    let used = cpu_time() - before;
    assert!(
        used < WAIT / 100,
        "eight idle receivers used {used:?} in {WAIT:?}"
    );
}

#[test]
fn a_blocked_receiver_uses_no_cpu() {
    const ALONE: &str = "SIGNALHUB_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return eight_blocked_receivers_for_five_seconds();
    }
    let this = std::env::current_exe().unwrap();
    let test = ["--exact", "a_blocked_receiver_uses_no_cpu", "--nocapture"];
    let status = std::process::Command::new(this)
        .args(test)
        .env(ALONE, "1")
        .status()
        .unwrap();
    assert!(status.success());
}

/// Two threads take turns, each asleep while the other runs: a lost wake-up hangs. This is the
/// membarrier path, which loom cannot see.
#[test]
fn no_wake_up_is_lost() {
    let _watchdog = Watchdog::new("no_wake_up_is_lost");
    const TURNS: u64 = 10_000;
    let ping = Hub::new(Options::default().capacity(1)).unwrap();
    let pong = Hub::new(Options::default().capacity(1)).unwrap();
    let mut pings = ping.subscribe().unwrap();
    let mut pongs = pong.subscribe().unwrap();
    let answers = thread::spawn(move || {
        for turn in 0..TURNS {
            assert_eq!(pings.recv().unwrap().seq(), turn);
            pong.publish("pong").unwrap();
        }
    });
    for turn in 0..TURNS {
        ping.publish("ping").unwrap();
        assert_eq!(pongs.recv().unwrap().seq(), turn);
    }
    answers.join().unwrap();
}

/// One publisher, many sleepers, each of which waits for every message.
#[test]
fn every_sleeper_gets_every_message() {
    let _watchdog = Watchdog::new("every_sleeper_gets_every_message");
    const MESSAGES: u64 = 3_000;
    let hub = Hub::new(Options::default().capacity(MESSAGES)).unwrap();
    let sleepers: Vec<_> = (0..4)
        .map(|_| {
            let mut receiver = hub.subscribe().unwrap();
            thread::spawn(move || {
                for seq in 0..MESSAGES {
                    assert_eq!(receiver.recv().unwrap().seq(), seq);
                }
            })
        })
        .collect();
    for _ in 0..MESSAGES {
        hub.publish("x").unwrap();
        thread::yield_now();
    }
    for sleeper in sleepers {
        sleeper.join().unwrap();
    }
}
