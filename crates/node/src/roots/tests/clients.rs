//! When clients hear what became of their transactions.

use std::sync::Arc;

use idos_consensus::Outbox;
use idos_wire::TxCode;
use tokio::sync::oneshot::{Receiver, error::TryRecvError};

use super::*;
use crate::{
    admission::Admitted,
    entry::Transaction,
    executor::{EntryOutcome, Executed},
    shared::Answer,
    testing::sender,
};

impl Voter {
    /// A client whose transaction is in the block of this height, which was executed here.
    fn client(&self, height: u64) -> Receiver<Answer> {
        let seed = u8::try_from(height % 100).unwrap();
        let item = idos_consensus::Item::new(height.to_le_bytes().to_vec());
        let hash = item.hash;
        let transaction = Transaction::for_test(item.clone(), sender(seed + 1), 1);
        let admitted = Admitted::for_test(&transaction, 0, 0);
        let answer = self
            .shared()
            .waiting
            .submit(Arc::new(transaction), admitted)
            .unwrap();
        let outcome = EntryOutcome {
            hash,
            code: TxCode::Ok,
            log: String::new(),
        };
        let executed = Executed {
            outcomes: vec![outcome],
            ..Executed::default()
        };
        self.shared().waiting.settle(height, &[item], executed);
        answer
    }
}

#[test]
fn clients_of_a_node_that_diverged_do_not_hear_what_it_computed() {
    let mut node = Voter::new(0);
    let mut before = node.client(1);
    node.shared().certificates.state(other(1));
    node.tick(0);
    node.receive(1, &certified(&statement(1), &[1, 2, 3]), 0);
    node.tick(1_000);
    let told = before.try_recv().unwrap();
    assert_eq!(told.unwrap_err().code, TxCode::NetworkHalted);
    let told = node.client(2).try_recv().unwrap();
    assert_eq!(told.unwrap_err().code, TxCode::NetworkHalted);
}

#[test]
fn a_certificate_from_before_a_restart_lets_clients_know() {
    let mut node = Voter::new(0);
    let bytes = certificate(&statement(1), &[1, 2, 3]).encode();
    node.bench
        .executor
        .add_certificates(vec![(1, Arc::new(bytes))]);
    node.bench.executor.write_certificates().unwrap();
    node.shared().certificates.certify(1);
    let mut client = node.client(1);
    assert_eq!(client.try_recv(), Err(TryRecvError::Empty));
    node.computes(1, 0);
    assert!(client.try_recv().unwrap().is_ok());
}

#[test]
fn clients_hear_only_once_the_height_is_certified_and_executed_here() {
    let mut node = Voter::new(0);
    let mut client = node.client(1);
    node.computes(1, 0);
    node.vote_of(1, 1, 0);
    node.tick(5_000);
    assert_eq!(client.try_recv(), Err(TryRecvError::Empty));
    node.vote_of(2, 1, 5_000);
    assert!(client.try_recv().unwrap().is_ok());

    // The others are faster.
    node.receive(1, &certified(&statement(2), &[1, 2, 3]), 6_000);
    node.tick(7_000);
    let mut client = node.client(2);
    assert_eq!(client.try_recv(), Err(TryRecvError::Empty));
    node.computes(2, 7_001);
    assert!(client.try_recv().unwrap().is_ok());
}

#[test]
fn clients_wait_for_a_validator_that_was_heard_of_lately_and_not_for_long() {
    for (millis, comes) in [(10, true), (STRAGGLERS_MS, false)] {
        let mut node = Voter::new(0);
        for from in 1..4 {
            node.vote_of(from, 1, 0);
        }
        node.computes(1, 0);
        let mut client = node.client(2);
        node.computes(2, 100);
        node.vote_of(1, 2, 100);
        node.vote_of(2, 2, 100);
        assert_eq!(node.certified(), 2);
        let due = node.roots.tick(at(101), &mut Outbox::default());
        assert_eq!(due, at(100 + STRAGGLERS_MS));
        assert_eq!(client.try_recv(), Err(TryRecvError::Empty), "3 is behind");
        match comes {
            true => drop(node.vote_of(3, 2, 100 + millis)),
            false => drop(node.tick(100 + millis)),
        }
        assert!(client.try_recv().unwrap().is_ok());
    }
}

#[test]
fn a_network_that_was_idle_waits_for_all_who_took_part_last() {
    let mut node = Voter::new(0);
    for from in 1..4 {
        node.vote_of(from, 1, 0);
    }
    node.computes(1, 0);
    let hour = 3_600_000;
    let mut client = node.client(2);
    node.computes(2, hour);
    node.vote_of(1, 2, hour);
    node.vote_of(2, 2, hour);
    assert_eq!(client.try_recv(), Err(TryRecvError::Empty));
    node.vote_of(3, 2, hour + 1);
    assert!(client.try_recv().unwrap().is_ok());
}

#[test]
fn silent_validators_delay_nobody() {
    let mut node = Voter::new(0);
    for from in 1..4 {
        node.vote_of(from, 1, 0);
    }
    // The last one is silent from now on.
    for height in 2..6 {
        let now = height * 2_000;
        let mut client = node.client(height);
        node.computes(height, now);
        node.vote_of(1, height, now);
        node.vote_of(2, height, now);
        let is_told = client.try_recv().is_ok();
        assert_eq!(is_told, height > 1 + voices::LATELY_HEIGHTS, "{height}");
        node.tick(now + STRAGGLERS_MS);
    }
}

#[test]
fn a_height_that_all_have_does_not_wait_for_one_that_is_behind_at_a_later_one() {
    let mut node = Voter::new(0);
    for from in 1..4 {
        node.vote_of(from, 1, 0);
    }
    node.computes(1, 0);
    let mut client = node.client(2);
    for height in 2..4 {
        node.computes(height, height);
        node.vote_of(1, height, height);
        node.vote_of(2, height, height);
    }
    assert_eq!(client.try_recv(), Err(TryRecvError::Empty));
    node.vote_of(3, 2, 5);
    assert!(client.try_recv().unwrap().is_ok());
}

#[test]
fn a_validator_that_is_slower_than_the_certificate_says_that_it_has_come_as_far() {
    let mut node = Voter::new(0);
    node.receive(1, &certified(&statement(1), &[1, 2, 3]), 0);
    let said = node.computes(1, 1);
    assert!(said.len() == 1 && is_vote(&said[0], 1));
    assert!(node.tick(10_000).is_empty(), "and once is enough");
}
