use idos_consensus::{BLOCKS_PER_FILE, Item, Turn};
use idos_store::Readers;
use idos_types::{Digest, Uuid, Value, limits::TRANSACTION_BYTES};
use tokio::sync::oneshot;

use super::*;
use crate::{
    shared::EndedSession,
    testing::{Bench, CHAIN, OWNER, at, call, node_key, peer, transaction},
};

struct Machine {
    chain: Chain,
    readers: Readers,
    shared: Arc<Shared>,
    nodes: Nodes,
    /// Parts of the bench that have to outlive the rest.
    _folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        Self::with(4)
    }

    fn with(validators: u8) -> Self {
        Self::that_keeps(u64::MAX, validators)
    }

    /// One whose engine may keep so many blocks.
    fn that_keeps(most: u64, validators: u8) -> Self {
        let Bench {
            executor,
            readers,
            shared,
            folder,
            ..
        } = Bench::new(validators);
        let verifier = Verifier::new(CHAIN.to_owned(), Arc::clone(&shared));
        let nodes = Nodes::default();
        Self {
            chain: Chain::new(
                executor,
                Arc::clone(&shared),
                Arc::new(verifier),
                nodes.clone(),
                MostKept {
                    blocks: most,
                    bytes: u64::MAX,
                },
            ),
            readers,
            shared,
            nodes,
            _folder: folder,
        }
    }

    fn finalize(&mut self, millis: u64, items: Vec<Item>) {
        let header = self.chain.executor.header();
        let block = Block::new(header, at(millis), Turn::default(), items);
        self.chain.finalized(block).unwrap();
    }

    fn tend(&mut self, millis: u64) -> BlockTime {
        self.chain.tend(at(millis)).unwrap()
    }

    /// As if it had been a while since the node looked.
    fn housekeeping_due(&mut self) {
        self.chain.housekeeping_ms = 0;
    }

    fn certificate(&self, height: u64) -> Option<Vec<u8>> {
        let read = self.readers.read(|snapshot| snapshot.certificate(height));
        read.unwrap().unwrap()
    }

    fn has_body(&self, item: &Item) -> bool {
        let read = self.readers.read(|snapshot| snapshot.body(&item.hash));
        read.unwrap().unwrap().is_some()
    }

    fn is_revoked(&self, ended: &EndedSession) -> bool {
        let read = self
            .readers
            .read(|snapshot| snapshot.is_revoked(&ended.session, at(0).millis()));
        read.unwrap().unwrap()
    }
}

fn ended(byte: u8) -> EndedSession {
    EndedSession {
        session: Digest::of(&[byte]),
        expires_ms: at(60_000).millis(),
    }
}

#[test]
fn a_node_moves_while_it_executes_blocks() {
    let mut machine = Machine::new();
    let has_moved = |machine: &Machine, millis| machine.shared.has_moved_since(at(millis).millis());
    machine.tend(1_000);
    assert!(
        has_moved(&machine, 1_000),
        "what it found at its start counts"
    );
    machine.tend(20_000);
    assert!(!has_moved(&machine, 1_001), "nothing was executed since");
    machine.finalize(20_000, Vec::new());
    machine.tend(20_001);
    assert!(has_moved(&machine, 20_001));
}

#[test]
fn a_certificate_is_written_with_the_next_block() {
    let mut machine = Machine::new();
    machine.shared.certificates.keep(7, Arc::new(vec![7]));
    machine.finalize(1, Vec::new());
    assert_eq!(machine.certificate(7), Some(vec![7]));
    assert!(!machine.chain.executor.has_certificates());
}

#[test]
fn a_certificate_waits_a_second_for_a_block_and_no_longer() {
    let mut machine = Machine::new();
    machine.tend(0);
    machine.shared.certificates.keep(7, Arc::new(vec![7]));
    let due = machine.tend(100);
    assert!(due <= at(100 + CERTIFICATES_AFTER_MS));
    machine.shared.certificates.keep(8, Arc::new(vec![8]));
    machine.tend(100 + CERTIFICATES_AFTER_MS - 1);
    assert_eq!(machine.certificate(7), None);
    machine.tend(100 + CERTIFICATES_AFTER_MS);
    assert_eq!(machine.certificate(7), Some(vec![7]));
    assert_eq!(machine.certificate(8), Some(vec![8]));
}

