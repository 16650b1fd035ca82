//! Table `meta`: what a node must remember about the database, as text by name.

use rusqlite::Connection;

use crate::{error::Result, sql};

const TABLE: &str = "meta";

pub(crate) fn put(conn: &Connection, key: &str, value: &str) -> Result<()> {
    let sql = "INSERT INTO meta (key, value) VALUES (?1, ?2) \
               ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    sql::run(conn, TABLE, sql, [key, value]).map(|_| ())
}

pub(crate) fn delete(conn: &Connection, key: &str) -> Result<()> {
    sql::run(conn, TABLE, "DELETE FROM meta WHERE key = ?1", [key]).map(|_| ())
}

pub(crate) fn meta(conn: &Connection, key: &str) -> Result<Option<String>> {
    sql::one(
        conn,
        TABLE,
        "SELECT value FROM meta WHERE key = ?1",
        [key],
        |row| row.get(0),
    )
}
