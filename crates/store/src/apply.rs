//! Writing changes of rows, and of their leaves.

use std::collections::BTreeMap;

use idos_ledger::{Change, CredentialHeader, Key, LeafKeys, Place, Row, Table};
use idos_proof::LeafValue;
use idos_types::Digest;
use rusqlite::Connection;

use crate::{
    credentials,
    error::{Result, StoreError},
    grants,
    leaf_changes::LeafChanges,
    leaf_rows::LeafRows,
    put::Put,
    rows::{self, Predecessor},
    salt::SaltSeed,
    table::{RowKey, is_referred_to},
};

/// When a change is made, relative to the others of its list.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// First go the rows that nothing refers to: that frees what is unique about them, and the rows
    /// that they refer to.
    DeleteReferring(std::cmp::Reverse<Table>),
    /// Then rows are put, those that are referred to before those that refer to them.
    Put(Table),
    /// Last go the rows that were referred to, in case a row put just now stopped doing so.
    DeleteReferredTo(std::cmp::Reverse<Table>),
}

/// What a block changes beside the rows themselves.
#[derive(Debug)]
pub(crate) struct Changed {
    height: u64,
    /// How many rows were first written.
    rows: u32,
    /// Whether it removes or replaces a row that tells about somebody, also if that was undone.
    pub(crate) is_removing: bool,
    pub(crate) leaves: LeafChanges,
    pub(crate) leaf_rows: LeafRows,
}

/// A point to which [`Changed::undo_to`] goes back.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    rows: u32,
    leaves: usize,
    leaf_rows: usize,
}

impl Changed {
    pub(crate) fn new(height: u64) -> Self {
        Self {
            height,
            rows: 0,
            is_removing: false,
            leaves: LeafChanges::default(),
            leaf_rows: LeafRows::default(),
        }
    }

    /// Where it is now.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            rows: self.rows,
            leaves: self.leaves.mark(),
            leaf_rows: self.leaf_rows.mark(),
        }
    }

    /// Undoes everything since `mark`.
    pub(crate) fn undo_to(&mut self, mark: Mark) {
        self.rows = mark.rows;
        self.leaves.undo_to(mark.leaves);
        self.leaf_rows.undo_to(mark.leaf_rows);
    }

    /// Nothing before this point will be undone.
    pub(crate) fn settle(&mut self) {
        self.leaves.settle();
        self.leaf_rows.settle();
    }

    fn next_place(&mut self) -> Result<Place> {
        let too_large = || StoreError::TooLarge(self.height);
        let place = Place::new(self.height, self.rows).ok_or_else(too_large)?;
        self.rows += 1;
        Ok(place)
    }
}

/// Makes these changes as one: in whatever order they are listed, no reference dangles between two
/// of them. Of several changes to one row the last counts. Within a step the order of the list is
/// kept, since lists of the state come in the order of writing.
pub(crate) fn apply(
    conn: &Connection,
    changed: &mut Changed,
    changes: &[Change],
    seed: &SaltSeed,
) -> Result<()> {
    let mut latest: BTreeMap<RowKey, usize> = BTreeMap::new();
    for (index, change) in changes.iter().enumerate() {
        latest.insert(key_of(change), index);
    }
    let mut ordered: Vec<_> = latest
        .into_iter()
        .filter_map(|(key, index)| Some((key, index, changes.get(index)?)))
        .collect();
    ordered.sort_by_key(|(key, index, change)| (step(key.table, change), *index));
    for (row_key, _, change) in ordered {
        match change {
            Change::Delete(key) => delete(conn, changed, key, &row_key)?,
            Change::Put(row) => {
                let before = rows::predecessor(conn, &row_key)?;
                put_over(conn, changed, row, &row_key, before, seed)?;
            }
            Change::PutHeader(header) => put_header(conn, changed, header, &row_key, seed)?,
        }
    }
    Ok(())
}

fn key_of(change: &Change) -> RowKey {
    match change {
        Change::Put(row) => row.into(),
        Change::PutHeader(header) => (&Key::Credential(header.id)).into(),
        Change::Delete(key) => key.into(),
    }
}

