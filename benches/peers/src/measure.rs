// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Takes the contenders in turn, round after round: what disturbs the machine disturbs them all.

use crate::report;
use crate::roundtrip;
use crate::settings::Settings;

/// A table in the making: a column for each contender, a row for each number that a sample gives.
pub(crate) struct Table<'a, const ROWS: usize> {
    settings: &'a Settings,
    name: &'static str,
    unit: &'static str,
    rows: [&'static str; ROWS],
    crosses_cores: bool,
    columns: Vec<Column<'a, ROWS>>,
}

struct Column<'a, const ROWS: usize> {
    contender: String,
    sample: Box<dyn FnMut() -> [f64; ROWS] + 'a>,
    samples: Vec<[f64; ROWS]>,
    /// What the cache-line round trip was just before each sample.
    round_trips_ns: Vec<f64>,
}

impl<'a, const ROWS: usize> Table<'a, ROWS> {
    pub(crate) fn new(
        settings: &'a Settings,
        name: &'static str,
        unit: &'static str,
        rows: [&'static str; ROWS],
    ) -> Self {
        Self {
            settings,
            name,
            unit,
            rows,
            crosses_cores: false,
            columns: Vec::new(),
        }
    }

    /// Before each sample, waits until the cores are close, and notes how close they were.
    pub(crate) fn across_cores(mut self) -> Self {
        self.crosses_cores = true;
        self
    }

    pub(crate) fn column(
        mut self,
        contender: impl Into<String>,
        sample: impl FnMut() -> [f64; ROWS] + 'a,
    ) -> Self {
        self.columns.push(Column {
            contender: contender.into(),
            sample: Box::new(sample),
            samples: Vec::new(),
            round_trips_ns: Vec::new(),
        });
        self
    }

    /// Measures and reports. Before the rounds that are kept comes one that finds the machine cold.
    pub(crate) fn measure(mut self) {
        report::begin(self.name, self.columns.len(), self.settings.rounds);
        for column in &mut self.columns {
            (column.sample)();
        }
        for _ in 0..self.settings.rounds {
            for column in &mut self.columns {
                if self.crosses_cores {
                    column.round_trips_ns.push(roundtrip::settle(self.settings));
                }
                column.samples.push((column.sample)());
            }
        }
        for (index, row) in self.rows.into_iter().enumerate() {
            for column in &self.columns {
                report::result(&report::Result {
                    table: self.name,
                    row,
                    contender: &column.contender,
                    unit: self.unit,
                    samples: column.samples.iter().map(|sample| sample[index]).collect(),
                    round_trips_ns: &column.round_trips_ns,
                });
            }
        }
    }
}
