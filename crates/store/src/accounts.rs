//! Table `accounts`.

use idos_ledger::{Account, Table};
use idos_types::Digest;
use rusqlite::{Connection, Row};

use crate::{error::Result, put::Put, sql};

const TABLE: &str = "accounts";

/// Digest of a sender: accounts outlive the data of whoever used them, so that old transactions
/// are not accepted again, and must not name them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct AccountDigest(pub Digest);

pub(crate) const COLUMNS: &str = "digest, nonce";

pub(crate) fn put(conn: &Connection, account: &Account, put: &Put<'_>) -> Result<()> {
    put.row(
        conn,
        Table::Accounts,
        &[("digest", &account.digest.0)],
        &[("nonce", &sql::int(account.nonce)?)],
    )
}

pub(crate) fn nonce(conn: &Connection, account: &AccountDigest) -> Result<Option<u64>> {
    let sql = "SELECT nonce FROM accounts WHERE digest = ?1";
    sql::one(conn, TABLE, sql, [account.0.0], |row| sql::uint(row, 0))
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        digest: sql::digest(row, 0)?,
        nonce: sql::uint(row, 1)?,
    })
}
