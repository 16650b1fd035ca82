mod clients;
mod simulation;

use std::sync::Arc;

use idos_consensus::{Outbox, Recipient, Service as _};
use idos_proof::{RootCertificate, RootStatement};
use idos_types::{Digest, limits::FEWEST_EPOCH_BLOCKS};

use super::*;
use crate::{
    shared::Shared,
    testing::{Bench, at, certificate, node_key, peer, sent, statement},
};

/// A node with its service.
struct Voter {
    bench: Bench,
    roots: Roots,
}

impl Voter {
    /// The node with this number, in a network of four validators.
    fn new(number: u8) -> Self {
        let bench = Bench::new(4);
        Self {
            roots: roots(&bench, number),
            bench,
        }
    }

    fn shared(&self) -> &Shared {
        &self.bench.shared
    }

    fn tick(&mut self, millis: u64) -> Vec<(Recipient, Vec<u8>)> {
        sent(|outbox| {
            self.roots.tick(at(millis), outbox);
        })
    }

    fn receive(&mut self, from: u8, bytes: &[u8], millis: u64) -> Vec<(Recipient, Vec<u8>)> {
        sent(|outbox| self.roots.received(peer(from), bytes, at(millis), outbox))
    }

    /// The vote of an honest validator.
    fn vote_of(&mut self, from: u8, height: u64, millis: u64) -> Vec<(Recipient, Vec<u8>)> {
        self.receive(from, &vote(from, &statement(height)), millis)
    }

    fn computes(&mut self, height: u64, millis: u64) -> Vec<(Recipient, Vec<u8>)> {
        self.shared().certificates.state(statement(height));
        self.tick(millis)
    }

    fn certified(&self) -> u64 {
        self.shared().certified()
    }
}

fn roots(bench: &Bench, number: u8) -> Roots {
    Roots::new(
        Arc::clone(&bench.shared),
        bench.readers.clone(),
        node_key(number),
        bench.executor.chain_id().clone(),
        bench.epochs(),
        None,
    )
}

fn vote(from: u8, statement: &RootStatement) -> Vec<u8> {
    Message::vote(statement, &node_key(from).sign_root(statement))
}

/// What somebody computes whose rows differ.
fn other(height: u64) -> RootStatement {
    let mut other = statement(height);
    other.root.hash = Digest::of(b"other");
    other
}

fn certified(statement: &RootStatement, signers: &[u8]) -> Vec<u8> {
    Message::certified(&certificate(statement, signers).encode())
}

fn is_vote(message: &(Recipient, Vec<u8>), height: u64) -> bool {
    matches!(Message::decode(&message.1), Ok(Message::Vote(said, _)) if said.height == height)
}

fn is_certificate(message: &(Recipient, Vec<u8>), to: u8, height: u64) -> bool {
    let decoded = Message::decode(&message.1);
    let is_it = matches!(decoded, Ok(Message::Certificate(it)) if it.statement().height == height);
    is_it && message.0 == Recipient::One(peer(to))
}

#[test]
fn more_than_two_thirds_certify_and_not_fewer() {
    let mut node = Voter::new(0);
    let said = node.computes(1, 0);
    assert!(said.len() == 1 && said[0].0 == Recipient::All && is_vote(&said[0], 1));
    node.vote_of(1, 1, 1);
    assert_eq!(node.certified(), 0, "two of four");
    node.vote_of(2, 1, 2);
    assert_eq!(node.certified(), 1);
    let kept = node.shared().certificates.take_unwritten();
    assert_eq!(kept.len(), 1);
    let certificate = RootCertificate::decode(&kept[0].1).unwrap();
    assert_eq!(certificate.statement(), &statement(1));
    assert_eq!(certificate.signers().count(), 3);
    node.vote_of(3, 1, 3);
    assert!(
        node.shared().certificates.take_unwritten().is_empty(),
        "made once"
    );
    assert!(!node.shared().has_diverged());
}

