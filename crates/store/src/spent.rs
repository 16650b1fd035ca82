//! Tables `consumed_write_grants` and `spent_messages`: what must not take effect again.

use idos_ledger::Table;
use idos_types::{Digest, WriteGrantId};
use rusqlite::{Connection, params};

use crate::{error::Result, sql};

const WRITE_GRANTS: &str = "consumed_write_grants";
const MESSAGES: &str = "spent_messages";

pub(crate) fn put_write_grant(conn: &Connection, id: WriteGrantId, salt: &Digest) -> Result<()> {
    let sql = "INSERT INTO consumed_write_grants (id, salt, schema_version) VALUES (?1, ?2, ?3) \
               ON CONFLICT (id) DO UPDATE SET salt = excluded.salt, \
               schema_version = excluded.schema_version";
    sql::run(
        conn,
        WRITE_GRANTS,
        sql,
        params![id.0, salt.0, Table::UsedWriteGrants.schema_version()],
    )
    .map(|_| ())
}

pub(crate) fn put_message(conn: &Connection, message: &Digest, salt: &Digest) -> Result<()> {
    let sql = "INSERT INTO spent_messages (digest, salt, schema_version) VALUES (?1, ?2, ?3) \
               ON CONFLICT (digest) DO UPDATE SET salt = excluded.salt, \
               schema_version = excluded.schema_version";
    sql::run(
        conn,
        MESSAGES,
        sql,
        params![message.0, salt.0, Table::SpentMessages.schema_version()],
    )
    .map(|_| ())
}

pub(crate) fn is_write_grant_used(conn: &Connection, id: WriteGrantId) -> Result<bool> {
    sql::exists(
        conn,
        WRITE_GRANTS,
        "SELECT 1 FROM consumed_write_grants WHERE id = ?1",
        [id.0],
    )
}

pub(crate) fn is_spent(conn: &Connection, message: &Digest) -> Result<bool> {
    sql::exists(
        conn,
        MESSAGES,
        "SELECT 1 FROM spent_messages WHERE digest = ?1",
        [message.0],
    )
}
