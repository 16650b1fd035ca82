//! Table `accounts`.

use idos_ledger::{Account, Table};
use idos_types::Digest;
use rusqlite::{Connection, Row, params};

use crate::{error::Result, sql};

const TABLE: &str = "accounts";

/// Digest of a sender: accounts outlive the data of whoever used them, so that old transactions
/// are not accepted again, and must not name them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct AccountDigest(pub Digest);

pub(crate) const COLUMNS: &str = "digest, nonce";

pub(crate) fn put(conn: &Connection, account: &Account, salt: &Digest) -> Result<()> {
    let sql = "INSERT INTO accounts (digest, nonce, salt, schema_version) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT (digest) DO UPDATE SET nonce = excluded.nonce, salt = excluded.salt, \
               schema_version = excluded.schema_version";
    let nonce = sql::int(account.nonce)?;
    let values = params![
        account.digest.0,
        nonce,
        salt.0,
        Table::Accounts.schema_version()
    ];
    sql::run(conn, TABLE, sql, values).map(|_| ())
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