#[test]
fn those_who_say_different_things_certify_nothing_together() {
    let mut node = Voter::new(0);
    node.computes(1, 0);
    node.vote_of(1, 1, 0);
    for liar in [2, 3] {
        node.receive(liar, &vote(liar, &other(1)), 0);
    }
    assert_eq!(node.certified(), 0);
    // Whoever errs and says so counts for what it said last.
    node.vote_of(3, 1, 1);
    assert_eq!(node.certified(), 1);
}

#[test]
fn what_is_not_signed_by_a_member_for_this_chain_and_epoch_does_not_count() {
    let mut node = Voter::new(0);
    node.computes(1, 0);
    node.vote_of(1, 1, 0);
    // One vote is missing now, and none of these is it.
    let good = vote(2, &statement(1));
    node.receive(9, &vote(9, &statement(1)), 0);
    node.receive(3, &good, 0);
    for bit in (0..good.len() * 8).step_by(7) {
        let mut flipped = good.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        node.receive(2, &flipped, 0);
    }
    let spoilt: [fn(&mut RootStatement); 2] = [
        |statement| statement.chain_id = ChainId::new("other").unwrap(),
        |statement| statement.epoch = 1,
    ];
    for spoil in spoilt {
        let mut statement = statement(1);
        spoil(&mut statement);
        for from in 1..4 {
            node.receive(from, &vote(from, &statement), 0);
        }
    }
    assert_eq!(node.certified(), 0);
    node.receive(2, &good, 0);
    assert_eq!(node.certified(), 1);
}

#[test]
fn a_validator_counts_once_however_often_it_votes() {
    let mut node = Voter::new(0);
    node.computes(1, 0);
    for millis in 0..10 {
        node.vote_of(1, 1, millis);
    }
    assert_eq!(node.certified(), 0);
}

#[test]
fn a_validator_that_floods_takes_bounded_memory_and_drives_out_only_its_own_votes() {
    let mut node = Voter::new(0);
    node.vote_of(2, 1, 0);
    // Up to the end of the last epoch whose validators are known.
    for height in 1..2 * FEWEST_EPOCH_BLOCKS + 20 {
        node.vote_of(1, height, 0);
    }
    let kept = node.roots.voices.heights_of(node_key(1).public());
    assert_eq!(kept, HEIGHTS_PER_VALIDATOR);
    node.vote_of(3, 1, 0);
    node.computes(1, 0);
    assert_eq!(node.certified(), 1, "three others than the flooder");
}

#[test]
fn certificates_of_peers_are_taken_only_if_they_hold() {
    let mut node = Voter::new(0);
    node.computes(1, 0);
    let too_few = certified(&statement(1), &[1, 2]);
    let mut forged = certified(&statement(1), &[1, 2, 3]);
    *forged.last_mut().unwrap() ^= 1;
    let mut foreign = statement(1);
    foreign.chain_id = ChainId::new("other").unwrap();
    for bytes in [too_few, forged, certified(&foreign, &[1, 2, 3])] {
        node.receive(1, &bytes, 0);
        assert_eq!(node.certified(), 0);
    }
    node.receive(1, &certified(&statement(1), &[1, 2, 3]), 0);
    assert_eq!(node.certified(), 1);
}

#[test]
fn a_certificate_that_nobody_needs_is_not_even_verified() {
    let mut node = Voter::new(0);
    node.receive(1, &certified(&statement(5), &[1, 2, 3]), 0);
    assert_eq!(node.certified(), 5);
    node.shared().certificates.take_unwritten();
    // Good ones, but of heights that this node has not executed: it asks for them when it has.
    node.receive(1, &certified(&statement(4), &[1, 2, 3]), 0);
    node.receive(1, &certified(&statement(5), &[1, 2, 3]), 0);
    assert!(node.shared().certificates.take_unwritten().is_empty());
    node.computes(4, 1);
    node.receive(1, &certified(&statement(4), &[1, 2, 3]), 2);
    assert_eq!(node.shared().certificates.take_unwritten().len(), 1);
}

