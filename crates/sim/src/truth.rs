//! What all honest nodes must agree on, and what a block may hold.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use idos_consensus::{Block, Header};
use idos_node::simulation::is_entry;
use idos_proof::{Root, RootStatement};
use idos_types::Digest;

/// What honest nodes computed, by height; clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Truth(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    blocks: BTreeMap<u64, Fact>,
    items: u64,
    /// Of each block.
    outcomes: BTreeMap<u64, Receipts>,
    /// The newest of each entry.
    receipts: BTreeMap<Digest, Receipt>,
}

/// What became of each entry of a block.
pub(crate) type Receipts = Vec<(Digest, Option<Receipt>)>;

/// What became of a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Receipt {
    /// The height of its block.
    pub(crate) height: u64,
    /// Its place in there.
    pub(crate) position: u32,
    /// Its result.
    pub(crate) code: u16,
}

/// What is so at a height.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fact {
    /// The hash of the header.
    pub(crate) header: Digest,
    /// The root of the state.
    pub(crate) root: Root,
}

impl Truth {
    /// An honest node executed a block: the same block as all others, with the same state after
    /// it, and with nothing in it that nobody signed.
    pub(crate) fn executed(
        &self,
        node: usize,
        block: &Block,
        root: Root,
        chain_id: &str,
        receipts: Receipts,
    ) {
        let Header { height, .. } = block.header;
        let header = block.header.hash();
        let fact = Fact { header, root };
        let mut known = self.known();
        if let Some(before) = known.blocks.get(&height) {
            assert_eq!(
                *before, fact,
                "agreement: node {node} executed another block or computed another state at {height}"
            );
            assert_eq!(
                known.outcomes.get(&height),
                Some(&receipts),
                "agreement: node {node} has other receipts of {height}"
            );
            return;
        }
        if let Some((last, _)) = known.blocks.last_key_value() {
            assert_eq!(
                last + 1,
                height,
                "order: node {node} is ahead of its parents"
            );
        }
        for item in &block.items {
            assert!(
                is_entry(item, chain_id),
                "validity: block {height} has what nobody signed ({})",
                item.hash
            );
        }
        known.items += u64::try_from(block.items.len()).expect("a block is small");
        known.blocks.insert(height, fact);
        let left = receipts
            .iter()
            .filter_map(|(hash, receipt)| Some((*hash, (*receipt)?)));
        known.receipts.extend(left);
        known.outcomes.insert(height, receipts);
    }

    /// A node has come back with this state, which it may have from others.
    pub(crate) fn confirm(&self, node: usize, height: u64, header: Digest, root: Root) {
        let fact = Fact { header, root };
        if let Some(known) = self.at(height) {
            assert_eq!(
                known, fact,
                "agreement: node {node} has another state at {height}"
            );
        }
    }

    /// What became of a transaction that is in a block.
    pub(crate) fn receipt(&self, hash: &Digest) -> Option<Receipt> {
        self.known().receipts.get(hash).copied()
    }

    /// What is certified is what honest nodes computed, as far as they have.
    pub(crate) fn certified(&self, statement: &RootStatement) {
        let known = self.known();
        if let Some(fact) = known.blocks.get(&statement.height) {
            let certified = Fact {
                header: statement.header,
                root: statement.root,
            };
            let height = statement.height;
            assert_eq!(
                certified, *fact,
                "the certificate of {height} is of another state"
            );
        }
    }

    /// What is so at a height.
    pub(crate) fn at(&self, height: u64) -> Option<Fact> {
        self.known().blocks.get(&height).copied()
    }

    /// The newest height, and how many entries all blocks have.
    pub(crate) fn size(&self) -> (u64, u64) {
        let known = self.known();
        let height = known
            .blocks
            .last_key_value()
            .map_or(0, |(height, _)| *height);
        (height, known.items)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
