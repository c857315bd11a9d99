// SPDX-License-Identifier: MIT OR Apache-2.0
//! Models of the invariants of `block.rs`, run with those of tests/loom.rs.
//!
//! Unsafe is allowed here as in `block.rs`.

use super::*;

/// B2, B3. Whoever lets go last, all holders have done with the bytes before they are written
/// again.
#[test]
fn the_last_holder_gives_a_block_back() {
    loom::model(|| {
        let pool = Arc::new(Pool::new(None));
        let block = pool.fill(&[1; 64], b"").unwrap();
        let holders = [(); 2].map(|()| {
            let held = Block::hold(&holder(&pool), block).unwrap();
            loom::thread::spawn(move || assert_eq!(held.bytes(), [1; 64]))
        });
        pool.release(block);
        let again = pool.fill(&[2; 64], b"").unwrap();
        assert_eq!(Block::hold(&holder(&pool), again).unwrap().bytes(), [2; 64]);
        assert!(Block::hold(&holder(&pool), block).is_none() || again.index != block.index);
        for holder in holders {
            holder.join().unwrap();
        }
    });
}

/// How often an owner was dropped. Loom fails if that is counted while somebody reads it.
struct Drops(UnsafeCell<u64>);

// SAFETY: loom says who touches the cell when.
unsafe impl Sync for Drops {}
// SAFETY: likewise.
unsafe impl Send for Drops {}

impl Drops {
    fn get(&self) -> u64 {
        // SAFETY: loom fails if somebody writes meanwhile.
        self.0.with(|drops| unsafe { *drops })
    }
}

struct Owner(Arc<Drops>);

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        b"owned"
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // SAFETY: loom fails if anybody else looks meanwhile.
        self.0.0.with_mut(|drops| unsafe { *drops += 1 });
    }
}

/// B6. A publisher's own memory is freed once, by whoever lets go last, after the others are done
/// with it.
#[test]
fn the_last_holder_frees_a_publishers_memory() {
    loom::model(|| {
        let pool = Arc::new(Pool::new(None));
        let drops = Arc::new(Drops(UnsafeCell::new(0)));
        let Ok(mut draft) = Draft::of(&*pool, Foreign::new(Owner(drops.clone()))) else {
            panic!("there is memory");
        };
        let block = draft.seal(5, b"").unwrap();
        let holders = [(); 2].map(|()| {
            let held = Block::hold(&holder(&pool), block).unwrap();
            let drops = drops.clone();
            loom::thread::spawn(move || {
                assert_eq!(held.bytes(), b"owned");
                assert_eq!(drops.get(), 0);
            })
        });
        pool.release(block);
        for holder in holders {
            holder.join().unwrap();
        }
        assert_eq!(drops.get(), 1);
    });
}