#[test]
fn lost_votes_are_repeated_until_there_is_a_certificate() {
    let mut node = Voter::new(0);
    node.computes(1, 0);
    assert!(node.tick(RETRY_MS - 1).is_empty(), "not at once");
    for round in 1..5 {
        let said = node.tick(round * RETRY_MS);
        assert_eq!(said.len(), 1, "round {round}");
        assert!(said[0].0 == Recipient::All && is_vote(&said[0], 1));
        assert!(node.tick(round * RETRY_MS + 1).is_empty(), "not at once");
    }
    node.receive(1, &certified(&statement(1), &[1, 2, 3]), 1_100);
    assert!(node.tick(10_000).is_empty());
}

#[test]
fn whoever_repeats_a_vote_gets_the_certificate_and_nobody_else() {
    let mut node = Voter::new(0);
    node.computes(1, 0);
    node.vote_of(1, 1, 0);
    assert!(node.vote_of(2, 1, 0).is_empty());
    assert!(
        node.vote_of(3, 1, 0).is_empty(),
        "the fourth vote, only late"
    );
    let answer = node.vote_of(3, 1, 250);
    assert!(answer.len() == 1 && is_certificate(&answer[0], 3, 1));
}

#[test]
fn an_observer_gets_the_certificate_that_it_lacks() {
    let mut node = Voter::new(0);
    assert!(node.vote_of(9, 1, 0).is_empty(), "there is none yet");
    node.computes(1, 0);
    node.vote_of(1, 1, 0);
    node.vote_of(2, 1, 0);
    let answer = node.vote_of(9, 1, 0);
    assert!(answer.len() == 1 && is_certificate(&answer[0], 9, 1));

    let mut observer = Voter::new(9);
    assert!(observer.computes(1, 0).is_empty(), "it has no vote");
    let asked = observer.tick(RETRY_MS);
    assert!(asked.len() == 1 && is_vote(&asked[0], 1));
    observer.receive(0, &answer[0].1, 300);
    assert_eq!(observer.certified(), 1);
}

#[test]
fn a_peer_gets_so_many_answers_and_no_more_and_others_get_theirs() {
    let mut node = Voter::new(0);
    node.receive(1, &certified(&statement(1), &[1, 2, 3]), 0);
    let answers = |node: &mut Voter, millis| {
        let asked = (0..1_000).map(|_| node.vote_of(9, 1, millis).len());
        asked.sum::<usize>()
    };
    assert_eq!(answers(&mut node, 0), ANSWERS_PER_PEER as usize);
    assert_eq!(node.vote_of(8, 1, 0).len(), 1);
    assert_eq!(answers(&mut node, RETRY_MS - 1), 0);
    assert_eq!(answers(&mut node, RETRY_MS), ANSWERS_PER_PEER as usize);
}

#[test]
fn old_certificates_come_from_the_database() {
    let mut node = Voter::new(0);
    let bytes = certificate(&statement(1), &[1, 2, 3]).encode();
    node.bench
        .executor
        .add_certificates(vec![(1, Arc::new(bytes))]);
    node.bench.executor.write_certificates().unwrap();
    assert!(node.vote_of(9, 1, 0).is_empty(), "beyond what is certified");
    node.receive(1, &certified(&statement(140), &[1, 2, 3]), 0);
    let answer = node.vote_of(1, 1, 0);
    assert!(answer.len() == 1 && is_certificate(&answer[0], 1, 1));
}

#[test]
fn a_node_that_computed_something_else_diverges_whichever_came_first() {
    let mut first = Voter::new(0);
    first.shared().certificates.state(other(1));
    first.tick(0);
    assert!(!first.shared().has_diverged());
    first.receive(1, &certified(&statement(1), &[1, 2, 3]), 0);
    assert!(first.shared().has_diverged());

    let mut last = Voter::new(0);
    last.receive(1, &certified(&statement(1), &[1, 2, 3]), 0);
    assert!(!last.shared().has_diverged());
    last.shared().certificates.state(other(1));
    last.tick(0);
    assert!(last.shared().has_diverged());
}

