//! Bringing the schema of a database up to date.

use std::collections::BTreeSet;

use idos_types::Digest;
use rusqlite::{Connection, functions::FunctionFlags};

use crate::{
    error::{Result, StoreError},
    open,
};

/// "iDOS" in ASCII: marks a file as ours, and our schema as the only one that belongs in it.
const APPLICATION_ID: i32 = 0x6944_4f53;

/// The schema's history. A published migration is never edited: databases have run it.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_initial.sql"),
    include_str!("../migrations/0002_grant_marks.sql"),
    include_str!("../migrations/0003_governance.sql"),
    include_str!("../migrations/0004_state_tree.sql"),
    include_str!("../migrations/0005_certificates.sql"),
    include_str!("../migrations/0006_set_changes.sql"),
    include_str!("../migrations/0007_attribute_grants.sql"),
    include_str!("../migrations/0008_content_lengths.sql"),
    include_str!("../migrations/0009_contents.sql"),
    include_str!("../migrations/0010_fewer_indexes.sql"),
    include_str!("../migrations/0011_tree_changes.sql"),
    include_str!("../migrations/0012_counts_without_triggers.sql"),
    include_str!("../migrations/0013_later_set_proofs.sql"),
    include_str!("../migrations/0014_sender_proofs.sql"),
    include_str!("../migrations/0015_entries_commit_rows.sql"),
    include_str!("../migrations/0016_unscrubbed.sql"),
];

/// Applies what is missing, each migration in a transaction of its own. A crash in between leaves
/// the database at a version that it had some time. References between tables do not
/// count meanwhile, since a table may be made anew.
pub(crate) fn migrate(conn: &mut Connection) -> Result<()> {
    migrate_by(conn, MIGRATIONS)
}

pub(crate) fn migrate_by(conn: &mut Connection, migrations: &[&str]) -> Result<()> {
    let done = version(conn, migrations)?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    conn.create_scalar_function("sha256", 1, flags, |context| {
        Ok(Digest::of(context.get_raw(0).as_bytes()?).0)
    })?;
    open::set(conn, "foreign_keys", "0")?;
    for (version, migration) in (1_i64..).zip(migrations).skip(done) {
        let transaction = conn.transaction()?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    open::set(conn, "foreign_keys", "1")?;
    Ok(conn.remove_function("sha256", 1)?)
}

/// Refuses a file that this version cannot read.
pub(crate) fn check_version(conn: &Connection) -> Result<()> {
    version(conn, MIGRATIONS).map(|_| ())
}

/// Refuses a file whose tables, indexes, views or triggers are not those of its version. Rows are
/// checked by their root; a trigger that somebody left in a copy would change them later.
pub(crate) fn check_schema(conn: &Connection) -> Result<()> {
    let done = version(conn, MIGRATIONS)?;
    let mut fresh = Connection::open_in_memory()?;
    migrate_by(&mut fresh, MIGRATIONS.get(..done).unwrap_or(MIGRATIONS))?;
    let (expected, found) = (objects(&fresh)?, objects(conn)?);
    match expected.symmetric_difference(&found).next() {
        None => Ok(()),
        Some(Object { name, .. }) => Err(StoreError::Schema { name: name.clone() }),
    }
}

/// A line of `sqlite_schema`; a root page is an address, which differs.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Object {
    name: String,
    kind: String,
    table: String,
    /// `None` for the index of a constraint.
    sql: Option<String>,
}

fn objects(conn: &Connection) -> Result<BTreeSet<Object>> {
    conn.prepare("SELECT name, type, tbl_name, sql FROM sqlite_schema")?
        .query_map([], |row| {
            Ok(Object {
                name: row.get(0)?,
                kind: row.get(1)?,
                table: row.get(2)?,
                sql: row.get(3)?,
            })
        })?
        .map(|object| Ok(object?))
        .collect()
}

/// How many migrations a file has seen.
fn version(conn: &Connection, migrations: &[&str]) -> Result<usize> {
    check_owner(conn)?;
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    let found: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match usize::try_from(found) {
        Ok(done) if found <= known => Ok(done),
        _ => Err(StoreError::Newer { found, known }),
    }
}

/// Whether a file has seen the migration that made the table `tree_changes`.
pub(crate) fn has_tree_changes(conn: &Connection) -> Result<bool> {
    Ok(version(conn, MIGRATIONS)? >= 11)
}

/// Refuses a file that another program made, before anything in it is changed.
pub(crate) fn check_owner(conn: &Connection) -> Result<()> {
    let found: i32 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let objects: i64 =
        conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let is_empty = found == 0 && objects == 0;
    if found == APPLICATION_ID || is_empty {
        Ok(())
    } else {
        Err(StoreError::Foreign { found })
    }
}
