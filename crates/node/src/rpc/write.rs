//! Broadcasting transactions.

use std::{net::IpAddr, sync::Arc, time::Duration};

use idos_types::{Digest, limits::BROADCAST_SECONDS};
use idos_wire::{BroadcastParams, BroadcastResult, Reply, RpcError, TxCode, TxResult};
use tokio::{sync::oneshot, time::timeout};

use crate::{
    admission::{AdmissionError, admit},
    entry::{Rejection, Transaction},
    mempool::PoolError,
    node::{Node, database, state},
    shared::Answer,
};

impl Node {
    pub(crate) async fn broadcast(
        self: &Arc<Self>,
        asked: BroadcastParams,
        peer: IpAddr,
    ) -> Result<Reply, RpcError> {
        let hash = asked.transaction.hash();
        let node = Arc::clone(self);
        let waiting = self
            .blocking(move || node.submit(asked.transaction, hash, peer))
            .await?;
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
        hash: Digest,
        peer: IpAddr,
    ) -> Result<oneshot::Receiver<Answer>, RpcError> {
        let transaction = Transaction::from_wire(transaction, &self.network.chain_id)
            .map_err(|rejection| rejected(hash, rejection))?;
        let now = self.now();
        let admitted = self
            .readers
            .read(|snapshot| {
                let block = self.block();
                admit(
                    snapshot,
                    &self.network,
                    block,
                    &transaction,
                    &self.strangers,
                    peer,
                    now,
                )
            })
            .map_err(database)?;
        let committed = admitted.map_err(|error| match error {
            AdmissionError::Rejected(rejection) => rejected(hash, rejection),
            AdmissionError::Store(error) => database(error),
            AdmissionError::State(failure) => state(failure),
        })?;
        self.shared
            .submit(Arc::new(transaction), committed)
            .map_err(|error| {
                let code = match error {
                    PoolError::Exists => TxCode::Unknown,
                    PoolError::Full | PoolError::AccountFull => TxCode::MempoolFull,
                    PoolError::Nonce { .. } => TxCode::InvalidNonce,
                };
                rejected(hash, Rejection::new(code, error))
            })
    }
}

fn rejected(hash: Digest, rejection: Rejection) -> RpcError {
    RpcError::rejected(rejection.code, hash, rejection.message)
}
