// SPDX-License-Identifier: MIT OR Apache-2.0
//! Backpressure: publishers wait for a logger that is to lose nothing, and not for a watcher.

use std::error::Error;
use std::thread;
use std::time::Duration;

use signalhub::{Hub, Options, PublishError, Receiver, ReceiverOptions, RecvError};

fn main() -> Result<(), Box<dyn Error>> {
    let hub = Hub::new(Options::default().capacity(4))?;
    let options = ReceiverOptions::default().name("logger").lossless(true);
    let logger = hub.subscribe_with(&options)?;
    let watcher = hub.subscribe_with(&ReceiverOptions::default().name("watcher"))?;

    // Without waiting, until the logger has a whole ring unread.
    let mut next = 0;
    loop {
        match hub.publish(&format!("sample {next}")) {
            Ok(_) => next += 1,
            Err(PublishError::Full) => break,
            Err(error) => return Err(error.into()),
        }
    }
    println!("published {next}: the hub is full");

    let logging = thread::spawn(|| read_to_the_end(logger));
    for next in next..20 {
        hub.publish_timeout(&format!("sample {next}"), Duration::MAX)?;
    }
    println!("published 20, as fast as the logger reads");
    hub.close();

    println!("{}", logging.join().expect("the logger does not panic"));
    println!("{}", read_to_the_end(watcher));
    Ok(())
}

/// Receives until the hub is closed, and says what came.
fn read_to_the_end(mut receiver: Receiver) -> String {
    let mut texts = Vec::new();
    loop {
        match receiver.recv() {
            Ok(message) => texts.push(message.text().unwrap_or_default().to_owned()),
            Err(RecvError::Lagged(_)) => {} // which is counted
            Err(RecvError::Closed) => break,
        }
    }
    let stats = receiver.stats();
    format!(
        "{}: received {}, missed {}, from {:?} to {:?}",
        stats.name,
        stats.received,
        stats.missed,
        texts[0],
        texts[texts.len() - 1]
    )
}
