//! Opening: one process per folder, the schema's versions, the settings.

use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt};

use idos_ledger::Table;

use super::*;
use crate::{StoreError, migrate};

fn reopen(folder: &TempDir) -> crate::error::Result<(Writer, Readers)> {
    Database::open(folder.path(), &Options::default())
}

#[test]
fn a_folder_is_open_only_once() {
    let Node {
        writer,
        readers,
        folder,
    } = Node::new();
    let refused = |folder: &TempDir| {
        let error = reopen(folder).unwrap_err();
        assert!(matches!(error, StoreError::Locked { .. }), "{error:?}");
        let name = folder.path().file_name().unwrap().to_str().unwrap();
        assert!(error.to_string().contains(name), "{error}");
    };
    refused(&folder);
    drop(writer);
    // A reader still needs the files.
    refused(&folder);
    drop(readers);
    reopen(&folder).unwrap();
}

#[test]
fn reopening_changes_nothing() {
    let mut node = Node::new();
    node.put([Row::User(user(1))]);
    let before = node.dump();
    let Node {
        writer,
        readers,
        folder,
    } = node;
    drop((writer, readers));
    let (writer, readers) = reopen(&folder).unwrap();
    let node = Node {
        writer,
        readers,
        folder,
    };
    assert_eq!(node.dump(), before);
}

#[test]
fn migrations_run_once_each_and_whole() {
    let folder = TempDir::new().unwrap();
    let mut conn = Connection::open(folder.path().join("db")).unwrap();
    let version = |conn: &Connection| -> i64 {
        conn.pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap()
    };
    let first = "CREATE TABLE a (x) STRICT_IS_NO_OPTION";
    assert!(migrate::migrate_by(&mut conn, &[first]).is_err());
    assert_eq!(version(&conn), 0);

    let first = "CREATE TABLE a (x); INSERT INTO a VALUES (1);";
    let broken = "CREATE TABLE b (x); INSERT INTO nothing VALUES (1);";
    assert!(migrate::migrate_by(&mut conn, &[first, broken]).is_err());
    assert_eq!(
        version(&conn),
        1,
        "the first is kept, the second left nothing"
    );
    assert!(!conn.table_exists(None, "b").unwrap());

    let second = "CREATE TABLE b (x);";
    migrate::migrate_by(&mut conn, &[first, second]).unwrap();
    migrate::migrate_by(&mut conn, &[first, second]).unwrap();
    assert_eq!(version(&conn), 2);
    let rows: i64 = conn
        .query_row("SELECT count(*) FROM a", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 1);
    let error = migrate::migrate_by(&mut conn, &[first]).unwrap_err();
    assert!(
        matches!(error, StoreError::Newer { found: 2, known: 1 }),
        "{error:?}"
    );
}

fn refused(node: Node, tamper: &str) -> StoreError {
    let conn = node.raw();
    let Node {
        writer,
        readers,
        folder,
    } = node;
    drop((writer, readers));
    conn.execute_batch(tamper).unwrap();
    drop(conn);
    let error = reopen(&folder).unwrap_err();
    let StoreError::Open {
        source,
        folder: named,
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(named, folder.path().canonicalize().unwrap());
    *source
}

#[test]
fn a_database_of_a_newer_node_is_refused() {
    let error = refused(Node::new(), "PRAGMA user_version = 1000");
    assert!(
        matches!(error, StoreError::Newer { found: 1000, .. }),
        "{error:?}"
    );
}

#[test]
fn a_database_of_something_else_is_refused_untouched() {
    let error = refused(Node::new(), "PRAGMA application_id = 7");
    assert!(
        matches!(error, StoreError::Foreign { found: 7 }),
        "{error:?}"
    );

    let folder = TempDir::new().unwrap();
    let file = folder.path().join("state.db");
    Connection::open(&file)
        .unwrap()
        .execute_batch("CREATE TABLE other (x)")
        .unwrap();
    let before = fs::read(&file).unwrap();
    assert!(reopen(&folder).is_err());
    assert_eq!(fs::read(&file).unwrap(), before);

    fs::write(&file, [b'x'; 5000]).unwrap();
    assert!(reopen(&folder).is_err());
    assert_eq!(fs::read(&file).unwrap(), [b'x'; 5000]);
}

#[test]
fn files_are_readable_by_their_owner_only() {
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("new/data");
    let (mut writer, _readers) = Database::open(&folder, &Options::default()).unwrap();
    writer.start(&[], new_block(0), "key", "value").unwrap();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder.clone()), 0o700);
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["lock", "state.db", "state.db-shm", "state.db-wal"]);
    for name in names {
        assert_eq!(mode(folder.join(&name)), 0o600, "{name:?}");
    }
}