/// Else nodes that were led astray together certify what only a liar says.
#[test]
fn a_node_that_diverged_signs_nothing() {
    let mut node = Voter::new(0);
    node.shared().certificates.state(other(1));
    node.tick(0);
    node.shared().certificates.state(other(2));
    node.tick(1);
    node.receive(1, &certified(&statement(1), &[1, 2, 3]), 2);
    assert!(node.shared().has_diverged());
    assert!(node.computes(3, 3).is_empty());
    for round in 1..4 {
        assert!(node.tick(round * RETRY_MS).is_empty(), "round {round}");
    }
    node.vote_of(1, 3, 1_000);
    node.vote_of(2, 3, 1_000);
    assert_eq!(node.certified(), 1, "its own voice counts for nothing");
}

/// A node that was restored with a state of this height, which nothing shows to be true.
fn restored(height: u64) -> Voter {
    let mut node = Voter::new(0);
    node.roots.unproved = Some(Unproved {
        height,
        last_epoch: 1,
    });
    node
}

fn is_ask(message: &(Recipient, Vec<u8>)) -> bool {
    matches!(Message::decode(&message.1), Ok(Message::Ask(_)))
}

#[test]
fn a_state_that_nothing_shows_is_not_signed_until_a_certificate_does() {
    let mut node = restored(5);
    node.shared().certificates.state(other(4));
    node.tick(0);
    for height in 5..8 {
        assert!(node.computes(height, 0).is_empty());
    }
    // It asks for what it lacks, and stands for nothing.
    let asked = node.tick(RETRY_MS);
    assert_eq!(asked.len(), 4);
    assert!(asked.iter().all(is_ask));
    // One of three others may lie; and what was before shows nothing.
    node.receive(1, &vote(1, &statement(7)), 300);
    node.receive(1, &vote(1, &other(4)), 300);
    node.receive(2, &vote(2, &other(4)), 300);
    let asked = node.tick(2 * RETRY_MS);
    assert!(asked.iter().all(is_ask));
    node.receive(2, &certified(&statement(6), &[1, 2, 3]), 600);
    assert!(
        node.computes(8, 700)
            .iter()
            .any(|message| is_vote(message, 8))
    );
    let again = node.tick(3 * RETRY_MS);
    assert!(again.iter().any(|message| is_vote(message, 7)));
    assert!(!again.iter().any(is_ask));
    assert!(!node.shared().has_diverged());
}

#[test]
fn one_honest_validator_shows_a_state_and_one_that_may_lie_does_not() {
    let mut node = restored(1);
    node.computes(1, 0);
    node.vote_of(1, 1, 1);
    assert!(is_ask(&node.tick(RETRY_MS)[0]));
    node.vote_of(2, 1, 300);
    assert_eq!(node.certified(), 0);
    assert!(is_vote(&node.tick(2 * RETRY_MS)[0], 1));
    assert_eq!(node.certified(), 1, "with its own voice they are enough");
}

/// Who validates later, only the state says that nothing shows.
#[test]
fn validators_that_only_an_unproved_state_names_show_nothing() {
    let mut node = restored(1);
    node.roots.unproved = Some(Unproved {
        height: 1,
        last_epoch: 0,
    });
    let height = FEWEST_EPOCH_BLOCKS;
    node.receive(1, &certified(&statement(height), &[1, 2, 3]), 0);
    assert_eq!(node.certified(), 0);
}

#[test]
fn whoever_asks_without_a_signature_gets_the_certificate() {
    let mut node = Voter::new(0);
    node.computes(1, 0);
    let asked = Message::ask(&statement(1));
    assert!(node.receive(3, &asked, 0).is_empty(), "there is none yet");
    node.vote_of(1, 1, 0);
    assert_eq!(node.certified(), 0, "it is no voice");
    node.vote_of(2, 1, 0);
    let answer = node.receive(3, &asked, 0);
    assert!(answer.len() == 1 && is_certificate(&answer[0], 3, 1));
}

