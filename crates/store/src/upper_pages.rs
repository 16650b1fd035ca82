//! Pages of the upper levels of the state tree in memory: every block needs them, and they are few.

use std::{cell::RefCell, collections::HashMap};

use idos_proof::{PageId, Pages, Root};
use rusqlite::{CachedStatement, Connection, OptionalExtension};

use crate::{
    error::{Result, StoreError},
    sql,
    state_tree::{LOAD, TABLE},
};

/// Pages are kept whose prefix has at most so many bits: 1, 16, 256 and 4,096 of them, of less than a
/// kilobyte each as long as their children are pages.
const BITS: u16 = 12;

/// The pages that are kept, of the tree with one root. A root commits all of its pages, so whoever
/// knows the root of the tree in the database knows whether they are those of it, whatever has written
/// the tree meanwhile.
#[derive(Debug, Default)]
pub(crate) struct UpperPages {
    root: Option<Root>,
    bodies: HashMap<PageId, Vec<u8>>,
}

impl UpperPages {
    /// What is kept of the tree with this root: nothing if it was of another.
    fn of(self, root: &Root) -> Self {
        if self.root.as_ref() == Some(root) {
            return self;
        }
        Self {
            root: Some(*root),
            bodies: HashMap::new(),
        }
    }

    /// Says what has become of a page, `None` if it is gone.
    pub(crate) fn change(&mut self, id: PageId, body: Option<Vec<u8>>) {
        match body {
            Some(body) if is_kept(&id) => self.bodies.insert(id, body),
            _ => self.bodies.remove(&id),
        };
    }

    /// Says that what was changed made it the tree with this root.
    pub(crate) fn now_of(self, root: Root) -> Self {
        Self {
            root: Some(root),
            ..self
        }
    }

    #[cfg(test)]
    pub(crate) fn bodies(&self) -> &HashMap<PageId, Vec<u8>> {
        &self.bodies
    }
}

fn is_kept(id: &PageId) -> bool {
    id.prefix().bits() <= BITS
}

/// The pages as one transaction sees them that has not written any. What is kept is not read again,
/// and what is read is kept.
pub(crate) struct KeptPages<'c> {
    load: RefCell<CachedStatement<'c>>,
    upper: RefCell<UpperPages>,
}

impl<'c> KeptPages<'c> {
    /// The pages of a database whose tree has this root.
    pub(crate) fn new(conn: &'c Connection, upper: UpperPages, root: &Root) -> Result<Self> {
        Ok(Self {
            load: RefCell::new(sql::prepare(conn, TABLE, LOAD)?),
            upper: RefCell::new(upper.of(root)),
        })
    }

    /// What is kept of them now.
    pub(crate) fn into_upper(self) -> UpperPages {
        self.upper.into_inner()
    }
}

impl Pages for KeptPages<'_> {
    type Error = StoreError;

    fn load(&self, id: &PageId) -> Result<Option<Vec<u8>>> {
        if let Some(body) = self.upper.borrow().bodies.get(id) {
            return Ok(Some(body.clone()));
        }
        let found = self
            .load
            .borrow_mut()
            .query_row([id.to_bytes()], |row| row.get::<_, Vec<u8>>(0))
            .optional()
            .map_err(|error| StoreError::of(TABLE, error))?;
        if let Some(body) = &found
            && is_kept(id)
        {
            self.upper.borrow_mut().change(*id, Some(body.clone()));
        }
        Ok(found)
    }
}
