//! Table `wallets`.

use idos_ledger::{Table, Wallet};
use idos_types::{Identity, UserId, WalletId, WalletType, fold};
use rusqlite::{Connection, Row};

use crate::{error::Result, put::Put, sql};

const TABLE: &str = "wallets";

macro_rules! columns {
    () => {
        "id, user_id, address, public_key, wallet_type, message, signature, inserter"
    };
}

/// What [`read`] reads.
pub(crate) const COLUMNS: &str = columns!();

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM wallets ", $rest)
    };
}

/// A wallet without an identity is refused by the schema.
pub(crate) fn put(conn: &Connection, wallet: &Wallet, put: &Put<'_>) -> Result<()> {
    let identity = wallet.identity();
    put.row(
        conn,
        Table::Wallets,
        &[("id", &wallet.id.0)],
        &[
            ("user_id", &wallet.user_id.0),
            ("address", &wallet.address),
            ("public_key", &wallet.public_key),
            ("wallet_type", &wallet.wallet_type.name()),
            ("message", &wallet.message),
            ("signature", &wallet.signature),
            ("inserter", &wallet.inserter),
            ("identity", &identity.as_ref().map(Identity::as_str)),
        ],
    )
}

pub(crate) fn wallet(conn: &Connection, id: WalletId) -> Result<Option<Wallet>> {
    sql::one(conn, TABLE, select!("WHERE id = ?1"), [id.0], read)
}

pub(crate) fn wallet_of(conn: &Connection, identity: &Identity) -> Result<Option<Wallet>> {
    sql::one(
        conn,
        TABLE,
        select!("WHERE identity = ?1"),
        [identity.as_str()],
        read,
    )
}

pub(crate) fn wallets(conn: &Connection, user: UserId) -> Result<Vec<Wallet>> {
    sql::many(
        conn,
        TABLE,
        select!("WHERE user_id = ?1 ORDER BY seq"),
        [user.0],
        read,
    )
}

pub(crate) fn wallets_with_public_key(conn: &Connection, public_key: &str) -> Result<Vec<Wallet>> {
    sql::many(
        conn,
        TABLE,
        select!("WHERE public_key = ?1 ORDER BY seq"),
        [public_key],
        read,
    )
}

pub(crate) fn wallets_with_address(conn: &Connection, address: &str) -> Result<Vec<Wallet>> {
    let sql = select!("WHERE lower(address) = ?1 ORDER BY seq");
    sql::many(conn, TABLE, sql, [fold(address)], read)
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Wallet> {
    Ok(Wallet {
        id: WalletId(row.get(0)?),
        user_id: UserId(row.get(1)?),
        address: row.get(2)?,
        public_key: row.get(3)?,
        wallet_type: sql::named(row, 4, WalletType::parse)?,
        message: row.get(5)?,
        signature: row.get(6)?,
        inserter: row.get(7)?,
    })
}
