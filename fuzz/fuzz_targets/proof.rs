//! Proofs. A proof is accepted exactly if the claim is true of the leaves and the bytes are the
//! one proof of that claim, not an edited one nor that of another claim; whatever a node sends is
//! read only as its one encoding.
#![no_main]

use std::{collections::BTreeMap, convert::Infallible};

use idos_fuzz_seed::{crowded_key, edit, split};
use idos_proof::{
    Change, Children, Claim, Element, Leaf, LeafKey, LeafValue, ListId, PageId, Pages, Proof,
    RootCertificate, RootStatement, SetChange, Tree,
};
use idos_types::Digest;
use libfuzzer_sys::fuzz_target;

#[derive(Default)]
struct Store(BTreeMap<PageId, Vec<u8>>);

impl Pages for Store {
    type Error = Infallible;

    fn load(&self, id: &PageId) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.0.get(id).cloned())
    }
}

type Leaves = BTreeMap<LeafKey, LeafValue>;
type Elements = Vec<(Element, LeafValue)>;

fuzz_target!(|input: &[u8]| {
    let [leaves, claim, edits, hostile]: [&[u8]; 4] = split(input);
    one_encoding(hostile);
    let leaf = |bytes: &[u8]| match *bytes {
        [one, other] => Some((LeafKey(crowded_key(one, other)), value(one))),
        _ => None,
    };
    let leaves: Leaves = leaves.chunks_exact(2).filter_map(leaf).collect();
    let mut store = Store::default();
    let batch: Vec<Change> = leaves
        .iter()
        .map(|(key, value)| (*key, Some(*value)))
        .collect();
    let update = Tree::open(&store)
        .expect("empty")
        .update(&batch)
        .expect("in order");
    for (id, page) in update.pages {
        store.0.insert(id, page.expect("nothing was there"));
    }
    let tree = Tree::open(&store).expect("a tree of ours");
    let near = near(&tree, &leaves, claim, edits, hostile);
    check(&tree, &leaves, claim, &near);
});

/// Proofs of other claims, and something that was one before it was edited.
fn near(
    tree: &Tree<'_, Store>,
    leaves: &Leaves,
    claim: &[u8],
    edits: &[u8],
    hostile: &[u8],
) -> Vec<Proof> {
    let byte = |at: usize| claim.get(at).copied().unwrap_or_default();
    let there = leaves
        .keys()
        .nth(usize::from(byte(12)) % leaves.len().max(1));
    let keys = [
        LeafKey(crowded_key(byte(1), byte(2))),
        LeafKey(crowded_key(byte(13), byte(14))),
        there.copied().unwrap_or(LeafKey([0; 64])),
    ];
    let mut near = Vec::new();
    for key in keys {
        let list = key.list();
        near.push(tree.prove_leaf(&key).expect("a tree of ours").1);
        near.push(tree.prove_list(&list).expect("a tree of ours").1);
        near.push(tree.prove_count(&list).expect("a tree of ours").1);
        let (offset, limit) = (u64::from(byte(15) % 16), u64::from(byte(16) % 16));
        let page = tree.prove_page(&list, offset, limit);
        near.push(page.expect("a tree of ours").proof);
    }
    let which = usize::from(byte(17)) % near.len();
    let mut edited = near[which].encode();
    edit(&mut edited, edits);
    near.extend(Proof::decode(&edited));
    near.extend(Proof::decode(hostile));
    near
}

fn value(byte: u8) -> LeafValue {
    LeafValue(Digest([byte; 32]))
}

fn all(leaves: &Leaves, list: &ListId) -> Elements {
    let inside = leaves.iter().filter(|(key, _)| key.list() == *list);
    inside.map(|(key, value)| (key.element(), *value)).collect()
}

