//! A node of a simulated network that fetches the state of others.

use std::sync::PoisonError;

use idos_consensus::{Chain, Membership, Service, Topic, Wake};
use idos_store::Writer;

use crate::{
    genesis::Genesis,
    life::{Fetcher, finish},
    start::StartError,
    sync::{
        fetch::{Fetch, Outcome, Slot},
        mark::Mark,
    },
};

use super::SimulationError;

/// Rows of one transaction: few, so that the states of small networks come in parts.
const BATCH_ROWS: usize = 8;

/// A node that fetches the state of others, and does nothing else. Dropped together with its
/// services, as a crash does, it leaves what is in its folder.
pub struct Fetching {
    fetch: Option<Fetch>,
    mark: Mark,
    wake: Wake,
    slot: Slot,
    chain: Chain,
}

impl Fetching {
    pub(super) fn new(writer: Writer, genesis: &Genesis) -> Result<Self, SimulationError> {
        let Fetcher {
            fetch,
            mark,
            wake,
            slot,
            ..
        } = Fetcher::new(writer, genesis)?;
        Ok(Self {
            fetch: Some(fetch.in_batches_of(BATCH_ROWS)),
            mark,
            wake,
            slot,
            chain: Chain::default(),
        })
    }

    /// Whom it knows and talks with.
    pub fn members(&self) -> Result<Membership, SimulationError> {
        Ok(self.mark.membership().map_err(StartError::from)?)
    }

    /// What it says; once.
    pub fn services(&mut self) -> Vec<(Topic, Box<dyn Service>)> {
        let fetch = self.fetch.take().into_iter();
        fetch
            .map(|fetch| (Topic::Sync, Box::new(fetch) as Box<dyn Service>))
            .collect()
    }

    /// Stops it.
    pub fn wake(&self) -> Wake {
        self.wake.clone()
    }

    /// Shows whom it is connected with.
    pub fn chain(&self) -> Chain {
        self.chain.clone()
    }

    /// Ends it once its conversation has ended: if the state is there, it is the node's from now on.
    /// Returns whether it is; else there is more to fetch.
    pub fn finish(self) -> Result<bool, SimulationError> {
        let outcome = self
            .slot
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match outcome {
            Some(Outcome::Fetched(fetched)) => {
                finish(*fetched)?;
                Ok(true)
            }
            Some(Outcome::Failed(failure)) => Err(failure.into()),
            Some(Outcome::Nodes) | None => Ok(false),
        }
    }
}
