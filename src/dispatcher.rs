// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Callbacks, and the thread that calls them.
//!
//! A dispatcher is the smallest executor: its tasks are receivers, each of which has itself put into
//! the dispatcher's channel when there is something, is looked at, and its callback called. No
//! thread sleeps in a receiver, so one serves many; and a callback that takes its time delays the
//! others of its dispatcher, whose receivers lag and are told.
//!
//! # Invariants
//!
//! * C1. A receiver is in the channel once for each time that it was woken, and is armed again only
//!   when it was looked at: the channel cannot fill.
//! * C2. The dispatcher's thread alone calls; whoever removes a callback waits for its call
//!   (`removable.rs`).
//! * C3. When the dispatcher is dropped, so are its callbacks.
//! * C4. Nobody waits in the channel, which for that has locks and thread-locals of std: a publisher
//!   may be a thread that ends. The dispatcher's thread sleeps behind a bell.

use std::fmt::{self, Debug, Formatter};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver as Inbox, Sender, unbounded};

use crate::block::free_due;
use crate::error::{Lag, LimitError, RecvError};
use crate::message::Message;
use crate::receiver::Receiver;
use crate::removable::Removable;
use crate::spot::Armed;
use crate::sync::{AtomicUsize, Bell, Lock, thread_id};
use crate::sys::{errno, thread};

/// How many calls a receiver has in a row while others wait.
const RUN: usize = 32;

/// A thread that calls what [`Receiver::on_message`] is given.
///
/// When it is dropped, its callbacks are removed, as by dropping their [`Listener`]s, and the thread
/// ends. Dropping it waits for that, unless a callback of its own does it.
#[derive(Debug)]
pub struct Dispatcher {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    commands: Arc<Commands>,
    /// C3. The callbacks that there are, and some that are gone. Changed by who adds one.
    callbacks: Lock<Vec<Arc<Callback>>>,
    /// Which thread it is. Written by that thread, read by who drops the dispatcher.
    thread_id: AtomicUsize,
}

/// How the thread is told something.
#[derive(Debug)]
struct Commands {
    queue: Sender<Command>,
    bell: Bell,
}

impl Commands {
    /// By whatever thread; malloc, which is inside, may change its errno.
    fn send(&self, command: Command) {
        // A thread that has ended needs no command any more.
        let _ = errno::keep(|| self.queue.send(command));
        self.bell.ring();
    }
}

/// What the thread is told.
enum Command {
    /// There may be something.
    Look(Arc<Callback>),
    Stop,
}

/// What came of a turn.
pub(crate) enum Turned {
    /// It called, and there may be more.
    Called,
    /// It found nothing, and will be woken.
    Asleep,
    /// It is over.
    Ended,
}

/// A receiver and whom it calls.
pub(crate) trait Turn: Send {
    /// Takes one message and calls, outside every lock.
    fn turn(&mut self, cx: &Context<'_>) -> Turned;
}

/// A task of a dispatcher.
struct Callback {
    turn: Removable<Box<dyn Turn>>,
    commands: Arc<Commands>,
}

impl Wake for Callback {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.commands.send(Command::Look(self.clone()));
    }
}

impl Dispatcher {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// The system has no more threads to give.
    pub fn new() -> Result<Self, LimitError> {
        let (queue, inbox) = unbounded();
        let commands = Arc::new(Commands {
            queue,
            bell: Bell::default(),
        });
        let shared = Arc::new(Shared {
            commands,
            callbacks: Lock::new(Vec::new()),
            thread_id: AtomicUsize::new(0),
        });
        let body = {
            let shared = shared.clone();
            move || {
                // Relaxed: only this thread would find its own number.
                shared.thread_id.store(thread_id(), Relaxed);
                dispatch(&inbox, &shared.commands.bell);
            }
        };
        let thread = thread::start("signalhub", body).ok_or(LimitError::Threads)?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Has the thread take turns once the listener is woken, until it is dropped.
    pub(crate) fn add(&self, turn: Box<dyn Turn>) -> Listener {
        let callback = Arc::new(Callback {
            turn: Removable::new(turn),
            commands: self.shared.commands.clone(),
        });
        let mut callbacks = self.shared.callbacks.lock();
        callbacks.retain(|other| !other.turn.is_gone());
        callbacks.push(callback.clone());
        Listener(callback)
    }
}

impl Drop for Dispatcher {
    fn drop(&mut self) {
        // Outside the lock: what is removed is foreign code.
        let callbacks = mem::take(&mut *self.shared.callbacks.lock());
        for callback in callbacks {
            callback.turn.remove();
        }
        self.shared.commands.send(Command::Stop);
        if let Some(thread) = self.thread.take()
            && self.shared.thread_id.load(Relaxed) != thread_id()
        {
            thread::join(thread);
        }
    }
}

/// The thread.
fn dispatch(inbox: &Inbox<Command>, bell: &Bell) {
    loop {
        match inbox.try_recv() {
            Ok(Command::Look(callback)) => look(&callback),
            Ok(Command::Stop) => return,
            Err(_) => bell.wait(),
        }
    }
}

/// Lets a callback be called as long as there is something, but not while others wait.
fn look(callback: &Arc<Callback>) {
    let waker = Waker::from(callback.clone());
    let cx = Context::from_waker(&waker);
    for _ in 0..RUN {
        let mut turned = Turned::Ended;
        let is_there = callback.turn.call(|turn| {
            // What panics has ended; the thread is there for the others.
            let turn = AssertUnwindSafe(|| turn.turn(&cx));
            turned = catch_unwind(turn).unwrap_or(Turned::Ended);
            !matches!(turned, Turned::Ended)
        });
        if !is_there || matches!(turned, Turned::Asleep) {
            return;
        }
    }
    callback.wake_by_ref();
}

/// A callback that is registered. Dropping it removes the callback: waits until a running call has
/// returned, unless that is what drops it, and drops the callback. It is not called any more then.
///
/// Do not drop it while you hold a lock that the callback wants, nor have two callbacks of different
/// dispatchers drop each other's.
#[must_use = "dropping it removes the callback"]
pub struct Listener(Arc<Callback>);

impl Listener {
    /// What has it looked at.
    pub(crate) fn waker(&self) -> Waker {
        self.0.clone().into()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.turn.remove();
    }
}

impl Debug for Listener {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").finish_non_exhaustive()
    }
}

