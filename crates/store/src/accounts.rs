//! Table `accounts`.

use idos_ledger::{Account, Place, Table};
use idos_types::Digest;
use rusqlite::{Connection, Row};

use crate::{error::Result, put::Put, rows::Predecessor, sql};

const TABLE: &str = "accounts";

/// Digest of a sender: accounts outlive the data of whoever used them, so that old transactions
/// are not accepted again, and must not name them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct AccountDigest(pub Digest);

/// The account of a sender as a block finds it, also if there is none yet.
pub struct FoundAccount {
    pub(crate) digest: AccountDigest,
    nonce: Option<u64>,
    pub(crate) before: Option<Predecessor>,
}

impl FoundAccount {
    /// The nonce of its last transaction; `None` if there was none.
    pub fn nonce(&self) -> Option<u64> {
        self.nonce
    }
}

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

/// The nonce, with what has to be known to set another.
pub(crate) fn find(conn: &Connection, digest: &AccountDigest) -> Result<FoundAccount> {
    let sql = "SELECT seq, salt, nonce FROM accounts WHERE digest = ?1";
    let found = sql::one(conn, TABLE, sql, [digest.0.0], |row| {
        let before = Predecessor {
            seq: row.get(0)?,
            place: Place::default(),
            salt: sql::digest(row, 1)?,
            leaves: None,
        };
        Ok((sql::uint(row, 2)?, before))
    })?;
    let (nonce, before) = found.unzip();
    Ok(FoundAccount {
        digest: *digest,
        nonce,
        before,
    })
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        digest: sql::digest(row, 0)?,
        nonce: sql::uint(row, 1)?,
    })
}
