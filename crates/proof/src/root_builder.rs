//! The root of a stream of leaves, in bounded memory.

use thiserror::Error;

use crate::{key::LeafKey, leaf::Leaf, root::Root};

/// Keys have to come in order, each once; whoever hands them over has to sort them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the keys are not in order, or one comes twice")]
pub struct OutOfOrder;

/// Computes the root from leaves in order of their keys. It holds at most one subtree for each bit
/// of a key: 512.
#[derive(Debug, Default)]
pub struct RootBuilder {
    /// Finished subtrees, each with the bit in which it differs from what follows it. Those bits
    /// grow, since a larger one behind a smaller one would be merged first.
    done: Vec<(Root, u16)>,
    last: Option<(LeafKey, Root)>,
}

impl RootBuilder {
    /// A builder that has seen no leaf.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next leaf.
    pub fn push(&mut self, leaf: &Leaf) -> Result<(), OutOfOrder> {
        self.push_subtree(leaf.key, Root::leaf(leaf))
    }

    /// Adds a whole subtree, known by its root and by any one key that could be in it.
    pub(crate) fn push_subtree(&mut self, key: LeafKey, root: Root) -> Result<(), OutOfOrder> {
        if let Some((last, last_root)) = self.last {
            if last >= key {
                return Err(OutOfOrder);
            }
            let bit = last.common_bits(&key);
            let merged = self.merge(&last, last_root, bit);
            self.done.push((merged, bit));
        }
        self.last = Some((key, root));
        Ok(())
    }

    /// The root of all leaves.
    pub fn finish(mut self) -> Root {
        match self.last {
            None => Root::empty(),
            Some((key, root)) => self.merge(&key, root, 0),
        }
    }

    /// Merges `root` with the subtrees before it that differ from it in bit `from` or later.
    fn merge(&mut self, key: &LeafKey, mut root: Root, from: u16) -> Root {
        while let Some((left, bit)) = self.done.pop_if(|(_, bit)| *bit >= from) {
            root = Root::branch(&key.prefix(bit), &left, &root);
        }
        root
    }
}

#[cfg(test)]
mod tests {
    use idos_types::Digest;

    use super::*;
    use crate::leaf::LeafValue;

    #[test]
    fn keys_out_of_order_are_refused() {
        let leaf = |byte| Leaf {
            key: LeafKey([byte; 64]),
            value: LeafValue(Digest::default()),
        };
        let mut builder = RootBuilder::new();
        assert_eq!(builder.push(&leaf(5)), Ok(()));
        assert_eq!(builder.push(&leaf(5)), Err(OutOfOrder));
        assert_eq!(builder.push(&leaf(4)), Err(OutOfOrder));
        assert_eq!(builder.push(&leaf(6)), Ok(()));
    }
}
