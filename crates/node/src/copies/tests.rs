use std::{os::unix::fs::symlink, sync::Arc};

use idos_proof::RootStatement;
use idos_types::{Uuid, Value, limits::FEWEST_EPOCH_BLOCKS};
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::{
    executor::Executor,
    testing::{Bench, OWNER, call, certificate_of, genesis},
};

/// Few enough for the owner to decide alone.
const VALIDATORS: u8 = 3;
const HEIGHT: u64 = FEWEST_EPOCH_BLOCKS + 3;
/// The newest certified height.
const CERTIFIED: u64 = HEIGHT - 1;

/// A copy of a node that has come into its second epoch.
struct Copy {
    folder: TempDir,
}

impl Copy {
    fn new() -> Self {
        Self::certified(|statement| statement.ends_epoch || statement.height == CERTIFIED)
    }

    /// One with certificates of some heights.
    fn certified(is_certified: impl Fn(&RootStatement) -> bool) -> Self {
        let mut bench = Bench::new(VALIDATORS);
        for height in 1..=HEIGHT {
            let id = Value::from(Uuid::from_u128(height.into()));
            let name = format!("inserter {height}");
            let arguments = vec![id, name.as_str().into()];
            let items = match height {
                1..=3 => vec![call(OWNER, height, "add_inserter_as_owner", arguments)],
                _ => Vec::new(),
            };
            let block = bench.next(height, items);
            bench.execute(&block);
            let statement = bench.executor.statement();
            if is_certified(&statement) {
                let certificate = certificate_of(VALIDATORS, &statement, &[0, 1, 2]);
                let bytes = Arc::new(certificate.encode());
                bench.executor.add_certificates(vec![(height, bytes)]);
                bench.executor.write_certificates().unwrap();
            }
        }
        let folder = TempDir::new().unwrap();
        Database::copy(bench.folder.path(), &folder.path().join("copy")).unwrap();
        let copy = Self { folder };
        // As copies have them that an earlier version made.
        let node = bench.folder.path().join("state.db");
        let conn = Connection::open(copy.folder.path().join("copy")).unwrap();
        conn.execute("ATTACH ?1 AS node", [node.to_str()]).unwrap();
        let put_back = "INSERT INTO bodies SELECT * FROM node.bodies";
        assert_eq!(conn.execute(put_back, []).unwrap(), 3);
        copy
    }

    fn change(&self, sql: &str) -> usize {
        let conn = Connection::open(self.folder.path().join("copy")).unwrap();
        conn.execute(sql, []).unwrap()
    }

    fn count(&self, table: &str, condition: &str) -> i64 {
        let conn = Connection::open(self.folder.path().join("copy")).unwrap();
        let sql = format!("SELECT count(*) FROM {table} WHERE {condition}");
        conn.query_row(&sql, [], |row| row.get(0)).unwrap()
    }

    /// Restores it by whatever root its rows have.
    fn restore(&self) -> Result<Root, CopyError> {
        let copied = Database::check_copy(&self.folder.path().join("copy"))?;
        self.restore_as(copied.root.hash)
    }

    fn restore_as(&self, root: Digest) -> Result<Root, CopyError> {
        let home = self.folder.path().join("home");
        fs::create_dir(&home).unwrap();
        restore(
            &home,
            &genesis(VALIDATORS),
            &self.folder.path().join("copy"),
            root,
        )
    }
}

fn refused(sql: &str) -> CopyError {
    let copy = Copy::new();
    assert!(copy.change(sql) > 0, "nothing changed: {sql}");
    let error = copy.restore().unwrap_err();
    let home = copy.folder.path().join("home");
    assert!(!home.join(DATABASE).exists(), "{sql}");
    error
}

#[test]
fn a_copy_becomes_the_state_of_a_node_that_signs_only_what_is_proved() {
    let copy = Copy::new();
    let root = copy.restore().unwrap();
    let database = copy.folder.path().join("home").join(DATABASE);
    let (writer, readers) = Database::open(&database, &idos_store::Options::default()).unwrap();
    let receipts = readers.read(|snapshot| snapshot.receipt_count());
    assert_eq!(receipts.unwrap().unwrap(), 3);
    let executor = Executor::new(writer, &genesis(VALIDATORS)).unwrap();
    assert_eq!(executor.progress().root, root);
    assert_eq!(executor.progress().tip.height, HEIGHT);
    // Of the blocks before the newest, the copy cannot show what came of them.
    let computed = executor.statements_after(CERTIFIED - 10).unwrap();
    let heights: Vec<u64> = computed.iter().map(|statement| statement.height).collect();
    assert_eq!(heights, [FEWEST_EPOCH_BLOCKS - 1, CERTIFIED, HEIGHT]);
    // Of the newest neither: anybody could have changed its rows.
    let unproved = executor.unproved().unwrap().unwrap();
    assert_eq!((unproved.height, unproved.last_epoch), (HEIGHT, 2));
    let is_borne_out = || readers.read(|snapshot| unproved.is_borne_out(snapshot));
    assert!(!is_borne_out().unwrap().unwrap());
    // A certificate of it shows it.
    let mut executor = executor;
    let certificate = certificate_of(VALIDATORS, &executor.statement(), &[0, 1, 2]);
    executor.add_certificates(vec![(HEIGHT, Arc::new(certificate.encode()))]);
    executor.write_certificates().unwrap();
    assert!(is_borne_out().unwrap().unwrap());
}

