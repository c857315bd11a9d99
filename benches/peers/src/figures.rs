// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! What is measured, in the order of docs/performance.md.

mod bursts;
mod c_abi;
mod descriptor;
mod extra_receiver;
mod fan_out;
#[cfg(feature = "iceoryx2")]
mod iceoryx2;
mod idle;
mod lossless;
mod one_to_one;
mod pair;
mod patterns;
mod payload;
mod publish;
mod publishers;
mod slot_bytes;
mod spin;
mod waiting;
mod wake;

use crate::settings::Settings;

/// Something that `--only` can name.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&Settings),
}

pub(crate) const ALL: &[Figure] = &[
    Figure {
        name: "pair",
        run: pair::run,
    },
    Figure {
        name: "publish",
        run: publish::run,
    },
    Figure {
        name: "idle",
        run: idle::run,
    },
    Figure {
        name: "one_to_one",
        run: one_to_one::run,
    },
    Figure {
        name: "lossless",
        run: lossless::run,
    },
    Figure {
        name: "fan_out",
        run: fan_out::run,
    },
    Figure {
        name: "publishers",
        run: publishers::run,
    },
    Figure {
        name: "spin",
        run: spin::run,
    },
    Figure {
        name: "wake",
        run: wake::run,
    },
    Figure {
        name: "waiting",
        run: waiting::run,
    },
    Figure {
        name: "descriptor",
        run: descriptor::run,
    },
    Figure {
        name: "patterns",
        run: patterns::run,
    },
    Figure {
        name: "c_abi",
        run: c_abi::run,
    },
    Figure {
        name: "bursts",
        run: bursts::run,
    },
    Figure {
        name: "payload",
        run: payload::run,
    },
    Figure {
        name: "extra_receiver",
        run: extra_receiver::run,
    },
    Figure {
        name: "slot_bytes",
        run: slot_bytes::run,
    },
];

/// The message of the figures that do not vary it.
type Message = [u8; 64];
