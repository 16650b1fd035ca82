//! Transactions that wait for a block: bounded, fair between accounts and between the nodes that
//! passed them on, in order of nonces within one account. Survives nothing, by design: what is
//! acknowledged is in a block.

mod shares;

use std::{
    collections::{HashMap, HashSet, VecDeque, hash_map::Entry},
    sync::Arc,
};

use idos_consensus::{Item, PeerKey};
use idos_types::{
    Digest,
    limits::{
        BLOCK_BYTES, BLOCK_ITEMS, MEMPOOL_BYTES, MEMPOOL_BYTES_PER_ACCOUNT, MEMPOOL_ITEMS,
        MEMPOOL_ITEMS_PER_ACCOUNT,
    },
};
use idos_wallet::AccountKey;
use thiserror::Error;

use crate::entry::{Entry as BlockEntry, SignedIn, Transaction};
use shares::Shares;

/// Why a transaction can not wait here.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum PoolError {
    #[error("transaction already exists")]
    Exists,
    #[error("mempool is full")]
    Full,
    #[error("too much that other nodes passed on waits for a block")]
    PeersFull,
    /// A block came between the reading of the state and this: what was read is old.
    #[error("the chain moved on")]
    Moved,
    #[error("too many transactions of this account wait for a block, at most {max} may", max = MEMPOOL_ITEMS_PER_ACCOUNT)]
    AccountFull,
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
    /// Transactions of each account, their nonces without a gap.
    accounts: HashMap<AccountKey, VecDeque<Arc<Transaction>>>,
    /// Accounts in the order in which they take turns.
    turns: VecDeque<AccountKey>,
    /// Sign-ins, which need no account.
    sign_ins: VecDeque<Item>,
    known: HashMap<Digest, Known>,
    bytes: usize,
    shares: Shares,
}

/// An entry that waits.
struct Known {
    entry: Arc<BlockEntry>,
    /// Who passed it on; `None` if a client gave it to this node.
    from: Option<PeerKey>,
}

