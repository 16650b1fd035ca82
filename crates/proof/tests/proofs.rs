//! Every claim is proved when it is true, and by nothing when it is not.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "helpers of tests may fail like tests"
)]

mod support;

use idos_proof::{
    Claim, ClaimError, Element, Leaf, LeafKey, LeafValue, ListId, Proof, Root, Sibling, root_of,
};
use idos_types::{Digest, limits::PROOF_BYTES};
use proptest::{prelude::*, sample::Index};
use support::{Leaves, Store, keys, sorted, values};

type Elements = Vec<(Element, LeafValue)>;

/// A tree in which the list of `key` is often not empty, and `key` often in it.
fn cases() -> impl Strategy<Value = (Leaves, LeafKey)> {
    let leaves = prop::collection::btree_map(keys(), values(), 0..40);
    let within = prop::collection::btree_map(any::<u8>(), values(), 0..12);
    (leaves, within, keys()).prop_map(|(mut leaves, within, key)| {
        for (byte, value) in within {
            let mut element = [0; 32];
            element[31 - usize::from(byte % 32)] = byte;
            leaves.insert(LeafKey::new(&key.list(), &Element(Digest(element))), value);
        }
        (leaves, key)
    })
}

fn elements(leaves: &Leaves, list: &ListId) -> Elements {
    let inside = leaves.iter().filter(|(key, _)| key.list() == *list);
    inside.map(|(key, value)| (key.element(), *value)).collect()
}

/// The proof as it arrives.
fn sent(proof: &Proof) -> Proof {
    let bytes = proof.encode();
    assert!(bytes.len() <= PROOF_BYTES);
    let read = Proof::decode(&bytes).unwrap();
    assert_eq!(read, *proof);
    read
}

