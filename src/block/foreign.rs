// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory of a publisher's own, and when its owner is dropped.
//!
//! Unsafe is allowed here because an owner lends its bytes for as long as it lives.
//!
//! # Invariants
//!
//! * F1. An owner stays where it is, and is looked at by nobody, from the moment it has lent its
//!   bytes until it is dropped or goes back to the publisher.
//! * F2. Dropping an owner may run foreign code, which may call the library. So it happens where no
//!   lock is held, and never inside another such drop: what becomes due there waits in the
//!   thread's queue until that one returns. However long a chain of owners whose drop makes the
//!   next one due, the stack does not grow.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::NonNull;

/// Bytes, and the owner that keeps them where they are.
#[derive(Debug)]
pub(crate) struct Foreign {
    bytes: NonNull<[u8]>,
    /// Ours, from a Box. A pointer, because a Box that moves says that nobody else has its
    /// contents, and `bytes` may point into them.
    owner: NonNull<Owner>,
}

type Owner = dyn Any + Send + Sync;

// SAFETY: the owner is Send, and the bytes go with it (F1).
unsafe impl Send for Foreign {}
// SAFETY: the owner is Sync, and its bytes are only read.
unsafe impl Sync for Foreign {}

impl Foreign {
    pub(crate) fn new<T: AsRef<[u8]> + Send + Sync + 'static>(owner: T) -> Self {
        let owner = NonNull::from(Box::leak(Box::new(owner)));
        // Before anything of the owner's runs, so that it is dropped if that panics.
        let mut foreign = Self {
            bytes: NonNull::from(&mut []),
            owner,
        };
        // SAFETY: just leaked, and ours until `foreign` is dropped, which ends the borrow (F1).
        let owner: &T = unsafe { owner.as_ref() };
        foreign.bytes = NonNull::from(owner.as_ref());
        foreign
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the owner lent them until it is dropped, which `self` prevents (F1).
        unsafe { self.bytes.as_ref() }
    }

    /// The owner, which must be a `T`.
    pub(crate) fn into_owner<T: 'static>(self) -> T {
        let owner = self.owner;
        std::mem::forget(self);
        // SAFETY: from a Box, and `self` does not drop it.
        let owner: Box<dyn Any> = unsafe { Box::from_raw(owner.as_ptr()) };
        match owner.downcast() {
            Ok(owner) => *owner,
            Err(_) => unreachable!("the caller knows what it gave"),
        }
    }

    /// Drops the owner (F2).
    pub(crate) fn free(self) {
        self.defer();
        free_due();
    }

    /// Leaves it to the next [`free_due`] of this thread to drop the owner.
    pub(crate) fn defer(self) {
        let mut foreign = Some(self);
        // A thread that ends has no queue any more: then it is dropped below.
        let _ = DUE.try_with(|due| due.queue.borrow_mut().extend(foreign.take()));
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        // SAFETY: from a Box, and nobody has its bytes any more.
        drop(unsafe { Box::from_raw(self.owner.as_ptr()) });
    }
}

/// What a thread has to drop (F2).
struct Due {
    queue: RefCell<VecDeque<Foreign>>,
    /// Whether it is dropping right now.
    is_busy: Cell<bool>,
}

impl Due {
    fn next(&self) -> Option<Foreign> {
        self.queue.borrow_mut().pop_front()
    }
}

thread_local! {
    static DUE: Due = const {
        Due {
            queue: RefCell::new(VecDeque::new()),
            is_busy: Cell::new(false),
        }
    };
}

/// Drops the owners that are due in this thread, unless that is what it is doing already. A panic of
/// one of them goes on when all are dropped.
pub(crate) fn free_due() {
    let panic = DUE.try_with(|due| {
        if due.is_busy.replace(true) {
            return None;
        }
        let mut panic = None;
        while let Some(foreign) = due.next() {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(foreign))) {
                panic.get_or_insert(payload);
            }
        }
        due.is_busy.set(false);
        panic
    });
    if let Ok(Some(payload)) = panic {
        resume_unwind(payload);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Drops the next of a chain when it is dropped.
    struct Link(Option<Foreign>);

    impl AsRef<[u8]> for Link {
        fn as_ref(&self) -> &[u8] {
            b"link"
        }
    }

    impl Drop for Link {
        fn drop(&mut self) {
            if let Some(next) = self.0.take() {
                next.free();
            }
        }
    }

    #[test]
    fn a_long_chain_of_owners_needs_no_deep_stack() {
        let mut chain = Foreign::new(Link(None));
        for _ in 0..1_000_000 / if cfg!(miri) { 1000 } else { 1 } {
            chain = Foreign::new(Link(Some(chain)));
        }
        assert_eq!(chain.bytes(), b"link");
        chain.free();
    }

    #[test]
    fn an_owner_comes_back_as_it_was() {
        let owner = vec![1, 2, 3];
        let at = owner.as_ptr();
        let foreign = Foreign::new(owner);
        assert_eq!(foreign.bytes(), [1, 2, 3]);
        assert_eq!(foreign.bytes().as_ptr(), at);
        let owner: Vec<u8> = foreign.into_owner();
        assert_eq!(owner.as_ptr(), at);
    }
}
