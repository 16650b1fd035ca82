//! Table `accounts`.

use idos_types::Digest;
use rusqlite::{Connection, params};

use crate::{
    error::Result,
    sql::{self, SCHEMA_VERSION},
};

const TABLE: &str = "accounts";

/// Digest of a sender: accounts outlive the data of whoever used them, so that old transactions
/// are not accepted again, and must not name them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct AccountDigest(pub Digest);

pub(crate) fn put(
    conn: &Connection,
    account: &AccountDigest,
    nonce: u64,
    salt: &Digest,
) -> Result<()> {
    let sql = "INSERT INTO accounts (digest, nonce, salt, schema_version) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT (digest) DO UPDATE SET nonce = excluded.nonce, salt = excluded.salt, \
               schema_version = excluded.schema_version";
    let values = params![account.0.0, sql::int(nonce)?, salt.0, SCHEMA_VERSION];
    sql::run(conn, TABLE, sql, values).map(|_| ())
}

pub(crate) fn nonce(conn: &Connection, account: &AccountDigest) -> Result<Option<u64>> {
    let sql = "SELECT nonce FROM accounts WHERE digest = ?1";
    sql::one(conn, TABLE, sql, [account.0.0], |row| sql::uint(row, 0))
}
