// SPDX-License-Identifier: MIT OR Apache-2.0
//! Statistics of a hub and of its receivers, and how Prometheus reads them.
#![cfg(not(loom))]

#[path = "support/watchdog.rs"]
mod watchdog;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use signalhub::{
    Hub, HubStats, Options, PublishError, ReceiverOptions, SubscribeError, TryRecvError, View,
};
use watchdog::Watchdog;

fn hub(capacity: u64) -> Hub {
    Hub::new(Options::default().capacity(capacity)).unwrap()
}

fn named(name: &str) -> ReceiverOptions {
    ReceiverOptions::default().name(name)
}

fn publish(hub: &Hub, count: usize) {
    for _ in 0..count {
        hub.publish("x").unwrap();
    }
}

/// Waits for a state of the hub.
fn wait_until(hub: &Hub, is_so: impl Fn(&HubStats) -> bool) {
    while !is_so(&hub.stats()) {
        thread::yield_now();
    }
}

#[test]
fn a_hub_counts_what_it_comes_across() {
    let hub = hub(2);
    let nothing = HubStats {
        capacity: 2,
        published: 0,
        waiting: 0,
        waiting_publishers: 0,
        gated_by: None,
        blocks: 0,
        block_bytes: 0,
        free_bytes: 0,
        receivers: Vec::new(),
    };
    assert_eq!(hub.stats(), nothing);
    let receiver = hub.subscribe().unwrap();
    publish(&hub, 3);
    let stats = hub.stats();
    assert_eq!((stats.published, stats.receivers.len()), (3, 1));
    assert_eq!(stats.receivers[0], receiver.stats());
    drop(receiver);
    hub.close();
    let published = 3;
    assert_eq!(
        hub.stats(),
        HubStats {
            published,
            ..nothing
        }
    );
}

#[test]
fn receivers_are_numbered_as_they_subscribe_and_never_again() {
    let hub = hub(4);
    let first = hub.subscribe_with(&named("first")).unwrap();
    let second = hub.subscribe_with(&named("größe")).unwrap();
    let third = hub.subscribe().unwrap();
    let told = |hub: &Hub| -> Vec<_> {
        let receivers = hub.stats().receivers.into_iter();
        receivers.map(|one| (one.id, one.name)).collect()
    };
    let [one, two, three] =
        [(0, "first"), (1, "größe"), (2, "")].map(|(id, name)| (id, name.into()));
    assert_eq!(told(&hub), [one, two.clone(), three]);
    drop((first, third));
    let _fourth = hub.subscribe_with(&named("fourth")).unwrap();
    assert_eq!(told(&hub), [two, (3, "fourth".into())]);
    drop(second);
}

#[test]
fn a_receiver_counts_what_it_received_filtered_and_missed() {
    let hub = hub(4);
    publish(&hub, 1);
    let mut receiver = hub
        .subscribe_with(&ReceiverOptions::default().pattern("a"))
        .unwrap();
    for topic in ["b", "a", "b", "a", "a", "b"] {
        hub.publish(View::text("x").with_topic(topic)).unwrap();
    }
    assert!(matches!(receiver.try_recv(), Err(TryRecvError::Lagged(_))));
    while receiver.try_recv().is_ok() {}
    let stats = receiver.stats();
    assert_eq!((stats.start_seq, stats.next_seq), (1, 7));
    assert_eq!((stats.received, stats.filtered, stats.missed), (2, 2, 2));
    assert_eq!(stats, hub.stats().receivers[0]);
}

