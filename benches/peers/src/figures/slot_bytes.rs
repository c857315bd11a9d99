// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! What the size of a slot costs and saves: the ground for the default.

use super::pair;
use crate::contender::Plan;
use crate::contenders::Ours;
use crate::measure::Table;
use crate::payload;
use crate::settings::Settings;
use crate::stream::{Seats, Sending, Stream};

const SLOT_BYTES: [u64; 7] = [64, 128, 192, 256, 320, 384, 512];
const ROWS: [&str; 2] = ["64 B message", "200 B message"];
const PLANS: [Plan; 2] = [
    Plan::usual(1),
    Plan {
        message_bytes: 200,
        ..Plan::usual(1)
    },
];

pub(super) fn run(settings: &Settings) {
    let mut pairs = Table::new(settings, "slot_bytes_pair", "ns", ROWS);
    let mut streams = Table::new(settings, "slot_bytes_stream", "M/s", ROWS).across_cores();
    for slot_bytes in SLOT_BYTES {
        let ours = Ours::with_slot_bytes(slot_bytes);
        pairs = pairs.column(slot_bytes.to_string(), move || {
            PLANS.map(|plan| pair::sample(settings, ours, plan, payload::look))
        });
        streams = streams.column(slot_bytes.to_string(), move || {
            PLANS.map(|plan| {
                let (sending, seats) = (Sending::Paced, Seats::Awake);
                Stream {
                    settings,
                    plan,
                    sending,
                    seats,
                }
                .run(ours)
                .delivered
            })
        });
    }
    pairs.measure();
    streams.measure();
}
