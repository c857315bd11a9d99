// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! The same work through the C ABI and through the Rust API, on one thread.
//!
//! Publishing is one call; the pair is three: publish, try_recv, message_view.

use super::{pair, publish};
use crate::contender::{Contender, Plan};
use crate::contenders::{CAbi, Ours};
use crate::measure::Table;
use crate::payload;
use crate::settings::Settings;

pub(super) fn run(settings: &Settings) {
    let Some(path) = &settings.library else {
        eprintln!("c_abi: left out, for want of --library");
        return;
    };
    let c = CAbi::load(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Table::new(settings, "c_abi", "ns", ["publish", "publish + try_recv"])
        .column("C", || both(settings, c))
        .column("Rust", || both(settings, Ours::default()))
        .measure();
}

fn both<C: Contender>(settings: &Settings, contender: C) -> [f64; 2] {
    let plan = Plan::usual(1);
    [
        publish::sample(settings, contender, plan),
        pair::sample(settings, contender, plan, payload::look),
    ]
}
