// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! An event loop as the receiver: what a publish costs that wakes it, and when the message is there.

use std::time::{Duration, Instant};

use super::wake::percentiles;
use crate::eventfd::EventFd;
use crate::measure::Table;
use crate::settings::Settings;

pub(super) fn run(settings: &Settings) {
    let rows = ["publish, p50", "received, p50", "received, p99"];
    Table::new(settings, "descriptor", "us", rows)
        .across_cores()
        .column("bare eventfd", || bare(settings))
        .measure();
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