#[test]
fn a_large_message_that_is_kept_shows_with_its_receiver() {
    let hub = hub(2);
    let mut receiver = hub.subscribe_with(&named("hoarder")).unwrap();
    let told = || {
        let stats = hub.stats();
        let held = stats.receivers.first();
        let held = held.map_or((0, 0), |one| (one.held_messages, one.held_bytes));
        ((stats.blocks, stats.block_bytes), held)
    };
    hub.publish(&[1; 1000]).unwrap();
    assert_eq!(told(), ((1, 1000), (0, 0)), "in the ring");
    let kept = receiver.try_recv().unwrap().clone();
    assert_eq!(
        told(),
        ((1, 1000), (2, 2000)),
        "the receiver's own, and a copy"
    );
    hub.publish(&[2; 3000]).unwrap();
    receiver.try_recv().unwrap();
    assert_eq!(told(), ((2, 4000), (2, 4000)));
    publish(&hub, 2);
    assert_eq!(
        told(),
        ((2, 4000), (2, 4000)),
        "kept, though the ring has let go"
    );
    receiver.try_recv().unwrap();
    assert_eq!(told(), ((1, 1000), (1, 1000)));
    drop(kept);
    assert_eq!(told(), ((0, 0), (0, 0)));
    assert!(hub.stats().free_bytes >= 4000);
}

#[test]
fn wake_ups_are_counted() {
    let _watchdog = Watchdog::new("wake_ups_are_counted");
    let hub = hub(2);
    let mut receiver = hub.subscribe().unwrap();
    for wake_ups in 1..=3 {
        let sleeper = thread::spawn(move || {
            receiver.recv().unwrap();
            receiver
        });
        wait_until(&hub, |stats| stats.waiting == 1);
        publish(&hub, 1);
        receiver = sleeper.join().unwrap();
        assert_eq!(receiver.stats().wake_ups, wake_ups);
    }
}

#[test]
fn a_name_has_rules() {
    let hub = hub(1);
    let longest = "ü".repeat(31) + "x";
    assert_eq!(longest.len(), ReceiverOptions::NAME_BYTES_MAX);
    for name in ["", "a", "two words", "\"\\", &longest] {
        let receiver = hub.subscribe_with(&named(name)).unwrap();
        assert_eq!(receiver.stats().name, name);
    }
    for name in [&*(longest + "x"), "a\n", "\0", "\x7f", "\u{85}"] {
        let refused = hub.subscribe_with(&named(name)).unwrap_err();
        assert_eq!(refused, SubscribeError::Name);
    }
    assert_eq!(hub.stats().receivers, []);
}

#[test]
fn worst_behind_remembers_the_worst() {
    let hub = hub(4);
    let mut receiver = hub.subscribe().unwrap();
    publish(&hub, 3);
    assert_eq!(receiver.stats().worst_behind, 3);
    while receiver.try_recv().is_ok() {}
    let stats = receiver.stats();
    assert_eq!((stats.behind, stats.worst_behind), (0, 3));
    // A lag counts, though nobody asked meanwhile; what was overwritten, too.
    publish(&hub, 10);
    assert!(matches!(receiver.try_recv(), Err(TryRecvError::Lagged(_))));
    while receiver.try_recv().is_ok() {}
    assert_eq!(receiver.stats().worst_behind, 10);
}

/// Without being asked, and without a lag: once a lap it looks itself.
#[test]
fn worst_behind_is_noted_on_the_way_around_the_ring() {
    let hub = hub(8);
    let mut receiver = hub.subscribe().unwrap();
    publish(&hub, 8);
    for _ in 0..4 {
        receiver.try_recv().unwrap();
    }
    publish(&hub, 3);
    while receiver.try_recv().is_ok() {}
    // At message 8, in the first slot again, 3 were still to be read.
    assert_eq!(receiver.stats().worst_behind, 3);
}

#[test]
fn who_is_about_to_lag_is_told() {
    let hub = hub(4);
    let options = ReceiverOptions::default().warn_behind(3);
    let mut warned = hub.subscribe_with(&options).unwrap();
    let silent = hub.subscribe().unwrap();
    for behind in 0..10 {
        assert_eq!(warned.stats().is_about_to_lag, behind >= 3);
        assert!(!silent.stats().is_about_to_lag);
        publish(&hub, 1);
    }
    let _ = warned.try_recv();
    assert!(warned.stats().is_about_to_lag, "4 are left");
    warned.try_recv().unwrap();
    assert!(warned.stats().is_about_to_lag, "3 are left");
    warned.try_recv().unwrap();
    assert!(!warned.stats().is_about_to_lag);
}

