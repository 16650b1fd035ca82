//! A node fetches the state of others over a network without sockets, some of which lie.

mod interrupted;
mod lies;
mod needs;
mod own_slowness;
mod provides;
mod uncertified;
mod uncertified_end;
mod walks;
mod world;

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError},
    time::Duration,
};

use idos_consensus::{Block, Header, Item, Recipient, Service as _, Turn, Wake};
use idos_ledger::State as _;
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
use world::{
    History, OWN, Provider, Syncing, VALIDATORS, World, assert_synced, avoided_until_the_end,
    certificate, certify, execute, history, providers,
};

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
