//! How a node follows the validators through many epochs.

use idos_proof::SetChange;
use idos_types::limits::SYNC_SETS;

use super::{
    needs::{changes, grown},
    *,
};

/// The change of validators that a database proves.
fn change(readers: &Readers, epoch: u64) -> Option<SetChange> {
    let change = readers.read(|snapshot| snapshot.set_change(epoch));
    let bytes = change.unwrap().unwrap()?;
    Some(SetChange::decode(&bytes).unwrap())
}

/// Killed after it followed them, it does so again from two epochs before, not from its own.
#[test]
fn a_node_that_is_interrupted_goes_on_with_the_validators_where_it_was() {
    const EPOCHS: u64 = 6;
    let mut world = World::new(providers(&history(5, EPOCHS * FEWEST_EPOCH_BLOCKS)));
    let mut own = Syncing::new(&[]);
    // A target of each, and what proves the validators.
    world.left = 2 * usize::from(OWN);
    assert!(!world.run(&mut own));
    let Syncing { folder, fetch, .. } = own;
    drop(fetch);
    let (writer, readers) = Database::open(folder.path(), &Options::default()).unwrap();
    let mark = Mark::decode(&writer.sync_mark().unwrap().unwrap()).unwrap();
    assert_eq!(mark.epoch, EPOCHS - 2);
    drop((writer, readers));
    let mut own = Syncing::open(VALIDATORS, folder);
    world.asked.clear();
    world.left = usize::MAX;
    assert!(world.run(&mut own));
    assert_synced(&mut own, &mut world.providers[0]);
    // It hands out all that it walked along, before it was killed and after.
    let (_writer, readers) = Database::open(own.folder.path(), &Options::default()).unwrap();
    for epoch in 2..EPOCHS + 2 {
        assert!(change(&readers, epoch).is_some(), "{epoch}");
    }
}

/// What does not fit one answer is asked for where the beginning came from, and of nobody else.
#[test]
fn a_long_way_is_asked_of_one_node() {
    let most = u64::try_from(SYNC_SETS).unwrap();
    let history = history(5, (most + 1) * FEWEST_EPOCH_BLOCKS);
    let of = |number| Provider::new(number, &history.blocks);
    let mut world = World::new(vec![of(0), of(1)]);
    // A node that still hopes for blocks.
    let ahead = &world.providers[0].bench;
    let changes = (2..2 + most).map(|epoch| change(&ahead.readers, epoch).unwrap());
    let changes = changes.collect();
    let certified = certificate(&ahead.executor.statement(), &[0, 1, 2]);
    let Provider {
        bench: _bench,
        sync: mut hoping,
        ..
    } = Provider::new(OWN, &[]);
    for millis in [0, 8_000] {
        sent(|outbox| {
            hoping.tick(at(millis), outbox);
        });
    }
    let mut hear = |message: &Message| {
        let said = sent(|outbox| {
            hoping.received(peer(0), &message.encode(), at(8_000), outbox);
            hoping.tick(at(8_000), outbox);
        });
        let read = |(to, bytes): (Recipient, Vec<u8>)| (to, Message::decode(&bytes).unwrap());
        said.into_iter().map(read).collect::<Vec<_>>()
    };
    let one = Recipient::One(peer(0));
    let status = Message::Status(200, Some(Box::new(certified)));
    assert_eq!(hear(&status), [(one.clone(), Message::AskSets(2))]);
    assert_eq!(
        hear(&Message::Sets(changes)),
        [(one, Message::AskSets(2 + most))]
    );
    // One that fetches the state.
    let answers = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&answers);
    world.lie = Box::new(move |_, message| {
        if matches!(message, Message::Sets(_)) {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        Some(message)
    });
    let mut own = Syncing::new(&[]);
    assert!(world.run(&mut own));
    assert_synced(&mut own, &mut world.providers[1]);
    let answers = answers.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(answers, 3, "the beginning of both, the rest of one");
}

/// Whoever fills an answer up, or has as many changes as fit, keeps nobody from those who joined.
#[test]
fn those_who_joined_are_connected_to_after_an_answer_that_was_full() {
    let ahead = grown();
    let mut walked = changes(&ahead, 2..4);
    let last = walked[1].clone();
    walked.resize(SYNC_SETS, last);
    let mut own = Syncing::with(1, &[]);
    for (changes, is_over) in [(walked, false), (Vec::new(), true)] {
        let message = Message::Sets(changes).encode();
        let fetch = own.fetch.as_mut().unwrap();
        sent(|outbox| fetch.received(peer(0), &message, at(0), outbox));
        let outcome = own.slot.lock().unwrap();
        assert_eq!(matches!(*outcome, Some(Outcome::Nodes)), is_over);
    }
}

/// The network went on while an earlier state was fetched, and so did who validates.
#[test]
fn what_only_a_later_state_proves_is_not_kept_with_an_earlier_one() {
    let mut bench = Bench::new(VALIDATORS);
    let mut history = History::default();
    history.extend(&mut bench, 5, 3);
    let mut world = World::new(providers(&history));
    let mut own = Syncing::new(&[]);
    assert!(world.run(&mut own));
    let mut fetched = own.fetched();
    history.extend(&mut bench, 5, 2 * FEWEST_EPOCH_BLOCKS);
    let changes = (2..4).map(|epoch| change(&bench.readers, epoch).unwrap());
    let changes: Vec<_> = changes.collect();
    fetched.writer.keep(&changes, "").unwrap();
    let (writer, _) = life::finish(fetched).unwrap();
    drop(writer);
    let (_writer, readers) = Database::open(own.folder.path(), &Options::default()).unwrap();
    for epoch in 2..4 {
        assert_eq!(change(&readers, epoch), None);
    }
}
