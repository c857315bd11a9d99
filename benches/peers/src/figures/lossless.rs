// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! A stream from one core to another, in which the contenders themselves hold the publisher back.

use super::Message;
use crate::contender::{Contender, Plan};
use crate::contenders::{Crossbeam, Lossless, TokioMpsc};
use crate::measure::Table;
use crate::settings::Settings;
use crate::stream::{Seats, Sending, Stream};

pub(super) fn run(settings: &Settings) {
    let rows = ["receiver spins", "receiver sleeps"];
    Table::new(settings, "lossless", "M/s", rows)
        .across_cores()
        .column("ours", || both(settings, Lossless))
        .column("tokio mpsc", || both(settings, TokioMpsc::<Message>::new()))
        .column("crossbeam", || {
            both(settings, Crossbeam::<Message, true>::lossless())
        })
        .measure();
}

fn both<C: Contender>(settings: &Settings, contender: C) -> [f64; 2] {
    [Seats::Awake, Seats::Asleep].map(|seats| {
        let stream = Stream {
            settings,
            plan: Plan::usual(1),
            sending: Sending::Lossless,
            seats,
        };
        stream.run(contender).delivered
    })
}
