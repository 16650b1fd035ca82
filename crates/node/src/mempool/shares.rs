//! How much of the pool came from which node.

use std::collections::HashMap;

use idos_consensus::PeerKey;
use idos_types::limits::{
    MEMPOOL_BYTES_OF_PEERS, MEMPOOL_BYTES_PER_PEER, MEMPOOL_ITEMS_OF_PEERS, MEMPOOL_ITEMS_PER_PEER,
};

/// What other nodes passed on. Each may pass on so much, and all of them together leave room for
/// what clients of this node give.
#[derive(Default)]
pub(super) struct Shares {
    of: HashMap<PeerKey, Share>,
    all: Share,
}

/// So many entries with so many bytes.
#[derive(Default, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Share {
    pub(super) items: usize,
    pub(super) bytes: usize,
}

impl Share {
    /// Whether so many bytes more are no more than the most.
    pub(super) fn fits(&self, bytes: usize, most: Self) -> bool {
        self.items < most.items && self.bytes.saturating_add(bytes) <= most.bytes
    }

    pub(super) fn add(&mut self, bytes: usize) {
        self.items += 1;
        self.bytes += bytes;
    }

    pub(super) fn remove(&mut self, bytes: usize) {
        self.items = self.items.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

impl Shares {
    /// Whether a node may pass on something of so many bytes.
    pub(super) fn has_room(&self, from: PeerKey, bytes: usize) -> bool {
        let own = self.of.get(&from).copied().unwrap_or_default();
        let most_of_one = Share {
            items: MEMPOOL_ITEMS_PER_PEER,
            bytes: MEMPOOL_BYTES_PER_PEER,
        };
        let most_of_all = Share {
            items: MEMPOOL_ITEMS_OF_PEERS,
            bytes: MEMPOOL_BYTES_OF_PEERS,
        };
        own.fits(bytes, most_of_one) && self.all.fits(bytes, most_of_all)
    }

    /// Counts what a node passed on.
    pub(super) fn add(&mut self, from: PeerKey, bytes: usize) {
        self.of.entry(from).or_default().add(bytes);
        self.all.add(bytes);
    }

    /// Counts it no more.
    pub(super) fn remove(&mut self, from: PeerKey, bytes: usize) {
        self.all.remove(bytes);
        if let Some(own) = self.of.get_mut(&from) {
            own.remove(bytes);
            if own.items == 0 {
                self.of.remove(&from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_settled_makes_room_and_leaves_no_trace() {
        let mut shares = Shares::default();
        let [one, two] = [PeerKey([1; 32]), PeerKey([2; 32])];
        shares.add(one, MEMPOOL_BYTES_PER_PEER);
        shares.add(two, 1);
        assert!(!shares.has_room(one, 1));
        assert!(shares.has_room(two, 1));
        shares.remove(one, MEMPOOL_BYTES_PER_PEER);
        assert!(shares.has_room(one, MEMPOOL_BYTES_PER_PEER));
        shares.remove(two, 1);
        assert!(shares.of.is_empty());
        assert_eq!(shares.all, Share::default());
    }
}
