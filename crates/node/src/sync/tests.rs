//! A node fetches the state of others over a network without sockets, some of which lie.

mod interrupted;
mod lies;
mod needs;
mod own_slowness;
mod provides;
mod uncertified;
mod uncertified_end;

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError},
    time::Duration,
};

use idos_consensus::{Block, Header, Item, Recipient, Service as _, Turn, Wake};
use idos_proof::{Root, RootCertificate, RootStatement};
use idos_store::{Database, Options, SyncWriter};
use idos_types::{Uuid, Value, limits::FEWEST_EPOCH_BLOCKS};
use tempfile::TempDir;

use super::{
    fetch::{Fetch, Fetched, Outcome, Slot},
    mark::Mark,
    meter::Meter,
    *,
};
use crate::{
    executor::{ExecutionError, Executor},
    life,
    testing::{Bench, OWNER, at, call, certificate_of, genesis, node_key, peer, sent},
};

/// Few enough for the owner to decide alone.
const VALIDATORS: u8 = 3;
/// The node that syncs; the others are its peers.
const OWN: u8 = 3;

/// A certificate of these validators.
fn certificate(statement: &RootStatement, signers: &[u8]) -> RootCertificate {
    certificate_of(VALIDATORS, statement, signers)
}

/// Certifies the newest height.
fn certify(bench: &mut Bench) {
    let statement = bench.executor.statement();
    let validators = u8::try_from(bench.executor.progress().validators).unwrap();
    let bytes = certificate_of(validators, &statement, &[0, 1, 2]).encode();
    let bytes = Arc::new(bytes);
    bench
        .executor
        .add_certificates(vec![(statement.height, bytes)]);
    bench.executor.write_certificates().unwrap();
    bench.shared.certificates.certify(statement.height);
}

/// Blocks that are the same on all nodes.
#[derive(Default)]
struct History {
    blocks: Vec<Block>,
    nonce: u64,
}

impl History {
    fn items(&mut self, count: u64) -> Vec<Item> {
        let item = |nonce: u64| {
            let id = Value::from(Uuid::from_u128(nonce.into()));
            let name = format!("inserter {nonce}");
            call(
                OWNER,
                nonce,
                "add_inserter_as_owner",
                vec![id, name.as_str().into()],
            )
        };
        let items = (self.nonce + 1..=self.nonce + count).map(item).collect();
        self.nonce += count;
        items
    }

    /// One block with so many rows, then empty ones.
    fn extend(&mut self, bench: &mut Bench, rows: u64, empty: u64) {
        for block in 0..=empty {
            let items = if block == 0 {
                self.items(rows)
            } else {
                Vec::new()
            };
            let millis = u64::try_from(self.blocks.len()).unwrap() + 1;
            let block = Block::new(bench.executor.header(), at(millis), Turn::default(), items);
            execute(bench, &block);
            self.blocks.push(block);
        }
    }
}

fn execute(bench: &mut Bench, block: &Block) {
    bench.execute(block);
    if bench.executor.statement().ends_epoch {
        certify(bench);
    }
}

/// A node that takes part.
struct Provider {
    number: u8,
    bench: Bench,
    sync: Sync,
    /// How many milliseconds of the world are one of its own.
    pace: u64,
}

impl Provider {
    fn new(number: u8, history: &[Block]) -> Self {
        Self::with(VALIDATORS, number, history)
    }

    fn with(validators: u8, number: u8, history: &[Block]) -> Self {
        let mut bench = Bench::new(validators);
        for block in history {
            execute(&mut bench, block);
        }
        certify(&mut bench);
        Self::of(number, bench)
    }

    fn of(number: u8, bench: Bench) -> Self {
        Self::measured(number, bench, Box::new(|| Duration::ZERO))
    }

    fn measured(number: u8, bench: Bench, stopwatch: Stopwatch) -> Self {
        let sync = Sync::new(
            Arc::clone(&bench.shared),
            bench.readers.clone(),
            node_key(number).public(),
            bench.executor.chain_id().clone(),
            bench.epochs(),
            stopwatch,
        );
        Self {
            number,
            bench,
            sync,
            pace: 1,
        }
    }

    fn root(&self) -> Root {
        self.bench.executor.progress().root
    }

    /// What the engine would do.
    fn certify_blocks(&self) {
        let wanted = *self.bench.shared.floors.wanted.borrow();
        if let Some(header) = self.bench.executor.header_at(wanted).unwrap()
            && self.bench.shared.floors.handed_out(wanted).is_none()
        {
            self.bench.shared.floors.hand_out(wanted, floor(&header));
        }
    }
}

