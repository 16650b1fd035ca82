//! The last height of an epoch was never certified, and the network went on: validators can hold
//! their signatures back there and nowhere else.

use super::*;

/// Executes what the history has beyond the newest block, and certifies all of it but the last
/// height of epoch 0.
fn follow(provider: &mut Provider, history: &History) {
    let bench = &mut provider.bench;
    let executed = usize::try_from(bench.executor.header().height).unwrap();
    for block in &history.blocks[executed..] {
        bench.execute(block);
        if bench.executor.statement().height != FEWEST_EPOCH_BLOCKS - 1 {
            certify(bench);
        }
    }
}

/// The validators are known all the same, and the next epoch shows that it follows from them.
#[test]
fn a_new_node_needs_the_next_epoch_and_avoids_nobody() {
    let mut history = history(5, FEWEST_EPOCH_BLOCKS);
    let mut providers: Vec<_> = (0..OWN)
        .map(|number| Provider::of(number, Bench::new(VALIDATORS)))
        .collect();
    for provider in &mut providers {
        follow(provider, &history);
    }
    let mut world = World::new(providers);
    let mut own = Syncing::new(&[]);
    world.steps = 1_000;
    assert!(!world.run(&mut own));
    let fetch = own.fetch.as_ref().unwrap();
    for number in 0..OWN {
        assert!(!fetch.is_avoided_at(peer(number), at(world.now_ms)));
    }
    let mut bench = Bench::new(VALIDATORS);
    for block in &history.blocks {
        bench.execute(block);
    }
    history.extend(&mut bench, 5, FEWEST_EPOCH_BLOCKS);
    for provider in &mut world.providers {
        follow(provider, &history);
    }
    world.steps = 20_000;
    assert!(world.run(&mut own));
    assert_synced(&mut own, &mut world.providers[0]);
    // It hands out what it walked along.
    let (_writer, readers) = Database::open(own.folder.path(), &Options::default()).unwrap();
    for epoch in 2..4 {
        let change = readers.read(|snapshot| snapshot.set_change(epoch)).unwrap();
        assert!(change.unwrap().is_some(), "{epoch}");
    }
}
