//! Transactions that wait for a block: bounded, fair between senders and between the nodes that
//! passed them on, in order of nonces within one account. Survives nothing, by design: what is
//! acknowledged is in a block.

mod queues;
mod shares;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use idos_consensus::{Item, PeerKey};
use idos_ledger::Caller;
use idos_types::{
    BlockTime, Digest, Identity,
    limits::{BLOCK_BYTES, BLOCK_ITEMS, MEMPOOL_BYTES, MEMPOOL_ITEMS, MEMPOOL_ITEMS_PER_SENDER},
};
use idos_wallet::AccountKey;
use idos_wire::TRANSACTION_EXISTS;
use thiserror::Error;

use crate::{
    admission::Admitted,
    entry::{Entry, SignedIn, Transaction, WrongNonce},
};
use queues::Queues;
use shares::{Share, Shares};

/// What one block takes.
const BLOCK: Share = Share {
    items: BLOCK_ITEMS,
    bytes: BLOCK_BYTES,
};
/// What of it sign-ins may take, which come first: they cost no nonce and no quota, so that however
/// many wait, transactions go on.
const BLOCK_OF_SIGN_INS: Share = Share {
    items: BLOCK_ITEMS / 2,
    bytes: BLOCK_BYTES / 2,
};

/// Why a transaction cannot wait here.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum PoolError {
    #[error("{TRANSACTION_EXISTS}")]
    Exists,
    /// One is enough: what it claims is claimed for all of them.
    #[error("a sign-in of this sender waits for a block already")]
    SignInWaits,
    #[error("mempool is full")]
    Full,
    #[error("too much that other nodes passed on waits for a block")]
    PeersFull,
    /// A block came between the reading of the state and this: what was read is old.
    #[error("the chain moved on")]
    Moved,
    /// The part that this node had in the network is over, and with it everything that waits.
    #[error(
        "the node does not take part in the network at the moment, send it again or to another node"
    )]
    Closed,
    #[error("too many transactions of this sender wait for a block, at most {max} may", max = MEMPOOL_ITEMS_PER_SENDER)]
    SenderFull,
    #[error(transparent)]
    Nonce(#[from] WrongNonce),
}

/// The pool.
#[derive(Default)]
pub(crate) struct Mempool {
    queues: Queues,
    /// Sign-ins, which need no account.
    sign_ins: VecDeque<Arc<SignedIn>>,
    /// Whose they are.
    signing_in: HashSet<SigningIn>,
    known: HashMap<Digest, Known>,
    bytes: usize,
    shares: Shares,
}

/// Who signs in, and the node that passed it on. One nonce can be signed in many ways, each a sign-in
/// of its own: of a sender only one waits. Of each node one, since clients of several nodes may sign in
/// at once: what one node has to refuse because of another's might never be in a block.
type SigningIn = (Identity, Option<PeerKey>);

/// An entry that waits.
struct Known {
    entry: Entry,
    /// Who passed it on; `None` if a client gave it to this node.
    from: Option<PeerKey>,
}

impl Mempool {
    /// Takes an admitted transaction in, behind those of its account that wait already. `from` is the
    /// node that passed it on.
    pub(crate) fn add(
        &mut self,
        transaction: Arc<Transaction>,
        admitted: &Admitted,
        from: Option<PeerKey>,
    ) -> Result<(), PoolError> {
        self.has_room(&transaction.item, from)?;
        let used = self.last_nonce(&transaction.account, admitted.committed);
        if transaction.nonce != used.saturating_add(1) {
            return Err(WrongNonce::of(&transaction, used).into());
        }
        self.queues
            .add(Arc::clone(&transaction), admitted.principal)?;
        let item = transaction.item.clone();
        self.count(&item, Entry::Transaction(transaction), from);
        Ok(())
    }

    /// Takes a sign-in in, which needs no account, unless one of its sender waits.
    pub(crate) fn add_sign_in(
        &mut self,
        signed_in: Arc<SignedIn>,
        from: Option<PeerKey>,
    ) -> Result<(), PoolError> {
        let item = signed_in.item.clone();
        let signing_in = signing_in(&signed_in, from);
        if self.signing_in.contains(&signing_in) && !self.known.contains_key(&item.hash) {
            return Err(PoolError::SignInWaits);
        }
        self.has_room(&item, from)?;
        self.signing_in.insert(signing_in);
        self.count(&item, Entry::SignIn(Arc::clone(&signed_in)), from);
        self.sign_ins.push_back(signed_in);
        Ok(())
    }

