//! Blocks: all or nothing, attempts within them, receipts and bodies.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use idos_ledger::State;

use super::*;
use crate::{AccountDigest, Body, StoreError};

fn account(name: &str) -> AccountDigest {
    AccountDigest(Digest::of(name.as_bytes()))
}

#[test]
fn a_committed_block_is_there_after_reopening() {
    let mut node = Node::new();
    assert_eq!(node.writer.head().unwrap(), None);
    node.writer
        .start(&[], new_block(0), "chain", "one")
        .unwrap();
    node.put([Row::User(user(1))]);
    let Node {
        writer,
        readers,
        folder,
    } = node;
    drop((writer, readers));
    let (writer, readers) = Database::open(folder.path(), &Options::default()).unwrap();
    let root = writer.check_rows().unwrap();
    assert_eq!(root.count, 1);
    assert_eq!(writer.head().unwrap(), Some(head(1, root)));
    assert_eq!(writer.meta("chain").unwrap().as_deref(), Some("one"));
    let found = readers
        .read(|state| {
            (
                state.user(id(1)).unwrap(),
                state.head().unwrap(),
                state.meta("chain"),
            )
        })
        .unwrap();
    assert_eq!(found.0, Some(user(1)));
    assert_eq!(found.1, Some(head(1, root)));
    assert_eq!(found.2.unwrap().as_deref(), Some("one"));
}

#[test]
fn a_dropped_block_leaves_nothing() {
    let mut node = Node::new();
    node.put([Row::User(user(1))]);
    let before = node.dump();
    let mut block = node.begin();
    block
        .apply(&[Change::Put(Row::User(user(2)))], &SEED)
        .unwrap();
    set_nonce(&mut block, &account("a"), 1, &SEED).unwrap();
    block
        .put_receipt(&receipt(Digest::of(b"tx"), 2, 0))
        .unwrap();
    drop(block);
    assert_eq!(node.dump(), before);
    node.put([Row::User(user(3))]);
}

#[test]
fn a_failed_attempt_changes_nothing_and_the_block_goes_on() {
    let mut node = Node::new();
    node.put([Row::User(user(1)), Row::Credential(credential(2, 1))]);
    let rows_before = node.row_count();
    let grants = |number| [Change::Put(Row::AccessGrant(grant(number, 1, "0xa", 2, 1)))];
    let mut block = node.begin();
    let outcome = block.attempt(|block| {
        block.apply(&grants(3), &SEED).unwrap();
        set_nonce(block, &account("a"), 1, &SEED).unwrap();
        block
            .put_body(&Digest::of(b"tx"), 2, BlockTime::default(), b"body", "")
            .unwrap();
        assert_eq!(block.count_grants_to("0xa", None).unwrap(), 1);
        Err::<(), _>("refused")
    });
    assert_eq!(outcome.unwrap(), Err("refused"));
    assert_eq!(block.count_grants_to("0xa", None).unwrap(), 0);
    assert_eq!(block.account(&account("a")).unwrap().nonce(), None);

    // An inner failure does not undo what the outer attempt keeps, and the reverse.
    let outcome = block.attempt(|block| {
        block.apply(&grants(4), &SEED).unwrap();
        let inner = block.attempt(|block| {
            block.apply(&grants(5), &SEED).unwrap();
            Err::<(), _>(())
        });
        assert_eq!(inner.unwrap(), Err(()));
        Ok::<_, ()>("kept")
    });
    assert_eq!(outcome.unwrap(), Ok("kept"));
    block.commit(new_block(2)).unwrap();
    node.root();
    // A block, a grant and its two counts.
    assert_eq!(node.row_count(), rows_before + 4);
    node.read(|state| {
        assert!(state.grant(id(4)).unwrap().is_some());
        assert!(state.grant(id(5)).unwrap().is_none());
        assert_eq!(state.account_count().unwrap(), 0);
        assert_eq!(state.body(&Digest::of(b"tx")).unwrap(), None);
    });
}

#[test]
fn an_attempt_that_panicked_is_never_committed() {
    let mut node = Node::new();
    let mut block = node.begin();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        block.attempt(|block| -> Result<(), ()> {
            block
                .apply(&[Change::Put(Row::User(user(1)))], &SEED)
                .unwrap();
            panic!("in the middle");
        })
    }));
    assert!(panicked.is_err());
    assert!(matches!(
        block.commit(new_block(1)),
        Err(StoreError::BrokenBlock)
    ));
    assert_eq!(node.read(|state| state.user(id(1))).unwrap(), None);
}

