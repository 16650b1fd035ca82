//! The state tree is that of the rows, whatever happened before.

use std::collections::BTreeMap;

use idos_ledger::{Key, LeafKeys, List, Place, State, Table, decode_row};
use idos_proof::{Leaf, LeafValue, Prefix, TreeError, root_of};
use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{AccountDigest, StoreError, TreeFault, rows, state_tree};

/// The root by its definition, over all rows.
fn spec(node: &Node) -> Root {
    let conn = node.raw();
    let mut leaves: Vec<Leaf> = Vec::new();
    for table in Table::ALL {
        rows::for_each(&conn, table, |_, stored| {
            leaves.extend(stored.row.leaves(stored.place, &stored.salt));
            Ok(())
        })
        .unwrap();
    }
    leaves.sort();
    root_of(&leaves)
}

pub(super) fn reopen(node: Node) -> Node {
    let Node {
        writer,
        readers,
        folder,
    } = node;
    drop((writer, readers));
    open(folder)
}

pub(super) fn open(folder: TempDir) -> Node {
    let (writer, readers) = Database::open(folder.path(), &Options::default()).unwrap();
    Node {
        writer,
        readers,
        folder,
    }
}

/// One change: a small world, so that rows are often replaced, moved and deleted.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Put(Row),
    Delete(Key),
    Nonce(u64, u64),
    /// Changes that come to nothing if they fail.
    Attempt(Vec<Act>, bool),
}

fn digest(number: u64) -> Digest {
    Digest::of(&number.to_be_bytes())
}

pub(super) fn act() -> impl Strategy<Value = Act> {
    let number = 0..4_u128;
    let one = (number.clone(), number.clone(), 0..3_u64, 0..14_u8).prop_map(
        |(number, other, height, kind)| match kind {
            0 => Act::Put(Row::User(user(number))),
            1 => Act::Put(Row::Wallet(Wallet {
                address: format!("0x{height}"),
                ..wallet(number, other)
            })),
            2 => Act::Put(Row::Credential(credential(number, other))),
            3 => Act::Put(Row::AccessGrant(grant(
                number,
                other,
                if height == 0 { "0xA" } else { "0xa" },
                other,
                height,
            ))),
            4 => Act::Put(Row::Attribute(attribute(number, other))),
            5 => Act::Put(Row::UsedWriteGrant(id(number))),
            6 => Act::Put(Row::SpentMessage(digest(height))),
            7 => Act::Delete(Key::User(id(number))),
            8 => Act::Delete(Key::Wallet(id(number))),
            9 => Act::Delete(Key::Credential(id(number))),
            10 => Act::Delete(Key::AccessGrant(id(number))),
            11 => Act::Delete(Key::Attribute(id(number))),
            12 => Act::Delete(Key::UsedWriteGrant(id(number))),
            _ => Act::Nonce(height, height),
        },
    );
    one.prop_recursive(2, 8, 4, |inner| {
        (vec(inner, 1..4), any::<bool>()).prop_map(|(acts, keeps)| Act::Attempt(acts, keeps))
    })
}

/// Does it; what the schema refuses is undone.
pub(super) fn play(
    block: &mut BlockWrite<'_>,
    act: &Act,
    seed: &SaltSeed,
) -> Result<(), StoreError> {
    match act {
        Act::Put(row) => block.apply(&[Change::Put(row.clone())], seed),
        Act::Delete(key) => block.apply(&[Change::Delete(key.clone())], seed),
        Act::Nonce(account, nonce) => {
            set_nonce(block, &AccountDigest(digest(*account)), *nonce, seed)
        }
        Act::Attempt(acts, keeps) => {
            let outcome = block.attempt(|block| {
                for act in acts {
                    play(block, act, seed).map_err(Some)?;
                }
                if *keeps { Ok(()) } else { Err(None) }
            })?;
            match outcome {
                Err(Some(error)) if !matches!(error, StoreError::Constraint { .. }) => Err(error),
                _ => Ok(()),
            }
        }
    }
}

