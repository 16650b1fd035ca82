//! Running one statement, with errors that name the table.

use std::fmt;

use idos_types::{Digest, Uuid};
use rusqlite::{Connection, OptionalExtension, Params, Row, types::Type};
use thiserror::Error;

use crate::error::{Result, StoreError};

/// The first row, if there is one.
pub(crate) fn one<T>(
    conn: &Connection,
    table: &'static str,
    sql: &str,
    params: impl Params,
    map: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>> {
    record(sql);
    conn.prepare_cached(sql)
        .and_then(|mut statement| statement.query_row(params, map).optional())
        .map_err(|error| StoreError::of(table, error))
}

/// Every row.
pub(crate) fn many<T>(
    conn: &Connection,
    table: &'static str,
    sql: &str,
    params: impl Params,
    map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    record(sql);
    conn.prepare_cached(sql)
        .and_then(|mut statement| statement.query_map(params, map)?.collect())
        .map_err(|error| StoreError::of(table, error))
}

/// Hands every row, read by `map`, to `f`, one at a time.
pub(crate) fn each<T>(
    conn: &Connection,
    table: &'static str,
    sql: &str,
    params: impl Params,
    mut map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    mut f: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    record(sql);
    let of = |error| StoreError::of(table, error);
    let mut statement = conn.prepare_cached(sql).map_err(of)?;
    let mut rows = statement.query(params).map_err(of)?;
    while let Some(row) = rows.next().map_err(of)? {
        f(map(row).map_err(of)?)?;
    }
    Ok(())
}

/// Whether there is a row.
pub(crate) fn exists(
    conn: &Connection,
    table: &'static str,
    sql: &str,
    params: impl Params,
) -> Result<bool> {
    Ok(one(conn, table, sql, params, |_| Ok(()))?.is_some())
}

/// Executes a change and returns how many rows it reached.
pub(crate) fn run(
    conn: &Connection,
    table: &'static str,
    sql: &str,
    params: impl Params,
) -> Result<usize> {
    record(sql);
    conn.prepare_cached(sql)
        .and_then(|mut statement| statement.execute(params))
        .map_err(|error| StoreError::of(table, error))
}

/// Executes a change once with each of these parameters.
pub(crate) fn run_each<P: Params>(
    conn: &Connection,
    table: &'static str,
    sql: &str,
    params: impl Iterator<Item = P>,
) -> Result<()> {
    record(sql);
    let of = |error| StoreError::of(table, error);
    let mut statement = conn.prepare_cached(sql).map_err(of)?;
    for params in params {
        statement.execute(params).map_err(of)?;
    }
    Ok(())
}

/// Begins or ends a transaction or a part of one.
pub(crate) fn control(conn: &Connection, sql: &str) -> Result<()> {
    conn.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// A number as SQL stores it.
pub(crate) fn int(number: u64) -> Result<i64> {
    i64::try_from(number).map_err(|_| StoreError::TooLarge(number))
}

/// A number of rows for LIMIT or OFFSET, where SQL would take a negative one for "all".
pub(crate) fn rows(count: i64) -> i64 {
    count.max(0)
}

/// A number of rows for LIMIT.
pub(crate) fn limit(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// An unsigned column.
pub(crate) fn uint(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

/// A column that counts things.
pub(crate) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<usize> {
    Ok(usize::try_from(uint(row, column)?).unwrap_or(usize::MAX))
}

/// A column of ids.
pub(crate) fn id<T: From<Uuid>>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    row.get::<_, Uuid>(column).map(T::from)
}

/// A digest column.
pub(crate) fn digest(row: &Row<'_>, column: usize) -> rusqlite::Result<Digest> {
    row.get(column).map(Digest)
}

/// A column of names, read by `parse`.
pub(crate) fn named<T>(
    row: &Row<'_>,
    column: usize,
    parse: impl FnOnce(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    let value = row.get_ref(column)?;
    let parsed = value.as_str().ok().and_then(parse);
    parsed.ok_or_else(|| unknown(column, value.data_type()))
}

/// The error for a value that this node never writes. It does not repeat it: it may be personal.
pub(crate) fn unknown(column: usize, found: Type) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, found, Box::new(UnknownValue(column)))
}

#[derive(Debug, Error)]
struct UnknownValue(usize);

impl fmt::Display for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {} of the answer has no known value", self.0)
    }
}

#[cfg(not(test))]
fn record(_: &str) {}

// Tests ask SQLite for the plan of whatever was executed, so that no query escapes them.
#[cfg(test)]
fn record(sql: &str) {
    EXECUTED.with_borrow_mut(|executed| executed.insert(sql.to_owned()));
}

#[cfg(test)]
thread_local! {
    /// Every statement that this thread executed.
    pub(crate) static EXECUTED: std::cell::RefCell<std::collections::BTreeSet<String>> =
        const { std::cell::RefCell::new(std::collections::BTreeSet::new()) };
}
