//! Makes the state of this node that of others, part by part.
//!
//! The rows may be those of no state at all until it is done. So the database says that it is under
//! way from the first part on, nobody reads it until then, and references between rows are looked at
//! once at the end. Every part is one transaction that leaves a tree of exactly the rows that are
//! there: whatever happens in between, what differs from the state that is wanted can be asked anew.

use std::collections::BTreeSet;

use idos_ledger::{LeafKeys, Row};
use idos_proof::{Difference, LeafKey, LeafValue, Part, Prefix, Root, SetChange, Tree};
use rusqlite::{Connection, params_from_iter};

use crate::{
    blocks::{self, Head},
    certificates, credentials, derived,
    error::{Result, StoreError},
    grants,
    leaf_changes::LeafChanges,
    leaf_rows, meta, open,
    rows::{self, StoredRow},
    set_changes, sql,
    state_tree::{self, StoredPages, TreeFault},
    table::RowKey,
    unwritten,
    write::Writer,
};

/// Under this name the database says that a sync is under way, with what the node noted about it.
const MARK: &str = "syncing";

/// How many rows are removed in one transaction. Few in tests, so that it takes several.
const AT_ONCE: usize = if cfg!(test) { 4 } else { 2_000 };

/// What was noted about the sync that is under way, if one is.
pub(crate) fn mark(conn: &Connection) -> Result<Option<String>> {
    meta::meta(conn, MARK)
}

impl Writer {
    /// What [`SyncWriter::begin`] noted, if a sync is under way: then nothing but a sync may go on
    /// with this database.
    pub fn sync_mark(&self) -> Result<Option<String>> {
        mark(&self.conn)
    }
}

/// The one connection that writes, during a sync.
#[derive(Debug)]
pub struct SyncWriter {
    writer: Writer,
    root: Root,
}

impl SyncWriter {
    /// Begins a sync, or goes on with one, and notes something about it. From now on nobody reads.
    pub fn begin(writer: Writer, mark: &str) -> Result<Self> {
        writer.writing.0.set_partial(true);
        open::set(&writer.conn, "foreign_keys", "0")?;
        unwritten::write_all(&writer.conn, &writer.writing.0)?;
        let pages = StoredPages::written(&writer.conn);
        let root = *Tree::open(&pages)?.root();
        meta::put(&writer.conn, MARK, mark)?;
        Ok(Self { writer, root })
    }

    /// Keeps changes of validators, and notes something else about the sync.
    pub fn keep(&mut self, changes: &[SetChange], mark: &str) -> Result<()> {
        let transaction = self.writer.conn.transaction()?;
        for change in changes {
            set_changes::keep(&transaction, change)?;
        }
        meta::put(&transaction, MARK, mark)?;
        Ok(transaction.commit()?)
    }

    /// The root of the rows that are there.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// The newest block of the state that the sync began with.
    pub fn head(&self) -> Result<Option<Head>> {
        blocks::head(self.conn())
    }

    /// Removes from regions what is in none of the parts that each is to consist of. Returns what they
    /// lack besides: leaves to put the rows of, and regions to ask for.
    pub fn strip(&mut self, regions: &[(Prefix, Vec<Part>)]) -> Result<Difference> {
        let mut lacking = Difference::default();
        let mut left = regions.iter();
        while let Some(remove) = self.differences(&mut left, &mut lacking)? {
            self.remove(&remove)?;
        }
        Ok(lacking)
    }

