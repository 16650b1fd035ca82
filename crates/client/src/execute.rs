//! Writes: signed once, sent until it is known what became of them.

use std::{sync::Arc, time::Duration};

use idos_types::{Digest, Value, limits::BROADCAST_SECONDS};
use idos_wire::{
    BroadcastParams, BroadcastResult, ErrorCode, Fee, Request, TRANSACTION_EXISTS, Transaction,
    TxCode, TxQueryResult, TxResult, payload::EXECUTE, refusal,
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{
    action,
    client::Client,
    error::{Error, NodeFault},
    nodes::{Missed, Nodes},
    wallet::Wallet,
};

/// How long one node is waited for before the same transaction goes to the next as well.
const PATIENCE: Duration = Duration::from_secs(3);
/// For how long nodes are asked what became of a transaction whose answer got lost.
const SEARCH: Duration = Duration::from_secs(BROADCAST_SECONDS);
/// How long between two such questions, and for each time before it is tried again to be the next.
const PAUSE: Duration = Duration::from_millis(200);
/// How often it is tried to be the next transaction of the wallet, if others were faster or nodes are
/// behind.
const NONCES: u32 = 4;

/// A transaction that was executed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Executed {
    /// Its name.
    pub hash: Digest,
    /// The notices of the rules, one a line.
    pub log: String,
    /// The URL of the node that said so.
    pub node: String,
}

/// A transaction that is signed.
struct Signed {
    nonce: u64,
    hash: Digest,
    /// As it is sent.
    request: Arc<Request>,
}

/// What became of a transaction that was sent.
enum Sent {
    /// It is in a block, a node says.
    Included(usize, TxResult),
    /// Whoever was asked refuses it, and these are more than may lie, or all.
    Rejected(Error),
    /// Nobody knows.
    Lost,
    /// It reached no node.
    Unsent(Error),
}

impl Client {
    /// Runs an action, and waits until the node that is asked says that more than two thirds of the
    /// validators have executed it: every node shows it then. [`Error::Refused`] has the text of the
    /// rule that refused.
    ///
    /// Both are that node's word ([`Executed::node`]): one that lies can keep the transaction and say
    /// that it was executed, or failed, and execute it as long as no later write has taken its nonce. The
    /// flows of persons and consumers prove what ends or replaces something; whoever runs actions by
    /// themselves reads it by [`Client::prove`](Self::prove).
    pub async fn execute(&self, action: &str, arguments: Vec<Value>) -> Result<Executed, Error> {
        self.execute_all(action, vec![arguments]).await
    }

    /// Runs an action several times in one transaction: all or nothing.
    pub async fn execute_all(
        &self,
        action: &str,
        calls: Vec<Vec<Value>>,
    ) -> Result<Executed, Error> {
        let payload = action::execution(action, calls)?;
        let wallet = self.wallet()?;
        // One after the other: a transaction whose nonce is not the next one is refused.
        let _turn = self.writes.lock().await;
        let mut known: Option<Signed> = None;
        let mut refused = None;
        for attempt in 0..NONCES {
            if attempt > 0 {
                sleep(PAUSE * attempt).await;
            }
            let nonce = self.last_nonce(wallet.as_ref()).await?.saturating_add(1);
            let signed = match known.take() {
                Some(signed) if signed.nonce == nonce => signed,
                _ => self.signed(wallet.as_ref(), &payload, nonce).await?,
            };
            match self.settled(&signed).await {
                Sent::Included(node, result) => {
                    return included(signed.hash, self.nodes.url(node), result);
                }
                // Another took it, or some of those who told the nonce are behind.
                Sent::Rejected(error) if is_nonce(&error) => {
                    self.nodes.pass_over();
                    known = Some(signed);
                    refused = Some(error);
                }
                Sent::Rejected(error) | Sent::Unsent(error) => return Err(error),
                Sent::Lost => return Err(Error::Unknown { hash: signed.hash }),
            }
        }
        Err(refused.unwrap_or(Error::NoWallet))
    }

