//! Tables `contents` and `removed_contents`: what credentials hold, apart from the rest of them.
//!
//! A content that no credential has any more is only marked, and cleared between blocks. So removing
//! costs a transaction little, also one that fails after it and is undone.

use idos_types::CredentialId;
use rusqlite::Connection;

use crate::{error::Result, sql};

const TABLE: &str = "contents";
const REMOVED: &str = "removed_contents";

/// How many bytes of contents, or of bodies, are cleared at once, but for one at least. More than a block
/// brings, so that what is to be cleared does not grow.
pub(crate) const CLEARED_AT_ONCE: u64 = 24_000_000;

/// Keeps a content, and returns its number in this database.
pub(crate) fn put(conn: &Connection, content: &str) -> Result<i64> {
    let sql = "INSERT INTO contents (content) VALUES (?1)";
    sql::run(conn, TABLE, sql, [content])?;
    Ok(conn.last_insert_rowid())
}

/// Marks the content of a credential, if there is one: it is about to be removed or replaced.
pub(crate) fn remove_of(conn: &Connection, credential: CredentialId) -> Result<()> {
    let sql = "INSERT INTO removed_contents (id, content_bytes) \
               SELECT content_id, content_bytes FROM credentials WHERE id = ?1";
    sql::run(conn, REMOVED, sql, [credential.0]).map(|_| ())
}

/// Clears some of what is marked, in a transaction of its own unless one is open. Returns whether
/// anything is left.
pub(crate) fn clear(conn: &Connection) -> Result<bool> {
    let mut cleared = 0;
    while cleared < CLEARED_AT_ONCE {
        let sql =
            "SELECT id, content_bytes FROM removed_contents WHERE id >= 0 ORDER BY id LIMIT 1";
        let next = sql::one(conn, REMOVED, sql, [], |row| {
            Ok((row.get::<_, i64>(0)?, sql::uint(row, 1)?))
        })?;
        let Some((id, bytes)) = next else {
            return Ok(false);
        };
        let unmark = "DELETE FROM removed_contents WHERE id = ?1";
        sql::run(conn, REMOVED, unmark, [id])?;
        sql::run(conn, TABLE, "DELETE FROM contents WHERE id = ?1", [id])?;
        cleared = cleared.saturating_add(bytes.max(1));
    }
    is_any_removed(conn)
}

/// Clears all that is marked.
pub(crate) fn clear_all(conn: &Connection) -> Result<()> {
    while clear(conn)? {}
    Ok(())
}

fn is_any_removed(conn: &Connection) -> Result<bool> {
    let sql = "SELECT 1 FROM removed_contents WHERE id >= 0 LIMIT 1";
    sql::exists(conn, REMOVED, sql, [])
}
