use std::{collections::HashSet, sync::Arc};

use idos_consensus::Item;
use idos_types::limits::ENDED_SESSIONS_PER_PEER;

use super::*;
use crate::{
    admission::Admitted,
    testing::{Bench, CHAIN, OWNER, at, peer, sent, transaction},
};

struct Node {
    bench: Bench,
    gossip: Gossip,
}

impl Node {
    fn new() -> Self {
        let bench = Bench::new(4);
        let intake = Intake::Inline(bench.verification());
        let gossip = Gossip::new(Arc::clone(&bench.shared), intake, Vec::new());
        Self { bench, gossip }
    }

    /// The same node after a restart, in whose database these ends of sessions are.
    fn restarted(self, ended: Vec<EndedSession>) -> Self {
        let intake = Intake::Inline(self.bench.verification());
        let gossip = Gossip::new(Arc::clone(&self.bench.shared), intake, ended);
        Self { gossip, ..self }
    }

    /// What a client gives.
    fn submit(&self, nonce: u64) -> Item {
        let item = transaction(OWNER, nonce, CHAIN);
        let entry = crate::entry::Entry::parse(&item, CHAIN).unwrap();
        let crate::entry::Entry::Transaction(transaction) = entry else {
            panic!("a transaction");
        };
        let height = self.bench.executor.progress().tip.height;
        let admitted = Admitted::for_test(&transaction, 0, height);
        drop(
            self.bench
                .shared
                .waiting
                .submit(transaction, admitted)
                .unwrap(),
        );
        item
    }

    /// What is said, all of it to all.
    fn tick(&mut self, millis: u64) -> Vec<Message> {
        let said = sent(|outbox| {
            self.gossip.tick(at(millis), outbox);
        });
        said.into_iter()
            .map(|(to, bytes)| {
                assert_eq!(to, Recipient::All);
                Message::decode(&bytes).unwrap()
            })
            .collect()
    }

    /// The ends of sessions that are said.
    fn ends(&mut self, millis: u64) -> Vec<EndedSession> {
        let ends = self.tick(millis).into_iter().map(|said| match said {
            Message::Ended(ended) => ended,
            Message::Entries(_) => panic!("another kind"),
        });
        ends.flatten().collect()
    }

    fn due(&mut self, millis: u64) -> u64 {
        let due = self.gossip.tick(at(millis), &mut Outbox::default());
        due.millis() - at(0).millis()
    }

    fn receive(&mut self, from: u8, bytes: &[u8], millis: u64) {
        let answers = sent(|outbox| {
            self.gossip.received(peer(from), bytes, at(millis), outbox);
        });
        assert!(answers.is_empty(), "nobody is answered");
    }

    fn is_told(&mut self, from: u8, ended: EndedSession, millis: u64) -> bool {
        let is_told = self.is_told_in_vain(from, ended, millis);
        if is_told {
            self.bench.shared.ended.recorded(ended);
        }
        is_told
    }

    /// The same, and it does not get durable.
    fn is_told_in_vain(&mut self, from: u8, ended: EndedSession, millis: u64) -> bool {
        self.receive(from, &Message::ended(&[ended]), millis);
        let revocations = self.bench.shared.ended.take_revocations();
        assert!(revocations.iter().all(|one| one.done.is_none()));
        revocations.iter().any(|one| one.ended == ended)
    }
}

fn entries(items: &[Item]) -> Vec<Message> {
    let bytes = items.iter().map(|item| item.bytes.to_vec()).collect();
    vec![Message::Entries(bytes)]
}

/// A session that ends so many milliseconds after the start.
fn ended(name: u32, millis: u64) -> EndedSession {
    EndedSession {
        session: Digest::of(&name.to_be_bytes()),
        expires_ms: at(millis).millis(),
    }
}

#[test]
fn what_clients_give_goes_to_all_at_once_and_together() {
    let mut node = Node::new();
    assert!(node.tick(0).is_empty());
    let items = [1, 2].map(|nonce| node.submit(nonce));
    assert_eq!(node.tick(0), entries(&items));
    assert!(node.tick(0).is_empty());
}

#[test]
fn what_is_in_no_block_is_sent_again_after_ever_longer_pauses() {
    let mut node = Node::new();
    let item = node.submit(1);
    let mut now = 0;
    node.tick(now);
    for pause in [1, 2, 4, 8, 16, 30, 30] {
        let next = now + pause * 1_000;
        assert!(node.tick(next - 1).is_empty(), "before {next}");
        assert_eq!(node.due(next - 1), next);
        assert_eq!(node.tick(next), entries(std::slice::from_ref(&item)));
        now = next;
    }
    // Something new does not bring the old forth.
    let second = node.submit(2);
    assert_eq!(node.tick(now + 1), entries(&[second]));
}

