//! What a node hands out, to whom, and for how long.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use idos_proof::{Leaf, LeafKey, LeafValue, Prefix};
use idos_types::Digest;

use super::*;

impl Provider {
    fn tick(&mut self, now_ms: u64) -> Vec<(Recipient, Vec<u8>)> {
        self.certify_blocks();
        sent(|outbox| {
            self.sync.tick(at(now_ms), outbox);
        })
    }

    fn ask(&mut self, from: u8, message: &Message, now_ms: u64) {
        let bytes = message.encode();
        let said = sent(|outbox| {
            self.sync.received(peer(from), &bytes, at(now_ms), outbox);
        });
        assert_eq!(said, [], "nothing is looked up while messages come in");
    }
}

fn region(provider: &Provider) -> Message {
    Message::AskRegions(1, vec![(Prefix::EMPTY, provider.root())])
}

#[test]
fn a_flood_of_requests_is_answered_one_by_one_and_in_turns() {
    let mut provider = Provider::new(0, &history(20, 0).blocks);
    let ask = region(&provider);
    for _ in 0..1_000 {
        provider.ask(1, &ask, 0);
    }
    provider.ask(2, &ask, 0);
    let mut answered = Vec::new();
    for _ in 0..20 {
        let said = provider.tick(0);
        assert!(said.len() <= 1);
        answered.extend(said.into_iter().map(|(to, _)| to));
    }
    let count = |number| {
        let to = Recipient::One(peer(number));
        answered.iter().filter(|other| **other == to).count()
    };
    assert_eq!((count(1), count(2)), (4, 1), "what is beyond does not wait");
    assert!(
        answered[..2].contains(&Recipient::One(peer(2))),
        "nobody waits for a flood"
    );
}

/// How many of many requests are answered in a second.
fn answered_in_a_second(mut provider: Provider) -> usize {
    let ask = region(&provider);
    let mut answered = 0;
    for now_ms in 0..1_000 {
        for from in 1..4 {
            provider.ask(from, &ask, now_ms);
        }
        for _ in 0..5 {
            answered += provider.tick(now_ms).len();
        }
    }
    answered
}

#[test]
fn no_more_than_so_many_are_answered_in_a_second() {
    let answered = answered_in_a_second(Provider::new(0, &history(20, 0).blocks));
    assert!((256..=256 + 16).contains(&answered), "{answered}");
}

/// However slow the disk is, most of the time is left for other things.
#[test]
fn what_takes_long_is_answered_less_often() {
    let Provider { number, bench, .. } = Provider::new(0, &history(20, 0).blocks);
    let (looks, took_ms) = (AtomicU64::new(0), 20);
    let stopwatch = move || Duration::from_millis(took_ms * looks.fetch_add(1, Relaxed));
    let provider = Provider::measured(number, bench, Box::new(stopwatch));
    let answered = answered_in_a_second(provider);
    assert!((256 / 20..=256 / 20 + 2).contains(&answered), "{answered}");
}

/// On a machine on which a whole answer takes too long, and on the same once it has recovered.
#[test]
fn what_takes_too_long_is_answered_in_parts() {
    let Provider { number, bench, .. } = Provider::new(0, &history(20, 0).blocks);
    let (clock_ms, took_ms) = (AtomicU64::new(0), Arc::new(AtomicU64::new(101)));
    let took = Arc::clone(&took_ms);
    let stopwatch = move || Duration::from_millis(clock_ms.fetch_add(took.load(Relaxed), Relaxed));
    let mut provider = Provider::measured(number, bench, Box::new(stopwatch));
    let wanted = 16;
    let ask = Message::AskRegions(1, vec![(Prefix::EMPTY, provider.root()); wanted]);
    let mut now_ms = 0;
    let mut answered = |times| -> Vec<_> {
        let mut one = || {
            now_ms += 500;
            provider.ask(1, &ask, now_ms);
            match provider.tick(now_ms).as_slice() {
                [(_, answer)] => match Message::decode(answer) {
                    Ok(Message::Regions(_, answers)) => answers.len(),
                    other => panic!("{other:?}"),
                },
                other => panic!("{} answers", other.len()),
            }
        };
        (0..times).map(|_| one()).collect()
    };
    // From the most rows that anybody may ask for.
    assert_eq!(answered(9), [16, 16, 16, 16, 8, 4, 2, 1, 1]);
    took_ms.store(1, Relaxed);
    assert_eq!(answered(6), [1, 2, 4, 8, 16, 16]);
}

