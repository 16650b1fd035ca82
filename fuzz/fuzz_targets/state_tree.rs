//! The state tree. After any batches its root is what the specification says of the leaves, and
//! its pages are those of a tree that was built afresh, all at once or from a stream.
#![no_main]

use std::{collections::BTreeMap, convert::Infallible};

use idos_fuzz_seed::{crowded_key, split};
use idos_proof::{
    Change, Leaf, LeafKey, LeafValue, Page, PageBuilder, PageId, Pages, Prefix, Root, RootBuilder,
    Tree, root_of,
};
use idos_types::Digest;
use libfuzzer_sys::fuzz_target;

#[derive(Default, PartialEq, Debug)]
struct Store(BTreeMap<PageId, Vec<u8>>);

impl Pages for Store {
    type Error = Infallible;

    fn load(&self, id: &PageId) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.0.get(id).cloned())
    }
}

fuzz_target!(|input: &[u8]| {
    let batches: [&[u8]; 4] = split(input);
    let (mut leaves, mut store) = (BTreeMap::new(), Store::default());
    for bytes in batches {
        let change = |bytes: &[u8]| match *bytes {
            [one, other, value] => {
                let value = (value != 0).then(|| LeafValue(Digest([value; 32])));
                Some((LeafKey(crowded_key(one, other)), value))
            }
            _ => None,
        };
        let batch: BTreeMap<_, _> = bytes.chunks_exact(3).filter_map(change).collect();
        for (key, value) in &batch {
            match value {
                Some(value) => leaves.insert(*key, *value),
                None => leaves.remove(key),
            };
        }
        let batch: Vec<Change> = batch.into_iter().collect();
        let tree = Tree::open(&store).expect("a tree of ours");
        let update = tree.update(&batch).expect("a batch in order");
        for (id, page) in update.pages {
            match page {
                Some(bytes) => assert_ne!(store.0.insert(id, bytes.clone()), Some(bytes)),
                None => assert!(store.0.remove(&id).is_some()),
            }
        }
        let sorted: Vec<_> = leaves
            .iter()
            .map(|(key, value)| Leaf {
                key: *key,
                value: *value,
            })
            .collect();
        let root = root_of(&sorted);
        assert_eq!(update.root, root);
        assert_eq!(streamed(&sorted), (root, store.0.clone()));
    }
    hostile(input, &store);
});

fn streamed(leaves: &[Leaf]) -> (Root, BTreeMap<PageId, Vec<u8>>) {
    let (mut roots, mut builder) = (RootBuilder::new(), PageBuilder::new());
    let mut pages = Vec::new();
    for leaf in leaves {
        roots.push(leaf).expect("in order");
        builder.push(leaf, &mut pages).expect("in order");
    }
    let root = builder.finish(&mut pages);
    assert_eq!(roots.finish(), root);
    (root, pages.into_iter().collect())
}

/// Bytes are a page only as they are, and a damaged tree is an error, not a panic.
fn hostile(input: &[u8], store: &Store) {
    for id in store.0.keys().chain([&PageId::TOP]) {
        if let Ok(page) = Page::decode(*id, input) {
            assert_eq!(page.encode(), input);
            let mut damaged = Store(store.0.clone());
            damaged.0.insert(*id, input.to_vec());
            if let Ok(tree) = Tree::open(&damaged) {
                let _ = tree.leaves(&Prefix::EMPTY, None, usize::MAX);
                let _ = tree.update(&[(LeafKey([0; 64]), None)]);
            }
        }
    }
}
