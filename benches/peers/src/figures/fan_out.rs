// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! A stream to four receivers.
//!
//! Four threads that never sleep need five cores. With fewer, one thread looks at all four, and,
//! apart from that, four threads sleep by turns on the cores there are.

use super::Message;
use crate::contender::Plan;
use crate::contenders::{Crossbeam, Ours, Tokio};
use crate::measure::Table;
use crate::settings::Settings;
use crate::stream::{Seats, Sending, Stream};

const RECEIVERS: usize = 4;

pub(super) fn run(settings: &Settings) {
    seated(settings, "fan_out_polled", Seats::Polled);
    seated(settings, "fan_out_asleep", Seats::Asleep);
    if settings.cores.seat(RECEIVERS) {
        seated(settings, "fan_out_awake", Seats::Awake);
    }
}

fn seated(settings: &Settings, table: &'static str, seats: Seats) {
    let plan = Plan::usual(RECEIVERS);
    let paced = Stream {
        settings,
        plan,
        sending: Sending::Paced,
        seats,
    };
    let own = Stream {
        sending: Sending::Lossless,
        ..paced
    };
    Table::new(settings, table, "M/s", ["delivered"])
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
