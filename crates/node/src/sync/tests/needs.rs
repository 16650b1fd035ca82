//! When a node gives up to come back by blocks.

use idos_ledger::{Row, Validator, ValidatorStatus};

use super::*;
use crate::testing::certificate;

/// As many as can spare one.
const FOUR: u8 = 4;

fn history(empty: u64) -> History {
    let mut history = History::default();
    history.extend(&mut Bench::new(FOUR), 0, empty);
    history
}

fn ahead(history: &History) -> Provider {
    Provider::with(FOUR, 0, &history.blocks)
}

/// A node that listens to what the others say of themselves.
struct Listener {
    bench: Bench,
    sync: Sync,
    now_ms: u64,
}

impl Listener {
    fn new(history: &[Block]) -> Self {
        Self::of(Provider::with(FOUR, OWN, history))
    }

    fn of(provider: Provider) -> Self {
        let Provider { bench, sync, .. } = provider;
        let mut listener = Self {
            bench,
            sync,
            now_ms: 0,
        };
        listener.tick(0);
        listener
    }

    fn tick(&mut self, millis: u64) -> Vec<(Recipient, Vec<u8>)> {
        self.now_ms += millis;
        let now = at(self.now_ms);
        sent(|outbox| {
            self.sync.tick(now, outbox);
        })
    }

    /// Waits until it asks how the others are.
    fn stall(&mut self) {
        let asked = self.tick(8_000);
        let ask = (Recipient::All, Message::AskStatus.encode());
        assert!(asked.contains(&ask));
    }

    fn hear(&mut self, from: u8, message: &Message) -> Vec<Message> {
        let now = at(self.now_ms);
        let said = sent(|outbox| {
            let bytes = message.encode();
            self.sync.received(peer(from), &bytes, now, outbox);
        });
        said.iter()
            .map(|(_, bytes)| Message::decode(bytes).unwrap())
            .collect()
    }

    fn gives_up(&self) -> bool {
        assert_eq!(
            self.bench.shared.needs_sync(),
            self.bench.shared.wake().is_stopped()
        );
        self.bench.shared.needs_sync()
    }

    /// Follows the validators that a node proves, as far as it can.
    fn follow(&mut self, from: u8, provider: &Provider, said: &Message) {
        let mut asked = 0;
        while let [Message::AskSets(epoch)] = self.hear(from, said)[..] {
            assert!(epoch > asked, "what proves the validators does not hold");
            asked = epoch;
            self.hear(from, &Message::Sets(changes(provider, epoch..epoch + 1)));
        }
    }
}

/// The changes of validators that a node proves.
pub(super) fn changes(
    provider: &Provider,
    epochs: std::ops::Range<u64>,
) -> Vec<idos_proof::SetChange> {
    let change = |epoch| {
        let readers = &provider.bench.readers;
        let read = readers.read(|snapshot| snapshot.set_change(epoch));
        idos_proof::SetChange::decode(&read.unwrap().unwrap().unwrap()).unwrap()
    };
    epochs.map(change).collect()
}

/// What a node says that has come so far, and keeps no block before a height.
fn status(provider: &Provider, kept_from: u64) -> Message {
    let statement = provider.bench.executor.statement();
    Message::Status(
        kept_from,
        Some(Box::new(certificate(&statement, &[0, 1, 2]))),
    )
}

#[test]
fn a_node_gives_up_once_one_honest_node_must_be_among_those_who_keep_nothing_for_it() {
    let ahead = ahead(&history(20));
    let mut own = Listener::new(&[]);
    let gone = status(&ahead, 2);
    own.hear(0, &gone);
    own.hear(1, &gone);
    assert!(!own.gives_up(), "nobody was asked");
    own.stall();
    own.hear(0, &gone);
    own.hear(0, &gone);
    assert!(!own.gives_up(), "one of them may lie");
    own.hear(7, &gone);
    own.hear(OWN, &gone);
    assert!(!own.gives_up(), "they are no other validators");
    own.hear(2, &gone);
    assert!(own.gives_up());
}

