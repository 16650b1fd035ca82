//! Table `access_grants`.

use idos_ledger::{AccessGrant, GrantOrigin, Key, Page, Table};
use idos_types::{CredentialId, GrantId, UserId, fold};
use rusqlite::{Connection, Row, params};

use crate::{
    counts,
    error::Result,
    marks::{self, Position, Start},
    overview::GrantCursor,
    put::Put,
    sql,
    table::RowKey,
};

const TABLE: &str = "access_grants";

/// How many rows are skipped faster than marks are added up.
const NEAR: i64 = 2_000;

macro_rules! columns {
    () => {
        "id, owner_user_id, grantee, data_id, locked_until, expires_at, content_hash, height, \
         origin, origin_id"
    };
}

/// What [`read`] reads.
pub(crate) const COLUMNS: &str = columns!();

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM access_grants ", $rest)
    };
}

/// Inserts or replaces a grant, and counts it where it is in its list.
pub(crate) fn put(conn: &Connection, grant: &AccessGrant, put: &Put<'_>) -> Result<()> {
    let before = if put.is_new() {
        None
    } else {
        listed(conn, grant.id)?
    };
    write(conn, grant, put)?;
    let after = Some(Listed {
        grantee: fold(&grant.grantee),
        owner: grant.owner,
        position: Position {
            height: sql::int(grant.height)?,
            id: grant.id.0,
        },
    });
    if before != after {
        moved(conn, before, after)?;
    }
    Ok(())
}

/// Removes a grant, if there is one, from the table and from its list.
pub(crate) fn delete(conn: &Connection, id: GrantId) -> Result<()> {
    let before = listed(conn, id)?;
    RowKey::from(&Key::AccessGrant(id)).delete(conn)?;
    moved(conn, before, None)
}

/// In which lists a grant is, and where.
#[derive(PartialEq, Eq)]
struct Listed {
    /// Folded, as lists know it.
    grantee: String,
    owner: UserId,
    position: Position,
}

fn listed(conn: &Connection, id: GrantId) -> Result<Option<Listed>> {
    let sql = "SELECT lower(grantee), owner_user_id, height FROM access_grants WHERE id = ?1";
    sql::one(conn, TABLE, sql, [id.0], |row| {
        Ok(Listed {
            grantee: row.get(0)?,
            owner: sql::id(row, 1)?,
            position: Position {
                height: row.get(2)?,
                id: id.0,
            },
        })
    })
}

/// Keeps the counts and the marks of lists that a grant has left or come to.
fn moved(conn: &Connection, before: Option<Listed>, after: Option<Listed>) -> Result<()> {
    if let Some(left) = before {
        counts::grant_went(conn, &left.grantee, left.owner)?;
        marks::removed(conn, &left.grantee, &left.position)?;
    }
    if let Some(come) = after {
        counts::grant_came(conn, &come.grantee, come.owner)?;
        marks::inserted(conn, &come.grantee, &come.position)?;
    }
    Ok(())
}

fn write(conn: &Connection, grant: &AccessGrant, put: &Put<'_>) -> Result<()> {
    put.row(
        conn,
        Table::AccessGrants,
        &[("id", &grant.id.0)],
        &[
            ("owner_user_id", &grant.owner.0),
            ("grantee", &grant.grantee),
            ("data_id", &grant.data_id.0),
            ("locked_until", &grant.locked_until),
            ("expires_at", &grant.expires_at),
            ("content_hash", &grant.content_hash),
            ("height", &sql::int(grant.height)?),
            ("origin", &grant.origin.name()),
            ("origin_id", &grant.origin_id),
        ],
    )
}

pub(crate) fn grant(conn: &Connection, id: GrantId) -> Result<Option<AccessGrant>> {
    sql::one(conn, TABLE, select!("WHERE id = ?1"), [id.0], read)
}

pub(crate) fn grants_on(conn: &Connection, data: CredentialId) -> Result<Vec<AccessGrant>> {
    sql::many(
        conn,
        TABLE,
        select!("WHERE data_id = ?1 ORDER BY seq"),
        [data.0],
        read,
    )
}

pub(crate) fn grants_on_copies(
    conn: &Connection,
    original: CredentialId,
    most: usize,
) -> Result<Vec<(AccessGrant, String)>> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        ", (SELECT c.issuer_auth_public_key FROM credentials AS c WHERE c.id = data_id) \
         FROM access_grants WHERE data_id IN \
         (SELECT copy_id FROM shared_credentials WHERE original_id = ?1) LIMIT ?2"
    );
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    sql::many(conn, TABLE, sql, (original.0, most), |row| {
        Ok((read(row)?, row.get(10)?))
    })
}

pub(crate) fn grants_owned(conn: &Connection, owner: UserId) -> Result<Vec<AccessGrant>> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        ", seq FROM access_grants WHERE owner_user_id = ?1"
    );
    let mut grants = sql::many(conn, TABLE, sql, [owner.0], |row| {
        Ok((row.get::<_, i64>(10)?, read(row)?))
    })?;
    // One person's are few, and their index is in the order of lists.
    grants.sort_unstable_by_key(|(seq, _)| *seq);
    Ok(grants.into_iter().map(|(_, grant)| grant).collect())
}

