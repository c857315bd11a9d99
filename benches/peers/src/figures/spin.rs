// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! A message to another core and one back, both sides looking without pause.

use std::hint::black_box;
use std::thread;
use std::time::Instant;

use super::Message;
use crate::clock::ns_each;
use crate::contender::{Contender, Plan, Publisher, Receiver, Took};
use crate::contenders::{Crossbeam, Ours, Tokio};
use crate::measure::Table;
use crate::payload;
use crate::pin;
use crate::roundtrip;
use crate::settings::Settings;

pub(super) fn run(settings: &Settings) {
    Table::new(settings, "spin", "ns", ["round trip"])
        .across_cores()
        .column("ours", || [sample(settings, Ours::default())])
        .column("tokio", || [sample(settings, Tokio::<Message>::new())])
        .column("crossbeam", || {
            [sample(settings, Crossbeam::<Message, false>::lossy())]
        })
        .column("bare cache line", || {
            [roundtrip::measure(settings, settings.round_trips)]
        })
        .measure();
}

/// Nanoseconds for a round trip through two channels.
fn sample<C: Contender>(settings: &Settings, contender: C) -> f64 {
    let plan = Plan::usual(1);
    let (mut there, mut arrivals) = contender.open(plan);
    let (mut back, mut answers) = contender.open(plan);
    let payload = vec![7; plan.message_bytes];
    let payload = &payload;
    let trips = settings.round_trips;

    thread::scope(|scope| {
        scope.spawn(move || {
            pin::to(settings.cores.receiver(0));
            for _ in 0..=trips {
                wait(&mut arrivals[0]);
                back.publish(black_box(payload));
            }
        });
        let mut travel = || {
            there.publish(black_box(payload));
            wait(&mut answers[0]);
        };
        travel(); // waits for the thread to start
        let start = Instant::now();
        (0..trips).for_each(|_| travel());
        ns_each(start.elapsed(), trips)
    })
}

fn wait(receiver: &mut impl Receiver) {
    while receiver.try_recv(payload::look) != Took::Message {}
}
