// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! What one receiver more costs, by the size of the message, when it only looks at it.
//!
//! The publisher is on another core: copying a large message empties the caches of its own core,
//! which is no cost of receiving. Where each receiver has a channel of its own, one more costs a
//! send as well; so crossbeam-channel does not take part.

use std::hint::{black_box, spin_loop};
use std::sync::Arc;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Release},
};
use std::thread;
use std::time::{Duration, Instant};

use crate::clock::ns_each;
use crate::contender::{Contender, Plan, Publisher, Receiver, Took};
use crate::contenders::{Ours, Tokio};
use crate::measure::Table;
use crate::payload;
use crate::pin;
use crate::settings::Settings;

/// Receivers that are timed. One more receives before them, which waits for the message and finds
/// it on the other core, and one after them, which in a peer frees it.
const EXTRA: usize = 32;

/// The length of the message, and a capacity with which the ring fits in memory.
const SIZES: [(usize, usize); 5] = [
    (64, 1024),
    (1 << 10, 1024),
    (64 << 10, 64),
    (1 << 20, 16),
    (100 << 20, 2),
];

/// Wanted when no more are.
const STOP: u64 = u64::MAX;

pub(super) fn run(settings: &Settings) {
    let rows = ["64 B", "1 KB", "64 KB", "1 MB", "100 MB"];
    Table::new(settings, "extra_receiver", "ns", rows)
        .across_cores()
        .column("ours", || sizes(settings, Ours::default()))
        .column("tokio, Arc<[u8]>", || {
            sizes(settings, Tokio::<Arc<[u8]>>::new())
        })
        .measure();
}

fn sizes<C: Contender>(settings: &Settings, contender: C) -> [f64; SIZES.len()] {
    SIZES.map(|(message_bytes, capacity)| {
        let plan = Plan {
            capacity,
            message_bytes,
            receivers: EXTRA + 2,
        };
        sample(settings, contender, plan)
    })
}

/// Nanoseconds for one receiver to take a message that others take too: the median of all messages,
/// because a thread that loses its core in one of these short moments would spoil a mean.
fn sample<C: Contender>(settings: &Settings, contender: C, plan: Plan) -> f64 {
    let (publisher, mut receivers) = contender.open(plan);
    let wanted = &AtomicU64::new(0);
    thread::scope(|scope| {
        let receiving = scope.spawn(move || {
            pin::to(settings.cores.receiver(0));
            let mut message = |n| {
                // Pairs with the Acquire load in `publish`.
                wanted.store(n, Release);
                receive(&mut receivers)
            };
            let warm = plan.capacity as u64;
            for n in 1..=warm {
                message(n); // fills the ring
            }
            let begin = Instant::now();
            let mut took = Vec::new();
            while begin.elapsed() < settings.sample_time {
                took.push(message(warm + took.len() as u64 + 1));
            }
            wanted.store(STOP, Release);
            took.sort_unstable();
            ns_each(took[took.len() / 2], EXTRA as u64)
        });
        publish(publisher, plan, wanted);
        receiving.join().expect("the receivers' thread")
    })
}

/// Publishes as many messages as are wanted.
fn publish(mut publisher: impl Publisher, plan: Plan, wanted: &AtomicU64) {
    let payload = vec![7; plan.message_bytes];
    let mut published = 0;
    loop {
        // The last message was received. Pairs with the Release store in `sample`.
        match wanted.load(Acquire) {
            STOP => return,
            n if n > published => {
                publisher.publish(black_box(&payload));
                published = n;
            }
            _ => spin_loop(),
        }
    }
}

/// Lets each receiver take the next message, and returns how long those took that are timed.
fn receive(receivers: &mut [impl Receiver]) -> Duration {
    let [first, extra @ .., last] = receivers else {
        panic!("the plan has receivers")
    };
    while first.try_recv(payload::look) != Took::Message {
        spin_loop();
    }
    let take = |receiver| assert_eq!(Receiver::try_recv(receiver, payload::look), Took::Message);
    let start = Instant::now();
    extra.iter_mut().for_each(take);
    let elapsed = start.elapsed();
    take(last);
    elapsed
}
