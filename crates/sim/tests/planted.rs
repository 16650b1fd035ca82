//! Mistakes that are planted into every honest node: the simulation finds each of them, and says
//! which of the things that must hold does not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, and what is planted is no node's code"
)]

use std::{cell::Cell, panic, path::Path, rc::Rc, sync::Arc};

use idos_consensus::{
    ApplicationError, Ballot, Block, Execution, Header, Membership, Parts, Position, Proposal, Tip,
};
use idos_sim::{Newcomer, Plant, Settings, Summary, adversary::Kind, play};
use idos_types::BlockTime;

/// What a game says that must fail.
fn found(nodes: usize, adversaries: &[Kind], plant: impl Fn() -> Rc<dyn Plant>) -> String {
    found_with(nodes, adversaries, None, plant)
}

/// The same where a node joins.
fn found_with(
    nodes: usize,
    adversaries: &[Kind],
    newcomer: Option<Newcomer>,
    plant: impl Fn() -> Rc<dyn Plant>,
) -> String {
    let settings = |seed| Settings {
        nodes: Some(nodes),
        adversaries: Some(adversaries.to_vec()),
        rounds: Some(2),
        newcomer: Some(newcomer),
        plant: Some(plant()),
        ..Settings::of(seed)
    };
    // A seed may not come to where the mistake is.
    let mut failures = (1..=8).filter_map(|seed| outcome(settings(seed)).err());
    failures.next().unwrap_or_else(|| "nothing".to_owned())
}

/// How a game goes, or what it says that does not hold.
fn outcome(settings: Settings) -> Result<Summary, String> {
    let played = panic::catch_unwind(panic::AssertUnwindSafe(|| play(settings)));
    played.map_err(|failure| {
        let text = failure.downcast_ref::<String>().cloned();
        text.expect("what does not hold is said")
    })
}

/// Votes without a look at signatures, and at what earlier blocks have.
struct NoLook(Arc<dyn Ballot>);

impl Ballot for NoLook {
    fn propose(
        &self,
        position: Position<'_>,
        time: BlockTime,
    ) -> Result<Proposal, ApplicationError> {
        self.0.propose(position, time)
    }

    fn verify(&self, _: Position<'_>, _: &Block) -> Result<Option<bool>, ApplicationError> {
        Ok(Some(true))
    }
}

struct SkippedCheck;

impl Plant for SkippedCheck {
    fn parts(&self, parts: Parts) -> Parts {
        Parts {
            ballot: Arc::new(NoLook(Arc::clone(&parts.ballot))),
            ..parts
        }
    }
}

#[test]
fn a_skipped_signature_check_is_found() {
    let found = found(4, &[Kind::Forger], || Rc::new(SkippedCheck));
    assert!(found.starts_with("validity: block"), "{found}");
}

/// Loses the newest row of a table in a crash.
struct LostRow {
    table: &'static str,
    is_done: Cell<bool>,
}

impl Plant for LostRow {
    fn crashed(&self, database: &Path) {
        let database = rusqlite::Connection::open(database).expect("the node is gone");
        // What is lost asks nobody who refers to it.
        let off = database.pragma_update(None, "foreign_keys", false);
        off.expect("a pragma");
        let table = self.table;
        let newest = format!("SELECT max(rowid) FROM {table}");
        let lose = format!("DELETE FROM {table} WHERE rowid = ({newest})");
        let lost = database.execute(&lose, ()).expect("the table is there");
        self.is_done.set(self.is_done.get() || lost > 0);
    }
}

fn lost_row(table: &'static str) -> String {
    let plant = || -> Rc<dyn Plant> {
        Rc::new(LostRow {
            table,
            is_done: Cell::default(),
        })
    };
    found(4, &[], plant)
}

#[test]
fn a_row_that_is_lost_in_a_crash_is_found() {
    let found = lost_row("user_attributes");
    let is_named = ["acknowledged: ", "rows: ", "agreement: "];
    assert!(
        is_named.iter().any(|what| found.starts_with(what)),
        "{found}"
    );
}

#[test]
fn an_acknowledged_transaction_that_is_lost_in_a_crash_is_found() {
    let found = lost_row("receipts");
    assert!(found.starts_with("acknowledged: "), "{found}");
}

/// Takes rows of others as they come: one is not what the certified root commits.
struct UncheckedRow;