    /// Adds up what regions lack, until there is something to remove, which changes the tree: returns
    /// that.
    fn differences<'r>(
        &self,
        regions: &mut impl Iterator<Item = &'r (Prefix, Vec<Part>)>,
        lacking: &mut Difference,
    ) -> Result<Option<Vec<Prefix>>> {
        let pages = StoredPages::written(self.conn());
        let tree = Tree::open_at(&pages, &self.root)?;
        for (region, parts) in regions {
            let Difference { put, ask, remove } = tree.difference(region, parts)?;
            lacking.put.extend(put);
            lacking.ask.extend(ask);
            if !remove.is_empty() {
                return Ok(Some(remove));
            }
        }
        Ok(None)
    }

    /// The value of a leaf, if it is there.
    pub fn leaf(&self, key: &LeafKey) -> Result<Option<LeafValue>> {
        let pages = StoredPages::written(self.conn());
        Ok(Tree::open_at(&pages, &self.root)?.get(key)?)
    }

    /// Removes every row whose leaf lies in one of these regions, some at a time.
    pub fn remove(&mut self, regions: &[Prefix]) -> Result<()> {
        for region in regions {
            let mut after = None;
            loop {
                let pages = StoredPages::written(self.conn());
                let tree = Tree::open_at(&pages, &self.root)?;
                let leaves = tree.leaves(region, after.as_ref(), AT_ONCE)?;
                let Some(last) = leaves.last() else { break };
                after = Some(last.key);
                let rows = leaves
                    .iter()
                    // Index entries go with the rows that they follow from.
                    .filter(|leaf| !leaf.value.is_index())
                    .map(|leaf| leaf.key);
                let rows: Vec<_> = rows.collect();
                self.transaction(|conn, changes| {
                    for leaf in &rows {
                        let found = leaf_rows::numbered(conn, leaf)?;
                        let (seq, row) = found.ok_or(TreeFault::Leaf(*leaf))?;
                        delete(conn, changes, seq, &row.row)?;
                    }
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    /// Puts rows of the state that is wanted, in one transaction. Whatever is in their way is no
    /// part of that state, and goes.
    pub fn put<'r>(&mut self, rows: impl IntoIterator<Item = &'r StoredRow>) -> Result<()> {
        self.transaction(|conn, changes| {
            rows.into_iter().try_for_each(|row| put(conn, changes, row))
        })
    }

    /// Moves what was written to the database, and clears what was replaced.
    pub fn checkpoint(&mut self) -> Result<()> {
        self.writer.checkpoint().map(|_| ())
    }

    /// Ends the sync: from now on the state is that after the last of `blocks`, whose certificate
    /// this is, if there is one; `changes` are those of validators on the way there, `fixed` is the epoch
    /// whose validators the last block fixes, if it does, and `notes` are texts to be kept by name. Checks
    /// the tree against the rows, and references between rows. Everything is kept or nothing. Returns
    /// the root, which need not be checked again.
    pub fn finish<'n>(
        mut self,
        blocks: &[Head],
        certificate: Option<&[u8]>,
        changes: &[SetChange],
        fixed: Option<u64>,
        notes: impl IntoIterator<Item = (&'n str, String)>,
    ) -> Result<(Writer, Root)> {
        self.checkpoint()?;
        let transaction = self.writer.conn.transaction()?;
        let next = blocks::head(&transaction)?.map_or(0, |head| head.height.saturating_add(1));
        let found = blocks.last().map_or(0, |newest| newest.height);
        if found < next {
            return Err(StoreError::Height { next, found });
        }
        for block in blocks {
            if blocks::block(&transaction, block.height)?.is_none() {
                blocks::put(&transaction, block)?;
            }
        }
        if let (Some(newest), Some(certificate)) = (blocks.last(), certificate) {
            certificates::put(&transaction, newest.height, certificate)?;
        }
        for change in changes {
            set_changes::keep(&transaction, change)?;
        }
        // Changes were kept while another state was fetched, which may have been a later one.
        forget_changes_after(&transaction, found)?;
        certificates::forget_those_of_no_block(&transaction)?;
        if let Some(epoch) = fixed {
            // No later block proves it: who executed this one did.
            let pages = StoredPages::written(&transaction);
            set_changes::cut(&transaction, &pages, &self.root, found, epoch)?;
        }
        for (key, value) in notes {
            meta::put(&transaction, key, &value)?;
        }
        check_references(&transaction)?;
        // They were kept row by row; what was wrong before would stay wrong.
        derived::rebuild(&transaction)?;
        let root = state_tree::check_rows(&transaction)?;
        meta::delete(&transaction, MARK)?;
        transaction.commit()?;
        let Self { writer, .. } = self;
        open::set(&writer.conn, "foreign_keys", "1")?;
        writer.writing.0.set_partial(false);
        Ok((writer, root))
    }

    fn conn(&self) -> &Connection {
        &self.writer.conn
    }

    /// Changes rows, and the tree with them.
    fn transaction(
        &mut self,
        change: impl FnOnce(&Connection, &mut LeafChanges) -> Result<()>,
    ) -> Result<()> {
        let transaction = self.writer.conn.transaction()?;
        let mut changes = LeafChanges::default();
        change(&transaction, &mut changes)?;
        let root = state_tree::update(&transaction, &self.root, changes)?;
        transaction.commit()?;
        self.root = root;
        Ok(())
    }
}

fn put(conn: &Connection, changes: &mut LeafChanges, stored: &StoredRow) -> Result<()> {
    for (seq, row) in in_the_way(conn, stored)? {
        delete(conn, changes, seq, &row)?;
    }
    let StoredRow {
        row, place, salt, ..
    } = stored;
    rows::put(conn, row, *place, salt)?;
    let leaves = LeafKeys::of(row);
    leaf_rows::put(conn, &leaves.row, row.table(), conn.last_insert_rowid())?;
    changes.put(None, &leaves, row.leaf_value(*place, salt), salt);
    changes.settle();
    Ok(())
}

/// Rows that cannot be beside this one: the one with its key, and those that have something which
/// only one row has.
fn in_the_way(conn: &Connection, stored: &StoredRow) -> Result<Vec<(i64, Row)>> {
    let row = &stored.row;
    let table = row.table();
    let mut found = BTreeSet::new();
    let key = RowKey::from(row);
    let sql = format!("SELECT seq FROM {} WHERE {}", table.name(), key.condition());
    let values = params_from_iter(key.values());
    found.extend(sql::one(conn, table.name(), &sql, values, |row| {
        row.get::<_, i64>(0)
    })?);
    if let Some((condition, value)) = RowKey::unique(row) {
        let sql = format!("SELECT seq FROM {} WHERE {condition}", table.name());
        found.extend(sql::one(conn, table.name(), &sql, [value], |row| {
            row.get::<_, i64>(0)
        })?);
    }
    if table.is_ordered() {
        found.insert(sql::int(stored.place.0)?);
    }
    let mut rows = Vec::new();
    for seq in found {
        if let Some(other) = rows::numbered(conn, table, seq)? {
            rows.push((seq, other.row));
        }
    }
    Ok(rows)
}

fn delete(conn: &Connection, changes: &mut LeafChanges, seq: i64, row: &Row) -> Result<()> {
    match row {
        Row::AccessGrant(grant) => grants::delete(conn, grant.id)?,
        Row::Credential(credential) => credentials::delete(conn, credential.header.id)?,
        _ => RowKey::from(row).delete(conn)?,
    }
    let leaves = LeafKeys::of(row);
    leaf_rows::delete(conn, &leaves.row, row.table(), seq)?;
    changes.delete(&leaves);
    changes.settle();
    Ok(())
}

/// Forgets what a later height than this one proves of validators.
fn forget_changes_after(conn: &Connection, height: u64) -> Result<()> {
    let height = sql::int(height)?;
    for table in ["set_changes", "later_set_proofs"] {
        let forget = format!("DELETE FROM {table} WHERE height > ?1");
        sql::run(conn, table, &forget, [height])?;
    }
    Ok(())
}

/// Fails if a row refers to one that is not there.
fn check_references(conn: &Connection) -> Result<()> {
    let sql = "PRAGMA foreign_key_check";
    let dangling = sql::one(conn, "meta", sql, [], |row| row.get::<_, String>(0))?;
    dangling.map_or(Ok(()), |table| Err(StoreError::Dangling(table)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_checked_for_references_by_sqlite() {
        let conn = Connection::open_in_memory().unwrap();
        let schema = "PRAGMA foreign_keys = 0; CREATE TABLE a (id INTEGER PRIMARY KEY); \
                      CREATE TABLE b (a INTEGER REFERENCES a (id)); INSERT INTO b VALUES (1)";
        conn.execute_batch(schema).unwrap();
        assert!(
            matches!(check_references(&conn), Err(StoreError::Dangling(table)) if table == "b")
        );
        conn.execute_batch("INSERT INTO a VALUES (1)").unwrap();
        check_references(&conn).unwrap();
    }
}