/// A node takes no nonce before the one ahead of it.
#[test]
fn what_is_sent_again_is_in_the_order_in_which_it_was_given() {
    let mut node = Node::new();
    let first = [1, 2, 3, 4].map(|nonce| node.submit(nonce));
    node.tick(0);
    let second = [5, 6, 7, 8].map(|nonce| node.submit(nonce));
    node.tick(1);
    assert_eq!(node.tick(1_000), entries(&first));
    assert_eq!(node.tick(1_001), entries(&second));
    assert_eq!(node.tick(9_000), entries(&[first, second].concat()));
}

#[test]
fn what_is_in_a_block_is_not_sent_again() {
    let mut node = Node::new();
    let item = node.submit(1);
    node.tick(0);
    let block = node.bench.next(1, vec![item]);
    node.bench.execute(&block);
    for millis in [1_000, 2_000, 60_000] {
        assert!(node.tick(millis).is_empty());
    }
    assert!(node.gossip.sent.is_empty());
}

#[test]
fn what_others_sent_waits_here_and_is_not_passed_on() {
    let mut node = Node::new();
    let item = transaction(OWNER, 1, CHAIN);
    for message in Message::entries(&[Arc::clone(&item.bytes)]) {
        node.receive(1, &message, 0);
    }
    assert!(node.bench.shared.waiting.entry(&item.hash).is_some());
    for millis in [0, 1_000, 10_000, 60_000] {
        assert!(node.tick(millis).is_empty());
    }
}

#[test]
fn messages_that_can_not_be_read_do_nothing() {
    let mut node = Node::new();
    let good = Message::entries(&[transaction(OWNER, 1, CHAIN).bytes]).concat();
    for bytes in [&[][..], &[9, 9], &good[..good.len() - 1]] {
        node.receive(1, bytes, 0);
    }
    let waiting = node.bench.shared.waiting.select(&HashSet::new(), at(1));
    assert!(waiting.is_empty());
}

