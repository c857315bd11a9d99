// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! How long and how often to measure, and on which cores.

use std::path::PathBuf;
use std::time::Duration;

use crate::figures;
use crate::pin::{self, Cores};

/// What the command line asked for.
pub(crate) struct Settings {
    /// How often each contender of a figure is measured.
    pub(crate) rounds: usize,
    /// How long a sample on one thread lasts.
    pub(crate) sample_time: Duration,
    /// How many messages a sample sends from thread to thread.
    pub(crate) stream_messages: u64,
    /// How many round trips a sample consists of.
    pub(crate) round_trips: u64,
    /// How many wake-ups a sample consists of.
    pub(crate) wakes: usize,
    /// How long to wait for the two cores to come close before a sample that crosses them.
    pub(crate) settle_time: Duration,
    pub(crate) cores: Cores,
    /// The shared library whose C functions are measured.
    pub(crate) library: Option<PathBuf>,
    only: Vec<String>,
}

impl Settings {
    fn full() -> Result<Self, String> {
        Ok(Self {
            rounds: 7,
            sample_time: Duration::from_millis(100),
            stream_messages: 4_000_000,
            round_trips: 200_000,
            wakes: 1_000,
            settle_time: Duration::from_secs(3),
            cores: Cores::new(pin::allowed())?,
            library: None,
            only: Vec::new(),
        })
    }

    /// Shortens everything: the figures are then worth little, but every path has run.
    fn hurry(&mut self) {
        self.rounds = 3;
        self.sample_time = Duration::from_millis(5);
        self.stream_messages = 100_000;
        self.round_trips = 5_000;
        self.wakes = 50;
        self.settle_time = Duration::from_millis(500);
    }

    pub(crate) fn from_args(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut settings = Self::full()?;
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg} needs a value"));
            match arg.as_str() {
                "--quick" => settings.hurry(),
                "--cores" => settings.cores = value()?.parse()?,
                "--library" => settings.library = Some(value()?.into()),
                "--only" => settings.only = figure_names(&value()?)?,
                _ => return Err(format!("unknown argument {arg}")),
            }
        }
        Ok(settings)
    }

    /// Whether the figure of this name was asked for.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|wanted| wanted == name)
    }
}

fn figure_names(list: &str) -> Result<Vec<String>, String> {
    let known = |name: &str| figures::ALL.iter().any(|figure| figure.name == name);
    let check = |name: &str| {
        if known(name) {
            Ok(name.to_owned())
        } else {
            Err(format!("no figure is called {name}"))
        }
    };
    list.split(',').map(check).collect()
}
