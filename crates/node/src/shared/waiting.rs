//! What waits for a block, and who waits to hear what became of it.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use idos_consensus::{Item, PeerKey, Wake};
use idos_types::{BlockTime, Digest};
use idos_wallet::AccountKey;
use idos_wire::{TRANSACTION_EXISTS, TxCode};
use tokio::sync::{broadcast, oneshot, watch};

use super::{DIVERGED, STOPPED};
use crate::{
    admission::Admitted,
    entry::{Entry, Rejection, SignedIn, Transaction, WrongNonce},
    executor::{EntryOutcome, Executed, Progress},
    mempool::{Mempool, PoolError},
    sign_in_proof::TOO_OLD,
};

/// Nonces that a slow listener may miss before it has to look for itself.
const USED_NONCES: usize = 1_024;

/// What a client that waits for its transaction is told: result code and log.
pub(crate) type Answer = Result<(TxCode, String), Rejection>;

/// The mempool, and the clients whose transactions are in it or in a block that is not certified.
pub(crate) struct Waiting {
    queue: Mutex<Queue>,
    /// Told of each nonce that an account has used, in the queue or in a block: what has the next
    /// one may be let in.
    pub(crate) used_nonces: broadcast::Sender<(AccountKey, u64)>,
    /// The newest height whose outcomes clients are told.
    told: AtomicU64,
    /// Whether this node computed another state than the network.
    diverged: AtomicBool,
    /// The newest executed block.
    progress: watch::Receiver<Progress>,
    wake: Wake,
}

/// What one lock guards: an entry settles in all of it at once.
#[derive(Default)]
struct Queue {
    mempool: Mempool,
    /// What clients of this node gave, and the other nodes do not know yet.
    submitted: Vec<Item>,
    clients: HashMap<Digest, oneshot::Sender<Answer>>,
    /// Whether nothing that is here will be in a block any more.
    is_closed: bool,
    /// Outcomes that nobody is told before the height is certified: until then another node may
    /// not show them.
    untold: BTreeMap<u64, Vec<(oneshot::Sender<Answer>, Answer)>>,
}

impl Waiting {
    pub(super) fn new(progress: watch::Receiver<Progress>, wake: Wake) -> Self {
        let told = progress.borrow().tip.height;
        Self {
            queue: Mutex::default(),
            used_nonces: broadcast::Sender::new(USED_NONCES),
            told: AtomicU64::new(told),
            diverged: AtomicBool::new(false),
            progress,
            wake,
        }
    }

    /// How many entries wait for a block, and their bytes.
    pub(crate) fn size(&self) -> (usize, usize) {
        self.queue().mempool.size()
    }

    /// Lets a transaction of a client wait for a block, here and on the other nodes. The receiver
    /// hears what became of it.
    pub(crate) fn submit(
        &self,
        transaction: Arc<Transaction>,
        admitted: Admitted,
    ) -> Result<oneshot::Receiver<Answer>, PoolError> {
        let item = transaction.item.clone();
        let used = (transaction.account, transaction.nonce);
        let mut queue = self.queue_at(admitted.height)?;
        queue.mempool.add(transaction, &admitted, None)?;
        let answer = self.wait_for(queue, item);
        self.tell_used(used);
        Ok(answer)
    }

    /// Lets a transaction that another node passed on wait for a block.
    pub(crate) fn take_in(
        &self,
        transaction: Arc<Transaction>,
        from: PeerKey,
        admitted: Admitted,
    ) -> Result<(), PoolError> {
        let used = (transaction.account, transaction.nonce);
        let mut queue = self.queue_at(admitted.height)?;
        queue.mempool.add(transaction, &admitted, Some(from))?;
        drop(queue);
        self.tell_used(used);
        self.wake.work();
        Ok(())
    }

    /// Lets a sign-in of a client wait for a block, here and on the other nodes. It was held against
    /// the state of `height`.
    pub(crate) fn submit_sign_in(
        &self,
        signed_in: Arc<SignedIn>,
        height: u64,
    ) -> Result<oneshot::Receiver<Answer>, PoolError> {
        let item = signed_in.item.clone();
        let mut queue = self.queue_at(height)?;
        queue.mempool.add_sign_in(signed_in, None)?;
        Ok(self.wait_for(queue, item))
    }

    /// Lets a sign-in that another node passed on wait for a block.
    pub(crate) fn take_in_sign_in(
        &self,
        signed_in: Arc<SignedIn>,
        from: PeerKey,
        height: u64,
    ) -> Result<(), PoolError> {
        let mut queue = self.queue_at(height)?;
        queue.mempool.add_sign_in(signed_in, Some(from))?;
        drop(queue);
        self.wake.work();
        Ok(())
    }

    /// What clients gave since the last time.
    pub(crate) fn take_submitted(&self) -> Vec<Item> {
        std::mem::take(&mut self.queue().submitted)
    }

    /// The nonce that an account used last, in a block or waiting for one.
    pub(crate) fn last_nonce(&self, account: &AccountKey, committed: u64) -> u64 {
        self.queue().mempool.last_nonce(account, committed)
    }

    /// The entry with this hash, if it waits for a block.
    pub(crate) fn entry(&self, hash: &Digest) -> Option<Entry> {
        self.queue().mempool.get(hash)
    }

    /// Items for the next block, of this time, without those that are ordered already.
    pub(crate) fn select(&self, ordered: &HashSet<Digest>, time: BlockTime) -> Vec<Item> {
        self.queue().mempool.select(ordered, time)
    }

