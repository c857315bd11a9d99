// SPDX-License-Identifier: MIT OR Apache-2.0
//! Threads of our own, which no signal of the application interrupts.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr;
use std::thread::{Builder, JoinHandle};

use super::errno;

/// What a callback may need. What it does not use costs nothing.
const STACK_BYTES: usize = 1 << 20;

/// Starts a thread, or `None` if the system has no more to give.
pub(crate) fn start(name: &str, body: impl FnOnce() + Send + 'static) -> Option<JoinHandle<()>> {
    errno::keep(|| {
        let before = block_signals();
        let builder = Builder::new().name(name.into()).stack_size(STACK_BYTES);
        let started = builder.spawn(body);
        restore_signals(&before);
        started.ok()
    })
}

/// Waits until a thread has ended.
pub(crate) fn join(thread: JoinHandle<()>) {
    // pthread_join would end a thread that pthread_cancel was called on, in the middle of this.
    let before = set_cancel_state(CANCEL_DISABLE);
    // That it panicked was said by the panic.
    let _ = errno::keep(|| thread.join());
    set_cancel_state(before);
}

/// `PTHREAD_CANCEL_DISABLE`, which glibc and musl agree upon.
const CANCEL_DISABLE: c_int = 1;

/// Whether pthread_cancel may end this thread. Returns what it was.
fn set_cancel_state(state: c_int) -> c_int {
    unsafe extern "C" {
        fn pthread_setcancelstate(state: c_int, old_state: *mut c_int) -> c_int;
    }
    let mut before = 0;
    // SAFETY: writes `before`.
    unsafe { pthread_setcancelstate(state, &raw mut before) };
    before
}

/// Blocks every signal, which a new thread inherits, but for those that tell a thread of its own
/// faults. Returns what was blocked before.
fn block_signals() -> libc::sigset_t {
    let faults = [
        libc::SIGBUS,
        libc::SIGFPE,
        libc::SIGILL,
        libc::SIGSEGV,
        libc::SIGSYS,
        libc::SIGTRAP,
    ];
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: fills `all`.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    for fault in faults {
        // SAFETY: changes `all`, which is filled.
        unsafe { libc::sigdelset(all.as_mut_ptr(), fault) };
    }
    // SAFETY: reads `all` and fills `before`; it cannot fail with these arguments.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) };
    // SAFETY: it was filled.
    unsafe { before.assume_init() }
}

fn restore_signals(before: &libc::sigset_t) {
    // SAFETY: reads `before`.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, ptr::null_mut()) };
}
