// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Several threads publish to one receiver, which sleeps when nothing is there.
//!
//! Each message says who published it, and each publisher is held back by what the receiver has of
//! its own: it gets an equal share of the capacity, whoever brings the messages.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use super::Message;
use crate::clock::millions_per_second;
use crate::contender::{Contender, Plan, Publisher, Receiver, Took};
use crate::contenders::{Crossbeam, Ours, Tokio};
use crate::measure::Table;
use crate::pace::Pace;
use crate::payload;
use crate::pin;
use crate::settings::Settings;

const PUBLISHERS: [usize; 3] = [1, 2, 4];

pub(super) fn run(settings: &Settings) {
    let rows = ["1 publisher", "2 publishers", "4 publishers"];
    Table::new(settings, "publishers", "M/s", rows)
        .across_cores()
        .column("ours", || counts(settings, Ours::default()))
        .column("tokio", || counts(settings, Tokio::<Message>::new()))
        .column("crossbeam", || {
            counts(settings, Crossbeam::<Message, false>::lossy())
        })
        .measure();
}

fn counts<C: Contender>(settings: &Settings, contender: C) -> [f64; PUBLISHERS.len()]
where
    C::Publisher: Clone,
{
    PUBLISHERS.map(|publishers| sample(settings, contender, publishers))
}

/// Millions of messages a second that the receiver got from all publishers together.
fn sample<C: Contender>(settings: &Settings, contender: C, publishers: usize) -> f64
where
    C::Publisher: Clone,
{
    let plan = Plan::usual(1);
    let share = Plan {
        capacity: plan.capacity / publishers,
        ..plan
    };
    let paces: Vec<_> = (0..publishers).map(|_| Pace::new(share)).collect();
    let messages = settings.stream_messages / publishers as u64;
    let (publisher, mut receivers) = contender.open(plan);
    let ready = Barrier::new(publishers + 1);

    thread::scope(|scope| {
        let receiving = scope.spawn(|| {
            pin::to(settings.cores.receiver(0));
            let progress: Vec<_> = paces.iter().flat_map(Pace::progress).collect();
            let count = |payload: &[u8]| progress[payload::first_word(payload) as usize].advance();
            ready.wait();
            while receivers[0].recv(count) == Took::Message {}
            let received: u64 = progress.iter().map(|progress| progress.received()).sum();
            assert_eq!(received, messages * publishers as u64, "none is lost");
            Instant::now()
        });
        let spawn = |(n, pace)| {
            let (mut publisher, ready) = (publisher.clone(), &ready);
            scope.spawn(move || {
                pin::to(settings.cores.any(n));
                ready.wait();
                let start = Instant::now();
                publish(&mut publisher, n, messages, pace);
                start
            })
        };
        let publishing: Vec<_> = paces.iter().enumerate().map(spawn).collect();
        drop(publisher); // the stream ends with its clones
        let starts = publishing.into_iter().map(|publisher| publisher.join());
        let start = starts
            .map(|start| start.expect("a publisher's thread"))
            .min();
        let start = start.expect("there are publishers");
        let end = receiving.join().expect("the receiver's thread");
        millions_per_second(messages * publishers as u64, end - start)
    })
}

fn publish(publisher: &mut impl Publisher, n: usize, messages: u64, pace: &Pace) {
    let mut payload: Message = [7; 64];
    payload[..8].copy_from_slice(&(n as u64).to_le_bytes());
    let mut room = pace.capacity();
    for seq in 0..messages {
        if seq == room {
            room = pace.wait(seq, thread::yield_now);
        }
        publisher.publish(black_box(&payload));
    }
}
