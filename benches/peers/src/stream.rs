// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! One thread publishes as fast as it can; receivers on other cores keep up, or lose messages.

use std::hint::{black_box, spin_loop};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use crate::clock::millions_per_second;
use crate::contender::{Contender, Plan, Publisher, Receiver, Took};
use crate::pace::{Pace, Progress};
use crate::payload;
use crate::pin;
use crate::settings::Settings;

/// What the publisher does when receivers fall behind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sending {
    /// Goes on: messages are lost.
    Lossy,
    /// Waits, by [`Pace`], which is the same for every contender.
    Paced,
    /// Waits because the contender makes it wait.
    Lossless,
}

/// Which threads receive.
#[derive(Clone, Copy)]
pub(crate) enum Seats {
    /// One thread, which looks at all receivers in turn and never sleeps.
    Polled,
    /// A thread for each receiver, which never sleeps.
    Awake,
    /// A thread for each receiver, which sleeps when nothing is there.
    Asleep,
}

/// What is sent, and to whom.
#[derive(Clone, Copy)]
pub(crate) struct Stream<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) plan: Plan,
    pub(crate) sending: Sending,
    pub(crate) seats: Seats,
}

/// What a stream came to, in millions of messages per second.
pub(crate) struct Flow {
    pub(crate) published: f64,
    /// Summed over the receivers.
    pub(crate) delivered: f64,
}

impl Stream<'_> {
    pub(crate) fn run<C: Contender>(&self, contender: C) -> Flow {
        let (publisher, receivers) = contender.open(self.plan);
        let pace = Pace::new(self.plan);
        let crews = self.crews(receivers.into_iter().zip(pace.progress()).collect());
        let ready = Barrier::new(crews.len() + 1);
        let ready = &ready;

        thread::scope(|scope| {
            let crews: Vec<_> = (0..)
                .zip(crews)
                .map(|(n, crew)| {
                    scope.spawn(move || {
                        pin::to(self.settings.cores.receiver(n));
                        ready.wait();
                        match self.seats {
                            Seats::Polled | Seats::Awake => poll(crew),
                            Seats::Asleep => sleep(crew),
                        }
                    })
                })
                .collect();
            ready.wait();
            let start = Instant::now();
            let publishing = self.publish(publisher, &pace);
            let (delivered, end) = crews
                .into_iter()
                .map(|crew| crew.join().expect("a receiver's thread"))
                .fold((0, start), |all, one| (all.0 + one.0, all.1.max(one.1)));

            let messages = self.settings.stream_messages;
            if self.sending != Sending::Lossy {
                assert_eq!(
                    delivered,
                    messages * self.plan.receivers as u64,
                    "none is lost"
                );
            }
            Flow {
                published: millions_per_second(messages, publishing),
                delivered: millions_per_second(delivered, end - start),
            }
        })
    }

    /// Deals the receivers out to threads.
    fn crews<R>(&self, receivers: Vec<R>) -> Vec<Vec<R>> {
        match self.seats {
            Seats::Polled => vec![receivers],
            Seats::Awake | Seats::Asleep => receivers.into_iter().map(|r| vec![r]).collect(),
        }
    }

    /// Publishes everything, closes, and returns how long that took.
    fn publish(&self, mut publisher: impl Publisher, pace: &Pace) -> Duration {
        let payload = vec![7; self.plan.message_bytes];
        let paced = self.sending == Sending::Paced;
        let mut room = if paced { pace.capacity() } else { u64::MAX };
        let start = Instant::now();
        for seq in 0..self.settings.stream_messages {
            if seq == room {
                room = pace.wait(seq, spin_loop);
            }
            publisher.publish(black_box(&payload));
        }
        start.elapsed()
    }
}

/// Looks at each receiver in turn until all are closed; returns how many messages came, and when
/// that was.
fn poll<R: Receiver>(mut crew: Vec<(R, Progress<'_>)>) -> (u64, Instant) {
    loop {
        let (mut found, mut closed) = (0, 0);
        for (receiver, progress) in &mut crew {
            match receiver.try_recv(payload::look) {
                Took::Message => {
                    found += 1;
                    progress.advance();
                }
                Took::Closed => closed += 1,
                Took::Empty | Took::Lagged => {}
            }
        }
        if closed == crew.len() {
            return finish(&crew);
        }
        if found == 0 {
            spin_loop();
        }
    }
}

/// The same for receivers that block; each has a thread of its own.
fn sleep<R: Receiver>(mut crew: Vec<(R, Progress<'_>)>) -> (u64, Instant) {
    for (receiver, progress) in &mut crew {
        loop {
            match receiver.recv(payload::look) {
                Took::Message => progress.advance(),
                Took::Closed => break,
                Took::Empty | Took::Lagged => {}
            }
        }
    }
    finish(&crew)
}

fn finish<R>(crew: &[(R, Progress<'_>)]) -> (u64, Instant) {
    (
        crew.iter().map(|(_, progress)| progress.received()).sum(),
        Instant::now(),
    )
}
