//! Tables that follow from rows and are in no leaf: how many grants and accounts there are, and the
//! marks in lists. Whoever hands on a database could make them say what they like, and no root would
//! tell: so they are held against the rows, or made anew.

use idos_types::{Digest, Identity};
use rusqlite::Connection;

use crate::{error::Result, sql, state_tree::TreeFault, wallets};

/// A table that follows from rows.
struct Derived {
    table: &'static str,
    columns: &'static str,
    /// The column that counts, the last.
    count: &'static str,
    /// Its rows, by columns of these names.
    rows: &'static str,
    /// Whether `found`, a row of the table, is the one of `made`.
    is_same: &'static str,
}

const DERIVED: [Derived; 3] = [
    Derived {
        table: "grant_counts",
        columns: "grantee, owner_user_id, grants",
        count: "grants",
        rows: "SELECT lower(grantee) AS grantee, owner_user_id, count(*) AS grants \
               FROM access_grants GROUP BY 1, 2 \
               UNION ALL \
               SELECT lower(grantee), x'', count(*) FROM access_grants GROUP BY 1",
        is_same: "found.grantee = made.grantee AND found.owner_user_id = made.owner_user_id \
                  AND found.grants = made.grants",
    },
    Derived {
        table: "account_count",
        columns: "only, accounts",
        count: "accounts",
        rows: "SELECT 1 AS only, count(*) AS accounts FROM accounts",
        is_same: "found.only = made.only AND found.accounts = made.accounts",
    },
    // See src/marks.rs.
    Derived {
        table: "grant_marks",
        columns: "grantee, level, height, id, grants",
        count: "grants",
        rows: "WITH ranks AS ( \
                   SELECT lower(grantee) AS grantee, height, id, \
                       row_number() OVER list AS rank, \
                       count(*) OVER (PARTITION BY lower(grantee)) AS grants \
                   FROM access_grants \
                   WINDOW list AS (PARTITION BY lower(grantee) ORDER BY height, id) \
               ), \
               marks AS ( \
                   SELECT 1 AS level, ranks.* FROM ranks WHERE substr(id, 16) = x'00' \
                   UNION ALL \
                   SELECT 2, ranks.* FROM ranks WHERE substr(id, 15) = x'0000' \
               ) \
               SELECT grantee, level, height, id, \
                   lead(rank, 1, grants + 1) OVER following - rank AS grants \
               FROM marks \
               WINDOW following AS (PARTITION BY grantee, level ORDER BY height, id)",
        is_same: "found.grantee = made.grantee AND found.level = made.level \
                  AND found.height = made.height AND found.id = made.id \
                  AND found.grants = made.grants",
    },
];

/// Fails if something is not what the rows make it.
pub(crate) fn check(conn: &Connection) -> Result<()> {
    for derived in &DERIVED {
        let Derived {
            table,
            count,
            rows,
            is_same,
            ..
        } = derived;
        // Each row that there should be is there, and there are as many: so there is no other.
        let sql = format!(
            "SELECT count(*) = count(found.{count}) AND count(*) = (SELECT count(*) FROM {table}) \
             FROM ({rows}) AS made LEFT JOIN {table} AS found ON {is_same}"
        );
        let is_right = sql::one(conn, table, &sql, [], |row| row.get::<_, bool>(0))?;
        if is_right != Some(true) {
            return Err(TreeFault::Derived(table).into());
        }
    }
    check_contents(conn)?;
    check_identities(conn)
}

/// Rows are read with their contents; what is said beside these is read without.
fn check_contents(conn: &Connection) -> Result<()> {
    let wrong = |table| Err(TreeFault::Derived(table).into());
    let sql = "SELECT c.public_notes, c.notes_digest, c.content_bytes, c.content_digest, t.content \
               FROM credentials AS c JOIN contents AS t ON t.id = c.content_id";
    let read = |row: &rusqlite::Row<'_>| {
        let (notes, content): (String, String) = (row.get(0)?, row.get(4)?);
        Ok(sql::digest(row, 1)? == Digest::of(notes.as_bytes())
            && usize::try_from(sql::uint(row, 2)?) == Ok(content.len())
            && sql::digest(row, 3)? == Digest::of(content.as_bytes()))
    };
    let is_right = |is_right| {
        if is_right {
            Ok(())
        } else {
            wrong("credentials")
        }
    };
    sql::each(conn, "credentials", sql, [], read, is_right)?;
    // Else a content that is in use would be cleared, or one of nobody kept.
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM removed_contents AS r \
               JOIN credentials AS c ON c.content_id = r.id) \
               AND (SELECT count(*) FROM contents) \
               = (SELECT count(*) FROM removed_contents) + (SELECT count(*) FROM credentials)";
    match sql::one(conn, "contents", sql, [], |row| row.get::<_, bool>(0))? {
        Some(true) => Ok(()),
        _ => wrong("removed_contents"),
    }
}

/// By their identities wallets are found; no leaf says them, since they follow from the rest.
fn check_identities(conn: &Connection) -> Result<()> {
    let sql = format!(
        "SELECT {}, identity AS signs FROM wallets",
        wallets::COLUMNS
    );
    let read = |row: &rusqlite::Row<'_>| Ok((wallets::read(row)?, row.get::<_, String>("signs")?));
    sql::each(conn, "wallets", &sql, [], read, |(wallet, identity)| {
        if wallet.identity().as_ref().map(Identity::as_str) == Some(identity.as_str()) {
            Ok(())
        } else {
            Err(TreeFault::Derived("wallets").into())
        }
    })
}

/// Makes the tables anew, within a transaction.
pub(crate) fn rebuild(conn: &Connection) -> Result<()> {
    for derived in &DERIVED {
        let Derived {
            table,
            columns,
            rows,
            ..
        } = derived;
        sql::run(conn, table, &format!("DELETE FROM {table}"), [])?;
        let sql = format!("INSERT INTO {table} ({columns}) {rows}");
        sql::run(conn, table, &sql, [])?;
    }
    Ok(())
}
