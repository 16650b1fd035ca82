//! Table `users`.

use idos_ledger::{PasswordStore, Table, User};
use idos_types::{Digest, UserId};
use rusqlite::{Connection, Row, params, types::Type};

use crate::{error::Result, sql};

const TABLE: &str = "users";

macro_rules! columns {
    () => {
        "id, recipient_encryption_public_key, encryption_password_store, inserter, \
         gas_allowance, claimed, erased"
    };
}

/// What [`read`] reads.
pub(crate) const COLUMNS: &str = columns!();

pub(crate) fn put(conn: &Connection, user: &User, salt: &Digest) -> Result<()> {
    let sql = "INSERT INTO users (id, recipient_encryption_public_key, encryption_password_store, \
               inserter, gas_allowance, claimed, erased, salt, schema_version) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
               ON CONFLICT (id) DO UPDATE SET \
               recipient_encryption_public_key = excluded.recipient_encryption_public_key, \
               encryption_password_store = excluded.encryption_password_store, \
               inserter = excluded.inserter, gas_allowance = excluded.gas_allowance, \
               claimed = excluded.claimed, erased = excluded.erased, salt = excluded.salt, \
               schema_version = excluded.schema_version";
    let values = params![
        user.id.0,
        user.recipient_encryption_public_key,
        user.encryption_password_store.name(),
        user.inserter,
        user.gas_allowance.to_string(),
        user.claimed,
        user.erased,
        salt.0,
        Table::Users.schema_version(),
    ];
    sql::run(conn, TABLE, sql, values).map(|_| ())
}

pub(crate) fn user(conn: &Connection, id: UserId) -> Result<Option<User>> {
    let sql = concat!("SELECT ", columns!(), " FROM users WHERE id = ?1");
    sql::one(conn, TABLE, sql, [id.0], read)
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<User> {
    let gas_allowance: String = row.get(4)?;
    Ok(User {
        id: UserId(row.get(0)?),
        recipient_encryption_public_key: row.get(1)?,
        encryption_password_store: sql::named(row, 2, PasswordStore::parse)?,
        inserter: row.get(3)?,
        gas_allowance: gas_allowance
            .parse()
            .map_err(|_| sql::unknown(4, Type::Text))?,
        claimed: row.get(5)?,
        erased: row.get(6)?,
    })
}
