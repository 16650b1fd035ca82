use std::sync::Arc;

use idos_consensus::Item;
use tokio::sync::oneshot::{Receiver, error::TryRecvError};

use super::*;
use crate::{
    metrics::Metrics,
    shared::Shared,
    testing::{at, peer, progress, sender},
};

/// A transaction that nobody signed.
fn transaction(account: u8, nonce: u64) -> Arc<Transaction> {
    let item = Item::new(vec![account, u8::try_from(nonce).unwrap()]);
    Arc::new(Transaction::for_test(item, sender(account), nonce))
}

fn shared() -> Shared {
    Shared::new(progress(0), 0, Metrics::default())
}

fn submit(shared: &Shared, transaction: &Arc<Transaction>) -> Receiver<Answer> {
    let admitted = Admitted::for_test(transaction, 0, 0);
    shared
        .waiting
        .submit(Arc::clone(transaction), admitted)
        .unwrap()
}

fn settle(shared: &Shared, height: u64, transaction: &Transaction, code: TxCode, used: u64) {
    let outcome = EntryOutcome {
        hash: transaction.item.hash,
        code,
        log: "log".to_owned(),
    };
    let items = [transaction.item.clone()];
    let executed = Executed {
        outcomes: vec![outcome],
        touched: vec![(transaction.account, used)],
        ..Executed::default()
    };
    shared.waiting.settle(height, &items, executed);
}

fn is_waiting(answer: &mut Receiver<Answer>) -> bool {
    answer.try_recv() == Err(TryRecvError::Empty)
}

#[test]
fn a_client_hears_once_whether_the_block_or_its_certificate_comes_first() {
    for is_told_first in [false, true] {
        let shared = shared();
        let transaction = transaction(1, 1);
        let mut answer = submit(&shared, &transaction);
        if is_told_first {
            shared.waiting.tell(7);
            assert!(is_waiting(&mut answer));
        }
        settle(&shared, 7, &transaction, TxCode::Ok, 1);
        if !is_told_first {
            assert!(is_waiting(&mut answer));
            shared.waiting.tell(6);
            assert!(is_waiting(&mut answer), "an earlier height");
            shared.waiting.tell(7);
        }
        assert_eq!(answer.try_recv(), Ok(Ok((TxCode::Ok, "log".to_owned()))));
        // Told, the sender is gone: there is no second time.
        shared.waiting.tell(8);
        assert_eq!(answer.try_recv(), Err(TryRecvError::Closed));
    }
}

#[test]
fn telling_a_height_tells_those_before_and_none_after() {
    let shared = shared();
    let [first, second, third] = [1, 2, 3].map(|account| transaction(account, 1));
    let [mut a, mut b, mut c] = [&first, &second, &third].map(|one| submit(&shared, one));
    for (height, one) in [(1, &first), (2, &second), (3, &third)] {
        settle(&shared, height, one, TxCode::Ok, 1);
    }
    shared.waiting.tell(2);
    assert!(a.try_recv().is_ok() && b.try_recv().is_ok());
    assert!(is_waiting(&mut c));
}

#[test]
fn what_is_certified_is_not_told_by_that() {
    let shared = shared();
    let transaction = transaction(1, 1);
    let mut answer = submit(&shared, &transaction);
    shared.certificates.certify(5);
    settle(&shared, 5, &transaction, TxCode::Ok, 1);
    assert!(is_waiting(&mut answer));
}

#[test]
fn stranded_and_repeated_transactions_and_those_out_of_turn_are_told_at_once() {
    let shared = shared();
    let [failed, stranded] = [1, 2].map(|nonce| transaction(1, nonce));
    let (repeated, out_of_turn) = (transaction(2, 1), transaction(3, 1));
    let mut first = submit(&shared, &failed);
    let refused = [&stranded, &repeated, &out_of_turn];
    let mut answers = refused.map(|one| submit(&shared, one));
    // It failed without using its nonce: the next one cannot follow.
    settle(&shared, 1, &failed, TxCode::Unknown, 0);
    // It was in an earlier block: it has no outcome in this one.
    let items = [repeated.item.clone()];
    shared.waiting.settle(2, &items, Executed::default());
    settle(&shared, 3, &out_of_turn, TxCode::InvalidNonce, 4);
    let codes = answers.each_mut().map(|answer| {
        let rejection = answer.try_recv().unwrap().unwrap_err();
        rejection.code
    });
    let expected = [TxCode::InvalidNonce, TxCode::Unknown, TxCode::InvalidNonce];
    assert_eq!(codes, expected);
    assert!(is_waiting(&mut first), "its failure is of a block");
}

#[test]
fn whose_nonce_another_one_took_hears_that_and_not_that_one_failed() {
    let shared = shared();
    let [taken, next] = [1, 2].map(|nonce| transaction(1, nonce));
    let mut answers = [&taken, &next].map(|one| submit(&shared, one));
    let other = Item::new(vec![1, 1, 1]);
    let executed = Executed {
        touched: vec![(taken.account, 1)],
        ..Executed::default()
    };
    shared.waiting.settle(1, &[other], executed);
    let [first, second] = answers.each_mut().map(|answer| {
        let rejection = answer.try_recv().unwrap().unwrap_err();
        assert_eq!(rejection.code, TxCode::InvalidNonce);
        rejection.message
    });
    let account = hex::encode(taken.sender.bytes());
    let wrong = format!("invalid nonce for account {account}: got 1, expected 2");
    assert_eq!(first, wrong);
    assert!(second.contains("send this one again"), "{second}");
}

