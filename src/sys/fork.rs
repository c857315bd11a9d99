// SPDX-License-Identifier: MIT OR Apache-2.0
//! What runs in the child of a fork.

/// Has `child` called in the child of every later fork. False if there is no memory for it.
pub(crate) fn at_fork(child: extern "C" fn()) -> bool {
    // SAFETY: the function is static, and the library is never unloaded (`-z nodelete`).
    unsafe { libc::pthread_atfork(None, None, Some(as_c(child))) == 0 }
}

/// libc declares the handler as `unsafe`.
fn as_c(child: extern "C" fn()) -> unsafe extern "C" fn() {
    child
}