    /// Forgets what the block of this height settled; what had no turn in it goes on waiting. Whoever
    /// waits is told once the height is certified, or at once that there is nothing to wait for.
    pub(crate) fn settle(&self, height: u64, items: &[Item], executed: Executed) {
        let touched = executed.touched.as_slice();
        let settled: Vec<Digest> = items
            .iter()
            .map(|item| item.hash)
            .filter(|hash| !executed.left.contains(hash))
            .collect();
        let mut queue = self.queue();
        let stranded = queue.mempool.settle(&settled, touched);
        for outcome in executed.outcomes {
            let (hash, answer) = (outcome.hash, answer(outcome));
            let Some(client) = queue.clients.remove(&hash) else {
                continue;
            };
            // The others may have been faster than this node.
            let is_told = height <= self.told.load(Ordering::Acquire);
            if answer.is_err() || is_told || self.has_diverged() {
                self.answer(client, answer);
            } else {
                let untold = queue.untold.entry(height).or_default();
                untold.push((client, answer));
            }
        }
        for transaction in stranded {
            queue.refuse(&transaction.item.hash, why_stranded(&transaction, touched));
        }
        for hash in settled {
            let exists = Rejection::new(TxCode::Unknown, TRANSACTION_EXISTS);
            queue.refuse(&hash, exists);
        }
        drop(queue);
        touched.iter().for_each(|used| self.tell_used(*used));
    }

    /// Forgets the sign-ins that are too old for blocks after this time: they would wait for ever.
    pub(crate) fn expire(&self, time: BlockTime) {
        let mut queue = self.queue();
        for signed_in in queue.mempool.expire(time) {
            let too_old = Rejection::new(TxCode::Unknown, TOO_OLD);
            queue.refuse(&signed_in.item.hash, too_old);
        }
    }

    /// Lets clients know what became of their transactions up to this height, whose state is both
    /// certified and the one that this node computed.
    pub(crate) fn tell(&self, height: u64) {
        if self.told.fetch_max(height, Ordering::AcqRel) >= height {
            return;
        }
        let told = {
            let mut queue = self.queue();
            let later = queue.untold.split_off(&height.saturating_add(1));
            std::mem::replace(&mut queue.untold, later)
        };
        for (client, answer) in told.into_values().flatten() {
            self.answer(client, answer);
        }
    }

    /// Nobody hears any more what became of a transaction here: it may have become something else.
    pub(super) fn diverge(&self) {
        self.diverged.store(true, Ordering::Release);
        let untold = std::mem::take(&mut self.queue().untold);
        for (client, answer) in untold.into_values().flatten() {
            self.answer(client, answer);
        }
    }

    /// The part of this node in the network is over: whoever waits is told so, and nothing is taken in any more.
    pub(crate) fn close(&self) {
        let mut queue = self.queue();
        queue.is_closed = true;
        let clients = std::mem::take(&mut queue.clients);
        let untold = std::mem::take(&mut queue.untold);
        drop(queue);
        let untold = untold.into_values().flatten().map(|(client, _)| client);
        for client in clients.into_values().chain(untold) {
            tell(client, Err(Rejection::new(TxCode::NetworkHalted, STOPPED)));
        }
    }

    pub(super) fn has_diverged(&self) -> bool {
        self.diverged.load(Ordering::Acquire)
    }

    /// Nobody listens most of the time.
    fn tell_used(&self, used: (AccountKey, u64)) {
        let _ = self.used_nonces.send(used);
    }

    fn wait_for(&self, mut queue: MutexGuard<'_, Queue>, item: Item) -> oneshot::Receiver<Answer> {
        let (client, answer) = oneshot::channel();
        queue.clients.insert(item.hash, client);
        queue.submitted.push(item);
        drop(queue);
        self.wake.work();
        answer
    }

    fn answer(&self, client: oneshot::Sender<Answer>, answer: Answer) {
        let answer = match self.has_diverged() {
            true => Err(Rejection::new(TxCode::NetworkHalted, DIVERGED)),
            false => answer,
        };
        tell(client, answer);
    }

    /// The queue, for what was held against the state of this height.
    fn queue_at(&self, height: u64) -> Result<MutexGuard<'_, Queue>, PoolError> {
        let queue = self.queue();
        if queue.is_closed {
            return Err(PoolError::Closed);
        }
        // Blocks settle under this lock after they show in the progress: while the heights agree,
        // nothing that was read has changed, or it will be settled with this in the queue.
        if self.progress.borrow().tip.height != height {
            return Err(PoolError::Moved);
        }
        Ok(queue)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Its methods do not panic between two changes that belong together.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn refuse(&mut self, hash: &Digest, why: Rejection) {
        if let Some(client) = self.clients.remove(hash) {
            tell(client, Err(why));
        }
    }
}

/// Why a transaction cannot follow what accounts used last: another one has its nonce, or one before it
/// used none.
fn why_stranded(transaction: &Transaction, touched: &[(AccountKey, u64)]) -> Rejection {
    let mut touched = touched.iter();
    match touched.find(|(account, _)| *account == transaction.account) {
        Some((_, used)) if transaction.nonce <= *used => WrongNonce::of(transaction, *used).into(),
        _ => {
            let text = "an earlier transaction of this account failed, send this one again";
            Rejection::new(TxCode::InvalidNonce, text)
        }
    }
}

/// Whoever does not wait any more does not want to know.
fn tell(client: oneshot::Sender<Answer>, answer: Answer) {
    let _ = client.send(answer);
}

/// What whoever waits for an entry is told. Out of turn means that it is in no block.
fn answer(outcome: EntryOutcome) -> Answer {
    match outcome.code {
        TxCode::InvalidNonce => Err(Rejection::new(outcome.code, outcome.log)),
        code => Ok((code, outcome.log)),
    }
}

#[cfg(test)]
mod tests;
