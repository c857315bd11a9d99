// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Publishing while nobody receives.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::Message;
use crate::clock::ns_each;
use crate::contender::{Contender, Plan, Publisher, Receiver, Took};
use crate::contenders::{Crossbeam, Ours, Tokio};
use crate::measure::Table;
use crate::payload;
use crate::settings::Settings;

pub(super) fn run(settings: &Settings) {
    let plan = Plan::usual(1);
    Table::new(settings, "publish", "ns", ["publish"])
        .column("ours", || [sample(settings, Ours::default(), plan)])
        .column("tokio", || {
            [sample(settings, Tokio::<Message>::new(), plan)]
        })
        .column("crossbeam", || {
            [sample(settings, Crossbeam::<Message, false>::lossy(), plan)]
        })
        .measure();
}

/// Nanoseconds for one publish, in batches of a capacity. Where a full channel would refuse the
/// next batch, it is emptied while the clock stands still.
pub(super) fn sample<C: Contender>(settings: &Settings, contender: C, plan: Plan) -> f64 {
    let (mut publisher, mut receivers) = contender.open(plan);
    let payload = vec![7; plan.message_bytes];
    let mut batch = || {
        let start = Instant::now();
        for _ in 0..plan.capacity {
            publisher.publish(black_box(&payload));
        }
        let elapsed = start.elapsed();
        if C::Publisher::REFUSES_WHEN_FULL {
            receivers.iter_mut().for_each(empty);
        }
        elapsed
    };
    batch(); // maps memory, warms caches
    let (mut elapsed, mut messages) = (Duration::ZERO, 0);
    while elapsed < settings.sample_time {
        elapsed += batch();
        messages += plan.capacity as u64;
    }
    ns_each(elapsed, messages)
}

fn empty(receiver: &mut impl Receiver) {
    while receiver.try_recv(payload::look) == Took::Message {}
}
