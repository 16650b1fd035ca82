//! Table `attribute_grants`.

use idos_ledger::{AttributeGrant, Page, Table};
use idos_types::{AttributeId, UserId, fold};
use rusqlite::{Connection, Row, params};

use crate::{error::Result, put::Put, sql};

const TABLE: &str = "attribute_grants";

macro_rules! columns {
    () => {
        "copy_id, owner_user_id, grantee"
    };
}

/// What [`read`] reads.
pub(crate) const COLUMNS: &str = columns!();

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM attribute_grants ", $rest)
    };
}

pub(crate) fn put(conn: &Connection, grant: &AttributeGrant, put: &Put<'_>) -> Result<()> {
    put.row(
        conn,
        Table::AttributeGrants,
        &[("copy_id", &grant.copy_id.0)],
        &[
            ("owner_user_id", &grant.owner.0),
            ("grantee", &grant.grantee),
        ],
    )
}

pub(crate) fn attribute_grant(
    conn: &Connection,
    copy: AttributeId,
) -> Result<Option<AttributeGrant>> {
    sql::one(conn, TABLE, select!("WHERE copy_id = ?1"), [copy.0], read)
}

pub(crate) fn attribute_grants_to(
    conn: &Connection,
    grantee: &str,
    owner: Option<UserId>,
    page: Page,
) -> Result<Vec<AttributeGrant>> {
    let (grantee, rows, offset) = (fold(grantee), sql::rows(page.rows), sql::rows(page.offset));
    match owner {
        None => {
            let sql = select!("WHERE lower(grantee) = ?1 ORDER BY seq LIMIT ?2 OFFSET ?3");
            sql::many(conn, TABLE, sql, params![grantee, rows, offset], read)
        }
        Some(owner) => {
            let sql = select!(
                "WHERE lower(grantee) = ?1 AND owner_user_id = ?4 ORDER BY seq LIMIT ?2 OFFSET ?3"
            );
            let values = params![grantee, rows, offset, owner.0];
            sql::many(conn, TABLE, sql, values, read)
        }
    }
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<AttributeGrant> {
    Ok(AttributeGrant {
        copy_id: AttributeId(row.get(0)?),
        owner: UserId(row.get(1)?),
        grantee: row.get(2)?,
    })
}
