//! Which nodes are of the network now: what they sign for persons counts on every other.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError, RwLock},
};

use idos_types::ValidatorKey;

/// Epochs whose nodes are known: the one before, since its sessions go on; the one that is; and the
/// next one, which other nodes may be in already.
const EPOCHS: usize = 3;

/// The keys of the nodes, this one included; clones are the same list.
#[derive(Clone, Default)]
pub(crate) struct Nodes(Arc<RwLock<BTreeMap<u64, BTreeSet<ValidatorKey>>>>);

impl Nodes {
    /// Sets the nodes of an epoch. In whatever order epochs come, the newest stay.
    pub(crate) fn set(&self, epoch: u64, keys: impl IntoIterator<Item = ValidatorKey>) {
        let keys = keys.into_iter().collect();
        let mut epochs = self.0.write().unwrap_or_else(PoisonError::into_inner);
        epochs.insert(epoch, keys);
        while epochs.len() > EPOCHS {
            epochs.pop_first();
        }
    }

    pub(crate) fn contains(&self, key: ValidatorKey) -> bool {
        let epochs = self.0.read().unwrap_or_else(PoisonError::into_inner);
        epochs.values().any(|keys| keys.contains(&key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_of_the_newest_epochs_count_in_whatever_order_they_are_said() {
        let nodes = Nodes::default();
        let key = |byte| ValidatorKey([byte; 32]);
        // As an epoch begins: itself, the one before, the one after.
        for epoch in [1, 0, 2] {
            nodes.set(epoch, [key(u8::try_from(epoch).unwrap())]);
        }
        assert!(
            [0, 1, 2]
                .map(key)
                .into_iter()
                .all(|key| nodes.contains(key))
        );
        nodes.set(2, [key(2)]);
        assert!(nodes.contains(key(0)), "said again, it takes no place");
        nodes.set(3, [key(3)]);
        assert!(!nodes.contains(key(0)));
        nodes.set(0, [key(9)]);
        assert!(!nodes.contains(key(9)), "old news drive out nothing");
        assert!(
            [1, 2, 3]
                .map(key)
                .into_iter()
                .all(|key| nodes.contains(key))
        );
    }
}
