//! The tree against its specification.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    missing_docs,
    reason = "helpers of tests may fail like tests"
)]

mod support;

use std::{cell::RefCell, collections::BTreeMap, fmt};

use idos_proof::{
    Change, Claim, Leaf, LeafKey, LeafValue, OutOfOrder, PageBuilder, PageError, PageId, Pages,
    Prefix, Proof, Root, RootBuilder, Tree, TreeError, root_of,
};
use idos_types::Digest;
use proptest::prelude::*;
use support::{Leaves, Store, keys, sorted, values};

/// A batch without order.
fn batches(len: usize) -> impl Strategy<Value = BTreeMap<LeafKey, Option<LeafValue>>> {
    prop::collection::btree_map(keys(), prop::option::weighted(0.6, values()), 0..len)
}

fn streamed(leaves: &[Leaf]) -> (Root, Root, Store) {
    let (mut roots, mut builder) = (RootBuilder::new(), PageBuilder::new());
    let mut pages = Vec::new();
    for leaf in leaves {
        roots.push(leaf).unwrap();
        builder.push(leaf, &mut pages).unwrap();
    }
    let root = builder.finish(&mut pages);
    (roots.finish(), root, Store(pages.into_iter().collect()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_history_of_the_same_leaves_gives_the_same_tree(
        history in prop::collection::vec(batches(12), 1..10),
    ) {
        let (mut leaves, mut store) = (Leaves::new(), Store::default());
        for batch in history {
            for (key, value) in &batch {
                match value {
                    Some(value) => leaves.insert(*key, *value),
                    None => leaves.remove(key),
                };
            }
            let batch: Vec<Change> = batch.into_iter().collect();
            let root = store.apply(&batch);
            let spec = root_of(&sorted(&leaves));
            prop_assert_eq!(root, spec);
            prop_assert_eq!(root.count, leaves.len() as u64);
            let (streamed_root, built_root, built) = streamed(&sorted(&leaves));
            prop_assert_eq!(streamed_root, spec);
            prop_assert_eq!(built_root, spec);
            prop_assert_eq!(&built, &store);
            prop_assert_eq!(&Store::of(&leaves), &store);
            Tree::open_at(&store, &root).unwrap();
        }
    }

    #[test]
    fn what_is_in_the_tree_is_found(leaves in prop::collection::btree_map(keys(), values(), 0..40), key in keys(), bits in 0..=512_u16) {
        let store = Store::of(&leaves);
        let tree = store.tree();
        prop_assert_eq!(tree.get(&key).unwrap(), leaves.get(&key).copied());
        for (key, value) in &leaves {
            prop_assert_eq!(tree.get(key).unwrap(), Some(*value));
        }
        let prefix = key.prefix(bits);
        let under: Vec<_> = sorted(&leaves).into_iter().filter(|leaf| prefix.contains(&leaf.key)).collect();
        prop_assert_eq!(&tree.leaves(&prefix, None, usize::MAX).unwrap(), &under);
        let behind: Vec<_> = under.into_iter().filter(|leaf| leaf.key > key).take(3).collect();
        prop_assert_eq!(tree.leaves(&prefix, Some(&key), 3).unwrap(), behind);
    }

    #[test]
    fn a_batch_that_changes_nothing_writes_nothing(leaves in prop::collection::btree_map(keys(), values(), 0..40), absent in keys()) {
        let store = Store::of(&leaves);
        let mut batch: BTreeMap<_, _> = leaves.iter().map(|(key, value)| (*key, Some(*value))).collect();
        batch.entry(absent).or_insert(None);
        let batch: Vec<Change> = batch.into_iter().collect();
        let update = store.tree().update(&batch).unwrap();
        prop_assert_eq!(update.pages, vec![]);
        prop_assert_eq!(update.root, root_of(&sorted(&leaves)));
    }

    #[test]
    fn a_page_has_one_encoding(
        leaves in prop::collection::btree_map(keys(), values(), 1..40),
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        cut in any::<prop::sample::Index>(),
    ) {
        let store = Store::of(&leaves);
        let pages: Vec<_> = store.0.iter().collect();
        let (id, bytes) = which.get(&pages);
        prop_assert!(bytes.len() <= idos_proof::Page::MAX_BYTES);
        prop_assert_eq!(PageId::from_bytes(&id.to_bytes()), Some(**id));
        let mut changed = (*bytes).clone();
        for (place, byte) in edits {
            *place.get_mut(&mut changed[..]) ^= byte;
        }
        for bytes in [&changed[..], &bytes[..cut.index(bytes.len())], &[bytes.as_slice(), &[0]].concat()] {
            if let Ok(page) = idos_proof::Page::decode(**id, bytes) {
                prop_assert_eq!(page.encode(), bytes);
            }
        }
    }

    #[test]
    fn damage_is_an_error_or_another_root(
        leaves in prop::collection::btree_map(keys(), values(), 1..40),
        which in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        bit in 0..8_u32,
        batch in batches(12),
    ) {
        let mut store = Store::of(&leaves);
        let right = store.tree().root().to_owned();
        let which = which.index(store.0.len());
        let page = store.0.values_mut().nth(which).unwrap();
        *place.get_mut(page.as_mut_slice()) ^= 1 << bit;
        let Ok(tree) = Tree::open(&store) else { return Ok(()) };
        if which == 0 {
            // Where a child page lies is bound by that page's own hash: then it is not found.
            let leaves = tree.leaves(&Prefix::EMPTY, None, usize::MAX);
            prop_assert!(Tree::open_at(&store, &right).is_err() || leaves.is_err());
        }
        let batch: Vec<Change> = batch.into_iter().collect();
        let _ = tree.update(&batch);
    }
}

fn key(first: u8, last: u8) -> LeafKey {
    let mut bytes = [0; 64];
    (bytes[0], bytes[63]) = (first, last);
    LeafKey(bytes)
}

fn value(byte: u8) -> LeafValue {
    LeafValue(Digest([byte; 32]))
}

#[test]
fn the_empty_tree_has_no_pages_and_a_root_of_its_own() {
    let mut store = Store::default();
    assert_eq!(*store.tree().root(), Root::empty());
    store.apply(&[(key(1, 1), Some(value(1)))]);
    assert_eq!(store.0.len(), 1);
    assert_eq!(store.apply(&[(key(1, 1), None)]), Root::empty());
    assert_eq!(store, Store::default());
}

#[test]
fn batches_out_of_order_are_refused() {
    let store = Store::default();
    for keys in [[key(2, 0), key(1, 0)], [key(1, 0), key(1, 0)]] {
        let batch = keys.map(|key| (key, Some(value(1))));
        assert!(matches!(
            store.tree().update(&batch),
            Err(TreeError::Order(OutOfOrder))
        ));
        let mut builder = PageBuilder::new();
        let leaf = keys.map(|key| Leaf {
            key,
            value: value(1),
        });
        builder.push(&leaf[0], &mut Vec::new()).unwrap();
        assert_eq!(builder.push(&leaf[1], &mut Vec::new()), Err(OutOfOrder));
    }
}

/// Two leaves that differ only in the last bit, and one far away: a top page and a deep one.
fn two_pages() -> Store {
    let leaves = [key(1, 0), key(1, 1), key(0xff, 0)];
    Store::of(&leaves.map(|key| (key, value(1))).into())
}

#[test]
fn missing_pages_are_reported() {
    let mut store = two_pages();
    let root = *store.tree().root();
    let (deep, _) = store.0.pop_last().unwrap();
    assert_eq!(deep.prefix(), &key(1, 0).prefix(508));
    let change = [(key(1, 0), None)];
    assert!(matches!(store.tree().update(&change), Err(TreeError::Missing(id)) if id == deep));
    assert!(matches!(store.tree().get(&key(1, 0)), Err(TreeError::Missing(id)) if id == deep));
    store.0.clear();
    assert!(matches!(
        Tree::open_at(&store, &root),
        Err(TreeError::OtherRoot { .. })
    ));
}

#[test]
fn pages_of_another_state_are_reported() {
    let mut store = two_pages();
    let (deep, _) = store
        .0
        .last_key_value()
        .map(|(id, page)| (*id, page.clone()))
        .unwrap();
    let leaves = [key(1, 0), key(1, 1), key(1, 2), key(0xff, 0)];
    let other = Store::of(&leaves.map(|key| (key, value(1))).into());
    store.0.insert(deep, other.0[&deep].clone());
    assert!(matches!(
        store.tree().get(&key(1, 0)),
        Err(TreeError::Count { id, expected: 2, found: 3 }) if id == deep
    ));
}

#[test]
fn damaged_pages_are_reported() {
    let store = two_pages();
    let (id, page) = store.0.last_key_value().unwrap();
    let error = |bytes: &[u8]| {
        let mut store = store.clone();
        store.0.insert(*id, bytes.to_vec());
        match store.tree().get(&key(1, 0)) {
            Err(TreeError::Damaged {
                id: damaged,
                source,
            }) if damaged == *id => source,
            other => panic!("{other:?}"),
        }
    };
    // Version, and twice: slot, last byte of the key, value.
    assert_eq!(page.len(), 1 + 2 * 34);
    let changed = |place: usize, byte: u8| {
        let mut page = page.clone();
        page[place] = byte;
        error(&page)
    };
    assert_eq!(changed(0, 2), PageError::Version(2));
    assert_eq!(changed(1, 2), PageError::Slot(2));
    assert_eq!(changed(1, 0x20), PageError::Slot(0x20));
    assert_eq!(changed(2, 0x10), PageError::Slot(0));
    assert_eq!(error(&page[..35]), PageError::TooFew(1));
    assert_eq!(error(&page[..1]), PageError::TooFew(0));
    assert!(matches!(error(&page[..50]), PageError::Read(_)));
    let twice = [&page[..], &page[1..]].concat();
    assert_eq!(error(&twice), PageError::Slot(0));
    let mut child = page[..35].to_vec();
    child.extend_from_slice(&[0x11, 127, 0x10]);
    child.extend_from_slice(&2_u64.to_be_bytes());
    child.extend_from_slice(&[7; 32]);
    assert_eq!(error(&child), PageError::Child(1));
}

#[test]
fn a_child_page_holds_two_leaves_at_least() {
    let store = two_pages();
    let top = &store.0[&PageId::TOP];
    let place = top
        .windows(8)
        .position(|bytes| bytes == 2_u64.to_be_bytes())
        .unwrap();
    let mut changed = top.clone();
    changed[place + 7] = 1;
    assert_eq!(
        idos_proof::Page::decode(PageId::TOP, &changed),
        Err(PageError::Child(0))
    );
}

#[derive(Debug)]
struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("full")
    }
}

