//! Table `users`.

use idos_ledger::{PasswordStore, Table, User};
use idos_types::UserId;
use rusqlite::{Connection, Row, types::Type};

use crate::{error::Result, put::Put, sql};

const TABLE: &str = "users";

macro_rules! columns {
    () => {
        "id, recipient_encryption_public_key, encryption_password_store, inserter, \
         gas_allowance, claimed, erased"
    };
}

/// What [`read`] reads.
pub(crate) const COLUMNS: &str = columns!();

pub(crate) fn put(conn: &Connection, user: &User, put: &Put<'_>) -> Result<()> {
    put.row(
        conn,
        Table::Users,
        &[("id", &user.id.0)],
        &[
            (
                "recipient_encryption_public_key",
                &user.recipient_encryption_public_key,
            ),
            (
                "encryption_password_store",
                &user.encryption_password_store.name(),
            ),
            ("inserter", &user.inserter),
            ("gas_allowance", &user.gas_allowance.to_string()),
            ("claimed", &user.claimed),
            ("erased", &user.erased),
        ],
    )
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