impl Mempool {
    /// Takes a transaction in, behind those of its account that wait already. `committed` is the
    /// nonce that the account used last in a block, `from` the node that passed it on.
    pub(crate) fn add(
        &mut self,
        transaction: Arc<Transaction>,
        committed: u64,
        from: Option<PeerKey>,
    ) -> Result<(), PoolError> {
        let size = transaction.item.bytes.len();
        self.has_room(&transaction.item, from)?;
        let expected = self.last_nonce(&transaction.account, committed) + 1;
        if transaction.nonce != expected {
            return Err(PoolError::Nonce {
                account: hex::encode(transaction.sender.bytes()),
                got: transaction.nonce,
                expected,
            });
        }
        let queue = match self.accounts.entry(transaction.account) {
            Entry::Occupied(queue) => queue.into_mut(),
            Entry::Vacant(new) => {
                self.turns.push_back(transaction.account);
                new.insert(VecDeque::new())
            }
        };
        let waiting: usize = queue.iter().map(|waiting| waiting.item.bytes.len()).sum();
        if queue.len() >= MEMPOOL_ITEMS_PER_ACCOUNT || waiting + size > MEMPOOL_BYTES_PER_ACCOUNT {
            return Err(PoolError::AccountFull);
        }
        let entry = BlockEntry::Transaction(Arc::clone(&transaction));
        queue.push_back(Arc::clone(&transaction));
        self.count(&transaction.item, entry, from);
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
        self.count(&item, BlockEntry::SignIn(signed_in), from);
        self.sign_ins.push_back(item);
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

    fn count(&mut self, item: &Item, entry: BlockEntry, from: Option<PeerKey>) {
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
        let waiting = self.accounts.get(account).and_then(VecDeque::back);
        waiting.map_or(committed, |last| last.nonce.max(committed))
    }

    /// The entry with this hash, if it waits here.
    pub(crate) fn get(&self, hash: &Digest) -> Option<Arc<BlockEntry>> {
        let known = self.known.get(hash)?;
        Some(Arc::clone(&known.entry))
    }

    /// What the next block should order, without what is ordered already: accounts take turns, one
    /// transaction each, until the block is full. Everything stays here until [`Mempool::settle`].
    pub(crate) fn select(&self, ordered: &HashSet<Digest>) -> Vec<Item> {
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
        if !self.sign_ins.iter().all(&mut fits) {
            return items;
        }
        let mut open: Vec<_> = self
            .turns
            .iter()
            .filter_map(|account| self.accounts.get(account))
            .map(VecDeque::iter)
            .collect();
        while !open.is_empty() {
            // An account whose next transaction does not fit is out: a later one must not overtake.
            open.retain_mut(|queue| queue.next().is_some_and(|next| fits(&next.item)));
        }
        items
    }

    /// Forgets what a block has settled. Returns what can not follow any more: transactions of the
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
                    BlockEntry::Transaction(transaction) => Some((transaction.account, None)),
                    BlockEntry::SignIn(_) => None,
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
            .retain(|item| self.known.contains_key(&item.hash));
        let mut stranded = Vec::new();
        for (account, committed) in accounts {
            let Some(queue) = self.accounts.get_mut(&account) else {
                continue;
            };
            queue.retain(|waiting| self.known.contains_key(&waiting.item.hash));
            let next = queue.front().map(|next| next.nonce);
            if committed.is_some_and(|used| next.is_some_and(|next| next != used + 1)) {
                stranded.extend(queue.drain(..));
            }
            if queue.is_empty() {
                self.accounts.remove(&account);
            }
        }
        for transaction in &stranded {
            self.forget(&transaction.item.hash);
        }
        self.turns
            .retain(|account| self.accounts.contains_key(account));
        // Whoever was first is last next time.
        if !self.turns.is_empty() {
            self.turns.rotate_left(1);
        }
        stranded
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

    fn transaction(account: u8, nonce: u64, size: usize) -> Arc<Transaction> {
        let mut bytes = vec![account; size.max(9)];
        bytes[1..9].copy_from_slice(&nonce.to_le_bytes());
        let sender = Sender::parse(AuthType::Secp256k1Ep, &[account; 20]).unwrap();
        Arc::new(Transaction::for_test(Item::new(bytes), sender, nonce))
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
        pool.add(transaction(1, 5, 0), 4, None).unwrap();
        assert!(matches!(
            pool.add(transaction(1, 7, 0), 4, None),
            Err(PoolError::Nonce {
                got: 7,
                expected: 6,
                ..
            })
        ));
        assert_eq!(
            pool.add(transaction(1, 5, 0), 4, None),
            Err(PoolError::Exists)
        );
        assert!(matches!(
            pool.add(transaction(1, 5, 20), 4, None),
            Err(PoolError::Nonce { .. })
        ));
        pool.add(transaction(1, 6, 0), 4, None).unwrap();
        assert_eq!(nonces(&pool.select(&HashSet::new())), [(1, 5), (1, 6)]);
    }

    #[test]
    fn a_flood_of_one_account_does_not_hold_up_another() {
        let mut pool = Mempool::default();
        for nonce in 1..=MEMPOOL_ITEMS_PER_ACCOUNT as u64 {
            pool.add(transaction(1, nonce, 0), 0, None).unwrap();
        }
        let next = MEMPOOL_ITEMS_PER_ACCOUNT as u64 + 1;
        assert_eq!(
            pool.add(transaction(1, next, 0), 0, None),
            Err(PoolError::AccountFull)
        );
        pool.add(transaction(2, 1, 0), 0, None).unwrap();
        assert_eq!(
            nonces(&pool.select(&HashSet::new()))[..3],
            [(1, 1), (2, 1), (1, 2)]
        );
    }

    #[test]
    fn the_pool_and_a_block_are_bounded_in_bytes() {
        let mut pool = Mempool::default();
        let size = 6_000_000;
        let mut accepted = 0u8;
        while pool.add(transaction(accepted, 1, size), 0, None).is_ok() {
            accepted += 1;
        }
        assert_eq!(usize::from(accepted), MEMPOOL_BYTES / size);
        assert_eq!(pool.select(&HashSet::new()).len(), BLOCK_BYTES / size);
    }

    #[test]
    fn what_is_ordered_is_not_ordered_twice_and_holds_nothing_up() {
        let mut pool = Mempool::default();
        let first = transaction(1, 1, 0);
        pool.add(Arc::clone(&first), 0, None).unwrap();
        pool.add(transaction(1, 2, 0), 0, None).unwrap();
        let ordered = HashSet::from([first.item.hash]);
        assert_eq!(nonces(&pool.select(&ordered)), [(1, 2)]);
    }

    #[test]
    fn what_the_chain_had_before_leaves_although_no_account_was_touched() {
        let mut pool = Mempool::default();
        let again = transaction(1, 1, 0);
        pool.add(Arc::clone(&again), 0, None).unwrap();
        pool.settle(&[again.item.hash], &[]);
        assert!(pool.select(&HashSet::new()).is_empty());
    }

    #[test]
    fn settled_transactions_make_room_and_strand_what_can_not_follow() {
        let mut pool = Mempool::default();
        let first = transaction(1, 1, 0);
        pool.add(Arc::clone(&first), 0, None).unwrap();
        pool.add(transaction(1, 2, 0), 0, None).unwrap();
        pool.add(transaction(2, 1, 0), 0, None).unwrap();
        // The first failed without using its nonce.
        let stranded = pool.settle(&[first.item.hash], &[(first.account, 0)]);
        assert_eq!(stranded.len(), 1);
        assert_eq!(nonces(&pool.select(&HashSet::new())), [(2, 1)]);
        assert_eq!(pool.last_nonce(&first.account, 0), 0);
    }

    fn peer(number: u8) -> PeerKey {
        PeerKey([number; 32])
    }

    /// How many transactions of this size get in, each of an account of its own.
    fn filled(pool: &mut Mempool, size: usize, accounts: &mut u32, from: Option<PeerKey>) -> usize {
        let mut add = || {
            *accounts += 1;
            let mut bytes = vec![0; size];
            bytes[..4].copy_from_slice(&accounts.to_le_bytes());
            let mut sender = [0; 20];
            sender[..4].copy_from_slice(&accounts.to_le_bytes());
            let sender = Sender::parse(AuthType::Secp256k1Ep, &sender).unwrap();
            let transaction = Transaction::for_test(Item::new(bytes), sender, 1);
            pool.add(Arc::new(transaction), 0, from)
        };
        (0..).take_while(|_| add().is_ok()).count()
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
            pool.add(Arc::clone(one), 0, Some(peer(1))).unwrap();
        }
        let refused = pool.add(of_peer(3, 1), 0, Some(peer(1)));
        assert_eq!(refused, Err(PoolError::PeersFull));
        pool.settle(&[first.item.hash], &[(first.account, 1)]);
        pool.add(of_peer(3, 1), 0, Some(peer(1))).unwrap();
    }
}
