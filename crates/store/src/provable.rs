//! What proofs are cut from: the state tree and the rows that it commits, as one read sees them.

use idos_ledger::Key;
use idos_proof::{PageId, Pages, Tree};

use crate::{
    error::{Result, StoreError},
    pool::Snapshot,
    rows::{self, StoredRow},
    state_tree,
};

impl Pages for Snapshot<'_> {
    type Error = StoreError;

    fn load(&self, id: &PageId) -> Result<Option<Vec<u8>>> {
        state_tree::page(self.conn()?, id)
    }
}

impl<'c> Snapshot<'c> {
    /// The state tree, with the root of [`Snapshot::head`].
    pub fn tree(&self) -> Result<Tree<'_, Snapshot<'c>>> {
        let root = state_tree::known_root(self.conn()?)?;
        Ok(Tree::open_at(self, &root)?)
    }

    /// The row with this key, with what else its leaf commits: place, salt and schema version.
    pub fn stored_row(&self, key: &Key) -> Result<Option<StoredRow>> {
        rows::row(self.conn()?, &key.into())
    }
}
