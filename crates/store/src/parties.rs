//! Tables `parties` and `party_keys`.

use idos_ledger::{Page, Party, PartyKeys, Roles, Table};
use idos_types::PartyId;
use rusqlite::{Connection, Row, params};

use crate::{error::Result, put::Put, sql};

const TABLE: &str = "parties";
const KEYS: &str = "party_keys";

macro_rules! columns {
    () => {
        "id, address, is_issuer, is_consumer, is_operator, version"
    };
}

macro_rules! key_columns {
    () => {
        "party_id, version, name, did, signing_public_key, encryption_public_key, signature, \
         height"
    };
}

/// What [`read`] reads.
pub(crate) const COLUMNS: &str = columns!();
/// What [`read_keys`] reads.
pub(crate) const KEY_COLUMNS: &str = key_columns!();

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM parties ", $rest)
    };
}

macro_rules! select_keys {
    ($rest:literal) => {
        concat!("SELECT ", key_columns!(), " FROM party_keys ", $rest)
    };
}

pub(crate) fn put(conn: &Connection, party: &Party, put: &Put<'_>) -> Result<()> {
    put.row(
        conn,
        Table::Parties,
        &[("id", &party.id.0)],
        &[
            ("address", &party.address),
            ("is_issuer", &party.roles.issuer),
            ("is_consumer", &party.roles.consumer),
            ("is_operator", &party.roles.operator),
            ("version", &party.version),
        ],
    )
}

pub(crate) fn put_keys(conn: &Connection, keys: &PartyKeys, put: &Put<'_>) -> Result<()> {
    put.row(
        conn,
        Table::PartyKeys,
        &[("party_id", &keys.party_id.0), ("version", &keys.version)],
        &[
            ("name", &keys.name),
            ("did", &keys.did),
            ("signing_public_key", &keys.signing_public_key),
            ("encryption_public_key", &keys.encryption_public_key),
            ("signature", &keys.signature),
            ("height", &sql::int(keys.height)?),
        ],
    )
}

pub(crate) fn party(conn: &Connection, id: PartyId) -> Result<Option<Party>> {
    sql::one(conn, TABLE, select!("WHERE id = ?1"), [id.0], read)
}

pub(crate) fn party_at(conn: &Connection, address: &str) -> Result<Option<Party>> {
    sql::one(conn, TABLE, select!("WHERE address = ?1"), [address], read)
}

/// A role that does not exist is held by nobody.
pub(crate) fn parties(conn: &Connection, role: Option<&str>, page: Page) -> Result<Vec<Party>> {
    let sql = match role {
        None => select!("WHERE seq >= 0 ORDER BY seq LIMIT ?1 OFFSET ?2"),
        Some("issuer") => select!("WHERE is_issuer = 1 ORDER BY seq LIMIT ?1 OFFSET ?2"),
        Some("consumer") => select!("WHERE is_consumer = 1 ORDER BY seq LIMIT ?1 OFFSET ?2"),
        Some("operator") => select!("WHERE is_operator = 1 ORDER BY seq LIMIT ?1 OFFSET ?2"),
        Some(_) => return Ok(Vec::new()),
    };
    sql::many(
        conn,
        TABLE,
        sql,
        [sql::rows(page.rows), sql::rows(page.offset)],
        read,
    )
}

pub(crate) fn party_keys(
    conn: &Connection,
    id: PartyId,
    version: i64,
) -> Result<Option<PartyKeys>> {
    let sql = select_keys!("WHERE party_id = ?1 AND version = ?2");
    sql::one(conn, KEYS, sql, params![id.0, version], read_keys)
}

pub(crate) fn party_history(conn: &Connection, id: PartyId) -> Result<Vec<PartyKeys>> {
    let sql = select_keys!("WHERE party_id = ?1 ORDER BY version");
    sql::many(conn, KEYS, sql, [id.0], read_keys)
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Party> {
    Ok(Party {
        id: PartyId(row.get(0)?),
        address: row.get(1)?,
        roles: Roles {
            issuer: row.get(2)?,
            consumer: row.get(3)?,
            operator: row.get(4)?,
        },
        version: row.get(5)?,
    })
}

pub(crate) fn read_keys(row: &Row<'_>) -> rusqlite::Result<PartyKeys> {
    Ok(PartyKeys {
        party_id: PartyId(row.get(0)?),
        version: row.get(1)?,
        name: row.get(2)?,
        did: row.get(3)?,
        signing_public_key: row.get(4)?,
        encryption_public_key: row.get(5)?,
        signature: row.get(6)?,
        height: sql::uint(row, 7)?,
    })
}
