// SPDX-License-Identifier: MIT OR Apache-2.0
//! A descriptor that is readable from [`EventFd::raise`] to [`EventFd::drain`].
//!
//! By bare system calls: libc's functions end a thread that pthread_cancel was called on, in the
//! middle of a publish; and ThreadSanitizer would have to see all of them or none.

use std::os::fd::RawFd;

use super::errno;

/// An eventfd, closed when it is dropped.
#[derive(Debug)]
pub(crate) struct EventFd(RawFd);

impl EventFd {
    /// One that is not readable, or `None` if the system has no more descriptors to give.
    pub(crate) fn new() -> Option<Self> {
        let flags = libc::EFD_NONBLOCK | libc::EFD_CLOEXEC;
        // SAFETY: this system call touches no memory of ours.
        let fd = errno::keep(|| unsafe { libc::syscall(libc::SYS_eventfd2, 0, flags) });
        RawFd::try_from(fd).ok().filter(|&fd| fd >= 0).map(Self)
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.0
    }

    /// Makes it readable.
    pub(crate) fn raise(&self) {
        let one: u64 = 1;
        // SAFETY: the kernel reads eight bytes, which are there. It fails only at a count that is
        // never reached, where the descriptor is readable anyway.
        errno::keep(|| unsafe { libc::syscall(libc::SYS_write, self.0, &raw const one, 8) });
    }

    /// Makes it not readable. Whether it was.
    pub(crate) fn drain(&self) -> bool {
        let mut count: u64 = 0;
        // SAFETY: the kernel writes eight bytes, which are there; or none if it was not readable.
        errno::keep(|| unsafe { libc::syscall(libc::SYS_read, self.0, &raw mut count, 8) }) == 8
    }
}

impl Drop for EventFd {
    fn drop(&mut self) {
        // SAFETY: the descriptor is ours, and nobody uses its number any more.
        errno::keep(|| unsafe { libc::syscall(libc::SYS_close, self.0) });
    }
}
