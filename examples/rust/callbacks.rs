// SPDX-License-Identifier: MIT OR Apache-2.0
//! Callbacks: a closure that a thread of the library calls with each message.

use std::error::Error;
use std::sync::mpsc::channel;

use signalhub::{Delivery, Dispatcher, Hub, Options};

fn main() -> Result<(), Box<dyn Error>> {
    let hub = Hub::new(Options::default())?;
    let dispatcher = Dispatcher::new()?; // may serve many receivers

    // Whatever the closure holds is dropped when it is over.
    let (end, is_over) = channel::<()>();
    let _listener = hub.subscribe()?.on_message(&dispatcher, move |delivery| {
        let _ = &end;
        match delivery {
            Delivery::Message(message) => println!(
                "callback: received {:?}",
                message.text().unwrap_or_default()
            ),
            Delivery::Lagged(lag) => println!("callback: {lag}"),
            Delivery::AboutToLag(behind) => println!("callback: {behind} unread"),
            // Once, at the end.
            Delivery::Closed => println!("callback: the hub is closed"),
        }
    });

    for text in ["one", "two", "three"] {
        hub.publish(text)?;
    }
    hub.close();
    let _ = is_over.recv();
    println!("main: the callback is over");
    Ok(())
}
