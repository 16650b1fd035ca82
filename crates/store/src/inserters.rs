//! Tables `inserters` and `delegates`.

use idos_ledger::{Delegate, Inserter, Place, Table};
use idos_types::{Digest, InserterId};
use rusqlite::{Connection, Row, params};

use crate::{error::Result, sql};

const TABLE: &str = "inserters";
const DELEGATES: &str = "delegates";

/// What [`read`] reads.
pub(crate) const COLUMNS: &str = "id, name";
/// What [`read_delegate`] reads.
pub(crate) const DELEGATE_COLUMNS: &str = "address, inserter_id";

pub(crate) fn put(conn: &Connection, inserter: &Inserter, salt: &Digest) -> Result<()> {
    let sql = "INSERT INTO inserters (id, name, salt, schema_version) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT (id) DO UPDATE SET name = excluded.name, salt = excluded.salt, \
               schema_version = excluded.schema_version";
    let values = params![
        inserter.id.0,
        inserter.name,
        salt.0,
        Table::Inserters.schema_version()
    ];
    sql::run(conn, TABLE, sql, values).map(|_| ())
}

pub(crate) fn put_delegate(
    conn: &Connection,
    delegate: &Delegate,
    place: Place,
    salt: &Digest,
) -> Result<()> {
    let sql = "INSERT INTO delegates (seq, address, inserter_id, salt, schema_version) \
               VALUES (?1, ?2, ?3, ?4, ?5) \
               ON CONFLICT (address) DO UPDATE SET inserter_id = excluded.inserter_id, \
               salt = excluded.salt, schema_version = excluded.schema_version";
    let values = params![
        sql::int(place.0)?,
        delegate.address,
        delegate.inserter_id.0,
        salt.0,
        Table::Delegates.schema_version()
    ];
    sql::run(conn, DELEGATES, sql, values).map(|_| ())
}

pub(crate) fn inserter(conn: &Connection, id: InserterId) -> Result<Option<Inserter>> {
    sql::one(
        conn,
        TABLE,
        "SELECT id, name FROM inserters WHERE id = ?1",
        [id.0],
        read,
    )
}

pub(crate) fn inserter_named(conn: &Connection, name: &str) -> Result<Option<Inserter>> {
    sql::one(
        conn,
        TABLE,
        "SELECT id, name FROM inserters WHERE name = ?1",
        [name],
        read,
    )
}

pub(crate) fn delegate(conn: &Connection, address: &str) -> Result<Option<Delegate>> {
    let sql = "SELECT address, inserter_id FROM delegates WHERE address = ?1";
    sql::one(conn, DELEGATES, sql, [address], read_delegate)
}

pub(crate) fn delegates(conn: &Connection, inserter: InserterId) -> Result<Vec<Delegate>> {
    let sql = "SELECT address, inserter_id FROM delegates WHERE inserter_id = ?1 ORDER BY seq";
    sql::many(conn, DELEGATES, sql, [inserter.0], read_delegate)
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Inserter> {
    Ok(Inserter {
        id: InserterId(row.get(0)?),
        name: row.get(1)?,
    })
}

pub(crate) fn read_delegate(row: &Row<'_>) -> rusqlite::Result<Delegate> {
    Ok(Delegate {
        address: row.get(0)?,
        inserter_id: InserterId(row.get(1)?),
    })
}
