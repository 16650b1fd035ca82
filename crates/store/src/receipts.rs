//! Tables `receipts` and `bodies`.

use idos_types::{BlockTime, Digest};
use rusqlite::{Connection, Row, params};

use crate::{contents::CLEARED_AT_ONCE, error::Result, sql};

const RECEIPTS: &str = "receipts";
const BODIES: &str = "bodies";

/// What became of a transaction. Kept for ever, and therefore without personal data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// Hash of the transaction.
    pub hash: Digest,
    /// Height of its block.
    pub height: u64,
    /// Its place in the block, from 0.
    pub position: u32,
    /// What it was: the name of its action or of its payload.
    pub kind: String,
    /// Result code; 0 for success.
    pub code: u16,
    /// Error text; empty for success.
    pub log: String,
    /// Digest of the sender, by which the sender is known again who asks to see the body.
    pub sender_proof: Digest,
}

/// The bytes of a transaction, kept for a while.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Body {
    /// Height of its block.
    pub height: u64,
    /// Time of its block.
    pub time: BlockTime,
    /// The transaction as it was in the block.
    pub bytes: Vec<u8>,
    /// What its sender was told besides the result: may name the sender's data.
    pub notices: String,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT hash, height, position, kind, code, log, sender_proof FROM receipts ",
            $rest
        )
    };
}

pub(crate) fn put(conn: &Connection, receipt: &Receipt) -> Result<()> {
    let sql = "INSERT INTO receipts (hash, height, position, kind, code, log, sender_proof) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
               ON CONFLICT (hash) DO UPDATE SET height = excluded.height, \
               position = excluded.position, kind = excluded.kind, code = excluded.code, \
               log = excluded.log, sender_proof = excluded.sender_proof";
    let values = params![
        receipt.hash.0,
        sql::int(receipt.height)?,
        receipt.position,
        receipt.kind,
        receipt.code,
        receipt.log,
        receipt.sender_proof.0,
    ];
    sql::run(conn, RECEIPTS, sql, values).map(|_| ())
}

pub(crate) fn receipt(conn: &Connection, hash: &Digest) -> Result<Option<Receipt>> {
    sql::one(conn, RECEIPTS, select!("WHERE hash = ?1"), [hash.0], read)
}

pub(crate) fn receipts(conn: &Connection, height: u64) -> Result<Vec<Receipt>> {
    let Ok(height) = sql::int(height) else {
        return Ok(Vec::new());
    };
    sql::many(
        conn,
        RECEIPTS,
        select!("WHERE height = ?1 ORDER BY position"),
        [height],
        read,
    )
}

/// How many receipts there are: rows are numbered without gaps, since none is removed.
pub(crate) fn count(conn: &Connection) -> Result<u64> {
    let sql = "SELECT coalesce(max(seq), 0) FROM receipts";
    let count = sql::one(conn, RECEIPTS, sql, [], |row| sql::uint(row, 0))?;
    Ok(count.unwrap_or_default())
}

pub(crate) fn put_body(
    conn: &Connection,
    hash: &Digest,
    height: u64,
    time: BlockTime,
    bytes: &[u8],
    notices: &str,
) -> Result<()> {
    let sql = "INSERT INTO bodies (hash, height, time_ms, bytes, notices) \
               VALUES (?1, ?2, ?3, ?4, ?5) \
               ON CONFLICT (hash) DO UPDATE SET height = excluded.height, \
               time_ms = excluded.time_ms, bytes = excluded.bytes, notices = excluded.notices";
    let values = params![
        hash.0,
        sql::int(height)?,
        sql::int(time.millis())?,
        bytes,
        notices
    ];
    sql::run(conn, BODIES, sql, values).map(|_| ())
}

pub(crate) fn body(conn: &Connection, hash: &Digest) -> Result<Option<Body>> {
    let sql = "SELECT height, time_ms, bytes, notices FROM bodies WHERE hash = ?1";
    sql::one(conn, BODIES, sql, [hash.0], |row| {
        Ok(Body {
            height: sql::uint(row, 0)?,
            time: BlockTime::from_millis(sql::uint(row, 1)?),
            bytes: row.get(2)?,
            notices: row.get(3)?,
        })
    })
}

/// Removes the oldest bodies of blocks before `older_than_ms`, at most `max`, and no more bytes than are cleared at
/// once, but for one body. Returns how many were removed.
pub(crate) fn prune_bodies(conn: &Connection, older_than_ms: u64, max: usize) -> Result<usize> {
    let sql = "SELECT seq, LENGTH(bytes) FROM bodies WHERE time_ms < ?1 ORDER BY time_ms LIMIT ?2";
    // No time is later than the largest that fits.
    let older_than_ms = sql::int(older_than_ms).unwrap_or(i64::MAX);
    let values = params![older_than_ms, sql::limit(max)];
    let old: Vec<(i64, u64)> = sql::many(conn, BODIES, sql, values, |row| {
        Ok((row.get(0)?, sql::uint(row, 1)?))
    })?;
    let mut bytes = 0_u64;
    let some = old.into_iter().map_while(|(seq, length)| {
        let fits = bytes < CLEARED_AT_ONCE;
        bytes = bytes.saturating_add(length);
        fits.then_some([seq])
    });
    let some: Vec<_> = some.collect();
    let count = some.len();
    let delete = "DELETE FROM bodies WHERE seq = ?1";
    sql::run_each(conn, BODIES, delete, some.into_iter())?;
    Ok(count)
}

/// Removes all bodies.
pub(crate) fn remove_bodies(conn: &Connection) -> Result<()> {
    sql::run(conn, BODIES, "DELETE FROM bodies", []).map(|_| ())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Receipt> {
    Ok(Receipt {
        hash: sql::digest(row, 0)?,
        height: sql::uint(row, 1)?,
        position: row.get(2)?,
        kind: row.get(3)?,
        code: row.get(4)?,
        log: row.get(5)?,
        sender_proof: sql::digest(row, 6)?,
    })
}
