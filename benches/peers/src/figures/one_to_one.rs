// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! A stream from one core to another.

use super::Message;
use crate::contender::{Contender, Plan};
use crate::contenders::{Crossbeam, Ours, Tokio};
use crate::measure::Table;
use crate::settings::Settings;
use crate::stream::{Seats, Sending, Stream};

pub(super) fn run(settings: &Settings) {
    lossless(settings);
    lossy(settings);
}

fn lossless(settings: &Settings) {
    let paced = stream(settings, Sending::Paced);
    let own = stream(settings, Sending::Lossless);
    Table::new(settings, "one_to_one_lossless", "M/s", ["delivered"])
        .across_cores()
        .column("ours", move || [paced.run(Ours::default()).delivered])
        .column("tokio", move || {
            [paced.run(Tokio::<Message>::new()).delivered]
        })
        .column("crossbeam", move || {
            [paced.run(Crossbeam::<Message, false>::lossy()).delivered]
        })
        .column("crossbeam, own send", move || {
            [own.run(Crossbeam::<Message, true>::lossless()).delivered]
        })
        .measure();
}

fn lossy(settings: &Settings) {
    let stream = stream(settings, Sending::Lossy);
    Table::new(
        settings,
        "one_to_one_lossy",
        "M/s",
        ["published", "delivered"],
    )
    .across_cores()
    .column("ours", move || both(stream, Ours::default()))
    .column("tokio", move || both(stream, Tokio::<Message>::new()))
    .column("crossbeam", move || {
        both(stream, Crossbeam::<Message, false>::lossy())
    })
    .measure();
}

fn stream(settings: &Settings, sending: Sending) -> Stream<'_> {
    Stream {
        settings,
        plan: Plan::usual(1),
        sending,
        seats: Seats::Awake,
    }
}

fn both<C: Contender>(stream: Stream<'_>, contender: C) -> [f64; 2] {
    let flow = stream.run(contender);
    [flow.published, flow.delivered]
}
