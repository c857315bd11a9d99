// SPDX-License-Identifier: MIT OR Apache-2.0
//! Callbacks in C: a function that is called with what a receiver gets, and the thread that does it.

use std::ffi::c_void;
use std::ops::{Deref, DerefMut};
use std::ptr;
use std::task::{Context, Poll, Waker};

use super::boundary::{borrow_mut, guard, lock_waiting, non_null, store};
use super::handle::{self, Handle, Kind};
use super::message::{fill, signalhub_message_t};
use super::owned::signalhub_free_fn_t;
use super::receiver::signalhub_receiver_t;
use super::status::signalhub_status_t::{self, *};
use crate::block::free_due;
use crate::dispatcher::{Turn, Turned};
use crate::spot::Armed;
use crate::{Dispatcher, Listener, Message, Receiver, RecvError};

/// A thread that calls the callbacks of several receivers, one at a time.
pub struct signalhub_dispatcher_t {
    _opaque: [u8; 0],
}

impl Handle for signalhub_dispatcher_t {
    type Value = Dispatcher;
    const KIND: Kind = Kind::Dispatcher;
}

/// What a receiver calls: with SIGNALHUB_OK and a message, with SIGNALHUB_LAGGED and how many
/// messages were missed, and with SIGNALHUB_CLOSED once at the end; if its warn_behind asks for it,
/// with SIGNALHUB_ABOUT_TO_LAG and how many messages are unread in `missed`, once, until they are half
/// as many. Otherwise `message` is NULL and `missed` is 0.
///
/// The message is the library's: look at it with signalhub_message_view() until the call returns,
/// and do not free it.
///
/// Nothing is locked meanwhile. The callback may publish, subscribe and close, and receive from, free
/// and set another callback for its own receiver, and free its dispatcher. It must return: not throw,
/// not leave by longjmp() nor by the end of its thread.
pub type signalhub_message_fn_t = Option<
    unsafe extern "C-unwind" fn(
        user_data: *mut c_void,
        status: signalhub_status_t,
        message: *mut signalhub_message_t,
        missed: u64,
    ),
>;

/// Start a thread that calls callbacks. All signals are blocked in it, but for those that a thread
/// gets for its own faults.
///
/// @param out_dispatcher  Receives the handle. Not NULL.
///
/// Ownership: free the handle with signalhub_dispatcher_free().
/// Threads:   any thread.
/// Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_LIMIT, SIGNALHUB_ERR_NO_MEMORY or
///            SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_dispatcher_new(
    out_dispatcher: *mut *mut signalhub_dispatcher_t,
) -> signalhub_status_t {
    guard(|| {
        non_null(out_dispatcher)?;
        let handle = handle::create(Dispatcher::new()?)?;
        // SAFETY: `out_dispatcher` is writable by the contract of this function.
        unsafe { store(out_dispatcher, handle) };
        Ok(())
    })
}

/// Free a dispatcher: remove its callbacks, as signalhub_receiver_on_message() does, and end its
/// thread. The receivers stay.
///
/// @param dispatcher  The dispatcher, or NULL, which does nothing.
///
/// Ownership: the handle is gone; using it again is SIGNALHUB_ERR_HANDLE.
/// Threads:   any thread, that of the dispatcher too.
/// Blocks:    until a running callback has returned and the thread has ended; in a callback of this
///            dispatcher it does not: the thread ends when that has returned.
/// Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_HANDLE or SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_dispatcher_free(
    dispatcher: *mut signalhub_dispatcher_t,
) -> signalhub_status_t {
    // SAFETY: `dispatcher` is NULL or was a dispatcher; nobody borrows it without its lock.
    guard(|| unsafe { handle::free(dispatcher) })
}