#[test]
fn a_certificate_that_comes_after_a_block_has_its_own_second() {
    let mut machine = Machine::new();
    machine.shared.certificates.keep(1, Arc::new(vec![1]));
    machine.tend(0);
    machine.finalize(900, Vec::new());
    assert_eq!(machine.certificate(1), Some(vec![1]));
    machine.shared.certificates.keep(2, Arc::new(vec![2]));
    machine.tend(900);
    machine.tend(1_000);
    assert_eq!(machine.certificate(2), None);
    machine.tend(900 + CERTIFICATES_AFTER_MS);
    assert_eq!(machine.certificate(2), Some(vec![2]));
}

#[test]
fn a_block_shows_before_it_is_signed_and_before_anybody_hears_of_it() {
    let mut machine = Machine::new();
    let item = transaction(OWNER, 1, CHAIN);
    machine.finalize(1, vec![item.clone()]);
    assert_eq!(machine.shared.progress.borrow().tip.height, 1);
    let statements = machine.shared.certificates.take_statements();
    assert_eq!(statements, [machine.chain.executor.statement()]);
    let receipt = machine
        .readers
        .read(|snapshot| snapshot.receipt(&item.hash))
        .unwrap();
    assert_eq!(receipt.unwrap().unwrap().height, 1);
}

#[test]
fn bodies_are_kept_for_their_time_and_then_given_up() {
    let mut machine = Machine::new();
    let kept_ms = 1_000 * idos_types::limits::BODY_RETENTION_SECONDS;
    for (millis, nonce) in [(1_000, 1), (2_000, 2), (3_000, 3)] {
        machine.finalize(millis, vec![transaction(OWNER, nonce, CHAIN)]);
    }
    machine.tend(3_000);
    assert_eq!(machine.chain.keep_from(), 0);
    // The second is just as old as may be.
    machine.finalize(2_000 + kept_ms, Vec::new());
    machine.tend(2_000 + kept_ms);
    assert_eq!(machine.chain.keep_from(), 2);
    machine.finalize(10_000 + 2 * kept_ms, Vec::new());
    machine.tend(10_000 + 2 * kept_ms);
    assert_eq!(machine.chain.keep_from(), 5, "none of them");
}

/// Others rely on the blocks, and what is erased stays erased when the clock is right again.
#[test]
fn a_clock_that_jumps_ahead_erases_no_blocks() {
    let mut machine = Machine::new();
    let items: Vec<_> = (1..4)
        .map(|nonce| transaction(OWNER, nonce, CHAIN))
        .collect();
    for (millis, item) in items.iter().enumerate() {
        machine.finalize(1 + millis as u64, vec![item.clone()]);
    }
    let day = 24 * 3_600 * 1_000;
    for now in [10, 10 + day, 20, 30 + day] {
        machine.tend(now);
        assert_eq!(machine.chain.keep_from(), 0, "{now}");
        assert!(items.iter().all(|item| machine.has_body(item)), "{now}");
    }
    machine.finalize(2 * day, Vec::new());
    machine.tend(2 * day);
    assert_eq!(machine.chain.keep_from(), 4);
    assert!(!items.iter().any(|item| machine.has_body(item)));
}

/// Else a network that is always busy, or keeps bodies for a month, has more open files than a process may.
#[test]
fn blocks_beyond_a_number_are_given_up_however_young_they_are() {
    let most = 2 * BLOCKS_PER_FILE;
    let mut machine = Machine::that_keeps(most, 4);
    machine.tend(0);
    for height in 1..=5 * BLOCKS_PER_FILE {
        machine.finalize(height, Vec::new());
        machine.tend(height);
        let keep_from = machine.chain.keep_from();
        let kept = height - keep_from;
        assert!(kept < most + BLOCKS_PER_FILE, "{kept} at {height}");
        assert!(kept >= most || keep_from == 0, "{kept} at {height}");
        assert_eq!(machine.shared.kept_from(), keep_from, "others know");
    }
}

