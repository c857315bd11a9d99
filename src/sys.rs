// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the system gives: sleep, descriptors, threads, a process-wide fence, news of a fork, memory, errno as it was.
//!
//! Unsafe is allowed here because these are calls to the system. Linux only.

#[cfg(not(loom))]
pub(crate) mod errno;
#[cfg(not(loom))]
pub(crate) mod eventfd;
#[cfg(not(loom))]
pub(crate) mod fork;
#[cfg(not(loom))]
pub(crate) mod futex;
#[cfg(not(loom))]
pub(crate) mod membarrier;
pub(crate) mod memory;
#[cfg(not(loom))]
pub(crate) mod thread;