pub(crate) fn count_grants_of(conn: &Connection, owner: UserId) -> Result<usize> {
    let sql = "SELECT count(*) FROM access_grants WHERE owner_user_id = ?1";
    let count = sql::one(conn, TABLE, sql, [owner.0], |row| sql::count(row, 0))?;
    Ok(count.unwrap_or_default())
}

/// The rows between a page and the nearer end of the list are skipped within the index; in a long
/// list of all owners, those between the page and a mark. A list of one owner is never long: it is
/// bounded by what one person may have. A page beyond the end costs nothing.
pub(crate) fn grants_to(
    conn: &Connection,
    grantee: &str,
    owner: Option<UserId>,
    page: Page,
) -> Result<Vec<AccessGrant>> {
    let count = counts::grants_to(conn, grantee, owner)?;
    let offset = sql::rows(page.offset);
    let left = count.saturating_sub(offset);
    let rows = sql::rows(page.rows).min(left);
    if rows <= 0 {
        return Ok(Vec::new());
    }
    // Rows that are skipped cost something: pages near the end are counted from there.
    let behind = left - rows;
    let from_end = behind < offset;
    let skipped = if from_end { behind } else { offset };
    let grantee = fold(grantee);
    if owner.is_none() && skipped > NEAR {
        return grants_from_mark(conn, &grantee, count, offset, rows);
    }
    let mut grants = match owner {
        None => {
            let sql = if from_end {
                select!(
                    "WHERE lower(grantee) = ?1 ORDER BY height DESC, id DESC LIMIT ?2 OFFSET ?3"
                )
            } else {
                select!("WHERE lower(grantee) = ?1 ORDER BY height, id LIMIT ?2 OFFSET ?3")
            };
            sql::many(conn, TABLE, sql, params![grantee, rows, skipped], read)?
        }
        Some(owner) => {
            let sql = if from_end {
                select!(
                    "WHERE lower(grantee) = ?1 AND owner_user_id = ?4 \
                     ORDER BY height DESC, id DESC LIMIT ?2 OFFSET ?3"
                )
            } else {
                select!(
                    "WHERE lower(grantee) = ?1 AND owner_user_id = ?4 ORDER BY height, id \
                     LIMIT ?2 OFFSET ?3"
                )
            };
            let values = params![grantee, rows, skipped, owner.0];
            sql::many(conn, TABLE, sql, values, read)?
        }
    };
    if from_end {
        grants.reverse();
    }
    Ok(grants)
}

/// The newest grants to a grantee, those up to the cursor left out.
pub(crate) fn newest_to(
    conn: &Connection,
    grantee: &str,
    behind: Option<GrantCursor>,
    limit: usize,
) -> Result<Vec<AccessGrant>> {
    let (grantee, limit) = (fold(grantee), sql::limit(limit));
    let Some(GrantCursor { height, id }) = behind else {
        let sql = select!("WHERE lower(grantee) = ?1 ORDER BY height DESC, id DESC LIMIT ?2");
        return sql::many(conn, TABLE, sql, params![grantee, limit], read);
    };
    let sql = select!(
        "WHERE lower(grantee) = ?1 AND (height, id) < (?3, ?4) \
         ORDER BY height DESC, id DESC LIMIT ?2"
    );
    let height = sql::int(height).unwrap_or(i64::MAX);
    sql::many(conn, TABLE, sql, params![grantee, limit, height, id], read)
}

/// [`grants_to`] for a page that is far from both ends.
pub(crate) fn grants_from_mark(
    conn: &Connection,
    grantee: &str,
    count: i64,
    offset: i64,
    rows: i64,
) -> Result<Vec<AccessGrant>> {
    let Start { mark, skipped } = marks::start(conn, grantee, count, offset)?;
    let Some(mark) = mark else {
        let sql = select!("WHERE lower(grantee) = ?1 ORDER BY height, id LIMIT ?2 OFFSET ?3");
        return sql::many(conn, TABLE, sql, params![grantee, rows, skipped], read);
    };
    let sql = select!(
        "WHERE lower(grantee) = ?1 AND (height, id) >= (?4, ?5) ORDER BY height, id \
         LIMIT ?2 OFFSET ?3"
    );
    let values = params![grantee, rows, skipped, mark.height, mark.id];
    sql::many(conn, TABLE, sql, values, read)
}

pub(crate) fn grants_with_content_hash(
    conn: &Connection,
    grantee: &str,
    content_hash: &str,
    limit: usize,
) -> Result<Vec<AccessGrant>> {
    let sql =
        select!("WHERE lower(grantee) = ?1 AND content_hash = ?2 ORDER BY height, id LIMIT ?3");
    sql::many(
        conn,
        TABLE,
        sql,
        params![fold(grantee), content_hash, sql::limit(limit)],
        read,
    )
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<AccessGrant> {
    Ok(AccessGrant {
        id: GrantId(row.get(0)?),
        owner: UserId(row.get(1)?),
        grantee: row.get(2)?,
        data_id: CredentialId(row.get(3)?),
        locked_until: row.get(4)?,
        expires_at: row.get(5)?,
        content_hash: row.get(6)?,
        height: sql::uint(row, 7)?,
        origin: sql::named(row, 8, GrantOrigin::parse)?,
        origin_id: row.get(9)?,
    })
}
