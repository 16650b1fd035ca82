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
use idos_types::{
    BlockTime, Digest,
    limits::{BLOCK_BYTES, BLOCK_ITEMS, MEMPOOL_BYTES, MEMPOOL_ITEMS, MEMPOOL_ITEMS_PER_SENDER},
};
use idos_wallet::AccountKey;
use idos_wire::TRANSACTION_EXISTS;
use thiserror::Error;

use crate::{
    admission::Admitted,
    entry::{Entry, SignedIn, Transaction},
};
use queues::Queues;
use shares::Shares;

/// Why a transaction cannot wait here.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum PoolError {
    #[error("{TRANSACTION_EXISTS}")]
    Exists,
    #[error("mempool is full")]
    Full,
    #[error("too much that other nodes passed on waits for a block")]
    PeersFull,
    /// A block came between the reading of the state and this: what was read is old.
    #[error("the chain moved on")]
    Moved,
    #[error("too many transactions of this sender wait for a block, at most {max} may", max = MEMPOOL_ITEMS_PER_SENDER)]
    SenderFull,
    #[error("invalid nonce for account {account}: got {got}, expected {expected}")]
    Nonce {
        account: String,
        got: u64,
        expected: u64,
    },
}

/// The pool.
#[derive(Default)]
pub(crate) struct Mempool {
    queues: Queues,
    /// Sign-ins, which need no account.
    sign_ins: VecDeque<Arc<SignedIn>>,
    known: HashMap<Digest, Known>,
    bytes: usize,
    shares: Shares,
}