#[test]
fn a_node_goes_on_while_blocks_may_come() {
    let history = history(20);
    let ahead = ahead(&history);
    let statement = ahead.bench.executor.statement();
    let forged = Message::Status(9, Some(Box::new(certificate(&statement, &[0]))));
    // The next block is kept; nothing is certified; too few signed; the others are no further.
    let same = Message::Status(
        9,
        Some(Box::new(certificate(
            &Bench::new(FOUR).executor.statement(),
            &[0, 1, 2],
        ))),
    );
    for said in [status(&ahead, 1), Message::Status(9, None), forged, same] {
        let mut own = Listener::new(&[]);
        own.stall();
        for from in 0..OWN {
            own.hear(from, &said);
        }
        assert!(!own.gives_up(), "{said:?}");
    }
    // A block came: whatever was said before it does not count.
    let mut own = Listener::new(&[]);
    own.stall();
    own.hear(0, &status(&ahead, 2));
    own.bench.execute(&history.blocks[0]);
    own.tick(10);
    own.hear(1, &status(&ahead, 3));
    assert!(!own.gives_up());
}

/// The others are in an epoch whose validators it does not know.
#[test]
fn a_node_follows_the_validators_before_it_believes_what_they_signed() {
    let ahead = ahead(&history(3 * FEWEST_EPOCH_BLOCKS));
    let mut own = Listener::new(&[]);
    own.stall();
    let gone = status(&ahead, 200);
    assert_eq!(own.hear(0, &gone), [Message::AskSets(2)]);
    let changes = changes(&ahead, 2..5);
    let mut forged = changes.clone();
    forged[0].salt = idos_types::Digest([9; 32]);
    own.hear(1, &Message::Sets(forged));
    assert_eq!(own.hear(0, &gone), [Message::AskSets(2)]);
    own.hear(0, &Message::Sets(changes));
    assert_eq!(own.hear(0, &gone), []);
    assert!(!own.gives_up());
    own.hear(1, &gone);
    assert!(own.gives_up());
}

/// A network that began with one validator and has had four for an epoch, three of which the genesis does not name.
pub(super) fn grown() -> Provider {
    let joined = (1..FOUR).map(|number| {
        Row::Validator(Validator {
            key: node_key(number).public(),
            operator: "operator".to_owned(),
            address: format!("192.0.2.{}:8485", number + 1).parse().unwrap(),
            status: ValidatorStatus::Ready,
            expires_at: 0,
            height: 0,
        })
    });
    let rows: Vec<_> = joined.collect();
    let mut bench = Bench::beginning_with(1, &rows);
    for millis in 1..=3 * FEWEST_EPOCH_BLOCKS + 3 {
        let block = bench.next(millis, Vec::new());
        execute(&mut bench, &block);
    }
    assert_eq!(bench.executor.progress().validators, usize::from(FOUR));
    certify(&mut bench);
    Provider::of(0, bench)
}

/// Of four validators it can be connected to one, so no second one will ever say the same.
#[test]
fn a_node_that_knows_the_genesis_alone_believes_a_certificate_of_those_who_joined_since() {
    const NEWCOMER: u8 = 9;
    let ahead = grown();
    let new = || Listener::of(Provider::of(NEWCOMER, Bench::new(1)));
    let statement = ahead.bench.executor.statement();
    let signed = |kept_from, signers: &[u8]| {
        let certificate = certificate(&statement, signers);
        Message::Status(kept_from, Some(Box::new(certificate)))
    };
    // What too few signed may be what the only one who can speak made up with another one.
    for (said, gives_up) in [
        (signed(200, &[0, 1, 2]), true),
        (signed(1, &[0, 1, 2]), false),
        (signed(200, &[0, 1]), false),
    ] {
        let mut own = new();
        own.stall();
        own.follow(0, &ahead, &said);
        assert_eq!(own.gives_up(), gives_up, "{said:?}");
    }
    // One that knows all four waits for a second one, unless they are elsewhere by now.
    let rows = ahead.bench.readers.read(|snapshot| snapshot.validators());
    let joined = rows.unwrap().unwrap().into_iter();
    let joined: Vec<_> = joined
        .filter(|one| one.key != node_key(0).public())
        .collect();
    // That some of them moved, for which they need nobody, gives one no more to say: two others are enough.
    for (moved, gives_up) in [(0, false), (1, false), (2, false), (3, true)] {
        let before = joined.iter().cloned().enumerate();
        let before = before.map(|(number, one)| {
            let elsewhere = format!("198.51.100.{}:8485", number + 1).parse().unwrap();
            let address = if number < moved {
                elsewhere
            } else {
                one.address
            };
            Row::Validator(Validator { address, ..one })
        });
        let before: Vec<_> = before.collect();
        let mut own = Listener::of(Provider::of(NEWCOMER, Bench::beginning_with(1, &before)));
        own.stall();
        let gone = signed(200, &[0, 1, 2]);
        own.follow(0, &ahead, &gone);
        assert_eq!(own.gives_up(), gives_up, "{moved}");
        own.hear(1, &gone);
        assert!(own.gives_up());
    }
}