/// What stands for a certificate of the engine.
fn floor(header: &Header) -> Vec<u8> {
    header.hash().0.to_vec()
}

/// A database that is synced.
struct Syncing {
    validators: u8,
    folder: TempDir,
    slot: Slot,
    wake: Wake,
    fetch: Option<Fetch>,
}

impl Syncing {
    fn new(history: &[Block]) -> Self {
        Self::with(VALIDATORS, history)
    }

    fn with(validators: u8, history: &[Block]) -> Self {
        let mut bench = Bench::new(validators);
        for block in history {
            execute(&mut bench, block);
        }
        let Bench {
            folder,
            executor,
            readers,
            ..
        } = bench;
        drop((executor, readers));
        Self::open(validators, folder)
    }

    /// Goes on with what is in a folder.
    fn open(validators: u8, folder: TempDir) -> Self {
        let (writer, _) = Database::open(folder.path(), &Options::default()).unwrap();
        let height = writer.head().unwrap().unwrap().height;
        let epochs = genesis(validators).epoch_blocks;
        let mark = match writer.sync_mark().unwrap() {
            Some(noted) => Mark::decode(&noted).unwrap(),
            None => Mark::of(&writer, epochs.epoch_of(height)).unwrap(),
        };
        let (slot, wake) = (Slot::default(), Wake::default());
        let fetch = Fetch::new(
            SyncWriter::begin(writer, &mark.encode()).unwrap(),
            mark,
            ChainId::new(crate::testing::CHAIN).unwrap(),
            Box::new(|_, _, header, certificate| certificate == floor(header)),
            epochs,
            height,
            (wake.clone(), Arc::clone(&slot), Arc::new(Meter::new())),
        );
        Self {
            validators,
            folder,
            slot,
            wake,
            fetch: Some(fetch.unwrap()),
        }
    }

    /// Loses everything that is not in the database.
    fn killed(self) -> Self {
        let Self {
            validators,
            folder,
            fetch,
            ..
        } = self;
        drop(fetch);
        Self::open(validators, folder)
    }

    /// The state that was fetched, once it was.
    fn fetched(&mut self) -> Fetched {
        assert!(self.wake.is_stopped());
        self.fetch = None;
        let outcome = self
            .slot
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match outcome {
            Some(Outcome::Fetched(fetched)) => *fetched,
            _ => panic!("nothing was fetched"),
        }
    }

    /// The executor that goes on from there.
    fn executor(&mut self) -> Executor {
        let (writer, root) = life::finish(self.fetched()).unwrap();
        Executor::of_checked(writer, &genesis(self.validators), root).unwrap()
    }

    /// The root of the rows that are there now.
    fn root(self) -> Root {
        drop(self.fetch);
        let (writer, _) = Database::open(self.folder.path(), &Options::default()).unwrap();
        *SyncWriter::begin(writer, "").unwrap().root()
    }
}

/// All of them, and the messages between them.
struct World {
    providers: Vec<Provider>,
    now_ms: u64,
    /// What becomes of a message of a provider, given with the number of its sender.
    lie: Box<dyn FnMut(u8, Message) -> Option<Message>>,
    /// Whose regions come so much later.
    late: Option<(u8, u64)>,
    on_their_way: Vec<(u64, u8, Message)>,
    /// Messages that may still be delivered to the node that syncs.
    left: usize,
    /// For how many steps it goes on at most.
    steps: usize,
    /// What the node that syncs sent and nobody has received.
    asked: Vec<(Recipient, Vec<u8>)>,
}

impl World {
    fn new(providers: Vec<Provider>) -> Self {
        Self {
            providers,
            now_ms: 1_000_000,
            lie: Box::new(|_, message| Some(message)),
            late: None,
            on_their_way: Vec::new(),
            left: usize::MAX,
            steps: 20_000,
            asked: Vec::new(),
        }
    }

