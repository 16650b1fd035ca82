//! What request handlers, the conversations with other nodes and the thread that executes blocks
//! share.

mod ahead;
mod ended;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use idos_consensus::{Item, PeerKey, Wake};
use idos_proof::{RootCertificate, RootStatement};
use idos_types::{BlockTime, Digest, limits::CERTIFICATES};
use idos_wallet::AccountKey;
use idos_wire::{TRANSACTION_EXISTS, TxCode};
use tokio::sync::{broadcast, oneshot, watch};

use crate::{
    admission::Admitted,
    entry::{Entry, Rejection, SignedIn, Transaction},
    executor::{EntryOutcome, Progress},
    mempool::{Mempool, PoolError},
    metrics::Metrics,
};
use ended::Ends;

/// Nonces that a slow listener may miss before it has to look for itself.
const USED_NONCES: usize = 1_024;
/// What a client hears of a node that computed another state than the network.
pub(crate) const DIVERGED: &str =
    "this node computed another state than the network, use another node";

/// What a client that waits for its transaction is told: result code and log.
pub(crate) type Answer = Result<(TxCode, String), Rejection>;

/// The shared part.
pub(crate) struct Shared {
    queue: Mutex<Queue>,
    wake: Wake,
    /// Told of each nonce that an account has used, in the queue or in a block: what has the next
    /// one may be let in.
    pub(crate) used_nonces: broadcast::Sender<(AccountKey, u64)>,
    /// The newest executed block.
    pub(crate) progress: watch::Sender<Progress>,
    /// The newest height whose state more than two thirds of the validators vouch for.
    certified: AtomicU64,
    /// The newest height of which this node has seen a proposal.
    proposed: AtomicU64,
    /// When this node executed a block that it had not before, in milliseconds since 1970.
    moved_ms: AtomicU64,
    /// The height of the certificate that came last.
    pub(crate) newest_certificate: watch::Sender<u64>,
    /// The newest height whose outcomes clients are told.
    told: AtomicU64,
    /// Whether this node computed another state than the network.
    diverged: AtomicBool,
    metrics: Metrics,
    /// Whether it cannot come back by blocks.
    needs_sync: AtomicBool,
    /// The first height whose block is kept.
    kept_from: AtomicU64,
    /// Whether no open read holds up that bytes are erased, or the log of the database put away.
    log_is_settled: AtomicBool,
    /// The height whose finalization is wanted.
    pub(crate) wanted_floor: watch::Sender<u64>,
}

/// What waits for a block, or for its certificate.
#[derive(Default)]
struct Queue {
    mempool: Mempool,
    /// What clients of this node gave, and the other nodes do not know yet.
    submitted: Vec<Item>,
    waiting: HashMap<Digest, oneshot::Sender<Answer>>,
    /// Outcomes that nobody is told before the height is certified: until then another node may
    /// not show them.
    untold: BTreeMap<u64, Vec<(oneshot::Sender<Answer>, Answer)>>,
    ends: Ends,
    /// Sessions that ended here, and the other nodes do not know yet.
    ended: Vec<EndedSession>,
    /// What this node computed and did not sign yet.
    statements: Vec<RootStatement>,
    /// From where the network could go on, to be remembered.
    floor: Option<Vec<u8>>,
    /// The engine's certificate of the height that is handed out.
    handed_out: Option<(u64, Vec<u8>)>,
    /// Certificates that are not in the database yet, by height.
    certificates: Vec<(u64, Arc<Vec<u8>>)>,
    /// The newest certificates, wherever they are.
    recent: BTreeMap<u64, Arc<Vec<u8>>>,
    /// What vouches for a newer state.
    vouched: Option<Arc<RootCertificate>>,
}

/// A session that its owner ended, before it ends by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct EndedSession {
    pub(crate) session: Digest,
    /// When it ends by itself, in milliseconds since 1970.
    pub(crate) expires_ms: u64,
}

impl From<(Digest, u64)> for EndedSession {
    fn from((session, expires_ms): (Digest, u64)) -> Self {
        Self {
            session,
            expires_ms,
        }
    }
}

