//! The door through which transactions and sign-ins come to wait for a block, whether a client of
//! this node sends them or another node does.

use std::{
    cell::Cell,
    collections::{HashSet, VecDeque},
    net::IpAddr,
    sync::Arc,
    thread,
    time::Duration,
};

use idos_consensus::{Item, PeerKey};
use idos_ledger::{Block, Caller, Network, claim};
use idos_store::{Readers, Snapshot};
use idos_types::{BlockTime, limits::MEMPOOL_ITEMS_PER_SENDER};
use idos_wire::TxCode;
use tokio::sync::oneshot;

use crate::{
    admission::{Admission, AdmissionError, Admitted, Quotas, Visitor},
    entry::{Entry, Rejection, SignedIn, Transaction},
    mempool::PoolError,
    shared::{Answer, Shared},
    sign_in_proof::TOO_OLD,
};

/// How often a transaction is admitted again because a block came between.
const ADMISSIONS: usize = 64;
/// By how many nonces a transaction may be early: no more of one account can wait at once.
const MOST_EARLY: u64 = MEMPOOL_ITEMS_PER_SENDER as u64;
/// How many entries of a peer are held against the state in one read: it takes some milliseconds.
pub(crate) const AT_ONCE: usize = 64;
/// How long the state and the progress that requests see may differ while a block is settled.
const SETTLING: Duration = Duration::from_micros(200);

/// A verified entry that another node let in: its client waits there.
pub(crate) struct PassedOn {
    pub(crate) from: PeerKey,
    /// When it came.
    pub(crate) now: BlockTime,
    pub(crate) entry: Entry,
}

