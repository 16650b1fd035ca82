use std::sync::mpsc;

use super::*;
use crate::testing::{Bench, CHAIN, OWNER, at, peer, transaction};

fn verification(bench: &Bench) -> Verification {
    Verification {
        chain_id: CHAIN.to_owned(),
        entrance: bench.entrance(10),
        shared: Arc::clone(&bench.shared),
    }
}

fn bytes(item: &Item) -> Vec<u8> {
    item.bytes.to_vec()
}

/// A batch of one entry that takes so many bytes in all.
fn batch(from: u8, first: u8, size: usize) -> Batch {
    let mut entry = vec![0; size - 2 * OVERHEAD];
    entry[0] = first;
    Batch {
        from: peer(from),
        entries: vec![entry],
        now: at(0),
    }
}

/// From whom the batches come that are taken, and their first bytes.
fn taken(waiting: &mut Waiting) -> Vec<(PeerKey, u8)> {
    std::iter::from_fn(|| waiting.take())
        .map(|batch| (batch.from, batch.entries[0][0]))
        .collect()
}

#[test]
fn entries_are_verified_and_admitted_in_their_order() {
    let bench = Bench::new(4);
    let intake = Intake::Inline(verification(&bench));
    let items = [1, 2, 3].map(|nonce| transaction(OWNER, nonce, CHAIN));
    let mut forged = bytes(&items[2]);
    *forged.last_mut().unwrap() ^= 1;
    let foreign = transaction(OWNER, 3, "other");
    let garbage = b"garbage".to_vec();
    let mut entries = vec![forged, garbage, bytes(&foreign)];
    entries.extend(items.iter().map(bytes));
    intake.offer(peer(1), entries, at(0));
    let waiting = bench.shared.select(&std::collections::HashSet::new());
    assert_eq!(waiting, items);
    assert!(
        bench.shared.take_submitted().is_empty(),
        "nobody passes it on"
    );
}

#[test]
fn a_thread_takes_in_and_ends_when_stopped() {
    let bench = Bench::new(4);
    let queue = Arc::new(Queue::default());
    let (verification, served) = (verification(&bench), Arc::clone(&queue));
    let (done, ended) = mpsc::channel();
    let item = transaction(OWNER, 1, CHAIN);
    let intake = Intake::Threaded(Arc::clone(&queue));
    intake.offer(peer(1), vec![bytes(&item)], at(0));
    let thread = thread::spawn(move || {
        while let Some(batch) = served.next() {
            verification.take_in(batch);
            done.send(()).unwrap();
        }
    });
    ended.recv().unwrap();
    assert!(bench.shared.pending(&item.hash).is_some());
    queue.stop();
    thread.join().unwrap();
    // Whatever waits then is dropped.
    intake.offer(peer(1), vec![bytes(&item)], at(0));
    assert!(queue.next().is_none());
}

#[test]
fn one_peer_has_so_much_waiting_and_no_more_and_others_have_room() {
    let mut waiting = Waiting::default();
    assert!(waiting.add(batch(1, 0, BYTES_PER_PEER)));
    assert!(!waiting.add(batch(1, 1, 2 * OVERHEAD + 1)));
    assert!(waiting.add(batch(2, 2, BYTES_PER_PEER)));
    assert_eq!(taken(&mut waiting), [(peer(1), 0), (peer(2), 2)]);
    assert_eq!(waiting.bytes, 0);
    assert!(
        waiting.add(batch(1, 3, BYTES_PER_PEER)),
        "there is room again"
    );
}

#[test]
fn messages_without_content_take_room_too() {
    let mut waiting = Waiting::default();
    let empty = || Batch {
        from: peer(1),
        entries: Vec::new(),
        now: at(0),
    };
    let accepted = (0..BYTES_PER_PEER).take_while(|_| waiting.add(empty()));
    assert_eq!(accepted.count(), BYTES_PER_PEER / OVERHEAD);
}

#[test]
fn when_all_is_full_whoever_has_most_makes_room() {
    let mut waiting = Waiting::default();
    let size = 4_000_000;
    let peers = u8::try_from(BYTES / BYTES_PER_PEER).unwrap();
    for number in 0..4 {
        for from in 0..peers {
            assert!(waiting.add(batch(from, number, size)));
        }
    }
    assert_eq!(waiting.bytes, BYTES);
    assert!(waiting.add(batch(100, 9, size)), "a peer that sends little");
    assert!(waiting.bytes <= BYTES);
    // But never more than what any other has.
    for number in 0..10 {
        waiting.add(batch(101, number, size));
    }
    let taken = taken(&mut waiting);
    assert!(taken.contains(&(peer(100), 9)));
    let of = |from| taken.iter().filter(|(peer, _)| *peer == from).count();
    assert!((0..peers).all(|from| of(peer(from)) >= 2));
    // What is dropped is the newest of a peer: what is left is in order and has no gap.
    for from in (0..peers).chain([101]) {
        let numbers = taken.iter().filter(|(key, _)| *key == peer(from));
        let numbers: Vec<_> = numbers.map(|(_, number)| usize::from(*number)).collect();
        assert_eq!(numbers, (0..numbers.len()).collect::<Vec<_>>());
    }
}

#[test]
fn peers_take_turns_and_each_keeps_its_order() {
    let mut waiting = Waiting::default();
    for number in 0..3 {
        assert!(waiting.add(batch(1, number, 200)));
    }
    assert!(waiting.add(batch(2, 9, 200)));
    let [one, two] = [1, 2].map(peer);
    assert_eq!(
        taken(&mut waiting),
        [(one, 0), (two, 9), (one, 1), (one, 2)]
    );
    assert!(waiting.of.is_empty() && waiting.peers.is_empty());
}