fn step(table: Table, change: &Change) -> Step {
    match change {
        Change::Put(_) | Change::PutHeader(_) => Step::Put(table),
        Change::Delete(_) if is_referred_to(table) => {
            Step::DeleteReferredTo(std::cmp::Reverse(table))
        }
        Change::Delete(_) => Step::DeleteReferring(std::cmp::Reverse(table)),
    }
}

/// Writes one row instead of what was stored of it before. Its leaf is computed from it now, so that nothing large is read again.
pub(crate) fn put_over(
    conn: &Connection,
    changed: &mut Changed,
    row: &Row,
    key: &RowKey,
    before: Option<Predecessor>,
    seed: &SaltSeed,
) -> Result<()> {
    let salt = seed.salt(key, before.as_ref().map(|before| &before.salt));
    let place = match &before {
        Some(before) => before.place,
        None if key.table.is_ordered() => changed.next_place()?,
        None => Place::default(),
    };
    match &before {
        Some(before) => rows::replace(conn, row, before.seq, &salt)?,
        None => rows::put(conn, row, place, &salt)?,
    }
    let value = row.leaf_value(place, &salt);
    let now = Commitment {
        leaves: LeafKeys::of(row),
        value,
        salt,
    };
    commit_to(conn, changed, key.table, before, &now);
    Ok(())
}

/// Writes everything but the content of a credential, if there is one.
fn put_header(
    conn: &Connection,
    changed: &mut Changed,
    header: &CredentialHeader,
    key: &RowKey,
    seed: &SaltSeed,
) -> Result<()> {
    let before = rows::predecessor(conn, key)?;
    let content = credentials::content_digest(conn, header.id)?;
    let (Some(before), Some(content)) = (before, content) else {
        return Ok(());
    };
    let salt = seed.salt(key, Some(&before.salt));
    credentials::put_header(conn, header, &Put::over(before.seq, &salt))?;
    let value = header.leaf_value(before.place, &salt, &content);
    let now = Commitment {
        leaves: LeafKeys::credential(header.id, header.user_id),
        value,
        salt,
    };
    commit_to(conn, changed, key.table, Some(before), &now);
    Ok(())
}

/// What commits a row: where, and what its leaves are made of.
struct Commitment {
    leaves: LeafKeys,
    value: LeafValue,
    salt: Digest,
}

/// Notes what commits a row that was just written, as the last one if it is new.
fn commit_to(
    conn: &Connection,
    changed: &mut Changed,
    table: Table,
    before: Option<Predecessor>,
    now: &Commitment,
) {
    let leaf = &now.leaves.row;
    // What was the nonce of an account tells nothing about anybody.
    changed.is_removing |= before.is_some() && table != Table::Accounts;
    match &before {
        None => changed.leaf_rows.put(leaf, table, conn.last_insert_rowid()),
        Some(Predecessor {
            seq,
            leaves: Some(before),
            ..
        }) if before.row != *leaf => {
            changed.leaf_rows.delete(&before.row, table, *seq);
            changed.leaf_rows.put(leaf, table, *seq);
        }
        Some(_) => {}
    }
    let leaves_before = before.and_then(|before| before.leaves);
    let (leaves, value, salt) = (&now.leaves, now.value, &now.salt);
    changed
        .leaves
        .put(leaves_before.as_ref(), leaves, value, salt);
}

fn delete(conn: &Connection, changed: &mut Changed, key: &Key, row_key: &RowKey) -> Result<()> {
    let Some(before) = rows::predecessor(conn, row_key)? else {
        return Ok(());
    };
    changed.is_removing = true;
    match key {
        Key::AccessGrant(id) => grants::delete(conn, *id)?,
        Key::Credential(id) => credentials::delete(conn, *id)?,
        _ => row_key.delete(conn)?,
    }
    if let Some(leaves) = LeafKeys::of_key(key).or(before.leaves) {
        changed
            .leaf_rows
            .delete(&leaves.row, row_key.table, before.seq);
        changed.leaves.delete(&leaves);
    }
    Ok(())
}
