//! How many rows SQLite stores per second with the settings of the node and nothing around it.

use std::{path::Path, time::Instant};

use idos_types::Digest;
use rusqlite::{Connection, params};

use crate::timing;

/// Pages in the write-ahead log before they are moved, as the node has it.
const PAGES: i64 = 20_000;

/// Stores blocks of rows of these sizes (one of each per transaction) and returns how many
/// transactions' rows are stored per second: the median of the blocks.
pub fn transactions_per_second(
    folder: &Path,
    sizes: &[usize],
    per_block: usize,
    blocks: usize,
) -> f64 {
    let conn = open(folder, sizes);
    let mut rates = Vec::new();
    let mut number = 0_u64;
    for _ in 0..blocks {
        let start = Instant::now();
        conn.execute_batch("BEGIN IMMEDIATE")
            .expect("a transaction");
        for _ in 0..per_block {
            number += 1;
            insert(&conn, number, sizes);
        }
        conn.execute_batch("COMMIT").expect("a commit");
        checkpoint(&conn);
        rates.push(timing::rate(per_block as f64, start.elapsed()));
    }
    timing::median(rates)
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
