//! Whom a client trusts, and how it follows the network from there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use idos_ledger::{AnswerError, Proved};
use idos_proof::{LightClient, LightClientError, SetChange, ValidatorSet};
use idos_wire::{Request, SetChanges};

use crate::{
    error::NodeFault,
    nodes::{Missed, Nodes},
};

/// Is told what is trusted, to store it.
pub(crate) type Keeper = Arc<dyn Fn(&LightClient) + Send + Sync>;

/// A light client that goes on with the epochs. Clones share it.
#[derive(Clone)]
pub(crate) struct Trust {
    known: Arc<Mutex<LightClient>>,
    keeper: Option<Keeper>,
}

impl Trust {
    pub(crate) fn new(light_client: LightClient, keeper: Option<Keeper>) -> Self {
        Self {
            known: Arc::new(Mutex::new(light_client)),
            keeper,
        }
    }

    fn known(&self) -> MutexGuard<'_, LightClient> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As far as it got.
    pub(crate) fn snapshot(&self) -> LightClient {
        self.known().clone()
    }

    /// The first epoch whose validators count.
    pub(crate) fn epoch(&self) -> u64 {
        self.known().epoch()
    }

    /// How many of the validators may lie without harm, by the larger of the sets that count.
    pub(crate) fn tolerated_faults(&self) -> usize {
        let known = self.known();
        let faults = known.sets().map(ValidatorSet::tolerated_faults);
        faults.into_iter().max().unwrap_or(0)
    }

    /// Has it stored by whoever does that.
    pub(crate) fn keep(&self) {
        if let Some(keeper) = &self.keeper {
            keeper(&self.snapshot());
        }
    }

    /// Goes on from the light client that is further.
    fn further(&self, further: LightClient) {
        let mut known = self.known();
        if further.epoch() > known.epoch() {
            *known = further;
        }
    }

    /// What `verify` finds, once the light client knows who validates: a node that answers from a
    /// later epoch has to prove the sets up to it.
    pub(crate) async fn verified(
        &self,
        nodes: &Nodes,
        node: usize,
        verify: impl Fn(&LightClient) -> Result<Proved, AnswerError>,
    ) -> Result<Proved, Missed> {
        loop {
            // Other nodes may have proved more meanwhile.
            let client = self.snapshot();
            match verify(&client) {
                Err(AnswerError::LightClient(LightClientError::EpochUnknown { got, .. })) => {
                    self.walk(nodes, node, client, got).await?;
                }
                outcome => return Ok(outcome.map_err(NodeFault::from)?),
            }
        }
    }

    /// Once an epoch has begun, the validators of the one before it are trusted no longer: goes on along the set change of
    /// a node, if it has it already. Without it whoever remembers the newest epoch refuses those before.
    pub(crate) async fn leave_for(&self, epoch: u64, nodes: &Nodes, node: usize) {
        let client = self.snapshot();
        if client.epoch() < epoch {
            // Whoever has none may have it the next time.
            let _ = self.walk(nodes, node, client, epoch).await;
        }
    }

    /// Goes on along the set changes that one node has, up to this epoch; at least one. The set change
    /// that ends it may be there before any block of the next: until then it is the newest.
    async fn walk(
        &self,
        nodes: &Nodes,
        node: usize,
        mut client: LightClient,
        up_to: u64,
    ) -> Result<(), Missed> {
        let from_epoch = client.unknown_epoch();
        let request = Request::SetChanges { from_epoch };
        let answered = nodes.ask::<SetChanges>(node, &request, None).await?;
        let known = client.epoch();
        for bytes in &answered.value.changes {
            if client.epoch() >= up_to {
                break;
            }
            let change = SetChange::decode(bytes).map_err(NodeFault::from)?;
            client.advance(&change).map_err(NodeFault::from)?;
        }
        if client.epoch() == known {
            let unknown = LightClientError::EpochUnknown {
                known,
                got: from_epoch,
            };
            return Err(NodeFault::LightClient(unknown).into());
        }
        self.further(client);
        Ok(())
    }
}
