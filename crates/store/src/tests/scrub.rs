//! What SQLite leaves in pages is in no file, and pages are what they were.

use std::{fs, path::Path};

use idos_ledger::Key;
use proptest::{collection, prelude::*};

use super::*;
use crate::{StoreError, page_gap, scrub};

/// In every value and id of somebody who is going to be erased.
const MARKER: &[u8; 6] = b"GoNe#7";
const PAGE: usize = 4096;

/// How many pages of a database file have anything in their gap.
fn unclean(file: &Path) -> usize {
    unclean_pages(&fs::read(file).unwrap(), PAGE)
}

fn unclean_pages(file: &[u8], size: usize) -> usize {
    let count = u32::try_from(file.len() / size).unwrap();
    let pages = (1..).zip(file.chunks(size));
    pages
        .filter(|(number, page)| page_gap::cleared(page, *number, count).is_some())
        .count()
}

/// How often the marker is in any file of a folder, in either case.
fn markers(folder: &Path) -> usize {
    let is_marker = |window: &&[u8]| window.eq_ignore_ascii_case(MARKER);
    let files = fs::read_dir(folder).unwrap();
    files
        .map(|file| {
            let bytes = fs::read(file.unwrap().path()).unwrap();
            bytes.windows(MARKER.len()).filter(is_marker).count()
        })
        .sum()
}

/// Numbers that are the same in each run.
struct Random(u64);

impl Random {
    fn digest(&mut self) -> Digest {
        self.0 += 1;
        Digest::of(&self.0.to_le_bytes())
    }

    fn below(&mut self, end: usize) -> usize {
        let number = u32::from_le_bytes(*self.digest().0.first_chunk().unwrap());
        usize::try_from(number).unwrap() % end
    }
}

/// The id of somebody, which has the marker in it if they go.
fn person(random: &mut Random, goes: bool) -> u128 {
    let mut id: [u8; 16] = *random.digest().0.first_chunk().unwrap();
    if goes {
        id[10..].copy_from_slice(MARKER);
    }
    u128::from_be_bytes(id)
}

/// Somebody with a wallet and an attribute, of lengths that differ.
fn rows(random: &mut Random, person: u128) -> [Row; 3] {
    let goes = person.to_be_bytes().ends_with(MARKER);
    let mut text = || {
        let length = 1 + random.below(20);
        let word = if goes { "GoNe#7" } else { "stays-" };
        format!("{:016x}{}", random.below(usize::MAX), word.repeat(length))
    };
    [
        Row::User(user(person)),
        Row::Wallet(Wallet {
            address: text(),
            public_key: Some(text()),
            ..wallet(person, person)
        }),
        Row::Attribute(Attribute {
            value: text(),
            ..attribute(person, person)
        }),
    ]
}

/// Makes blocks in which people come, and of whom those that are marked go later.
fn live(node: &mut Node, random: &mut Random, mut between: impl FnMut(&mut Node, &mut Random)) {
    let mut marked = Vec::new();
    for block in 0..60 {
        let mut changes = Vec::new();
        for _ in 0..random.below(40) {
            let goes = block < 50 && random.below(3) == 0;
            let person = person(random, goes);
            marked.extend(goes.then_some(person));
            changes.extend(rows(random, person).map(Change::Put));
        }
        for _ in 0..random.below(15).min(marked.len()) {
            let person = marked.swap_remove(random.below(marked.len()));
            changes.extend(deletes(person));
        }
        node.block(|block| block.apply(&changes, &SEED)).unwrap();
        between(node, random);
    }
    for some in marked.chunks(20) {
        let changes: Vec<_> = some.iter().flat_map(|person| deletes(*person)).collect();
        node.block(|block| block.apply(&changes, &SEED)).unwrap();
        between(node, random);
    }
}

fn deletes(person: u128) -> [Change; 3] {
    [
        Key::User(id(person)),
        Key::Wallet(id(person)),
        Key::Attribute(id(person)),
    ]
    .map(Change::Delete)
}

#[test]
fn nothing_of_erased_people_is_left_in_any_page() {
    for seed in 0..6 {
        let mut node = Node::new();
        let mut random = Random(seed << 32);
        live(&mut node, &mut random, |node, random| {
            match random.below(8) {
                0 => drop(node.writer.checkpoint().unwrap()),
                1 => node.writer.move_log().unwrap(),
                _ => {}
            }
        });
        assert!(node.writer.checkpoint().unwrap().is_erased);
        assert_eq!(markers(node.folder.path()), 0, "seed {seed}");
        assert_eq!(unclean(&node.file()), 0, "seed {seed}");
        node.root();
        let is_sound = crate::open::check_file(&node.raw());
        assert!(is_sound.is_ok(), "{is_sound:?}");
    }
}

