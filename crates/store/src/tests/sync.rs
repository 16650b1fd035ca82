//! The state of a database becomes that of another, part by part.

use idos_ledger::{Key, State as _, decode_row};
use idos_proof::Prefix;
use proptest::{collection::vec, prelude::*};

use super::{
    tree::{Act, act, attempt, open, play},
    *,
};
use crate::{Pin, StoreError, StoredRow, SyncWriter};

const MARK: &str = "mark";

/// A row as it comes from another node.
fn sent(stored: &StoredRow) -> StoredRow {
    let StoredRow {
        row,
        place,
        salt,
        schema_version,
    } = stored;
    let content = match row {
        Row::Credential(credential) => Some(credential.content.to_string()),
        _ => None,
    };
    let bytes = row.encode(*place);
    let (row, place) = decode_row(row.table(), *schema_version, &bytes, content).unwrap();
    StoredRow {
        row,
        place,
        salt: *salt,
        schema_version: *schema_version,
    }
}

/// Takes one step of a sync after the other, each put in this many rows, until the state is the
/// peer's or the steps are over. Returns whether it is.
fn steps(own: &mut SyncWriter, peer: &mut Pin, at_once: usize, mut steps: usize) -> bool {
    let target = peer
        .read(|snapshot| *snapshot.tree().unwrap().root())
        .unwrap();
    let mut open = vec![(Prefix::EMPTY, target)];
    if target == Root::empty() {
        own.remove(&[Prefix::EMPTY]).unwrap();
        open.clear();
    }
    while !open.is_empty() {
        // Several at once, as they are asked for.
        let asked = open.split_off(open.len().saturating_sub(3));
        let answers = asked.into_iter().map(|(region, root)| {
            let answer = peer.read(|snapshot| snapshot.tree().unwrap().children(&region).unwrap());
            (region, answer.unwrap().unwrap().verify(&root).unwrap())
        });
        let difference = own.strip(&answers.collect::<Vec<_>>()).unwrap();
        let mut rows = Vec::new();
        for leaf in difference.put {
            let row = peer.read(|snapshot| snapshot.row_of(&leaf).unwrap());
            rows.extend(row.unwrap().as_ref().map(sent));
        }
        for rows in rows.chunks(at_once) {
            if steps == 0 {
                return false;
            }
            steps -= 1;
            own.put(rows).unwrap();
        }
        open.extend(difference.ask);
    }
    assert_eq!(
        *own.root(),
        target,
        "one round is enough for a peer that does not change"
    );
    true
}

fn finish(own: SyncWriter, peer: &Node) -> crate::Writer {
    let head = peer.writer.head().unwrap().unwrap();
    let notes = [("note", "text".to_owned())];
    let finished = own.finish(
        std::slice::from_ref(&head),
        Some(b"certificate"),
        &[],
        None,
        notes,
    );
    let (writer, root) = finished.unwrap();
    assert_eq!(root, head.root);
    writer
}

/// What a database holds, apart from what only counts in it: numbers of unordered rows.
fn state(node: &Node) -> Vec<String> {
    let conn = node.raw();
    let mut dump: Vec<String> = node
        .dump()
        .into_iter()
        .filter(|row| {
            ["grant_counts", "grant_marks", "account_count"]
                .iter()
                .any(|table| row.starts_with(table))
        })
        .collect();
    // Every page, those that wait to be written too.
    dump.push(format!("{:?}", crate::state_tree::check(&conn).unwrap()));
    for table in idos_ledger::Table::ALL {
        crate::rows::for_each(&conn, table, |_, stored| {
            dump.push(format!("{stored:?}"));
            Ok(())
        })
        .unwrap();
    }
    dump.sort();
    dump
}

