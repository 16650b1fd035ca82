//! Tables `consumed_write_grants` and `spent_messages`: what must not take effect again.

use idos_ledger::Table;
use idos_types::{Digest, WriteGrantId};
use rusqlite::Connection;

use crate::{error::Result, put::Put, sql};

const WRITE_GRANTS: &str = "consumed_write_grants";
const MESSAGES: &str = "spent_messages";

pub(crate) fn put_write_grant(conn: &Connection, id: WriteGrantId, put: &Put<'_>) -> Result<()> {
    put.row(conn, Table::UsedWriteGrants, &[("id", &id.0)], &[])
}

pub(crate) fn put_message(conn: &Connection, message: &Digest, put: &Put<'_>) -> Result<()> {
    put.row(conn, Table::SpentMessages, &[("digest", &message.0)], &[])
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
