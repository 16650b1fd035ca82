//! Transactions in order of their nonces, and whose turn it is.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    sync::Arc,
};

use idos_consensus::Item;
use idos_types::{
    Digest,
    limits::{MEMPOOL_BYTES_PER_SENDER, MEMPOOL_ITEMS_PER_SENDER},
};
use idos_wallet::AccountKey;

use super::{PoolError, shares::Share};
use crate::{entry::Transaction, principal::Principal};

/// What may wait of one principal.
const MOST: Share = Share {
    items: MEMPOOL_ITEMS_PER_SENDER,
    bytes: MEMPOOL_BYTES_PER_SENDER,
};

/// The queues of all accounts. Principals take turns, however many accounts they have.
#[derive(Default)]
pub(super) struct Queues {
    accounts: HashMap<AccountKey, AccountQueue>,
    principals: HashMap<Principal, Held>,
    /// Every principal of whom something waits.
    turns: VecDeque<Principal>,
}

/// What waits of an account, its nonces without a gap.
struct AccountQueue {
    /// Whose it was when the first of it came. Should that change, the account stays with them until
    /// nothing of it waits.
    principal: Principal,
    waiting: VecDeque<Arc<Transaction>>,
}

/// What waits of a principal.
#[derive(Default)]
struct Held {
    accounts: VecDeque<AccountKey>,
    share: Share,
}

impl Queues {
    /// The nonce of the last transaction of an account.
    pub(super) fn last_nonce(&self, account: &AccountKey) -> Option<u64> {
        Some(self.accounts.get(account)?.waiting.back()?.nonce)
    }

    /// Lets a transaction wait behind those of its account.
    pub(super) fn add(
        &mut self,
        transaction: Arc<Transaction>,
        principal: Principal,
    ) -> Result<(), PoolError> {
        let (account, size) = (transaction.account, transaction.item.bytes.len());
        let known = self.accounts.get(&account);
        let principal = known.map_or(principal, |queue| queue.principal);
        let held = self.principals.get(&principal);
        let share = held.map_or_else(Share::default, |held| held.share);
        if !share.fits(size, MOST) {
            return Err(PoolError::SenderFull);
        }
        let held = match self.principals.entry(principal) {
            Entry::Occupied(held) => held.into_mut(),
            Entry::Vacant(new) => {
                self.turns.push_back(principal);
                new.insert(Held::default())
            }
        };
        held.share.add(size);
        let queue = self.accounts.entry(account).or_insert_with(|| {
            held.accounts.push_back(account);
            AccountQueue {
                principal,
                waiting: VecDeque::new(),
            }
        });
        queue.waiting.push_back(transaction);
        Ok(())
    }

    /// Offers transactions in turns, one of each principal, to whoever takes what fits. Of a principal
    /// whose next one does not fit no more is offered: a later one must not overtake.
    pub(super) fn offer(&self, mut fits: impl FnMut(&Item) -> bool) {
        let mut open: Vec<_> = self
            .turns
            .iter()
            .filter_map(|principal| self.principals.get(principal))
            .map(|held| {
                let accounts = held.accounts.iter();
                let queues = accounts.filter_map(|account| self.accounts.get(account));
                queues.flat_map(|queue| &queue.waiting)
            })
            .collect();
        while !open.is_empty() {
            open.retain_mut(|queue| queue.next().is_some_and(|next| fits(&next.item)));
        }
    }

    /// Forgets what does not `stay` of these accounts. Returns what cannot follow any more: all that is
    /// left of an account if its first nonce is not next after the one that was used last, where that
    /// is known.
    pub(super) fn settle(
        &mut self,
        accounts: &HashMap<AccountKey, Option<u64>>,
        stays: impl Fn(&Digest) -> bool,
    ) -> Vec<Arc<Transaction>> {
        let mut stranded = Vec::new();
        for (account, committed) in accounts {
            let Some(queue) = self.accounts.get_mut(account) else {
                continue;
            };
            let Some(held) = self.principals.get_mut(&queue.principal) else {
                continue;
            };
            queue.waiting.retain(|waiting| {
                let stays = stays(&waiting.item.hash);
                if !stays {
                    held.share.remove(waiting.item.bytes.len());
                }
                stays
            });
            let next = queue.waiting.front().map(|next| next.nonce);
            if committed.is_some_and(|used| next.is_some_and(|next| next != used + 1)) {
                for left in queue.waiting.drain(..) {
                    held.share.remove(left.item.bytes.len());
                    stranded.push(left);
                }
            }
            if queue.waiting.is_empty() {
                held.accounts.retain(|other| other != account);
                if held.accounts.is_empty() {
                    self.principals.remove(&queue.principal);
                }
                self.accounts.remove(account);
            }
        }
        self.rotate();
        stranded
    }

