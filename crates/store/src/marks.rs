//! Table `grant_marks`: how a page in the middle of a long list of grants is found.
//!
//! Some grants of the list of a grantee are marks, and know how many grants there are from them to
//! the next mark: one in 256, and of these one in 256 of the level above. A page is found by adding
//! up the marks of the upper level, then those of the lower one between two of them, then counting
//! some hundred grants: about as much in a list of ten millions as in one of ten thousand.
//!
//! Whether a grant is a mark follows from the last bytes of its id, which is a digest. Whoever tries
//! many ids for ones that are no marks makes the list of the grantee no slower than one without marks.

use idos_types::Uuid;
use rusqlite::{Connection, Row, params};

use crate::{error::Result, sql};

const TABLE: &str = "grant_marks";

/// The levels of marks, and on how many zero bytes an id ends that is one.
const LEVELS: [u8; 2] = [UPPER, LOWER];
const UPPER: u8 = 2;
const LOWER: u8 = 1;

/// Where a grant is in the list of its grantee.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Position {
    pub(crate) height: i64,
    pub(crate) id: Uuid,
}

impl Position {
    /// Behind every grant.
    const END: Self = Self {
        height: i64::MAX,
        id: Uuid::max(),
    };

    fn is_mark(&self, level: u8) -> bool {
        let zeros = self
            .id
            .as_bytes()
            .iter()
            .rev()
            .take_while(|byte| **byte == 0);
        zeros.count() >= usize::from(level)
    }
}

/// A grant from which on a page is counted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Start {
    /// The grant; the first of the list if there is none.
    pub(crate) mark: Option<Position>,
    /// How many grants of the list are between it and the page, itself included.
    pub(crate) skipped: i64,
}

/// Where to begin for what has `offset` of the `count` grants to `grantee` before it.
pub(crate) fn start(conn: &Connection, grantee: &str, count: i64, offset: i64) -> Result<Start> {
    let mut start = Start {
        mark: None,
        skipped: offset,
    };
    // Marks are numbered from the end of a known stretch: what is before the first is in none.
    let mut end = (Position::END, count);
    for level in LEVELS {
        let from = start.mark.clone();
        let marks = between(conn, grantee, level, from.as_ref(), &end.0)?;
        let marked: i64 = marks.iter().map(|(_, grants)| grants).sum();
        let mut rank = end.1 - marked;
        for (mark, grants) in marks {
            if rank > offset {
                end = (mark, rank);
                break;
            }
            start = Start {
                mark: Some(mark),
                skipped: offset - rank,
            };
            rank += grants;
        }
    }
    Ok(start)
}

/// Counts a grant that has come into the list.
pub(crate) fn inserted(conn: &Connection, grantee: &str, position: &Position) -> Result<()> {
    for level in LEVELS {
        let before = last_before(conn, grantee, level, position)?;
        let mut grants = 1;
        if position.is_mark(level) {
            let behind = grants_from(conn, grantee, level, position)?;
            put(conn, grantee, level, position, behind)?;
            grants -= behind;
        }
        if let Some(before) = before {
            add(conn, grantee, level, &before, grants)?;
        }
    }
    Ok(())
}

/// Counts no more a grant that has gone from the list.
pub(crate) fn removed(conn: &Connection, grantee: &str, position: &Position) -> Result<()> {
    for level in LEVELS {
        let mut grants = -1;
        if position.is_mark(level) {
            grants += take(conn, grantee, level, position)?;
        }
        if let Some(before) = last_before(conn, grantee, level, position)? {
            add(conn, grantee, level, &before, grants)?;
        }
    }
    Ok(())
}

/// The marks of a level from one grant on and before another, with what they count.
fn between(
    conn: &Connection,
    grantee: &str,
    level: u8,
    from: Option<&Position>,
    end: &Position,
) -> Result<Vec<(Position, i64)>> {
    let sql = "SELECT height, id, grants FROM grant_marks WHERE grantee = ?1 AND level = ?2 \
               AND (height, id) >= (?3, ?4) AND (height, id) < (?5, ?6) ORDER BY height, id";
    let (height, id) = from.map_or((i64::MIN, Uuid::nil()), |from| (from.height, from.id));
    let values = params![grantee, level, height, id, end.height, end.id];
    sql::many(conn, TABLE, sql, values, |row| {
        Ok((read(row)?, row.get(2)?))
    })
}

fn last_before(
    conn: &Connection,
    grantee: &str,
    level: u8,
    position: &Position,
) -> Result<Option<Position>> {
    let sql = "SELECT height, id FROM grant_marks WHERE grantee = ?1 AND level = ?2 \
               AND (height, id) < (?3, ?4) ORDER BY height DESC, id DESC LIMIT 1";
    let values = params![grantee, level, position.height, position.id];
    sql::one(conn, TABLE, sql, values, read)
}

fn next_after(
    conn: &Connection,
    grantee: &str,
    level: u8,
    position: &Position,
) -> Result<Option<Position>> {
    let sql = "SELECT height, id FROM grant_marks WHERE grantee = ?1 AND level = ?2 \
               AND (height, id) > (?3, ?4) ORDER BY height, id LIMIT 1";
    let values = params![grantee, level, position.height, position.id];
    sql::one(conn, TABLE, sql, values, read)
}

/// How many grants there are from this one to the next mark. Grants come at the height of their
/// block, near the end of the list, so that there are few.
fn grants_from(conn: &Connection, grantee: &str, level: u8, from: &Position) -> Result<i64> {
    let end = next_after(conn, grantee, level, from)?.unwrap_or(Position::END);
    let sql = "SELECT count(*) FROM access_grants WHERE lower(grantee) = ?1 \
               AND (height, id) >= (?2, ?3) AND (height, id) < (?4, ?5)";
    let values = params![grantee, from.height, from.id, end.height, end.id];
    let count = sql::one(conn, TABLE, sql, values, |row| row.get(0))?;
    Ok(count.unwrap_or_default())
}

fn put(
    conn: &Connection,
    grantee: &str,
    level: u8,
    position: &Position,
    grants: i64,
) -> Result<()> {
    let sql = "INSERT INTO grant_marks (grantee, level, height, id, grants) \
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![grantee, level, position.height, position.id, grants];
    sql::run(conn, TABLE, sql, values).map(|_| ())
}

fn add(
    conn: &Connection,
    grantee: &str,
    level: u8,
    position: &Position,
    grants: i64,
) -> Result<()> {
    let sql = "UPDATE grant_marks SET grants = grants + ?5 \
               WHERE grantee = ?1 AND level = ?2 AND height = ?3 AND id = ?4";
    let values = params![grantee, level, position.height, position.id, grants];
    sql::run(conn, TABLE, sql, values).map(|_| ())
}

/// Removes a mark and returns what it counted.
fn take(conn: &Connection, grantee: &str, level: u8, position: &Position) -> Result<i64> {
    let sql = "DELETE FROM grant_marks WHERE grantee = ?1 AND level = ?2 AND height = ?3 \
               AND id = ?4 RETURNING grants";
    let values = params![grantee, level, position.height, position.id];
    let grants = sql::one(conn, TABLE, sql, values, |row| row.get(0))?;
    Ok(grants.unwrap_or_default())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Position> {
    Ok(Position {
        height: row.get(0)?,
        id: row.get(1)?,
    })
}