/// No change of a bit, of a length, of an order proves the same claim, or any root at all.
fn assert_unique(proof: &Proof, root: &Root, claim: &Claim<'_>) {
    let bytes = proof.encode();
    let refuse = |changed: &[u8]| {
        if let Ok(read) = Proof::decode(changed) {
            assert!(read.verify(root, claim).is_err(), "{claim:?} by {read:?}");
        }
    };
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        refuse(&changed);
    }
    for len in 0..bytes.len() {
        refuse(&bytes[..len]);
    }
    refuse(&[&bytes[..], &[0]].concat());
    for swapped in (2..bytes.len()).step_by(2) {
        let mut changed = bytes.clone();
        let half = (bytes.len() - swapped).min(42);
        let (head, tail) = changed.split_at_mut(swapped);
        let half = half.min(head.len());
        let start = head.len() - half;
        if head[start..] != tail[..half] {
            head[start..].swap_with_slice(&mut tail[..half]);
            refuse(&changed);
        }
    }
    let other = Root {
        hash: Digest::of(b"other"),
        ..*root
    };
    assert!(proof.verify(&other, claim).is_err());
    let count = root.count + 1;
    assert!(proof.verify(&Root { count, ..*root }, claim).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn a_leaf_is_there_or_not((leaves, key) in cases(), which in any::<Index>()) {
        let store = Store::of(&leaves);
        let tree = store.tree();
        let mut asked = vec![key];
        if !leaves.is_empty() {
            asked.push(*leaves.keys().nth(which.index(leaves.len())).unwrap());
        }
        for key in asked {
            let (value, proof) = tree.prove_leaf(&key).unwrap();
            let proof = sent(&proof);
            prop_assert_eq!(value, leaves.get(&key).copied());
            if let Some(value) = value {
                let leaf = Leaf { key, value };
                prop_assert_eq!(proof.verify(tree.root(), &Claim::Leaf(&leaf)), Ok(()));
                assert_unique(&proof, tree.root(), &Claim::Leaf(&leaf));
                let changed = Leaf { key, value: LeafValue(Digest::of(b"changed")) };
                prop_assert_eq!(proof.verify(tree.root(), &Claim::Leaf(&changed)), Err(ClaimError::OtherRoot));
                prop_assert!(proof.verify(tree.root(), &Claim::Absent(&key)).is_err());
            } else {
                prop_assert_eq!(proof.verify(tree.root(), &Claim::Absent(&key)), Ok(()));
                assert_unique(&proof, tree.root(), &Claim::Absent(&key));
                let leaf = Leaf { key, value: LeafValue(Digest::default()) };
                prop_assert!(proof.verify(tree.root(), &Claim::Leaf(&leaf)).is_err());
            }
            // It shows no other key to be absent that is there.
            for other in leaves.keys() {
                prop_assert!(proof.verify(tree.root(), &Claim::Absent(other)).is_err());
            }
        }
    }

    #[test]
    fn a_list_is_whole((leaves, key) in cases(), which in any::<Index>()) {
        let (store, list) = (Store::of(&leaves), key.list());
        let tree = store.tree();
        let elements = elements(&leaves, &list);
        let (count, proof) = tree.prove_list(&list).unwrap();
        let proof = sent(&proof);
        prop_assert_eq!(count, elements.len() as u64);
        let claim = Claim::List { list: &list, elements: &elements };
        prop_assert_eq!(proof.verify(tree.root(), &claim), Ok(()));
        assert_unique(&proof, tree.root(), &claim);
        let refused = |list: &ListId, elements: &Elements| {
            let claim = Claim::List { list, elements };
            proof.verify(tree.root(), &claim).is_err()
        };
        let mut more = elements.clone();
        more.push((Element(Digest([0xfe; 32])), LeafValue(Digest::default())));
        prop_assert!(refused(&list, &more));
        if !elements.is_empty() {
            let which = which.index(elements.len());
            let mut changed = elements.clone();
            changed[which].1 = LeafValue(Digest::of(b"changed"));
            prop_assert!(refused(&list, &changed));
            let mut missing = elements.clone();
            missing.remove(which);
            prop_assert!(refused(&list, &missing));
            let mut twice = elements.clone();
            twice.insert(which, elements[which]);
            prop_assert!(refused(&list, &twice));
            let mut turned = elements.clone();
            turned.rotate_left(1);
            prop_assert!(elements.len() == 1 || refused(&list, &turned));
            prop_assert!(refused(&list, &vec![]));
        }
        for other in leaves.keys().map(LeafKey::list).filter(|other| *other != list) {
            prop_assert!(refused(&other, &elements));
            prop_assert!(refused(&other, &vec![]));
        }
    }

    #[test]
    fn a_list_is_as_long_as_it_is((leaves, key) in cases(), other in 0..40_u64) {
        let (store, list) = (Store::of(&leaves), key.list());
        let tree = store.tree();
        let (count, proof) = tree.prove_count(&list).unwrap();
        let proof = sent(&proof);
        prop_assert_eq!(count, elements(&leaves, &list).len() as u64);
        prop_assert_eq!(proof.verify(tree.root(), &Claim::Count { list: &list, count }), Ok(()));
        assert_unique(&proof, tree.root(), &Claim::Count { list: &list, count });
        for other in [other, count + 1, count.wrapping_sub(1), 0].into_iter().filter(|other| *other != count) {
            let claim = Claim::Count { list: &list, count: other };
            prop_assert!(proof.verify(tree.root(), &claim).is_err());
        }
        for other in leaves.keys().map(LeafKey::list).filter(|other| *other != list) {
            for count in [0, count] {
                let claim = Claim::Count { list: &other, count };
                prop_assert!(proof.verify(tree.root(), &claim).is_err());
            }
        }
    }

    #[test]
    fn a_page_is_where_it_is((leaves, key) in cases(), offset in 0..14_u64, limit in 0..14_u64, off in 1..3_u64) {
        let (store, list) = (Store::of(&leaves), key.list());
        let tree = store.tree();
        let all = elements(&leaves, &list);
        let page = tree.prove_page(&list, offset, limit).unwrap();
        let proof = sent(&page.proof);
        let start = all.len().min(usize::try_from(offset).unwrap());
        let end = all.len().min(usize::try_from(offset + limit).unwrap());
        prop_assert_eq!(&page.elements[..], &all[start..end]);
        prop_assert_eq!(page.total, all.len() as u64);
        let verify = |offset, limit, total, elements: &Elements| {
            let claim = Claim::Page { list: &list, offset, limit, total, elements };
            proof.verify(tree.root(), &claim)
        };
        let total = page.total;
        prop_assert_eq!(verify(offset, limit, total, &page.elements), Ok(()));
        let claim = Claim::Page { list: &list, offset, limit, total, elements: &page.elements };
        assert_unique(&proof, tree.root(), &claim);
        for total in [total + off, total.saturating_sub(off), 0].into_iter().filter(|it| *it != total) {
            prop_assert!(verify(offset, limit, total, &page.elements).is_err());
        }
        if !page.elements.is_empty() {
            prop_assert!(verify(offset + off, limit, total, &page.elements).is_err());
            prop_assert!(offset == 0 || verify(offset - 1, limit, total, &page.elements).is_err());
            let mut missing = page.elements.clone();
            missing.pop();
            prop_assert!(verify(offset, limit, total, &missing).is_err());
            prop_assert!(verify(offset, missing.len() as u64, total, &missing).is_err());
            let mut skipped = page.elements.clone();
            skipped.remove(0);
            prop_assert!(verify(offset + 1, skipped.len() as u64, total, &skipped).is_err());
            let mut turned = page.elements.clone();
            turned.reverse();
            prop_assert!(turned.len() == 1 || verify(offset, limit, total, &turned).is_err());
        }
    }
}

