//! Deleting means every byte.

use std::{
    fs,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use idos_ledger::Key;

use super::*;

const MARKER: &str = "MaRkEr!7";

/// How often the marker is in any file of the database, in either case.
fn markers(node: &Node) -> usize {
    let mut count = 0;
    for entry in fs::read_dir(node.folder.path()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        count += bytes
            .windows(MARKER.len())
            .filter(|window| window.eq_ignore_ascii_case(MARKER.as_bytes()))
            .count();
    }
    count
}

/// The marker in every text of a person, in contents of many pages, and among rows that stay.
fn rows(number: u128) -> Vec<Row> {
    let text = || format!("{MARKER}{number}");
    let content = MARKER.repeat(20_000);
    let base = number * 100;
    let credential = |number| {
        let mut credential = credential(number, base);
        credential.header.public_notes = text();
        credential.header.verifiable_credential_id = Some(text());
        credential.header.issuer_auth_public_key = text();
        credential.content = content.as_str().into();
        Row::Credential(credential)
    };
    vec![
        Row::User(User {
            recipient_encryption_public_key: text(),
            ..user(base)
        }),
        Row::Wallet(Wallet {
            address: text(),
            public_key: Some(text()),
            message: text(),
            ..wallet(base, base)
        }),
        credential(base),
        credential(base + 1),
        Row::CredentialCopy(copy(base + 1, Some(base))),
        Row::Attribute(Attribute {
            value: text(),
            ..attribute(base, base)
        }),
        Row::AccessGrant(AccessGrant {
            content_hash: Some(text()),
            ..grant(base, base, &text(), base + 1, 1)
        }),
    ]
}

fn deletes(number: u128) -> Vec<Change> {
    let base = number * 100;
    let keys = [
        Key::User(id(base)),
        Key::Wallet(id(base)),
        Key::Credential(id(base)),
        Key::Credential(id(base + 1)),
        Key::CredentialCopy(id(base + 1)),
        Key::Attribute(id(base)),
        Key::AccessGrant(id(base)),
    ];
    keys.map(Change::Delete).into()
}

fn fill(node: &mut Node) {
    for number in 1..20 {
        node.put(rows(number));
        let bystander = User {
            inserter: "stays".into(),
            ..user(10_000 + number)
        };
        node.put([Row::User(bystander)]);
        let hash = Digest::of(&number.to_le_bytes());
        let body = MARKER.repeat(1_000);
        let height = node.next_height();
        node.block(|block| {
            block.put_body(&hash, height, BlockTime::default(), body.as_bytes(), "")
        })
        .unwrap();
    }
}

fn erase(node: &mut Node) {
    for number in 1..20 {
        node.block(|block| block.apply(&deletes(number), &SEED))
            .unwrap();
    }
    assert_eq!(node.block(|block| block.prune_bodies(1, 100)).unwrap(), 19);
}

#[test]
fn erased_bytes_are_in_no_file_after_a_checkpoint() {
    let mut node = Node::new();
    fill(&mut node);
    // Some of it moves from the log to the database first.
    node.raw()
        .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
        .unwrap();
    erase(&mut node);
    assert!(
        markers(&node) > 100_000,
        "the log has it still: the search works"
    );
    assert!(node.writer.checkpoint().unwrap().is_erased);
    assert_eq!(markers(&node), 0);
}

#[test]
fn an_open_read_holds_erased_bytes_and_the_checkpoint_says_so() {
    let mut node = Node::new();
    fill(&mut node);
    let readers = node.readers.clone();
    readers
        .read(|snapshot| {
            snapshot.head().unwrap();
            erase(&mut node);
            for _ in 0..2 {
                let checkpoint = node.writer.checkpoint().unwrap();
                assert!(!checkpoint.is_erased);
                assert!(checkpoint.pending_pages > 0);
            }
            assert!(markers(&node) > 0);
        })
        .unwrap();
    let checkpoint = node.writer.checkpoint().unwrap();
    assert!(checkpoint.is_erased);
    assert_eq!(checkpoint.pending_pages, 0);
    assert_eq!(markers(&node), 0);
}

#[test]
fn a_replaced_value_is_erased() {
    let mut node = Node::new();
    let attribute = attribute(2, 1);
    node.put([
        Row::User(user(1)),
        Row::Attribute(Attribute {
            value: MARKER.repeat(3_000),
            ..attribute.clone()
        }),
    ]);
    assert!(node.writer.checkpoint().unwrap().is_erased);
    node.put([Row::Attribute(attribute)]);
    assert!(node.writer.checkpoint().unwrap().is_erased);
    assert_eq!(markers(&node), 0);
}

#[test]
fn a_refused_attempt_is_erased_even_if_it_overflowed_the_cache() {
    let mut node = Node::with(&Options {
        cache_mib: 1,
        readers: 1,
    });
    node.put([Row::User(user(1))]);
    assert!(node.writer.checkpoint().unwrap().is_erased);
    node.block(|block| {
        let outcome = block.attempt(|block| {
            let mut large = credential(2, 1);
            large.content = MARKER.repeat(500_000).into();
            block
                .apply(&[Change::Put(Row::Credential(large))], &SEED)
                .unwrap();
            Err::<(), _>(())
        });
        assert_eq!(outcome.unwrap(), Err(()));
    });
    assert!(markers(&node) > 0, "it did overflow");
    assert!(node.writer.checkpoint().unwrap().is_erased);
    assert_eq!(markers(&node), 0);

    let mut block = node.begin();
    let mut large = credential(2, 1);
    large.content = MARKER.repeat(500_000).into();
    block
        .apply(&[Change::Put(Row::Credential(large))], &SEED)
        .unwrap();
    drop(block);
    assert!(node.writer.checkpoint().unwrap().is_erased);
    assert_eq!(markers(&node), 0);
}

#[test]
fn what_a_crash_left_in_the_log_is_erased_at_the_next_start() {
    let mut node = Node::new();
    fill(&mut node);
    erase(&mut node);
    // The files as a killed process leaves them.
    let crashed = TempDir::new().unwrap();
    for name in ["state.db", "state.db-wal"] {
        fs::copy(node.folder.path().join(name), crashed.path().join(name)).unwrap();
    }
    let (writer, readers) = Database::open(crashed.path(), &Options::default()).unwrap();
    let node = Node {
        writer,
        readers,
        folder: crashed,
    };
    assert_eq!(markers(&node), 0);
    assert_eq!(
        node.read(|state| state.head().unwrap().unwrap().height),
        node.next_height() - 1
    );
}

/// Sharing replaces nothing but counts: busy blocks do not each pay for a cleared log.
#[test]
fn new_grants_leave_nothing_to_erase() {
    let mut node = Node::new();
    node.put([Row::User(user(1)), Row::Credential(credential(2, 1))]);
    assert!(node.writer.checkpoint().unwrap().is_erased);
    let account = crate::AccountDigest(Digest::of(b"account"));
    for number in 1..4_u64 {
        // Ids that are marks of lists, and counted by each other.
        let grant = grant(u128::from(number) << 16, 1, "0xaa", 2, number);
        node.put([Row::AccessGrant(grant)]);
        node.block(|block| set_nonce(block, &account, number, &SEED))
            .unwrap();
        let checkpoint = node.writer.checkpoint().unwrap();
        assert!(checkpoint.is_erased && checkpoint.pending_pages > 0);
    }
}

#[test]
fn without_anything_to_erase_the_log_is_moved_only_when_it_is_long() {
    let mut node = Node::new();
    node.put([Row::User(user(1))]);
    let checkpoint = node.writer.checkpoint().unwrap();
    assert!(checkpoint.is_erased && checkpoint.is_settled());
    assert!(checkpoint.pending_pages > 0);
    // 20,000 pages are 82 million bytes.
    for number in 2..20 {
        let mut large = credential(number, 1);
        large.content = "x".repeat(5_000_000).into();
        node.put([Row::Credential(large)]);
    }
    let checkpoint = node.writer.checkpoint().unwrap();
    assert!(checkpoint.is_erased);
    assert_eq!(checkpoint.pending_pages, 0);
    assert!(!checkpoint.is_settled(), "the next block begins it anew");
    node.put([Row::User(user(2))]);
    assert!(node.writer.checkpoint().unwrap().is_settled());
    let length = fs::metadata(node.folder.path().join("state.db-wal"))
        .unwrap()
        .len();
    assert!(length > 82_000_000, "moved, not cleared");
}

#[test]
fn a_log_that_is_put_away_now_and_then_does_not_grow() {
    let mut node = Node::new();
    node.put([Row::User(user(1))]);
    let log = node.folder.path().join("state.db-wal");
    let length = || fs::metadata(&log).unwrap().len();
    node.writer.move_log().unwrap();
    let mut longest = 0;
    for _ in 0..100 {
        node.block(|_| ());
        longest = length().max(longest);
        node.writer.move_log().unwrap();
    }
    assert!(length() <= longest);
    // A hundred blocks, each of several pages, would be a hundred times as long.
    let begun = length();
    for _ in 0..100 {
        node.block(|_| ());
    }
    assert!(length() > 10 * begun, "{} after {begun}", length());
}

#[test]
fn reads_that_overlap_make_way_for_a_log_that_has_to_be_cleared() {
    let mut node = Node::new();
    fill(&mut node);
    let is_over = AtomicBool::new(false);
    let ended = AtomicU32::new(0);
    let end = Instant::now() + Duration::from_secs(30);
    thread::scope(|scope| {
        for begins in [0, 50] {
            let readers = node.readers.clone();
            let (is_over, ended) = (&is_over, &ended);
            scope.spawn(move || {
                thread::sleep(Duration::from_millis(begins));
                while !is_over.load(Ordering::Relaxed) && Instant::now() < end {
                    let read = readers.read(|snapshot| {
                        let mut steps = 0;
                        while steps < 20 && snapshot.head().is_ok() {
                            thread::sleep(Duration::from_millis(5));
                            steps += 1;
                        }
                    });
                    // Those that run when the log is cleared are stopped.
                    ended.fetch_add(u32::from(read.is_ok()), Ordering::Relaxed);
                }
            });
        }
        while ended.load(Ordering::Relaxed) == 0 {
            thread::sleep(Duration::from_millis(1));
        }
        erase(&mut node);
        // Each block that comes is one more that a read may hold on to.
        let mut number = 20_000;
        while !node.writer.checkpoint().unwrap().is_erased {
            assert!(Instant::now() < end, "held up");
            number += 1;
            node.put([Row::User(user(number))]);
            thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(markers(&node), 0);
        // Reads go on after that.
        let before = ended.load(Ordering::Relaxed);
        while ended.load(Ordering::Relaxed) == before {
            assert!(Instant::now() < end, "no read ends");
            thread::sleep(Duration::from_millis(1));
        }
        is_over.store(true, Ordering::Relaxed);
    });
}