    /// Lets time go on until the sync ends, or the messages do. Returns whether it ended.
    fn run(&mut self, own: &mut Syncing) -> bool {
        for _ in 0..self.steps {
            let Some(fetch) = &mut own.fetch else {
                return true;
            };
            self.now_ms += 10;
            let now = at(self.now_ms);
            let mut asked = std::mem::take(&mut self.asked);
            asked.extend(sent(|outbox| {
                fetch.tick(now, outbox);
            }));
            let is_due = |(due_ms, ..): &mut (u64, u8, Message)| *due_ms <= self.now_ms;
            for (_, from, message) in self.on_their_way.extract_if(.., is_due) {
                self.asked.extend(sent(|outbox| {
                    fetch.received(peer(from), &message.encode(), now, outbox);
                }));
            }
            for provider in &mut self.providers {
                provider.certify_blocks();
                let its_now = at(self.now_ms / provider.pace);
                let from = peer(provider.number);
                let meant = |to: &Recipient| *to == Recipient::All || *to == Recipient::One(from);
                let said = sent(|outbox| {
                    for (_, bytes) in asked.iter().filter(|(to, _)| meant(to)) {
                        provider.sync.received(peer(OWN), bytes, its_now, outbox);
                    }
                    provider.sync.tick(its_now, outbox);
                });
                for (to, bytes) in said {
                    let message = Message::decode(&bytes).unwrap();
                    if to != Recipient::One(peer(OWN)) {
                        continue;
                    }
                    let Some(message) = (self.lie)(provider.number, message) else {
                        continue;
                    };
                    let late = self.late.filter(|(who, _)| *who == provider.number);
                    if let (Message::Regions(..), Some((_, late_ms))) = (&message, late) {
                        let due_ms = self.now_ms + late_ms;
                        self.on_their_way.push((due_ms, provider.number, message));
                        continue;
                    }
                    if self.left == 0 {
                        return false;
                    }
                    self.left -= 1;
                    self.asked.extend(sent(|outbox| {
                        fetch.received(from, &message.encode(), now, outbox);
                    }));
                }
            }
            if own.wake.is_stopped() {
                return true;
            }
        }
        assert!(self.steps < 20_000, "it does not end");
        false
    }
}

/// Lets time go on until the sync ends. Returns who was not asked for a while on the way.
fn avoided_until_the_end(world: &mut World, own: &mut Syncing) -> Vec<u8> {
    let mut avoided = BTreeSet::new();
    for _ in 0..1_000 {
        world.steps = 10;
        let is_over = world.run(own);
        let (fetch, now) = (own.fetch.as_ref().unwrap(), at(world.now_ms));
        avoided.extend((0..OWN).filter(|number| fetch.is_avoided_at(peer(*number), now)));
        if is_over {
            return avoided.into_iter().collect();
        }
    }
    panic!("it does not end");
}

/// The state is that of a provider, and both go on alike.
fn assert_synced(own: &mut Syncing, provider: &mut Provider) {
    let mut executor = own.executor();
    assert_eq!(executor.progress(), provider.bench.executor.progress());
    assert_eq!(executor.check_rows().unwrap(), provider.root());
    assert_eq!(
        executor.floor().unwrap(),
        Some(floor(provider.bench.executor.header()))
    );
    let block = provider.bench.next(1_000_000, Vec::new());
    executor.execute(&block).unwrap();
    provider.bench.execute(&block);
    assert_eq!(executor.progress().root, provider.root());
}

fn history(rows: u64, empty: u64) -> History {
    let mut history = History::default();
    history.extend(&mut Bench::new(VALIDATORS), rows, empty);
    history
}

fn providers(history: &History) -> Vec<Provider> {
    let new = |number| Provider::new(number, &history.blocks);
    (0..OWN).map(new).collect()
}

#[test]
fn a_new_node_gets_the_state_of_others() {
    let mut world = World::new(providers(&history(1_500, 0)));
    assert!(world.providers[0].root().count > 1_500);
    let mut own = Syncing::new(&[]);
    assert!(world.run(&mut own));
    assert_synced(&mut own, &mut world.providers[0]);
}

#[test]
fn a_node_gets_what_its_state_lacks_and_loses_what_is_gone() {
    let mut bench = Bench::new(VALIDATORS);
    let mut history = History::default();
    history.extend(&mut bench, 40, 3);
    let past = history.blocks.clone();
    history.extend(&mut bench, 40, 3);
    let mut world = World::new(providers(&history));
    let mut own = Syncing::new(&past);
    assert!(world.run(&mut own));
    assert_synced(&mut own, &mut world.providers[1]);
}

/// It knew the validators of the genesis, and follows them through the epochs since.
#[test]
fn a_new_node_follows_the_validators_to_a_later_epoch() {
    let mut history = history(20, 3 * FEWEST_EPOCH_BLOCKS);
    let mut world = World::new(providers(&history));
    let mut own = Syncing::new(&[]);
    assert!(world.run(&mut own));
    assert_synced(&mut own, &mut world.providers[2]);
    // It can hand out all of that itself.
    let (writer, readers) = Database::open(own.folder.path(), &Options::default()).unwrap();
    for epoch in 2..5 {
        let change = readers.read(|snapshot| snapshot.set_change(epoch)).unwrap();
        assert!(change.unwrap().is_some(), "{epoch}");
    }
    drop((writer, readers));
    // And come again from where it was.
    let mut provider = world.providers.remove(2);
    history.extend(&mut provider.bench, 5, 2 * FEWEST_EPOCH_BLOCKS);
    certify(&mut provider.bench);
    let mut world = World::new(vec![provider]);
    let mut own = own.killed();
    assert!(world.run(&mut own));
    assert_synced(&mut own, &mut world.providers[0]);
}

