//! Table `certificates`: what proves to anybody that a state was agreed on.

use rusqlite::{Connection, params};

use crate::{error::Result, sql};

const TABLE: &str = "certificates";

/// Keeps the certificate of a height. One height may have several, all as good: the first stays.
pub(crate) fn put(conn: &Connection, height: u64, certificate: &[u8]) -> Result<()> {
    let sql = "INSERT INTO certificates (height, certificate) VALUES (?1, ?2) \
               ON CONFLICT (height) DO NOTHING";
    sql::run(conn, TABLE, sql, params![sql::int(height)?, certificate]).map(|_| ())
}

pub(crate) fn certificate(conn: &Connection, height: u64) -> Result<Option<Vec<u8>>> {
    // No block has a height that does not fit.
    let Ok(height) = sql::int(height) else {
        return Ok(None);
    };
    let sql = "SELECT certificate FROM certificates WHERE height = ?1";
    sql::one(conn, TABLE, sql, [height], |row| row.get(0))
}

/// The newest certified height.
pub(crate) fn newest(conn: &Connection) -> Result<Option<u64>> {
    let sql = "SELECT height FROM certificates ORDER BY height DESC LIMIT 1";
    sql::one(conn, TABLE, sql, [], |row| sql::uint(row, 0))
}

/// Forgets the certificates of heights whose block is not here, unless they prove who validates: nothing here bears
/// them out. Returns how many.
pub(crate) fn forget_those_of_no_block(conn: &Connection) -> Result<usize> {
    let sql = "DELETE FROM certificates WHERE height NOT IN (SELECT height FROM blocks) \
               AND height NOT IN (SELECT height FROM set_changes) \
               AND height NOT IN (SELECT height FROM later_set_proofs)";
    sql::run(conn, TABLE, sql, [])
}