#[test]
fn gated_by_is_the_slowest_once_there_is_no_room() {
    let hub = hub(2);
    let lossless = ReceiverOptions::default().lossless(true);
    let _lossy = hub.subscribe().unwrap();
    let mut fast = hub.subscribe_with(&lossless).unwrap();
    let slow = hub.subscribe_with(&lossless).unwrap();
    assert_eq!(hub.stats().gated_by, None);
    publish(&hub, 2);
    fast.try_recv().unwrap();
    assert_eq!(hub.stats().gated_by, Some(slow.stats().id));
    assert_eq!(hub.publish("x"), Err(PublishError::Full));
    drop(slow);
    assert_eq!(hub.stats().gated_by, None);
    publish(&hub, 1);
    assert_eq!(hub.stats().gated_by, Some(fast.stats().id));
    fast.try_recv().unwrap();
    assert_eq!(hub.stats().gated_by, None);
}

#[test]
fn who_waits_is_counted() {
    let _watchdog = Watchdog::new("who_waits_is_counted");
    let hub = hub(2);
    let mut receivers = [(); 2].map(|()| hub.subscribe().unwrap());
    thread::scope(|scope| {
        for receiver in &mut receivers {
            scope.spawn(|| while receiver.recv().is_ok() {});
        }
        wait_until(&hub, |stats| stats.waiting == 2);
        let options = ReceiverOptions::default().lossless(true);
        let _never_reads = hub.subscribe_with(&options).unwrap();
        publish(&hub, 2);
        for _ in 0..3 {
            scope.spawn(|| hub.publish_timeout("late", Duration::MAX));
        }
        wait_until(&hub, |stats| stats.waiting_publishers == 3);
        hub.close();
    });
    let stats = hub.stats();
    assert_eq!((stats.waiting, stats.waiting_publishers), (0, 0));
}

/// Whoever asks, while receivers come, receive and go.
#[test]
fn any_thread_may_ask_at_any_time() {
    let _watchdog = Watchdog::new("any_thread_may_ask_at_any_time");
    let hub = hub(2);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                let stats = hub.stats();
                let ids: Vec<_> = stats.receivers.iter().map(|one| one.id).collect();
                assert!(ids.is_sorted() && ids.len() <= 2, "{ids:?}");
                assert!(stats.gated_by.is_none_or(|id| id < 4000));
                read_as_prometheus_does(&stats.to_prometheus("hub"));
            }
        });
        for round in 0..2000 {
            let options = named("guest").lossless(round % 2 == 0);
            let mut first = hub.subscribe_with(&options).unwrap();
            let _second = hub.subscribe_with(&options).unwrap();
            publish(&hub, 1);
            first.try_recv().unwrap();
        }
        done.store(true, Relaxed);
    });
    assert_eq!(hub.stats().receivers, []);
}

