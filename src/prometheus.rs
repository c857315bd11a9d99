// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Statistics as Prometheus reads them.
//!
//! Source: the text format of <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::fmt::Write;

use crate::stats::{HubStats, ReceiverStats};

/// A metric of a hub or of a receiver: name, type, help, and what of it to tell.
type Metric<T> = (&'static str, &'static str, &'static str, fn(&T) -> u64);

const OF_HUB: [Metric<HubStats>; 9] = [
    (
        "capacity",
        "gauge",
        "Messages that the hub retains at most.",
        |hub| hub.capacity,
    ),
    ("published_total", "counter", "Messages published.", |hub| {
        hub.published
    }),
    ("receivers", "gauge", "Receivers.", |hub| {
        hub.receivers.len() as u64
    }),
    (
        "waiting",
        "gauge",
        "Threads, descriptors and tasks that wait for a message.",
        |hub| hub.waiting,
    ),
    (
        "waiting_publishers",
        "gauge",
        "Publishers that wait for a lossless receiver.",
        |hub| hub.waiting_publishers,
    ),
    (
        "full",
        "gauge",
        "Whether a lossless receiver holds publishers up.",
        |hub| hub.gated_by.is_some().into(),
    ),
    ("blocks", "gauge", "Large payloads in memory.", |hub| {
        hub.blocks
    }),
    ("block_bytes", "gauge", "Bytes of large payloads.", |hub| {
        hub.block_bytes
    }),
    (
        "free_bytes",
        "gauge",
        "Bytes of memory kept for large payloads to come.",
        |hub| hub.free_bytes,
    ),
];

const OF_RECEIVER: [Metric<ReceiverStats>; 11] = [
    (
        "receiver_received_total",
        "counter",
        "Messages that the receiver received.",
        |receiver| receiver.received,
    ),
    (
        "receiver_filtered_total",
        "counter",
        "Messages that the receiver does not want.",
        |receiver| receiver.filtered,
    ),
    (
        "receiver_missed_total",
        "counter",
        "Messages that were overwritten before the receiver read them.",
        |receiver| receiver.missed,
    ),
    (
        "receiver_behind",
        "gauge",
        "Messages that the receiver has not read yet.",
        |receiver| receiver.behind,
    ),
    (
        "receiver_worst_behind",
        "gauge",
        "The most messages that the receiver was found behind.",
        |receiver| receiver.worst_behind,
    ),
    (
        "receiver_wake_ups_total",
        "counter",
        "How often the receiver was woken.",
        |receiver| receiver.wake_ups,
    ),
    (
        "receiver_next_seq",
        "gauge",
        "The number of the message that the receiver looks for next.",
        |receiver| receiver.next_seq,
    ),
    (
        "receiver_lossless",
        "gauge",
        "Whether publishers wait for the receiver.",
        |receiver| receiver.is_lossless.into(),
    ),
    (
        "receiver_about_to_lag",
        "gauge",
        "Whether the receiver is as far behind as it wants to be warned of.",
        |receiver| receiver.is_about_to_lag.into(),
    ),
    (
        "receiver_held_messages",
        "gauge",
        "Large messages from the receiver that somebody has.",
        |receiver| receiver.held_messages,
    ),
    (
        "receiver_held_bytes",
        "gauge",
        "Bytes of large messages from the receiver that somebody has.",
        |receiver| receiver.held_bytes,
    ),
];

impl HubStats {
    /// As Prometheus reads them; `hub` is the value of the label `hub` in each line.
    #[must_use]
    pub fn to_prometheus(&self, hub: &str) -> String {
        let mut text = String::new();
        let labels = format!("hub=\"{}\"", escaped(hub));
        for metric in &OF_HUB {
            add(&mut text, metric, &[(&labels, self)]);
        }
        let receivers: Vec<_> = self
            .receivers
            .iter()
            .map(|receiver| {
                let (id, name) = (receiver.id, escaped(&receiver.name));
                format!("{labels},receiver=\"{id}\",name=\"{name}\"")
            })
            .collect();
        let receivers = receivers.iter().map(String::as_str);
        let receivers: Vec<_> = receivers.zip(&self.receivers).collect();
        for metric in &OF_RECEIVER {
            add(&mut text, metric, &receivers);
        }
        text
    }
}

fn add<T>(text: &mut String, metric: &Metric<T>, of: &[(&str, &T)]) {
    let (name, kind, help, value) = metric;
    // A String takes all that is written to it.
    let _ = writeln!(text, "# HELP signalhub_{name} {help}");
    let _ = writeln!(text, "# TYPE signalhub_{name} {kind}");
    for (labels, stats) in of {
        let _ = writeln!(text, "signalhub_{name}{{{labels}}} {}", value(stats));
    }
}

/// The value of a label.
fn escaped(label: &str) -> String {
    label
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
