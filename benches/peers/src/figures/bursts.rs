// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Receiving messages that come a hundred at a time: one by one, by one call for all, packed into
//! one buffer. From C and from Rust, on one thread; the clock stands still while they are published.

use std::time::{Duration, Instant};

use signalhub::{Message, Packed};

use crate::clock::ns_each;
use crate::contender::{Contender, Plan, Publisher, Receiver, Took};
use crate::contenders::{Batch, CAbi, Ours};
use crate::measure::Table;
use crate::payload::look;
use crate::settings::Settings;

const BURST: usize = 100;
const SIZES: [usize; 3] = [16, 64, 256];

pub(super) fn run(settings: &Settings) {
    let Some(path) = &settings.library else {
        eprintln!("bursts: left out, for want of --library");
        return;
    };
    let c = CAbi::load(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let rows = ["16 B", "64 B", "256 B"];
    Table::new(settings, "bursts", "ns", rows)
        .column("C, recv", || {
            SIZES.map(|size| one_by_one(settings, c, size))
        })
        .column("C, recv_many", || {
            SIZES.map(|size| many_in_c(settings, c, size))
        })
        .column("C, recv_packed", || {
            SIZES.map(|size| packed_in_c(settings, c, size))
        })
        .column("Rust, recv", || {
            SIZES.map(|size| one_by_one(settings, Ours::default(), size))
        })
        .column("Rust, recv_many", || SIZES.map(|size| many(settings, size)))
        .column("Rust, recv_packed", || {
            SIZES.map(|size| packed(settings, size))
        })
        .measure();
}

fn one_by_one<C: Contender>(settings: &Settings, contender: C, size: usize) -> f64 {
    sample(settings, contender, size, |receiver| {
        for _ in 0..BURST {
            assert_eq!(receiver.recv(look), Took::Message);
        }
        BURST
    })
}

fn many_in_c(settings: &Settings, c: CAbi, size: usize) -> f64 {
    let mut batch = Batch::new(c, BURST);
    sample(settings, c, size, |receiver| {
        receiver.recv_many(&mut batch, look)
    })
}

fn packed_in_c(settings: &Settings, c: CAbi, size: usize) -> f64 {
    let (mut buf, mut offsets) = (vec![0; BURST * size], [0; BURST + 1]);
    sample(settings, c, size, |receiver| {
        receiver.recv_packed(&mut buf, &mut offsets, look)
    })
}

fn many(settings: &Settings, size: usize) -> f64 {
    let mut messages = vec![Message::default(); BURST];
    sample(settings, Ours::default(), size, |receiver| {
        let received = receiver.recv_many(&mut messages, None);
        let received = received.expect("messages are there");
        received.iter().for_each(|message| look(message.payload()));
        received.len()
    })
}

fn packed(settings: &Settings, size: usize) -> f64 {
    let mut batch = Packed::new(BURST, BURST * size);
    sample(settings, Ours::default(), size, |receiver| {
        let count = receiver.recv_packed(&mut batch, None);
        batch.iter().for_each(look);
        count.expect("messages are there")
    })
}

/// Nanoseconds for one message of a burst, which `receive` takes and looks at, all of it.
fn sample<C: Contender>(
    settings: &Settings,
    contender: C,
    message_bytes: usize,
    mut receive: impl FnMut(&mut C::Receiver) -> usize,
) -> f64 {
    let (mut publisher, mut receivers) = contender.open(Plan {
        message_bytes,
        ..Plan::usual(1)
    });
    let payload = vec![7; message_bytes];
    let (mut elapsed, mut messages) = (Duration::ZERO, 0);
    let mut burst = || {
        for _ in 0..BURST {
            publisher.publish(&payload);
        }
        let start = Instant::now();
        assert_eq!(receive(&mut receivers[0]), BURST);
        start.elapsed()
    };
    for _ in 0..BURST {
        burst(); // maps memory, warms caches
    }
    let begin = Instant::now();
    while begin.elapsed() < settings.sample_time {
        elapsed += burst();
        messages += BURST as u64;
    }
    ns_each(elapsed, messages)
}
