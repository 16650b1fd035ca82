//! What stands for a tree or a subtree: one hash and the number of its leaves.

use idos_types::Digest;

use crate::{
    key::{LeafKey, ListId},
    leaf::Leaf,
    prefix::Prefix,
};

const EMPTY: &str = "idos/empty/v1";
const LEAF: &str = "idos/leaf/v2";
const BRANCH: &str = "idos/branch/v1";

/// Most bytes of what a branch is hashed from: the length of its prefix, the prefix, and of either
/// side count and hash.
const BRANCH_BYTES: usize = 2 + LeafKey::BYTES + 2 * (8 + 32);

/// Hash and number of leaves of a tree or subtree. The hash commits the number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Root {
    /// The hash.
    pub hash: Digest,
    /// How many leaves there are.
    pub count: u64,
}

impl Root {
    /// The root of no leaves: `H("idos/empty/v1")`. Only a whole tree is ever empty.
    pub fn empty() -> Self {
        Self {
            hash: Digest::of_parts(EMPTY, &[]),
            count: 0,
        }
    }

    /// The root of one leaf.
    pub fn leaf(leaf: &Leaf) -> Self {
        Self::entry(&leaf.key.list(), &leaf.entry())
    }

    /// The root of one leaf of which the list is known and the [entry](Leaf::entry):
    /// `H("idos/leaf/v2", list ‖ entry)`.
    pub fn entry(list: &ListId, entry: &Digest) -> Self {
        let mut body = [0; 64];
        let (first, second) = body.split_at_mut(32);
        first.copy_from_slice(&list.0.0);
        second.copy_from_slice(&entry.0);
        Self {
            hash: Digest::of_parts(LEAF, &[&body]),
            count: 1,
        }
    }

    /// The root of two subtrees whose keys first differ in the bit behind `prefix`: zero in all
    /// keys of `left`, one in all of `right`. It is `H("idos/branch/v1", bits ‖ prefix ‖ left
    /// count ‖ left hash ‖ right count ‖ right hash)`: `bits` in 2 bytes, the prefix in as many
    /// as its bits need, counts in 8; most significant byte first.
    ///
    /// The prefix binds a subtree to its place: its hash holds nowhere else. Both counts are
    /// there, so that nobody can shift leaves between siblings. A sum beyond 64 bits, which no
    /// real tree has, stays at the largest number; what such a root claims to hold is bound by
    /// its hash all the same.
    pub fn branch(prefix: &Prefix, left: &Self, right: &Self) -> Self {
        let mut body = [0; BRANCH_BYTES];
        let mut len = 0;
        for field in [
            prefix.bits().to_be_bytes().as_slice(),
            prefix.bytes(),
            &left.count.to_be_bytes(),
            &left.hash.0,
            &right.count.to_be_bytes(),
            &right.hash.0,
        ] {
            let end = len + field.len();
            if let Some(place) = body.get_mut(len..end) {
                place.copy_from_slice(field);
            }
            len = end;
        }
        let (body, _) = body.split_at(len.min(BRANCH_BYTES));
        Self {
            hash: Digest::of_parts(BRANCH, &[body]),
            count: left.count.saturating_add(right.count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leaf::LeafValue;

    #[test]
    fn everything_in_a_branch_counts() {
        let leaf = |byte| {
            Root::leaf(&Leaf {
                key: LeafKey([byte; 64]),
                value: LeafValue(Digest::default()),
            })
        };
        let (left, right) = (leaf(0), leaf(0xff));
        let prefix = LeafKey([0xff; 64]).prefix(9);
        let branch = Root::branch(&prefix, &left, &right);
        assert_eq!(branch.count, 2);
        let shifted = |root: Root, count| Root { count, ..root };
        for other in [
            Root::branch(&prefix.truncated(8), &left, &right),
            Root::branch(&LeafKey([0; 64]).prefix(9), &left, &right),
            Root::branch(&prefix, &right, &left),
            Root::branch(&prefix, &leaf(1), &right),
            Root::branch(&prefix, &shifted(left, 2), &shifted(right, 0)),
        ] {
            assert_ne!(branch.hash, other.hash);
        }
    }

    #[test]
    fn absurd_counts_do_not_overflow() {
        let side = Root {
            hash: Digest::default(),
            count: u64::MAX,
        };
        assert_eq!(Root::branch(&Prefix::EMPTY, &side, &side).count, u64::MAX);
    }
}
