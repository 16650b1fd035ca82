//! How much there is beside the state: what a node did, kept in tables that are in no leaf.

use rusqlite::Connection;

use crate::{blocks::UNKNOWN, error::Result, sql};

/// How many rows the tables of a node's history have.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct History {
    /// Blocks without their transactions.
    pub blocks: u64,
    /// Receipts.
    pub receipts: u64,
    /// Bodies of transactions.
    pub bodies: u64,
    /// Certificates.
    pub certificates: u64,
    /// Proofs of the validators of an epoch.
    pub set_changes: u64,
}

/// Counts them.
pub(crate) fn count(conn: &Connection) -> Result<History> {
    let count = |table, sql| {
        let count = sql::one(conn, table, sql, [], |row| sql::uint(row, 0))?;
        Ok::<_, crate::StoreError>(count.unwrap_or_default())
    };
    Ok(History {
        blocks: count("blocks", "SELECT count(*) FROM blocks")?,
        receipts: count("receipts", "SELECT count(*) FROM receipts")?,
        bodies: count("bodies", "SELECT count(*) FROM bodies")?,
        certificates: count("certificates", "SELECT count(*) FROM certificates")?,
        set_changes: count("set_changes", "SELECT count(*) FROM set_changes")?,
    })
}

/// Forgets the roots of blocks before the newest of which there is no certificate, and proofs of such heights:
/// nothing shows that they are true, and a node would sign them or hand them out.
pub(crate) fn forget_unproved_roots(conn: &Connection) -> Result<usize> {
    let forget = "DELETE FROM later_set_proofs WHERE NOT EXISTS \
                  (SELECT 1 FROM certificates WHERE certificates.height = later_set_proofs.height) \
                  OR epoch > (SELECT max(epoch) FROM validator_sets)";
    sql::run(conn, "later_set_proofs", forget, [])?;
    let sql = "UPDATE blocks SET root = ?1, leaves = ?2 \
               WHERE height < (SELECT max(height) FROM blocks) AND NOT EXISTS \
               (SELECT 1 FROM certificates WHERE certificates.height = blocks.height)";
    let values = rusqlite::params![UNKNOWN.hash.0, sql::int(UNKNOWN.count)?];
    sql::run(conn, "blocks", sql, values)
}
