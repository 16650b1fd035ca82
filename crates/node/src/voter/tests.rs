use idos_consensus::{Header, Item, Turn};

use idos_types::limits::CLAIM_SECONDS;

use super::*;
use crate::{
    admission::Admitted,
    entry::{Entry, Transaction},
    testing::{Bench, CHAIN, OWNER, at, near_twins, peer, sender, sign_in, transaction},
};

struct Booth {
    bench: Bench,
    voter: Voter,
}

impl Booth {
    fn new() -> Self {
        let bench = Bench::new(4);
        let verifier = Verifier::new(CHAIN.to_owned(), Arc::clone(&bench.shared));
        let voter = Voter::new(
            Arc::clone(&bench.shared),
            bench.readers.clone(),
            Arc::new(verifier),
        );
        Self { bench, voter }
    }

    fn header(&self) -> Header {
        *self.bench.executor.header()
    }

    /// What is proposed after the newest executed block.
    fn proposes(&self, millis: u64) -> Proposal {
        self.proposes_after(&self.header(), &[], millis)
    }

    fn proposes_after(&self, parent: &Header, pending: &[Arc<Block>], millis: u64) -> Proposal {
        let wanted = &Wanted::default();
        let position = Position {
            parent,
            pending,
            wanted,
        };
        self.voter.propose(position, at(millis)).unwrap()
    }

    fn accepts(&self, parent: &Header, pending: &[Arc<Block>], block: &Block) -> bool {
        let wanted = &Wanted::default();
        let position = Position {
            parent,
            pending,
            wanted,
        };
        self.voter.verify(position, block).unwrap().unwrap()
    }

    fn expect(&self, change: impl FnOnce(&mut crate::Progress)) {
        let progress = &self.bench.shared.progress;
        progress.send_modify(change);
    }

    /// Lets an entry wait that nobody signed.
    fn waits(&self, account: u8) -> Item {
        let item = Item::new(vec![account; 9]);
        let transaction = Transaction::for_test(item.clone(), sender(account), 1);
        let shared = &self.bench.shared;
        let height = shared.progress.borrow().tip.height;
        let admitted = Admitted::for_test(&transaction, 0, height);
        shared
            .waiting
            .take_in(Arc::new(transaction), peer(1), admitted)
            .unwrap();
        item
    }
}

fn after(parent: &Header, millis: u64, items: Vec<Item>) -> Arc<Block> {
    Arc::new(Block::new(parent, at(millis), Turn::default(), items))
}

fn heartbeat() -> u64 {
    u64::try_from(HEARTBEAT.as_millis()).unwrap()
}

#[test]
fn with_nothing_to_do_it_waits_until_the_heartbeat() {
    let booth = Booth::new();
    let wait = Proposal::Wait(Some(at(heartbeat())));
    assert_eq!(booth.proposes(1), wait);
    assert_eq!(booth.proposes(heartbeat() - 1), wait);
    assert_eq!(booth.proposes(heartbeat()), Proposal::Items(Vec::new()));
}

#[test]
fn what_waits_is_proposed_at_once_and_not_what_is_in_a_pending_block() {
    let booth = Booth::new();
    let (first, second) = (booth.waits(1), booth.waits(2));
    let Proposal::Items(items) = booth.proposes(1) else {
        panic!("it waits");
    };
    assert_eq!(items, [first.clone(), second.clone()]);
    let pending = after(&booth.header(), 1, vec![first]);
    let proposal = booth.proposes_after(&pending.header, std::slice::from_ref(&pending), 2);
    assert_eq!(proposal, Proposal::Items(vec![second.clone()]));
    let last = after(&pending.header, 2, vec![second]);
    let pending = [pending, Arc::clone(&last)];
    let proposal = booth.proposes_after(&last.header, &pending, 3);
    assert_eq!(proposal, Proposal::Wait(Some(at(2 + heartbeat()))));
}

/// A node whose state was fetched may not know that the chain has it already, and nobody would vote for the block.
#[test]
fn a_sign_in_that_is_too_old_for_a_block_is_not_proposed_and_goes() {
    let mut booth = Booth::new();
    let Entry::SignIn(signed_in) = Entry::parse(&sign_in(7), CHAIN).unwrap() else {
        panic!("a sign-in is one");
    };
    let item = signed_in.item.clone();
    let waiting = &booth.bench.shared.waiting;
    waiting.take_in_sign_in(signed_in, peer(1), 0).unwrap();
    assert_eq!(booth.proposes(1), Proposal::Items(vec![item.clone()]));
    let late = (CLAIM_SECONDS + 1) * 1_000;
    assert_eq!(booth.proposes(late), Proposal::Items(Vec::new()));
    // It leaves with the first block of which that is true.
    for (millis, is_there) in [(late - 1_000, true), (late, false)] {
        let block = booth.bench.next(millis, Vec::new());
        booth.bench.execute(&block);
        let entry = booth.bench.shared.waiting.entry(&item.hash);
        assert_eq!(entry.is_some(), is_there, "at {millis}");
    }
}

