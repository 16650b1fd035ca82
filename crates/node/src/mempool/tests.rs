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
        Err(PoolError::Nonce(WrongNonce {
            got: 7,
            expected: 6,
            ..
        }))
    ));
    assert_eq!(
        add(&mut pool, transaction(1, 5, 0), 4, None),
        Err(PoolError::Exists)
    );
    assert!(matches!(
        add(&mut pool, transaction(1, 5, 20), 4, None),
        Err(PoolError::Nonce(_))
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
