//! Tables `user_attributes` and `shared_user_attributes`.

use idos_ledger::{Attribute, AttributeCopy, Table};
use idos_types::{AttributeId, UserId, Uuid};
use rusqlite::{Connection, Row};

use crate::{error::Result, put::Put, sql};

const TABLE: &str = "user_attributes";
const COPIES: &str = "shared_user_attributes";

macro_rules! columns {
    () => {
        "id, user_id, attribute_key, value, inserter"
    };
}

macro_rules! copy_columns {
    () => {
        "copy_id, original_id"
    };
}

/// What [`read`] reads.
pub(crate) const COLUMNS: &str = columns!();
/// What [`read_copy`] reads.
pub(crate) const COPY_COLUMNS: &str = copy_columns!();

pub(crate) fn put(conn: &Connection, attribute: &Attribute, put: &Put<'_>) -> Result<()> {
    put.row(
        conn,
        Table::Attributes,
        &[("id", &attribute.id.0)],
        &[
            ("user_id", &attribute.user_id.0),
            ("attribute_key", &attribute.attribute_key),
            ("value", &attribute.value),
            ("inserter", &attribute.inserter),
        ],
    )
}

pub(crate) fn put_copy(conn: &Connection, copy: &AttributeCopy, put: &Put<'_>) -> Result<()> {
    put.row(
        conn,
        Table::AttributeCopies,
        &[("copy_id", &copy.copy_id.0)],
        &[("original_id", &copy.original_id.0)],
    )
}

pub(crate) fn attribute(conn: &Connection, id: AttributeId) -> Result<Option<Attribute>> {
    let sql = concat!("SELECT ", columns!(), " FROM user_attributes WHERE id = ?1");
    sql::one(conn, TABLE, sql, [id.0], read)
}

pub(crate) fn attributes(
    conn: &Connection,
    user: UserId,
) -> Result<Vec<(Attribute, Option<AttributeCopy>)>> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        ", s.original_id FROM user_attributes AS a \
         LEFT JOIN shared_user_attributes AS s ON s.copy_id = a.id \
         WHERE a.user_id = ?1 ORDER BY a.seq"
    );
    sql::many(conn, TABLE, sql, [user.0], |row| {
        let attribute = read(row)?;
        let original_id: Option<Uuid> = row.get(5)?;
        let copy = original_id.map(|original| AttributeCopy {
            copy_id: attribute.id,
            original_id: original.into(),
        });
        Ok((attribute, copy))
    })
}

pub(crate) fn attribute_ids(conn: &Connection, user: UserId) -> Result<Vec<AttributeId>> {
    let sql = "SELECT id FROM user_attributes WHERE user_id = ?1 ORDER BY seq";
    sql::many(conn, TABLE, sql, [user.0], |row| sql::id(row, 0))
}

pub(crate) fn count_attributes(conn: &Connection, user: UserId) -> Result<usize> {
    let sql = "SELECT count(*) FROM user_attributes WHERE user_id = ?1";
    let count = sql::one(conn, TABLE, sql, [user.0], |row| sql::count(row, 0))?;
    Ok(count.unwrap_or_default())
}

pub(crate) fn attribute_copy(
    conn: &Connection,
    copy: AttributeId,
) -> Result<Option<AttributeCopy>> {
    let sql = concat!(
        "SELECT ",
        copy_columns!(),
        " FROM shared_user_attributes WHERE copy_id = ?1"
    );
    sql::one(conn, COPIES, sql, [copy.0], read_copy)
}

pub(crate) fn copies_of_attribute(
    conn: &Connection,
    original: AttributeId,
) -> Result<Vec<AttributeId>> {
    let sql = "SELECT copy_id FROM shared_user_attributes WHERE original_id = ?1 ORDER BY seq";
    sql::many(conn, COPIES, sql, [original.0], |row| {
        row.get(0).map(AttributeId)
    })
}

pub(crate) fn read_copy(row: &Row<'_>) -> rusqlite::Result<AttributeCopy> {
    Ok(AttributeCopy {
        copy_id: AttributeId(row.get(0)?),
        original_id: AttributeId(row.get(1)?),
    })
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Attribute> {
    Ok(Attribute {
        id: AttributeId(row.get(0)?),
        user_id: UserId(row.get(1)?),
        attribute_key: row.get(2)?,
        value: row.get(3)?,
        inserter: row.get(4)?,
    })
}