    /// What became of a transaction; `None` if the node that is asked does not know it, or it waits
    /// for a block. That node's word, too.
    pub async fn outcome(&self, hash: Digest) -> Result<Option<Executed>, Error> {
        match self.looked_up(hash).await {
            Ok(Some((node, result))) => included(hash, self.nodes.url(node), result).map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn signed(
        &self,
        wallet: &dyn Wallet,
        payload: &[u8],
        nonce: u64,
    ) -> Result<Signed, Error> {
        let sender = wallet.sender();
        let mut transaction = Transaction {
            signature: Vec::new(),
            scheme: sender.auth().name().to_owned(),
            sender: sender.bytes().to_vec(),
            description: String::new(),
            payload_type: EXECUTE.to_owned(),
            payload: payload.to_vec(),
            fee: Fee(0),
            nonce,
            chain_id: self.chain_id.to_string(),
        };
        let signature = wallet.sign(&transaction.signed_text()).await?;
        // By the spelling that nodes order: the hash covers it.
        transaction.signature = sender.canonical(&signature).into_owned();
        let hash = transaction.hash();
        let request = Request::Broadcast(BroadcastParams {
            transaction,
            wait: true,
        });
        Ok(Signed {
            nonce,
            hash,
            request: Arc::new(request),
        })
    }

    /// Sends a transaction, and looks for it if the answer gets lost.
    async fn settled(&self, signed: &Signed) -> Sent {
        match self.sent(signed).await {
            Sent::Lost => {}
            known => return known,
        }
        let end = Instant::now() + SEARCH;
        while Instant::now() < end {
            if let Ok(Some((node, result))) = self.looked_up(signed.hash).await {
                return Sent::Included(node, result);
            }
            self.nodes.pass_over();
            sleep(PAUSE).await;
        }
        Sent::Lost
    }

    /// Sends the very same transaction to one node after the other until one says what became of it.
    /// The chain accepts it once. That one node refuses it decides nothing: it could keep it for later,
    /// or another could have got it into a block.
    async fn sent(&self, signed: &Signed) -> Sent {
        let faults = self.faults();
        let mut waiting = self.nodes.order();
        let mut running = JoinSet::new();
        let (mut tried, mut may_be_sent) = (0_usize, 0_usize);
        let (mut refusals, mut refused) = (0_usize, None);
        let mut last = (0, NodeFault::Ended);
        loop {
            let next = waiting.next();
            if let Some(node) = next {
                (tried, may_be_sent) = (tried + 1, may_be_sent + 1);
                let request = Arc::clone(&signed.request);
                running.spawn(broadcast(self.nodes.clone(), node, request));
            }
            loop {
                let ended = tokio::select! {
                    ended = running.join_next() => ended,
                    () = sleep(PATIENCE), if next.is_some() => break,
                };
                match ended {
                    Some(Ok((node, Ok(result)))) => {
                        self.nodes.prefer(node);
                        if let Some(result) = result.result {
                            return Sent::Included(node, result);
                        }
                    }
                    Some(Ok((_, Err(Missed::Final(error))))) if !is_known(&error) => {
                        refusals += 1;
                        if refusals > faults {
                            return Sent::Rejected(error);
                        }
                        refused = Some(error);
                    }
                    Some(Ok((node, Err(Missed::Node(fault))))) => {
                        if !may_have_it(&fault) {
                            may_be_sent -= 1;
                        }
                        last = (node, fault);
                    }
                    Some(Ok((_, Err(Missed::Final(_)))) | Err(_)) => {}
                    None if may_be_sent > refusals => return Sent::Lost,
                    None => {
                        if let Some(refused) = refused {
                            return Sent::Rejected(refused);
                        }
                        let (node, source) = last;
                        return Sent::Unsent(Error::Nodes {
                            tried,
                            url: self.nodes.url(node).to_owned(),
                            source,
                        });
                    }
                }
                if next.is_some() {
                    break;
                }
            }
        }
    }

    /// What became of a transaction that is in a block.
    async fn looked_up(&self, hash: Digest) -> Result<Option<(usize, TxResult)>, Error> {
        let cookie = None;
        let asked = self
            .nodes
            .read::<TxQueryResult>(Request::TxQuery { hash }, cookie);
        match asked.await {
            Ok(answered) => {
                let outcome = answered.value.outcome();
                Ok(outcome.map(|(_, result)| (answered.node, result.clone())))
            }
            Err(Error::Refused {
                code: Some(ErrorCode::TransactionNotFound),
                ..
            }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

async fn broadcast(
    nodes: Nodes,
    node: usize,
    request: Arc<Request>,
) -> (usize, Result<BroadcastResult, Missed>) {
    let asked = nodes.ask(node, &request, None).await;
    (node, asked.map(|answered| answered.value))
}

/// Whether a node that failed so may have taken the transaction all the same.
fn may_have_it(fault: &NodeFault) -> bool {
    match fault {
        NodeFault::Connection(_) => false,
        NodeFault::Busy(error) => {
            let tx_code = error.rejection.as_ref().and_then(|it| it.code);
            let is_turned_away = error.code() == Some(ErrorCode::TooManyRequests);
            tx_code != Some(TxCode::MempoolFull) && !is_turned_away
        }
        _ => true,
    }
}

fn included(hash: Digest, node: &str, result: TxResult) -> Result<Executed, Error> {
    let TxResult { code, log, .. } = result;
    match code {
        TxCode::Ok => Ok(Executed {
            hash,
            log,
            node: node.to_owned(),
        }),
        code => Err(Error::Refused {
            code: None,
            tx_code: Some(code),
            message: refusal(&log).to_owned(),
        }),
    }
}

/// Whether a node refuses a transaction because it has it.
fn is_known(error: &Error) -> bool {
    matches!(error, Error::Refused { message, .. } if message == TRANSACTION_EXISTS)
}

fn is_nonce(error: &Error) -> bool {
    matches!(
        error,
        Error::Refused {
            tx_code: Some(TxCode::InvalidNonce),
            ..
        }
    )
}

#[cfg(test)]
mod tests;
