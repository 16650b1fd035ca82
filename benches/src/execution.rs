//! Blocks through a node's own executor: decode, verify, execute and commit.

use std::{net::SocketAddr, path::Path, sync::mpsc, thread, time::Instant};

use idos_consensus::{Block, Item, Turn};
use idos_node::{
    Executor, Verified,
    genesis::{FirstValidators, Genesis, GenesisValidator, Origin},
};
use idos_store::{Database, Options};
use idos_types::{BlockTime, Digest, NodeAddress};

use crate::{
    database, machine,
    node_process::node_key,
    people::Person,
    timing,
    transactions::{CHAIN, Kind},
};

/// The genesis of benchmarks.
pub fn genesis() -> Genesis {
    genesis_of(&[(ONLY, SocketAddr::from(([127, 0, 0, 1], 1)))])
}

/// The genesis of a network of these validators: numbers of keys, and where other nodes reach them. It
/// begins with what a database was [filled](database::fill) with.
pub fn genesis_of(nodes: &[(u8, SocketAddr)]) -> Genesis {
    let owner = database::consumer().sender.caller();
    let mut genesis = Genesis::new(CHAIN, &owner, database::START_MS).expect("a genesis");
    let validators = nodes.iter().map(|(number, address)| GenesisValidator {
        key: node_key(*number).public(),
        operator: genesis.owner.clone(),
        address: NodeAddress::new(*address).expect("an address"),
    });
    genesis.validators = FirstValidators::new(validators.collect()).expect("validators");
    genesis.origin = Some(Origin {
        chain_id: format!("{CHAIN}-before"),
        genesis: Digest::of(b"filled"),
        height: database::BLOCKS_BEFORE,
        root: Digest::of(b"filled"),
        blocks: database::BLOCKS_BEFORE,
    });
    genesis
}

/// The number of the key of a node that is alone.
pub const ONLY: u8 = 7;

/// How many blocks are verified ahead of the one that is executed.
const AHEAD: usize = 1;

/// Verifies and executes blocks of transactions, each of another person, in turn on one thread.
/// Returns how many transactions are executed per second, from the end of the first block to that of
/// the last: some blocks pay for moving the log.
pub fn transactions_per_second(folder: &Path, kind: Kind, blocks: u64) -> f64 {
    let mut chain = Chain::open(folder);
    let one_thread = one_thread();
    // Signing is not what is measured.
    let mut all = blocks_of(kind, blocks).collect::<Vec<_>>().into_iter();
    let mut execute = |items| one_thread.install(|| chain.execute(items, &Verified::default()));
    execute(all.next().expect("a block"));
    let start = Instant::now();
    all.for_each(execute);
    let elapsed = start.elapsed();
    println!(
        "  {}: {} MB of database",
        kind.name(),
        machine::folder_bytes(folder) / 1_000_000
    );
    timing::rate((kind.per_block() as u64 * blocks) as f64, elapsed)
}

/// The same as a node does it: one thread verifies the next block while another executes this one.
/// Returns the rate from the end of the first block to that of the last.
pub fn transactions_per_second_of_two(folder: &Path, kind: Kind, blocks: u64) -> f64 {
    let mut chain = Chain::open(folder);
    let (sender, receiver) = mpsc::sync_channel(AHEAD);
    let all: Vec<_> = blocks_of(kind, blocks).collect();
    thread::scope(|scope| {
        scope.spawn(move || {
            for items in all {
                let verified = one_thread().install(|| Verified::of(&items, CHAIN));
                sender.send((items, verified)).expect("who executes");
            }
        });
        let (mut start, mut count) = (None, 0);
        for (items, verified) in receiver {
            let len = items.len();
            chain.execute(items, &verified);
            match start {
                None => start = Some(Instant::now()),
                Some(_) => count += len,
            }
        }
        timing::rate(count as f64, start.expect("a block").elapsed())
    })
}

/// Items of `blocks` blocks and one before them that counts for nothing.
fn blocks_of(kind: Kind, blocks: u64) -> impl Iterator<Item = Vec<Item>> {
    let people: Vec<_> = (0..kind.per_block() as u64).map(Person::new).collect();
    (1..=blocks + 1).map(move |nonce| {
        let transactions = people.iter().map(|person| kind.transaction(person, nonce));
        transactions
            .map(|transaction| Item::new(transaction.encode()))
            .collect()
    })
}

/// One thread for what a node does on all cores.
fn one_thread() -> rayon::ThreadPool {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1);
    pool.build().expect("a thread")
}

/// A chain with the executor of a node.
struct Chain(Executor);

impl Chain {
    fn open(folder: &Path) -> Self {
        let (writer, _readers) = Database::open(folder, &Options::default()).expect("a database");
        Self(Executor::new(writer, &genesis()).expect("an executor"))
    }

    /// Executes the next block, of which every transaction takes effect, as a busy node does.
    fn execute(&mut self, items: Vec<Item>, verified: &Verified) {
        let tip = self.0.progress().tip;
        let time = BlockTime::from_millis(tip.time.millis() + 1_000);
        let block = Block::new(self.0.header(), time, Turn::default(), items);
        let executed = self.0.execute_verified(&block, verified).expect("a block");
        self.0.checkpoint().expect("a checkpoint");
        let failed = executed
            .outcomes
            .iter()
            .find(|outcome| outcome.code.code() != 0);
        assert!(failed.is_none(), "a transaction failed: {failed:?}");
    }
}