impl std::error::Error for Full {}

/// A store that counts, and fails at the end of its patience.
struct Counting<'s>(&'s Store, RefCell<Vec<PageId>>, usize);

impl Pages for Counting<'_> {
    type Error = Full;

    fn load(&self, id: &PageId) -> Result<Option<Vec<u8>>, Full> {
        self.1.borrow_mut().push(*id);
        if self.1.borrow().len() > self.2 {
            return Err(Full);
        }
        Ok(self.0.0.get(id).cloned())
    }
}

#[test]
fn a_batch_loads_each_page_once_and_only_those_it_touches() {
    let leaves: Leaves = (0..=255)
        .flat_map(|first| [0, 1].map(|last| (key(first, last), value(1))))
        .collect();
    let store = Store::of(&leaves);
    let counting = Counting(&store, RefCell::default(), usize::MAX);
    let batch = [(7, 0), (7, 1), (8, 1)].map(|(first, last)| (key(first, last), Some(value(2))));
    let update = Tree::open(&counting).unwrap().update(&batch).unwrap();
    let mut loaded = counting.1.into_inner();
    loaded.sort();
    let written: Vec<_> = update.pages.iter().map(|(id, _)| *id).collect();
    assert_eq!(loaded, written);
    assert_eq!(written.len(), 4, "top, 0x0, and two deep ones");
}

