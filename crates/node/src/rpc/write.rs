//! Broadcasting transactions.

use std::{net::IpAddr, sync::Arc, time::Duration};

use idos_consensus::Item;
use idos_types::{Digest, limits::BROADCAST_SECONDS};
use idos_wire::{BroadcastParams, BroadcastResult, Reply, RpcError, TxCode, TxResult};
use tokio::{sync::oneshot, time::timeout};

use crate::{
    admission::AdmissionError,
    entry::{Rejection, Transaction},
    node::{Node, database, state},
    shared::Answer,
};

impl Node {
    pub(crate) async fn broadcast(
        self: &Arc<Self>,
        asked: BroadcastParams,
        peer: IpAddr,
    ) -> Result<Reply, RpcError> {
        self.agrees()?;
        let node = Arc::clone(self);
        let submit = move || node.submit(asked.transaction, peer);
        let (hash, waiting) = self.blocking(submit).await?;
        if !asked.wait {
            return Ok(Reply::Broadcast(BroadcastResult {
                tx_hash: hash,
                result: None,
            }));
        }
        let (code, log) = match timeout(Duration::from_secs(BROADCAST_SECONDS), waiting).await {
            Ok(Ok(Ok(outcome))) => outcome,
            Ok(Ok(Err(rejection))) => return Err(rejected(hash, rejection)),
            Ok(Err(_)) => {
                let text = "the node stopped before the transaction was in a block";
                return Err(rejected(hash, Rejection::new(TxCode::NetworkHalted, text)));
            }
            Err(_) => {
                let text = "timed out waiting for tx to be included in a block";
                return Err(rejected(hash, Rejection::new(TxCode::CommitTimeout, text)));
            }
        };
        let result = Some(TxResult { code, gas: 0, log });
        Ok(Reply::Broadcast(BroadcastResult {
            tx_hash: hash,
            result,
        }))
    }

    /// Verifies and admits a transaction, and lets it wait for a block.
    fn submit(
        &self,
        transaction: idos_wire::Transaction,
        peer: IpAddr,
    ) -> Result<(Digest, oneshot::Receiver<Answer>), RpcError> {
        let item = Item::new(transaction.encode());
        let hash = item.hash;
        let transaction = Transaction::verify(transaction, item, &self.network.chain_id)
            .map_err(|rejection| rejected(hash, rejection))?;
        let waiting = self
            .entrance
            .enter(&Arc::new(transaction), peer, self.now())
            .map_err(|error| match error {
                AdmissionError::Rejected(rejection) => rejected(hash, rejection),
                AdmissionError::Store(error) => database(error),
                AdmissionError::State(failure) => state(failure),
            })?;
        Ok((hash, waiting))
    }
}

fn rejected(hash: Digest, rejection: Rejection) -> RpcError {
    RpcError::rejected(rejection.code, hash, rejection.message)
}