/// What becomes of the sign-in of a client.
pub(crate) enum Recording {
    /// Its profile is claimed, or there is none.
    Needless,
    /// It waits for a block, after which this hears of it.
    Waits(oneshot::Receiver<Answer>),
    /// It waits for a block, or another one of its sender does, and another request hears of it.
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
        let visitor = self.visitor(peer);
        for _ in 0..ADMISSIONS {
            let seen = |snapshot: &Snapshot<'_>| self.admit(snapshot, transaction, &visitor, now);
            let admitted = self.readers.read(seen)??;
            if let Some(waiting) = self.submit(transaction, admitted)? {
                return Ok(waiting);
            }
            thread::sleep(SETTLING);
        }
        Err(too_busy())
    }

    /// The same, for a thread that must not block; `None` if it would have to, or if a block came between.
    /// Whoever was counted is no longer in `peer`.
    pub(crate) fn enter_briefly(
        &self,
        transaction: &Arc<Transaction>,
        peer: &mut Option<IpAddr>,
        now: BlockTime,
    ) -> Result<Option<oneshot::Receiver<Answer>>, AdmissionError> {
        let visitor = self.visitor(*peer);
        let seen = |snapshot: &Snapshot<'_>| self.admit(snapshot, transaction, &visitor, now);
        let seen = self.readers.read_briefly(seen);
        *peer = visitor.take().map(|visitor| visitor.peer);
        match seen?.transpose()? {
            Some(admitted) => self.submit(transaction, admitted),
            None => Ok(None),
        }
    }

    fn visitor(&self, peer: Option<IpAddr>) -> Cell<Option<Visitor<'_>>> {
        let quotas = &self.quotas;
        Cell::new(peer.map(|peer| Visitor { quotas, peer }))
    }

    /// Lets an admitted transaction wait; `None` if there is a newer state.
    fn submit(
        &self,
        transaction: &Arc<Transaction>,
        admitted: Admitted,
    ) -> Result<Option<oneshot::Receiver<Answer>>, AdmissionError> {
        // Only now: what is not admitted has to cost as little as possible.
        transaction.prove();
        unless_moved(
            self.shared
                .waiting
                .submit(Arc::clone(transaction), admitted),
        )
    }

    /// Those whose items neither wait for a block nor are in one, each once: a lookup costs much
    /// less than verifying. Nothing else depends on how long the lookups take: what they leave out is refused
    /// when it is admitted.
    pub(crate) fn news<'t, T>(&self, things: &'t [T], item: impl Fn(&T) -> &Item) -> Vec<&'t T> {
        let mut seen = HashSet::new();
        let mut is_first = |thing: &&T| seen.insert(item(thing).hash);
        let waits = |thing: &&T| self.shared.waiting.entry(&item(thing).hash).is_some();
        let firsts = things.iter().filter(&mut is_first);
        let waiting_for_none: Vec<_> = firsts.filter(|thing| !waits(thing)).collect();
        let news = self.readers.read_briefly(|snapshot| {
            let is_in_block = |thing: &&T| {
                let receipt = snapshot.receipt(&item(thing).hash);
                matches!(receipt, Ok(Some(_)))
            };
            let things = waiting_for_none.iter().copied();
            things.filter(|thing| !is_in_block(thing)).collect()
        });
        // What could not be looked up is found out when it is admitted.
        news.ok().flatten().unwrap_or(waiting_for_none)
    }

    /// Admits what other nodes passed on, in its order. `refused` is told why something is not admitted.
    pub(crate) fn enter_from_peers(
        &self,
        passed_on: Vec<PassedOn>,
        refused: impl Fn(PeerKey, AdmissionError),
    ) {
        let mut left = VecDeque::from(passed_on);
        let mut admitted = Vec::with_capacity(left.len());
        let mut admissions = 0;
        while !left.is_empty() {
            let before = left.len();
            let seen = self
                .readers
                .read(|snapshot| self.take_in(snapshot, &mut left, &mut admitted, &refused));
            if left.len() < before {
                admissions = 0;
                continue;
            }
            admissions += 1;
            let reason = match seen.map_err(AdmissionError::from).flatten() {
                Ok(()) if admissions < ADMISSIONS => {
                    thread::sleep(SETTLING);
                    continue;
                }
                Ok(()) => too_busy(),
                Err(error) => error,
            };
            if let Some(one) = left.pop_front() {
                refused(one.from, reason);
            }
        }
        // Only now: what is not admitted has to cost as little as possible.
        Entry::prove_all(&admitted);
    }

    /// Takes in, from the front, what can be held against one state.
    fn take_in(
        &self,
        snapshot: &Snapshot<'_>,
        left: &mut VecDeque<PassedOn>,
        admitted: &mut Vec<Entry>,
        refused: impl Fn(PeerKey, AdmissionError),
    ) -> Result<(), AdmissionError> {
        for _ in 0..AT_ONCE {
            let Some(one) = left.front() else { break };
            match self.take_in_one(snapshot, one) {
                Ok(Some(())) => admitted.push(one.entry.clone()),
                Ok(None) => break,
                // The next may fail for no other reason than how long this took.
                Err(error @ (AdmissionError::Store(_) | AdmissionError::State(_))) => {
                    return Err(error);
                }
                Err(reason) => refused(one.from, reason),
            }
            left.pop_front();
        }
        Ok(())
    }

    /// Takes in an entry of a peer; `None` if there is a newer state.
    fn take_in_one(
        &self,
        snapshot: &Snapshot<'_>,
        passed_on: &PassedOn,
    ) -> Result<Option<()>, AdmissionError> {
        let PassedOn { from, now, .. } = *passed_on;
        let taken_in = match &passed_on.entry {
            Entry::Transaction(transaction) => {
                let admitted = self.admit(snapshot, transaction, &Cell::new(None), now)?;
                self.shared
                    .waiting
                    .take_in(Arc::clone(transaction), from, admitted)
            }
            Entry::SignIn(signed_in) => {
                let height = self.admit_sign_in(snapshot, signed_in, now)?;
                let height = height.ok_or_else(|| {
                    let text = "nothing would change: the profile is claimed, or there is none";
                    Rejection::new(TxCode::Unknown, text)
                })?;
                self.shared
                    .waiting
                    .take_in_sign_in(Arc::clone(signed_in), from, height)
            }
        };
        unless_moved(taken_in)
    }

    /// Admits the sign-in of a client, if there is something to record.
    pub(crate) fn enter_sign_in(
        &self,
        signed_in: &Arc<SignedIn>,
        now: BlockTime,
    ) -> Result<Recording, AdmissionError> {
        for _ in 0..ADMISSIONS {
            let seen = |snapshot: &Snapshot<'_>| self.admit_sign_in(snapshot, signed_in, now);
            let Some(height) = self.readers.read(seen)?? else {
                return Ok(Recording::Needless);
            };
            match self
                .shared
                .waiting
                .submit_sign_in(Arc::clone(signed_in), height)
            {
                // Whatever of its sender is in a block claims the profile for this one too.
                Err(PoolError::Exists | PoolError::SignInWaits) => {
                    return Ok(Recording::WaitsElsewhere);
                }
                submitted => {
                    if let Some(waiting) = unless_moved(submitted)? {
                        return Ok(Recording::Waits(waiting));
                    }
                }
            }
            thread::sleep(SETTLING);
        }
        Err(too_busy())
    }

    /// Holds a sign-in against a state. Returns the height of that; `None` if there is no profile to
    /// claim: anything else would be a way to fill blocks for nothing.
    fn admit_sign_in(
        &self,
        snapshot: &Snapshot<'_>,
        signed_in: &SignedIn,
        now: BlockTime,
    ) -> Result<Option<u64>, AdmissionError> {
        let caller = Caller::new(signed_in.proof.sender.caller());
        let wallet = caller.wallet(snapshot)?;
        if claim(snapshot, wallet.as_ref())?.is_none() {
            return Ok(None);
        }
        // Nobody votes for a block that repeats an entry, whatever there is to claim by now.
        if snapshot.receipt(&signed_in.item.hash)?.is_some() {
            let text = "the sign-in was used before, sign in again";
            return Err(Rejection::new(TxCode::Unknown, text).into());
        }
        if !signed_in.proof.is_timely(self.block(now).time) {
            return Err(Rejection::new(TxCode::Unknown, TOO_OLD).into());
        }
        Ok(Some(height(snapshot)?))
    }

    /// Holds a transaction against a state.
    fn admit(
        &self,
        snapshot: &Snapshot<'_>,
        transaction: &Transaction,
        visitor: &Cell<Option<Visitor<'_>>>,
        now: BlockTime,
    ) -> Result<Admitted, AdmissionError> {
        let admission = Admission {
            snapshot,
            network: &self.network,
            block: self.block(now),
            visitor,
            now,
        };
        admission.admit(transaction)
    }
}

