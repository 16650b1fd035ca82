//! What request handlers and the thread that makes blocks share.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use idos_consensus::{Item, Wake};
use idos_store::StoreError;
use idos_types::Digest;
use idos_wire::TxCode;
use tokio::sync::{oneshot, watch};

use crate::{
    entry::{Entry, Rejection, Transaction},
    executor::{EntryOutcome, Progress},
    mempool::{Mempool, PoolError},
};

/// Most ends of sessions that wait to be durable.
const REVOCATIONS_WAITING: usize = 256;

/// What a client that waits for its transaction is told: result code and log.
pub(crate) type Answer = Result<(TxCode, String), Rejection>;

/// The shared part.
pub(crate) struct Shared {
    queue: Mutex<Queue>,
    wake: Wake,
    /// The newest executed block.
    pub(crate) progress: watch::Sender<Progress>,
}

/// What waits for the thread that makes blocks.
#[derive(Default)]
struct Queue {
    mempool: Mempool,
    waiting: HashMap<Digest, oneshot::Sender<Answer>>,
    revocations: Vec<Revocation>,
}

/// A session that its owner ended.
pub(crate) struct Revocation {
    pub(crate) session: Digest,
    pub(crate) expires_ms: u64,
    /// Told once it is durable.
    pub(crate) done: oneshot::Sender<Result<(), StoreError>>,
}

impl Shared {
    pub(crate) fn new(progress: Progress) -> Self {
        Self {
            queue: Mutex::default(),
            wake: Wake::default(),
            progress: watch::Sender::new(progress),
        }
    }

    /// Wakes and stops the thread that makes blocks.
    pub(crate) fn wake(&self) -> &Wake {
        &self.wake
    }

    /// Lets a transaction wait for a block. The receiver hears what became of it. `committed` is
    /// the nonce that its account used last, as of `height`.
    pub(crate) fn submit(
        &self,
        transaction: Arc<Transaction>,
        committed: u64,
        height: u64,
    ) -> Result<oneshot::Receiver<Answer>, PoolError> {
        let hash = transaction.item.hash;
        let mut queue = self.queue();
        // Blocks settle under this lock after they show in the progress: while the heights agree,
        // nothing that was read has changed, or it will be settled with this in the queue.
        if self.progress.borrow().tip.height != height {
            return Err(PoolError::Moved);
        }
        queue.mempool.add(transaction, committed)?;
        Ok(self.wait_for(queue, hash))
    }

    /// Lets a sign-in wait for a block.
    pub(crate) fn submit_sign_in(
        &self,
        item: Item,
        entry: Entry,
    ) -> Result<oneshot::Receiver<Answer>, PoolError> {
        let hash = item.hash;
        let mut queue = self.queue();
        queue.mempool.add_other(item, entry)?;
        Ok(self.wait_for(queue, hash))
    }

    fn wait_for(
        &self,
        mut queue: MutexGuard<'_, Queue>,
        hash: Digest,
    ) -> oneshot::Receiver<Answer> {
        let (sender, receiver) = oneshot::channel();
        queue.waiting.insert(hash, sender);
        drop(queue);
        self.wake.work();
        receiver
    }

    /// Lets the end of a session wait until it is durable.
    pub(crate) fn revoke(&self, revocation: Revocation) -> Result<(), PoolError> {
        let mut queue = self.queue();
        if queue.revocations.len() >= REVOCATIONS_WAITING {
            return Err(PoolError::Full);
        }
        queue.revocations.push(revocation);
        drop(queue);
        self.wake.work();
        Ok(())
    }

    pub(crate) fn take_revocations(&self) -> Vec<Revocation> {
        std::mem::take(&mut self.queue().revocations)
    }

    /// The nonce that an account used last, in a block or waiting for one.
    pub(crate) fn last_nonce(&self, account: &idos_wallet::AccountKey, committed: u64) -> u64 {
        self.queue().mempool.last_nonce(account, committed)
    }

    /// The entry with this hash, if it waits for a block.
    pub(crate) fn pending(&self, hash: &Digest) -> Option<Arc<Entry>> {
        self.queue().mempool.get(hash)
    }

    /// Items for the next block, with the verified entries they are.
    pub(crate) fn select(&self) -> (Vec<Item>, HashMap<Digest, Arc<Entry>>) {
        let queue = self.queue();
        let items = queue.mempool.select();
        let entries = items
            .iter()
            .filter_map(|item| Some((item.hash, queue.mempool.get(&item.hash)?)))
            .collect();
        (items, entries)
    }

    /// Forgets what a block settled, and tells whoever waits.
    pub(crate) fn settle(
        &self,
        items: &[Item],
        outcomes: Vec<EntryOutcome>,
        touched: &[(idos_wallet::AccountKey, u64)],
    ) {
        let settled: Vec<Digest> = items.iter().map(|item| item.hash).collect();
        let mut queue = self.queue();
        let stranded = queue.mempool.settle(&settled, touched);
        let mut answers: Vec<(Digest, Answer)> = outcomes
            .into_iter()
            .map(|outcome| (outcome.hash, answer(outcome)))
            .collect();
        answers.extend(stranded.iter().map(|transaction| {
            let text = "an earlier transaction of this account failed, send this one again";
            (
                transaction.item.hash,
                Err(Rejection::new(TxCode::InvalidNonce, text)),
            )
        }));
        for (hash, answer) in answers {
            if let Some(waiting) = queue.waiting.remove(&hash) {
                // Whoever does not wait any more does not want to know.
                let _ = waiting.send(answer);
            }
        }
        for hash in settled {
            if let Some(waiting) = queue.waiting.remove(&hash) {
                let text = "transaction already exists";
                let _ = waiting.send(Err(Rejection::new(TxCode::Unknown, text)));
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Its methods do not panic between two changes that belong together.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What whoever waits for an entry is told. Out of turn means that it is in no block.
fn answer(outcome: EntryOutcome) -> Answer {
    match outcome.code {
        TxCode::InvalidNonce => Err(Rejection::new(outcome.code, outcome.log)),
        code => Ok((code, outcome.log)),
    }
}
