// SPDX-License-Identifier: MIT OR Apache-2.0
//! A lagging receiver: publishers do not wait for it, and it is told exactly what it missed.

use std::error::Error;

use signalhub::{Hub, Options, RecvError};

fn main() -> Result<(), Box<dyn Error>> {
    let hub = Hub::new(Options::default().capacity(100))?;
    let mut receiver = hub.subscribe()?;

    for i in 0..300 {
        hub.publish(&format!("message {i}"))?;
    }
    println!("published 300 messages into a hub that retains 100");
    hub.close();

    let mut missed = 0;
    let mut texts = Vec::new();
    loop {
        match receiver.recv() {
            Ok(message) => texts.push(message.text().unwrap_or_default().to_owned()),
            Err(RecvError::Lagged(lag)) => {
                println!("missed {}", lag.missed);
                missed += lag.missed;
            }
            Err(RecvError::Closed) => break,
        }
    }
    let received = texts.len() as u64;
    println!(
        "received {received}, from {:?} to {:?}",
        texts[0],
        texts[texts.len() - 1]
    );
    println!(
        "received {received} + missed {missed} = published {}",
        received + missed
    );
    Ok(())
}
