// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Receiving in a task, of whatever runtime.

use std::borrow::BorrowMut;
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::cursor::Cursor;
use crate::error::{Lag, RecvError, TryRecvError};
use crate::message::Message;
use crate::receiver::Receiver;
use crate::spot::Armed;
use crate::wait::Signal;

impl Receiver {
    /// The next message, however long it takes; the task sleeps meanwhile, and no thread does.
    ///
    /// It belongs to no runtime. A future that is dropped has taken nothing: the next receive gets
    /// what it would have got, and nothing of it is left behind (P9).
    ///
    /// # Errors
    ///
    /// The hub is closed and read to its end, or messages were missed.
    pub async fn recv_async(&mut self) -> Result<&Message, RecvError> {
        let Self { cursor, message } = self;
        // Dropped with the future.
        let mut armed = None;
        poll_fn(|cx| cursor.poll_recv(message, &mut armed, cx)).await?;
        Ok(message)
    }

    /// The messages to come, as a stream; see [`Messages`].
    pub fn stream(&mut self) -> Messages<&mut Self> {
        Messages::new(self)
    }

    /// As [`Self::stream`], for who gives the receiver away.
    #[must_use]
    pub fn into_stream(self) -> Messages {
        Messages::new(self)
    }
}

/// The messages of a receiver as a [`Stream`]. A lag is an item of its own, and the stream goes on
/// behind it; it ends where the hub was closed.
#[derive(Debug)]
pub struct Messages<R = Receiver> {
    receiver: R,
    armed: Option<Armed>,
}

impl<R: BorrowMut<Receiver>> Messages<R> {
    fn new(receiver: R) -> Self {
        Self {
            receiver,
            armed: None,
        }
    }

    /// The receiver, which has taken what the stream has given out, and no more.
    #[must_use]
    pub fn into_receiver(self) -> R {
        self.receiver
    }
}

impl<R: BorrowMut<Receiver> + Unpin> Stream for Messages<R> {
    type Item = Result<Message, Lag>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { receiver, armed } = &mut *self;
        let Receiver { cursor, message } = receiver.borrow_mut();
        cursor
            .poll_recv(message, armed, cx)
            .map(|received| match received {
                Ok(()) => Some(Ok(mem::take(message))),
                Err(RecvError::Lagged(lag)) => Some(Err(lag)),
                Err(RecvError::Closed) => None,
            })
    }
}

impl Cursor {
    /// Takes the next message, or has the task polled again when it may be there.
    pub(crate) fn poll_recv(
        &mut self,
        message: &mut Message,
        armed: &mut Option<Armed>,
        cx: &Context<'_>,
    ) -> Poll<Result<(), RecvError>> {
        let mut taken = self.try_recv(message);
        if taken == Err(TryRecvError::Empty) {
            let is_armed = |armed: &Armed| armed.waiter.is_of_task(cx.waker());
            if armed.as_ref().is_some_and(is_armed) {
                return Poll::Pending;
            }
            *armed = None;
            *armed = Some(self.spot(0).arm(Signal::Task(cx.waker().clone())));
            // What came before wakes nobody.
            if !self.is_ready() {
                return Poll::Pending;
            }
            taken = self.try_recv(message);
        }
        *armed = None;
        Poll::Ready(match taken {
            Ok(()) => Ok(()),
            Err(TryRecvError::Closed) => Err(RecvError::Closed),
            Err(TryRecvError::Lagged(lag)) => Err(RecvError::Lagged(lag)),
            // It passed over so much that is not wanted that it gave up before the end.
            Err(TryRecvError::Empty) => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        })
    }
}

/// Models of tasks, run with those of tests/loom.rs.
#[cfg(all(test, loom))]
mod models {
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Wake, Waker};

    use loom::thread;

    use super::*;
    use crate::sync::EventFd;
    use crate::{Hub, Options};

    struct Task(EventFd);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.raise();
        }
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        let task = Arc::new(Task(EventFd::new().unwrap()));
        let waker = Waker::from(task.clone());
        let mut future = pin!(future);
        loop {
            let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
            if let Poll::Ready(output) = polled {
                return output;
            }
            task.0.poll();
            task.0.drain();
        }
    }

    fn hub() -> Hub {
        Hub::new(Options::default().capacity(2).slot_bytes(64)).unwrap()
    }

    /// P10, W1. A message that comes while a task goes to sleep wakes it.
    #[test]
    fn no_wake_up_is_lost_to_a_task() {
        loom::model(|| {
            let hub = hub();
            let mut receiver = hub.subscribe().unwrap();
            let publisher = {
                let hub = hub.clone();
                thread::spawn(move || drop(hub.publish("x").unwrap()))
            };
            assert_eq!(block_on(receiver.recv_async()).unwrap().seq(), 0);
            publisher.join().unwrap();
        });
    }

    /// P7. So does the end.
    #[test]
    fn closing_wakes_a_task() {
        loom::model(|| {
            let hub = hub();
            let mut receiver = hub.subscribe().unwrap();
            let closer = thread::spawn(move || hub.close());
            let end = block_on(receiver.recv_async()).unwrap_err();
            assert_eq!(end, RecvError::Closed);
            closer.join().unwrap();
        });
    }

    /// P9. A receive that is given up while a message arrives has taken nothing.
    #[test]
    fn a_receive_that_is_dropped_has_taken_nothing() {
        loom::model(|| {
            let hub = hub();
            let mut receiver = hub.subscribe().unwrap();
            let publisher = {
                let hub = hub.clone();
                thread::spawn(move || drop(hub.publish("x").unwrap()))
            };
            let waker = Waker::from(Arc::new(Task(EventFd::new().unwrap())));
            let mut received = 0;
            for _ in 0..2 {
                let task = pin!(receiver.recv_async());
                received += usize::from(task.poll(&mut Context::from_waker(&waker)).is_ready());
            }
            publisher.join().unwrap();
            received += usize::from(receiver.try_recv().is_ok());
            assert_eq!(received, 1);
        });
    }
}