#[test]
fn the_settings_that_durability_and_erasure_rest_on_hold() {
    let mut node = Node::new();
    let schema = i64::try_from(crate::migrate::MIGRATIONS.len()).unwrap();
    let block = node.begin();
    let conn = block.conn().unwrap();
    let pragma = |name: &str| -> i64 {
        conn.pragma_query_value(None, name, |row| row.get(0))
            .unwrap()
    };
    for (name, value) in [
        ("synchronous", 2),
        ("secure_delete", 1),
        ("foreign_keys", 1),
        ("temp_store", 2),
        ("wal_autocheckpoint", 0),
        ("trusted_schema", 0),
        ("cache_size", -2 * 1024),
        ("application_id", 0x6944_4f53),
        ("user_version", schema),
    ] {
        assert_eq!(pragma(name), value, "{name}");
    }
    let mode: String = conn
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
    drop(block);
    node.read(|snapshot| {
        let conn = snapshot.conn().unwrap();
        let cache: i64 = conn
            .pragma_query_value(None, "cache_size", |row| row.get(0))
            .unwrap();
        assert_eq!(cache, -1024);
        assert!(conn.execute_batch("DELETE FROM meta").is_err());
    });
}

#[test]
fn every_state_table_has_salt_and_schema_version() {
    let node = Node::new();
    let conn = node.raw();
    let salted: BTreeSet<String> = conn
        .prepare(
            "SELECT s.name FROM sqlite_schema AS s, pragma_table_info(s.name) AS c \
             WHERE s.type = 'table' AND c.name = 'salt'",
        )
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let known = Table::ALL.map(|table| table.name().to_owned());
    assert_eq!(salted, known.into());
    for table in Table::ALL {
        let columns: Vec<(String, bool)> = conn
            .prepare("SELECT name, \"notnull\" FROM pragma_table_info(?1)")
            .unwrap()
            .query_map([table.name()], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        for name in ["salt", "schema_version"] {
            assert!(
                columns.contains(&(name.into(), true)),
                "{table:?} has {columns:?}"
            );
        }
    }
}

/// Deadlines that an earlier version wrote are there, in their order, and can be deleted. Whoever
/// has a block has a state, of which the tree is built when the database is opened.
#[test]
fn deadlines_of_the_first_schema_survive() {
    use idos_ledger::{Deadline, Due, Key, State};

    let mut conn = Connection::open_in_memory().unwrap();
    let first = include_str!("../../migrations/0001_initial.sql");
    crate::migrate::migrate_by(&mut conn, &[first]).unwrap();
    conn.execute_batch(
        "INSERT INTO due (at, kind, id, salt, schema_version)
         VALUES (5, 2, x'000102030405060708090a0b0c0d0e0f', zeroblob(32), 1),
                (4, 0, x'000102030405060708090a0b0c0d0e0f', zeroblob(32), 1);
         INSERT INTO blocks (height, hash, time_ms, execution, header)
         VALUES (1, zeroblob(32), 1, zeroblob(32), x'')",
    )
    .unwrap();
    let folder = TempDir::new().unwrap();
    conn.execute(
        "VACUUM INTO ?1",
        [folder.path().join("state.db").to_str().unwrap()],
    )
    .unwrap();
    let (mut writer, readers) = reopen(&folder).unwrap();
    let id = Uuid::from_bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    let grant = Due {
        at: 4,
        what: Deadline::EndGrant(id.into()),
    };
    let forget = Due {
        at: 5,
        what: Deadline::ForgetWriteGrant(id.into()),
    };
    let due = |readers: &Readers| readers.read(|state| state.due(9, 9).unwrap()).unwrap();
    assert_eq!(due(&readers), [grant, forget]);
    let mut block = writer.begin_block(2).unwrap();
    block
        .apply(&[Change::Delete(Key::Due(grant))], &SEED)
        .unwrap();
    block.commit(new_block(2)).unwrap();
    assert_eq!(due(&readers), [forget]);
}
