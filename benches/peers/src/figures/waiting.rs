// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! A message now and then: how long until a blocked receiver has it, and how much of a processor
//! the receiver uses meanwhile.

use std::hint::spin_loop;
use std::thread;
use std::time::{Duration, Instant};

use signalhub::Wait;

use super::Message;
use crate::contender::{Contender, Plan, Publisher, Receiver, Took};
use crate::contenders::{Crossbeam, Ours, Tokio};
use crate::cpu;
use crate::measure::Table;
use crate::payload;
use crate::pin;
use crate::settings::Settings;

const PERIODS: [Duration; 3] = [
    Duration::from_micros(3),
    Duration::from_micros(30),
    Duration::from_micros(300),
];
const ROWS: [&str; 3] = ["each 3 us", "each 30 us", "each 300 us"];

pub(super) fn run(settings: &Settings) {
    table(settings, "waiting_latency", "us", |seen| seen.latency_us);
    table(settings, "waiting_cpu", "%", |seen| seen.cpu_percent);
}

fn table(
    settings: &Settings,
    name: &'static str,
    unit: &'static str,
    what: impl Fn(&Seen) -> f64 + Copy,
) {
    let ours = |wait| move || periods(settings, Ours::with_wait(wait), what);
    Table::new(settings, name, unit, ROWS)
        .across_cores()
        .column("ours, adaptive", ours(Wait::Adaptive))
        .column("ours, spin", ours(Wait::Spin))
        .column("ours, yield", ours(Wait::Yield))
        .column("ours, park", ours(Wait::Park))
        .column("tokio", || periods(settings, Tokio::<Message>::new(), what))
        .column("crossbeam", || {
            periods(settings, Crossbeam::<Message, false>::lossy(), what)
        })
        .measure();
}

fn periods<C: Contender>(
    settings: &Settings,
    contender: C,
    what: impl Fn(&Seen) -> f64,
) -> [f64; PERIODS.len()] {
    PERIODS.map(|period| what(&sample(settings, contender, period)))
}

/// What a receiver came across.
struct Seen {
    /// The median, from just before publish until it had the message.
    latency_us: f64,
    cpu_percent: f64,
}

fn sample<C: Contender>(settings: &Settings, contender: C, period: Duration) -> Seen {
    let (mut publisher, mut receivers) = contender.open(Plan::usual(1));
    let messages = (settings.sample_time.as_nanos() / period.as_nanos()) as u32;
    let origin = Instant::now();
    let now = move || origin.elapsed().as_nanos() as u64;

    thread::scope(|scope| {
        let receiving = scope.spawn(move || {
            pin::to(settings.cores.receiver(0));
            let (start, busy) = (Instant::now(), cpu::time());
            let mut took = Vec::with_capacity(messages as usize);
            let mut take = || {
                receivers[0]
                    .recv(|message| took.push(now().saturating_sub(payload::first_word(message))))
            };
            while matches!(take(), Took::Message | Took::Lagged) {}
            let busy = cpu::time() - busy;
            took.sort_unstable();
            Seen {
                latency_us: took[took.len() / 2] as f64 / 1e3,
                cpu_percent: 100.0 * busy.as_secs_f64() / start.elapsed().as_secs_f64(),
            }
        });
        let start = Instant::now();
        let mut message: Message = [7; 64];
        for n in 1..=messages {
            while start.elapsed() < period * n {
                spin_loop();
            }
            message[..8].copy_from_slice(&now().to_le_bytes());
            publisher.publish(&message);
        }
        drop(publisher);
        receiving.join().expect("the receiver's thread")
    })
}