/// Have a callback called with what a receiver gets, in place of the one it had, or remove it.
///
/// When this has returned, the callback that was there before is not called any more, and its
/// `user_data` was freed. It is freed just once however it ends: here, with SIGNALHUB_CLOSED, by
/// signalhub_receiver_free() or by signalhub_dispatcher_free(). A callback that removes or replaces
/// itself is freed when it has returned.
///
/// While a callback runs, the others of its dispatcher wait; their receivers may lag, and are told.
/// A receiver may be received from beside its callback, too; each message then goes to whoever
/// takes it, and while the callback's thread takes one, others get SIGNALHUB_ERR_BUSY.
///
/// @param receiver    The receiver. Not NULL.
/// @param dispatcher  Whose thread calls, or NULL for a thread of its own.
/// @param callback    What to call, or NULL to remove; then all that follows is NULL too.
/// @param user_data   What it is called with.
/// @param free_fn     Frees `user_data`. NULL for nothing to free.
///
/// Ownership: `user_data` is the library's when this returns SIGNALHUB_OK, else still the caller's.
/// Threads:   any thread, that of the callback too.
/// Blocks:    until a running call of the callback that was there before has returned, unless that
///            is who calls this. So hold no lock that the callback wants, and do not have two
///            callbacks remove each other.
/// Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_NULL (also for `dispatcher`, `user_data` or `free_fn`
///            without `callback`), SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED, SIGNALHUB_ERR_LIMIT
///            (there is no thread to be had), SIGNALHUB_ERR_NO_MEMORY or SIGNALHUB_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signalhub_receiver_on_message(
    receiver: *mut signalhub_receiver_t,
    dispatcher: *mut signalhub_dispatcher_t,
    callback: signalhub_message_fn_t,
    user_data: *mut c_void,
    free_fn: signalhub_free_fn_t,
) -> signalhub_status_t {
    guard(|| {
        let Some(call) = callback else {
            if !(dispatcher.is_null() && user_data.is_null() && free_fn.is_none()) {
                return Err(SIGNALHUB_ERR_NULL);
            }
            // SAFETY: `receiver` is NULL or was a receiver, by the contract of this function.
            drop(unsafe { take_callback(receiver) }?);
            return Ok(());
        };
        let calls = Calls {
            armed: None,
            receiver,
            message: OwnMessage::new()?,
            call,
            user_data,
            free_fn: None,
        };
        // SAFETY: `receiver` and `dispatcher` are NULL or were such handles, by the contract.
        let (before, waker) = unsafe { set_callback(calls, dispatcher, free_fn) }?;
        drop(before);
        waker.wake();
        Ok(())
    })
}

/// A receiver as its handle has it.
pub(crate) struct Held {
    /// Before the receiver: its removal waits for a call that may be inside.
    callback: Option<Registered>,
    receiver: Receiver,
}

/// The callback of a receiver. Dropping it removes the callback, outside every lock.
pub(crate) struct Registered {
    _listener: Listener,
    /// If its thread is its own.
    _dispatcher: Option<Dispatcher>,
}

impl From<Receiver> for Held {
    fn from(receiver: Receiver) -> Self {
        Self {
            callback: None,
            receiver,
        }
    }
}

impl Deref for Held {
    type Target = Receiver;

    #[inline]
    fn deref(&self) -> &Receiver {
        &self.receiver
    }
}

impl DerefMut for Held {
    #[inline]
    fn deref_mut(&mut self) -> &mut Receiver {
        &mut self.receiver
    }
}

/// Takes the callback of a receiver out of its handle.
///
/// # Safety
///
/// `receiver` is NULL or was a receiver.
unsafe fn take_callback(
    receiver: *mut signalhub_receiver_t,
) -> Result<Option<Registered>, signalhub_status_t> {
    // SAFETY: the caller's promise.
    Ok(unsafe { lock_waiting(receiver) }?.callback.take())
}

