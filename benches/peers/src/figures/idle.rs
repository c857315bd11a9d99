// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! What receivers that do not receive cost the publisher.

use super::{Message, publish::sample};
use crate::contender::{Contender, Plan};
use crate::contenders::{Crossbeam, Ours, Tokio};
use crate::measure::Table;
use crate::settings::Settings;

/// 128 messages: a channel for each of 10,000 receivers must fit in memory.
const CAPACITY: usize = 128;
const RECEIVERS: [usize; 5] = [1, 10, 100, 1_000, 10_000];

pub(super) fn run(settings: &Settings) {
    let rows = [
        "1 receiver",
        "10 receivers",
        "100 receivers",
        "1,000 receivers",
        "10,000 receivers",
    ];
    Table::new(settings, "idle", "ns", rows)
        .column("ours", || counts(settings, Ours::default()))
        .column("tokio", || counts(settings, Tokio::<Message>::new()))
        .column("crossbeam", || {
            counts(settings, Crossbeam::<Message, false>::lossy())
        })
        .measure();
}

fn counts<C: Contender>(settings: &Settings, contender: C) -> [f64; RECEIVERS.len()] {
    RECEIVERS.map(|receivers| {
        let plan = Plan {
            capacity: CAPACITY,
            ..Plan::usual(receivers)
        };
        sample(settings, contender, plan)
    })
}
