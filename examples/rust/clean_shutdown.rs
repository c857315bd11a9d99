// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clean shutdown: close the hub, and everybody reads what is left and then ends.

use std::error::Error;
use std::thread;

use signalhub::{Hub, Options, PublishError, Receiver, RecvError};

fn main() -> Result<(), Box<dyn Error>> {
    let hub = Hub::new(Options::default())?;
    let mut workers = Vec::new();
    for _ in 0..2 {
        let receiver = hub.subscribe()?;
        workers.push(thread::spawn(|| work(receiver)));
    }

    for i in 0..10 {
        hub.publish(&format!("job {i}"))?;
    }
    hub.close();
    println!("published 10 messages and closed the hub");

    for (worker, number) in workers.into_iter().zip(1..) {
        let received = worker.join().expect("a worker does not panic")?;
        println!("worker {number}: received {received}, then the hub was closed");
    }
    match hub.publish("too late") {
        Err(PublishError::Closed) => println!("published after that: the hub is closed"),
        other => println!("published after that: {other:?}"),
    }
    Ok(())
}

/// Receives until the hub is closed, and says how many messages came.
fn work(mut receiver: Receiver) -> Result<u64, RecvError> {
    let mut received = 0;
    loop {
        match receiver.recv() {
            Ok(_message) => received += 1,
            Err(RecvError::Closed) => return Ok(received),
            Err(lagged) => return Err(lagged),
        }
    }
}