#[test]
fn what_had_no_turn_is_ordered_again_before_what_follows_it() {
    let shared = shared();
    let [first, second, third] = [1, 2, 3].map(|nonce| transaction(1, nonce));
    let mut answers = [&first, &second, &third].map(|one| submit(&shared, one));
    let executed = |had_turn: &[&Transaction], left: &[&Transaction]| Executed {
        outcomes: had_turn
            .iter()
            .map(|one| EntryOutcome {
                hash: one.item.hash,
                code: TxCode::Ok,
                log: String::new(),
            })
            .collect(),
        left: left.iter().map(|one| one.item.hash).collect(),
        touched: vec![(first.account, had_turn.last().map_or(1, |one| one.nonce))],
    };
    // The block after the one that was full was ordered before that was known.
    let full = [first.item.clone(), second.item.clone()];
    shared
        .waiting
        .settle(1, &full, executed(&[&first], &[&second]));
    let early = [third.item.clone()];
    shared.waiting.settle(2, &early, executed(&[], &[&third]));
    assert!(answers.iter_mut().all(is_waiting));
    let again = shared.waiting.select(&HashSet::new(), at(0));
    assert_eq!(again, [second.item.clone(), third.item.clone()]);
    let both = executed(&[&second, &third], &[]);
    shared.waiting.settle(3, &again, both);
    shared.waiting.tell(3);
    assert!(answers.iter_mut().all(|answer| !is_waiting(answer)));
    assert_eq!(shared.waiting.size(), (0, 0));
}

/// Another part may begin only after all of the database was read.
#[test]
fn whoever_waits_hears_at_once_that_the_part_of_the_node_is_over() {
    let shared = shared();
    let [waiting, executed, late] = [1, 2, 3].map(|account| transaction(account, 1));
    let mut answers = [&waiting, &executed].map(|one| submit(&shared, one));
    settle(&shared, 1, &executed, TxCode::Ok, 1);
    assert!(answers.iter_mut().all(is_waiting));
    shared.waiting.close();
    for mut answer in answers {
        let rejection = answer.try_recv().unwrap().unwrap_err();
        assert_eq!(rejection.code, TxCode::NetworkHalted);
    }
    let admitted = Admitted::for_test(&late, 0, 0);
    let refused = shared.waiting.submit(Arc::clone(&late), admitted).err();
    assert_eq!(refused, Some(PoolError::Closed));
    let refused = shared.waiting.take_in(late, peer(1), admitted).err();
    assert_eq!(refused, Some(PoolError::Closed));
}

#[test]
fn what_was_read_before_a_block_is_not_taken_in() {
    let shared = shared();
    let transaction = transaction(1, 1);
    shared.progress.send_replace(progress(1));
    let earlier = Admitted::for_test(&transaction, 0, 0);
    let moved = shared
        .waiting
        .submit(Arc::clone(&transaction), earlier)
        .err();
    assert_eq!(moved, Some(PoolError::Moved));
    let moved = shared
        .waiting
        .take_in(Arc::clone(&transaction), peer(1), earlier)
        .err();
    assert_eq!(moved, Some(PoolError::Moved));
    assert!(shared.waiting.take_submitted().is_empty());
    let newest = Admitted::for_test(&transaction, 0, 1);
    assert!(shared.waiting.submit(transaction, newest).is_ok());
}

#[test]
fn only_what_clients_of_this_node_gave_is_passed_on_and_once() {
    let shared = shared();
    let (own, other) = (transaction(1, 1), transaction(2, 1));
    let _answer = submit(&shared, &own);
    let admitted = Admitted::for_test(&other, 0, 0);
    shared
        .waiting
        .take_in(Arc::clone(&other), peer(1), admitted)
        .unwrap();
    assert_eq!(
        shared.waiting.take_submitted(),
        std::slice::from_ref(&own.item)
    );
    assert!(shared.waiting.take_submitted().is_empty());
    assert!(shared.waiting.entry(&other.item.hash).is_some());
    let ordered = HashSet::from([own.item.hash]);
    assert_eq!(
        shared.waiting.select(&ordered, at(1)),
        std::slice::from_ref(&other.item)
    );
}

#[test]
fn a_node_that_diverged_tells_nobody_what_it_computed() {
    let shared = shared();
    let [before, after] = [1, 2].map(|account| transaction(account, 1));
    let [mut first, mut second] = [&before, &after].map(|one| submit(&shared, one));
    settle(&shared, 1, &before, TxCode::Ok, 1);
    shared.diverge();
    settle(&shared, 2, &after, TxCode::Ok, 1);
    shared.waiting.tell(2);
    for answer in [&mut first, &mut second] {
        let code = answer.try_recv().unwrap().unwrap_err().code;
        assert_eq!(code, TxCode::NetworkHalted);
    }
}
