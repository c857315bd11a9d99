// SPDX-License-Identifier: MIT OR Apache-2.0
//! Timeouts: look without waiting, wait for a while, wait until it comes.

use std::error::Error;
use std::thread;
use std::time::Duration;

use signalhub::{Hub, Options, RecvTimeoutError, TryRecvError};

fn main() -> Result<(), Box<dyn Error>> {
    let hub = Hub::new(Options::default())?;
    let mut receiver = hub.subscribe()?;

    match receiver.try_recv() {
        Err(TryRecvError::Empty) => println!("looked once: nothing is there"),
        other => println!("looked once: {other:?}"),
    }
    match receiver.recv_timeout(Duration::from_millis(20)) {
        Err(RecvTimeoutError::Timeout) => println!("waited 20 ms: nothing came"),
        other => println!("waited 20 ms: {other:?}"),
    }

    let publisher = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        hub.publish("better late than never").map(|_| ())
    });
    let message = receiver.recv_timeout(Duration::from_secs(10))?;
    println!(
        "waited up to 10 s: received {:?}",
        message.text().unwrap_or_default()
    );
    publisher.join().expect("the publisher does not panic")?;
    Ok(())
}