/// Of changes that fail some may be made already.
#[test]
fn changes_that_failed_and_were_not_undone_are_never_committed() {
    let changes = [
        Change::Put(Row::User(user(1))),
        Change::Put(Row::Wallet(wallet(2, 3))),
    ];
    let mut node = Node::new();
    let mut block = node.begin();
    let failed = block.apply(&changes, &SEED);
    assert!(matches!(failed, Err(StoreError::Constraint { .. })));
    assert!(block.user(id(1)).unwrap().is_some());
    // Not even by an attempt that comes to nothing.
    block.attempt(|_| Err::<(), _>(())).unwrap().unwrap_err();
    assert!(matches!(
        block.commit(new_block(1)),
        Err(StoreError::BrokenBlock)
    ));
    assert_eq!(node.read(|state| state.user(id(1))).unwrap(), None);

    let mut block = node.begin();
    let failed = block.attempt(|block| block.apply(&changes, &SEED));
    assert!(matches!(failed, Ok(Err(StoreError::Constraint { .. }))));
    block.commit(new_block(1)).unwrap();
}

#[test]
fn a_transaction_that_sqlite_ended_is_not_written_to() {
    let mut node = Node::new();
    let mut block = node.begin();
    // As SQLite does when the disk is full.
    block.conn().unwrap().execute_batch("ROLLBACK").unwrap();
    let change = [Change::Put(Row::User(user(1)))];
    assert!(matches!(
        block.apply(&change, &SEED),
        Err(StoreError::BrokenBlock)
    ));
    assert!(block.user(id(1)).is_err());
    assert!(matches!(
        block.attempt(|_| Ok::<_, ()>(())),
        Err(StoreError::BrokenBlock)
    ));
    assert!(matches!(
        block.commit(new_block(1)),
        Err(StoreError::BrokenBlock)
    ));
    assert_eq!(node.read(|state| state.user(id(1))).unwrap(), None);
}

#[test]
fn heights_follow_one_another() {
    let mut node = Node::new();
    // A node may start from a state it was given.
    let commit = |node: &mut Node, height| {
        let block = node.writer.begin_block(height)?;
        block.commit(new_block(height))
    };
    let root = commit(&mut node, 5).unwrap();
    assert_eq!(root, Root::empty());
    for wrong in [0, 4, 5, 7] {
        let error = commit(&mut node, wrong).unwrap_err();
        assert!(
            matches!(error, StoreError::Height { next: 6, found } if found == wrong),
            "{error:?}"
        );
    }
    commit(&mut node, 6).unwrap();
    node.read(|state| {
        assert_eq!(state.head().unwrap(), Some(head(6, root)));
        assert_eq!(state.block(5).unwrap(), Some(head(5, root)));
        assert_eq!(state.block(7).unwrap(), None);
        assert_eq!(state.block(u64::MAX).unwrap(), None);
    });
}

#[test]
fn nonces_and_accounts_are_counted() {
    let mut node = Node::new();
    node.block(|block| {
        set_nonce(block, &account("a"), 1, &SEED).unwrap();
        set_nonce(block, &account("a"), 2, &SEED).unwrap();
        let system = SaltSeed::System { height: 1 };
        set_nonce(block, &account("b"), 1, &system).unwrap();
        assert_eq!(block.account(&account("a")).unwrap().nonce(), Some(2));
        let huge = set_nonce(block, &account("c"), u64::MAX, &SEED);
        assert!(matches!(huge, Err(StoreError::TooLarge(u64::MAX))));
    });
    node.read(|state| {
        assert_eq!(state.nonce(&account("a")).unwrap(), Some(2));
        assert_eq!(state.nonce(&account("c")).unwrap(), None);
        assert_eq!(state.account_count().unwrap(), 2);
    });
}

#[test]
fn the_latest_receipt_of_a_transaction_is_kept() {
    let mut node = Node::new();
    let [first, second] = [b"1", b"2"].map(|name| Digest::of(name));
    node.block(|block| {
        block.put_receipt(&receipt(second, 1, 1)).unwrap();
        block.put_receipt(&receipt(first, 1, 0)).unwrap();
        let outcome = block.put_receipt(&receipt(Digest::of(b"3"), 1, 0));
        assert!(
            matches!(
                outcome,
                Err(StoreError::Constraint {
                    table: "receipts",
                    ..
                })
            ),
            "one place holds one transaction"
        );
        for (time, notices) in [(1, ""), (2, "again")] {
            let time = BlockTime::from_millis(time);
            block.put_body(&first, 1, time, b"body", notices).unwrap();
        }
    });
    let again = node.read(|state| state.body(&first)).unwrap().unwrap();
    assert_eq!((again.time.millis(), again.notices.as_str()), (2, "again"));
    node.read(|state| {
        assert_eq!(state.receipt(&second).unwrap(), Some(receipt(second, 1, 1)));
        assert_eq!(state.receipt(&Digest::of(b"3")).unwrap(), None);
        assert_eq!(
            state.receipts(1).unwrap(),
            [receipt(first, 1, 0), receipt(second, 1, 1)]
        );
        assert_eq!(state.receipts(2).unwrap(), []);
    });
    node.block(|block| block.put_receipt(&receipt(first, 2, 0)))
        .unwrap();
    node.read(|state| {
        assert_eq!(state.receipt(&first).unwrap(), Some(receipt(first, 2, 0)));
        assert_eq!(state.receipts(1).unwrap(), [receipt(second, 1, 1)]);
    });
}