pub(super) fn attempt(acts: &[Act]) -> Act {
    Act::Attempt(acts.to_vec(), true)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// After every block, crash and restart the tree is the definition over all rows, and another
    /// node has the same.
    #[test]
    fn the_tree_is_that_of_the_rows(blocks in vec((vec(act(), 1..12), any::<bool>(), 0..4_u8), 1..10)) {
        let (mut node, mut other) = (Node::new(), Node::new());
        for (acts, is_private, fate) in &blocks {
            let seed = if *is_private {
                SEED
            } else {
                SaltSeed::System { height: node.next_height() } };
            let play_all = |block: &mut BlockWrite<'_>| {
                for act in acts {
                    play(block, &attempt(std::slice::from_ref(act)), &seed).unwrap();
                }
            };
            let before = node.writer.head().unwrap().map_or_else(Root::empty, |head| head.root);
            if *fate == 1 {
                // What was removed is cleared from the log.
                node.writer.checkpoint().unwrap();
            }
            if *fate == 0 {
                // It crashes before the block is committed, and executes it again.
                let mut block = node.begin();
                play_all(&mut block);
                drop(block);
                prop_assert_eq!(node.root(), before);
                node = reopen(node);
            }
            node.block(play_all);
            other.block(play_all);
            let root = node.root();
            prop_assert_eq!(root, spec(&node));
            prop_assert_eq!(node.read(|state| *state.tree().unwrap().root()), root);
            prop_assert_eq!(node.writer.head().unwrap().unwrap().root, root);
            prop_assert_eq!(other.writer.head().unwrap().unwrap().root, root);
        }
        // Whoever starts again clears removed contents, and writes the pages that wait.
        let (node, other) = (reopen(node), reopen(other));
        prop_assert_eq!(node.dump(), other.dump());
        // A tree that is built from the rows is the one that grew with them.
        let pages = |node: &Node| -> Vec<String> {
            node.dump().into_iter().filter(|row| row.starts_with("tree")).collect()
        };
        let grown = pages(&node);
        forget_tree(&node.raw());
        let node = reopen(node);
        prop_assert_eq!(pages(&node), grown);
        prop_assert_eq!(node.root(), other.root());
    }
}

/// Leaves a database as it was before there was a tree.
fn forget_tree(conn: &Connection) {
    conn.execute_batch("DELETE FROM tree; DELETE FROM leaf_rows; UPDATE blocks SET root = zeroblob(32), leaves = 0")
        .unwrap();
}

#[test]
fn equal_rows_have_one_root_whatever_the_history() {
    let mut straight = Node::new();
    straight.put([Row::User(user(1)), Row::Inserter(inserter(1, "one"))]);
    let mut crooked = Node::new();
    crooked.put([Row::Inserter(inserter(1, "other")), Row::User(user(2))]);
    crooked.put((3..40).map(|number| Row::User(user(number))));
    let deletes = (2..40).map(|number| Change::Delete(Key::User(id(number))));
    let deletes: Vec<_> = deletes.collect();
    crooked.block(|block| block.apply(&deletes, &SEED)).unwrap();
    crooked.put([Row::Inserter(inserter(1, "one")), Row::User(user(1))]);
    assert_eq!(straight.root(), crooked.root());
    // The order of lists is part of the state.
    let wallets = [Row::Wallet(wallet(1, 1)), Row::Wallet(wallet(2, 1))];
    let [first, second] = wallets.clone();
    straight.put(wallets);
    crooked.put([second]);
    crooked.put([first]);
    assert_eq!(straight.root().count, crooked.root().count);
    assert_ne!(straight.root(), crooked.root());
}

