//! What this node does late is no fault of its peers.

use std::{cell::RefCell, rc::Rc};

use super::*;

/// How long an answer may take.
const ANSWER_MS: u64 = 15_000;

/// A node that waits for parts of a state, and the answers that are not delivered.
struct Waiting {
    world: World,
    own: Syncing,
    held: Rc<RefCell<Vec<(u8, Message)>>>,
}

impl Waiting {
    fn new() -> Self {
        let mut world = World::new(providers(&history(1_500, 0)));
        let held = Rc::<RefCell<Vec<(u8, Message)>>>::default();
        let kept = Rc::clone(&held);
        world.lie = Box::new(move |from, message| match message {
            Message::Rows(..) => {
                kept.borrow_mut().push((from, message));
                None
            }
            other => Some(other),
        });
        let mut own = Syncing::new(&[]);
        world.steps = 200;
        assert!(!world.run(&mut own));
        assert!(held.borrow().len() > 4, "all are asked");
        Self { world, own, held }
    }

    fn fetch(&mut self) -> &mut Fetch {
        self.own.fetch.as_mut().unwrap()
    }

    /// Lets time pass in which this node does nothing, and looks then for what is late.
    fn pass(&mut self, millis: u64) {
        self.world.now_ms += millis;
        let now = at(self.world.now_ms);
        let said = sent(|outbox| {
            self.fetch().tick(now, outbox);
        });
        self.world.asked.extend(said);
    }

    fn deliver(&mut self, from: u8, message: &Message) {
        let now = at(self.world.now_ms);
        let said = sent(|outbox| {
            self.fetch()
                .received(peer(from), &message.encode(), now, outbox);
        });
        self.world.asked.extend(said);
    }

    fn blamed(&mut self) -> Vec<u8> {
        let now = at(self.world.now_ms);
        let fetch = self.fetch();
        let blamed = (0..OWN).filter(|number| fetch.is_avoided_at(peer(*number), now));
        blamed.collect()
    }

    /// Everybody answers from now on, and the state is there soon.
    fn ends(mut self) {
        self.world.lie = Box::new(|_, message| Some(message));
        self.world.steps = 20_000;
        assert!(self.world.run(&mut self.own));
        assert!(self.blamed().is_empty());
        assert_synced(&mut self.own, &mut self.world.providers[0]);
    }
}

#[test]
fn answers_that_came_while_this_node_slept_are_in_time() {
    let mut waiting = Waiting::new();
    waiting.pass(3_600_000);
    assert!(waiting.blamed().is_empty());
    for (from, message) in waiting.held.take() {
        waiting.deliver(from, &message);
    }
    waiting.pass(100);
    assert!(waiting.blamed().is_empty());
    waiting.ends();
}

/// Peers look for what is wanted next while this node writes.
#[test]
fn more_is_asked_for_before_what_came_is_written() {
    let mut waiting = Waiting::new();
    let root = *waiting.fetch().root().unwrap();
    let is_batch =
        |message: &Message| matches!(message, Message::Rows(_, rows) if rows.len() >= 32);
    let mut held = waiting.held.take().into_iter();
    let (from, message) = held.find(|(_, message)| is_batch(message)).unwrap();
    waiting.world.asked.clear();
    waiting.deliver(from, &message);
    assert!(!waiting.world.asked.is_empty());
    assert_eq!(*waiting.fetch().root().unwrap(), root);
    waiting.pass(1);
    assert_eq!(*waiting.fetch().root().unwrap(), root, "it is on its way");
    waiting.pass(1);
    assert_ne!(*waiting.fetch().root().unwrap(), root);
}

#[test]
fn answers_that_wait_for_a_slow_disk_are_in_time() {
    let mut waiting = Waiting::new();
    let held = waiting.held.take();
    let slow_ms = 4_000;
    assert!(slow_ms * u64::try_from(held.len()).unwrap() > ANSWER_MS);
    for (from, message) in held {
        waiting.deliver(from, &message);
        waiting.pass(slow_ms);
        assert!(waiting.blamed().is_empty());
    }
    waiting.ends();
}

/// Connections break while a machine sleeps.
#[test]
fn what_was_lost_while_this_node_slept_is_asked_again_and_nobody_blamed() {
    let mut waiting = Waiting::new();
    waiting.pass(3_600_000);
    waiting.held.take();
    waiting.world.asked.clear();
    for _ in 0..ANSWER_MS / 100 {
        waiting.pass(100);
        assert!(waiting.blamed().is_empty());
    }
    waiting.ends();
}

#[test]
fn who_does_not_answer_although_this_node_listens_is_not_asked_for_a_while() {
    let mut waiting = Waiting::new();
    // What was asked for last was asked for within the two seconds before.
    for _ in 0..(ANSWER_MS - 2_500) / 100 {
        waiting.pass(100);
        assert!(waiting.blamed().is_empty());
    }
    for _ in 0..2_500 / 100 {
        waiting.pass(100);
    }
    let mut asked: Vec<_> = waiting.held.take().iter().map(|(from, _)| *from).collect();
    asked.sort_unstable();
    asked.dedup();
    assert_eq!(waiting.blamed(), asked);
}

#[test]
fn whoever_is_behind_does_not_lie() {
    let history = history(50, 5);
    let older = History {
        blocks: history.blocks[..3].to_vec(),
        nonce: 0,
    };
    let mut world = World::new(providers(&older));
    let mut own = Syncing::new(&history.blocks);
    world.steps = 500;
    assert!(!world.run(&mut own));
    let fetch = own.fetch.as_ref().unwrap();
    let now = at(world.now_ms);
    assert!((0..OWN).all(|number| !fetch.is_avoided_at(peer(number), now)));
}

/// However many there are to ask, what they answer can be looked at before any of it is late.
#[test]
fn no_more_is_asked_for_at_once_than_can_be_looked_at_in_time() {
    let mut flights = super::super::flights::Flights::default();
    let mut asked = 0_u32;
    for number in 0..200 {
        flights.provides(peer(number));
        while flights.may_ask(peer(number), at(0)) {
            asked += 1;
            flights.sent(
                asked,
                peer(number),
                super::super::flights::Asked::Rows(Vec::new()),
            );
        }
    }
    assert_eq!(
        usize::try_from(asked).unwrap(),
        super::super::flights::MOST_FLIGHTS
    );
    // Each takes seconds of this node's time.
    for number in 1..=asked {
        flights.attend(at(u64::from(number) * 4_000));
        assert!(flights.late().is_empty());
    }
}