/// The newest epoch has just begun, or is about to end.
#[test]
fn a_state_at_the_edge_of_an_epoch_can_be_fetched() {
    for height in [
        FEWEST_EPOCH_BLOCKS - 1,
        FEWEST_EPOCH_BLOCKS,
        2 * FEWEST_EPOCH_BLOCKS - 1,
    ] {
        let mut world = World::new(providers(&history(5, height - 1)));
        let mut own = Syncing::new(&[]);
        assert!(world.run(&mut own));
        assert_synced(&mut own, &mut world.providers[0]);
        // It proves the same sets, the one that this height fixes too.
        let proves = |readers: &Readers, epoch| {
            let change = readers.read(|snapshot| snapshot.set_change(epoch));
            change.unwrap().unwrap().is_some()
        };
        let (_writer, readers) = Database::open(own.folder.path(), &Options::default()).unwrap();
        for epoch in 2..5 {
            let is_fixed = (epoch - 1) * FEWEST_EPOCH_BLOCKS <= height + 1;
            assert_eq!(proves(&readers, epoch), is_fixed, "{epoch} at {height}");
            let provider = &world.providers[0].bench.readers;
            assert_eq!(proves(provider, epoch), is_fixed, "{epoch} at {height}");
        }
    }
}

/// Each provider is at another height: rows that are the same help, and the rest comes from one.
#[test]
fn nodes_at_different_heights_help_each_other() {
    let mut bench = Bench::new(VALIDATORS);
    let mut history = History::default();
    let mut providers = Vec::new();
    for number in 0..OWN {
        history.extend(&mut bench, 100, 0);
        providers.push(Provider::new(number, &history.blocks));
    }
    let mut world = World::new(providers);
    let mut own = Syncing::new(&[]);
    assert!(world.run(&mut own));
    assert_synced(&mut own, &mut world.providers[2]);
}

/// The state goes on while it is fetched, so that what was handed out first is gone before the end.
#[test]
fn a_state_that_goes_on_is_caught() {
    let mut history = history(300, 0);
    let mut world = World::new(providers(&history));
    let mut own = Syncing::new(&[]);
    for _ in 0..5 {
        world.left = 6;
        if world.run(&mut own) {
            break;
        }
        // Longer than a height is held on to.
        world.now_ms += 20_000;
        let mut first = true;
        let before = history.blocks.len();
        for provider in &mut world.providers {
            if first {
                history.extend(&mut provider.bench, 10, 0);
            } else {
                for block in &history.blocks[before..] {
                    provider.bench.execute(block);
                }
            }
            certify(&mut provider.bench);
            first = false;
        }
    }
    world.left = usize::MAX;
    if own.fetch.is_some() && !own.wake.is_stopped() {
        assert!(world.run(&mut own));
    }
    assert_synced(&mut own, &mut world.providers[0]);
}

/// Killed twenty times at random, at most some messages after the last time.
#[test]
fn killed_at_random_it_still_ends_correct() {
    const KILLS: u32 = 20;
    let history = history(300, FEWEST_EPOCH_BLOCKS);
    for seed in 1..=3_u64 {
        let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut chance = |of: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % of
        };
        let mut world = World::new(providers(&history));
        let mut own = Syncing::new(&[]);
        let mut while_fetching = 0;
        for _ in 0..KILLS {
            world.left = usize::try_from(chance(9)).unwrap();
            // Also when all rows are there and nothing says so yet.
            while_fetching += u32::from(!world.run(&mut own));
            own = own.killed();
            world.asked.clear();
        }
        assert!(while_fetching > KILLS / 2, "seed {seed}: {while_fetching}");
        if own.fetch.is_some() && !own.wake.is_stopped() {
            world.left = usize::MAX;
            assert!(world.run(&mut own), "seed {seed}");
        }
        assert_synced(&mut own, &mut world.providers[0]);
    }
}

#[test]
fn nobody_executes_or_reads_a_state_that_is_on_its_way() {
    let own = Syncing::new(&[]);
    let Syncing { folder, fetch, .. } = own;
    drop(fetch);
    let (writer, readers) = Database::open(folder.path(), &Options::default()).unwrap();
    assert!(readers.read(|_| ()).is_err());
    let refused = Executor::new(writer, &genesis(VALIDATORS));
    assert!(matches!(refused, Err(ExecutionError::Syncing)));
}
