// SPDX-License-Identifier: MIT OR Apache-2.0
//! Topics: receivers that want some messages only, and one that joins late and gets the history.

use std::error::Error;

use signalhub::{Hub, Receiver, ReceiverOptions, Start, View};

fn main() -> Result<(), Box<dyn Error>> {
    let hub = Hub::new(Default::default())?;
    let options = ReceiverOptions::default();
    let kitchen = hub.subscribe_with(&options.clone().pattern("kitchen.>"))?;

    hub.publish(View::text("21.5").with_topic("kitchen.temperature"))?;
    hub.publish(View::text("12.0").with_topic("cellar.temperature"))?;
    hub.publish(View::text("40").with_topic("kitchen.humidity"))?;

    let options = options.pattern("*.temperature").start(Start::Oldest);
    let latecomer = hub.subscribe_with(&options)?;
    hub.publish(View::text("30.5").with_topic("attic.temperature"))?;
    println!("published 3 messages; a receiver joined late; published 1 more");
    hub.close();

    read_to_the_end("kitchen", kitchen);
    read_to_the_end("latecomer", latecomer);
    Ok(())
}

/// Prints what a receiver gets until the hub is closed, and what it has come across.
fn read_to_the_end(name: &str, mut receiver: Receiver) {
    while let Ok(message) = receiver.recv() {
        let topic = message.topic().unwrap_or_default();
        println!("{name}: {topic} {:?}", message.text().unwrap_or_default());
    }
    let stats = receiver.stats();
    println!(
        "{name}: received {}, filtered {}, missed {}",
        stats.received, stats.filtered, stats.missed
    );
}