impl Debug for Callback {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").finish_non_exhaustive()
    }
}

/// What a callback is called with.
#[derive(Clone, Copy, Debug)]
pub enum Delivery<'a> {
    /// The next message.
    Message(&'a Message),
    /// Messages were missed.
    Lagged(Lag),
    /// So many messages are unread that it is about to lag, as
    /// [`warn_behind`](crate::ReceiverOptions::warn_behind) asked to be told. Once, until they are
    /// half as many.
    AboutToLag(u64),
    /// The hub is closed, and all before that was told. The last call.
    Closed,
}

impl Receiver {
    /// Has the dispatcher's thread call `callback` with each message and each lag, and with
    /// [`Delivery::Closed`] once at the end, after which it is dropped.
    ///
    /// The callback may do everything: publish, subscribe, close, drop its own listener or
    /// dispatcher. While it runs, the other callbacks of its dispatcher wait, and their receivers
    /// may lag. One that panics is removed.
    ///
    /// ```
    /// use std::sync::mpsc::channel;
    /// use signalhub::{Delivery, Dispatcher, Hub, Options};
    ///
    /// let hub = Hub::new(Options::default())?;
    /// let dispatcher = Dispatcher::new()?;
    /// let (texts, received) = channel();
    /// let listener = hub.subscribe()?.on_message(&dispatcher, move |delivery| {
    ///     if let Delivery::Message(message) = delivery {
    ///         let _ = texts.send(message.text().map(str::to_owned));
    ///     }
    /// });
    /// hub.publish("hello")?;
    /// assert_eq!(received.recv()?.as_deref(), Some("hello"));
    /// drop(listener);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn on_message(
        mut self,
        dispatcher: &Dispatcher,
        callback: impl FnMut(Delivery<'_>) + Send + 'static,
    ) -> Listener {
        self.message = Message::deferring();
        let listener = dispatcher.add(Box::new(Calls {
            armed: None,
            receiver: self,
            callback,
        }));
        listener.waker().wake();
        listener
    }
}

/// A receiver and the closure that it calls.
struct Calls<F> {
    armed: Option<Armed>,
    receiver: Receiver,
    callback: F,
}

impl<F: FnMut(Delivery<'_>) + Send> Turn for Calls<F> {
    fn turn(&mut self, cx: &Context<'_>) -> Turned {
        let Receiver { cursor, message } = &mut self.receiver;
        if let Some(behind) = cursor.warning() {
            (self.callback)(Delivery::AboutToLag(behind));
            return Turned::Called;
        }
        let mut turned = Turned::Called;
        match cursor.poll_recv(message, &mut self.armed, cx) {
            Poll::Pending => turned = Turned::Asleep,
            Poll::Ready(Ok(())) => (self.callback)(Delivery::Message(message)),
            Poll::Ready(Err(RecvError::Lagged(lag))) => (self.callback)(Delivery::Lagged(lag)),
            Poll::Ready(Err(RecvError::Closed)) => {
                (self.callback)(Delivery::Closed);
                turned = Turned::Ended;
            }
        }
        // Not before the call: what is freed may remove the callback.
        message.clear();
        if message.settle() {
            free_due();
        }
        turned
    }
}