#[test]
fn a_copy_with_the_certificate_of_its_newest_block_is_signed() {
    let is_certified = |statement: &RootStatement| {
        statement.ends_epoch || [CERTIFIED, HEIGHT].contains(&statement.height)
    };
    let copy = Copy::certified(is_certified);
    copy.restore().unwrap();
    let database = copy.folder.path().join("home").join(DATABASE);
    let (writer, _readers) = Database::open(&database, &idos_store::Options::default()).unwrap();
    let executor = Executor::new(writer, &genesis(VALIDATORS)).unwrap();
    assert_eq!(executor.unproved().unwrap(), None);
}

/// A running node has it a moment after the block.
#[test]
fn a_copy_takes_the_certificate_of_its_newest_block_along() {
    let home = TempDir::new().unwrap();
    let mut bench = Bench::new(VALIDATORS);
    symlink(bench.folder.path(), home.path().join(DATABASE)).unwrap();
    let block = bench.next(1, Vec::new());
    bench.execute(&block);
    let file = home.path().join("copy");
    std::thread::scope(|scope| {
        let copying = scope.spawn(|| copy(home.path(), &genesis(VALIDATORS), &file).unwrap());
        while !file.exists() {
            std::thread::yield_now();
        }
        let certificate = certificate_of(VALIDATORS, &bench.executor.statement(), &[0, 1, 2]);
        let certificate = vec![(1, Arc::new(certificate.encode()))];
        bench.executor.add_certificates(certificate);
        bench.executor.write_certificates().unwrap();
        copying.join().unwrap();
    });
    let conn = Connection::open(&file).unwrap();
    let heights = "SELECT group_concat(height) FROM certificates";
    let heights: String = conn.query_row(heights, [], |row| row.get(0)).unwrap();
    assert_eq!(heights, "1");
}

/// Else a copy that says who validates could prove the rest by keys of its maker.
#[test]
fn validators_to_whom_nothing_leads_from_the_genesis_are_refused() {
    let ends_epoch = FEWEST_EPOCH_BLOCKS - 1;
    let copy = Copy::certified(|statement| statement.height == ends_epoch);
    copy.change(&format!(
        "DELETE FROM certificates WHERE height = {ends_epoch}"
    ));
    let error = copy.restore().unwrap_err();
    assert!(matches!(error, CopyError::UntrueSet(2)), "{error:?}");
}

#[test]
fn a_copy_of_another_state_is_refused_before_it_is_in_its_place() {
    let copy = Copy::new();
    let error = copy.restore_as(Digest([7; 32])).unwrap_err();
    assert!(matches!(error, CopyError::OtherState(_)), "{error}");
    assert!(!copy.folder.path().join("home").join(DATABASE).exists());
}

#[test]
fn what_a_copy_says_of_blocks_that_is_not_true_is_refused() {
    for (sql, of) in [
        ("UPDATE blocks SET hash = zeroblob(32) WHERE height = 7", 7),
        (
            "UPDATE blocks SET time_ms = time_ms + 1 WHERE height = 7",
            7,
        ),
        (
            "UPDATE blocks SET header = (SELECT header FROM blocks WHERE height = 6) WHERE height = 7",
            7,
        ),
        ("DELETE FROM blocks WHERE height = 2", 2),
        ("UPDATE bodies SET bytes = x'00' WHERE height = 3", 3),
        // It would be kept for ever.
        (
            "UPDATE bodies SET time_ms = time_ms * 2 WHERE height = 3",
            3,
        ),
        ("UPDATE bodies SET height = 2 WHERE height = 3", 3),
        (
            "UPDATE certificates SET certificate = x'00' WHERE height < 200",
            FEWEST_EPOCH_BLOCKS - 1,
        ),
        (
            "INSERT INTO certificates SELECT 9, certificate FROM certificates LIMIT 1",
            9,
        ),
    ] {
        let error = refused(sql);
        assert!(
            matches!(error, CopyError::Untrue { height, .. } if height == of),
            "{sql}: {error:?}"
        );
    }
}

