//! Table `session_revocations`.

use idos_types::Digest;
use rusqlite::{Connection, params};

use crate::{error::Result, sql};

const TABLE: &str = "session_revocations";

/// Remembers until `expires_ms`, when the session ends by itself, that it was ended before.
pub(crate) fn revoke(conn: &Connection, id: &Digest, expires_ms: u64) -> Result<()> {
    let sql = "INSERT INTO session_revocations (id, expires_ms) VALUES (?1, ?2) \
               ON CONFLICT (id) DO UPDATE SET expires_ms = max(expires_ms, excluded.expires_ms)";
    sql::run(conn, TABLE, sql, params![id.0, sql::int(expires_ms)?]).map(|_| ())
}

/// The revocations of sessions that were noted last, each with when it ends by itself, in milliseconds since 1970.
pub(crate) fn newest(conn: &Connection, max: usize) -> Result<Vec<(Digest, u64)>> {
    let sql = "SELECT id, expires_ms FROM session_revocations ORDER BY seq DESC LIMIT ?1";
    sql::many(conn, TABLE, sql, [sql::limit(max)], |row| {
        Ok((sql::digest(row, 0)?, sql::uint(row, 1)?))
    })
}

/// Forgets the revocations of sessions that have ended by themselves, the oldest first.
pub(crate) fn forget_ended(conn: &Connection, now_ms: u64, max: usize) -> Result<usize> {
    let sql = "DELETE FROM session_revocations WHERE seq IN (SELECT seq FROM session_revocations \
               WHERE expires_ms <= ?1 ORDER BY expires_ms LIMIT ?2)";
    sql::run(
        conn,
        TABLE,
        sql,
        params![sql::int(now_ms)?, sql::limit(max)],
    )
}

/// Whether a session is revoked that, at `now_ms`, has not ended by itself.
pub(crate) fn is_revoked(conn: &Connection, id: &Digest, now_ms: u64) -> Result<bool> {
    let sql = "SELECT 1 FROM session_revocations WHERE id = ?1 AND expires_ms > ?2";
    sql::exists(conn, TABLE, sql, params![id.0, sql::int(now_ms)?])
}
