//! Broadcasting transactions.

use std::{net::IpAddr, sync::Arc, thread, time::Duration};

use idos_consensus::Item;
use idos_types::{Digest, limits::BROADCAST_SECONDS};
use idos_wire::{BroadcastParams, BroadcastResult, Reply, RpcError, TxCode, TxResult};
use tokio::{sync::oneshot, time::timeout};

use crate::{
    admission::{Admission, AdmissionError, Quotas},
    entry::{Rejection, Transaction},
    mempool::PoolError,
    node::{Node, database, state},
    shared::Answer,
};

/// How often a transaction is admitted again because a block came between.
const ADMISSIONS: usize = 64;
/// How long the state and the progress that requests see may differ while a block is settled.
const SETTLING: Duration = Duration::from_micros(200);

impl Node {
    pub(crate) async fn broadcast(
        self: &Arc<Self>,
        asked: BroadcastParams,
        peer: IpAddr,
    ) -> Result<Reply, RpcError> {
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
        let transaction = Arc::new(transaction);
        for attempt in 0..ADMISSIONS {
            let quotas = (attempt == 0).then_some(&self.quotas);
            let (committed, height) = self.admit(&transaction, quotas, peer)?;
            // Only now: what is not admitted has to cost as little as possible.
            transaction.prove();
            match self
                .shared
                .submit(Arc::clone(&transaction), committed, height)
            {
                Ok(waiting) => return Ok((hash, waiting)),
                Err(PoolError::Moved) => thread::sleep(SETTLING),
                Err(error) => {
                    let code = match error {
                        PoolError::Exists => TxCode::Unknown,
                        PoolError::Full | PoolError::AccountFull | PoolError::Moved => {
                            TxCode::MempoolFull
                        }
                        PoolError::Nonce { .. } => TxCode::InvalidNonce,
                    };
                    return Err(rejected(hash, Rejection::new(code, error)));
                }
            }
        }
        let text = "the node is too busy, send the transaction again";
        Err(rejected(hash, Rejection::new(TxCode::MempoolFull, text)))
    }

    /// The nonce that the account of an admitted transaction used last, and as of which height.
    fn admit(
        &self,
        transaction: &Transaction,
        quotas: Option<&Quotas>,
        peer: IpAddr,
    ) -> Result<(u64, u64), RpcError> {
        let hash = transaction.item.hash;
        let now = self.now();
        let (admitted, height) = self
            .readers
            .read(|snapshot| {
                let (network, block) = (&self.network, self.block());
                let admission = Admission {
                    snapshot,
                    network,
                    block,
                    quotas,
                    peer,
                    now,
                };
                let head = snapshot
                    .head()
                    .map(|head| head.map_or(0, |head| head.height));
                (admission.admit(transaction), head)
            })
            .map_err(database)?;
        let committed = admitted.map_err(|error| match error {
            AdmissionError::Rejected(rejection) => rejected(hash, rejection),
            AdmissionError::Store(error) => database(error),
            AdmissionError::State(failure) => state(failure),
        })?;
        Ok((committed, height.map_err(database)?))
    }
}

fn rejected(hash: Digest, rejection: Rejection) -> RpcError {
    RpcError::rejected(rejection.code, hash, rejection.message)
}
