// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Messages of many sizes: published from bytes, and read to the last byte, on one thread.

use std::sync::Arc;

use super::pair::sample;
use crate::contender::{Contender, Plan};
use crate::contenders::{Crossbeam, Ours, Tokio};
use crate::measure::Table;
use crate::payload;
use crate::settings::Settings;

pub(super) fn run(settings: &Settings) {
    sized::<8>(settings, "8 B", 1024);
    sized::<64>(settings, "64 B", 1024);
    sized::<256>(settings, "256 B", 1024);
    sized::<1024>(settings, "1 KB", 1024);
    allocated(settings, "64 KB", 64 << 10, 64).measure();
    allocated(settings, "1 MB", 1 << 20, 16).measure();
    allocated(settings, "10 MB", 10 << 20, 4).measure();
    allocated(settings, "100 MB", 100 << 20, 2).measure();
}

/// Small enough that a peer's user may pass it by value.
fn sized<const N: usize>(settings: &Settings, row: &'static str, capacity: usize) {
    let plan = Plan {
        capacity,
        message_bytes: N,
        receivers: 1,
    };
    allocated(settings, row, N, capacity)
        .column("tokio, [u8; N]", move || {
            through(settings, Tokio::<[u8; N]>::new(), plan)
        })
        .measure();
}

fn allocated<'a>(
    settings: &'a Settings,
    row: &'static str,
    message_bytes: usize,
    capacity: usize,
) -> Table<'a, 1> {
    let plan = Plan {
        capacity,
        message_bytes,
        receivers: 1,
    };
    let table = Table::new(settings, "payload", "ns", [row])
        .column("ours", move || through(settings, Ours::default(), plan))
        .column("tokio, Arc<[u8]>", move || {
            through(settings, Tokio::<Arc<[u8]>>::new(), plan)
        })
        .column("tokio, Vec<u8>", move || {
            through(settings, Tokio::<Vec<u8>>::new(), plan)
        })
        .column("crossbeam, Arc<[u8]>", move || {
            through(settings, Crossbeam::<Arc<[u8]>, false>::lossy(), plan)
        });
    #[cfg(feature = "iceoryx2")]
    let table = table.column("iceoryx2", move || {
        [super::iceoryx2::sample(settings, plan)]
    });
    table
}

fn through<C: Contender>(settings: &Settings, contender: C, plan: Plan) -> [f64; 1] {
    [sample(settings, contender, plan, payload::read)]
}
