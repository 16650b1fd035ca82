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
    entry::{Entry, SignedIn, Transaction},
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
            if let Entry::SignIn(signed_in) = entry.as_ref() {
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
mod tests {
    use idos_wallet::{AuthType, Sender};

    use super::*;
    use crate::{
        sign_in_nonce::SignInNonce,
        sign_in_proof::{SignInProof, sign_in_text},
        testing::{CHAIN, at, node_key},
    };

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

    /// When those that nobody signed count.
    fn early() -> BlockTime {
        BlockTime::from_millis(0)
    }

    /// A sign-in of this sender that nobody signed, of so many bytes.
    fn sign_in(account: u32, way: u8, size: usize) -> Arc<SignedIn> {
        let nonce = SignInNonce {
            issued: 0,
            random: [0; 16],
            node: node_key(0).public(),
            signature: [0; 64],
        };
        let text = sign_in_text("https://node.test", CHAIN, &nonce);
        let mut bytes = [0; 20];
        bytes[..4].copy_from_slice(&account.to_le_bytes());
        let sender = Sender::parse(AuthType::Secp256k1Ep, &bytes).unwrap();
        let mut item = vec![way; size];
        item[1..5].copy_from_slice(&account.to_le_bytes());
        Arc::new(SignedIn {
            item: Item::new(item),
            proof: SignInProof::unchecked(sender, text, vec![way]),
        })
    }

    #[test]
    fn of_many_sign_ins_of_one_sender_one_waits() {
        let mut pool = Mempool::default();
        for from in [None, Some(peer(1)), Some(peer(2))] {
            let way = from.map_or(0, |PeerKey(key)| key[0]);
            let first = sign_in(1, way, 10);
            pool.add_sign_in(Arc::clone(&first), from).unwrap();
            for way in 100..=255 {
                let another = pool.add_sign_in(sign_in(1, way, 10), from);
                assert_eq!(another, Err(PoolError::SignInWaits));
            }
            let same = pool.add_sign_in(first, from);
            assert_eq!(same, Err(PoolError::Exists));
            pool.add_sign_in(sign_in(2, way, 10), from).unwrap();
        }
        assert_eq!(pool.size(), (6, 60));
        assert_eq!(pool.select(&HashSet::new(), early()).len(), 6);
    }

    #[test]
    fn a_sign_in_that_leaves_makes_room_for_another_of_its_sender() {
        let mut pool = Mempool::default();
        let first = sign_in(1, 1, 10);
        pool.add_sign_in(Arc::clone(&first), None).unwrap();
        pool.settle(&[first.item.hash], &[]);
        pool.add_sign_in(sign_in(1, 2, 10), None).unwrap();
        assert_eq!(pool.expire(at(0)).len(), 1);
        pool.add_sign_in(sign_in(1, 3, 10), None).unwrap();
        pool.settle(&[sign_in(1, 3, 10).item.hash], &[]);
        assert!(pool.signing_in.is_empty());
        assert_eq!(pool.size(), (0, 0));
    }

    #[test]
    fn however_many_sign_in_half_of_a_block_is_for_transactions() {
        for (size, all) in [(10, BLOCK_ITEMS), (60_000, BLOCK_BYTES / 60_000)] {
            let mut pool = Mempool::default();
            for account in 0..u32::try_from(all).unwrap() {
                pool.add_sign_in(sign_in(account, 1, size), None).unwrap();
            }
            let selected = |pool: &Mempool| pool.select(&HashSet::new(), early());
            assert_eq!(selected(&pool).len(), all / 2);
            assert_eq!(
                filled(&mut pool, size, &mut 0, None),
                MEMPOOL_ITEMS.min(MEMPOOL_BYTES / size) - all
            );
            let selected = selected(&pool);
            let is_sign_in = |item: &&Item| pool.sign_ins.iter().any(|one| one.item == **item);
            assert_eq!(selected.iter().filter(is_sign_in).count(), all / 2);
            assert_eq!(selected.len(), all);
        }
    }
}
