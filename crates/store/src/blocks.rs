//! Table `blocks`.

use idos_proof::Root;
use idos_types::{BlockTime, Digest};
use rusqlite::{Connection, Row, params};

use crate::{error::Result, overview::Listed, sql};

const TABLE: &str = "blocks";

/// An executed block, without its transactions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub hash: Digest,
    /// Its time.
    pub time: BlockTime,
    /// Its header, in whatever form the node gives it.
    pub header: Vec<u8>,
    /// Root of the state tree after it.
    pub root: Root,
}

impl Head {
    /// Whether the root is not known: the block was executed before there was a state tree, or the
    /// database came from somebody else who could not prove it.
    pub fn is_root_unknown(&self) -> bool {
        self.root == UNKNOWN
    }
}

/// A block that was just executed, to be committed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewBlock {
    /// Its hash.
    pub hash: Digest,
    /// Its time.
    pub time: BlockTime,
    /// Its header, in whatever form the node gives it.
    pub header: Vec<u8>,
}

/// What is known of the root after a block whose root is not known.
pub(crate) const UNKNOWN: Root = Root {
    hash: Digest([0; 32]),
    count: 0,
};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT height, hash, time_ms, header, root, leaves FROM blocks ",
            $rest
        )
    };
}

macro_rules! listed {
    ($rest:literal) => {
        concat!(
            "SELECT height, hash, time_ms, \
             (SELECT count(*) FROM receipts WHERE receipts.height = blocks.height) \
             FROM blocks ",
            $rest
        )
    };
}
pub(crate) use listed;

/// Blocks of a statement made by [`listed`] with a height and a limit.
pub(crate) fn list(
    conn: &Connection,
    sql: &'static str,
    height: u64,
    limit: usize,
) -> Result<Vec<Listed>> {
    let values = params![sql::int(height).unwrap_or(i64::MAX), sql::limit(limit)];
    sql::many(conn, TABLE, sql, values, |row| {
        Ok(Listed {
            height: sql::uint(row, 0)?,
            hash: sql::digest(row, 1)?,
            time: BlockTime::from_millis(sql::uint(row, 2)?),
            transactions: sql::uint(row, 3)?,
        })
    })
}

pub(crate) fn put(conn: &Connection, head: &Head) -> Result<()> {
    let sql = "INSERT INTO blocks (height, hash, time_ms, header, root, leaves) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let values = params![
        sql::int(head.height)?,
        head.hash.0,
        sql::int(head.time.millis())?,
        head.header,
        head.root.hash.0,
        sql::int(head.root.count)?,
    ];
    sql::run(conn, TABLE, sql, values).map(|_| ())
}

pub(crate) fn set_root(conn: &Connection, height: u64, root: &Root) -> Result<()> {
    let sql = "UPDATE blocks SET root = ?1, leaves = ?2 WHERE height = ?3";
    let values = params![root.hash.0, sql::int(root.count)?, sql::int(height)?];
    sql::run(conn, TABLE, sql, values).map(|_| ())
}

pub(crate) fn head(conn: &Connection) -> Result<Option<Head>> {
    sql::one(
        conn,
        TABLE,
        select!("WHERE height >= 0 ORDER BY height DESC LIMIT 1"),
        [],
        read,
    )
}

pub(crate) fn block(conn: &Connection, height: u64) -> Result<Option<Head>> {
    // No block has a height that does not fit: the answer to a request for one is "none".
    let Ok(height) = sql::int(height) else {
        return Ok(None);
    };
    sql::one(conn, TABLE, select!("WHERE height = ?1"), [height], read)
}

/// The lowest height up to `highest` with this time or a later one; times grow with heights.
pub(crate) fn first_since(conn: &Connection, time_ms: u64, highest: u64) -> Result<u64> {
    let sql = "SELECT time_ms FROM blocks WHERE height = ?1";
    let (mut low, mut high) = (0, highest.saturating_add(1));
    while low < high {
        let middle = low + (high - low) / 2;
        let time = sql::one(conn, TABLE, sql, [sql::int(middle)?], |row| {
            sql::uint(row, 0)
        })?;
        // A node that was synced lacks the blocks before that.
        if time.is_none_or(|time| time < time_ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Head> {
    Ok(Head {
        height: sql::uint(row, 0)?,
        hash: sql::digest(row, 1)?,
        time: BlockTime::from_millis(sql::uint(row, 2)?),
        header: row.get(3)?,
        root: Root {
            hash: sql::digest(row, 4)?,
            count: sql::uint(row, 5)?,
        },
    })
}
