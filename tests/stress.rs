// SPDX-License-Identifier: MIT OR Apache-2.0
//! P1, P3, P11 under load: checksummed payloads of 8 bytes to 1 MB, several publishers and
//! receivers, small rings. Nothing is torn, and for every receiver received + missed = published.
#![cfg(not(loom))]

#[path = "support/watchdog.rs"]
mod watchdog;

use std::thread;

use signalhub::{Hub, Options, Receiver, RecvError};
use watchdog::Watchdog;

/// Length, then a pattern that depends on seed and place, then its sum.
fn fill(buffer: &mut Vec<u8>, len: usize, seed: u64) {
    buffer.clear();
    buffer.extend_from_slice(&seed.to_le_bytes());
    while buffer.len() < len {
        let word = (seed + buffer.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        buffer.extend_from_slice(&word.to_le_bytes());
    }
}

fn check(payload: &[u8]) {
    let (words, rest) = payload.as_chunks::<8>();
    assert!(rest.is_empty());
    let seed = u64::from_le_bytes(words[0]);
    for (i, word) in words.iter().enumerate().skip(1) {
        let expected = (seed + i as u64 * 8).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        assert_eq!(
            u64::from_le_bytes(*word),
            expected,
            "torn at word {i} of {}",
            words.len()
        );
    }
}

fn read(mut receiver: Receiver) -> (u64, u64) {
    let (mut received, mut missed) = (0, 0);
    loop {
        let next = receiver.next_seq();
        match receiver.recv() {
            Ok(message) => {
                assert_eq!(message.seq(), next);
                check(message.payload());
                received += 1;
            }
            Err(RecvError::Lagged(lag)) => missed += lag.missed,
            Err(RecvError::Closed) => return (received, missed),
        }
    }
}

fn storm(capacity: u64, lengths: &'static [usize], each: u64) {
    // Optimised is where it counts: scripts/test runs it that way too.
    let each = if cfg!(debug_assertions) {
        each / 10
    } else {
        each
    };
    let _watchdog = Watchdog::new("storm");
    const PUBLISHERS: u64 = 3;
    let hub = Hub::new(Options::default().capacity(capacity)).unwrap();
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let receiver = hub.subscribe().unwrap();
            thread::spawn(|| read(receiver))
        })
        .collect();
    let publishers: Vec<_> = (0..PUBLISHERS)
        .map(|publisher| {
            let hub = hub.clone();
            thread::spawn(move || {
                let mut buffer = Vec::new();
                for n in 0..each {
                    let len = lengths[(n + publisher) as usize % lengths.len()];
                    fill(&mut buffer, len, n * PUBLISHERS + publisher);
                    hub.publish(&buffer).unwrap();
                }
            })
        })
        .collect();
    for publisher in publishers {
        publisher.join().unwrap();
    }
    hub.close();
    for reader in readers {
        let (received, missed) = reader.join().unwrap();
        assert_eq!(received + missed, PUBLISHERS * each);
        assert!(
            received >= capacity.min(each),
            "at least what is retained at the end"
        );
    }
}

#[test]
fn small_payloads_in_a_tiny_ring() {
    storm(1, &[8, 64], 100_000);
    storm(2, &[8, 24, 64, 200], 100_000);
}

#[test]
fn small_and_large_payloads_take_turns() {
    storm(3, &[8, 1024, 64, 4096, 296, 304], 30_000);
}

#[test]
fn payloads_up_to_a_megabyte() {
    storm(4, &[64, 65_536, 1 << 20, 8], 200);
}

#[test]
fn a_ring_of_a_thousand() {
    storm(1000, &[64], 200_000);
}
