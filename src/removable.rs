// SPDX-License-Identifier: MIT OR Apache-2.0
#![forbid(unsafe_code)]
//! Something that one thread calls again and again, until another one, or the call itself, has it
//! removed.
//!
//! # Invariants
//!
//! * R1. Foreign code (a call, the drop of the value) runs outside the lock, with the value taken
//!   out.
//! * R2. When [`Removable::remove`] has returned, no call begins any more, none is running, and the
//!   value was dropped; unless that is what this thread is inside of: then it is so at its end.
//! * R3. The value is dropped once: by who removes it, or by the caller at the end of a call.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::sync::{Arc, Lock, Parker, ThreadId, thread_id};
use crate::wait::{Deadline, park};

/// A value that can be called, and removed meanwhile.
#[derive(Debug)]
pub(crate) struct Removable<T> {
    state: Lock<State<T>>,
}

#[derive(Debug)]
enum State<T> {
    /// The value is there.
    Idle(T),
    /// A thread has taken it out: to call it, or (then it is removed) to drop it.
    Taken {
        by: ThreadId,
        is_removed: bool,
        /// Whoever waits until it is dropped.
        waiting: Vec<Arc<Parker>>,
    },
    /// It was dropped.
    Gone,
}

impl<T> Removable<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            state: Lock::new(State::Idle(value)),
        }
    }

    /// Has `call` called with the value, and drops it if that returns false. Whether there is
    /// something to call again.
    pub(crate) fn call(&self, call: impl FnOnce(&mut T) -> bool) -> bool {
        let Some(mut value) = self.take(false) else {
            return false;
        };
        let goes_on = call(&mut value);
        let mut state = self.state.lock();
        if let State::Taken {
            is_removed: false, ..
        } = *state
            && goes_on
        {
            *state = State::Idle(value);
            return true;
        }
        drop(state);
        self.end(value);
        false
    }

    /// Removes it (R2).
    pub(crate) fn remove(&self) {
        if let Some(value) = self.take(true) {
            return self.end(value);
        }
        let parker = Arc::new(Parker::default());
        if let State::Taken { by, waiting, .. } = &mut *self.state.lock() {
            if *by == thread_id() {
                return;
            }
            waiting.push(parker.clone());
        }
        park(&parker, Deadline::Never, || self.is_gone());
    }

    pub(crate) fn is_gone(&self) -> bool {
        matches!(*self.state.lock(), State::Gone)
    }

    /// Takes the value out, if it is there; else it is removed too, if that is wanted.
    fn take(&self, remove: bool) -> Option<T> {
        let mut state = self.state.lock();
        match mem::replace(&mut *state, State::Gone) {
            State::Idle(value) => {
                *state = State::Taken {
                    by: thread_id(),
                    is_removed: remove,
                    waiting: Vec::new(),
                };
                return Some(value);
            }
            State::Taken {
                by,
                is_removed,
                waiting,
            } => {
                *state = State::Taken {
                    by,
                    is_removed: is_removed || remove,
                    waiting,
                };
            }
            State::Gone => {}
        }
        None
    }

    /// Drops the value, which this thread has taken out.
    fn end(&self, value: T) {
        // Its panic is not that of who removes it, nor of who waits for that.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(value)));
        let ended = mem::replace(&mut *self.state.lock(), State::Gone);
        if let State::Taken { waiting, .. } = ended {
            waiting.iter().for_each(|parker| parker.unpark());
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::cell::Cell;
    use std::rc::{Rc, Weak};

    use super::*;

    /// Counts drops.
    struct Dropped<'a>(&'a Cell<u32>);

    impl Drop for Dropped<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }

    #[test]
    fn it_is_dropped_once_however_it_ends() {
        let drops = Cell::new(0);
        let new = || Removable::new(Dropped(&drops));

        let removed = new();
        assert!(removed.call(|_| true));
        removed.remove();
        assert_eq!(drops.get(), 1);
        removed.remove();
        assert!(!removed.call(|_| panic!("after its removal")));

        let ended = new();
        assert!(!ended.call(|_| false));
        assert_eq!(drops.get(), 2);
        ended.remove();

        let from_inside = new();
        let goes_on = from_inside.call(|_| {
            from_inside.remove();
            from_inside.remove();
            assert_eq!(drops.get(), 2, "it is being called");
            true
        });
        assert!(!goes_on);
        assert_eq!(drops.get(), 3);

        drop(new());
        assert_eq!(drops.get(), 4);
    }

    /// Does something when it is dropped.
    struct OnDrop(Box<dyn Fn()>);

    impl Drop for OnDrop {
        fn drop(&mut self) {
            (self.0)();
        }
    }

    #[test]
    fn its_drop_may_remove_it_and_may_panic() {
        let drops = Rc::new(Cell::new(0));
        let counted = drops.clone();
        let removable = Rc::new_cyclic(|removable: &Weak<Removable<OnDrop>>| {
            let removable = removable.clone();
            Removable::new(OnDrop(Box::new(move || {
                counted.set(counted.get() + 1);
                removable.upgrade().unwrap().remove();
                std::panic::resume_unwind(Box::new("in a drop"));
            })))
        });
        removable.remove();
        assert_eq!(drops.get(), 1);
    }
}

/// Models of R2 and R3, run with those of tests/loom.rs.
#[cfg(all(test, loom))]
mod models {
    use loom::cell::UnsafeCell;
    use loom::thread;

    use super::*;

    /// What loom sees two threads touch at once, or after its drop.
    #[derive(Default)]
    struct Data(Arc<(UnsafeCell<u32>, UnsafeCell<u32>)>);

    impl Data {
        fn touch(&self) {
            // SAFETY: that is what the model is about.
            self.0.0.with_mut(|_| ());
        }
    }

    impl Drop for Data {
        fn drop(&mut self) {
            self.touch();
            self.0.1.with_mut(|_| ());
        }
    }

    /// P5. A removal that races a call waits for it; then it is never called again.
    #[test]
    fn a_removal_waits_for_the_call_that_runs() {
        loom::model(|| {
            let data = Data::default();
            let seen = data.0.clone();
            let removable = Arc::new(Removable::new(data));
            let caller = {
                let removable = removable.clone();
                thread::spawn(move || {
                    for _ in 0..2 {
                        removable.call(|data| {
                            data.touch();
                            true
                        });
                    }
                })
            };
            removable.remove();
            seen.0.with_mut(|_| ());
            seen.1.with_mut(|_| ());
            caller.join().unwrap();
        });
    }

    /// Two removals, and a call that ends by itself: whoever returns finds it dropped.
    #[test]
    fn whoever_removes_waits_for_the_drop() {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound.get_or_insert(2);
        builder.check(|| {
            let data = Data::default();
            let seen = data.0.clone();
            let removable = Arc::new(Removable::new(data));
            let caller = {
                let removable = removable.clone();
                thread::spawn(move || removable.call(|_| false))
            };
            let remover = {
                let removable = removable.clone();
                thread::spawn(move || removable.remove())
            };
            removable.remove();
            seen.1.with(|_| ());
            remover.join().unwrap();
            caller.join().unwrap();
        });
    }
}
