//! The leaves that a block changes, until it ends.

use idos_ledger::LeafKeys;
use idos_proof::{Change, Leaf, LeafKey, LeafValue};
use idos_types::Digest;

use crate::undo_map::UndoMap;

/// What becomes of each leaf that a block changes. Only the last change of a leaf is kept: the tree
/// is changed once, at the end.
#[derive(Debug, Default)]
pub(crate) struct LeafChanges(UndoMap<LeafKey, Option<LeafValue>>);

impl LeafChanges {
    /// A row with this value and salt now has the leaves `now`; before, it had `before`.
    pub(crate) fn put(
        &mut self,
        before: Option<&LeafKeys>,
        now: &LeafKeys,
        value: LeafValue,
        salt: &Digest,
    ) {
        if let Some(before) = before {
            if before.row != now.row {
                self.set(before.row, None);
            }
            for key in before.index.iter().filter(|key| !now.index.contains(key)) {
                self.set(*key, None);
            }
        }
        now.leaves(value, salt).for_each(|leaf| self.add(leaf));
    }

    /// A row with these leaves is no more.
    pub(crate) fn delete(&mut self, leaves: &LeafKeys) {
        for key in std::iter::once(&leaves.row).chain(&leaves.index) {
            self.set(*key, None);
        }
    }

    /// There is a new leaf.
    pub(crate) fn add(&mut self, leaf: Leaf) {
        self.set(leaf.key, Some(leaf.value));
    }

    fn set(&mut self, key: LeafKey, value: Option<LeafValue>) {
        self.0.set(key, value);
    }

    /// A point to which [`LeafChanges::undo_to`] goes back.
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

    /// How many leaves are changed.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The changes in order of their keys.
    pub(crate) fn into_batch(self) -> Vec<Change> {
        self.0.into_latest().into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(row: u8, index: &[u8]) -> LeafKeys {
        LeafKeys {
            row: LeafKey([row; 64]),
            index: index.iter().map(|byte| LeafKey([*byte; 64])).collect(),
        }
    }

    fn batch(changes: LeafChanges) -> Vec<(u8, bool)> {
        let batch = changes.into_batch().into_iter();
        batch
            .map(|(key, value)| (key.0[0], value.is_some()))
            .collect()
    }

    #[test]
    fn a_row_that_moves_leaves_its_old_lists() {
        let mut changes = LeafChanges::default();
        let (value, salt) = (LeafValue(Digest::default()), Digest::default());
        changes.put(Some(&keys(1, &[2, 3])), &keys(4, &[3, 5]), value, &salt);
        let expected = [(1, false), (2, false), (3, true), (4, true), (5, true)];
        assert_eq!(batch(changes), expected);
    }
}
