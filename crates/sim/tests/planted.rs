//! Mistakes that are planted into every honest node: the simulation finds each of them, and says
//! which of the things that must hold does not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, and what is planted is no node's code"
)]

use std::{cell::Cell, panic, path::Path, rc::Rc, sync::Arc};

use idos_consensus::{ApplicationError, Ballot, Block, Parts, Place, Proposal};
use idos_sim::{Newcomer, Plant, Settings, adversary::Kind, play};
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
    for seed in 1..=8 {
        let played = panic::catch_unwind(panic::AssertUnwindSafe(|| play(settings(seed))));
        let Err(failure) = played else {
            continue;
        };
        let text = failure.downcast_ref::<String>().cloned();
        return text.expect("what does not hold is said");
    }
    "nothing".to_owned()
}

/// Votes without a look at signatures, and at what earlier blocks have.
struct NoLook(Arc<dyn Ballot>);

impl Ballot for NoLook {
    fn propose(&self, place: Place<'_>, time: BlockTime) -> Result<Proposal, ApplicationError> {
        self.0.propose(place, time)
    }

    fn verify(&self, _: Place<'_>, _: &Block) -> Result<bool, ApplicationError> {
        Ok(true)
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

/// What is planted above is found because of it: the same games hold without.
#[test]
fn nothing_is_found_where_nothing_is_planted() {
    struct Nothing;
    impl Plant for Nothing {}
    assert_eq!(found(4, &[Kind::Forger], || Rc::new(Nothing)), "nothing");
}
