//! The state tree by itself: changes per second, without rows.

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

use idos_proof::{Change, Element, LeafKey, LeafValue, ListId, PageBuilder, PageId, Pages, Tree};
use idos_types::Digest;
use rusqlite::{Connection, OptionalExtension, params};

use crate::timing;

/// Changes in one batch, as a full block makes them.
pub const BATCH: u64 = 1_000;
/// Leaves of one list: credentials of a person.
const PER_LIST: u64 = 20;

/// What was measured.
pub struct Measured {
    /// Changes per second, stored for good: the median of the batches.
    pub per_second: f64,
    /// Milliseconds of one batch: computing it, then writing its pages, then the commit.
    pub millis: [f64; 3],
    /// Pages that one batch writes.
    pub pages: f64,
    /// Bytes of the tree's table per leaf.
    pub bytes_per_leaf: f64,
}

/// Builds a tree of so many leaves, and changes it in batches: half of the changes replace a leaf, a
/// quarter adds one, a quarter removes one.
pub fn measure(folder: &Path, leaves: u64, batches: u64) -> Measured {
    let conn = open(folder);
    build(&conn, leaves);
    let pages = Stored(&conn);
    let (mut rates, mut steps, mut written) = (Vec::new(), [const { Vec::new() }; 3], 0);
    for batch in 0..batches {
        let changes = changes(leaves, batch);
        let start = Instant::now();
        conn.execute_batch("BEGIN IMMEDIATE").expect("a batch");
        let tree = Tree::open(&pages).expect("the tree");
        let update = tree.update(&changes).expect("an update");
        let computed = start.elapsed();
        written += update.pages.len();
        for (id, body) in update.pages {
            put(&conn, &id, body.as_deref());
        }
        let stored = start.elapsed();
        conn.execute_batch("COMMIT").expect("a commit");
        let done = start.elapsed();
        rates.push(timing::rate(BATCH as f64, done));
        for (step, time) in steps
            .iter_mut()
            .zip([computed, stored - computed, done - stored])
        {
            step.push(millis(time));
        }
    }
    let bytes: i64 = conn
        .query_row(
            "SELECT sum(length(page) + length(body)) FROM tree",
            [],
            |row| row.get(0),
        )
        .expect("a sum");
    let [computing, writing, committing] = steps;
    Measured {
        per_second: timing::median(rates),
        millis: [computing, writing, committing].map(timing::median),
        pages: written as f64 / batches as f64,
        bytes_per_leaf: bytes as f64 / leaves as f64,
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The changes of a batch, in order: of leaves all over the tree.
fn changes(leaves: u64, batch: u64) -> Vec<Change> {
    let mut changes = BTreeMap::new();
    for at in 0..BATCH {
        let number = batch * BATCH + at;
        // A step that shares no factor with the count meets each leaf once.
        let known = number.wrapping_mul(7_919) % leaves;
        match at % 4 {
            0 => changes.insert(key(leaves + number), Some(value(number))),
            1 => changes.insert(key(known), None),
            _ => changes.insert(key(known), Some(value(leaves + number))),
        };
    }
    changes.into_iter().collect()
}

fn key(number: u64) -> LeafKey {
    let list = ListId::new("credentials", &(number / PER_LIST).to_be_bytes());
    LeafKey::new(&list, &Element::new(&number.to_be_bytes()))
}

fn value(number: u64) -> LeafValue {
    LeafValue(Digest::of(&number.to_be_bytes()))
}

fn build(conn: &Connection, leaves: u64) {
    let mut all: Vec<_> = (0..leaves)
        .map(|number| idos_proof::Leaf {
            key: key(number),
            value: value(number),
        })
        .collect();
    all.sort();
    conn.execute_batch("BEGIN IMMEDIATE")
        .expect("a transaction");
    let (mut builder, mut pages) = (PageBuilder::new(), Vec::new());
    let store = |pages: &mut Vec<(PageId, Vec<u8>)>| {
        for (id, body) in pages.drain(..) {
            put(conn, &id, Some(&body));
        }
    };
    for leaf in &all {
        builder.push(leaf, &mut pages).expect("leaves in order");
        store(&mut pages);
    }
    builder.finish(&mut pages);
    store(&mut pages);
    conn.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")
        .expect("a commit");
}

fn open(folder: &Path) -> Connection {
    let conn = Connection::open(folder.join("tree.db")).expect("a new database");
    conn.execute_batch(
        "PRAGMA journal_mode = wal; PRAGMA synchronous = 2; PRAGMA secure_delete = 1;
         PRAGMA temp_store = 2; PRAGMA cache_size = -65536;
         CREATE TABLE tree (page BLOB PRIMARY KEY NOT NULL, body BLOB NOT NULL)
             STRICT, WITHOUT ROWID;",
    )
    .expect("a table");
    conn
}

fn put(conn: &Connection, id: &PageId, body: Option<&[u8]>) {
    match body {
        Some(body) => conn
            .prepare_cached(
                "INSERT INTO tree (page, body) VALUES (?1, ?2) \
                 ON CONFLICT (page) DO UPDATE SET body = excluded.body",
            )
            .and_then(|mut put| put.execute(params![id.to_bytes(), body])),
        None => conn
            .prepare_cached("DELETE FROM tree WHERE page = ?1")
            .and_then(|mut delete| delete.execute([id.to_bytes()])),
    }
    .expect("a page");
}

struct Stored<'c>(&'c Connection);

impl Pages for Stored<'_> {
    type Error = rusqlite::Error;

    fn load(&self, id: &PageId) -> rusqlite::Result<Option<Vec<u8>>> {
        self.0
            .prepare_cached("SELECT body FROM tree WHERE page = ?1")?
            .query_row([id.to_bytes()], |row| row.get(0))
            .optional()
    }
}
