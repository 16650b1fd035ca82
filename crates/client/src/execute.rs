//! Writes: signed once, sent until it is known what became of them.

use std::{sync::Arc, time::Duration};

use idos_types::{Digest, Value, limits::BROADCAST_SECONDS};
use idos_wire::{
    Account, AccountId, AccountParams, BroadcastParams, BroadcastResult, ErrorCode, Fee, Request,
    Transaction, TxCode, TxQueryResult, TxResult, payload::EXECUTE,
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
/// How long between two such questions.
const PAUSE: Duration = Duration::from_millis(200);
/// How often a transaction is signed anew because another took its nonce.
const NONCES: usize = 4;

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

/// What is known of the wallet's account.
#[derive(Default)]
pub(crate) struct Writes {
    /// The nonce of the next transaction, if the one before it is known to be used.
    next_nonce: Option<u64>,
}

impl Writes {
    /// Asks for the nonce before the next transaction.
    pub(crate) fn forget(&mut self) {
        self.next_nonce = None;
    }
}

/// What became of a transaction that was sent.
enum Sent {
    /// It is in a block, a node says.
    Included(usize, TxResult),
    /// It is in no block, and will be in none.
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
    /// Both are that node's word ([`Executed::node`]): one that lies can drop the transaction and say
    /// that it was executed, or refused. The flows of persons and consumers prove what ends or replaces
    /// something; whoever runs actions by themselves reads it by [`Client::prove`](Self::prove).
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
        let mut writes = self.writes.lock().await;
        let mut refused = None;
        for _ in 0..NONCES {
            let nonce = match writes.next_nonce.take() {
                Some(nonce) => nonce,
                None => self.last_nonce(wallet.as_ref()).await?.saturating_add(1),
            };
            let transaction = self.signed(wallet.as_ref(), &payload, nonce).await?;
            let hash = transaction.hash();
            match self.settled(transaction).await {
                Sent::Included(node, result) => {
                    writes.next_nonce = nonce.checked_add(1);
                    return included(hash, self.nodes.url(node), result);
                }
                // Another took it, or whoever told the nonce was wrong.
                Sent::Rejected(error) if is_nonce(&error) => {
                    self.nodes.pass_over();
                    refused = Some(error);
                }
                Sent::Rejected(error) | Sent::Unsent(error) => return Err(error),
                Sent::Lost => return Err(Error::Unknown { hash }),
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

    /// The nonce that the account used last, in a block or waiting for one.
    async fn last_nonce(&self, wallet: &dyn Wallet) -> Result<u64, Error> {
        let sender = wallet.sender();
        let request = Request::Account(AccountParams {
            id: AccountId {
                identifier: sender.bytes().to_vec(),
                key_type: sender.auth().key_type().name().to_owned(),
            },
            with_pending: true,
        });
        let answered = self.nodes.read::<Account>(request, None).await?;
        Ok(answered.value.nonce)
    }

    async fn signed(
        &self,
        wallet: &dyn Wallet,
        payload: &[u8],
        nonce: u64,
    ) -> Result<Transaction, Error> {
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
        transaction.signature = wallet.sign(&transaction.signed_text()).await?;
        Ok(transaction)
    }

    /// Sends a transaction, and looks for it if the answer gets lost.
    async fn settled(&self, transaction: Transaction) -> Sent {
        let hash = transaction.hash();
        match self.sent(transaction).await {
            Sent::Lost => {}
            known => return known,
        }
        let end = Instant::now() + SEARCH;
        while Instant::now() < end {
            if let Ok(Some((node, result))) = self.looked_up(hash).await {
                return Sent::Included(node, result);
            }
            self.nodes.pass_over();
            sleep(PAUSE).await;
        }
        Sent::Lost
    }

    /// Sends the very same transaction to one node after the other until one says what became of it.
    /// The chain accepts it once. But once two nodes may have it, a refusal of one says nothing: it
    /// may be refused because the other got it into a block.
    async fn sent(&self, transaction: Transaction) -> Sent {
        let request = Arc::new(Request::Broadcast(BroadcastParams {
            transaction,
            wait: true,
        }));
        let mut waiting = self.nodes.order();
        let mut running = JoinSet::new();
        let (mut tried, mut may_be_sent) = (0_usize, 0_usize);
        let mut last = (0, NodeFault::Ended);
        loop {
            let next = waiting.next();
            if let Some(node) = next {
                (tried, may_be_sent) = (tried + 1, may_be_sent + 1);
                running.spawn(broadcast(self.nodes.clone(), node, Arc::clone(&request)));
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
                    Some(Ok((_, Err(Missed::Final(error))))) if may_be_sent == 1 => {
                        return Sent::Rejected(error);
                    }
                    Some(Ok((node, Err(Missed::Node(fault))))) => {
                        if !may_have_it(&fault) {
                            may_be_sent -= 1;
                        }
                        last = (node, fault);
                    }
                    Some(Ok((_, Err(Missed::Final(_)))) | Err(_)) => {}
                    None if may_be_sent > 0 => return Sent::Lost,
                    None => {
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
            let code = error.rejection.as_ref().and_then(|it| it.code);
            code != Some(TxCode::MempoolFull)
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
            message: log.strip_prefix("ERROR: ").unwrap_or(&log).to_owned(),
        }),
    }
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