#[test]
fn prometheus_reads_every_number() {
    let hub = hub(2);
    let options = named("logger").lossless(true).warn_behind(2);
    let mut receiver = hub.subscribe_with(&options).unwrap();
    let _other = hub.subscribe().unwrap();
    publish(&hub, 2);
    receiver.try_recv().unwrap();
    publish(&hub, 1);
    let samples = read_as_prometheus_does(&hub.stats().to_prometheus("main"));
    let value = |name: &str, labels: &[(&str, &str)]| {
        let labels = labels
            .iter()
            .map(|&(name, value)| (name.into(), value.into()));
        samples[&(format!("signalhub_{name}"), labels.collect::<Labels>())]
    };
    let of_hub = [
        ("capacity", 2),
        ("published_total", 3),
        ("receivers", 2),
        ("waiting", 0),
        ("waiting_publishers", 0),
        ("full", 1),
        ("blocks", 0),
        ("block_bytes", 0),
        ("free_bytes", 0),
    ];
    for (name, want) in of_hub {
        assert_eq!(value(name, &[("hub", "main")]), want, "{name}");
    }
    let of_receivers = [
        ("received_total", [1, 0]),
        ("filtered_total", [0, 0]),
        ("missed_total", [0, 0]),
        ("behind", [2, 3]),
        ("worst_behind", [2, 3]),
        ("next_seq", [1, 0]),
        ("lossless", [1, 0]),
        ("about_to_lag", [1, 0]),
        ("wake_ups_total", [0, 0]),
        ("held_messages", [0, 0]),
        ("held_bytes", [0, 0]),
    ];
    for (name, wants) in of_receivers {
        for (labels, want) in [("0", "logger"), ("1", "")].into_iter().zip(wants) {
            let (id, receiver_name) = labels;
            let labels = [("hub", "main"), ("receiver", id), ("name", receiver_name)];
            assert_eq!(value(&format!("receiver_{name}"), &labels), want, "{name}");
        }
    }
    assert_eq!(samples.len(), of_hub.len() + 2 * of_receivers.len());
}

#[test]
fn prometheus_reads_labels_as_they_were_given() {
    let hub = hub(2);
    let (label, name) = ("a \"hub\" \\ of\nmine, {größe}", "x\"y\\z\\n} 1");
    let _receiver = hub.subscribe_with(&named(name)).unwrap();
    let samples = read_as_prometheus_does(&hub.stats().to_prometheus(label));
    let told = |wanted: &str| -> BTreeSet<String> {
        let labels = samples.keys().flat_map(|(_, labels)| labels);
        labels
            .filter(|(name, _)| *name == wanted)
            .map(|(_, value)| value.clone())
            .collect()
    };
    assert_eq!(told("hub"), BTreeSet::from([label.into()]));
    assert_eq!(told("name"), BTreeSet::from([name.into()]));
}

type Labels = BTreeMap<String, String>;

/// The samples of a text in Prometheus' format, each by its name and labels. Every line must be
/// of that format, and every metric be told of once, with help and type before its samples.
fn read_as_prometheus_does(text: &str) -> BTreeMap<(String, Labels), u64> {
    assert!(text.ends_with('\n'));
    let mut samples = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let (mut helped, mut typed) = ("", "");
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').unwrap();
            assert!(seen.insert(name), "{name} twice");
            assert!(!words.is_empty() && !words.contains('\\'), "{line}");
            helped = name;
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert_eq!(name, helped);
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            assert!(["counter", "gauge"].contains(&kind), "{line}");
            typed = name;
        } else {
            let (name, rest) = line.split_once('{').unwrap();
            assert_eq!(name, typed);
            let is_letter = |char: char| char.is_ascii_alphanumeric() || char == '_';
            assert!(name.chars().all(is_letter), "{line}");
            let (labels, value) = labels(rest);
            let value = value.strip_prefix(' ').unwrap().parse().unwrap();
            let before = samples.insert((name.to_owned(), labels), value);
            assert_eq!(before, None, "{line} twice");
        }
    }
    samples
}

/// What stands before the closing brace, and what is left behind it.
fn labels(mut rest: &str) -> (Labels, &str) {
    let mut labels = Labels::new();
    loop {
        let (name, quoted) = rest.split_once("=\"").unwrap();
        let mut value = String::new();
        let mut chars = quoted.chars();
        loop {
            match chars.next().unwrap() {
                '"' => break,
                '\\' => value.push(match chars.next().unwrap() {
                    'n' => '\n',
                    char @ ('\\' | '"') => char,
                    char => panic!("\\{char}"),
                }),
                char => value.push(char),
            }
        }
        assert_eq!(labels.insert(name.to_owned(), value), None);
        match chars.next().unwrap() {
            ',' => rest = chars.as_str(),
            '}' => return (labels, chars.as_str()),
            char => panic!("{char} behind a label"),
        }
    }
}