fn height(snapshot: &Snapshot<'_>) -> Result<u64, AdmissionError> {
    Ok(snapshot.head()?.map_or(0, |head| head.height))
}

/// What waits for a block now; `None` if it was held against a state that is not the newest.
fn unless_moved<T>(submitted: Result<T, PoolError>) -> Result<Option<T>, AdmissionError> {
    match submitted {
        Ok(submitted) => Ok(Some(submitted)),
        Err(PoolError::Moved) => Ok(None),
        Err(PoolError::Nonce(wrong))
            if wrong.got > wrong.expected && wrong.got - wrong.expected < MOST_EARLY =>
        {
            Err(AdmissionError::Early(wrong.into()))
        }
        Err(error) => Err(pool_rejection(&error).into()),
    }
}

fn too_busy() -> AdmissionError {
    let text = "the node is too busy, send it again";
    Rejection::new(TxCode::MempoolFull, text).into()
}

fn pool_rejection(error: &PoolError) -> Rejection {
    let code = match error {
        PoolError::Exists | PoolError::SignInWaits => TxCode::Unknown,
        PoolError::Full | PoolError::PeersFull | PoolError::SenderFull | PoolError::Moved => {
            TxCode::MempoolFull
        }
        PoolError::Closed => TxCode::NetworkHalted,
        PoolError::Nonce(_) => TxCode::InvalidNonce,
    };
    Rejection::new(code, error)
}

#[cfg(test)]
mod tests;
