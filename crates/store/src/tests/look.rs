//! Looking into a database from outside.

use super::*;
use crate::{FolderLock, StoreError};

#[test]
fn a_database_in_use_can_be_looked_into() {
    let mut node = Node::new();
    node.put([Row::User(user(1)), Row::Wallet(wallet(2, 1))]);
    let folder = node.folder.path().to_owned();
    assert!(FolderLock::is_taken(&folder).unwrap());
    let head = Database::look(&folder, |snapshot| snapshot.head().unwrap()).unwrap();
    assert_eq!(head.unwrap(), node.writer.head().unwrap());
    assert_eq!(
        Database::check(&folder).unwrap(),
        node.writer.check_rows().unwrap()
    );
    let Node {
        writer,
        readers,
        folder: kept,
        ..
    } = node;
    let head = writer.head().unwrap();
    drop((writer, readers));
    assert!(!FolderLock::is_taken(&folder).unwrap());
    let seen = Database::look(&folder, |snapshot| snapshot.head().unwrap()).unwrap();
    assert_eq!(seen.unwrap(), head);
    drop(kept);
}

#[test]
fn where_there_is_no_database_none_is_made() {
    let nowhere = TempDir::new().unwrap();
    assert!(!FolderLock::is_taken(nowhere.path()).unwrap());
    assert!(Database::look(nowhere.path(), |_| ()).unwrap().is_none());
    assert!(Database::check(nowhere.path()).is_err());
    assert_eq!(std::fs::read_dir(nowhere.path()).unwrap().count(), 0);
}

#[test]
fn rows_that_were_changed_are_found() {
    let mut node = Node::new();
    node.put([Row::User(user(1)), Row::Wallet(wallet(2, 1))]);
    let file = node.folder.path().join("state.db");
    let conn = Connection::open(&file).unwrap();
    conn.execute("UPDATE wallets SET address = address || 'x'", [])
        .unwrap();
    assert!(Database::check(node.folder.path()).is_err());
    conn.execute("PRAGMA user_version = 1000", []).unwrap();
    assert!(matches!(
        Database::look(node.folder.path(), |_| ()),
        Err(StoreError::Newer { .. })
    ));
}