fn grow(node: &mut Node, acts: &[Act]) {
    for acts in acts.chunks(3) {
        node.block(|block| {
            for act in acts {
                play(block, &attempt(std::slice::from_ref(act)), &SEED).unwrap();
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Two nodes with a common past and different futures: one becomes the other, in parts of any
    /// size, whenever it crashes in between.
    #[test]
    fn any_state_becomes_any_other(
        past in vec(act(), 0..20),
        one in vec(act(), 0..20),
        other in vec(act(), 1..40),
        at_once in 1..6_usize,
        crashes in vec(0..8_usize, 0..4),
    ) {
        let (mut own, mut peer) = (Node::new(), Node::new());
        grow(&mut own, &past);
        grow(&mut own, &one);
        grow(&mut peer, &past);
        grow(&mut peer, &other);
        overtake(&mut peer, &own);
        let wanted = state(&peer);
        let mut pin = peer.readers.pin().unwrap();
        let Node { mut writer, mut readers, mut folder } = own;
        for steps_before in crashes {
            let mut sync = SyncWriter::begin(writer, MARK).unwrap();
            let is_done = steps(&mut sync, &mut pin, at_once, steps_before);
            drop((sync, readers));
            let node = open(folder);
            let mark = node.writer.sync_mark().unwrap();
            prop_assert_eq!(mark.as_deref(), Some(MARK));
            let refused = node.readers.read(|_| ());
            prop_assert!(matches!(refused, Err(StoreError::Syncing)));
            Node { writer, readers, folder } = node;
            if is_done {
                break;
            }
        }
        let mut sync = SyncWriter::begin(writer, MARK).unwrap();
        prop_assert!(steps(&mut sync, &mut pin, at_once, usize::MAX));
        let writer = finish(sync, &peer);
        prop_assert_eq!(writer.sync_mark().unwrap(), None);
        let own = Node { writer, readers, folder };
        prop_assert_eq!(own.root(), peer.root());
        prop_assert_eq!(state(&own), wanted);
        prop_assert_eq!(own.writer.head().unwrap(), peer.writer.head().unwrap());
        // It goes on like the other.
        let mut own = own;
        for node in [&mut own, &mut peer] {
            grow(node, &other);
        }
        prop_assert_eq!(own.root(), peer.root());
        prop_assert_eq!(state(&own), state(&peer));
    }
}

/// Blocks without changes, until one is higher than another.
fn overtake(peer: &mut Node, own: &Node) {
    while peer.next_height() <= own.next_height() {
        peer.block(|_| ());
    }
}

fn synced(own: Node, peer: &mut Node) -> Node {
    overtake(peer, &own);
    let Node {
        writer,
        readers,
        folder,
    } = own;
    let mut sync = SyncWriter::begin(writer, MARK).unwrap();
    assert!(steps(
        &mut sync,
        &mut peer.readers.pin().unwrap(),
        100,
        usize::MAX
    ));
    let writer = finish(sync, peer);
    Node {
        writer,
        readers,
        folder,
    }
}

/// What is unique passes from one row to another, every way round.
#[test]
fn rows_that_are_in_the_way_go() {
    let (mut own, mut peer) = (Node::new(), Node::new());
    let named = |numbers: [u128; 2]| {
        let [one, other] = numbers;
        [
            Row::User(user(1)),
            Row::Wallet(Wallet {
                address: "0xA".into(),
                ..wallet(one, 1)
            }),
            Row::Wallet(Wallet {
                address: "0xB".into(),
                ..wallet(other, 1)
            }),
            Row::Inserter(inserter(one, "a")),
            Row::Inserter(inserter(other, "b")),
            Row::Party(Party {
                address: "0xA".into(),
                ..party(one, "issuer")
            }),
            Row::Party(Party {
                address: "0xB".into(),
                ..party(other, "issuer")
            }),
            Row::Validator(Validator {
                key: ValidatorKey([u8::try_from(one).unwrap(); 32]),
                ..validator(1, "a")
            }),
            Row::Validator(Validator {
                key: ValidatorKey([u8::try_from(other).unwrap(); 32]),
                ..validator(2, "a")
            }),
        ]
    };
    own.put(named([1, 2]));
    peer.put(named([2, 1]));
    let own = synced(own, &mut peer);
    assert_eq!(own.root(), peer.root());
    assert_eq!(state(&own), state(&peer));
}

/// A page of the tree that a difference removes as a whole has more rows than one transaction takes.
#[test]
fn many_rows_go_in_several_transactions() {
    let (mut own, mut peer) = (Node::new(), Node::new());
    own.put((1..60).map(|number| Row::User(user(number))));
    let grants = (1..60).map(|number| Row::AccessGrant(grant(number, 1, "0xa", 1, 5)));
    own.put(
        [Row::Credential(credential(1, 1))]
            .into_iter()
            .chain(grants),
    );
    peer.put([Row::Inserter(inserter(1, "one"))]);
    let own = synced(own, &mut peer);
    assert_eq!(own.root(), peer.root());
    assert_eq!(state(&own), state(&peer));
    // And nobody is left at all.
    peer.block(|block| block.apply(&[Change::Delete(Key::Inserter(id(1)))], &SEED))
        .unwrap();
    let own = synced(own, &mut peer);
    assert_eq!(own.root(), Root::empty());
}

#[test]
fn what_follows_from_rows_is_right_after_a_sync_whatever_it_was_before() {
    let mut own = Node::new();
    own.put([Row::User(user(1)), Row::Credential(credential(100, 1))]);
    own.put([Row::AccessGrant(grant(0x1_0000, 1, "0xaa", 100, 1))]);
    let wrong = "UPDATE account_count SET accounts = 9; DELETE FROM grant_marks; \
                 UPDATE grant_counts SET grants = grants + 1; \
                 INSERT INTO grant_counts VALUES ('0xff', x'', 7)";
    own.raw().execute_batch(wrong).unwrap();
    assert!(own.writer.check_rows().is_err());
    let mut peer = Node::new();
    peer.put(super::every_row::rows());
    overtake(&mut peer, &own);
    let own = synced(own, &mut peer);
    own.writer.check_rows().unwrap();
}

#[test]
fn a_sync_that_left_references_open_does_not_end() {
    let Node {
        writer,
        readers,
        folder,
    } = Node::new();
    let mut sync = SyncWriter::begin(writer, MARK).unwrap();
    let wallet = StoredRow {
        row: Row::Wallet(wallet(1, 1)),
        place: idos_ledger::Place(1),
        salt: Digest([1; 32]),
        schema_version: 1,
    };
    sync.put([&wallet]).unwrap();
    let head = head(7, *sync.root());
    let refused = sync.finish(&[head], Some(b""), &[], None, []);
    assert!(matches!(refused, Err(StoreError::Dangling(table)) if table == "wallets"));
    drop(readers);
    assert_eq!(
        open(folder).writer.sync_mark().unwrap().as_deref(),
        Some(MARK)
    );
}

#[test]
fn a_sync_that_is_not_at_the_root_it_claims_does_not_end() {
    let Node {
        writer,
        readers,
        folder: _folder,
    } = Node::new();
    let sync = SyncWriter::begin(writer, MARK).unwrap();
    let claimed = Root {
        hash: Digest([1; 32]),
        count: 1,
    };
    let refused = sync.finish(&[head(7, claimed)], Some(b""), &[], None, []);
    assert!(matches!(refused, Err(StoreError::DamagedTree(_))));
    assert!(matches!(readers.read(|_| ()), Err(StoreError::Syncing)));
}

#[test]
fn a_sync_never_ends_at_a_height_that_was_executed() {
    let mut node = Node::new();
    node.put([Row::User(user(1))]);
    let head = node.writer.head().unwrap().unwrap();
    let sync = SyncWriter::begin(node.writer, MARK).unwrap();
    let refused = sync.finish(&[head], Some(b""), &[], None, []);
    assert!(matches!(
        refused,
        Err(StoreError::Height { next: 2, found: 1 })
    ));
}

#[test]
fn a_pin_sees_what_was_committed_when_it_was_taken() {
    let mut node = Node::new();
    node.put([Row::User(user(1))]);
    let root = node.root();
    let mut pin = node.readers.pin().unwrap();
    node.block(|block| block.apply(&[Change::Delete(Key::User(id(1)))], &SEED))
        .unwrap();
    let seen = pin
        .read(|snapshot| *snapshot.tree().unwrap().root())
        .unwrap();
    assert_eq!(seen, root);
    assert!(!node.writer.checkpoint().unwrap().is_erased);
    drop(pin);
    assert!(node.writer.checkpoint().unwrap().is_erased);
}

/// Between the first look at whether the state is whole and the first statement of a read anything may happen, and
/// a small sync is over before the second look.
#[test]
fn a_read_that_begins_amid_a_sync_is_refused_though_the_sync_ends_before_it() {
    let (own, mut peer) = (Node::new(), Node::new());
    peer.put([Row::User(user(1)), Row::User(user(2))]);
    overtake(&mut peer, &own);
    let Node {
        writer,
        readers,
        folder: _folder,
    } = own;
    let mut seen = None;
    let read = readers.read(|state| {
        let mut sync = SyncWriter::begin(writer, MARK).unwrap();
        let mut pin = peer.readers.pin().unwrap();
        assert!(!steps(&mut sync, &mut pin, 1, 1));
        let found = [1, 2].map(|number| state.user(id(number)).unwrap().is_some());
        seen = Some(found);
        assert!(steps(&mut sync, &mut pin, 1, usize::MAX));
        finish(sync, &peer);
    });
    assert!(matches!(seen, Some([true, false] | [false, true])));
    assert!(matches!(read, Err(StoreError::Syncing)), "{read:?}");
    assert!(readers.read(|_| ()).is_ok() && readers.pin().is_ok());
}

#[test]
fn there_is_one_writer_at_a_time() {
    let node = Node::new();
    assert!(matches!(
        node.readers.writer(),
        Err(StoreError::SecondWriter)
    ));
    drop(node.writer);
    let writer = node.readers.writer().unwrap();
    assert!(matches!(
        node.readers.writer(),
        Err(StoreError::SecondWriter)
    ));
    drop(writer);
}

#[test]
fn index_entries_come_with_their_rows_only() {
    let mut node = Node::new();
    node.put([Row::User(user(1)), Row::Wallet(wallet(1, 1))]);
    let leaves = node.read(|snapshot| {
        snapshot
            .tree()
            .unwrap()
            .leaves(&Prefix::EMPTY, None, 9)
            .unwrap()
    });
    let index: Vec<_> = leaves.iter().filter(|leaf| leaf.value.is_index()).collect();
    assert_eq!(index.len(), 1);
    let region = Prefix::from(index[0].key);
    let root = node.root();
    let Node {
        writer,
        readers: _,
        folder: _folder,
    } = node;
    let mut sync = SyncWriter::begin(writer, MARK).unwrap();
    sync.remove(&[region]).unwrap();
    assert_eq!(*sync.root(), root);
}