#[test]
fn few_items_wait_a_moment_for_the_execution_of_what_is_before_them() {
    let booth = Booth::new();
    let item = booth.waits(1);
    let parent = after(&booth.header(), 1_000, Vec::new());
    let propose = |millis| {
        let pending = std::slice::from_ref(&parent);
        booth.proposes_after(&parent.header, pending, millis)
    };
    let proposed = Proposal::Items(vec![item]);
    let end = 1_000 + u64::try_from(GATHERING.as_millis()).unwrap();
    assert_eq!(propose(1_015), Proposal::Wait(Some(at(end))));
    assert_eq!(propose(end - 1), Proposal::Wait(Some(at(end))));
    assert_eq!(propose(end), proposed);
    // The clock may be behind the parent's.
    assert_eq!(propose(1_001), proposed);
    // Once it is executed, there is nothing to wait for.
    booth.expect(|progress| progress.tip.height = parent.header.height);
    assert_eq!(propose(1_015), proposed);
}

#[test]
fn many_items_and_a_set_change_do_not_wait() {
    let (parent, soon) = (at(1_000), at(1_015));
    assert!(gathered_at(parent, soon, false, FEW - 1).is_some());
    assert_eq!(gathered_at(parent, soon, false, FEW), None);
    assert_eq!(gathered_at(parent, soon, true, 1), None);
    let booth = Booth::new();
    let item = booth.waits(1);
    booth.expect(|progress| progress.pace = Pace::Quick);
    let parent = after(&booth.header(), 1_000, Vec::new());
    let pending = std::slice::from_ref(&parent);
    let proposal = booth.proposes_after(&parent.header, pending, 1_015);
    assert_eq!(proposal, Proposal::Items(vec![item]));
}

#[test]
fn a_deadline_gets_a_block_of_its_own_and_only_one() {
    let booth = Booth::new();
    booth.expect(|progress| progress.next_due = Some(at(500)));
    assert_eq!(booth.proposes(499), Proposal::Wait(Some(at(500))));
    assert_eq!(booth.proposes(500), Proposal::Items(Vec::new()));
    // A pending block that is earlier does not work it off.
    let parent = after(&booth.header(), 400, Vec::new());
    let after_parent = |millis| {
        let pending = std::slice::from_ref(&parent);
        booth.proposes_after(&parent.header, pending, millis)
    };
    assert_eq!(after_parent(499), Proposal::Wait(Some(at(500))));
    assert_eq!(after_parent(500), Proposal::Items(Vec::new()));
    // One that passed it does.
    let parent = after(&booth.header(), 500, Vec::new());
    let pending = std::slice::from_ref(&parent);
    let proposal = booth.proposes_after(&parent.header, pending, 501);
    assert_eq!(proposal, Proposal::Wait(Some(at(500 + heartbeat()))));
}

#[test]
fn what_an_executed_block_could_not_work_off_gets_another_block() {
    let mut booth = Booth::new();
    let block = booth.bench.next(600, Vec::new());
    booth.bench.execute(&block);
    booth.expect(|progress| progress.next_due = Some(at(500)));
    assert_eq!(booth.proposes(601), Proposal::Items(Vec::new()));
}

#[test]
fn a_set_change_that_waits_for_its_epoch_forces_blocks_at_its_pace() {
    let booth = Booth::new();
    for (pace, gap) in [(Pace::Quick, QUICK), (Pace::Slow, SLOW)] {
        booth.expect(|progress| progress.pace = pace);
        let gap = u64::try_from(gap.as_millis()).unwrap();
        assert_eq!(booth.proposes(1), Proposal::Wait(Some(at(gap))));
        assert_eq!(booth.proposes(gap), Proposal::Items(Vec::new()));
        let pending = after(&booth.header(), 1, Vec::new());
        let after_it = |millis| {
            let pending = std::slice::from_ref(&pending);
            booth.proposes_after(&pending[0].header, pending, millis)
        };
        assert_eq!(after_it(gap), Proposal::Wait(Some(at(1 + gap))));
        assert_eq!(after_it(1 + gap), Proposal::Items(Vec::new()));
    }
    // What waits does not wait for the pace.
    let item = booth.waits(1);
    assert_eq!(booth.proposes(1), Proposal::Items(vec![item]));
}

#[test]
fn nothing_is_proposed_too_far_ahead_of_the_certificates() {
    let booth = Booth::new();
    booth.waits(1);
    booth.expect(|progress| progress.pace = Pace::Quick);
    let at_height = |height| Header {
        height,
        ..booth.header()
    };
    let is_open = |height| {
        let proposal = booth.proposes_after(&at_height(height), &[], 2 * heartbeat());
        match proposal {
            Proposal::Items(_) => true,
            // Whoever certifies wakes it.
            Proposal::Wait(until) => until.is_some(),
        }
    };
    assert!(is_open(UNCERTIFIED_BLOCKS - 1));
    assert!(!is_open(UNCERTIFIED_BLOCKS));
    booth.bench.shared.certificates.certify(1);
    assert!(is_open(UNCERTIFIED_BLOCKS));
    assert!(!is_open(UNCERTIFIED_BLOCKS + 1));
}