#[test]
fn a_block_that_changes_no_row_keeps_the_root() {
    let mut node = Node::new();
    node.put([Row::User(user(1))]);
    let root = node.root();
    let rows = node.row_count();
    node.block(|_| ());
    node.block(|block| {
        let outcome = block.attempt(|block| {
            block
                .apply(&[Change::Put(Row::User(user(2)))], &SEED)
                .unwrap();
            Err::<(), _>(())
        });
        outcome.unwrap().unwrap_err();
    });
    assert_eq!(node.writer.head().unwrap().unwrap().root, root);
    assert_eq!(node.row_count(), rows + 2);
}

#[test]
fn a_row_keeps_its_place_when_it_is_replaced() {
    let mut node = Node::new();
    node.put([
        Row::User(user(1)),
        Row::Attribute(attribute(1, 1)),
        Row::Attribute(attribute(2, 1)),
    ]);
    let place = |node: &Node, number| {
        let key = Key::Attribute(id(number));
        let row = node.read(|state| state.stored_row(&key)).unwrap();
        row.map(|row| row.place)
    };
    assert_eq!(place(&node, 1), Place::new(1, 0));
    assert_eq!(place(&node, 2), Place::new(1, 1));
    let changed = Attribute {
        value: "other".into(),
        ..attribute(1, 1)
    };
    node.put([Row::Attribute(changed)]);
    assert_eq!(place(&node, 1), Place::new(1, 0));
    node.block(|block| {
        let lost = block.attempt(|block| {
            let change = [Change::Put(Row::Attribute(attribute(3, 1)))];
            block.apply(&change, &SEED).unwrap();
            Err::<(), _>(())
        });
        lost.unwrap().unwrap_err();
        let change = [Change::Put(Row::Attribute(attribute(4, 1)))];
        block.apply(&change, &SEED).unwrap();
    });
    assert_eq!(place(&node, 3), None);
    assert_eq!(place(&node, 4), Place::new(3, 0), "no place is lost");
}

#[test]
fn a_snapshot_has_the_tree_and_the_salts_of_its_height() {
    let mut node = Node::new();
    node.put([Row::User(user(1)), Row::Wallet(wallet(2, 1))]);
    node.read(|state| {
        let tree = state.tree().unwrap();
        assert_eq!(*tree.root(), state.head().unwrap().unwrap().root);
        let stored = state.stored_row(&Key::Wallet(id(2))).unwrap().unwrap();
        assert_eq!(stored.row, Row::Wallet(wallet(2, 1)));
        assert_eq!(stored.schema_version, 1);
        let value = stored.row.leaf_value(stored.place, &stored.salt);
        let keys = LeafKeys::of(&stored.row);
        assert_eq!(tree.get(&keys.row).unwrap(), Some(value));
        let index = keys.index[0];
        let in_index = LeafValue::index(&index.list(), &value, &stored.salt);
        assert_eq!(tree.get(&index).unwrap(), Some(in_index));
        let wallets = List::Wallets(id(1)).id().prefix();
        assert_eq!(tree.leaves(&wallets, None, usize::MAX).unwrap().len(), 1);
        let nobodys = List::Wallets(id(2)).id().prefix();
        assert_eq!(tree.leaves(&nobodys, None, usize::MAX).unwrap(), []);
        assert_eq!(state.stored_row(&Key::User(id(9))).unwrap(), None);
    });
}

#[test]
fn a_database_without_a_tree_gets_one_when_it_is_opened() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("state.db");
    let mut conn = Connection::open(&file).unwrap();
    let first = include_str!("../../migrations/0001_initial.sql");
    crate::migrate::migrate_by(&mut conn, &[first]).unwrap();
    // As an earlier version wrote it.
    conn.execute_batch(
        "INSERT INTO users VALUES (1, randomblob(16), 'k', 'user', 'i', '5', 1, 0, randomblob(32), 1);
         INSERT INTO user_attributes
             WITH RECURSIVE numbers (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM numbers LIMIT 1000)
             SELECT n, randomblob(16), (SELECT id FROM users), 'k', 'v', NULL, randomblob(32), 1
             FROM numbers;
         INSERT INTO blocks VALUES (6, randomblob(32), 1, zeroblob(32), x'');
         INSERT INTO blocks VALUES (7, randomblob(32), 2, zeroblob(32), x'');",
    )
    .unwrap();
    drop(conn);
    let mut node = open(folder);
    let root = node.root();
    assert_eq!(root.count, 1_001);
    assert_eq!(root, spec(&node));
    let unknown = node.read(|state| state.block(6)).unwrap().unwrap();
    assert_eq!(unknown.root.count, 0);
    node.put([Row::User(user(1))]);
    assert_eq!(node.root().count, 1_002);
}

