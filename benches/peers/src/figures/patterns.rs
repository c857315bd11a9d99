// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! What receivers with patterns cost: the publisher, while they sleep and do not want its messages,
//! and themselves, when they pass over one. Ours alone: no peer has topics.

use std::hint::black_box;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use signalhub::{Hub, Options, ReceiverOptions, RecvError, View};

use super::Message;
use crate::clock::{ns_each, ns_per_op};
use crate::measure::Table;
use crate::settings::Settings;
use crate::sleeper::Sleeper;

/// Sleepers wake to filter once in half of it: seldom.
const CAPACITY: usize = 1 << 16;
const TOPIC: &str = "machine.cpu.load";
/// As unlike the topic as a pattern can be: at the last token.
const PATTERN: &str = "machine.*.temperature";

pub(super) fn run(settings: &Settings) {
    let rows = [
        "publish with a topic, nobody asleep",
        "publish, 1 asleep that does not want it",
        "publish, 10 asleep that do not want it",
        "publish, 100 asleep that do not want it",
        "receive, a pattern that matches",
        "pass over, a pattern that does not match",
    ];
    Table::new(settings, "patterns", "ns", rows)
        .column("ours", || {
            let [none, one, ten, hundred] = [0, 1, 10, 100].map(|asleep| publish(settings, asleep));
            [
                none,
                one,
                ten,
                hundred,
                receive(settings, "machine.*.load"),
                receive(settings, PATTERN),
            ]
        })
        .measure();
}

/// Nanoseconds for a publish while so many threads sleep for something else.
fn publish(settings: &Settings, asleep: usize) -> f64 {
    let hub = hub();
    let (to_us, sleepers) = channel();
    for _ in 0..asleep {
        let mut receiver = subscribe(&hub, PATTERN);
        let to_us = to_us.clone();
        thread::spawn(move || {
            to_us
                .send(Sleeper::this_thread())
                .expect("who asks still listens");
            while receiver.recv().map(drop) != Err(RecvError::Closed) {}
        });
    }
    for _ in 0..asleep {
        sleepers.recv().expect("the thread lives").wait();
    }
    let payload: Message = [7; 64];
    let message = View::bytes(&payload).with_topic(TOPIC);
    let ns = ns_per_op(settings.sample_time, CAPACITY, || {
        for _ in 0..CAPACITY {
            publish_one(&hub, black_box(message));
        }
    });
    hub.close();
    ns
}

/// Nanoseconds for taking, or passing over, one message of those that a ring holds.
fn receive(settings: &Settings, pattern: &str) -> f64 {
    let hub = hub();
    let mut receiver = subscribe(&hub, pattern);
    let payload: Message = [7; 64];
    let message = View::bytes(&payload).with_topic(TOPIC);
    let (mut elapsed, mut messages) = (Duration::ZERO, 0);
    while elapsed < settings.sample_time {
        for _ in 0..CAPACITY {
            publish_one(&hub, message);
        }
        let start = Instant::now();
        while receiver.try_recv().map(black_box).is_ok() {}
        elapsed += start.elapsed();
        messages += CAPACITY as u64;
    }
    ns_each(elapsed, messages)
}

fn hub() -> Hub {
    Hub::new(Options::default().capacity(CAPACITY as u64)).expect("the ring fits in memory")
}

fn subscribe(hub: &Hub, pattern: &str) -> signalhub::Receiver {
    hub.subscribe_with(&ReceiverOptions::default().pattern(pattern))
        .expect("the hub is open, the pattern is one")
}

fn publish_one(hub: &Hub, message: View<'_>) {
    hub.publish(message).expect("the hub is open");
}
