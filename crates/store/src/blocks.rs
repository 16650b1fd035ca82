//! Table `blocks`.

use idos_types::{BlockTime, Digest};
use rusqlite::{Connection, Row, params};

use crate::{
    error::{Result, StoreError},
    sql,
};

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
    /// Digest of what executing it did.
    pub execution: Digest,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT height, hash, time_ms, header, execution FROM blocks ",
            $rest
        )
    };
}

/// Adds a block on top. The first may have any height, every other is the next.
pub(crate) fn put(conn: &Connection, head: &Head) -> Result<()> {
    let sql = "SELECT height FROM blocks WHERE height >= 0 ORDER BY height DESC LIMIT 1";
    if let Some(last) = sql::one(conn, TABLE, sql, [], |row| sql::uint(row, 0))? {
        let next = last.saturating_add(1);
        if head.height != next {
            return Err(StoreError::Height {
                next,
                found: head.height,
            });
        }
    }
    let sql = "INSERT INTO blocks (height, hash, time_ms, header, execution) \
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![
        sql::int(head.height)?,
        head.hash.0,
        sql::int(head.time.millis())?,
        head.header,
        head.execution.0,
    ];
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

fn read(row: &Row<'_>) -> rusqlite::Result<Head> {
    Ok(Head {
        height: sql::uint(row, 0)?,
        hash: sql::digest(row, 1)?,
        time: BlockTime::from_millis(sql::uint(row, 2)?),
        header: row.get(3)?,
        execution: sql::digest(row, 4)?,
    })
}
