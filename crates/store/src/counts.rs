//! Tables `grant_counts`, which is kept with the grants, and `account_count`, which triggers keep.

use idos_types::{UserId, fold};
use rusqlite::{Connection, params};

use crate::{error::Result, overview::Sizes, sql};

const GRANTS: &str = "grant_counts";
/// Under the owner of no bytes are the grants of all.
const ALL: &[u8] = &[];

/// Counts a grant that has come to a grantee, whose name is folded.
pub(crate) fn grant_came(conn: &Connection, grantee: &str, owner: UserId) -> Result<()> {
    let sql = "INSERT INTO grant_counts (grantee, owner_user_id, grants) VALUES (?1, ?2, 1) \
               ON CONFLICT (grantee, owner_user_id) DO UPDATE SET grants = grants + 1";
    for owner in [owner.0.as_bytes(), ALL] {
        sql::run(conn, GRANTS, sql, params![grantee, owner])?;
    }
    Ok(())
}

/// Counts no more a grant that has gone from a grantee, whose name is folded.
pub(crate) fn grant_went(conn: &Connection, grantee: &str, owner: UserId) -> Result<()> {
    let last = "DELETE FROM grant_counts \
                WHERE grantee = ?1 AND owner_user_id = ?2 AND grants = 1";
    let one = "UPDATE grant_counts SET grants = grants - 1 \
               WHERE grantee = ?1 AND owner_user_id = ?2";
    for owner in [owner.0.as_bytes(), ALL] {
        if sql::run(conn, GRANTS, last, params![grantee, owner])? == 0 {
            sql::run(conn, GRANTS, one, params![grantee, owner])?;
        }
    }
    Ok(())
}

/// How many grants there are to a grantee, of one owner if given.
pub(crate) fn grants_to(conn: &Connection, grantee: &str, owner: Option<UserId>) -> Result<i64> {
    let sql = "SELECT grants FROM grant_counts WHERE grantee = ?1 AND owner_user_id = ?2";
    let owner = owner.as_ref().map_or(ALL, |owner| owner.0.as_bytes());
    let values = params![fold(grantee), owner];
    let count = sql::one(conn, GRANTS, sql, values, |row| row.get(0))?;
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
