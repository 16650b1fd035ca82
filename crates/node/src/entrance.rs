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

/// What becomes of the sign-in of a client.
pub(crate) enum Recording {
    /// Its profile is claimed, or there is none.
    Needless,
    /// It waits for a block, after which this hears of it.
    Waits(oneshot::Receiver<Answer>),
    /// It waits for a block, and another request hears of it.
    WaitsElsewhere,
}

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
                let taken_in = self.admitted_sign_in(signed_in, now, |height| {
                    self.shared
                        .take_in_sign_in(Arc::clone(signed_in), from, height)
                })?;
                taken_in.ok_or_else(|| {
                    let text = "nothing would change: the profile is claimed, or there is none";
                    Rejection::new(TxCode::Unknown, text).into()
                })
            }
        }
    }

    /// Admits the sign-in of a client, if there is something to record.
    pub(crate) fn enter_sign_in(
        &self,
        signed_in: &Arc<SignedIn>,
        now: BlockTime,
    ) -> Result<Recording, AdmissionError> {
        let entered = self.admitted_sign_in(signed_in, now, |height| {
            match self.shared.submit_sign_in(Arc::clone(signed_in), height) {
                Ok(waiting) => Ok(Recording::Waits(waiting)),
                Err(PoolError::Exists) => Ok(Recording::WaitsElsewhere),
                Err(error) => Err(error),
            }
        })?;
        Ok(entered.unwrap_or(Recording::Needless))
    }

    /// Holds a sign-in against the newest state until nothing came between that and `submit`, which
    /// is told as of which height. `None` if there is no profile to claim: anything else would be a
    /// way to fill blocks for nothing.
    fn admitted_sign_in<T>(
        &self,
        signed_in: &SignedIn,
        now: BlockTime,
        submit: impl Fn(u64) -> Result<T, PoolError>,
    ) -> Result<Option<T>, AdmissionError> {
        let caller = Caller::new(signed_in.proof.sender.caller());
        for _ in 0..ADMISSIONS {
            let height = self.readers.read(|snapshot| {
                let wallet = caller.wallet(snapshot)?;
                if claim(snapshot, wallet.as_ref())?.is_none() {
                    return Ok(None);
                }
                // Nobody votes for a block that repeats an entry, whatever there is to claim by now.
                if snapshot.receipt(&signed_in.item.hash)?.is_some() {
                    let text = "the sign-in was used before, sign in again";
                    return Err(Rejection::new(TxCode::Unknown, text).into());
                }
                let head = snapshot.head()?;
                Ok::<_, AdmissionError>(Some(head.map_or(0, |head| head.height)))
            })??;
            let Some(height) = height else {
                return Ok(None);
            };
            if !signed_in.proof.is_timely(self.block(now).time) {
                let text = "the sign-in is too old for a block, sign in again";
                return Err(Rejection::new(TxCode::Unknown, text).into());
            }
            match submit(height) {
                Ok(submitted) => return Ok(Some(submitted)),
                Err(PoolError::Moved) => thread::sleep(SETTLING),
                Err(error) => return Err(pool_rejection(&error).into()),
            }
        }
        Err(too_busy())
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
        Err(too_busy())
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

fn too_busy() -> AdmissionError {
    let text = "the node is too busy, send it again";
    Rejection::new(TxCode::MempoolFull, text).into()
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