#[test]
fn a_tree_of_the_form_before_is_made_anew_when_the_database_is_opened() {
    let mut node = Node::new();
    node.put([Row::User(user(1))]);
    node.put((1..60).map(|number| Row::Wallet(wallet(number, 1))));
    let node = reopen(node);
    let root = node.root();
    // As the version before left it, but for what its pages said.
    let before = "UPDATE tree SET body = x'01'; DELETE FROM leaf_rows WHERE seq > 9;
         UPDATE blocks SET root = randomblob(32); PRAGMA user_version = 14";
    node.raw().execute_batch(before).unwrap();
    let node = reopen(node);
    assert_eq!(node.root(), root);
    assert_eq!(node.writer.check_rows().unwrap(), root);
}

fn damaged(damage: &str) -> (Result<Root, StoreError>, Result<Root, StoreError>) {
    let mut node = Node::new();
    node.put([Row::User(user(1))]);
    node.put((1..60).map(|number| Row::Wallet(wallet(number, 1))));
    // Whoever opens it writes what waits.
    let node = reopen(node);
    node.raw().execute_batch(damage).unwrap();
    (node.writer.check_tree(), node.writer.check_rows())
}

#[test]
fn damage_is_found() {
    let is_damaged = |damage: &str| {
        let (pages, rows) = damaged(damage);
        for error in [pages.unwrap_err(), rows.unwrap_err()] {
            assert!(matches!(error, StoreError::DamagedTree(_)), "{error:?}");
            assert!(error.to_string().contains("restore"), "{error}");
        }
    };
    is_damaged("UPDATE blocks SET root = randomblob(32) WHERE height = 2");
    is_damaged("UPDATE blocks SET leaves = leaves + 1 WHERE height = 2");
    is_damaged("DELETE FROM tree");
    is_damaged("DELETE FROM tree WHERE page = (SELECT max(page) FROM tree)");
    is_damaged("INSERT INTO tree VALUES (x'1201', (SELECT body FROM tree WHERE length(page) > 1))");
    is_damaged("UPDATE tree SET body = x'01' WHERE page = x'00'");
    // The hash of a page in its parent, the last bytes of which it is.
    is_damaged(
        "UPDATE tree SET body = CAST(substr(body, 1, length(body) - 1) || x'77' AS BLOB) WHERE length(page) > 1",
    );

    let (pages, rows) = damaged("UPDATE wallets SET message = 'other' WHERE seq > 0");
    pages.unwrap();
    assert!(matches!(
        rows,
        Err(StoreError::DamagedTree(TreeFault::Row("wallets")))
    ));
    let (pages, rows) = damaged("DELETE FROM wallets");
    pages.unwrap();
    assert!(matches!(
        rows,
        Err(StoreError::DamagedTree(TreeFault::Leaves {
            expected: 119,
            found: 1
        }))
    ));
}

#[test]
fn a_tree_of_another_state_is_not_changed() {
    let mut node = Node::new();
    node.put([Row::User(user(1))]);
    node.raw()
        .execute_batch("UPDATE blocks SET root = randomblob(32)")
        .unwrap();
    let mut block = node.begin();
    block
        .apply(&[Change::Put(Row::User(user(2)))], &SEED)
        .unwrap();
    let error = block.commit(new_block(2)).unwrap_err();
    assert!(matches!(
        error,
        StoreError::DamagedTree(TreeFault::Tree(TreeError::OtherRoot { .. }))
    ));
    assert_eq!(node.next_height(), 2);
}