#[test]
fn a_block_of_good_items_gets_a_vote() {
    let booth = Booth::new();
    let parent = booth.header();
    let items = vec![transaction(OWNER, 1, CHAIN), transaction(OWNER, 2, CHAIN)];
    assert!(booth.accepts(&parent, &[], &after(&parent, 1, items)));
    assert!(booth.accepts(&parent, &[], &after(&parent, 1, Vec::new())));
}

#[test]
fn an_item_that_comes_twice_or_is_in_a_pending_block_gets_none() {
    let booth = Booth::new();
    let parent = booth.header();
    let item = transaction(OWNER, 1, CHAIN);
    let twice = after(&parent, 1, vec![item.clone(), item.clone()]);
    assert!(!booth.accepts(&parent, &[], &twice));
    let first = after(&parent, 1, vec![item.clone()]);
    let empty = after(&first.header, 2, Vec::new());
    let again = after(&empty.header, 3, vec![item]);
    let pending = [first, Arc::clone(&empty)];
    assert!(!booth.accepts(&empty.header, &pending, &again));
}

#[test]
fn an_item_of_an_executed_block_gets_none_but_the_block_itself_does() {
    let mut booth = Booth::new();
    let parent = booth.header();
    let item = transaction(OWNER, 1, CHAIN);
    let block = booth.bench.next(1, vec![item.clone()]);
    booth.bench.execute(&block);
    assert!(booth.accepts(&parent, &[], &block), "executed meanwhile");
    let again = booth.bench.next(2, vec![item]);
    assert!(!booth.accepts(&booth.header(), &[], &again));
}

#[test]
fn a_repetition_is_found_at_the_end_of_a_long_block_too() {
    let mut booth = Booth::new();
    let item = transaction(OWNER, 1, CHAIN);
    let block = booth.bench.next(1, vec![item.clone()]);
    booth.bench.execute(&block);
    let count = u64::try_from(ITEMS_PER_READ).unwrap() + 1;
    let mut items: Vec<_> = (0..count)
        .map(|nonce| transaction(3, nonce, CHAIN))
        .collect();
    let parent = booth.header();
    assert!(booth.accepts(&parent, &[], &after(&parent, 2, items.clone())));
    items.push(item);
    assert!(!booth.accepts(&parent, &[], &after(&parent, 2, items)));
}

#[test]
fn what_no_client_may_send_gets_none() {
    let booth = Booth::new();
    let parent = booth.header();
    let garbage = Item::new(vec![0; 80]);
    let mut forged = transaction(OWNER, 1, CHAIN).bytes.to_vec();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    let [_, respelled] = near_twins(OWNER, 1).map(|twin| Item::new(twin.encode()));
    for wrong in [
        garbage,
        Item::new(forged),
        transaction(OWNER, 1, "other"),
        respelled,
    ] {
        let items = vec![transaction(OWNER, 2, CHAIN), wrong];
        assert!(!booth.accepts(&parent, &[], &after(&parent, 1, items)));
    }
}

#[test]
fn votes_need_no_reader_that_clients_hold() {
    let mut booth = Booth::new();
    let item = transaction(OWNER, 1, CHAIN);
    let block = booth.bench.next(1, vec![item]);
    booth.bench.execute(&block);
    let clients = booth.bench.readers.clone();
    booth.voter.readers = clients.apart(1);
    let parent = booth.header();
    let next = after(&parent, 2, vec![transaction(OWNER, 2, CHAIN)]);
    // Both readers of the clients are busy meanwhile.
    let is_good = clients
        .read(|_| clients.read(|_| booth.accepts(&parent, &[], &next)))
        .unwrap();
    assert!(is_good.unwrap());
}

#[test]
fn a_vote_that_nobody_waits_for_leaves_the_readers_to_the_next() {
    let limit = Duration::from_millis(300);
    let mut booth = Booth::new();
    let readers = booth.bench.readers.apart(1).with_limit(limit);
    booth.voter.readers = readers.clone();
    let parent = booth.header();
    let next = after(&parent, 2, vec![transaction(OWNER, 2, CHAIN)]);
    let wanted = Wanted::default();
    let asks = || {
        let position = Position {
            parent: &parent,
            pending: &[],
            wanted: &wanted,
        };
        booth.voter.verify(position, &next).unwrap()
    };
    assert_eq!(asks(), Some(true));
    // The view ends while it waits for a reader.
    std::thread::scope(|scope| {
        let (free, freed) = std::sync::mpsc::channel::<()>();
        let (held, holds) = std::sync::mpsc::channel();
        let readers = readers.with_limit(Duration::from_secs(60));
        scope.spawn(move || {
            readers.read(|_| {
                held.send(()).unwrap();
                // Until this test goes on, or fails.
                let _ = freed.recv();
            })
        });
        holds.recv().unwrap();
        let begun = std::time::Instant::now();
        scope.spawn(|| {
            std::thread::sleep(limit / 3);
            wanted.end();
        });
        assert_eq!(asks(), None);
        assert!(begun.elapsed() < limit * READS_AGAIN / 2);
        drop(free);
    });
    assert_eq!(asks(), None, "nor does it begin");
}