/// An engine that lost its folder cannot hand out what the database has headers of.
#[test]
fn others_hear_which_blocks_the_engine_lost() {
    let mut machine = Machine::new();
    (1..=3).for_each(|millis| machine.finalize(millis, Vec::new()));
    machine.chain.archived_from(3);
    machine.tend(10);
    assert_eq!(machine.shared.kept_from(), 3);
    assert_eq!(machine.chain.keep_from(), 0, "what the engine gives up");
    let late = 10_000 + 1_000 * idos_types::limits::BODY_RETENTION_SECONDS;
    machine.finalize(late, Vec::new());
    machine.tend(late);
    assert_eq!(machine.shared.kept_from(), 4);
}

#[test]
fn as_long_as_old_bodies_are_found_they_are_looked_for_at_once() {
    let mut machine = Machine::new();
    let text = "a".repeat(TRANSACTION_BYTES - 1_000);
    // More than a block erases.
    for nonce in 1..=6 {
        let row = vec![Value::from(Uuid::from_u128(1)), text.as_str().into()];
        machine.finalize(
            nonce,
            vec![call(OWNER, nonce, "add_inserter_as_owner", row)],
        );
    }
    machine.tend(10);
    let late = 10_000 + 1_000 * idos_types::limits::BODY_RETENTION_SECONDS;
    machine.finalize(late, Vec::new());
    assert_eq!(machine.tend(late), at(late), "again at once");
    assert!(machine.tend(late + 1) > at(late + 1));
}

/// Whoever holds on to a height hears whether anything waits for the end of that.
#[test]
fn a_block_is_to_be_cleared_until_a_checkpoint_says_that_it_is() {
    // Few enough for the owner to decide alone.
    let mut machine = Machine::with(3);
    let id = || Value::from(Uuid::from_u128(1));
    // What a crash may have left.
    machine.tend(0);
    let mut now_ms = 1;
    for (nonce, is_held) in [(1, false), (3, true), (5, false)] {
        let pin = is_held.then(|| machine.readers.pin().unwrap());
        let row = vec![id(), "inserter".into()];
        let put = call(OWNER, nonce, "add_inserter_as_owner", row);
        let delete = call(OWNER, nonce + 1, "delete_inserter_as_owner", vec![id()]);
        machine.finalize(now_ms, vec![put, delete]);
        machine.tend(now_ms);
        assert!(!machine.shared.log_is_settled());
        now_ms += CLEAR_AFTER_MS;
        machine.tend(now_ms);
        assert_eq!(machine.shared.log_is_settled(), !is_held);
        drop(pin);
        now_ms += CLEAR_AFTER_MS;
        machine.tend(now_ms);
        assert!(machine.shared.log_is_settled());
        now_ms += 1;
    }
}

/// What people erased has to be gone soon also if the clock was wrong for a block.
#[test]
fn a_block_of_tomorrow_is_cleared_today() {
    let mut machine = Machine::new();
    machine.tend(0);
    machine.tend(CLEAR_AFTER_MS);
    assert!(machine.shared.log_is_settled());
    let now_ms = 10_000;
    machine.finalize(now_ms + 24 * 3_600 * 1_000, Vec::new());
    assert!(!machine.shared.log_is_settled());
    assert!(machine.tend(now_ms) <= at(now_ms + CLEAR_AFTER_MS));
    machine.tend(now_ms + CLEAR_AFTER_MS);
    assert!(machine.shared.log_is_settled());
}

