//! A store of pages in memory, and leaves that crowd each other.

use std::{collections::BTreeMap, convert::Infallible};

use idos_proof::{Change, Leaf, LeafKey, LeafValue, PageId, Pages, Root, Tree};
use idos_types::Digest;
use proptest::prelude::*;

/// Leaves by key.
pub type Leaves = BTreeMap<LeafKey, LeafValue>;

/// Pages in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Store(pub BTreeMap<PageId, Vec<u8>>);

impl Pages for Store {
    type Error = Infallible;

    fn load(&self, id: &PageId) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.0.get(id).cloned())
    }
}

impl Store {
    pub fn tree(&self) -> Tree<'_, Self> {
        Tree::open(self).unwrap()
    }

    /// Applies a batch, and checks that only what differs is written.
    pub fn apply(&mut self, batch: &[Change]) -> Root {
        let update = self.tree().update(batch).unwrap();
        for (id, page) in update.pages {
            match page {
                Some(bytes) => assert_ne!(self.0.insert(id, bytes.clone()), Some(bytes)),
                None => assert!(self.0.remove(&id).is_some(), "{id:?} was not there"),
            }
        }
        update.root
    }

    /// The store that holds these leaves.
    pub fn of(leaves: &Leaves) -> Self {
        let mut store = Self::default();
        let batch: Vec<_> = leaves
            .iter()
            .map(|(key, value)| (*key, Some(*value)))
            .collect();
        store.apply(&batch);
        store
    }
}

/// The leaves as a slice has them.
pub fn sorted(leaves: &Leaves) -> Vec<Leaf> {
    let leaf = |(key, value): (&LeafKey, &LeafValue)| Leaf {
        key: *key,
        value: *value,
    };
    leaves.iter().map(leaf).collect()
}

/// Keys of which many begin alike, for every length of "alike".
pub fn keys() -> impl Strategy<Value = LeafKey> {
    let places = prop_oneof![
        Just(0),
        Just(1),
        Just(31),
        Just(32),
        Just(33),
        Just(63),
        0..64_usize
    ];
    let bytes = prop_oneof![Just(0x80), Just(0x08), Just(0x01), any::<u8>()];
    prop::collection::vec((places, bytes), 0..4).prop_map(|edits| {
        let mut key = [0; 64];
        for (place, byte) in edits {
            key[place] = byte;
        }
        LeafKey(key)
    })
}

pub fn values() -> impl Strategy<Value = LeafValue> {
    any::<u8>().prop_map(|byte| LeafValue(Digest([byte; 32])))
}
