//! The specification of the root.

use crate::{leaf::Leaf, root::Root};

/// The root of `leaves`, which have to be in order of their keys, each key once. This recursion is
/// what the tree is; all other code that computes roots is a faster way to the same.
pub fn root_of(leaves: &[Leaf]) -> Root {
    match leaves {
        [] => Root::empty(),
        [leaf] => Root::leaf(leaf),
        [first, .., last] => {
            let bit = first.key.common_bits(&last.key);
            let (left, right) = leaves.split_at(leaves.partition_point(|it| !it.key.bit(bit)));
            Root::branch(&first.key.prefix(bit), &root_of(left), &root_of(right))
        }
    }
}
