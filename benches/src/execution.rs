//! Blocks through a node's own executor: decode, verify, execute and commit, on one thread.

use std::{path::Path, time::Instant};

use idos_consensus::{Block, Item};
use idos_node::{Executor, genesis::Genesis};
use idos_store::{Database, Options};
use idos_types::BlockTime;

use crate::{
    database, machine,
    people::Person,
    timing,
    transactions::{CHAIN, Kind},
};

/// The genesis of benchmarks.
pub fn genesis() -> Genesis {
    Genesis::new(
        CHAIN,
        &database::consumer().sender.caller(),
        database::START_MS,
    )
    .expect("a genesis")
}

/// Executes blocks of transactions, each of another person. Returns how many transactions are
/// executed per second: the median of the blocks, the first left out.
pub fn transactions_per_second(folder: &Path, kind: Kind, blocks: u64) -> f64 {
    let people: Vec<_> = (0..kind.per_block() as u64).map(Person::new).collect();
    let (writer, _readers) = Database::open(folder, &Options::default()).expect("a database");
    let mut executor = Executor::new(writer, &genesis()).expect("an executor");
    let mut rates = Vec::new();
    for nonce in 1..=blocks + 1 {
        let items = people
            .iter()
            .map(|person| Item::new(kind.transaction(person, nonce).encode()))
            .collect();
        let tip = executor.progress().tip;
        let time = BlockTime::from_millis(tip.time.millis() + 1_000);
        let block = Block::new(tip.height + 1, tip.hash, time, items);
        let start = Instant::now();
        let executed = executor.execute(&block).expect("a block");
        executor.checkpoint().expect("a checkpoint");
        rates.push(timing::rate(people.len() as f64, start.elapsed()));
        let failed = executed
            .outcomes
            .iter()
            .find(|outcome| outcome.code.code() != 0);
        assert!(failed.is_none(), "a transaction failed: {failed:?}");
    }
    println!(
        "  {}: {} MB of database",
        kind.name(),
        machine::folder_bytes(folder) / 1_000_000
    );
    rates.remove(0);
    timing::median(rates)
}
