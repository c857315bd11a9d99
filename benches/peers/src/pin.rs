// SPDX-License-Identifier: MIT OR Apache-2.0
//! Holds threads to cores, so that a figure knows which caches it crosses.
//!
//! Unsafe: `cpu_set_t` and the two system calls that take it.

use std::mem::{MaybeUninit, size_of};
use std::str::FromStr;

use libc::cpu_set_t;

/// The cores that the figures use: the first is the publisher's, the others are the receivers'.
#[derive(Clone)]
pub(crate) struct Cores(Vec<usize>);

impl Cores {
    pub(crate) fn new(cores: Vec<usize>) -> Result<Self, String> {
        match cores.len() {
            0 | 1 => Err("two cores are needed, one for each side".to_owned()),
            _ => Ok(Self(cores)),
        }
    }

    pub(crate) fn publisher(&self) -> usize {
        self.0[0]
    }

    /// The core of the n-th receiver's thread. When they run out, receivers share.
    pub(crate) fn receiver(&self, n: usize) -> usize {
        let others = &self.0[1..];
        others[n % others.len()]
    }

    /// The core of the n-th of threads that share all of them.
    pub(crate) fn any(&self, n: usize) -> usize {
        self.0[n % self.0.len()]
    }

    /// Whether `n` receivers each get a core to themselves.
    pub(crate) fn seat(&self, n: usize) -> bool {
        n < self.0.len()
    }
}

impl FromStr for Cores {
    type Err = String;

    fn from_str(list: &str) -> Result<Self, String> {
        let allowed = allowed();
        let cores = list
            .split(',')
            .map(|core| match core.parse() {
                Ok(core) if allowed.contains(&core) => Ok(core),
                _ => Err(format!("this process may not run on core {core:?}")),
            })
            .collect::<Result<_, _>>()?;
        Self::new(cores)
    }
}

/// The cores that this process may run on.
pub(crate) fn allowed() -> Vec<usize> {
    let mut set = none();
    // SAFETY: `set` is writable and as long as the size says.
    let status = unsafe { libc::sched_getaffinity(0, size_of::<cpu_set_t>(), &mut set) };
    assert_eq!(status, 0, "sched_getaffinity");
    (0..libc::CPU_SETSIZE as usize)
        // SAFETY: `core` is below CPU_SETSIZE, so its bit lies within the set.
        .filter(|&core| unsafe { libc::CPU_ISSET(core, &set) })
        .collect()
}

/// Holds the calling thread to `core`.
pub(crate) fn to(core: usize) {
    let mut set = none();
    // SAFETY: `core` came from `allowed`, which stays below CPU_SETSIZE.
    unsafe { libc::CPU_SET(core, &mut set) };
    // SAFETY: `set` is readable and as long as the size says.
    let status = unsafe { libc::sched_setaffinity(0, size_of::<cpu_set_t>(), &set) };
    assert_eq!(status, 0, "sched_setaffinity to core {core}");
}

fn none() -> cpu_set_t {
    // SAFETY: a set of bits, for which all zeros is the empty set.
    unsafe { MaybeUninit::zeroed().assume_init() }
}