fn leaf(list: u8, element: u8) -> Leaf {
    let (list, element) = (ListId(Digest([list; 32])), Element(Digest([element; 32])));
    Leaf {
        key: LeafKey::new(&list, &element),
        value: LeafValue(Digest::default()),
    }
}

fn store(leaves: &[Leaf]) -> Store {
    Store::of(&leaves.iter().map(|leaf| (leaf.key, leaf.value)).collect())
}

/// Each reason for refusal, by a proof of something else.
#[test]
fn refusals_say_why() {
    let leaves = [leaf(1, 1), leaf(1, 2), leaf(1, 0xf0), leaf(0xf0, 1)];
    let store = store(&leaves);
    let tree = store.tree();
    let root = tree.root();
    assert_eq!(*root, root_of(&leaves));
    let (list, other) = (leaves[0].key.list(), leaves[3].key.list());
    let elements: Elements = leaves[..3]
        .iter()
        .map(|leaf| (leaf.key.element(), leaf.value))
        .collect();

    let (_, of_leaf) = tree.prove_leaf(&leaves[0].key).unwrap();
    let (_, of_absent) = tree.prove_leaf(&leaf(1, 3).key).unwrap();
    let (_, of_list) = tree.prove_list(&list).unwrap();
    let (_, of_count) = tree.prove_count(&list).unwrap();
    let whole = Claim::List {
        list: &list,
        elements: &elements,
    };
    let count = |list, count| Claim::Count { list, count };
    let page = |offset, limit, total, elements| Claim::Page {
        list: &list,
        offset,
        limit,
        total,
        elements,
    };

    let refuse = |proof: &Proof, claim: Claim<'_>, error| {
        assert_eq!(proof.verify(root, &claim), Err(error), "{claim:?}");
    };
    let absent = leaf(1, 0);
    refuse(&of_leaf, Claim::Leaf(&absent), ClaimError::OtherRoot);
    refuse(&of_absent, Claim::Leaf(&leaves[0]), ClaimError::Superfluous);
    refuse(&of_list, count(&list, 3), ClaimError::NoWitness);
    refuse(
        &of_list,
        Claim::Absent(&leaves[0].key),
        ClaimError::NoWitness,
    );
    refuse(&of_count, count(&other, 1), ClaimError::Elsewhere);
    // A part of the list is not all of it.
    refuse(&of_absent, count(&list, 1), ClaimError::Hidden(262));
    refuse(
        &of_count,
        Claim::Absent(&leaves[0].key),
        ClaimError::Elsewhere,
    );
    let turned: Elements = elements.iter().rev().copied().collect();
    let claim = Claim::List {
        list: &list,
        elements: &turned,
    };
    assert_eq!(of_list.verify(root, &claim), Err(ClaimError::Order));
    refuse(&of_list, Claim::Leaf(&leaves[3]), ClaimError::Side(0));
    refuse(
        &of_count,
        count(&list, 4),
        ClaimError::Count {
            claimed: 4,
            actual: 3,
        },
    );
    let first = &elements[..1];
    let part = Claim::List {
        list: &list,
        elements: first,
    };
    refuse(&of_leaf, part, ClaimError::Hidden(256));
    refuse(
        &of_leaf,
        page(1, 1, 3, first),
        ClaimError::Offset {
            claimed: 1,
            actual: 0,
        },
    );
    refuse(
        &of_leaf,
        page(0, 1, 4, first),
        ClaimError::Count {
            claimed: 4,
            actual: 3,
        },
    );
    refuse(
        &of_leaf,
        page(0, 2, 3, first),
        ClaimError::Length {
            expected: 2,
            actual: 1,
        },
    );
    assert_eq!(of_leaf.verify(root, &page(0, 1, 3, first)), Ok(()));
    assert_eq!(of_list.verify(root, &whole), Ok(()));
}

