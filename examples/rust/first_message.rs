// SPDX-License-Identifier: MIT OR Apache-2.0
//! The first message: make a hub, subscribe, publish, receive.

use std::error::Error;

use signalhub::{Hub, Options};

fn main() -> Result<(), Box<dyn Error>> {
    let hub = Hub::new(Options::default())?;
    let mut receiver = hub.subscribe()?;

    let published = hub.publish("hello, hub")?;
    println!("published to {} receiver", published.receivers);

    let message = receiver.recv()?;
    println!("received {:?}", message.text().unwrap_or_default());
    Ok(())
}
