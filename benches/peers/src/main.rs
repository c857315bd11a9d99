// SPDX-License-Identifier: MIT OR Apache-2.0
//! Measures SignalHub beside its peers, in one run.
//!
//! ```text
//! settings.rs     how long and how often to measure, and on which cores
//! contender.rs    what a figure needs of a contender
//! contenders/     ours (from Rust and from C), tokio's broadcast and mpsc, crossbeam-channel
//! figures/        one figure per file: what is timed, and who takes part
//! measure.rs      takes the contenders in turn, round after round
//! report.rs       prints each result as a line of JSON, which scripts/bench makes tables of
//! ```
//!
//! Contenders are types, not trait objects: nothing is dispatched inside a loop that is timed.

mod clock;
mod contender;
mod contenders;
mod cpu;
mod eventfd;
mod figures;
mod futex;
mod measure;
mod pace;
mod payload;
mod pin;
mod report;
mod roundtrip;
mod settings;
mod sleeper;
mod stream;

use std::process::ExitCode;

fn main() -> ExitCode {
    let settings = match settings::Settings::from_args(std::env::args().skip(1)) {
        Ok(settings) => settings,
        Err(reason) => {
            eprintln!("signalhub-peers: {reason}");
            return ExitCode::from(2);
        }
    };
    pin::to(settings.cores.publisher());
    for figure in figures::ALL {
        if settings.wants(figure.name) {
            (figure.run)(&settings);
        }
    }
    ExitCode::SUCCESS
}
