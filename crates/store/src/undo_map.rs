//! A map whose changes can be undone.

use std::collections::BTreeMap;

/// What becomes of things in a block, of which parts may be undone. Only the last change of each is kept,
/// to be written once, at the end.
#[derive(Debug)]
pub(crate) struct UndoMap<K, V> {
    latest: BTreeMap<K, V>,
    /// What `latest` held before each change.
    journal: Vec<(K, Option<V>)>,
}

impl<K: Ord + Copy, V> UndoMap<K, V> {
    pub(crate) fn set(&mut self, key: K, value: V) {
        let before = self.latest.insert(key, value);
        self.journal.push((key, before));
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.latest.get(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.latest.len()
    }

    /// A point to which [`UndoMap::undo_to`] goes back.
    pub(crate) fn mark(&self) -> usize {
        self.journal.len()
    }

    /// Undoes every change since `mark`.
    pub(crate) fn undo_to(&mut self, mark: usize) {
        while self.journal.len() > mark {
            let Some((key, before)) = self.journal.pop() else {
                return;
            };
            match before {
                Some(value) => self.latest.insert(key, value),
                None => self.latest.remove(&key),
            };
        }
    }

    /// Nothing before this point will be undone.
    pub(crate) fn settle(&mut self) {
        self.journal.clear();
    }

    /// What is left of the changes, in order of the keys.
    pub(crate) fn into_latest(self) -> BTreeMap<K, V> {
        self.latest
    }
}

impl<K, V> Default for UndoMap<K, V> {
    fn default() -> Self {
        Self {
            latest: BTreeMap::new(),
            journal: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undoing_restores_what_was_before_each_change() {
        let mut map = UndoMap::default();
        map.set(1, 'a');
        let outer = map.mark();
        map.set(1, 'b');
        let inner = map.mark();
        map.set(1, 'c');
        map.set(2, 'd');
        map.undo_to(inner);
        assert_eq!((map.get(&1), map.get(&2)), (Some(&'b'), None));
        map.undo_to(outer);
        assert_eq!(map.into_latest(), [(1, 'a')].into());
    }
}
