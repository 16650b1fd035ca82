//! The door through which transactions and sign-ins come to wait for a block, whether a client of
//! this node sends them or another node does.

use std::{net::IpAddr, sync::Arc, thread, time::Duration};

use idos_consensus::PeerKey;
use idos_ledger::{Block, Caller, Network, claim};
use idos_store::Readers;
use idos_types::{BlockTime, limits::MEMPOOL_ITEMS_PER_ACCOUNT};
use idos_wire::TxCode;
use tokio::sync::oneshot;

use crate::{
    admission::{Admission, AdmissionError, Quotas, Visitor},
    entry::{Entry, Rejection, SignedIn, Transaction},
    mempool::PoolError,
    shared::{Answer, Shared},
};

/// How often a transaction is admitted again because a block came between.
const ADMISSIONS: usize = 64;
/// By how many nonces a transaction may be early: no more of one account can wait at once.
const MOST_EARLY: u64 = MEMPOOL_ITEMS_PER_ACCOUNT as u64;
/// How long the state and the progress that requests see may differ while a block is settled.
const SETTLING: Duration = Duration::from_micros(200);

/// The door.
pub(crate) struct Entrance {
    network: Network,
    readers: Readers,
    shared: Arc<Shared>,
    quotas: Quotas,
}

impl Entrance {
    pub(crate) fn new(
        network: Network,
        readers: Readers,
        shared: Arc<Shared>,
        stranger_writes_per_minute: u32,
    ) -> Self {
        Self {
            network,
            readers,
            shared,
            quotas: Quotas::new(stranger_writes_per_minute),
        }
    }

    /// What views and rehearsals see: the state of the newest executed block, at the time that a
    /// block made now would have. An idle network makes no blocks, and its locks end all the same.
    pub(crate) fn block(&self, now: BlockTime) -> Block {
        let tip = self.shared.progress.borrow().tip;
        self.network.block(tip.height, now.max(tip.time))
    }

    /// Admits a verified transaction of a client, which hears what became of it. `peer` counts it
    /// among what comes from there; `None` if that was done before.
    pub(crate) fn enter(
        &self,
        transaction: &Arc<Transaction>,
        peer: Option<IpAddr>,
        now: BlockTime,
    ) -> Result<oneshot::Receiver<Answer>, AdmissionError> {
        let visitor = peer.map(|peer| Visitor {
            quotas: &self.quotas,
            peer,
        });
        self.admitted(transaction, visitor, now, |committed, height| {
            self.shared
                .submit(Arc::clone(transaction), committed, height)
        })
    }

    /// Admits a verified entry that another node, `from`, let in: its client waits there.
    pub(crate) fn enter_from_peer(
        &self,
        entry: Entry,
        from: PeerKey,
        now: BlockTime,
    ) -> Result<(), AdmissionError> {
        match &entry {
            Entry::Transaction(transaction) => {
                self.admitted(transaction, None, now, |committed, height| {
                    self.shared
                        .take_in(Arc::clone(transaction), from, committed, height)
                })
            }
            Entry::SignIn(signed_in) => {
                self.require_use(signed_in)?;
                let item = signed_in.item.clone();
                self.shared
                    .take_in_sign_in(item, entry, from)
                    .map_err(|error| pool_rejection(&error).into())
            }
        }
    }

    /// A sign-in is for a block only while there is a profile to claim: anything else would be a
    /// way to fill blocks for nothing.
    fn require_use(&self, signed_in: &SignedIn) -> Result<(), AdmissionError> {
        let caller = Caller::new(signed_in.proof.sender.caller());
        let claimed = self
            .readers
            .read(|snapshot| claim(snapshot, &caller).map_err(AdmissionError::from))??;
        if claimed.is_none() {
            let text = "nothing would change: the profile is claimed, or there is none";
            return Err(Rejection::new(TxCode::Unknown, text).into());
        }
        Ok(())
    }

    /// Holds a transaction against the newest state until nothing came between that and `submit`,
    /// which is told the nonce that the account used last, and as of which height.
    fn admitted<T>(
        &self,
        transaction: &Transaction,
        visitor: Option<Visitor<'_>>,
        now: BlockTime,
        submit: impl Fn(u64, u64) -> Result<T, PoolError>,
    ) -> Result<T, AdmissionError> {
        for attempt in 0..ADMISSIONS {
            let visitor = visitor.filter(|_| attempt == 0);
            let (committed, height) = self.admit(transaction, visitor, now)?;
            // Only now: what is not admitted has to cost as little as possible.
            transaction.prove();
            match submit(committed, height) {
                Ok(submitted) => return Ok(submitted),
                Err(PoolError::Moved) => thread::sleep(SETTLING),
                Err(error @ PoolError::Nonce { got, expected, .. })
                    if got > expected && got - expected < MOST_EARLY =>
                {
                    return Err(AdmissionError::Early(pool_rejection(&error)));
                }
                Err(error) => return Err(pool_rejection(&error).into()),
            }
        }
        let text = "the node is too busy, send the transaction again";
        Err(Rejection::new(TxCode::MempoolFull, text).into())
    }

    fn admit(
        &self,
        transaction: &Transaction,
        visitor: Option<Visitor<'_>>,
        now: BlockTime,
    ) -> Result<(u64, u64), AdmissionError> {
        self.readers.read(|snapshot| {
            let admission = Admission {
                snapshot,
                network: &self.network,
                block: self.block(now),
                visitor,
                now,
            };
            let committed = admission.admit(transaction)?;
            let height = snapshot.head()?.map_or(0, |head| head.height);
            Ok::<_, AdmissionError>((committed, height))
        })?
    }
}

fn pool_rejection(error: &PoolError) -> Rejection {
    let code = match error {
        PoolError::Exists => TxCode::Unknown,
        PoolError::Full | PoolError::PeersFull | PoolError::AccountFull | PoolError::Moved => {
            TxCode::MempoolFull
        }
        PoolError::Nonce { .. } => TxCode::InvalidNonce,
    };
    Rejection::new(code, error)
}

#[cfg(test)]
mod tests;
