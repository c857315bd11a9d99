// SPDX-License-Identifier: MIT OR Apache-2.0
//! The caller's errno, which no call of ours changes.

/// Runs `call` and puts errno back as it was.
pub(crate) fn keep<R>(call: impl FnOnce() -> R) -> R {
    // SAFETY: returns the address of this thread's errno.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as long as this thread lives, so does its errno.
    let before = unsafe { errno.read_volatile() };
    let result = call();
    // SAFETY: as above. Volatile: LLVM believes that malloc leaves errno alone, and would drop this.
    unsafe { errno.write_volatile(before) };
    result
}
