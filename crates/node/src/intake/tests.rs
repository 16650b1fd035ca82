use std::{thread, time::Duration};

use idos_types::{Value, limits::GOSSIP_ENTRIES};

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

fn unread(bytes: Vec<u8>) -> Unread {
    Unread { now: at(0), bytes }
}

#[test]
fn entries_of_several_peers_are_admitted_in_their_order() {
    let bench = Bench::new(4);
    let items = [1, 2, 3].map(|nonce| transaction(OWNER, nonce, CHAIN));
    let of = |from, bytes| (peer(from), unread(bytes));
    // One after more than are verified at once, and the second of a peer after one of another.
    let mut entries = vec![of(1, bytes(&items[0]))];
    entries.extend((0..AT_ONCE).map(|_| of(2, b"garbage".to_vec())));
    entries.push(of(2, bytes(&items[1])));
    entries.push(of(1, bytes(&items[2])));
    entries.push(of(1, bytes(&items[0])));
    bench.verification().take_in(entries);
    let waiting = bench
        .shared
        .waiting
        .select(&std::collections::HashSet::new(), at(1));
    assert_eq!(waiting, items);
}

#[test]
fn a_peer_that_passes_on_a_wrong_signature_is_not_heard_for_a_while_and_others_are() {
    let bench = Bench::new(4);
    let verification = bench.verification();
    let items = [1, 2, 3].map(|nonce| transaction(OWNER, nonce, CHAIN));
    let mut forged = bytes(&items[2]);
    *forged.last_mut().unwrap() ^= 1;
    let sends = |from, millis, bytes| {
        let now = at(millis);
        verification.take_in(vec![(peer(from), Unread { now, bytes })]);
    };
    let waits = |item: &Item| bench.shared.waiting.entry(&item.hash).is_some();
    // What may come of another version of the protocol is no proof of anything.
    sends(1, 5, b"garbage".to_vec());
    sends(1, 5, bytes(&items[0]));
    assert!(waits(&items[0]));
    sends(1, 10, forged);
    let until = 10 + UNHEARD_SECONDS * 1_000;
    for millis in [5, 10, until - 1] {
        sends(1, millis, bytes(&items[1]));
        assert!(!waits(&items[1]), "at {millis}");
    }
    sends(2, 11, bytes(&items[1]));
    assert!(waits(&items[1]));
    sends(1, until, bytes(&items[2]));
    assert!(waits(&items[2]));
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
fn peers_take_turns_with_entries_however_many_they_send_at_once() {
    let queue = IntakeQueue::default();
    for _ in 0..10 {
        queue.add(
            peer(1),
            vec![vec![1]; GOSSIP_ENTRIES].into_iter().map(unread),
        );
    }
    for number in 0..AT_ONCE {
        queue.add(peer(2), [unread(vec![2; number])]);
    }
    let of_second: Vec<_> = (0..2)
        .flat_map(|_| queue.next().unwrap())
        .filter(|(from, _)| *from == peer(2))
        .map(|(_, unread)| unread.bytes.len())
        .collect();
    assert_eq!(of_second, (0..AT_ONCE).collect::<Vec<_>>());
}

#[test]
fn what_waits_of_several_peers_is_taken_together_up_to_a_bound() {
    let queue = IntakeQueue::default();
    let taken = || -> Vec<_> {
        let entries = queue.next().unwrap().into_iter();
        entries
            .map(|(from, unread)| (from, unread.bytes.len()))
            .collect()
    };
    queue.add(peer(1), (0..AT_ONCE).map(|_| unread(vec![1])));
    queue.add(peer(2), [unread(vec![2; 2])]);
    let together = taken();
    assert_eq!(together.len(), AT_ONCE);
    assert_eq!(together[..3], [(peer(1), 1), (peer(2), 2), (peer(1), 1)]);
    assert_eq!(taken(), [(peer(1), 1)]);
    queue.add(peer(1), [unread(vec![1; TRANSACTION_BYTES])]);
    queue.add(peer(2), [unread(vec![2])]);
    let large = [(peer(1), TRANSACTION_BYTES)];
    assert_eq!(taken(), large, "large ones are not taken together");
    assert_eq!(taken(), [(peer(2), 1)]);
}

#[test]
fn a_flood_of_one_peer_is_cut_and_leaves_room_for_others() {
    let queue = IntakeQueue::default();
    // Also of entries without content.
    let most = WAITING_BYTES_PER_PEER / OVERHEAD;
    queue.add(peer(1), (0..=most).map(|_| unread(Vec::new())));
    queue.add(peer(2), [unread(vec![7; 1_000_000])]);
    let mut of_flood = 0;
    let mut place = None;
    while !queue.waiting().entries.is_empty() {
        let entries = queue.next().unwrap();
        assert!(entries.len() <= AT_ONCE);
        for (from, _) in entries {
            if from == peer(1) {
                of_flood += 1;
            } else {
                place = Some(of_flood);
            }
        }
    }
    assert_eq!(place, Some(1), "peers take turns");
    assert_eq!(of_flood, most);
}