    /// Whoever was first is last next time.
    fn rotate(&mut self) {
        self.turns
            .retain(|principal| self.principals.contains_key(principal));
        if !self.turns.is_empty() {
            self.turns.rotate_left(1);
        }
        for held in self.principals.values_mut() {
            held.accounts.rotate_left(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use idos_types::{UserId, Uuid};
    use idos_wallet::{AuthType, Sender};

    use super::*;

    fn person(number: u128) -> Principal {
        Principal::Person(UserId(Uuid::from_u128(number)))
    }

    fn transaction(account: u8, nonce: u64, size: usize) -> Arc<Transaction> {
        let mut bytes = vec![account; size.max(2)];
        bytes[1] = u8::try_from(nonce).unwrap();
        let sender = Sender::parse(AuthType::Secp256k1Ep, &[account; 20]).unwrap();
        Arc::new(Transaction::for_test(Item::new(bytes), sender, nonce))
    }

    /// The accounts of what is offered, in order, to somebody who takes everything.
    fn offered(queues: &Queues) -> Vec<u8> {
        let mut accounts = Vec::new();
        queues.offer(|item| {
            accounts.push(item.bytes[0]);
            true
        });
        accounts
    }

    #[test]
    fn many_wallets_of_one_person_take_the_room_of_one() {
        let mut queues = Queues::default();
        let size = MEMPOOL_BYTES_PER_SENDER / 4;
        for account in 1..=4 {
            queues
                .add(transaction(account, 1, size), person(1))
                .unwrap();
        }
        let more = queues.add(transaction(5, 1, 10), person(1));
        assert_eq!(more, Err(PoolError::SenderFull));
        queues.add(transaction(6, 1, size), person(2)).unwrap();
    }

    #[test]
    fn many_wallets_of_one_person_take_one_turn() {
        let mut queues = Queues::default();
        for account in 1..=3 {
            queues.add(transaction(account, 1, 0), person(1)).unwrap();
        }
        queues.add(transaction(9, 1, 0), person(2)).unwrap();
        assert_eq!(offered(&queues), [1, 9, 2, 3]);
        // Nothing is settled: another person is first, and another wallet of the first one.
        queues.settle(&HashMap::new(), |_| true);
        assert_eq!(offered(&queues), [9, 2, 3, 1]);
    }

    #[test]
    fn what_is_settled_makes_room_for_its_sender() {
        let mut queues = Queues::default();
        let full = transaction(1, 1, MEMPOOL_BYTES_PER_SENDER);
        queues.add(Arc::clone(&full), person(1)).unwrap();
        queues.add(transaction(2, 1, 0), person(1)).unwrap_err();
        let touched = HashMap::from([(full.account, Some(1))]);
        assert!(queues.settle(&touched, |_| false).is_empty());
        queues.add(transaction(2, 1, 0), person(1)).unwrap();
        assert_eq!(offered(&queues), [2]);
    }

    #[test]
    fn an_account_keeps_its_order_when_it_comes_to_a_person() {
        let mut queues = Queues::default();
        let first = transaction(1, 1, 0);
        let alone = Principal::Account(first.account);
        queues.add(first, alone).unwrap();
        queues.add(transaction(1, 2, 0), person(1)).unwrap();
        let mut nonces = Vec::new();
        queues.offer(|item| {
            nonces.push(item.bytes[1]);
            true
        });
        assert_eq!(nonces, [1, 2]);
    }
}
