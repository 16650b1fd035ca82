//! Stands between the network and the state machine of an honest node: sees every block, and lets
//! the disk fail when that is the plan.

use std::sync::{Arc, Mutex, PoisonError};

use idos_consensus::{ApplicationError, Block, Execution, Header, Membership, Tip};
use idos_node::simulation::Node;
use idos_types::BlockTime;

use crate::truth::{Receipt, Receipts, Truth};

/// When the disk of a node fails; clones are the same disk.
#[derive(Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<Option<Failing>>>);

/// At which point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Failing {
    /// Before the transaction of the next block is committed: nothing of it is left.
    BeforeCommit,
    /// After that, and before the engine hears of it: the block comes again.
    AfterCommit,
}

impl Disk {
    /// Lets it fail at the next block.
    pub(crate) fn fail(&self, failing: Failing) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(failing);
    }

    /// Repairs it.
    pub(crate) fn repair(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn fails(&self, at: Failing) -> Result<(), ApplicationError> {
        let failing = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match failing == Some(at) {
            true => Err("the simulated disk fails".into()),
            false => Ok(()),
        }
    }
}

/// The state machine with a witness.
pub(crate) struct Witness {
    pub(crate) inner: Box<dyn Execution>,
    pub(crate) number: usize,
    pub(crate) node: Node,
    pub(crate) truth: Truth,
    pub(crate) disk: Disk,
}

impl Witness {
    /// What became of each entry of a block that was just executed; nothing of one that changed
    /// nothing.
    fn receipts(&self, block: &Block) -> Result<Receipts, ApplicationError> {
        let mut receipts = Receipts::new();
        for item in &block.items {
            let receipt = self.node.read(|snapshot| snapshot.receipt(&item.hash))??;
            // A repeated entry has the receipt of an earlier block, on nodes that have that block.
            let own = receipt.filter(|receipt| receipt.height == block.header.height);
            let own = own.map(|receipt| Receipt {
                height: receipt.height,
                position: receipt.position,
                code: receipt.code,
            });
            receipts.push((item.hash, own));
        }
        Ok(receipts)
    }
}

impl Execution for Witness {
    fn tip(&self) -> Tip {
        self.inner.tip()
    }

    fn header(&self, height: u64) -> Result<Option<Header>, ApplicationError> {
        self.inner.header(height)
    }

    fn members(&self, epoch: u64) -> Result<Option<Membership>, ApplicationError> {
        self.inner.members(epoch)
    }

    fn protocol(&self, epoch: u64) -> Result<u64, ApplicationError> {
        self.inner.protocol(epoch)
    }

    fn finalized(&mut self, block: Block) -> Result<(), ApplicationError> {
        self.disk.fails(Failing::BeforeCommit)?;
        self.inner.finalized(block.clone())?;
        let root = self.node.progress().root;
        let chain_id = &self.node.network().chain_id;
        let receipts = self.receipts(&block)?;
        self.truth
            .executed(self.number, &block, root, chain_id, receipts);
        self.disk.fails(Failing::AfterCommit)
    }

    fn tend(&mut self, now: BlockTime) -> Result<BlockTime, ApplicationError> {
        self.inner.tend(now)
    }

    fn archived_from(&mut self, height: u64) {
        self.inner.archived_from(height);
    }

    fn keep_from(&self) -> u64 {
        self.inner.keep_from()
    }
}
