// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! One thread publishes a message and receives it: the work itself, without other cores.

use std::hint::black_box;

use super::Message;
use crate::clock::ns_per_op;
use crate::contender::{Contender, Plan, Publisher, Receiver, Took};
use crate::contenders::{Crossbeam, Ours, Tokio};
use crate::measure::Table;
use crate::payload;
use crate::settings::Settings;

pub(super) fn run(settings: &Settings) {
    let plan = Plan::usual(1);
    Table::new(settings, "pair", "ns", ["publish + try_recv"])
        .column("ours", || {
            [sample(settings, Ours::default(), plan, payload::look)]
        })
        .column("tokio", || {
            [sample(
                settings,
                Tokio::<Message>::new(),
                plan,
                payload::look,
            )]
        })
        .column("crossbeam", || {
            [sample(
                settings,
                Crossbeam::<Message, false>::lossy(),
                plan,
                payload::look,
            )]
        })
        .measure();
}

/// Nanoseconds for one message through.
pub(super) fn sample<C: Contender>(
    settings: &Settings,
    contender: C,
    plan: Plan,
    read: impl Fn(&[u8]),
) -> f64 {
    let (mut publisher, mut receivers) = contender.open(plan);
    let [receiver] = receivers.as_mut_slice() else {
        panic!("a pair has one receiver")
    };
    let payload = vec![7; plan.message_bytes];
    ns_per_op(settings.sample_time, plan.capacity, || {
        for _ in 0..plan.capacity {
            publisher.publish(black_box(&payload));
            assert_eq!(receiver.try_recv(&read), Took::Message);
        }
    })
}
