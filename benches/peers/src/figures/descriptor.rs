// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! An event loop as the receiver: what a publish costs that wakes it, and when the message is there.

use std::time::{Duration, Instant};

use signalhub::{Hub, Options, TryRecvError};

use super::{Message, wake::percentiles};
use crate::eventfd::{EventFd, wait_until_readable};
use crate::measure::Table;
use crate::payload::first_word;
use crate::settings::Settings;

pub(super) fn run(settings: &Settings) {
    let rows = ["publish, p50", "received, p50", "received, p99"];
    Table::new(settings, "descriptor", "us", rows)
        .across_cores()
        .column("ours", || ours(settings))
        .column("bare eventfd", || bare(settings))
        .measure();
}

fn ours(settings: &Settings) -> [f64; 3] {
    let hub = Hub::new(Options::default()).expect("the ring fits in memory");
    let mut receiver = hub.subscribe().expect("the hub is open");
    let fd = receiver.fd().expect("there is a descriptor more");
    let publish = |sent: u64| {
        let mut message: Message = [7; 64];
        message[..8].copy_from_slice(&sent.to_le_bytes());
        hub.publish(&message).expect("the hub is open");
    };
    // Looks first, as an event loop does that reads until nothing is there.
    let recv = move || {
        loop {
            match receiver.try_recv() {
                Ok(message) => return first_word(message.payload()),
                Err(TryRecvError::Empty) => wait_until_readable(fd),
                Err(error) => panic!("{error}"),
            }
        }
    };
    sample(settings, publish, recv)
}

fn bare(settings: &Settings) -> [f64; 3] {
    let eventfd = &EventFd::new();
    sample(settings, |sent| eventfd.send(sent), || eventfd.recv())
}

/// The p50 of how long `publish` takes, and percentiles of the time from just before it until `recv`
/// has the message, in microseconds.
fn sample(
    settings: &Settings,
    mut publish: impl FnMut(u64),
    recv: impl FnMut() -> u64 + Send,
) -> [f64; 3] {
    let mut publishing: Vec<Duration> = Vec::with_capacity(settings.wakes);
    let timed = |sent| {
        let start = Instant::now();
        publish(sent);
        publishing.push(start.elapsed());
    };
    let [p50, p99] = percentiles(settings, timed, recv);
    publishing.sort_unstable();
    let publish = publishing[publishing.len() / 2].as_nanos() as f64 / 1e3;
    [publish, p50, p99]
}
