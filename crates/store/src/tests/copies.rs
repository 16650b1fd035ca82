//! Copies of a database, taken while it is in use.

use std::{fs, os::unix::fs::MetadataExt as _, thread};

use super::*;
use crate::{StoreError, digest_of_file};

#[test]
fn a_copy_of_a_database_in_use_is_a_database() {
    let mut node = Node::new();
    node.put([Row::User(user(1)), Row::Wallet(wallet(2, 1))]);
    let root = node.writer.check_rows().unwrap();
    let target = TempDir::new().unwrap();
    let copy = target.path().join("copy");
    let copied = Database::copy(node.folder.path(), &copy).unwrap();
    assert_eq!(copied.root, root);
    assert_eq!(
        copied.height,
        node.writer.head().unwrap().map(|it| it.height)
    );
    assert_eq!(copied.bytes, fs::metadata(&copy).unwrap().len());
    assert_eq!(copied.digest, digest_of_file(&copy).unwrap());
    let restored = target.path().join("database");
    assert_eq!(Database::restore(&copy, &restored).unwrap(), root);
    let (writer, _readers) = Database::open(&restored, &Options::default()).unwrap();
    assert_eq!(writer.head().unwrap(), node.writer.head().unwrap());
}

/// A body holds what its transaction wrote, also of somebody who has erased it since.
#[test]
fn a_copy_has_no_bodies_of_transactions() {
    const MARKER: &str = "MaRkEr!7";
    let mut node = Node::new();
    for number in 1..20_u64 {
        let body = MARKER.repeat(if number % 2 == 0 { 10 } else { 2_000 });
        let hash = Digest::of(&number.to_le_bytes());
        let height = node.next_height();
        let time = BlockTime::default();
        node.block(|block| block.put_body(&hash, height, time, body.as_bytes(), MARKER))
            .unwrap();
    }
    let target = TempDir::new().unwrap();
    let copy = target.path().join("copy");
    Database::copy(node.folder.path(), &copy).unwrap();
    let bytes = fs::read(&copy).unwrap();
    let is_marker = |window: &[u8]| window == MARKER.as_bytes();
    assert!(!bytes.windows(MARKER.len()).any(is_marker));
    let restored = target.path().join("database");
    Database::restore(&copy, &restored).unwrap();
    let hash = Digest::of(&1_u64.to_le_bytes());
    assert!(node.read(|state| state.body(&hash).unwrap().is_some()));
    let (_writer, readers) = Database::open(&restored, &Options::default()).unwrap();
    let body = readers.read(|snapshot| snapshot.body(&hash));
    assert_eq!(body.unwrap().unwrap(), None);
}

/// Receipts of earlier versions, in which the digest of a sender was always the same.
#[test]
fn receipts_of_an_earlier_schema_do_not_show_which_are_of_one_sender() {
    let mut conn = Connection::open_in_memory().unwrap();
    let earlier = crate::migrate::MIGRATIONS.get(..13).unwrap();
    crate::migrate::migrate_by(&mut conn, earlier).unwrap();
    let sender = Digest::of(b"sender");
    let hashes = [Digest([0; 32]), Digest::of(b"another")];
    for (height, hash) in (1_u64..).zip(&hashes) {
        let earlier = Receipt {
            sender_proof: sender,
            ..receipt(*hash, height, 0)
        };
        crate::receipts::put(&conn, &earlier).unwrap();
    }
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("state.db");
    conn.execute("VACUUM INTO ?1", [file.to_str().unwrap()])
        .unwrap();
    let (_writer, readers) = Database::open(folder.path(), &Options::default()).unwrap();
    for hash in &hashes {
        let found = readers.read(|snapshot| snapshot.receipt(hash));
        let proof = Digest::of_parts("idos/receipt-sender/v2", &[&hash.0, &sender.0]);
        assert_eq!(found.unwrap().unwrap().unwrap().sender_proof, proof);
    }
}

#[test]
fn a_copy_is_its_owners_alone_from_its_first_byte_on() {
    let mut node = Node::new();
    node.put((1..=200).map(|id| Row::User(user(id))));
    let target = TempDir::new().unwrap();
    let copy = target.path().join("copy");
    let modes = thread::scope(|scope| {
        let copying = scope.spawn(|| Database::copy(node.folder.path(), &copy).unwrap());
        let mut modes = Vec::new();
        while !copying.is_finished() {
            modes.extend(fs::metadata(&copy).map(|it| it.mode() & 0o777));
        }
        modes.push(fs::metadata(&copy).unwrap().mode() & 0o777);
        modes
    });
    assert!(modes.iter().all(|mode| *mode == 0o600), "{modes:?}");
}

#[test]
fn nothing_is_overwritten_and_nothing_is_made_of_nothing() {
    let node = Node::new();
    let target = TempDir::new().unwrap();
    let file = target.path().join("copy");
    fs::write(&file, "kept").unwrap();
    assert!(Database::copy(node.folder.path(), &file).is_err());
    assert_eq!(fs::read(&file).unwrap(), b"kept");
    let nowhere = target.path().join("nowhere");
    assert!(Database::copy(&nowhere, &target.path().join("other")).is_err());
    assert!(!nowhere.exists());
}

#[test]
fn a_damaged_copy_is_found() {
    let mut node = Node::new();
    node.put([Row::User(user(1)), Row::Wallet(wallet(2, 1))]);
    let target = TempDir::new().unwrap();
    let copy = target.path().join("copy");
    Database::copy(node.folder.path(), &copy).unwrap();
    let conn = Connection::open(&copy).unwrap();
    conn.execute("UPDATE wallets SET address = address || 'x'", [])
        .unwrap();
    drop(conn);
    assert!(Database::check_copy(&copy).is_err());
    assert!(Database::restore(&copy, &target.path().join("database")).is_err());
}

#[test]
fn a_copy_with_tables_or_triggers_of_somebody_else_is_refused() {
    for added in [
        "CREATE TRIGGER later AFTER INSERT ON users BEGIN DELETE FROM wallets; END",
        "CREATE TABLE other (x)",
        "CREATE VIEW other AS SELECT * FROM users",
        "DROP INDEX credentials_by_user",
    ] {
        let node = Node::new();
        let target = TempDir::new().unwrap();
        let copy = target.path().join("copy");
        Database::copy(node.folder.path(), &copy).unwrap();
        Connection::open(&copy)
            .unwrap()
            .execute_batch(added)
            .unwrap();
        let error = Database::check_copy(&copy).unwrap_err();
        assert!(matches!(error, StoreError::Schema { .. }), "{error:?}");
        let error = Database::restore(&copy, &target.path().join("database")).unwrap_err();
        let StoreError::Open { source, .. } = error else {
            panic!("{error:?}")
        };
        assert!(matches!(*source, StoreError::Schema { .. }), "{source:?}");
    }
}
