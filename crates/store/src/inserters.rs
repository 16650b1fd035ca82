//! Tables `inserters` and `delegates`.

use idos_ledger::{Delegate, Inserter, Table};
use idos_types::InserterId;
use rusqlite::{Connection, Row};

use crate::{error::Result, put::Put, sql};

const TABLE: &str = "inserters";
const DELEGATES: &str = "delegates";

macro_rules! columns {
    () => {
        "id, name"
    };
}

macro_rules! delegate_columns {
    () => {
        "address, inserter_id"
    };
}

/// What [`read`] reads.
pub(crate) const COLUMNS: &str = columns!();
/// What [`read_delegate`] reads.
pub(crate) const DELEGATE_COLUMNS: &str = delegate_columns!();

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM inserters ", $rest)
    };
}

macro_rules! select_delegates {
    ($rest:literal) => {
        concat!("SELECT ", delegate_columns!(), " FROM delegates ", $rest)
    };
}

pub(crate) fn put(conn: &Connection, inserter: &Inserter, put: &Put<'_>) -> Result<()> {
    put.row(
        conn,
        Table::Inserters,
        &[("id", &inserter.id.0)],
        &[("name", &inserter.name)],
    )
}

pub(crate) fn put_delegate(conn: &Connection, delegate: &Delegate, put: &Put<'_>) -> Result<()> {
    put.row(
        conn,
        Table::Delegates,
        &[("address", &delegate.address)],
        &[("inserter_id", &delegate.inserter_id.0)],
    )
}

pub(crate) fn inserter(conn: &Connection, id: InserterId) -> Result<Option<Inserter>> {
    sql::one(conn, TABLE, select!("WHERE id = ?1"), [id.0], read)
}

pub(crate) fn inserter_named(conn: &Connection, name: &str) -> Result<Option<Inserter>> {
    sql::one(conn, TABLE, select!("WHERE name = ?1"), [name], read)
}

pub(crate) fn delegate(conn: &Connection, address: &str) -> Result<Option<Delegate>> {
    let sql = select_delegates!("WHERE address = ?1");
    sql::one(conn, DELEGATES, sql, [address], read_delegate)
}

pub(crate) fn delegates(conn: &Connection, inserter: InserterId) -> Result<Vec<Delegate>> {
    let sql = select_delegates!("WHERE inserter_id = ?1 ORDER BY seq");
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
