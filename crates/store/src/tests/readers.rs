//! Reading beside writing.

use std::{
    sync::{Barrier, mpsc},
    thread,
    time::{Duration, Instant},
};

use idos_ledger::State;

use super::*;
use crate::{StoreError, sql};

#[test]
fn readers_and_the_writer_do_not_wait_for_each_other() {
    let mut node = Node::new();
    node.put([Row::User(user(1))]);
    let readers = node.readers.clone();
    let (started, has_started) = mpsc::channel();
    let (committed, has_committed) = mpsc::channel();
    thread::scope(|scope| {
        let reader = scope.spawn(move || {
            readers.read(|state| {
                let before = state.head().unwrap().unwrap().height;
                started.send(()).unwrap();
                has_committed.recv().unwrap();
                // A block was committed meanwhile: this read does not see it.
                assert_eq!(state.user(id(2)).unwrap(), None);
                (before, state.head().unwrap().unwrap().height)
            })
        });
        has_started.recv().unwrap();
        let mut block = node.writer.begin_block(2).unwrap();
        block
            .apply(&[Change::Put(Row::User(user(2)))], &SEED)
            .unwrap();
        // A reader that comes during the transaction sees the last committed block, at once.
        let during = node
            .readers
            .read(|state| state.user(id(2)).unwrap())
            .unwrap();
        assert_eq!(during, None);
        block.commit(new_block(2)).unwrap();
        committed.send(()).unwrap();
        assert_eq!(reader.join().unwrap().unwrap(), (1, 1));
    });
    assert_eq!(node.read(|state| state.user(id(2))).unwrap(), Some(user(2)));
}

#[test]
fn reads_wait_for_a_free_reader_but_not_for_ever() {
    let node = Node::with(&Options {
        cache_mib: 4,
        readers: 1,
    });
    let impatient = node.readers.with_limit(Duration::from_millis(50));
    node.read(|_| {
        let refused = thread::scope(|scope| scope.spawn(|| impatient.read(|_| ())).join().unwrap());
        assert!(
            matches!(refused, Err(StoreError::NoReader { limit_ms: 50 })),
            "{refused:?}"
        );
    });
    // Once it is free, and while others wait, each gets its turn.
    let (barrier, readers) = (Barrier::new(8), &node.readers);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                barrier.wait();
                readers.read(|state| state.head().unwrap()).unwrap();
            });
        }
    });
}

const ENDLESS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                       SELECT count(*) FROM n";

#[test]
fn a_brief_read_takes_a_reader_at_hand_or_none() {
    let node = Node::with(&Options {
        cache_mib: 4,
        readers: 1,
    });
    // Whether a reader is at hand is asked here, not whether this machine is fast enough.
    let brief = || {
        let most = Duration::from_secs(3_600);
        node.readers
            .read_at_hand(most, |state| state.head().unwrap())
    };
    assert_eq!(brief().unwrap(), None, "to open one takes time");
    node.read(|state| state.head().unwrap());
    assert_eq!(brief().unwrap(), Some(None));
    node.read(|_| assert_eq!(brief().unwrap(), None, "the only one is taken"));
    assert_eq!(brief().unwrap(), Some(None));
}

#[test]
fn a_brief_read_that_lasts_is_stopped_and_done_again_with_patience() {
    let node = Node::new();
    node.read(|state| state.head().unwrap());
    // That it is brief ends it, or nothing does: the limit of other reads is an hour.
    let patient = node.readers.with_limit(Duration::from_secs(3_600));
    let mut stopped = None;
    let seen = patient.read_briefly(|state| {
        let conn = state.conn().unwrap();
        stopped = sql::one(conn, "n", ENDLESS, [], |row| row.get::<_, i64>(0)).err();
    });
    assert_eq!(seen.unwrap(), None);
    assert!(
        matches!(stopped, Some(StoreError::Stopped { table: "n" })),
        "{stopped:?}"
    );
    // One that runs no statement at all cannot be stopped; it does not count either.
    let seen = node.readers.read_briefly(|_| {
        thread::sleep(Duration::from_millis(2));
    });
    assert_eq!(seen.unwrap(), None);
    assert_eq!(node.read(|state| state.head().unwrap()), None);
}

/// A thread may be put aside for longer than a brief read takes: nothing of that is a failure.
#[test]
fn a_read_that_is_late_from_the_start_is_none() {
    let node = Node::new();
    node.read(|state| state.head().unwrap());
    let late = node.readers.with_limit(Duration::ZERO);
    for _ in 0..1_000 {
        assert_eq!(late.read_briefly(|_| ()).unwrap(), None);
    }
    let outcome = late.read(|_| ());
    assert!(matches!(outcome, Err(StoreError::TooSlow { limit_ms: 0 })));
    assert_eq!(node.read(|state| state.head().unwrap()), None);
}

#[test]
fn a_read_that_takes_too_long_is_stopped() {
    let node = Node::new();
    let impatient = node.readers.with_limit(Duration::from_millis(50));
    let started = Instant::now();
    let outcome = impatient.read(|snapshot| {
        let conn = snapshot.conn().unwrap();
        let stopped = conn.query_row(ENDLESS, [], |row| row.get::<_, i64>(0));
        assert!(stopped.is_err());
        // Nor is any other statement begun, however short.
        snapshot.head().unwrap_err().to_string()
    });
    assert!(
        matches!(outcome, Err(StoreError::TooSlow { limit_ms: 50 })),
        "{outcome:?}"
    );
    assert!(started.elapsed() < Duration::from_secs(5));
    // The reader is as good as before.
    for _ in 0..3 {
        node.read(|state| state.head().unwrap());
    }
}

#[test]
fn a_panicking_read_gives_its_reader_back() {
    let mut node = Node::with(&Options {
        cache_mib: 4,
        readers: 1,
    });
    let panicked = std::panic::catch_unwind(|| {
        node.readers.read(|state| {
            state.head().unwrap();
            panic!("while reading");
        })
    });
    assert!(panicked.is_err());
    node.put([Row::User(user(1))]);
    assert!(node.read(|state| state.user(id(1))).unwrap().is_some());
    assert!(
        node.writer.checkpoint().unwrap().is_erased,
        "its transaction has ended"
    );
}
