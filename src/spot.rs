// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Where a cursor waits: awake or asleep, in one hub or in several, or armed while it does
//! something else.

use std::thread;

use crate::filter::Filter;
use crate::hub::Shared;
use crate::options::Wait;
use crate::slot::Missing;
use crate::stats::Record;
use crate::sync::{Arc, Backoff, Parker};
use crate::wait::{Deadline, Interest, Signal, Waiter, park};

/// What a thread needs to wait that gives the cursor away meanwhile.
#[derive(Debug)]
pub(crate) struct Spot {
    pub(crate) shared: Arc<Shared>,
    pub(crate) record: Arc<Record>,
    /// The next message to read.
    pub(crate) seq: u64,
    /// The index of its slot.
    pub(crate) index: usize,
    pub(crate) filter: Option<Arc<Filter>>,
    pub(crate) wait: Wait,
    /// Which receiver it is of, for [`Waiters::wake_owner`](crate::wait::Waiters::wake_owner).
    pub(crate) owner: usize,
}

impl Spot {
    /// Waits until the message may be there, the hub is closed, or the receiver was `freed`. False
    /// if `deadline` passed first.
    pub(crate) fn wait(self, deadline: Deadline, freed: impl Fn() -> bool) -> bool {
        // Before it looks: there may always be something, and never what is wanted.
        if deadline.has_passed() {
            return false;
        }
        let ready = || self.is_ready() || freed();
        stay_awake(self.wait, deadline, ready).unwrap_or_else(|| {
            let tail = || self.shared.ring.next_seq();
            let waiters = &self.shared.waiters;
            waiters.sleep(self.interest(), deadline, tail, ready)
        })
    }

    /// As [`Self::wait`], for the first of several.
    pub(crate) fn wait_any(spots: &[Self], deadline: Deadline, freed: impl Fn() -> bool) -> bool {
        if deadline.has_passed() {
            return false;
        }
        let ready = || spots.iter().any(Self::is_ready) || freed();
        let waits = spots.iter().map(|spot| spot.wait);
        let wait = waits.min_by_key(|wait| drowsiness(*wait));
        stay_awake(wait.unwrap_or_default(), deadline, ready)
            .unwrap_or_else(|| Self::sleep_any(spots, deadline, ready))
    }

    fn sleep_any(spots: &[Self], deadline: Deadline, ready: impl Fn() -> bool) -> bool {
        let parker = Arc::new(Parker::default());
        let announce = |spot: &Self| spot.announce(Signal::Thread(parker.clone()));
        let armed: Vec<_> = spots.iter().map(announce).collect();
        // One for all: it is the fence of this thread, and of all that publish.
        if let Some(spot) = spots.first() {
            spot.shared.waiters.fence();
        }
        armed.iter().for_each(Armed::set_blind_until);
        let is_woken = || armed.iter().any(|armed| armed.waiter.is_woken());
        park(&parker, deadline, || is_woken() || ready())
    }

    /// Has `signal` raised when the message may be there or the hub is closed. Look again then: what
    /// came before raises nothing.
    pub(crate) fn arm(&self, signal: Signal) -> Armed {
        let armed = self.announce(signal);
        self.shared.waiters.fence();
        armed.set_blind_until();
        armed
    }

    fn announce(&self, signal: Signal) -> Armed {
        Armed {
            waiter: self.shared.waiters.announce(self.interest(), signal),
            shared: self.shared.clone(),
        }
    }

    fn interest(&self) -> Interest {
        Interest {
            seq: self.seq,
            owner: self.owner,
            record: Some(self.record.clone()),
            filter: self.filter.clone(),
            wake_at: self.seq + self.shared.ring.capacity() / 2,
        }
    }

    fn is_ready(&self) -> bool {
        is_ready(&self.shared, self.seq, self.index)
    }
}

/// Whether there is something at message `seq`, wanted or not, or nothing more will be.
pub(crate) fn is_ready(shared: &Shared, seq: u64, index: usize) -> bool {
    shared.ring.slot(index).look(seq) != Err(Missing::NotYet) || shared.end() == Some(seq)
}

/// A waiter that is in the list until it is dropped, or woken.
#[derive(Debug)]
pub(crate) struct Armed {
    shared: Arc<Shared>,
    pub(crate) waiter: Arc<Waiter>,
}

impl Armed {
    /// Takes the waiter out of the list. False if somebody has done so to wake it.
    pub(crate) fn disarm(&self) -> bool {
        self.shared.waiters.disarm(&self.waiter)
    }

    fn set_blind_until(&self) {
        self.waiter.set_blind_until(|| self.shared.ring.next_seq());
    }
}

impl Drop for Armed {
    fn drop(&mut self) {
        self.disarm();
    }
}

/// Waits without sleep, as `wait` says. `None` if it is time to sleep.
fn stay_awake(wait: Wait, deadline: Deadline, ready: impl Fn() -> bool) -> Option<bool> {
    let backoff = Backoff::new();
    loop {
        match wait {
            Wait::Park => return None,
            Wait::Adaptive if backoff.is_completed() => return None,
            Wait::Adaptive | Wait::Spin | Wait::Yield => {}
        }
        if ready() {
            return Some(true);
        }
        if deadline.has_passed() {
            return Some(false);
        }
        match wait {
            Wait::Spin => std::hint::spin_loop(),
            Wait::Yield => thread::yield_now(),
            Wait::Adaptive | Wait::Park => backoff.snooze(),
        }
    }
}

/// Of several receivers the most wakeful says how a thread waits for them.
fn drowsiness(wait: Wait) -> u8 {
    match wait {
        Wait::Spin => 0,
        Wait::Yield => 1,
        Wait::Adaptive => 2,
        Wait::Park => 3,
    }
}
