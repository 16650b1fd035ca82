//! A tree becomes another by asking for what differs.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "helpers of tests may fail like tests"
)]

mod support;

use std::collections::BTreeMap;

use idos_proof::{
    Change, Children, ChildrenError, Leaf, LeafKey, LeafValue, Part, Prefix, Root, Tree, root_of,
};
use idos_types::Digest;
use proptest::prelude::*;
use support::{Leaves, Store, keys, sorted, values};

/// Makes `own` what `peer` is, knowing only its root; returns how many answers it took.
fn sync(own: &mut Store, peer: &Store) -> usize {
    let root = *peer.tree().root();
    let mut asked = 0;
    let (mut batch, mut open) = (BTreeMap::new(), Vec::new());
    if root == Root::empty() {
        let all = own.tree().leaves(&Prefix::EMPTY, None, usize::MAX).unwrap();
        batch.extend(all.iter().map(|leaf| (leaf.key, None)));
    } else if root != *own.tree().root() {
        open.push((Prefix::EMPTY, root));
    }
    while let Some((region, root)) = open.pop() {
        asked += 1;
        let answer = peer.tree().children(&region).unwrap().unwrap().encode();
        assert!(answer.len() <= Children::MAX_BYTES);
        let parts = Children::decode(&answer).unwrap().verify(&root).unwrap();
        let difference = own.tree().difference(&region, &parts).unwrap();
        for prefix in difference.remove {
            let leaves = own.tree().leaves(&prefix, None, usize::MAX).unwrap();
            assert!(!leaves.is_empty());
            for leaf in leaves {
                assert_eq!(batch.insert(leaf.key, None), None);
            }
        }
        for leaf in difference.put {
            assert_ne!(own.tree().get(&leaf.key).unwrap(), Some(leaf.value));
            assert_eq!(batch.insert(leaf.key, Some(leaf.value)), None);
        }
        open.extend(difference.ask);
    }
    let batch: Vec<Change> = batch.into_iter().collect();
    own.apply(&batch);
    asked
}

fn trees() -> impl Strategy<Value = (Leaves, Leaves)> {
    let leaves = || prop::collection::btree_map(keys(), values(), 0..30);
    (leaves(), leaves(), leaves()).prop_map(|(both, mut one, mut other)| {
        one.extend(&both);
        other.extend(&both);
        (one, other)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_tree_becomes_any_other((one, other) in trees()) {
        let (mut own, peer) = (Store::of(&one), Store::of(&other));
        sync(&mut own, &peer);
        prop_assert_eq!(&own, &peer);
        prop_assert_eq!(sync(&mut own, &peer), 0);
    }

    #[test]
    fn a_changed_answer_is_refused(leaves in prop::collection::btree_map(keys(), values(), 1..30), key in keys(), bits in 0..40_u16) {
        let store = Store::of(&leaves);
        let tree = store.tree();
        // A region as it is asked for: what begins with it is one child of a page.
        let Some(children) = tree.children(&key.prefix(bits)).unwrap() else { return Ok(()) };
        let root = root_of(&tree.leaves(&key.prefix(bits), None, usize::MAX).unwrap());
        let Ok(parts) = children.verify(&root) else { return Ok(()) };
        let bytes = children.encode();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            // Where exactly a child lies is not bound, so not told either.
            if let Ok(Ok(read)) = Children::decode(&changed).map(|read| read.verify(&root)) {
                prop_assert_eq!(&read, &parts);
            }
        }
        for len in 0..bytes.len() {
            let cut = Children::decode(&bytes[..len]).map(|read| read.verify(&root));
            prop_assert!(!matches!(cut, Ok(Ok(_))));
        }
        prop_assert!(Children::decode(&[&bytes[..], &[0]].concat()).is_err());
    }
}

fn leaf(first: u8, last: u8) -> Leaf {
    let mut key = [0; 64];
    (key[0], key[63]) = (first, last);
    Leaf {
        key: LeafKey(key),
        value: LeafValue(Digest::default()),
    }
}

fn store(leaves: &[Leaf]) -> Store {
    Store::of(&leaves.iter().map(|leaf| (leaf.key, leaf.value)).collect())
}

#[test]
fn one_change_among_many_takes_few_answers() {
    let leaves: Leaves = (0..4096_u16)
        .map(|number| (Digest::of(&number.to_be_bytes()), number))
        .map(|(digest, number)| {
            let mut key = [0; 64];
            key[..32].copy_from_slice(&digest.0);
            (LeafKey(key), LeafValue(Digest::of(&number.to_le_bytes())))
        })
        .collect();
    let peer = Store::of(&leaves);
    let mut own = peer.clone();
    let (key, _) = leaves.iter().nth(1000).unwrap();
    own.apply(&[(*key, None)]);
    let asked = sync(&mut own, &peer);
    assert!(asked <= 5, "{asked}");
    assert_eq!(own, peer);
}

#[test]
fn a_tree_of_one_leaf_is_told() {
    let peer = store(&[leaf(1, 1)]);
    let mut own = store(&[leaf(1, 0), leaf(2, 0)]);
    assert_eq!(sync(&mut own, &peer), 1);
    assert_eq!(own, peer);
}

#[test]
fn answers_of_another_state_are_refused() {
    let (one, other) = (
        store(&[leaf(1, 1), leaf(2, 1)]),
        store(&[leaf(1, 1), leaf(3, 1)]),
    );
    let answer = other.tree().children(&Prefix::EMPTY).unwrap().unwrap();
    let (expected, found) = (*one.tree().root(), *other.tree().root());
    assert_eq!(
        answer.verify(&expected),
        Err(ChildrenError::OtherRoot { expected, found })
    );
    let region = leaf(9, 0).key.prefix(8);
    assert_eq!(one.tree().children(&region).unwrap(), None);
    let whole = leaf(1, 1).key.prefix(512);
    assert_eq!(one.tree().children(&whole).unwrap(), None);
}

/// A top page with one child has the root of that child: an answer that leads nowhere.
#[test]
fn an_answer_leads_further() {
    let store = store(&[leaf(1, 0), leaf(1, 1)]);
    let tree = Tree::open(&store).unwrap();
    let top = store.0.first_key_value().unwrap();
    let id = top.0.to_bytes();
    let bytes = [&[u8::try_from(id.len()).unwrap()], &id[..], top.1].concat();
    let answer = Children::decode(&bytes).unwrap();
    assert_eq!(answer.verify(tree.root()), Err(ChildrenError::Single));
    let honest = tree.children(&Prefix::EMPTY).unwrap().unwrap();
    let parts = [Part::Leaf(leaf(1, 0)), Part::Leaf(leaf(1, 1))];
    assert_eq!(honest.verify(tree.root()), Ok(parts.to_vec()));
    assert_eq!(sorted(&Leaves::new()), []);
}

#[test]
fn what_is_no_answer_is_refused() {
    let long = vec![0; Children::MAX_BYTES + 1];
    assert_eq!(
        Children::decode(&long),
        Err(ChildrenError::TooLong(long.len()))
    );
    assert_eq!(Children::decode(&[1, 128]), Err(ChildrenError::Id));
    assert!(matches!(
        Children::decode(&[1, 0, 1]),
        Err(ChildrenError::Page(_))
    ));
    assert!(matches!(
        Children::decode(&[9]),
        Err(ChildrenError::Read(_))
    ));
}