#[test]
fn pages_that_a_crash_left_in_the_log_are_clean_when_they_are_moved() {
    let mut node = Node::new();
    live(&mut node, &mut Random(7), |_, _| ());
    let crashed = TempDir::new().unwrap();
    for name in ["state.db", "state.db-wal"] {
        fs::copy(node.folder.path().join(name), crashed.path().join(name)).unwrap();
    }
    // A copy is made meanwhile, by another process that is the last one to close the database.
    let copy = TempDir::new().unwrap();
    Database::copy(crashed.path(), &copy.path().join("copy")).unwrap();
    assert!(unclean(&crashed.path().join("state.db")) == 0, "not moved");
    assert_eq!(unclean(&copy.path().join("copy")), 0);

    let (writer, readers) = Database::open(crashed.path(), &Options::default()).unwrap();
    let file = crashed.path().join("state.db");
    assert!(fs::metadata(&file).unwrap().len() > 50 * PAGE as u64);
    assert_eq!(unclean(&file), 0);
    assert_eq!(markers(crashed.path()), 0);
    drop((writer, readers));
}

#[test]
fn pages_are_clean_when_the_log_is_moved_because_nobody_needs_it() {
    let mut node = Node::new();
    live(&mut node, &mut Random(8), |_, _| ());
    let Node {
        writer,
        readers,
        folder,
    } = node;
    drop(readers);
    drop(writer);
    let file = folder.path().join("state.db");
    assert!(!folder.path().join("state.db-wal").exists(), "it is moved");
    assert_eq!(unclean(&file), 0);
    assert_eq!(markers(folder.path()), 0);
}

#[test]
fn a_long_log_is_looked_at_once() {
    let mut node = Node::new();
    live(&mut node, &mut Random(9), |_, _| ());
    let readers = node.readers.clone();
    readers
        .read(|snapshot| {
            // It keeps the log from being emptied.
            snapshot.head().unwrap();
            node.block(|_| ());
            node.writer.checkpoint().unwrap();
            let pages = |node: &mut Node| node.writer.checkpoint().unwrap().log_pages;
            let before = pages(&mut node);
            assert!(before > 100);
            assert_eq!(pages(&mut node), before, "nothing is written again");
        })
        .unwrap();
    assert!(node.writer.checkpoint().unwrap().is_erased);
    assert_eq!(unclean(&node.file()), 0);
}

/// Changes a table without any care for what stays in pages.
fn leave_bytes(conn: &Connection) {
    conn.execute_batch("PRAGMA secure_delete = 1; BEGIN")
        .unwrap();
    let mut random = Random(10);
    for number in 0..2_000 {
        let key = random.below(usize::MAX);
        let word = if number % 2 == 0 { "GoNe#7" } else { "stays-" };
        let value = word.repeat(1 + random.below(30));
        let sql = "INSERT INTO meta (key, value) VALUES (?1, ?2) \
                   ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        conn.execute(sql, [format!("{key:x}"), value]).unwrap();
    }
    let sql = "DELETE FROM meta WHERE value LIKE 'GoNe#7%'; COMMIT; \
               PRAGMA wal_checkpoint(TRUNCATE)";
    conn.execute_batch(sql).unwrap();
}

#[test]
fn a_database_of_an_earlier_version_is_looked_through_once() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("state.db");
    let open = || Database::open(folder.path(), &Options::default()).unwrap();
    let mut conn = Connection::open(&file).unwrap();
    let earlier = crate::migrate::MIGRATIONS.get(..14).unwrap();
    crate::migrate::migrate_by(&mut conn, earlier).unwrap();
    leave_bytes(&conn);
    drop(conn);
    assert!(unclean(&file) > 0);

    drop(open());
    assert_eq!(unclean(&file), 0);

    // Not again, unless it says so, as it does until it was looked through to the end.
    let conn = Connection::open(&file).unwrap();
    leave_bytes(&conn);
    drop(conn);
    drop(open());
    assert!(unclean(&file) > 0);
    let conn = Connection::open(&file).unwrap();
    crate::meta::put(&conn, "unscrubbed", "").unwrap();
    drop(conn);
    let (writer, _) = open();
    assert_eq!(writer.meta("unscrubbed").unwrap(), None);
    assert_eq!(unclean(&file), 0);
}

