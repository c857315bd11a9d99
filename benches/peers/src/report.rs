// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Prints what scripts/bench reads: one JSON object a line.
//!
//! Names are ASCII without control characters and numbers are finite, so Rust's own way of
//! printing them is JSON.

use crate::roundtrip::CLOSE_NS;

/// One cell of a table, with every sample behind it.
pub(crate) struct Result<'a> {
    pub(crate) table: &'a str,
    pub(crate) row: &'a str,
    pub(crate) contender: &'a str,
    pub(crate) unit: &'a str,
    pub(crate) samples: Vec<f64>,
    pub(crate) round_trips_ns: &'a [f64],
}

/// Says that a table is being measured, and which of its samples will count.
pub(crate) fn begin(table: &str, contenders: usize, rounds: usize) {
    println!(
        r#"{{"begin":{table:?},"contenders":{contenders},"rounds":{rounds},"close_ns":{CLOSE_NS}}}"#
    );
}

/// Says what came out for one row and contender.
pub(crate) fn result(result: &Result<'_>) {
    let Result {
        table,
        row,
        contender,
        unit,
        samples,
        round_trips_ns,
    } = result;
    println!(
        r#"{{"table":{table:?},"row":{row:?},"contender":{contender:?},"unit":{unit:?},{}}}"#,
        format_args!(r#""samples":{samples:?},"round_trips_ns":{round_trips_ns:?}"#),
    );
}
