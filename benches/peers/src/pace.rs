// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Keeps a publisher from overrunning its receivers, in the same way for every contender.
//!
//! The publisher looks how far the receivers are only when it may be a whole capacity ahead, and
//! goes on when half of that is free, so that the counters travel seldom.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

use crate::contender::Plan;

/// How far each receiver has come.
pub(crate) struct Pace {
    capacity: u64,
    received: Vec<Line>,
}

/// A counter on cache lines of its own. One receiver's thread writes it, the publisher reads it.
#[repr(align(128))]
#[derive(Default)]
struct Line(AtomicU64);

/// One receiver's counter, in the hands of the only thread that writes it.
pub(crate) struct Progress<'a>(&'a AtomicU64);

impl Pace {
    pub(crate) fn new(plan: Plan) -> Self {
        let received = (0..plan.receivers).map(|_| Line::default()).collect();
        Self {
            capacity: plan.capacity as u64,
            received,
        }
    }

    pub(crate) fn capacity(&self) -> u64 {
        self.capacity
    }

    pub(crate) fn progress(&self) -> impl Iterator<Item = Progress<'_>> {
        self.received.iter().map(|line| Progress(&line.0))
    }

    /// Waits until half the capacity is free, and returns the seq up to which there is room. Pauses
    /// by `pause` in between.
    pub(crate) fn wait(&self, published: u64, pause: impl Fn()) -> u64 {
        loop {
            // The messages counted were read. Pairs with the Release store in `advance`.
            let slowest = self
                .received
                .iter()
                .map(|line| line.0.load(Acquire))
                .min()
                .unwrap_or(0);
            if slowest + self.capacity / 2 >= published {
                return slowest + self.capacity;
            }
            pause();
        }
    }
}

impl Progress<'_> {
    /// Counts one message more.
    #[inline]
    pub(crate) fn advance(&self) {
        // Keeps the reading before the count. Pairs with the Acquire load in `Pace::wait`.
        self.0.store(self.received() + 1, Release);
    }

    pub(crate) fn received(&self) -> u64 {
        self.0.load(Relaxed)
    }
}