/// What is erased meanwhile is out of the log soon, however long somebody asks.
#[test]
fn a_height_is_held_on_to_for_seconds_only() {
    let mut provider = Provider::new(0, &history(20, 0).blocks);
    let ask = region(&provider);
    let mut gaps = 0;
    for now_ms in (0..60_000).step_by(100) {
        provider.ask(1, &ask, now_ms);
        provider.tick(now_ms);
        // What was replaced can be cleared only while nobody holds on to it.
        let block = provider.bench.next(1_000 + now_ms, Vec::new());
        provider.bench.execute(&block);
        provider
            .bench
            .executor
            .set_floor(&now_ms.to_be_bytes())
            .unwrap();
        if provider.bench.executor.checkpoint().unwrap().is_erased {
            gaps += 1;
        }
    }
    assert!(gaps >= 4, "{gaps}");
    // And nobody holds on to anything when nobody asks.
    provider.tick(70_000);
    assert!(provider.bench.executor.checkpoint().unwrap().is_erased);
}

/// Nothing waits for the end of what is held on to: then the next height follows the last at once.
#[test]
fn without_anything_to_erase_nobody_has_to_wait() {
    let mut history = history(20, 0);
    let mut provider = Provider::new(0, &history.blocks);
    let mut ask = region(&provider);
    let has = |provider: &mut Provider, ask: &Message, now_ms| {
        provider.ask(1, ask, now_ms);
        let mut said = provider.tick(now_ms).into_iter();
        let (_, answer) = said.find(|(to, _)| *to == Recipient::One(peer(1))).unwrap();
        match Message::decode(&answer).unwrap() {
            Message::Regions(_, answers) => answers[0].is_some(),
            _ => panic!("another answer"),
        }
    };
    provider.bench.shared.settle_log(true);
    for now_ms in (0..25_000).step_by(100) {
        assert!(has(&mut provider, &ask, now_ms), "{now_ms}");
    }
    // A height is held on to for no longer than otherwise.
    let block = provider.bench.next(1_000, history.items(1));
    provider.bench.execute(&block);
    provider.bench.shared.settle_log(false);
    let old = std::mem::replace(&mut ask, region(&provider));
    let ends_ms = 30_000;
    for now_ms in (25_000..ends_ms).step_by(100) {
        assert!(has(&mut provider, &old, now_ms), "{now_ms}");
    }
    // From the end on as long as something waits.
    for now_ms in (ends_ms..ends_ms + 1_000).step_by(100) {
        assert!(!has(&mut provider, &ask, now_ms), "{now_ms}");
    }
    provider.bench.shared.settle_log(true);
    assert!(has(&mut provider, &ask, ends_ms + 1_000));
}

#[test]
fn nothing_is_handed_out_before_it_is_certified() {
    let mut provider = Provider::new(0, &history(20, 0).blocks);
    let block = provider.bench.next(1_000, Vec::new());
    provider.bench.execute(&block);
    provider.ask(1, &Message::AskTarget, 0);
    assert_eq!(provider.tick(0), []);
    certify(&mut provider.bench);
    // The certificate came behind what is held on to, and is at hand among the newest.
    let statement = provider.bench.executor.statement();
    let bytes = Arc::new(certificate(&statement, &[0, 1, 2]).encode());
    provider
        .bench
        .shared
        .certificates
        .keep(statement.height, bytes);
    let said = provider.tick(10);
    assert_eq!(said.len(), 1);
    let Message::Target(target) = Message::decode(&said[0].1).unwrap() else {
        panic!("no target");
    };
    assert_eq!(target.certificate.statement(), &statement);
    assert_eq!(target.header, block.header);
}

#[test]
fn what_is_asked_for_is_named_by_its_hash() {
    let mut provider = Provider::new(0, &history(20, 0).blocks);
    let other = Root {
        hash: Digest([9; 32]),
        ..provider.root()
    };
    provider.ask(1, &Message::AskRegions(5, vec![(Prefix::EMPTY, other)]), 0);
    let said = provider.tick(0);
    assert_eq!(said[0].1, Message::Regions(5, vec![None]).encode());
    let leaf = Leaf {
        key: LeafKey([3; 64]),
        value: LeafValue(Digest([4; 32])),
    };
    provider.ask(1, &Message::AskRows(6, vec![leaf]), 10);
    let said = provider.tick(10);
    assert_eq!(said[0].1, Message::Rows(6, vec![None]).encode());
}

#[test]
fn a_node_that_computed_another_state_hands_out_nothing() {
    let mut provider = Provider::new(0, &history(20, 0).blocks);
    provider.bench.shared.diverge();
    provider.ask(1, &Message::AskTarget, 0);
    let ask = region(&provider);
    provider.ask(1, &ask, 0);
    assert_eq!(provider.tick(0), []);
}
