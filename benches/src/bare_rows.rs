//! How many rows SQLite stores per second with the settings of the node and nothing around it.

use std::{path::Path, time::Instant};

use idos_types::Digest;
use rusqlite::{Connection, params};

use crate::timing;

/// Pages in the write-ahead log before they are moved, as the node has it.
const PAGES: i64 = 20_000;

/// Stores blocks of rows of these sizes (one of each per transaction) and one before them that counts
/// for nothing. Returns how many transactions' rows are stored per second, in all: some blocks pay for
/// moving the log, as those of a node do.
pub fn transactions_per_second(
    folder: &Path,
    sizes: &[usize],
    per_block: usize,
    blocks: usize,
) -> f64 {
    let conn = open(folder, sizes);
    let mut number = 0_u64;
    let mut start = None;
    for _ in 0..=blocks {
        conn.execute_batch("BEGIN IMMEDIATE")
            .expect("a transaction");
        for _ in 0..per_block {
            number += 1;
            insert(&conn, number, sizes);
        }
        conn.execute_batch("COMMIT").expect("a commit");
        checkpoint(&conn);
        start.get_or_insert_with(Instant::now);
    }
    let elapsed = start.expect("a block").elapsed();
    timing::rate((per_block * blocks) as f64, elapsed)
}

/// A database with one table per size, each with a unique key as scattered as ids are.
fn open(folder: &Path, sizes: &[usize]) -> Connection {
    let conn = Connection::open(folder.join("bare.db")).expect("a new database");
    conn.set_prepared_statement_cache_capacity(160);
    conn.execute_batch(
        "PRAGMA journal_mode = wal; PRAGMA synchronous = 2; PRAGMA secure_delete = 1;
         PRAGMA foreign_keys = 1; PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = 2;
         PRAGMA cache_size = -65536;",
    )
    .expect("settings");
    for table in 0..sizes.len() {
        conn.execute_batch(&format!(
            "CREATE TABLE t{table} (seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, \
             content BLOB NOT NULL) STRICT"
        ))
        .expect("a table");
    }
    conn
}

fn insert(conn: &Connection, number: u64, sizes: &[usize]) {
    for (table, size) in sizes.iter().enumerate() {
        let Digest(id) = Digest::of_parts("row", &[&number.to_le_bytes(), &table.to_le_bytes()]);
        let (id, _) = id.split_at(16);
        let content = vec![7_u8; size.saturating_sub(id.len())];
        let sql = format!("INSERT INTO t{table} (id, content) VALUES (?1, ?2)");
        let mut statement = conn.prepare_cached(&sql).expect("a statement");
        statement.execute(params![id, content]).expect("a row");
    }
}

fn checkpoint(conn: &Connection) {
    let pages = |mode: &str| -> i64 {
        let sql = format!("PRAGMA wal_checkpoint({mode})");
        conn.query_row(&sql, [], |row| {
            Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?)
        })
        .expect("a checkpoint")
    };
    if pages("NOOP") >= PAGES {
        pages("PASSIVE");
    }
}