/// The end of a session, on its way to the database.
pub(crate) struct Revocation {
    pub(crate) ended: EndedSession,
    /// Told once it is durable, dropped if it does not get so; `None` if another node was asked.
    pub(crate) done: Option<oneshot::Sender<()>>,
}

impl Shared {
    /// The shared part of a node that has come so far, and has certificates up to a height.
    pub(crate) fn new(progress: Progress, certified: u64, metrics: Metrics) -> Self {
        Self {
            queue: Mutex::default(),
            wake: Wake::default(),
            used_nonces: broadcast::Sender::new(USED_NONCES),
            progress: watch::Sender::new(progress),
            certified: AtomicU64::new(certified),
            proposed: AtomicU64::new(0),
            newest_certificate: watch::Sender::new(certified),
            told: AtomicU64::new(progress.tip.height),
            diverged: AtomicBool::new(false),
            metrics,
            needs_sync: AtomicBool::new(false),
            kept_from: AtomicU64::new(0),
            moved_ms: AtomicU64::new(0),
            log_is_settled: AtomicBool::new(false),
            wanted_floor: watch::Sender::new(0),
        }
    }

    /// Wakes and stops the network.
    pub(crate) fn wake(&self) -> &Wake {
        &self.wake
    }

    /// What the node counts.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// How many entries wait for a block, and their bytes.
    pub(crate) fn waiting(&self) -> (usize, usize) {
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
        let waiting = self.wait_for(queue, item);
        self.tell_used(used);
        Ok(waiting)
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

    /// Nobody listens most of the time.
    fn tell_used(&self, used: (AccountKey, u64)) {
        let _ = self.used_nonces.send(used);
    }

    /// The queue, for what was held against the state of this height.
    fn queue_at(&self, height: u64) -> Result<MutexGuard<'_, Queue>, PoolError> {
        let queue = self.queue();
        // Blocks settle under this lock after they show in the progress: while the heights agree,
        // nothing that was read has changed, or it will be settled with this in the queue.
        if self.progress.borrow().tip.height != height {
            return Err(PoolError::Moved);
        }
        Ok(queue)
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

    fn wait_for(&self, mut queue: MutexGuard<'_, Queue>, item: Item) -> oneshot::Receiver<Answer> {
        let (sender, receiver) = oneshot::channel();
        queue.waiting.insert(item.hash, sender);
        queue.submitted.push(item);
        drop(queue);
        self.wake.work();
        receiver
    }

    /// What clients gave since the last time.
    pub(crate) fn take_submitted(&self) -> Vec<Item> {
        std::mem::take(&mut self.queue().submitted)
    }

    /// Lets the end of a session of a client wait until it is durable.
    pub(crate) fn revoke(&self, revocation: Revocation) -> Result<(), PoolError> {
        if !self.queue().ends.add(revocation) {
            return Err(PoolError::Full);
        }
        self.wake.work();
        Ok(())
    }

    /// Lets the end of a session that another node told wait until it is durable.
    pub(crate) fn revoke_of_peer(
        &self,
        from: PeerKey,
        ended: EndedSession,
    ) -> Result<(), PoolError> {
        if !self.queue().ends.add_of_peer(from, ended) {
            return Err(PoolError::PeersFull);
        }
        self.wake.work();
        Ok(())
    }

    /// Lets the other nodes know that a session ended here.
    pub(crate) fn announce(&self, ended: EndedSession) {
        self.queue().ended.push(ended);
        self.wake.work();
    }

    /// Sessions that ended here since the last time.
    pub(crate) fn take_ended(&self) -> Vec<EndedSession> {
        std::mem::take(&mut self.queue().ended)
    }

    /// Ends of sessions that are not durable yet.
    pub(crate) fn take_revocations(&self) -> Vec<Revocation> {
        self.queue().ends.take()
    }

    /// The nonce that an account used last, in a block or waiting for one.
    pub(crate) fn last_nonce(&self, account: &AccountKey, committed: u64) -> u64 {
        self.queue().mempool.last_nonce(account, committed)
    }

    /// The entry with this hash, if it waits for a block.
    pub(crate) fn pending(&self, hash: &Digest) -> Option<Arc<Entry>> {
        self.queue().mempool.get(hash)
    }

    /// Items for the next block, without those that are ordered already.
    pub(crate) fn select(&self, ordered: &HashSet<Digest>) -> Vec<Item> {
        self.queue().mempool.select(ordered)
    }

    /// Forgets what the block of this height settled. Whoever waits is told once the height is
    /// certified, or at once that there is nothing to wait for.
    pub(crate) fn settle(
        &self,
        height: u64,
        items: &[Item],
        outcomes: Vec<EntryOutcome>,
        touched: &[(AccountKey, u64)],
    ) {
        let settled: Vec<Digest> = items.iter().map(|item| item.hash).collect();
        let mut queue = self.queue();
        let stranded = queue.mempool.settle(&settled, touched);
        for outcome in outcomes {
            let (hash, answer) = (outcome.hash, answer(outcome));
            let Some(waiting) = queue.waiting.remove(&hash) else {
                continue;
            };
            // The others may have been faster than this node.
            let is_told = height <= self.told.load(Ordering::Acquire);
            if answer.is_err() || is_told || self.has_diverged() {
                self.answer(waiting, answer);
            } else {
                let untold = queue.untold.entry(height).or_default();
                untold.push((waiting, answer));
            }
        }
        for transaction in stranded {
            let text = "an earlier transaction of this account failed, send this one again";
            queue.refuse(&transaction.item.hash, TxCode::InvalidNonce, text);
        }
        for hash in settled {
            queue.refuse(&hash, TxCode::Unknown, TRANSACTION_EXISTS);
        }
        drop(queue);
        touched.iter().for_each(|used| self.tell_used(*used));
    }

    /// The newest certified height.
    pub(crate) fn certified(&self) -> u64 {
        self.certified.load(Ordering::Acquire)
    }

    /// Says that this height is certified, and with it every one before it.
    pub(crate) fn certify(&self, height: u64) {
        if self.certified.fetch_max(height, Ordering::AcqRel) < height {
            // A leader may have waited for it.
            self.wake.work();
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
        for (waiting, answer) in told.into_values().flatten() {
            self.answer(waiting, answer);
        }
    }

    /// Hands on what this node computed, to be signed.
    pub(crate) fn state(&self, statement: RootStatement) {
        self.queue().statements.push(statement);
        self.wake.work();
    }

    /// What was computed since the last time.
    pub(crate) fn take_statements(&self) -> Vec<RootStatement> {
        std::mem::take(&mut self.queue().statements)
    }

    /// Hands on a certificate, to be kept.
    pub(crate) fn keep_certificate(&self, height: u64, certificate: Arc<Vec<u8>>) {
        let mut queue = self.queue();
        queue.recent.insert(height, Arc::clone(&certificate));
        while queue.recent.len() > CERTIFICATES {
            queue.recent.pop_first();
        }
        queue.certificates.push((height, certificate));
        drop(queue);
        self.newest_certificate.send_replace(height);
        self.wake.work();
    }

    /// The certificates of this height and of later ones, of those that came lately.
    pub(crate) fn certificates_from(&self, height: u64) -> Vec<(u64, Arc<Vec<u8>>)> {
        let queue = self.queue();
        let from = queue.recent.range(height..);
        from.map(|(height, certificate)| (*height, Arc::clone(certificate)))
            .collect()
    }

    /// Says who vouches for a state of which there is no certificate.
    pub(crate) fn vouch(&self, vouched: RootCertificate) {
        self.queue().vouched = Some(Arc::new(vouched));
    }

    /// What more than a third vouch for, unless something newer or the same is certified.
    pub(crate) fn vouched(&self) -> Option<Arc<RootCertificate>> {
        let vouched = self.queue().vouched.clone()?;
        (vouched.statement().height > self.certified()).then_some(vouched)
    }

    /// Certificates that came since the last time.
    pub(crate) fn take_certificates(&self) -> Vec<(u64, Arc<Vec<u8>>)> {
        std::mem::take(&mut self.queue().certificates)
    }

    /// Hands on the engine's certificate of an executed block, to be remembered.
    pub(crate) fn keep_floor(&self, certificate: Vec<u8>) {
        self.queue().floor = Some(certificate);
        self.wake.work();
    }

    /// Such a certificate, if one came since the last time.
    pub(crate) fn take_floor(&self) -> Option<Vec<u8>> {
        self.queue().floor.take()
    }

    /// Asks for the engine's certificate of a height that is about to be handed out.
    pub(crate) fn want_floor(&self, height: u64) {
        self.wanted_floor.send_replace(height);
    }

    /// Hands on such a certificate.
    pub(crate) fn hand_out_floor(&self, height: u64, certificate: Vec<u8>) {
        self.queue().handed_out = Some((height, certificate));
        self.wake.work();
    }

    /// The engine's certificate of a height that is handed out, if it came.
    pub(crate) fn floor(&self, height: u64) -> Option<Vec<u8>> {
        let queue = self.queue();
        let (of, certificate) = queue.handed_out.as_ref()?;
        (*of == height).then(|| certificate.clone())
    }

    /// Says that blocks from a height on are kept, and others may not be.
    pub(crate) fn keep_from(&self, height: u64) {
        self.kept_from.store(height, Ordering::Release);
    }

    /// Says whether there is nothing to do in the log of the database that open reads hold up.
    pub(crate) fn settle_log(&self, is_settled: bool) {
        self.log_is_settled.store(is_settled, Ordering::Release);
    }

    /// Whether that was so after the newest change.
    pub(crate) fn log_is_settled(&self) -> bool {
        self.log_is_settled.load(Ordering::Acquire)
    }

    /// A block was executed by this time, the newest of this node.
    pub(crate) fn set_moved(&self, now: BlockTime) {
        self.moved_ms.store(now.millis(), Ordering::Release);
    }

    /// Whether this node executed a block at a time or later, in milliseconds since 1970. What it
    /// found at its start counts.
    pub(crate) fn has_moved_since(&self, time_ms: u64) -> bool {
        self.moved_ms.load(Ordering::Acquire) >= time_ms
    }

    /// The first height whose block is kept.
    pub(crate) fn kept_from(&self) -> u64 {
        self.kept_from.load(Ordering::Acquire)
    }

    /// Says that this node cannot come back by blocks, and ends its part in the network.
    pub(crate) fn need_sync(&self) {
        self.needs_sync.store(true, Ordering::Release);
        self.wake.stop();
    }

    /// Whether it said so.
    pub(crate) fn needs_sync(&self) -> bool {
        self.needs_sync.load(Ordering::Acquire)
    }

    /// Says that this node computed another state than the network. Nothing takes that back, and
    /// nobody hears any more what became of a transaction here: it may have become something else.
    pub(crate) fn diverge(&self) {
        self.diverged.store(true, Ordering::Release);
        let untold = std::mem::take(&mut self.queue().untold);
        for (waiting, answer) in untold.into_values().flatten() {
            self.answer(waiting, answer);
        }
    }

    /// Whether it did.
    pub(crate) fn has_diverged(&self) -> bool {
        self.diverged.load(Ordering::Acquire)
    }

    fn answer(&self, waiting: oneshot::Sender<Answer>, answer: Answer) {
        let answer = match self.has_diverged() {
            true => Err(Rejection::new(TxCode::NetworkHalted, DIVERGED)),
            false => answer,
        };
        tell(waiting, answer);
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Its methods do not panic between two changes that belong together.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn refuse(&mut self, hash: &Digest, code: TxCode, text: &str) {
        if let Some(waiting) = self.waiting.remove(hash) {
            tell(waiting, Err(Rejection::new(code, text)));
        }
    }
}

/// Whoever does not wait any more does not want to know.
fn tell(waiting: oneshot::Sender<Answer>, answer: Answer) {
    let _ = waiting.send(answer);
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