#[test]
fn errors_of_the_store_come_through() {
    let store = two_pages();
    let failing = Counting(&store, RefCell::default(), 1);
    let tree = Tree::open(&failing).unwrap();
    assert!(matches!(tree.get(&key(1, 0)), Err(TreeError::Load(Full))));
    assert!(matches!(
        Tree::open(&failing).err(),
        Some(TreeError::Load(Full))
    ));
}

#[test]
fn a_prefix_is_under_itself() {
    let store = two_pages();
    let all = store.tree().leaves(&Prefix::EMPTY, None, usize::MAX);
    assert_eq!(root_of(&all.unwrap()), *store.tree().root());
}

/// As deep as a tree can be: at every bit of one key another branches off.
#[test]
fn the_deepest_tree_is_a_tree() {
    let branching = |bit: usize| {
        let mut key = [0; 64];
        key[bit / 8] = 0x80 >> (bit % 8);
        LeafKey(key)
    };
    let mut leaves: Leaves = (0..512).map(|bit| (branching(bit), value(1))).collect();
    let deepest = LeafKey([0; 64]);
    leaves.insert(deepest, value(2));
    let mut store = Store::of(&leaves);
    let spec = root_of(&sorted(&leaves));
    assert_eq!(*store.tree().root(), spec);
    assert_eq!(store.0.len(), 128);
    let (found, proof) = store.tree().prove_leaf(&deepest).unwrap();
    assert_eq!(found, Some(value(2)));
    let proof = Proof::decode(&proof.encode()).unwrap();
    let leaf = Leaf {
        key: deepest,
        value: value(2),
    };
    assert_eq!(proof.verify(&spec, &Claim::Leaf(&leaf)), Ok(()));
    let batch: Vec<Change> = leaves.keys().map(|key| (*key, None)).collect();
    assert_eq!(store.apply(&batch), Root::empty());
    assert_eq!(store, Store::default());
}
