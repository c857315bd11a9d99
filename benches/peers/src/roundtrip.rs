// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! How far apart two cores are: the time for one cache line to go to the other core and back.
//!
//! On a virtual machine it changes by an order of magnitude from minute to minute, and with it all
//! that crosses cores. So it is measured just before, and waited for.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Release},
};
use std::thread;
use std::time::{Duration, Instant};

use crate::clock::ns_each;
use crate::pin;
use crate::settings::Settings;

/// A sample counts if the round trip before it took no longer.
pub(crate) const CLOSE_NS: f64 = 200.0;

/// A line that two cores write in turn: the publisher's odd numbers, the receiver's even ones.
#[repr(align(128))]
#[derive(Default)]
struct Line(AtomicU64);

impl Line {
    fn write(&self, number: u64) {
        // Each side writes after it saw the other's write. Pairs with the Acquire in `wait_for`.
        self.0.store(number, Release);
    }

    fn wait_for(&self, number: u64) {
        // Pairs with the Release store in `write`.
        while self.0.load(Acquire) != number {}
    }
}

/// Nanoseconds for a round trip between the publisher's core and the first receiver's.
pub(crate) fn measure(settings: &Settings, trips: u64) -> f64 {
    let line = &Line::default();
    thread::scope(|scope| {
        scope.spawn(|| {
            pin::to(settings.cores.receiver(0));
            for trip in 0..=trips {
                line.wait_for(2 * trip + 1);
                line.write(2 * trip + 2);
            }
        });
        let travel = |trip| {
            line.write(2 * trip + 1);
            line.wait_for(2 * trip + 2);
        };
        travel(0); // waits for the thread to start
        let start = Instant::now();
        (1..=trips).for_each(travel);
        ns_each(start.elapsed(), trips)
    })
}

/// Waits, but not for ever, until the cores are close; returns the last round trip.
pub(crate) fn settle(settings: &Settings) -> f64 {
    let start = Instant::now();
    loop {
        let round_trip = measure(settings, 10_000);
        if round_trip <= CLOSE_NS || start.elapsed() >= settings.settle_time {
            return round_trip;
        }
        thread::sleep(Duration::from_millis(20));
    }
}