/// What is claimed follows from the input: some truth, and something added to it, left out,
/// exchanged or moved.
fn check(tree: &Tree<'_, Store>, leaves: &Leaves, claim: &[u8], near: &[Proof]) {
    let byte = |at: usize| claim.get(at).copied().unwrap_or_default();
    let number = |at: usize| u64::from(byte(at) % 16);
    let key = LeafKey(crowded_key(byte(1), byte(2)));
    let list = key.list();
    let all = all(leaves, &list);
    let total = all.len() as u64;
    let (offset, limit) = (number(3), number(4));
    let shift = |number: u64| {
        number
            .wrapping_add(u64::from(byte(5) % 3))
            .wrapping_sub(u64::from(byte(6) % 3))
    };
    let vary = |mut elements: Elements| {
        match (byte(7) % 5, usize::from(byte(8))) {
            (1, at) if at < elements.len() => drop(elements.remove(at)),
            (2, at) => elements.insert(at.min(elements.len()), (key.element(), value(byte(9)))),
            (3, at) if !elements.is_empty() => {
                let at = at % elements.len();
                elements.rotate_left(at);
            }
            (4, at) if at < elements.len() => elements[at].1 = value(byte(9)),
            _ => {}
        }
        elements
    };
    let there = leaves.get(&key).copied();
    match byte(0) % 5 {
        0 => {
            let (found, proof) = tree.prove_leaf(&key).expect("a tree of ours");
            assert_eq!(found, there);
            let value = if byte(3) == 0 {
                there
            } else {
                Some(value(byte(3)))
            };
            if let Some(value) = value {
                let leaf = Leaf { key, value };
                let honest = (there == Some(value)).then_some(&proof);
                decide(tree, &Claim::Leaf(&leaf), honest, near);
            }
        }
        1 => {
            let (_, proof) = tree.prove_leaf(&key).expect("a tree of ours");
            let honest = there.is_none().then_some(&proof);
            decide(tree, &Claim::Absent(&key), honest, near);
        }
        2 => {
            let (count, proof) = tree.prove_list(&list).expect("a tree of ours");
            assert_eq!(count, total);
            let elements = vary(all.clone());
            let honest = (elements == all).then_some(&proof);
            let claim = Claim::List {
                list: &list,
                elements: &elements,
            };
            decide(tree, &claim, honest, near);
        }
        3 => {
            let (count, proof) = tree.prove_count(&list).expect("a tree of ours");
            assert_eq!(count, total);
            let count = shift(total);
            let honest = (count == total).then_some(&proof);
            decide(tree, &Claim::Count { list: &list, count }, honest, near);
        }
        _ => {
            let page = tree
                .prove_page(&list, offset, limit)
                .expect("a tree of ours");
            let skip = usize::try_from(offset).expect("small");
            let take = usize::try_from(limit).expect("small");
            let truth: Elements = all.iter().skip(skip).take(take).copied().collect();
            assert_eq!((page.total, &page.elements), (total, &truth));
            let elements = vary(truth.clone());
            let claimed_total = shift(total);
            let (claimed_offset, limit) = (
                offset.wrapping_add(number(10) % 3),
                limit.wrapping_add(number(11) % 3),
            );
            let skip = usize::try_from(claimed_offset).expect("small");
            let take = usize::try_from(limit).expect("small");
            let truth: Elements = all.iter().skip(skip).take(take).copied().collect();
            let is_true = elements == truth && claimed_total == total;
            let honest = tree
                .prove_page(&list, claimed_offset, limit)
                .expect("a tree of ours");
            let claim = Claim::Page {
                list: &list,
                offset: claimed_offset,
                limit,
                total: claimed_total,
                elements: &elements,
            };
            let honest = is_true.then_some(&honest.proof);
            decide(tree, &claim, honest, near);
        }
    }
}

/// A claim is proved by the one honest proof, if there is one, and by nothing else.
fn decide(tree: &Tree<'_, Store>, claim: &Claim<'_>, honest: Option<&Proof>, near: &[Proof]) {
    let is_proved = |proof: &Proof| proof.verify(tree.root(), claim).is_ok();
    if let Some(honest) = honest {
        assert!(is_proved(honest), "{claim:?} {honest:?}");
    }
    for proof in near {
        let is_honest = honest == Some(proof);
        assert_eq!(is_proved(proof), is_honest, "{claim:?} {proof:?}");
    }
}

/// Whatever is read is written as it was.
fn one_encoding(bytes: &[u8]) {
    let same = |encoded: Option<Vec<u8>>| assert!(encoded.is_none_or(|encoded| encoded == bytes));
    same(Proof::decode(bytes).ok().map(|it| it.encode()));
    same(RootStatement::decode(bytes).ok().map(|it| it.encode()));
    same(RootCertificate::decode(bytes).ok().map(|it| it.encode()));
    let set = idos_types::ValidatorSet::decode(bytes).ok();
    same(set.map(|it| it.encode()));
    same(SetChange::decode(bytes).ok().map(|it| it.encode()));
    same(Children::decode(bytes).ok().map(|it| it.encode()));
}