#[test]
fn erased_rows_leave_neither_salt_nor_leaf() {
    let mut node = Node::new();
    node.put([Row::User(user(1))]);
    for number in 101..150 {
        node.put([Row::Wallet(wallet(number, 1))]);
    }
    let mut secrets: BTreeMap<[u8; 32], &str> = BTreeMap::new();
    rows::for_each(&node.raw(), Table::Wallets, |_, stored| {
        secrets.insert(stored.salt.0, "salt");
        for leaf in stored.row.leaves(stored.place, &stored.salt) {
            secrets.insert(leaf.value.0.0, "value");
            secrets.insert(leaf.key.element().0.0, "element");
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(secrets.len(), 4 * 49);
    let found = |node: &Node| {
        let mut found = 0;
        for entry in std::fs::read_dir(node.folder.path()).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            let windows = bytes.windows(32);
            found += windows
                .filter(|window| secrets.contains_key(*window))
                .count();
        }
        found
    };
    assert!(found(&node) >= 4 * 49, "the search works");
    let deletes: Vec<_> = (101..150)
        .map(|number| Change::Delete(Key::Wallet(id(number))))
        .collect();
    node.block(|block| block.apply(&deletes, &SEED)).unwrap();
    assert!(node.writer.checkpoint().unwrap().is_erased);
    assert_eq!(found(&node), 0);
    assert_eq!(node.root().count, 1);
}

#[test]
fn leaves_are_read_in_pieces() {
    let mut node = Node::new();
    node.put((1..200).map(|number| Row::User(user(number))));
    node.read(|state| {
        let tree = state.tree().unwrap();
        let all = tree.leaves(&Prefix::EMPTY, None, 1_000).unwrap();
        assert_eq!(all.len(), 199);
        assert_eq!(root_of(&all), *tree.root());
    });
    assert_eq!(
        state_tree::check(&node.raw()).unwrap(),
        state_tree::check_rows(&node.raw()).unwrap()
    );
}

#[test]
fn every_leaf_leads_to_its_row() {
    let mut node = Node::new();
    node.put([Row::User(user(1)), Row::User(user(2))]);
    node.put((1..40).map(|number| Row::Wallet(wallet(number, 1 + number % 2))));
    node.block(|block| set_nonce(block, &AccountDigest(digest(1)), 1, &SEED))
        .unwrap();
    // A row whose leaf moves, and rows that go.
    node.put([Row::Wallet(wallet(3, 1))]);
    node.block(|block| block.apply(&[Change::Delete(Key::Wallet(id(4)))], &SEED))
        .unwrap();
    node.root();
    node.read(|state| {
        let mut rows = Vec::new();
        let mut after = None;
        loop {
            let tree = state.tree().unwrap();
            let found = tree.leaves(&Prefix::EMPTY, after.as_ref(), 7).unwrap();
            let Some(last) = found.last() else { break };
            after = Some(last.key);
            for leaf in found {
                match state.row_of(&leaf).unwrap() {
                    None => assert!(leaf.value.is_index()),
                    Some(stored) => {
                        let bytes = stored.row.encode(stored.place);
                        let table = stored.row.table();
                        let sent = decode_row(table, stored.schema_version, &bytes, None);
                        let (row, place) = sent.unwrap();
                        assert_eq!(row.leaves(place, &stored.salt)[0], leaf);
                        rows.push(row);
                    }
                }
            }
        }
        assert_eq!(rows.len(), 2 + 38 + 1);
        let of_one = List::Wallets(id(1)).id().prefix();
        let wallets = state.tree().unwrap().leaves(&of_one, None, 100).unwrap();
        assert_eq!(wallets.len(), state.wallets(id(1)).unwrap().len());
    });
}
