//! What proofs are cut from: the state tree and the rows that it commits, as one read sees them.

use idos_ledger::Key;
use idos_proof::{Leaf, PageId, Pages, Tree};

use crate::{
    error::{Result, StoreError},
    leaf_rows,
    pool::Snapshot,
    rows::{self, StoredRow},
    state_tree::{self, TreeFault},
};

impl Pages for Snapshot<'_> {
    type Error = StoreError;

    fn load(&self, id: &PageId) -> Result<Option<Vec<u8>>> {
        state_tree::page(self.conn()?, self.unwritten()?, id)
    }
}

impl<'c> Snapshot<'c> {
    /// The state tree, with the root of [`Snapshot::head`].
    pub fn tree(&self) -> Result<Tree<'_, Snapshot<'c>>> {
        let root = state_tree::known_root(self.conn()?)?;
        Ok(Tree::open_at(self, &root)?)
    }

    /// The row that a leaf of the tree commits; `None` if the leaf is an index entry.
    pub fn row_of(&self, leaf: &Leaf) -> Result<Option<StoredRow>> {
        if leaf.value.is_index() {
            return Ok(None);
        }
        match leaf_rows::row(self.conn()?, &leaf.key)? {
            Some(row) => Ok(Some(row)),
            None => Err(TreeFault::Leaf(leaf.key).into()),
        }
    }

    /// The row that this very leaf commits, if it is there.
    pub fn committed_row(&self, leaf: &Leaf) -> Result<Option<StoredRow>> {
        let row = leaf_rows::row(self.conn()?, &leaf.key)?;
        Ok(row.filter(|stored| stored.row.leaf_value(stored.place, &stored.salt) == leaf.value))
    }

    /// The row with this key, with what else its leaf commits: place, salt and schema version.
    pub fn stored_row(&self, key: &Key) -> Result<Option<StoredRow>> {
        rows::row(self.conn()?, &key.into())
    }
}
