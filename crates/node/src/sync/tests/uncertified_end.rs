//! The last height of an epoch was never certified, and the network went on: validators can hold
//! their signatures back there and nowhere else.

use idos_proof::SetChange;

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

/// Somebody hands out a later proof of a set that its end proves as well, to keep a new node out of the epoch.
#[test]
fn a_later_proof_first_keeps_no_node_from_the_usual_one() {
    let history = history(5, FEWEST_EPOCH_BLOCKS + 3);
    let mut liar = Provider::of(0, Bench::new(VALIDATORS));
    follow(&mut liar, &history);
    let read = |readers: &Readers| {
        let change = readers.read(|snapshot| snapshot.set_change(2)).unwrap();
        SetChange::decode(&change.unwrap().unwrap()).unwrap()
    };
    let late = read(&liar.bench.readers);
    assert!(!late.ends(0));
    let mut world = World::new(providers(&history));
    assert!(read(&world.providers[0].bench.readers).ends(0));
    world.lie = Box::new(move |number, message| match message {
        // Sooner than the others, whom it asks next.
        Message::Sets(_) if number == 0 => Some(Message::Sets(vec![late.clone()])),
        other => Some(other),
    });
    let mut own = Syncing::new(&[]);
    assert!(world.run(&mut own));
    assert_synced(&mut own, &mut world.providers[1]);
}
