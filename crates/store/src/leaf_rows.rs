//! Table `leaf_rows`: which row a leaf commits.

use idos_ledger::{LeafKeys, Table};
use idos_proof::LeafKey;
use rusqlite::{Connection, params};

use crate::{
    error::Result,
    rows::{self, StoredRow},
    sql,
    undo_map::UndoMap,
};

const TABLE: &str = "leaf_rows";

/// The number of a table, which databases hold: never used for another one.
fn source(table: Table) -> i64 {
    match table {
        Table::Users => 1,
        Table::Wallets => 2,
        Table::Credentials => 3,
        Table::CredentialCopies => 4,
        Table::Attributes => 5,
        Table::AttributeCopies => 6,
        Table::AccessGrants => 7,
        Table::Inserters => 8,
        Table::Delegates => 9,
        Table::Parties => 10,
        Table::PartyKeys => 11,
        Table::UsedWriteGrants => 12,
        Table::SpentMessages => 13,
        Table::Due => 14,
        Table::Accounts => 15,
        Table::Validators => 16,
        Table::ValidatorSets => 17,
        Table::Motions => 18,
        Table::Votes => 19,
        Table::Parameters => 20,
        Table::AttributeGrants => 21,
    }
}

/// Eight bytes of the key: both halves count, since whole tables share the first.
fn bytes(leaf: &LeafKey) -> i64 {
    let first = |half: [u8; 32]| {
        let (first, _) = half.split_at(8);
        first
            .iter()
            .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte))
    };
    let mixed = first(leaf.list().0.0) ^ first(leaf.element().0.0);
    i64::from_be_bytes(mixed.to_be_bytes())
}

const PUT: &str = "INSERT INTO leaf_rows (leaf, source, seq) VALUES (?1, ?2, ?3)";
const DELETE: &str = "DELETE FROM leaf_rows WHERE leaf = ?1 AND source = ?2 AND seq = ?3";

/// A row of the table.
type LeafRow = (i64, i64, i64);

fn leaf_row(leaf: &LeafKey, table: Table, seq: i64) -> LeafRow {
    (bytes(leaf), source(table), seq)
}

pub(crate) fn put(conn: &Connection, leaf: &LeafKey, table: Table, seq: i64) -> Result<()> {
    sql::run(conn, TABLE, PUT, leaf_row(leaf, table, seq)).map(|_| ())
}

pub(crate) fn delete(conn: &Connection, leaf: &LeafKey, table: Table, seq: i64) -> Result<()> {
    sql::run(conn, TABLE, DELETE, leaf_row(leaf, table, seq)).map(|_| ())
}

/// What a block changes of this, until it ends. Then it is written at once, in the order of the table:
/// nothing that happens in a block asks for it.
#[derive(Debug, Default)]
pub(crate) struct LeafRows(UndoMap<LeafRow, Presence>);

/// Whether a row of the table is there.
#[derive(Debug)]
struct Presence {
    before: bool,
    now: bool,
}

impl LeafRows {
    /// A leaf commits this row from now on.
    pub(crate) fn put(&mut self, leaf: &LeafKey, table: Table, seq: i64) {
        self.set(leaf_row(leaf, table, seq), true);
    }

    /// It does no more.
    pub(crate) fn delete(&mut self, leaf: &LeafKey, table: Table, seq: i64) {
        self.set(leaf_row(leaf, table, seq), false);
    }

    fn set(&mut self, row: LeafRow, now: bool) {
        // Only what is there is deleted, and only what is not is put.
        let before = self.0.get(&row).map_or(!now, |known| known.before);
        self.0.set(row, Presence { before, now });
    }

    /// A point to which [`LeafRows::undo_to`] goes back.
    pub(crate) fn mark(&self) -> usize {
        self.0.mark()
    }

    /// Undoes every change since `mark`.
    pub(crate) fn undo_to(&mut self, mark: usize) {
        self.0.undo_to(mark);
    }

    /// Nothing before this point will be undone.
    pub(crate) fn settle(&mut self) {
        self.0.settle();
    }

    /// Writes what is left of the changes.
    pub(crate) fn write(self, conn: &Connection) -> Result<()> {
        let latest = self.0.into_latest().into_iter();
        let changed = latest.filter(|(_, known)| known.before != known.now);
        let (put, deleted): (Vec<_>, Vec<_>) = changed.partition(|(_, known)| known.now);
        sql::run_each(conn, TABLE, DELETE, deleted.into_iter().map(|(row, _)| row))?;
        sql::run_each(conn, TABLE, PUT, put.into_iter().map(|(row, _)| row))
    }
}

/// Whether it is known that the leaf commits this row.
pub(crate) fn contains(conn: &Connection, leaf: &LeafKey, table: Table, seq: i64) -> Result<bool> {
    let sql = "SELECT 1 FROM leaf_rows WHERE leaf = ?1 AND source = ?2 AND seq = ?3";
    sql::exists(conn, TABLE, sql, params![bytes(leaf), source(table), seq])
}

/// How many rows are known.
pub(crate) fn count(conn: &Connection) -> Result<u64> {
    let sql = "SELECT count(*) FROM leaf_rows";
    let count = sql::one(conn, TABLE, sql, [], |row| sql::uint(row, 0))?;
    Ok(count.unwrap_or_default())
}

/// The row that a leaf commits; `None` if it is an index entry, or there is no such leaf.
pub(crate) fn row(conn: &Connection, leaf: &LeafKey) -> Result<Option<StoredRow>> {
    Ok(numbered(conn, leaf)?.map(|(_, row)| row))
}

/// The same, with its number in this database.
pub(crate) fn numbered(conn: &Connection, leaf: &LeafKey) -> Result<Option<(i64, StoredRow)>> {
    let sql = "SELECT source, seq FROM leaf_rows WHERE leaf = ?1";
    let found: Vec<(i64, i64)> = sql::many(conn, TABLE, sql, [bytes(leaf)], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    for (number, seq) in found {
        let table = Table::ALL
            .into_iter()
            .find(|table| source(*table) == number);
        let Some(table) = table else { continue };
        // Of another row with the same bytes, the key tells.
        let row = rows::numbered(conn, table, seq)?;
        if let Some(row) = row.filter(|row| LeafKeys::of(&row.row).row == *leaf) {
            return Ok(Some((seq, row)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_numbers_of_their_own() {
        let numbers: std::collections::BTreeSet<_> = Table::ALL.map(source).into();
        assert_eq!(numbers.len(), Table::ALL.len());
    }
}
