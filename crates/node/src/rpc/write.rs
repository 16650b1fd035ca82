//! Broadcasting transactions.

use std::{net::IpAddr, sync::Arc, time::Duration};

use idos_consensus::Item;
use idos_types::{Digest, limits::BROADCAST_SECONDS};
use idos_wire::{BroadcastParams, BroadcastResult, Reply, RpcError, TxCode, TxResult};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    admission::AdmissionError,
    entry::{Rejection, Transaction, respell},
    node::{Node, SMALL_BYTES, database, state},
    shared::{Answer, STOPPED},
};

/// How long a transaction waits for those of its account that come before it, or for the block that makes
/// what it needs: clients that talk to several nodes at once are ahead of what these tell each other.
const EARLY: Duration = Duration::from_millis(250);

impl Node {
    pub(crate) async fn broadcast(
        self: &Arc<Self>,
        asked: BroadcastParams,
        peer: IpAddr,
    ) -> Result<Reply, RpcError> {
        self.agrees()?;
        let wait = asked.wait;
        let (hash, waiting) = self.submit(asked.transaction, peer).await?;
        if !wait {
            return Ok(Reply::Broadcast(BroadcastResult {
                tx_hash: hash,
                result: None,
            }));
        }
        let (code, log) = match timeout(Duration::from_secs(BROADCAST_SECONDS), waiting).await {
            Ok(Ok(Ok(outcome))) => outcome,
            Ok(Ok(Err(rejection))) => return Err(rejected(hash, rejection)),
            Ok(Err(_)) => {
                return Err(rejected(
                    hash,
                    Rejection::new(TxCode::NetworkHalted, STOPPED),
                ));
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

    /// Verifies and admits a transaction, and lets it wait for a block. One before it that was given
    /// to another node gets a moment to arrive, and so does a block that this node has not executed.
    async fn submit(
        self: &Arc<Self>,
        transaction: idos_wire::Transaction,
        peer: IpAddr,
    ) -> Result<(Digest, oneshot::Receiver<Answer>), RpcError> {
        let deadline = Instant::now() + EARLY;
        let height = self.shared.progress.borrow().tip.height;
        let mut is_first = true;
        let mut listening = None;
        let mut peer = Some(peer);
        let transaction = self.verified(transaction).await?;
        let hash = transaction.item.hash;
        loop {
            match self.enter(&transaction, &mut peer).await? {
                Ok(waiting) => return Ok((hash, waiting)),
                Err(AdmissionError::Early(early)) => {
                    let Some(used) = &mut listening else {
                        // Looked at once more, so that nothing arrives unnoticed in between.
                        listening = Some(self.shared.waiting.used_nonces.subscribe());
                        continue;
                    };
                    let before = (transaction.account, transaction.nonce.saturating_sub(1));
                    // Whoever listened too slowly looks for itself.
                    let is_next =
                        async { while used.recv().await.is_ok_and(|used| used != before) {} };
                    if timeout_at(deadline, is_next).await.is_err() {
                        return Err(rejected(hash, early));
                    }
                }
                Err(AdmissionError::Rejected(rejection)) => {
                    let may_change = is_first && rejection.code != TxCode::MempoolFull;
                    if !may_change || !self.shared.moves_on(height, deadline).await {
                        return Err(rejected(hash, rejection));
                    }
                    is_first = false;
                }
                Err(AdmissionError::Store(error)) => return Err(database(error)),
                Err(AdmissionError::State(failure)) => return Err(state(failure)),
            }
        }
    }

    /// Admits a transaction: on this thread if that is done in no time, else on one that may block.
    /// Whoever was counted is no longer in `peer`.
    async fn enter(
        self: &Arc<Self>,
        transaction: &Arc<Transaction>,
        peer: &mut Option<IpAddr>,
    ) -> Result<Result<oneshot::Receiver<Answer>, AdmissionError>, RpcError> {
        // Issuers sign each credential by itself: more calls may have more of that to verify.
        if transaction.item.bytes.len() <= SMALL_BYTES && transaction.action.calls().len() <= 1 {
            let entered = self
                .entrance
                .enter_briefly(transaction, peer, self.now())
                .transpose();
            if let Some(entered) = entered {
                return Ok(entered);
            }
        }
        let (node, transaction, peer) = (Arc::clone(self), Arc::clone(transaction), peer.take());
        self.blocking(move || Ok(node.entrance.enter(&transaction, peer, node.now())))
            .await
    }

    /// Verifies a transaction: what is small on this thread, like requests that are parsed.
    async fn verified(
        self: &Arc<Self>,
        transaction: idos_wire::Transaction,
    ) -> Result<Arc<Transaction>, RpcError> {
        if transaction.payload.len() <= SMALL_BYTES {
            return self.verify(transaction);
        }
        let node = Arc::clone(self);
        self.blocking(move || node.verify(transaction)).await
    }

    fn verify(
        &self,
        mut transaction: idos_wire::Transaction,
    ) -> Result<Arc<Transaction>, RpcError> {
        respell(&mut transaction);
        let item = Item::new(transaction.encode());
        let hash = item.hash;
        Transaction::verify(transaction, item, &self.network.chain_id)
            .map(Arc::new)
            .map_err(|rejection| rejected(hash, rejection))
    }
}

fn rejected(hash: Digest, rejection: Rejection) -> RpcError {
    RpcError::rejected(rejection.code, hash, rejection.message)
}
