// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tests of `block.rs`, which look inside.

use super::*;

#[test]
fn every_index_has_a_place_of_its_own() {
    assert_eq!(locate(0), (0, 0));
    assert_eq!(locate(63), (0, 63));
    assert_eq!(locate(64), (1, 0));
    assert_eq!(locate(191), (1, 127));
    assert_eq!(locate(192), (2, 0));
    assert_eq!(locate(LOW_MAX as u32).0, CHUNKS);
}

#[test]
fn a_released_block_is_used_again_under_a_new_generation() {
    let pool = Arc::new(Pool::new(None));
    let first = pool.fill(&[1; 1000], b"").unwrap();
    pool.release(first);
    let second = pool.fill(&[2; 900], b"").unwrap();
    assert_eq!(second.index, first.index);
    assert!(Block::hold(&holder(&pool), first).is_none());
    assert_eq!(
        Block::hold(&holder(&pool), second).unwrap().bytes()[..900],
        [2; 900]
    );
}

#[test]
fn a_held_block_is_not_used_again() {
    let pool = Arc::new(Pool::new(None));
    let first = pool.fill(&[1; 1000], b"").unwrap();
    let held = Block::hold(&holder(&pool), first).unwrap();
    pool.release(first);
    let second = pool.fill(&[2; 1000], b"").unwrap();
    assert_ne!(second.index, first.index);
    assert_eq!(held.bytes()[..1000], [1; 1000]);
}

#[test]
fn free_blocks_keep_a_bounded_amount_of_memory() {
    let pool = Arc::new(Pool::new(None));
    let blocks: Vec<_> = (0..16)
        .map(|_| pool.fill(&vec![0; 40 << 20], b"").unwrap())
        .collect();
    blocks.into_iter().for_each(|block| pool.release(block));
    let usage = pool.usage();
    assert!(usage.free_bytes <= free::KEEP_BYTES as u64);
    assert_eq!((usage.blocks, usage.bytes), (0, 0));
}

#[test]
fn what_is_in_use_is_counted_until_the_last_one_lets_go() {
    let pool = Arc::new(Pool::new(None));
    let in_use = || (pool.usage().blocks, pool.usage().bytes);
    let block = pool.fill(&[1; 1000], b"").unwrap();
    let held = Block::hold(&holder(&pool), block).unwrap();
    let loan = Draft::new(pool.clone(), 500, true).unwrap();
    let foreign = Draft::of(&*pool, Foreign::new(vec![0; 30])).unwrap();
    assert_eq!(in_use(), (3, 1530));
    pool.release(block);
    drop(loan);
    drop(foreign);
    assert_eq!(in_use(), (1, 1000));
    drop(held);
    assert_eq!(in_use(), (0, 0));
}

#[test]
fn a_loan_counts_as_long_as_it_is_sealed_or_not() {
    let pool = Arc::new(Pool::new(None));
    let mut loan = Draft::new(pool.clone(), 500, true).unwrap();
    for _ in 0..2 {
        let block = loan.seal(100, b"").unwrap();
        assert_eq!((loan.bytes(), pool.usage().bytes), (&b""[..], 100));
        loan.unseal(block);
        assert_eq!((loan.bytes().len(), pool.usage().bytes), (500, 500));
    }
    let block = loan.seal(100, b"").unwrap();
    drop(loan);
    assert_eq!(
        Block::hold(&holder(&pool), block).unwrap().bytes().len(),
        512
    );
    pool.release(block);
    assert_eq!(pool.usage().bytes, 0);
}