/// Up to the newest certificate a node does not sign any more.
#[test]
fn certificates_that_are_not_signed_are_refused_and_those_of_no_block_forgotten() {
    let last = format!("height = {CERTIFIED}");
    // The last byte is one of a signature.
    let forged = format!(
        "UPDATE certificates SET certificate = \
         CAST(substr(certificate, 1, length(certificate) - 1) || x'7f' AS BLOB) WHERE {last}"
    );
    let error = refused(&forged);
    assert!(
        matches!(
            error,
            CopyError::Untrue {
                height: CERTIFIED,
                ..
            }
        ),
        "{error:?}"
    );
    // A node hears of heights that it has not executed, and after a sync never does.
    let copy = Copy::new();
    copy.change("INSERT INTO certificates SELECT 100000, certificate FROM certificates LIMIT 1");
    copy.change("DELETE FROM blocks WHERE height <= 2");
    copy.change("DELETE FROM receipts WHERE height <= 2");
    copy.change("DELETE FROM bodies WHERE height <= 2");
    copy.change("INSERT INTO certificates SELECT 2, certificate FROM certificates LIMIT 1");
    copy.restore().unwrap();
    let database = copy.folder.path().join("home").join(DATABASE);
    let (_writer, readers) = Database::open(&database, &idos_store::Options::default()).unwrap();
    let newest = readers.read(|snapshot| {
        assert_eq!(snapshot.certificate(2).unwrap(), None);
        snapshot.newest_certificate()
    });
    assert_eq!(newest.unwrap().unwrap(), Some(CERTIFIED));
}

#[test]
fn a_restore_that_fails_leaves_nothing_behind() {
    let copy = Copy::new();
    copy.restore_as(Digest([7; 32])).unwrap_err();
    let left = fs::read_dir(copy.folder.path().join("home")).unwrap();
    let left: Vec<_> = left.map(|file| file.unwrap().file_name()).collect();
    // But for the empty file by which others hear that the folder is used.
    assert_eq!(left, ["lock"]);
}

#[test]
fn what_belongs_to_no_block_is_refused() {
    for sql in [
        "INSERT INTO bodies (hash, height, time_ms, notices, bytes) \
         VALUES (zeroblob(32), 900, 7, '', x'00')",
        "INSERT INTO receipts (hash, height, position, kind, code, log, sender_proof) \
         VALUES (zeroblob(32), 900, 0, '', 0, '', zeroblob(32))",
    ] {
        let error = refused(sql);
        assert!(matches!(error, CopyError::Beyond), "{sql}: {error:?}");
    }
}

#[test]
fn a_set_that_a_later_height_proves_is_taken_without_its_block_too() {
    let late = FEWEST_EPOCH_BLOCKS + 1;
    let copy = Copy::certified(|statement| [late, CERTIFIED].contains(&statement.height));
    assert_eq!(
        copy.count("later_set_proofs", &format!("height = {late}")),
        1
    );
    copy.restore().unwrap();
    // As on a node that was synced later.
    let copy = Copy::certified(|statement| [late, CERTIFIED].contains(&statement.height));
    copy.change(&format!("DELETE FROM blocks WHERE height <= {late}"));
    copy.change(&format!("DELETE FROM receipts WHERE height <= {late}"));
    copy.change(&format!("DELETE FROM bodies WHERE height <= {late}"));
    copy.restore().unwrap();
}

#[test]
fn validators_that_are_not_proved_are_refused() {
    for sql in [
        // Nobody certified that height, so that nobody could ask for the proof.
        "UPDATE set_changes SET height = 3",
        "UPDATE set_changes SET epoch = 3",
        // Of a block that is still to come.
        "INSERT INTO set_changes SELECT 3, 2 * height + 1, proof FROM set_changes WHERE epoch = 2",
    ] {
        let error = refused(sql);
        assert!(matches!(error, CopyError::UntrueSet(_)), "{sql}: {error:?}");
    }
    let error = refused("INSERT INTO set_changes SELECT 900, height, proof FROM set_changes");
    assert!(matches!(error, CopyError::Beyond), "{error:?}");
}

/// It holds what people may erase.
#[test]
fn what_a_killed_restore_left_goes() {
    let home = TempDir::new().unwrap();
    assert!(!remove_unfinished(home.path()).unwrap());
    let unfinished = home.path().join(UNFINISHED_DATABASE);
    drop(Database::open(&unfinished, &idos_store::Options::default()).unwrap());
    assert!(remove_unfinished(home.path()).unwrap());
    assert!(!unfinished.exists());
}

#[test]
fn nothing_is_restored_where_a_node_runs() {
    let copy = Copy::new();
    let home = copy.folder.path().join("home");
    fs::create_dir(&home).unwrap();
    let running = FolderLock::take(&home).unwrap();
    let restored = || {
        let from = copy.folder.path().join("copy");
        let root = Database::check_copy(&from).unwrap().root.hash;
        restore(&home, &genesis(VALIDATORS), &from, root)
    };
    let refused = restored().unwrap_err();
    assert!(
        matches!(refused, CopyError::Store(StoreError::Locked { .. })),
        "{refused}"
    );
    drop(running);
    assert!(restored().is_ok());
}
