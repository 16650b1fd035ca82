//! Tables `motions` and `votes`.

use idos_ledger::{Motion, Page, Table, Vote};
use idos_types::Digest;
use rusqlite::{Connection, Row};

use crate::{
    error::Result,
    put::{Column, Put},
    sql,
};

const TABLE: &str = "motions";
const VOTES: &str = "votes";

macro_rules! columns {
    () => {
        "id, action, arguments, proposer, expires_at, height"
    };
}

macro_rules! vote_columns {
    () => {
        "motion_id, operator"
    };
}

/// What [`read`] reads.
pub(crate) const COLUMNS: &str = columns!();
/// What [`read_vote`] reads.
pub(crate) const VOTE_COLUMNS: &str = vote_columns!();

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM motions ", $rest)
    };
}

pub(crate) fn put(conn: &Connection, motion: &Motion, put: &Put<'_>) -> Result<()> {
    put.row(
        conn,
        Table::Motions,
        &[("id", &motion.id.0)],
        &[
            ("action", &motion.action),
            ("arguments", &motion.arguments),
            ("proposer", &motion.proposer),
            ("expires_at", &motion.expires_at),
            ("height", &sql::int(motion.height)?),
        ],
    )
}

pub(crate) fn put_vote(conn: &Connection, vote: &Vote, put: &Put<'_>) -> Result<()> {
    let key: [Column<'_>; 2] = [("motion_id", &vote.motion.0), ("operator", &vote.operator)];
    put.row(conn, Table::Votes, &key, &[])
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
    let sql = concat!(
        "SELECT ",
        vote_columns!(),
        " FROM votes WHERE motion_id = ?1 ORDER BY operator"
    );
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