#[test]
fn pages_that_map_others_are_refused() {
    let folder = TempDir::new().unwrap();
    let conn = Connection::open(folder.path().join("state.db")).unwrap();
    conn.execute_batch("PRAGMA auto_vacuum = 1; VACUUM")
        .unwrap();
    drop(conn);
    let error = Database::open(folder.path(), &Options::default()).unwrap_err();
    let StoreError::Open { source, .. } = error else {
        panic!("{error:?}")
    };
    let setting = "auto_vacuum";
    assert!(matches!(*source, StoreError::Setting { setting: found, .. } if found == setting));
}

/// Only the scrub may write pages as they are.
#[test]
fn pages_are_written_by_nothing_else() {
    let mut node = Node::new();
    live(&mut node, &mut Random(11), |_, _| ());
    node.writer.checkpoint().unwrap();
    let block = node.begin();
    let sql = "UPDATE sqlite_dbpage SET data = zeroblob(4096) WHERE pgno = 1";
    assert!(block.conn().unwrap().execute_batch(sql).is_err());
}

#[derive(Clone, Debug)]
enum Step {
    Put(u16, usize),
    Delete(u16),
    DeleteMany(u16),
}

fn step() -> impl Strategy<Value = Step> {
    let length = prop_oneof![6 => 0..60_usize, 3 => 60..600_usize, 1 => 600..9_000_usize];
    prop_oneof![
        6 => (0..400_u16, length).prop_map(|(key, length)| Step::Put(key, length)),
        2 => (0..400_u16).prop_map(Step::Delete),
        1 => (2..9_u16).prop_map(Step::DeleteMany),
    ]
}

fn take(conn: &Connection, step: &Step) {
    match step {
        Step::Put(key, length) => {
            let value = format!("{key}.").repeat(*length / 2);
            let row = "INSERT OR REPLACE INTO rows (id, name, value) VALUES (?1, ?2, ?3)";
            let values = rusqlite::params![key, format!("{}", u32::from(*key) * 7919), value];
            conn.execute(row, values).unwrap();
            let keyed = "INSERT OR REPLACE INTO keyed (key, value) VALUES (?1, ?2)";
            let digest = Digest::of(&key.to_le_bytes()).0;
            conn.execute(keyed, rusqlite::params![digest, value])
                .unwrap();
        }
        Step::Delete(key) => {
            let digest = Digest::of(&key.to_le_bytes()).0;
            conn.execute("DELETE FROM rows WHERE id = ?1", [key])
                .unwrap();
            conn.execute("DELETE FROM keyed WHERE key = ?1", [digest])
                .unwrap();
        }
        Step::DeleteMany(every) => {
            conn.execute("DELETE FROM rows WHERE id % ?1 = 0", [every])
                .unwrap();
        }
    }
}

/// Every row, in the order of each index.
fn all_rows(conn: &Connection) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for sql in [
        "SELECT id, value FROM rows ORDER BY id",
        "SELECT name, value FROM rows INDEXED BY by_name ORDER BY name",
        "SELECT value, name FROM rows INDEXED BY by_value ORDER BY value",
        "SELECT hex(key), value FROM keyed ORDER BY key",
    ] {
        let mut statement = conn.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| {
            Ok((format!("{:?}", row.get_ref(0)?), row.get(1)?))
        });
        all.extend(rows.unwrap().map(Result::unwrap));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_database_is_the_same_after_it(
        steps in collection::vec(step(), 1..600),
        page_size in prop::sample::select(vec![512_usize, 1_024, 4_096, 65_536]),
        is_secure in any::<bool>(),
    ) {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("db");
        let conn = Connection::open(&file).unwrap();
        let secure = i32::from(is_secure);
        conn.execute_batch(&format!(
            "PRAGMA page_size = {page_size}; PRAGMA journal_mode = wal; PRAGMA secure_delete = {secure};
             PRAGMA synchronous = 0;
             CREATE TABLE rows (id INTEGER PRIMARY KEY, name TEXT NOT NULL, value TEXT NOT NULL);
             CREATE INDEX by_name ON rows (name);
             CREATE INDEX by_value ON rows (value, name);
             CREATE TABLE keyed (key BLOB PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
        )).unwrap();
        for step in &steps {
            take(&conn, step);
        }
        let before = all_rows(&conn);
        scrub::all(&conn).unwrap();
        prop_assert_eq!(&all_rows(&conn), &before);
        conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        prop_assert_eq!(unclean_pages(&fs::read(&file).unwrap(), page_size), 0);

        // Nor for whoever knows none of its pages, or goes on with it.
        let other = Connection::open(&file).unwrap();
        crate::open::check_file(&other).unwrap();
        prop_assert_eq!(&all_rows(&other), &before);
        for step in &steps {
            take(&conn, step);
        }
        crate::open::check_file(&conn).unwrap();
    }
}
