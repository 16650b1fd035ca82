//! Table `due`.

use idos_ledger::{Deadline, Due, Table};
use idos_types::{Uuid, ValidatorKey};
use rusqlite::{Connection, Row, params, types::Type};

use crate::{
    error::Result,
    put::{Column, Put},
    sql,
};

const TABLE: &str = "due";

/// Its key, and all that it has.
macro_rules! columns {
    () => {
        "at, kind, id"
    };
}

/// What [`read`] reads.
pub(crate) const COLUMNS: &str = columns!();

pub(crate) fn put(conn: &Connection, due: &Due, put: &Put<'_>) -> Result<()> {
    let (kind, id) = due.what.parts();
    let key: [Column<'_>; 3] = [("at", &due.at), ("kind", &kind), ("id", &id)];
    put.row(conn, Table::Due, &key, &[])
}

pub(crate) fn due(conn: &Connection, now: i64, limit: usize) -> Result<Vec<Due>> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM due WHERE at <= ?1 ORDER BY ",
        columns!(),
        " LIMIT ?2"
    );
    sql::many(conn, TABLE, sql, params![now, sql::limit(limit)], read)
}

pub(crate) fn next_due(conn: &Connection) -> Result<Option<i64>> {
    sql::one(conn, TABLE, "SELECT min(at) FROM due", [], |row| row.get(0)).map(Option::flatten)
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Due> {
    let id = || row.get::<_, Uuid>(2);
    let what = match row.get(1)? {
        Deadline::END_GRANT => Deadline::EndGrant(id()?.into()),
        Deadline::RELEASE_CREDENTIAL => Deadline::ReleaseCredential(id()?.into()),
        Deadline::FORGET_WRITE_GRANT => Deadline::ForgetWriteGrant(id()?.into()),
        Deadline::END_MOTION => Deadline::EndMotion(sql::digest(row, 2)?),
        Deadline::END_REQUEST => Deadline::EndRequest(ValidatorKey(row.get(2)?)),
        _ => return Err(sql::unknown(1, Type::Integer)),
    };
    Ok(Due {
        at: row.get(0)?,
        what,
    })
}
