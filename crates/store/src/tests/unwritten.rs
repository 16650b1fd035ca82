//! Pages that wait to be written are the tree's for whoever asks.

use idos_ledger::{Key, LeafKeys};

use super::tree::reopen;
use super::*;
use crate::{AccountDigest, StoreError, SyncWriter, state_tree, unwritten};

/// How many blocks have pages that wait, and how many pages are written.
fn table(node: &Node) -> (i64, i64) {
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        node.raw().query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    (count("tree_changes"), count("tree"))
}

/// Five new wallets: leaves enough for the pages of their block to wait.
fn wallets(from: u128) -> Vec<Change> {
    let numbers = from..from + 5;
    numbers
        .map(|number| Change::Put(Row::Wallet(wallet(number, 1))))
        .collect()
}

/// A block of them.
fn full(node: &mut Node, from: u128) {
    node.block(|block| block.apply(&wallets(from), &SEED))
        .unwrap();
}

/// A node with two blocks whose pages wait.
fn waiting() -> Node {
    let mut node = Node::new();
    node.put([Row::User(user(1))]);
    full(&mut node, 10);
    full(&mut node, 20);
    let (blocks, written) = table(&node);
    assert_eq!(blocks, 2);
    assert!(written <= 1, "the tree has {written} pages");
    node
}

/// The root of what a read sees, once each of these wallets was found in the tree.
fn found(state: &Snapshot<'_>, wallets: impl IntoIterator<Item = u128>) -> Root {
    let tree = state.tree().unwrap();
    for number in wallets {
        let leaves = LeafKeys::of(&Row::Wallet(wallet(number, 1)));
        assert!(tree.get(&leaves.row).unwrap().is_some(), "{number}");
    }
    assert_eq!(*tree.root(), state.head().unwrap().unwrap().root);
    *tree.root()
}

#[test]
fn everybody_sees_the_pages_that_wait() {
    let node = waiting();
    let root = node.writer.check_tree().unwrap();
    let known = || (10..15).chain(20..25);
    assert_eq!(node.read(|state| found(state, known())), root);
    let mut pin = node.readers.pin().unwrap();
    assert_eq!(pin.read(|state| found(state, known())).unwrap(), root);
    // Another process.
    let seen = Database::look(node.folder.path(), |state| found(state, known()));
    assert_eq!(seen.unwrap(), Some(root));
    assert_eq!(Database::check(node.folder.path()).unwrap(), root);
    // A copy of it.
    let folder = TempDir::new().unwrap();
    let copy = folder.path().join("copy");
    let copied = Database::copy(node.folder.path(), &copy).unwrap();
    assert_eq!(copied.root, root);
    let restored = folder.path().join("database");
    assert_eq!(Database::restore(&copy, &restored).unwrap(), root);
}

#[test]
fn whoever_opens_the_database_writes_what_waits() {
    let node = waiting();
    let root = node.root();
    let node = reopen(node);
    let (blocks, written) = table(&node);
    assert_eq!(blocks, 0);
    assert!(written > 2);
    assert_eq!(node.root(), root);
}

#[test]
fn a_small_block_writes_what_waits() {
    let mut node = waiting();
    node.put([Row::User(user(2))]);
    assert_eq!(table(&node).0, 0);
    node.root();
    full(&mut node, 30);
    assert_eq!(table(&node).0, 1);
    node.block(|_| ());
    assert_eq!(table(&node).0, 0, "nor does one without changes leave it");
    node.root();
}

#[test]
fn a_block_that_removes_something_writes_what_waits() {
    let mut node = waiting();
    let deletes: Vec<_> = (10..15)
        .map(|number| Change::Delete(Key::Wallet(id(number))))
        .collect();
    node.block(|block| block.apply(&deletes, &SEED)).unwrap();
    assert_eq!(table(&node).0, 0);
    full(&mut node, 30);
    assert_eq!(table(&node).0, 1, "the next one removes nothing");
    let removed = Change::Delete(Key::Wallet(id(30)));
    let fate = node.block(|block| {
        block.apply(&wallets(41), &SEED).unwrap();
        block.attempt(|block| {
            block.apply(&[removed], &SEED).unwrap();
            Err::<(), _>("undone")
        })
    });
    assert_eq!(fate.unwrap(), Err("undone"));
    assert_eq!(table(&node).0, 0, "one that removed something for a while");
    node.root();
}