/// Puts a callback into the handle of its receiver. Returns the one that was there, and what starts
/// the new one.
///
/// # Safety
///
/// `calls.receiver` is NULL or was a receiver, `dispatcher` NULL or a dispatcher.
unsafe fn set_callback(
    mut calls: Calls,
    dispatcher: *mut signalhub_dispatcher_t,
    free_fn: signalhub_free_fn_t,
) -> Result<(Option<Registered>, Waker), signalhub_status_t> {
    // Before a thread is started for nothing.
    // SAFETY: the caller's promise.
    drop(unsafe { lock_waiting(calls.receiver) }?);
    let mut own = None;
    let mut locked;
    let dispatcher = if dispatcher.is_null() {
        own.insert(Dispatcher::new()?)
    } else {
        // SAFETY: the caller's promise.
        locked = unsafe { lock_waiting(dispatcher) }?;
        &mut *locked
    };
    // SAFETY: the caller's promise.
    let mut held = unsafe { lock_waiting(calls.receiver) }?;
    // From here on nothing fails, and `user_data` is ours.
    calls.free_fn = free_fn;
    let listener = dispatcher.add(Box::new(calls));
    let waker = listener.waker();
    let before = held.callback.replace(Registered {
        _listener: listener,
        _dispatcher: own,
    });
    Ok((before, waker))
}

/// What a dispatcher has of a callback in C.
struct Calls {
    armed: Option<Armed>,
    receiver: *mut signalhub_receiver_t,
    message: OwnMessage,
    call:
        unsafe extern "C-unwind" fn(*mut c_void, signalhub_status_t, *mut signalhub_message_t, u64),
    user_data: *mut c_void,
    free_fn: signalhub_free_fn_t,
}

// SAFETY: handles may be used by any thread; signalhub_receiver_on_message() tells the caller that a
// thread of ours calls with `user_data`, and that any may free it.
unsafe impl Send for Calls {}

impl Turn for Calls {
    fn turn(&mut self, cx: &Context<'_>) -> Turned {
        let Some(received) = self.receive(cx) else {
            return Turned::Ended;
        };
        let Poll::Ready((status, missed)) = received else {
            free_due();
            return Turned::Asleep;
        };
        let message = match status {
            SIGNALHUB_OK => self.message.0,
            _ => ptr::null_mut(),
        };
        // SAFETY: the caller's function, called as signalhub_message_fn_t says.
        unsafe { (self.call)(self.user_data, status, message, missed) };
        // SAFETY: the message is ours again.
        if let Ok(mut message) = unsafe { fill(self.message.0) } {
            // Memory that it shares is not kept until the next one comes.
            message.clear();
        }
        if status == SIGNALHUB_CLOSED {
            Turned::Ended
        } else {
            Turned::Called
        }
    }
}

impl Calls {
    /// What to call with: status and `missed`. `None` if the receiver was freed, or its message was,
    /// against the contract.
    fn receive(&mut self, cx: &Context<'_>) -> Option<Poll<(signalhub_status_t, u64)>> {
        // Not to be freed before the call: what is freed may remove the callback.
        // SAFETY: the message is ours; the callback, to which it is lent, does not run.
        let message = unsafe { borrow_mut(self.message.0) }.ok()?;
        // SAFETY: `receiver` was a receiver when the callback was set.
        let mut held = unsafe { lock_waiting(self.receiver) }.ok()?;
        if let Some(behind) = held.cursor.warning() {
            return Some(Poll::Ready((SIGNALHUB_ABOUT_TO_LAG, behind)));
        }
        let received = held.cursor.poll_recv(message, &mut self.armed, cx);
        Some(received.map(|received| match received {
            Ok(()) => (SIGNALHUB_OK, 0),
            Err(RecvError::Lagged(lag)) => (SIGNALHUB_LAGGED, lag.missed),
            Err(RecvError::Closed) => (SIGNALHUB_CLOSED, 0),
        }))
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        if let Some(free_fn) = self.free_fn {
            // SAFETY: the caller's function, which is called once, here.
            unsafe { free_fn(self.user_data) };
        }
    }
}

/// A message handle that is freed with its owner.
struct OwnMessage(*mut signalhub_message_t);

impl OwnMessage {
    fn new() -> Result<Self, signalhub_status_t> {
        Ok(Self(handle::create(Message::deferring())?))
    }
}

impl Drop for OwnMessage {
    fn drop(&mut self) {
        // SAFETY: it was a message, which nobody uses any more.
        let _ = unsafe { handle::free(self.0) };
    }
}