impl Plant for UncheckedRow {
    fn fetched(&self, database: &Path) {
        let database = rusqlite::Connection::open(database).expect("the node is gone");
        let other = "UPDATE users SET encryption_password_store = 'mpc' \
                     WHERE rowid = (SELECT max(rowid) FROM users)";
        let changed = database.execute(other, ()).expect("the table is there");
        assert_eq!(changed, 1);
    }
}

#[test]
fn a_fetched_row_that_is_not_certified_is_found() {
    let newcomer = Some(Newcomer::Listens);
    let found = found_with(4, &[], newcomer, || Rc::new(UncheckedRow));
    let is_named = ["rows: ", "agreement: ", "proofs: "];
    assert!(
        is_named.iter().any(|what| found.starts_with(what)),
        "{found}"
    );
}

/// Votes again after it lost what it knew of its votes, as if its key had just been made.
struct ForgottenVotes;

impl Plant for ForgottenVotes {
    fn forgets_votes(&self) -> bool {
        true
    }
}

#[test]
fn a_node_that_votes_without_its_journal_is_found() {
    let found = found(4, &[], || Rc::new(ForgottenVotes));
    assert!(found.starts_with("votes: "), "{found}");
}

/// A game in which one node joins for one that leaves, and nothing goes wrong that is not planted:
/// whatever its seed, it comes to where the mistake is.
fn with_change(plant: Option<Rc<dyn Plant>>) -> Result<Summary, String> {
    outcome(Settings {
        nodes: Some(4),
        adversaries: Some(Vec::new()),
        rounds: Some(0),
        newcomer: Some(Some(Newcomer::Early)),
        absence: Some(false),
        plant,
        ..Settings::of(1)
    })
}

/// In which epoch a change of the validators takes effect, other than in the one that it should.
#[derive(Clone, Copy)]
enum Shift {
    Earlier,
    Later,
}

/// Takes the validators of an epoch for those of another one.
struct Shifted {
    inner: Box<dyn Execution>,
    shift: Shift,
}

impl Execution for Shifted {
    fn tip(&self) -> Tip {
        self.inner.tip()
    }

    fn header(&self, height: u64) -> Result<Option<Header>, ApplicationError> {
        self.inner.header(height)
    }

    fn members(&self, epoch: u64) -> Result<Option<Membership>, ApplicationError> {
        self.inner.members(match self.shift {
            Shift::Earlier => epoch + 1,
            Shift::Later => epoch.saturating_sub(1),
        })
    }

    fn protocol(&self, epoch: u64) -> Result<u64, ApplicationError> {
        self.inner.protocol(epoch)
    }

    fn finalized(&mut self, block: Block) -> Result<(), ApplicationError> {
        self.inner.finalized(block)
    }

    fn tend(&mut self, now: BlockTime) -> Result<BlockTime, ApplicationError> {
        self.inner.tend(now)
    }

    fn archived_from(&mut self, height: u64) {
        self.inner.archived_from(height);
    }

    fn keep_from(&self) -> u64 {
        self.inner.keep_from()
    }
}

impl Plant for Shift {
    fn parts(&self, parts: Parts) -> Parts {
        Parts {
            execution: Box::new(Shifted {
                inner: parts.execution,
                shift: *self,
            }),
            ..parts
        }
    }
}

fn shifted(shift: Shift) -> String {
    let played = with_change(Some(Rc::new(shift)));
    played.err().unwrap_or_else(|| "nothing".to_owned())
}

#[test]
fn a_validator_that_left_and_whose_votes_still_count_is_found() {
    let found = shifted(Shift::Later);
    let is_named = "votes in epoch 2, in which it is no validator";
    assert!(found.starts_with("votes: "), "{found}");
    assert!(found.ends_with(is_named), "{found}");
}

#[test]
fn a_newcomer_whose_votes_count_too_soon_is_found() {
    let found = shifted(Shift::Earlier);
    let is_named = "votes: node 4 votes in epoch 1, in which it is no validator";
    assert_eq!(found, is_named);
}

#[test]
fn nothing_is_found_in_a_change_in_which_nothing_is_planted() {
    let summary = with_change(None);
    assert!(summary.is_ok_and(|summary| summary.changes > 0));
}

/// What is planted above is found because of it: the same games hold without.
#[test]
fn nothing_is_found_where_nothing_is_planted() {
    struct Nothing;
    impl Plant for Nothing {}
    assert_eq!(found(4, &[Kind::Forger], || Rc::new(Nothing)), "nothing");
}