#[test]
fn blocks_that_change_the_same_leaves_do_not_wait_for_ever() {
    let mut node = waiting();
    let accounts: Vec<_> = (0..5_u8)
        .map(|number| AccountDigest(Digest([number; 32])))
        .collect();
    let mut most = 0;
    for nonce in 1..3 * unwritten::BLOCKS {
        node.block(|block| {
            for account in &accounts {
                set_nonce(block, account, nonce, &SEED).unwrap();
            }
        });
        most = most.max(table(&node).0);
    }
    assert_eq!(u64::try_from(most), Ok(unwritten::BLOCKS));
    node.root();
}

#[test]
fn a_commit_that_fails_changes_nothing_of_what_waits() {
    let mut node = waiting();
    let root = node.root();
    // As late as a full disk may.
    node.writer.conn.commit_hook(Some(|| true)).unwrap();
    let mut block = node.begin();
    let rows = wallets(30);
    block.apply(&rows, &SEED).unwrap();
    block.commit(new_block(4)).unwrap_err();
    node.writer.conn.commit_hook(None::<fn() -> bool>).unwrap();
    assert_eq!(node.root(), root);
    assert_eq!(node.read(|state| found(state, 20..25)), root);
    full(&mut node, 40);
    assert_eq!(table(&node).0, 3);
    assert_eq!(node.read(|state| found(state, 40..45)), node.root());
}

#[test]
fn what_is_forgotten_beside_the_state_does_not_keep_pages_from_waiting() {
    let mut node = waiting();
    let rows = wallets(30);
    let hash = Digest::of(b"tx");
    node.block(|block| {
        block
            .put_body(&hash, 4, BlockTime::from_millis(1), b"body", "")
            .unwrap();
        block.apply(&rows, &SEED).unwrap();
    });
    let rows = wallets(40);
    node.block(|block| {
        assert_eq!(block.prune_bodies(2, 1).unwrap(), 1);
        set_nonce(block, &AccountDigest(hash), 1, &SEED).unwrap();
        set_nonce(block, &AccountDigest(hash), 2, &SEED).unwrap();
        block.apply(&rows, &SEED).unwrap();
    });
    assert_eq!(table(&node).0, 4);
    node.root();
}

#[test]
fn as_many_leaves_wait_as_are_not_few() {
    let mut node = waiting();
    let spent = |number: u64| Row::SpentMessage(Digest::of(&number.to_be_bytes()));
    let few = unwritten::FEW as u64;
    node.put((0..few).map(spent));
    assert_eq!(table(&node).0, 3);
    node.put((few..2 * few - 1).map(spent));
    assert_eq!(table(&node).0, 0);
}

#[test]
fn another_writer_takes_over_what_waits() {
    let node = waiting();
    let root = node.root();
    let Node {
        writer,
        readers,
        folder,
    } = node;
    let mut pin = readers.pin().unwrap();
    drop(writer);
    let writer = readers.writer().unwrap();
    let mut node = Node {
        writer,
        readers,
        folder,
    };
    assert_eq!(table(&node).0, 0);
    assert_eq!(node.root(), root);
    full(&mut node, 30);
    assert_eq!(pin.read(|state| found(state, 10..15)).unwrap(), root);
    assert_eq!(node.read(|state| found(state, 30..35)), node.root());
}

#[test]
fn a_database_of_before_is_checked_and_copied_as_it_is() {
    let folder = TempDir::new().unwrap();
    let mut conn = Connection::open(folder.path().join("state.db")).unwrap();
    crate::migrate::migrate_by(&mut conn, &crate::migrate::MIGRATIONS[..10]).unwrap();
    drop(conn);
    assert_eq!(Database::check(folder.path()).unwrap(), Root::empty());
    let copied = Database::copy(folder.path(), &folder.path().join("copy")).unwrap();
    assert_eq!(copied.root, Root::empty());
}

#[test]
fn no_more_waits_than_fits() {
    let mut node = waiting();
    let mut most = 0;
    for number in 0..20 {
        full(&mut node, 100 + 10 * number);
        most = most.max(table(&node).0);
    }
    assert!((3..15).contains(&most), "pages of {most} blocks waited");
    node.root();
}

