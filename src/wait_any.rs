// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Sleeps until one of several receivers has something.

use std::time::Duration;

use crate::error::WaitAnyError;
use crate::receiver::Receiver;
use crate::spot::Spot;
use crate::wait::Deadline;

/// Waits until one of several receivers has something: a message, a lag or the end. Returns its
/// place among them, and takes nothing; [`Receiver::try_recv`] does then.
///
/// The receivers may be of one hub or of several. They are looked at from another one on in each
/// call, so that a busy one does not hide the others. How the thread waits is up to the most wakeful
/// of them, as [`Wait`](crate::Wait) has it. `None` waits for ever.
///
/// ```
/// use std::time::Duration;
/// use signalhub::{Hub, Options, wait_any};
///
/// let [orders, prices] = [(); 2].map(|()| Hub::new(Options::default()).unwrap());
/// let mut receivers = [orders.subscribe()?, prices.subscribe()?];
/// prices.publish("42")?;
/// let ready = wait_any(&mut receivers, Some(Duration::from_secs(1)))?;
/// assert_eq!(ready, 1);
/// assert_eq!(receivers[ready].try_recv()?.text(), Some("42"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Nothing came in time, or there is no receiver to wait for.
pub fn wait_any<'a>(
    receivers: impl IntoIterator<Item = &'a mut Receiver>,
    timeout: Option<Duration>,
) -> Result<usize, WaitAnyError> {
    let deadline = Deadline::after(timeout);
    let mut receivers: Vec<_> = receivers.into_iter().collect();
    if receivers.is_empty() {
        return Err(WaitAnyError::NoReceivers);
    }
    loop {
        for i in order(receivers.len()) {
            let Receiver { cursor, message } = &mut *receivers[i];
            if cursor.peek(message) {
                return Ok(i);
            }
        }
        let spots: Vec<_> = receivers
            .iter()
            .map(|receiver| receiver.cursor.spot(0))
            .collect();
        if !Spot::wait_any(&spots, deadline, || false) {
            return Err(WaitAnyError::Timeout);
        }
    }
}

/// All numbers below `count`, from another one on each time.
pub(crate) fn order(count: usize) -> impl Iterator<Item = usize> {
    let first = turn() % count;
    (first..count).chain(0..first)
}

#[cfg(not(loom))]
fn turn() -> usize {
    use crate::sync::AtomicUsize;
    use std::sync::atomic::Ordering::Relaxed;

    /// Written and read by whoever waits.
    static TURN: AtomicUsize = AtomicUsize::new(0);
    TURN.fetch_add(1, Relaxed)
}

#[cfg(loom)]
fn turn() -> usize {
    0
}

/// A model, run with those of tests/loom.rs.
#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::{Hub, Options};

    /// P10, W1. A message that comes while a thread goes to sleep in two hubs wakes it, whichever
    /// it is from.
    #[test]
    fn no_wake_up_is_lost_between_two_hubs() {
        for from in [0, 1] {
            let mut builder = loom::model::Builder::new();
            builder.preemption_bound.get_or_insert(2);
            builder.check(move || {
                let options = Options::default().capacity(1).slot_bytes(64);
                let hubs = [(); 2].map(|()| Hub::new(options).unwrap());
                let mut receivers = hubs.each_ref().map(|hub| hub.subscribe().unwrap());
                let publisher = {
                    let hub = hubs[from].clone();
                    loom::thread::spawn(move || drop(hub.publish("x").unwrap()))
                };
                assert_eq!(wait_any(&mut receivers, None), Ok(from));
                receivers[from].try_recv().unwrap();
                publisher.join().unwrap();
            });
        }
    }
}
