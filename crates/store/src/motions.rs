//! Tables `motions` and `votes`.

use idos_ledger::{Motion, Page, Place, Table, Vote};
use idos_types::Digest;
use rusqlite::{Connection, Row, params};

use crate::{error::Result, sql};

const TABLE: &str = "motions";
const VOTES: &str = "votes";

macro_rules! columns {
    () => {
        "id, action, arguments, proposer, expires_at, height"
    };
}

/// What [`read`] reads.
pub(crate) const COLUMNS: &str = columns!();
/// What [`read_vote`] reads.
pub(crate) const VOTE_COLUMNS: &str = "motion_id, operator";

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM motions ", $rest)
    };
}

pub(crate) fn put(conn: &Connection, motion: &Motion, place: Place, salt: &Digest) -> Result<()> {
    let sql = "INSERT INTO motions (seq, id, action, arguments, proposer, expires_at, height, salt, \
               schema_version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
               ON CONFLICT (id) DO UPDATE SET action = excluded.action, \
               arguments = excluded.arguments, proposer = excluded.proposer, \
               expires_at = excluded.expires_at, height = excluded.height, \
               salt = excluded.salt, schema_version = excluded.schema_version";
    let values = params![
        sql::int(place.0)?,
        motion.id.0,
        motion.action,
        motion.arguments,
        motion.proposer,
        motion.expires_at,
        sql::int(motion.height)?,
        salt.0,
        Table::Motions.schema_version(),
    ];
    sql::run(conn, TABLE, sql, values).map(|_| ())
}

pub(crate) fn put_vote(conn: &Connection, vote: &Vote, salt: &Digest) -> Result<()> {
    let sql = "INSERT INTO votes (motion_id, operator, salt, schema_version) \
               VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT (motion_id, operator) DO UPDATE SET salt = excluded.salt, \
               schema_version = excluded.schema_version";
    let version = Table::Votes.schema_version();
    let values = params![vote.motion.0, vote.operator, salt.0, version];
    sql::run(conn, VOTES, sql, values).map(|_| ())
}

pub(crate) fn motion(conn: &Connection, id: &Digest) -> Result<Option<Motion>> {
    sql::one(conn, TABLE, select!("WHERE id = ?1"), [id.0], read)
}

pub(crate) fn motions(conn: &Connection, page: Page) -> Result<Vec<Motion>> {
    let sql = select!("WHERE seq >= 0 ORDER BY seq LIMIT ?1 OFFSET ?2");
    let page = [sql::rows(page.rows), sql::rows(page.offset)];
    sql::many(conn, TABLE, sql, page, read)
}

pub(crate) fn count_motions(conn: &Connection, proposer: &str) -> Result<usize> {
    let sql = "SELECT count(*) FROM motions WHERE proposer = ?1";
    let count = sql::one(conn, TABLE, sql, [proposer], |row| sql::count(row, 0))?;
    Ok(count.unwrap_or_default())
}

pub(crate) fn votes(conn: &Connection, motion: &Digest) -> Result<Vec<Vote>> {
    let sql = "SELECT motion_id, operator FROM votes WHERE motion_id = ?1 ORDER BY operator";
    sql::many(conn, VOTES, sql, [motion.0], read_vote)
}

pub(crate) fn read_vote(row: &Row<'_>) -> rusqlite::Result<Vote> {
    Ok(Vote {
        motion: sql::digest(row, 0)?,
        operator: row.get(1)?,
    })
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Motion> {
    Ok(Motion {
        id: sql::digest(row, 0)?,
        action: row.get(1)?,
        arguments: row.get(2)?,
        proposer: row.get(3)?,
        expires_at: row.get(4)?,
        height: sql::uint(row, 5)?,
    })
}