#[test]
fn a_block_that_is_not_committed_leaves_nothing_waiting() {
    let mut node = waiting();
    let root = node.root();
    let mut block = node.begin();
    let rows = wallets(30);
    block.apply(&rows, &SEED).unwrap();
    drop(block);
    assert_eq!(node.root(), root);
    assert_eq!(node.read(|state| *state.tree().unwrap().root()), root);
    full(&mut node, 40);
    let known = (20..25).chain(40..45);
    assert_eq!(node.read(|state| found(state, known)), node.root());
}

#[test]
fn a_read_keeps_the_pages_of_its_height() {
    let node = waiting();
    let root = node.root();
    let Node {
        writer,
        readers,
        folder,
    } = node;
    let mut pin = readers.pin().unwrap();
    let (readers_of_all, mut later) = (readers.clone(), None);
    readers
        .read(|state| {
            // What it sees is fixed by what it reads first.
            state.head().unwrap();
            let mut node = Node {
                writer,
                readers: readers_of_all,
                folder,
            };
            // More commits than anybody remembers, and one after which nothing waits.
            (3..7).for_each(|number| full(&mut node, 10 * number));
            node.put([Row::User(user(2))]);
            full(&mut node, 90);
            assert_eq!(found(state, 10..15), root);
            later = Some(node);
        })
        .unwrap();
    assert_eq!(pin.read(|state| found(state, 20..25)).unwrap(), root);
    let node = later.unwrap();
    assert_eq!(node.read(|state| found(state, 90..95)), node.root());
}

#[test]
fn a_sync_begins_with_what_waits() {
    let node = waiting();
    let root = node.root();
    let Node { writer, folder, .. } = node;
    let sync = SyncWriter::begin(writer, "mark").unwrap();
    assert_eq!(*sync.root(), root);
    let conn = Connection::open(folder.path().join("state.db")).unwrap();
    assert_eq!(state_tree::check(&conn).unwrap(), root);
}

#[test]
fn more_than_a_node_writes_is_not_loaded() {
    const MORE: &str = "WITH RECURSIVE number(n) AS (SELECT 100 UNION ALL SELECT n + 1 FROM number \
                        WHERE n < 111) INSERT INTO tree_changes SELECT n, x'' FROM number";
    for (planted, said) in [
        (MORE, "130 bytes of 14 blocks wait"),
        (
            "UPDATE tree_changes SET changes = zeroblob(70000000)",
            "140000000 bytes of 2 blocks wait",
        ),
    ] {
        let node = waiting();
        node.raw()
            .execute_batch("UPDATE tree_changes SET changes = zeroblob(65)")
            .unwrap();
        node.raw().execute_batch(planted).unwrap();
        let error = node.writer.check_tree().unwrap_err();
        let StoreError::Corrupt { table, source } = error else {
            panic!("{error:?}");
        };
        assert_eq!((table, source.to_string().as_str()), ("tree_changes", said));
    }
}

#[test]
fn damage_to_what_waits_is_found() {
    for damage in [
        "UPDATE tree_changes SET changes = substr(changes, 1, length(changes) - 1)",
        "UPDATE tree_changes SET changes = CAST(substr(changes, 1, 64) || x'02' AS BLOB)",
    ] {
        let node = waiting();
        node.raw().execute_batch(damage).unwrap();
        let Node {
            writer,
            readers,
            folder,
        } = node;
        let checked = writer.check_tree();
        assert!(
            matches!(
                checked,
                Err(StoreError::Corrupt {
                    table: "tree_changes",
                    ..
                })
            ),
            "{checked:?}"
        );
        drop((writer, readers));
        Database::open(folder.path(), &Options::default()).unwrap_err();
    }
    // Leaves that are wrong give another root, which the newest block tells.
    let node = waiting();
    let other = "UPDATE tree_changes SET changes = CAST(zeroblob(64) || x'00' AS BLOB)";
    node.raw().execute_batch(other).unwrap();
    let checked = node.writer.check_tree();
    assert!(
        matches!(checked, Err(StoreError::DamagedTree(_))),
        "{checked:?}"
    );
    let Node {
        writer,
        readers,
        folder,
    } = node;
    drop((writer, readers));
    Database::open(folder.path(), &Options::default()).unwrap_err();
    // It is left as it was found.
    let conn = Connection::open(folder.path().join("state.db")).unwrap();
    let left: i64 = conn
        .query_row("SELECT count(*) FROM tree_changes", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 2);
}