    fn has_room(&self, item: &Item, from: Option<PeerKey>) -> Result<(), PoolError> {
        if self.known.contains_key(&item.hash) {
            return Err(PoolError::Exists);
        }
        let size = item.bytes.len();
        if self.known.len() >= MEMPOOL_ITEMS || self.bytes + size > MEMPOOL_BYTES {
            return Err(PoolError::Full);
        }
        if from.is_some_and(|from| !self.shares.has_room(from, size)) {
            return Err(PoolError::PeersFull);
        }
        Ok(())
    }

    fn count(&mut self, item: &Item, entry: Entry, from: Option<PeerKey>) {
        self.bytes += item.bytes.len();
        if let Some(from) = from {
            self.shares.add(from, item.bytes.len());
        }
        self.known.insert(item.hash, Known { entry, from });
    }

    /// How many entries are here, and their bytes.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.known.len(), self.bytes)
    }

    /// The nonce that an account used last, in a block or here.
    pub(crate) fn last_nonce(&self, account: &AccountKey, committed: u64) -> u64 {
        let waiting = self.queues.last_nonce(account);
        waiting.map_or(committed, |last| last.max(committed))
    }

    /// The entry with this hash, if it waits here.
    pub(crate) fn get(&self, hash: &Digest) -> Option<Entry> {
        let known = self.known.get(hash)?;
        Some(known.entry.clone())
    }

    /// What the next block, of this time, should order, without what is ordered already: senders take turns,
    /// one transaction each, until the block is full. Everything stays here until [`Mempool::settle`].
    pub(crate) fn select(&self, ordered: &HashSet<Digest>, time: BlockTime) -> Vec<Item> {
        let mut items = Vec::new();
        let mut taken = Share::default();
        let mut fits = |item: &Item, most: Share| {
            if ordered.contains(&item.hash) {
                return true;
            }
            let size = item.bytes.len();
            let fits = taken.fits(size, most);
            if fits {
                taken.add(size);
                items.push(item.clone());
            }
            fits
        };
        // One that is too late does nothing in a block. It may be there already, before what this node knows of
        // the chain: then nobody would vote for the whole.
        let timely = self
            .sign_ins
            .iter()
            .filter(|signed_in| signed_in.proof.is_timely(time));
        for signed_in in timely {
            if !fits(&signed_in.item, BLOCK_OF_SIGN_INS) {
                break;
            }
        }
        self.queues.offer(|item| fits(item, BLOCK));
        items
    }

    /// Forgets what a block has settled. Returns what cannot follow any more: transactions of the
    /// `touched` accounts whose nonce is not next after the committed one.
    pub(crate) fn settle(
        &mut self,
        settled: &[Digest],
        touched: &[(AccountKey, u64)],
    ) -> Vec<Arc<Transaction>> {
        let of_settled = settled
            .iter()
            .filter_map(|hash| match &self.known.get(hash)?.entry {
                Entry::Transaction(transaction) => Some((transaction.account, None)),
                Entry::SignIn(_) => None,
            });
        // What a block did not touch, because the chain had it before, leaves all the same.
        let mut accounts: HashMap<AccountKey, Option<u64>> = of_settled.collect();
        accounts.extend(
            touched
                .iter()
                .map(|(account, used)| (*account, Some(*used))),
        );
        for hash in settled {
            self.forget(hash);
        }
        self.sign_ins
            .retain(|signed_in| self.known.contains_key(&signed_in.item.hash));
        let known = &self.known;
        let stranded = self
            .queues
            .settle(&accounts, |hash| known.contains_key(hash));
        for transaction in &stranded {
            self.forget(&transaction.item.hash);
        }
        stranded
    }

    /// Forgets the sign-ins that no block after this time may record, and returns them.
    pub(crate) fn expire(&mut self, time: BlockTime) -> Vec<Arc<SignedIn>> {
        let (over, left) = std::mem::take(&mut self.sign_ins)
            .into_iter()
            .partition::<VecDeque<_>, _>(|signed_in| signed_in.proof.is_over(time));
        self.sign_ins = left;
        for signed_in in &over {
            self.forget(&signed_in.item.hash);
        }
        over.into()
    }

    fn forget(&mut self, hash: &Digest) {
        if let Some(Known { entry, from }) = self.known.remove(hash) {
            self.bytes -= entry.size();
            if let Some(from) = from {
                self.shares.remove(from, entry.size());
            }
            if let Entry::SignIn(signed_in) = &entry {
                self.signing_in.remove(&signing_in(signed_in, from));
            }
        }
    }
}

/// Counts whoever has the same wallets as one, however the sender is written.
fn signing_in(signed_in: &SignedIn, from: Option<PeerKey>) -> SigningIn {
    let caller = Caller::new(signed_in.proof.sender.caller());
    (caller.identity().clone(), from)
}

#[cfg(test)]
mod tests;