#[test]
fn ends_of_sessions_are_durable_before_anybody_hears_of_them() {
    let mut machine = Machine::new();
    let (done, mut waiting) = oneshot::channel();
    let of_client = Revocation {
        ended: ended(1),
        done: Some(done),
    };
    machine.shared.ended.revoke(of_client).unwrap();
    machine
        .shared
        .ended
        .revoke_of_peer(peer(1), ended(2))
        .unwrap();
    assert!(waiting.try_recv().is_err());
    machine.tend(0);
    assert_eq!(waiting.try_recv(), Ok(()));
    assert!([1, 2].iter().all(|byte| machine.is_revoked(&ended(*byte))));
    assert!(!machine.is_revoked(&ended(3)));
    let announced = machine.shared.ended.take_announced();
    assert_eq!(announced, [ended(1)], "what a peer told is its to tell");
}

/// Or that somebody signed out stays in the database until somebody else does.
#[test]
fn an_end_is_forgotten_once_the_session_would_have_ended_by_itself() {
    let mut machine = Machine::new();
    let revocation = Revocation {
        ended: ended(1),
        done: None,
    };
    machine.shared.ended.revoke(revocation).unwrap();
    machine.tend(0);
    let kept = |machine: &Machine| {
        let read = machine.readers.read(|snapshot| snapshot.revocations(10));
        read.unwrap().unwrap().len()
    };
    for millis in [59_999, 60_000] {
        assert_eq!(kept(&machine), 1, "{millis}");
        // An idle network makes a block a minute.
        machine.finalize(millis, Vec::new());
        machine.housekeeping_due();
        machine.tend(millis);
    }
    assert_eq!(kept(&machine), 0);
}

#[test]
fn an_end_that_can_not_be_recorded_is_not_said_to_be() {
    let mut machine = Machine::new();
    let (done, mut waiting) = oneshot::channel();
    let impossible = EndedSession {
        expires_ms: u64::MAX,
        ..ended(1)
    };
    let revocation = Revocation {
        ended: impossible,
        done: Some(done),
    };
    machine.shared.ended.revoke(revocation).unwrap();
    machine.tend(0);
    assert_eq!(
        waiting.try_recv(),
        Err(oneshot::error::TryRecvError::Closed)
    );
    assert!(machine.shared.ended.take_announced().is_empty());
}

#[test]
fn the_version_of_the_protocol_is_the_one_that_was_decided_for_the_epoch() {
    // Few enough for the owner to decide alone.
    let mut machine = Machine::with(3);
    let blocks = machine.chain.executor.network().epoch.blocks();
    let protocols =
        |machine: &Machine| [0, 1, 2, 3, 4].map(|epoch| machine.chain.protocol(epoch).unwrap());
    assert_eq!(protocols(&machine), [1; 5]);
    let from = i64::try_from(3 * blocks).unwrap();
    let arguments = vec!["protocol_version".into(), Value::Int(2), Value::Int(from)];
    let vote = call(OWNER, 1, "set_parameter_as_owner", arguments);
    machine.finalize(1, vec![vote]);
    assert_eq!(protocols(&machine), [1, 1, 1, 2, 2]);
}

#[test]
fn members_of_the_epochs_that_the_state_knows_are_nodes() {
    let machine = Machine::new();
    assert!(!machine.nodes.contains(node_key(0).public()));
    for epoch in [0, 1] {
        let members = machine.chain.members(epoch).unwrap();
        assert!(members.is_some(), "epoch {epoch}");
    }
    assert!(machine.chain.members(2).unwrap().is_none());
    assert!((0..4).all(|number| machine.nodes.contains(node_key(number).public())));
    assert!(!machine.nodes.contains(node_key(4).public()));
}

#[test]
fn headers_of_executed_blocks_are_known() {
    let mut machine = Machine::new();
    machine.finalize(1, Vec::new());
    let header = *machine.chain.executor.header();
    assert_eq!(machine.chain.header(1).unwrap(), Some(header));
    assert_eq!(machine.chain.header(2).unwrap(), None);
    assert_eq!(machine.chain.header(u64::MAX).unwrap(), None);
}
