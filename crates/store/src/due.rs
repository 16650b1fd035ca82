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

/// What [`read`] reads.
pub(crate) const COLUMNS: &str = "at, kind, id";

const END_GRANT: i64 = 0;
const RELEASE_CREDENTIAL: i64 = 1;
const FORGET_WRITE_GRANT: i64 = 2;
const END_MOTION: i64 = 3;
const END_REQUEST: i64 = 4;

/// A deadline as columns `kind` and `id`; they order as deadlines do.
pub(crate) fn encode(what: Deadline) -> (i64, Vec<u8>) {
    let (kind, id): (i64, &[u8]) = match &what {
        Deadline::EndGrant(id) => (END_GRANT, id.0.as_bytes()),
        Deadline::ReleaseCredential(id) => (RELEASE_CREDENTIAL, id.0.as_bytes()),
        Deadline::ForgetWriteGrant(id) => (FORGET_WRITE_GRANT, id.0.as_bytes()),
        Deadline::EndMotion(id) => (END_MOTION, &id.0),
        Deadline::EndRequest(key) => (END_REQUEST, &key.0),
    };
    (kind, id.to_vec())
}

pub(crate) fn put(conn: &Connection, due: &Due, put: &Put<'_>) -> Result<()> {
    let (kind, id) = encode(due.what);
    let key: [Column<'_>; 3] = [("at", &due.at), ("kind", &kind), ("id", &id)];
    put.row(conn, Table::Due, &key, &[])
}

pub(crate) fn due(conn: &Connection, now: i64, limit: usize) -> Result<Vec<Due>> {
    let sql = "SELECT at, kind, id FROM due WHERE at <= ?1 ORDER BY at, kind, id LIMIT ?2";
    sql::many(conn, TABLE, sql, params![now, sql::limit(limit)], read)
}

pub(crate) fn next_due(conn: &Connection) -> Result<Option<i64>> {
    sql::one(conn, TABLE, "SELECT min(at) FROM due", [], |row| row.get(0)).map(Option::flatten)
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Due> {
    let id = || row.get::<_, Uuid>(2);
    let what = match row.get(1)? {
        END_GRANT => Deadline::EndGrant(id()?.into()),
        RELEASE_CREDENTIAL => Deadline::ReleaseCredential(id()?.into()),
        FORGET_WRITE_GRANT => Deadline::ForgetWriteGrant(id()?.into()),
        END_MOTION => Deadline::EndMotion(sql::digest(row, 2)?),
        END_REQUEST => Deadline::EndRequest(ValidatorKey(row.get(2)?)),
        _ => return Err(sql::unknown(1, Type::Integer)),
    };
    Ok(Due {
        at: row.get(0)?,
        what,
    })
}