/// An entry that waits.
struct Known {
    entry: Arc<Entry>,
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
        let expected = self.last_nonce(&transaction.account, admitted.committed) + 1;
        if transaction.nonce != expected {
            return Err(PoolError::Nonce {
                account: hex::encode(transaction.sender.bytes()),
                got: transaction.nonce,
                expected,
            });
        }
        self.queues
            .add(Arc::clone(&transaction), admitted.principal)?;
        let item = transaction.item.clone();
        self.count(&item, Entry::Transaction(transaction), from);
        Ok(())
    }

    /// Takes a sign-in in, which needs no account.
    pub(crate) fn add_sign_in(
        &mut self,
        signed_in: Arc<SignedIn>,
        from: Option<PeerKey>,
    ) -> Result<(), PoolError> {
        let item = signed_in.item.clone();
        self.has_room(&item, from)?;
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
        let entry = Arc::new(entry);
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
    pub(crate) fn get(&self, hash: &Digest) -> Option<Arc<Entry>> {
        let known = self.known.get(hash)?;
        Some(Arc::clone(&known.entry))
    }

    /// What the next block, of this time, should order, without what is ordered already: senders take turns,
    /// one transaction each, until the block is full. Everything stays here until [`Mempool::settle`].
    pub(crate) fn select(&self, ordered: &HashSet<Digest>, time: BlockTime) -> Vec<Item> {
        let mut items = Vec::new();
        let mut bytes = 0;
        let mut fits = |item: &Item| {
            if ordered.contains(&item.hash) {
                return true;
            }
            let fits = items.len() < BLOCK_ITEMS && bytes + item.bytes.len() <= BLOCK_BYTES;
            if fits {
                bytes += item.bytes.len();
                items.push(item.clone());
            }
            fits
        };
        // One that is too late does nothing in a block. It may be there already, before what this node knows of
        // the chain: then nobody would vote for the whole.
        let mut timely = self
            .sign_ins
            .iter()
            .filter(|signed_in| signed_in.proof.is_timely(time));
        if !timely.all(|signed_in| fits(&signed_in.item)) {
            return items;
        }
        self.queues.offer(fits);
        items
    }

    /// Forgets what a block has settled. Returns what cannot follow any more: transactions of the
    /// `touched` accounts whose nonce is not next after the committed one.
    pub(crate) fn settle(
        &mut self,
        settled: &[Digest],
        touched: &[(AccountKey, u64)],
    ) -> Vec<Arc<Transaction>> {
        let of_settled =
            settled
                .iter()
                .filter_map(|hash| match self.known.get(hash)?.entry.as_ref() {
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
        }
    }
}

#[cfg(test)]
mod tests {
    use idos_wallet::{AuthType, Sender};

    use super::*;
    use crate::testing::at;

    fn transaction(account: u8, nonce: u64, size: usize) -> Arc<Transaction> {
        let mut bytes = vec![account; size.max(9)];
        bytes[1..9].copy_from_slice(&nonce.to_le_bytes());
        let sender = Sender::parse(AuthType::Secp256k1Ep, &[account; 20]).unwrap();
        Arc::new(Transaction::for_test(Item::new(bytes), sender, nonce))
    }

    fn add(
        pool: &mut Mempool,
        transaction: Arc<Transaction>,
        committed: u64,
        from: Option<PeerKey>,
    ) -> Result<(), PoolError> {
        let admitted = Admitted::for_test(&transaction, committed, 0);
        pool.add(transaction, &admitted, from)
    }

    fn nonces(items: &[Item]) -> Vec<(u8, u8)> {
        items
            .iter()
            .map(|item| (item.bytes[0], item.bytes[1]))
            .collect()
    }

    #[test]
    fn nonces_follow_without_gap_or_repetition() {
        let mut pool = Mempool::default();
        add(&mut pool, transaction(1, 5, 0), 4, None).unwrap();
        assert!(matches!(
            add(&mut pool, transaction(1, 7, 0), 4, None),
            Err(PoolError::Nonce {
                got: 7,
                expected: 6,
                ..
            })
        ));
        assert_eq!(
            add(&mut pool, transaction(1, 5, 0), 4, None),
            Err(PoolError::Exists)
        );
        assert!(matches!(
            add(&mut pool, transaction(1, 5, 20), 4, None),
            Err(PoolError::Nonce { .. })
        ));
        add(&mut pool, transaction(1, 6, 0), 4, None).unwrap();
        assert_eq!(
            nonces(&pool.select(&HashSet::new(), at(0))),
            [(1, 5), (1, 6)]
        );
    }

    #[test]
    fn a_flood_of_one_account_does_not_hold_up_another() {
        let mut pool = Mempool::default();
        for nonce in 1..=MEMPOOL_ITEMS_PER_SENDER as u64 {
            add(&mut pool, transaction(1, nonce, 0), 0, None).unwrap();
        }
        let next = MEMPOOL_ITEMS_PER_SENDER as u64 + 1;
        assert_eq!(
            add(&mut pool, transaction(1, next, 0), 0, None),
            Err(PoolError::SenderFull)
        );
        add(&mut pool, transaction(2, 1, 0), 0, None).unwrap();
        assert_eq!(
            nonces(&pool.select(&HashSet::new(), at(0)))[..3],
            [(1, 1), (2, 1), (1, 2)]
        );
    }

    #[test]
    fn the_pool_and_a_block_are_bounded_in_bytes() {
        let mut pool = Mempool::default();
        let size = 6_000_000;
        let mut accepted = 0u8;
        while add(&mut pool, transaction(accepted, 1, size), 0, None).is_ok() {
            accepted += 1;
        }
        assert_eq!(usize::from(accepted), MEMPOOL_BYTES / size);
        assert_eq!(
            pool.select(&HashSet::new(), at(0)).len(),
            BLOCK_BYTES / size
        );
    }

    #[test]
    fn what_is_ordered_is_not_ordered_twice_and_holds_nothing_up() {
        let mut pool = Mempool::default();
        let first = transaction(1, 1, 0);
        add(&mut pool, Arc::clone(&first), 0, None).unwrap();
        add(&mut pool, transaction(1, 2, 0), 0, None).unwrap();
        let ordered = HashSet::from([first.item.hash]);
        assert_eq!(nonces(&pool.select(&ordered, at(0))), [(1, 2)]);
    }

    #[test]
    fn what_the_chain_had_before_leaves_although_no_account_was_touched() {
        let mut pool = Mempool::default();
        let again = transaction(1, 1, 0);
        add(&mut pool, Arc::clone(&again), 0, None).unwrap();
        pool.settle(&[again.item.hash], &[]);
        assert!(pool.select(&HashSet::new(), at(0)).is_empty());
    }

    #[test]
    fn settled_transactions_make_room_and_strand_what_can_not_follow() {
        let mut pool = Mempool::default();
        let first = transaction(1, 1, 0);
        add(&mut pool, Arc::clone(&first), 0, None).unwrap();
        add(&mut pool, transaction(1, 2, 0), 0, None).unwrap();
        add(&mut pool, transaction(2, 1, 0), 0, None).unwrap();
        // The first failed without using its nonce.
        let stranded = pool.settle(&[first.item.hash], &[(first.account, 0)]);
        assert_eq!(stranded.len(), 1);
        assert_eq!(nonces(&pool.select(&HashSet::new(), at(0))), [(2, 1)]);
        assert_eq!(pool.last_nonce(&first.account, 0), 0);
    }

    fn peer(number: u8) -> PeerKey {
        PeerKey([number; 32])
    }

    /// How many transactions of this size get in, each of an account of its own.
    fn filled(pool: &mut Mempool, size: usize, accounts: &mut u32, from: Option<PeerKey>) -> usize {
        let mut add_one = || {
            *accounts += 1;
            let mut bytes = vec![0; size];
            bytes[..4].copy_from_slice(&accounts.to_le_bytes());
            let mut sender = [0; 20];
            sender[..4].copy_from_slice(&accounts.to_le_bytes());
            let sender = Sender::parse(AuthType::Secp256k1Ep, &sender).unwrap();
            let transaction = Transaction::for_test(Item::new(bytes), sender, 1);
            add(pool, Arc::new(transaction), 0, from)
        };
        (0..).take_while(|_| add_one().is_ok()).count()
    }

    #[test]
    fn nodes_that_pass_on_masses_leave_room_for_others_and_for_clients_of_this_one() {
        for (size, all) in [(100, MEMPOOL_ITEMS), (1_000_000, MEMPOOL_BYTES / 1_000_000)] {
            let mut pool = Mempool::default();
            let accounts = &mut 0;
            assert_eq!(filled(&mut pool, size, accounts, Some(peer(1))), all / 4);
            assert_eq!(filled(&mut pool, size, accounts, Some(peer(2))), all / 4);
            // However many lie, clients of this node can write.
            assert_eq!(filled(&mut pool, size, accounts, Some(peer(3))), 0);
            assert_eq!(filled(&mut pool, size, accounts, None), all / 2);
        }
    }

    #[test]
    fn what_a_node_passed_on_makes_room_when_it_is_settled() {
        let mut pool = Mempool::default();
        let of_peer = |account, nonce| transaction(account, nonce, 6_000_000);
        let (first, second) = (of_peer(1, 1), of_peer(2, 1));
        for one in [&first, &second] {
            add(&mut pool, Arc::clone(one), 0, Some(peer(1))).unwrap();
        }
        let refused = add(&mut pool, of_peer(3, 1), 0, Some(peer(1)));
        assert_eq!(refused, Err(PoolError::PeersFull));
        pool.settle(&[first.item.hash], &[(first.account, 1)]);
        add(&mut pool, of_peer(3, 1), 0, Some(peer(1))).unwrap();
    }
}
