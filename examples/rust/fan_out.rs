// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fan-out: every receiver gets every message, each in its own thread, at its own pace.

use std::error::Error;
use std::thread;

use signalhub::{Hub, Options, Receiver, RecvError};

fn main() -> Result<(), Box<dyn Error>> {
    // Room for all of it, so that nobody can fall behind.
    let hub = Hub::new(Options::default().capacity(1000))?;

    let mut readers = Vec::new();
    for name in ["display", "logger", "archive"] {
        let receiver = hub.subscribe()?;
        readers.push((name, thread::spawn(|| read_to_the_end(receiver))));
    }

    let mut receivers = 0;
    for i in 0..1000 {
        receivers = hub.publish(&format!("message {i}"))?.receivers;
    }
    println!("published 1000 messages to {receivers} receivers");
    hub.close();

    for (name, reader) in readers {
        let (received, last) = reader.join().expect("a reader does not panic")?;
        println!("{name}: received {received}, the last one {last:?}");
    }
    Ok(())
}

/// Counts the messages until the hub is closed. Also the last one's text.
fn read_to_the_end(mut receiver: Receiver) -> Result<(u64, String), RecvError> {
    let mut received = 0;
    let mut last = String::new();
    loop {
        match receiver.recv() {
            Ok(message) => {
                received += 1;
                last = message.text().unwrap_or_default().to_owned();
            }
            Err(RecvError::Closed) => return Ok((received, last)),
            Err(lagged) => return Err(lagged),
        }
    }
}