#[test]
fn the_end_of_a_session_is_said_now_and_then_until_the_session_would_have_ended() {
    let mut node = Node::new();
    node.bench.shared.ended.announce(ended(1, 20_000));
    let mut said = Vec::new();
    for seconds in 0..60 {
        match node.tick(seconds * 1_000).as_slice() {
            [] => {}
            [Message::Ended(it)] if *it == [ended(1, 20_000)] => said.push(seconds),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(said, [0, 1, 3, 7, 15]);
    assert!(node.gossip.ended.is_empty());
}

#[test]
fn new_ends_of_sessions_do_not_use_up_the_sayings_of_others() {
    let mut node = Node::new();
    for name in 0..10 {
        node.bench.shared.ended.announce(ended(name, 3_600_000));
        let expected = Message::Ended(vec![ended(name, 3_600_000)]);
        assert_eq!(node.tick(u64::from(name)), [expected]);
    }
    assert_eq!(node.due(500), 1_000);
    assert_eq!(node.ends(1_009).len(), 10);
}

#[test]
fn ends_of_sessions_that_are_said_again_are_bounded() {
    let mut node = Node::new();
    let many = u32::try_from(ENDED_SESSIONS_REPEATED).unwrap() + 10;
    for name in 0..many {
        node.bench.shared.ended.announce(ended(name, 3_600_000));
    }
    assert_eq!(node.ends(0).len(), ENDED_SESSIONS_PER_PEER);
    assert!(node.gossip.new_ended.len() <= ENDED_SESSIONS_REPEATED);
    let ended = (0..many).map(|name| Ended::new(ended(name, 3_600_000)));
    node.gossip.ended.extend(ended);
    node.ends(ENDED_MS);
    assert_eq!(node.gossip.ended.len(), ENDED_SESSIONS_REPEATED);
}

/// A receiver drops what comes beyond its bounds, so all of them at once would be the same first ones
/// each time.
#[test]
fn of_many_ends_of_sessions_after_a_restart_each_is_said_and_new_ones_at_once() {
    let names = 0..1_000;
    let before = names.clone().map(|name| ended(name, 3_600_000));
    let mut node = Node::new().restarted(before.collect());
    let mut said = HashSet::new();
    let mut now = 0;
    while said.len() < names.len() {
        let ends = node.ends(now);
        assert!(ends.len() <= ENDED_SESSIONS_PER_PEER);
        assert!(now <= 30_000, "only {} are ever said", said.len());
        said.extend(ends.into_iter().map(|one| one.session));
        assert!(node.ends(now).is_empty(), "not more in the same moment");
        let due = node.due(now);
        assert!(due > now);
        now = due;
    }
    node.bench.shared.ended.announce(ended(5_000, 3_600_000));
    let ends = node.ends(now + ENDED_MS);
    assert_eq!(ends.first(), Some(&ended(5_000, 3_600_000)));
}

#[test]
fn the_end_of_a_session_that_a_peer_tells_is_recorded_once() {
    let mut node = Node::new();
    assert!(node.is_told(1, ended(1, 1_000), 0));
    assert!(!node.is_told(1, ended(1, 1_000), 1));
    assert!(!node.is_told(2, ended(1, 1_000), 2), "whoever says it");
    assert!(node.is_told(2, ended(2, 1_000), 3));
    assert!(node.tick(3).is_empty(), "and not passed on");
}

#[test]
fn the_end_of_a_session_that_did_not_get_durable_is_taken_again() {
    let mut node = Node::new();
    let over = ended(1, 60_000);
    assert!(node.is_told_in_vain(1, over, 0));
    assert!(node.is_told(1, over, 10_000));
    assert!(!node.is_told(1, over, 20_000));
}

#[test]
fn who_says_that_a_session_is_over_soon_hides_no_later_end() {
    let mut node = Node::new();
    assert!(node.is_told(1, ended(1, 1_000), 0));
    assert!(node.is_told(2, ended(1, 60_000), 1));
    assert!(!node.is_told(1, ended(1, 60_000), 2));
    assert!(!node.is_told(1, ended(1, 1_000), 3));
}

#[test]
fn a_node_that_was_restarted_says_again_which_sessions_ended() {
    let mut node = Node::new().restarted(vec![ended(1, 9_000), ended(2, 5)]);
    assert_eq!(node.tick(5), [Message::Ended(vec![ended(1, 9_000)])]);
    assert!(node.tick(6).is_empty(), "before the pause");
}

#[test]
fn the_end_of_a_session_that_there_can_not_be_is_not_recorded() {
    let mut node = Node::new();
    let latest = (SESSION_SECONDS + CLOCKS_SECONDS) * 1_000;
    assert!(!node.is_told(1, ended(1, latest + 1), 0));
    assert!(node.is_told(1, ended(1, latest), 0));
    assert!(!node.is_told(1, ended(2, 4_999), 5_000), "it is over");
    let never = EndedSession {
        expires_ms: u64::MAX,
        ..ended(3, 0)
    };
    assert!(!node.is_told(1, never, 0));
}

#[test]
fn a_peer_tells_so_many_ends_of_sessions_and_others_are_heard_all_the_same() {
    let mut node = Node::new();
    let told = (0..10_000).filter(|name| node.is_told(1, ended(*name, 9_000), 0));
    assert_eq!(told.count(), ENDED_SESSIONS_PER_SECOND as usize);
    assert!(node.is_told(2, ended(20_000, 9_000), 0));
    assert!(!node.is_told(1, ended(9_999, 9_000), ENDED_PER_PEER_MS - 1));
    assert!(node.is_told(1, ended(9_999, 9_000), ENDED_PER_PEER_MS));
}

#[test]
fn an_end_for_which_there_was_no_room_is_taken_when_it_is_said_again() {
    let mut node = Node::new();
    let message = |name| Message::ended(&[ended(name, 9_000)]);
    let most = u32::try_from(ENDED_SESSIONS_PER_PEER).unwrap();
    for name in 0..=most {
        node.receive(1, &message(name), 0);
    }
    node.receive(2, &message(70_000), 0);
    let waiting = node.bench.shared.ended.take_revocations();
    assert_eq!(waiting.len(), ENDED_SESSIONS_PER_PEER + 1);
    let is_there = |name| waiting.iter().any(|it| it.ended == ended(name, 9_000));
    assert!(is_there(70_000) && !is_there(most));
    assert!(node.is_told(1, ended(most, 9_000), 1));
}

#[test]
fn what_is_remembered_as_heard_is_bounded() {
    let mut heard = Heard::default();
    let most = u32::try_from(ENDED_SESSIONS_HEARD).unwrap();
    for name in 0..most + 5 {
        heard.remember(ended(name, 0));
    }
    assert_eq!(heard.sessions.len(), ENDED_SESSIONS_HEARD);
    assert_eq!(heard.order.len(), ENDED_SESSIONS_HEARD);
}

#[test]
fn with_nothing_to_say_it_sleeps() {
    let mut node = Node::new();
    assert_eq!(node.due(5), 5 + LONGEST_RESEND_MS);
}
