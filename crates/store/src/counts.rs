//! Tables `grant_counts` and `account_count`, which triggers keep.

use idos_types::{UserId, fold};
use rusqlite::{Connection, params};

use crate::{error::Result, overview::Sizes, sql};

/// How many grants there are to a grantee, of one owner if given.
pub(crate) fn grants_to(conn: &Connection, grantee: &str, owner: Option<UserId>) -> Result<i64> {
    let sql = "SELECT grants FROM grant_counts WHERE grantee = ?1 AND owner_user_id = ?2";
    let owner = owner
        .as_ref()
        .map_or([].as_slice(), |owner| owner.0.as_bytes());
    let count = sql::one(
        conn,
        "grant_counts",
        sql,
        params![fold(grantee), owner],
        |row| row.get(0),
    )?;
    Ok(count.unwrap_or_default())
}

/// How many accounts there are.
pub(crate) fn accounts(conn: &Connection) -> Result<u64> {
    let sql = "SELECT accounts FROM account_count WHERE only = 1";
    let count = sql::one(conn, "account_count", sql, [], |row| sql::uint(row, 0))?;
    Ok(count.unwrap_or_default())
}

/// How many credentials and access grants there are, by counting.
pub(crate) fn sizes(conn: &Connection) -> Result<Sizes> {
    let count = |table, sql| sql::one(conn, table, sql, [], |row| sql::uint(row, 0));
    let credentials = count("credentials", "SELECT count(*) FROM credentials")?;
    let grants = count("access_grants", "SELECT count(*) FROM access_grants")?;
    Ok(Sizes {
        credentials: credentials.unwrap_or_default(),
        grants: grants.unwrap_or_default(),
    })
}
