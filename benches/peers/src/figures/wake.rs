// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! From just before publish until a receiver that was asleep in recv has the message.

use std::hint::spin_loop;
use std::sync::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Release},
};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::Message;
use crate::contender::{Contender, Plan, Publisher, Receiver, Took};
use crate::contenders::{Crossbeam, Ours, Tokio};
use crate::futex::Futex;
use crate::measure::Table;
use crate::payload;
use crate::pin;
use crate::settings::Settings;
use crate::sleeper::Sleeper;

/// How long the receiver is left asleep, so that every contender finds its core as deep in sleep.
const REST: Duration = Duration::from_micros(100);

pub(super) fn run(settings: &Settings) {
    Table::new(settings, "wake", "us", ["p50", "p99"])
        .across_cores()
        .column("ours", || sample(settings, Ours::default()))
        .column("tokio", || sample(settings, Tokio::<Message>::new()))
        .column("crossbeam", || {
            sample(settings, Crossbeam::<Message, false>::lossy())
        })
        .column("bare futex", || bare(settings))
        .measure();
}

fn sample<C: Contender>(settings: &Settings, contender: C) -> [f64; 2] {
    let (mut publisher, mut receivers) = contender.open(Plan::usual(1));
    let mut message: Message = [7; 64];
    let publish = |sent: u64| {
        message[..8].copy_from_slice(&sent.to_le_bytes());
        publisher.publish(&message);
    };
    let recv = move || {
        let mut sent = 0;
        let took = receivers[0].recv(|payload| sent = payload::first_word(payload));
        assert_eq!(took, Took::Message);
        sent
    };
    percentiles(settings, publish, recv)
}

fn bare(settings: &Settings) -> [f64; 2] {
    let futex = &Futex::default();
    let mut numbers = 0..;
    percentiles(
        settings,
        |sent| futex.send(sent),
        move || futex.recv(numbers.next().expect("numbers do not end")),
    )
}

/// Wakes the receiver again and again with the time of sending; returns the p50 and p99 of how long
/// that took, in microseconds.
pub(super) fn percentiles(
    settings: &Settings,
    mut publish: impl FnMut(u64),
    mut recv: impl FnMut() -> u64 + Send,
) -> [f64; 2] {
    let origin = Instant::now();
    let now = move || origin.elapsed().as_nanos() as u64;
    let received = &AtomicUsize::new(0);
    let (introduce, introduced) = mpsc::channel();

    thread::scope(|scope| {
        let receiver = scope.spawn(move || {
            pin::to(settings.cores.receiver(0));
            introduce
                .send(Sleeper::this_thread())
                .expect("the publisher waits for it");
            let wake = |_| {
                let sent = recv();
                let took = now() - sent;
                // The message was received. Pairs with the Acquire load of the publisher.
                received.fetch_add(1, Release);
                took
            };
            (0..settings.wakes).map(wake).collect::<Vec<_>>()
        });
        let sleeper = introduced.recv().expect("the receiver introduces itself");
        for sent in 0..settings.wakes {
            // Not the sleep before the last message. Pairs with the Release increment above.
            while received.load(Acquire) < sent {
                spin_loop();
            }
            sleeper.wait();
            rest();
            publish(now());
        }
        let mut took = receiver.join().expect("the receiver's thread");
        took.sort_unstable();
        [50, 99].map(|percent| took[took.len() * percent / 100] as f64 / 1e3)
    })
}

/// Awake: the publisher's own core must not fall asleep.
fn rest() {
    let start = Instant::now();
    while start.elapsed() < REST {
        spin_loop();
    }
}