#[test]
fn after_a_restart_what_has_no_certificate_is_signed_again() {
    let mut bench = Bench::new(4);
    for height in 1..=4 {
        let block = bench.next(height, Vec::new());
        bench.execute(&block);
    }
    let again = bench.executor.statements_after(2).unwrap();
    assert_eq!(again.iter().map(|it| it.height).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(again[1], bench.executor.statement());
    let mut roots = roots(&bench, 0);
    for statement in again {
        bench.shared.certificates.state(statement);
    }
    let said = sent(|outbox| {
        roots.tick(at(10), outbox);
    });
    assert!(said.len() == 2 && is_vote(&said[0], 3) && is_vote(&said[1], 4));
}

#[test]
fn who_catches_up_asks_one_after_the_other_and_does_not_tell_all() {
    let mut node = Voter::new(0);
    node.receive(1, &certified(&statement(100), &[1, 2, 3]), 0);
    node.shared().certificates.state(statement(1));
    let mut asked = std::collections::BTreeSet::new();
    for round in 0..3 {
        let said = node.tick(round * RETRY_MS);
        assert!(said.len() == 1 && is_vote(&said[0], 1), "round {round}");
        match &said[0].0 {
            Recipient::One(peer) => asked.insert(peer.0),
            Recipient::All => panic!("a flood of answers"),
        };
    }
    assert_eq!(asked.len(), 3);
    assert!(!asked.contains(&node_key(0).public().0));
}

#[test]
fn heights_that_nobody_can_certify_hold_up_no_other() {
    let mut node = Voter::new(0);
    for height in 1..200 {
        node.computes(height, 0);
    }
    let mut said = std::collections::BTreeSet::new();
    for round in 1..8 {
        let messages = node.tick(round * RETRY_MS);
        assert_eq!(messages.len(), REPEATED);
        assert!(is_vote(&messages[0], 199), "the newest stands for all");
        for message in &messages {
            if let Ok(Message::Vote(statement, _)) = Message::decode(&message.1) {
                said.insert(statement.height);
            }
        }
    }
    assert_eq!(said.len(), 199);
}

#[test]
fn what_waits_for_certificates_is_bounded_and_ends_of_epochs_stay() {
    let mut node = Voter::new(9);
    let end = FEWEST_EPOCH_BLOCKS - 1;
    let last = u64::try_from(OWN).unwrap() + 300;
    for height in 1..=last {
        node.shared().certificates.state(statement(height));
    }
    node.tick(0);
    assert_eq!(node.roots.own.len(), OWN);
    assert!(node.roots.own.contains_key(&end));
    assert!(!node.roots.own.contains_key(&(end - 1)));
    assert!(node.roots.own.contains_key(&last));
}

#[test]
fn validators_that_are_not_known_yet_are_looked_for_again() {
    let mut node = Voter::new(0);
    let first = 2 * FEWEST_EPOCH_BLOCKS;
    for from in 1..4 {
        node.vote_of(from, first, 0);
    }
    assert_eq!(node.certified(), 0);
    // The end of the first epoch says who validates in the third.
    for height in 1..FEWEST_EPOCH_BLOCKS {
        let block = node.bench.next(height, Vec::new());
        node.bench.execute(&block);
    }
    for from in 1..4 {
        node.vote_of(from, first, 0);
    }
    assert_eq!(node.certified(), first);
}

#[test]
fn an_idle_service_sleeps() {
    let mut node = Voter::new(0);
    let due = node.roots.tick(at(0), &mut Outbox::default());
    assert_eq!(due, at(IDLE_MS));
    // A node that is far behind must not be kept busy by what it can tell nobody.
    node.receive(1, &certified(&statement(9), &[1, 2, 3]), 0);
    let due = node.roots.tick(at(1_000), &mut Outbox::default());
    assert_eq!(due, at(1_000 + IDLE_MS));
}

#[test]
fn what_can_not_be_read_is_dropped() {
    let mut node = Voter::new(0);
    let good = vote(1, &statement(1));
    for end in 0..good.len() {
        assert!(node.receive(1, &good[..end], 0).is_empty());
    }
    assert_eq!(node.roots.voices.heights_of(node_key(1).public()), 0);
}