/// What a liar can do without breaking a hash: call another list's subtree the asked one, or put
/// an honest node at another place.
#[test]
fn a_subtree_stands_only_where_it_is() {
    let leaves = [leaf(1, 1), leaf(1, 2), leaf(0xf0, 1), leaf(0xf0, 2)];
    let store = store(&leaves);
    let tree = store.tree();
    // The list 0xf1 takes the same way as 0xf0.
    let near = ListId(Digest([0xf1; 32]));
    let (count, proof) = tree.prove_count(&leaves[2].key.list()).unwrap();
    assert_eq!(count, 2);
    let claim = Claim::Count { list: &near, count };
    assert_eq!(
        proof.verify(tree.root(), &claim),
        Err(ClaimError::Elsewhere)
    );
    let elements: Elements = leaves[2..]
        .iter()
        .map(|leaf| (leaf.key.element(), leaf.value))
        .collect();
    let claim = Claim::List {
        list: &near,
        elements: &elements,
    };
    let (_, proof) = tree.prove_list(&leaves[2].key.list()).unwrap();
    assert_eq!(
        proof.verify(tree.root(), &claim),
        Err(ClaimError::OtherRoot)
    );
}

#[test]
fn proofs_of_the_empty_tree_say_that_it_is() {
    let store = Store::default();
    let tree = store.tree();
    let leaf = leaf(1, 1);
    let (value, proof) = tree.prove_leaf(&leaf.key).unwrap();
    assert_eq!(value, None);
    let claim = Claim::Absent(&leaf.key);
    assert_eq!(proof.verify(tree.root(), &claim), Ok(()));
    let other = root_of(&[leaf]);
    assert_eq!(proof.verify(&other, &claim), Err(ClaimError::NoWitness));
    // The same with a sibling that nothing needs.
    let mut bytes = proof.encode();
    bytes.truncate(2);
    let sibling = Sibling {
        bit: 0,
        root: other,
    };
    bytes.extend([0, 1]);
    bytes.extend(sibling.bit.to_be_bytes());
    bytes.extend(sibling.root.count.to_be_bytes());
    bytes.extend(sibling.root.hash.0);
    bytes.extend([0, 0]);
    let padded = Proof::decode(&bytes).unwrap();
    assert_eq!(
        padded.verify(tree.root(), &claim),
        Err(ClaimError::NoWitness)
    );
    assert!(sorted(&Leaves::new()).is_empty());
}

/// Who proves that something is not in one list learns of another list no more than where it is, and
/// cannot test guesses at its elements.
#[test]
fn a_neighbour_hides_what_it_is() {
    let of = |list: &str, element: u8| {
        let (list, element) = (ListId::new(list, &[]), Element::new(&[element]));
        let salt = Digest([7; 32]);
        let row = LeafValue::row("rows", 1, b"row", &salt);
        let key = LeafKey::new(&list, &element);
        let value = LeafValue::index(&list, &row, &salt);
        Leaf { key, value }
    };
    let mut leaves: Vec<_> = (0..50).map(|list| of(&list.to_string(), list)).collect();
    leaves.sort_unstable();
    let store = store(&leaves);
    let tree = store.tree();
    let mut are_hidden = 0;
    for number in 0..50 {
        let absent = of("none", number).key;
        let (_, proof) = tree.prove_leaf(&absent).unwrap();
        let (_, of_list) = tree.prove_list(&ListId::new("none", &[number])).unwrap();
        for bytes in [proof.encode(), of_list.encode()] {
            let shows = |part: [u8; 32]| bytes.windows(32).any(|it| *it == part);
            are_hidden += leaves.iter().filter(|it| shows(it.entry().0)).count();
            for leaf in &leaves {
                assert!(!shows(leaf.key.element().0.0) && !shows(leaf.value.0.0));
            }
        }
    }
    assert!(are_hidden > 0, "no proof has a leaf as witness");
}