#[test]
fn no_block_waits_for_the_pruning_of_many_bytes() {
    let mut node = Node::new();
    let body = vec![7; 13_000_000];
    node.block(|block| {
        for number in 0..4_u8 {
            let (hash, time) = (Digest::of(&[number]), BlockTime::from_millis(number.into()));
            block.put_body(&hash, 1, time, &body, "").unwrap();
        }
    });
    for count in [2, 2, 0] {
        assert_eq!(node.writer.prune_bodies(300, 9).unwrap(), count);
    }
}

/// Each commit waits for the disk, and the next block for all of them.
#[test]
fn bodies_are_pruned_in_one_commit_however_many() {
    let mut node = Node::new();
    node.block(|block| {
        for number in 0..512_u64 {
            let hash = Digest::of(&number.to_le_bytes());
            let time = BlockTime::from_millis(number);
            block.put_body(&hash, 1, time, &[1], "").unwrap();
        }
    });
    let commits = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&commits);
    let count = move || {
        counter.fetch_add(1, Ordering::Relaxed);
        false
    };
    node.writer.conn.commit_hook(Some(count)).unwrap();
    assert_eq!(node.writer.prune_bodies(1_000, 512).unwrap(), 512);
    assert_eq!(commits.load(Ordering::Relaxed), 1);
}

#[test]
fn bodies_are_pruned_oldest_first() {
    let mut node = Node::new();
    let hash = |number: u64| Digest::of(&number.to_le_bytes());
    let time = |number: u64| BlockTime::from_millis(number * 100);
    node.block(|block| {
        for number in [3, 1, 2] {
            block
                .put_body(&hash(number), number, time(number), &[1, 2], "")
                .unwrap();
        }
        assert_eq!(block.prune_bodies(300, 1).unwrap(), 1);
    });
    let kept = |node: &Node| {
        let kept = |number: &u64| {
            node.read(|state| state.body(&hash(*number)))
                .unwrap()
                .is_some()
        };
        [1, 2, 3].into_iter().filter(kept).collect::<Vec<_>>()
    };
    assert_eq!(kept(&node), [2, 3]);
    assert_eq!(
        node.writer.prune_bodies(300, 9).unwrap(),
        1,
        "what is as old as 300 stays"
    );
    assert_eq!(kept(&node), [3]);
    let body = Body {
        height: 3,
        time: time(3),
        bytes: vec![1, 2],
        notices: String::new(),
    };
    assert_eq!(node.read(|state| state.body(&hash(3))).unwrap(), Some(body));
}

#[test]
fn revocations_last_as_long_as_their_sessions() {
    let mut node = Node::new();
    let [first, second] = [b"1", b"2"].map(|name| Digest::of(name));
    node.writer.revoke_sessions([(&first, 100)], 50).unwrap();
    // A repeated, shorter revocation does not shorten it.
    node.writer.revoke_sessions([(&first, 80)], 50).unwrap();
    let is_revoked = |node: &Node, id, now| node.read(|state| state.is_revoked(id, now)).unwrap();
    assert!(is_revoked(&node, &first, 99));
    assert!(!is_revoked(&node, &first, 100));
    assert!(!is_revoked(&node, &second, 99));
    let third = Digest::of(b"3");
    let together = [(&second, 200), (&third, 300)];
    node.writer.revoke_sessions(together, 100).unwrap();
    assert!(is_revoked(&node, &second, 150));
    assert!(is_revoked(&node, &third, 150));
    let left = |max| node.read(|state| state.revocations(max)).unwrap();
    // The first has been forgotten.
    assert_eq!(left(9), [(third, 300), (second, 200)]);
    assert_eq!(left(1), [(third, 300)]);
}

#[test]
fn certificates_are_kept_and_the_first_of_a_height_stays() {
    let mut node = Node::new();
    node.writer
        .put_certificates([(3, b"three".as_slice()), (1, b"one".as_slice())])
        .unwrap();
    node.block(|block| block.put_certificate(3, b"again").unwrap());
    let (newest, third, second, beyond) = node.read(|state| {
        (
            state.newest_certificate().unwrap(),
            state.certificate(3).unwrap(),
            state.certificate(2).unwrap(),
            state.certificate(u64::MAX).unwrap(),
        )
    });
    assert_eq!(newest, Some(3));
    assert_eq!(third.as_deref(), Some(b"three".as_slice()));
    assert_eq!((second, beyond), (None, None));
}

#[test]
fn the_first_block_since_a_time_is_found() {
    let mut node = Node::new();
    for _ in 0..9 {
        node.block(|_| ());
    }
    for wanted in 1..=9 {
        let time_ms = new_block(wanted).time.millis();
        let found = |time| node.read(|state| state.first_block_since(time, 9).unwrap());
        assert_eq!(found(time_ms), wanted);
        assert_eq!(found(time_ms + 1), wanted + 1);
    }
}
