//! How one row is written: inserted if no row has its key, over the one that has it otherwise.
//!
//! One statement could do either (`ON CONFLICT … DO UPDATE`). But one that might update a reference to
//! another table is run by SQLite with a journal of its own, into which it copies every page that it
//! changes: also where the row is new, as nearly all are.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use idos_ledger::{Place, Table};
use idos_types::Digest;
use rusqlite::{Connection, ToSql, params_from_iter};

use crate::{error::Result, sql};

/// A column and its value in one row.
pub(crate) type Column<'v> = (&'static str, &'v dyn ToSql);

/// What a row is written over, and its salt.
pub(crate) struct Put<'s> {
    over: Over,
    salt: &'s Digest,
}

#[derive(Clone, Copy)]
enum Over {
    /// No row has its key.
    Nothing(Place),
    /// The row with its key has this number in this database, and keeps it.
    Row(i64),
}

impl<'s> Put<'s> {
    /// As a new row, at this place if its table is ordered.
    pub(crate) fn new(place: Place, salt: &'s Digest) -> Self {
        Self {
            over: Over::Nothing(place),
            salt,
        }
    }

    /// Over the row with this number.
    pub(crate) fn over(seq: i64, salt: &'s Digest) -> Self {
        Self {
            over: Over::Row(seq),
            salt,
        }
    }

    /// Whether no row has its key.
    pub(crate) fn is_new(&self) -> bool {
        matches!(self.over, Over::Nothing(_))
    }

    /// Writes the row: the columns of its key, and the others but for those that every table has.
    pub(crate) fn row(
        &self,
        conn: &Connection,
        table: Table,
        key: &[Column<'_>],
        others: &[Column<'_>],
    ) -> Result<()> {
        let version = table.schema_version();
        let of_all: [Column<'_>; 2] = [("salt", &self.salt.0), ("schema_version", &version)];
        match self.over {
            Over::Nothing(place) => {
                // Without a place the database gives the row the next number.
                let seq = table.is_ordered().then(|| sql::int(place.0)).transpose()?;
                let seq: [Column<'_>; 1] = [("seq", &seq)];
                insert(conn, table, &[&seq[..], key, others, &of_all].concat())
            }
            Over::Row(seq) => update(conn, table, seq, &[others, &of_all].concat()),
        }
    }
}

thread_local! {
    /// The statement that inserts into each table: all rows of a table are inserted with the same columns.
    static INSERTS: RefCell<BTreeMap<Table, Rc<str>>> = RefCell::default();
}

fn insert(conn: &Connection, table: Table, columns: &[Column<'_>]) -> Result<()> {
    let sql = INSERTS.with_borrow_mut(|inserts| {
        let made = || inserting(table, columns);
        Rc::clone(inserts.entry(table).or_insert_with(made))
    });
    debug_assert_eq!(sql, inserting(table, columns), "one statement of a table");
    run(conn, table, &sql, columns.iter().map(|(_, value)| *value))
}

fn inserting(table: Table, columns: &[Column<'_>]) -> Rc<str> {
    let (mut names, mut values) = (String::new(), String::new());
    for (name, _) in columns {
        let comma = if names.is_empty() { "" } else { ", " };
        names.extend([comma, *name]);
        values.extend([comma, "?"]);
    }
    format!("INSERT INTO {} ({names}) VALUES ({values})", table.name()).into()
}

fn update(conn: &Connection, table: Table, seq: i64, columns: &[Column<'_>]) -> Result<()> {
    let mut set = String::new();
    for (name, _) in columns {
        let comma = if set.is_empty() { "" } else { ", " };
        set.extend([comma, *name, " = ?"]);
    }
    let sql = format!("UPDATE {} SET {set} WHERE seq = ?", table.name());
    let seq: &dyn ToSql = &seq;
    let values = columns.iter().map(|(_, value)| *value).chain([seq]);
    run(conn, table, &sql, values)
}

fn run<'v>(
    conn: &Connection,
    table: Table,
    sql: &str,
    values: impl Iterator<Item = &'v dyn ToSql>,
) -> Result<()> {
    sql::run(conn, table.name(), sql, params_from_iter(values)).map(|_| ())
}
