//! Clearing pages of what was in rows that are gone: what SQLite itself leaves, see `page_gap`.
//!
//! Only pages that are written get a gap with anything in it, and they are written to the log first. So each page in
//! the log is looked at before the log is moved to the database. What was in the database before that was so is
//! looked at once, when it is opened.

use rusqlite::{Connection, OptionalExtension as _, config::DbConfig, params};

use crate::{
    checkpoint,
    error::{Result, StoreError},
    log_pages::LogPages,
    meta, page_gap,
};

/// Under this name the database says that not all of its pages were looked at.
const MARK: &str = "unscrubbed";

/// How many pages are read before those that need it are written, in one transaction: 8 MB.
const AT_ONCE: usize = 2_000;

/// Refuses an SQLite that gives no access to its pages, and a database with pages that are of no known kind.
pub(crate) fn check(conn: &Connection) -> Result<()> {
    let sql = "SELECT sqlite_compileoption_used('ENABLE_DBPAGE_VTAB')";
    if !conn.query_row(sql, [], |row| row.get(0))? {
        return Err(StoreError::NoPages);
    }
    // Only such a database has pages that map others.
    crate::open::set(conn, "auto_vacuum", "0")
}

/// Clears all pages of a database that says that it is due. A crash in between lets it begin anew.
pub(crate) fn all_if_due(conn: &Connection) -> Result<()> {
    if meta::meta(conn, MARK)?.is_some() {
        all(conn)?;
        meta::delete(conn, MARK)?;
    }
    Ok(())
}

/// Clears all pages of the database.
pub(crate) fn all(conn: &Connection) -> Result<()> {
    let mut numbers = 1..=page_count(conn)?;
    loop {
        let some: Vec<_> = numbers.by_ref().take(AT_ONCE).collect();
        if some.is_empty() {
            return Ok(());
        }
        clear(conn, &some)?;
        // The log would become as long as the database.
        checkpoint::move_pages(conn)?;
    }
}

/// Clears the pages that are in the log. What is there already is not looked at again.
pub(crate) fn log(conn: &Connection, log: &mut LogPages) -> Result<()> {
    let count = page_count(conn)?;
    let found = log.unseen(conn, |number, page| {
        page_gap::holds_rest(page, number, count)
    })?;
    let numbers: Vec<_> = found.into_iter().collect();
    for some in numbers.chunks(AT_ONCE) {
        clear(conn, some)?;
    }
    log.see_all(conn)
}

/// Clears these pages, in one transaction.
fn clear(conn: &Connection, numbers: &[u32]) -> Result<()> {
    let transaction = conn.unchecked_transaction()?;
    let count = page_count(conn)?;
    let mut statement = conn.prepare_cached("SELECT data FROM sqlite_dbpage WHERE pgno = ?1")?;
    let mut cleared = Vec::new();
    for number in numbers {
        let page = statement.query_row([number], |row| {
            let page = row.get_ref(0)?.as_blob()?;
            Ok(page_gap::cleared(page, *number, count))
        });
        if let Some(page) = page.optional()?.flatten() {
            cleared.push((*number, page));
        }
    }
    drop(statement);
    if !cleared.is_empty() {
        write(conn, &cleared)?;
    }
    Ok(transaction.commit()?)
}

fn write(conn: &Connection, pages: &[(u32, Vec<u8>)]) -> Result<()> {
    // Refused to every other statement.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)?;
    let sql = "UPDATE sqlite_dbpage SET data = ?2 WHERE pgno = ?1";
    let written = conn.prepare_cached(sql).and_then(|mut statement| {
        let mut pages = pages.iter();
        pages.try_for_each(|(number, page)| statement.execute(params![number, page]).map(|_| ()))
    });
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    Ok(written?)
}

fn page_count(conn: &Connection) -> Result<u32> {
    Ok(conn.pragma_query_value(None, "page_count", |row| row.get(0))?)
}
