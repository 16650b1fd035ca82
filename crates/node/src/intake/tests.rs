use std::{thread, time::Duration};

use idos_types::Value;

use super::*;
use crate::testing::{Bench, CHAIN, OWNER, at, call, peer, sender, transaction};

fn bytes(item: &Item) -> Vec<u8> {
    item.bytes.to_vec()
}

#[test]
fn entries_are_verified_and_admitted_in_their_order() {
    let bench = Bench::new(4);
    let intake = Intake::Inline(bench.verification());
    let items = [1, 2, 3].map(|nonce| transaction(OWNER, nonce, CHAIN));
    let mut forged = bytes(&items[2]);
    *forged.last_mut().unwrap() ^= 1;
    let foreign = transaction(OWNER, 3, "other");
    let garbage = b"garbage".to_vec();
    let mut entries = vec![forged, garbage, bytes(&foreign)];
    entries.extend(items.iter().map(bytes));
    intake.offer(peer(1), entries, at(0));
    let waiting = bench
        .shared
        .waiting
        .select(&std::collections::HashSet::new(), at(1));
    assert_eq!(waiting, items);
    assert!(
        bench.shared.waiting.take_submitted().is_empty(),
        "nobody passes it on"
    );
}

/// Somebody whom the network does not know.
const STRANGER: u8 = 200;

/// Where a test looks for what was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Logs are kept, and go to others.
#[test]
fn a_log_names_no_sender_and_repeats_nothing_that_strangers_wrote() {
    let log = Log::default();
    let written = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || written.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        let mut bench = Bench::new(4);
        let block = bench.next(1, vec![transaction(OWNER, 1, CHAIN)]);
        bench.execute(&block);
        let intake = Intake::Inline(bench.verification());
        let entries = [
            // With a used nonce, with one far ahead, of an action that there is not, for another chain.
            call(OWNER, 1, "leave", vec![Value::from("a key")]),
            transaction(OWNER, 100, CHAIN),
            transaction(STRANGER, 1, CHAIN),
            transaction(OWNER, 2, "a chain of theirs"),
        ];
        intake.offer(peer(1), entries.iter().map(bytes).collect(), at(2));
    });
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("InvalidNonce") && log.contains("WrongChain"),
        "{log}"
    );
    for seed in [OWNER, STRANGER] {
        let sender = hex::encode(sender(seed).bytes());
        assert!(!log.contains(&sender), "{log}");
    }
    for text in ["no_such_action", "a chain of theirs"] {
        assert!(!log.contains(text), "{log}");
    }
}

#[test]
fn batches_of_several_peers_are_admitted_in_their_order() {
    let bench = Bench::new(4);
    let items = [1, 2, 3].map(|nonce| transaction(OWNER, nonce, CHAIN));
    let of = |from, entries| {
        let now = at(0);
        (peer(from), Batch { entries, now })
    };
    // One after more than are verified at once, and the second of a peer after one of another.
    let garbage = vec![b"garbage".to_vec(); AT_ONCE];
    bench.verification().take_in(vec![
        of(1, vec![bytes(&items[0])]),
        of(2, [garbage, vec![bytes(&items[1])]].concat()),
        of(1, vec![bytes(&items[2]), bytes(&items[0])]),
    ]);
    let waiting = bench
        .shared
        .waiting
        .select(&std::collections::HashSet::new(), at(1));
    assert_eq!(waiting, items);
}

fn until(mut is_so: impl FnMut() -> bool) {
    for _ in 0..1_000 {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("it does not become so");
}

#[test]
fn a_thread_takes_in_and_ends_when_stopped() {
    let bench = Bench::new(4);
    let verification = bench.verification();
    let entrance = Arc::downgrade(&verification.entrance);
    let (intake, queue) = Intake::threaded(verification).unwrap();
    let item = transaction(OWNER, 1, CHAIN);
    intake.offer(peer(1), vec![bytes(&item)], at(0));
    until(|| bench.shared.waiting.entry(&item.hash).is_some());
    assert!(entrance.upgrade().is_some());
    queue.stop();
    until(|| entrance.upgrade().is_none());
    // Whatever waits then is dropped.
    intake.offer(peer(1), vec![bytes(&item)], at(0));
    assert!(queue.next().is_none());
}

#[test]
fn what_waits_of_several_peers_is_taken_together_up_to_a_bound() {
    let queue = IntakeQueue::default();
    let batch = |entries: Vec<Vec<u8>>| Batch {
        entries,
        now: at(0),
    };
    let taken = || -> Vec<_> {
        let batches = queue.next().unwrap().into_iter();
        batches
            .map(|(from, batch)| (from, batch.entries.len()))
            .collect()
    };
    queue.add(peer(1), batch(vec![vec![1]; AT_ONCE - 1]));
    queue.add(peer(2), batch(vec![vec![2]; 3]));
    queue.add(peer(1), batch(vec![vec![3]]));
    assert_eq!(taken(), [(peer(1), AT_ONCE - 1), (peer(2), 3)]);
    assert_eq!(taken(), [(peer(1), 1)]);
    queue.add(peer(1), batch(vec![vec![1; TRANSACTION_BYTES]]));
    queue.add(peer(2), batch(vec![vec![2]]));
    assert_eq!(taken(), [(peer(1), 1)], "large ones are not taken together");
    assert_eq!(taken(), [(peer(2), 1)]);
}

#[test]
fn a_flood_of_one_peer_is_cut_and_leaves_room_for_others() {
    let queue = IntakeQueue::default();
    let offered = |from, entries: Vec<Vec<u8>>| {
        let batch = Batch {
            entries,
            now: at(0),
        };
        queue.add(peer(from), batch);
    };
    // Also of messages without content.
    for _ in 0..=WAITING_BYTES_PER_PEER / OVERHEAD {
        offered(1, Vec::new());
    }
    offered(2, vec![vec![7; 1_000_000]]);
    let mut of_flood = 0;
    let mut place = None;
    while !queue.waiting().batches.is_empty() {
        let batches = queue.next().unwrap();
        assert!(batches.len() <= AT_ONCE);
        for (from, _) in batches {
            if from == peer(1) {
                of_flood += 1;
            } else {
                place = Some(of_flood);
            }
        }
    }
    assert_eq!(place, Some(1), "peers take turns");
    assert_eq!(of_flood, WAITING_BYTES_PER_PEER / OVERHEAD);
}
