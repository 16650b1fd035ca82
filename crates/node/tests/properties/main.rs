//! Properties of the rules, over whole lives of a network: people, issuers and grantees do what
//! they like in any order, at times that jump, with ids that come again.
//!
//! A failure prints the shortest life that shows it, and keeps its seed in `regressions.txt`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

mod acts;
mod attribute_acts;
mod credential_acts;
mod governing;
mod inserter_acts;
mod model;
mod play;
mod reads;
mod steps;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;

use idos_consensus::Item;
use idos_store::Receipt;
use idos_types::limits::DUE_PER_BLOCK;
use idos_wire::TxCode;
use proptest::{prelude::*, test_runner::FileFailurePersistence};

use crate::{
    play::{Message, Play},
    reads::{check_grants_at, check_reads, check_reads_before_the_next_block},
    steps::{NewId, Pick, Step, When, later, steps},
    support::{
        id,
        key::Key,
        network::{Network, START},
        signed::{WriteGrant, add_wallet, upsert_wallet},
    },
};

/// Where the seeds of failures are kept.
const REGRESSIONS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/properties/regressions.txt"
);

/// `PROPTEST_CASES` asks for more lives than those of every run.
fn config() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig {
        cases: asked.and_then(|cases| cases.parse().ok()).unwrap_or(32),
        max_shrink_iters: 2_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(REGRESSIONS))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    /// Neither the owner nor an issuer ends a grant or takes data away before its lock ends; the
    /// grantee may give up.
    #[test]
    fn a_lock_holds_until_it_ends(steps in steps()) {
        let mut play = Play::new();
        for step in &steps {
            play.play(step);
            play.check_promises();
        }
    }

    /// What is there is what the model says, after every step.
    #[test]
    fn every_step_does_what_it_means_and_nothing_else(steps in steps()) {
        let mut play = Play::new();
        for (at, step) in steps.iter().enumerate() {
            play.play(step);
            play.check_rows();
            if at % 8 == 0 || at + 1 == steps.len() {
                play.network.check_tree();
            }
        }
    }

    /// Whoever reads data owns it, or has a grant that is alive; and they can. A grant that has ended
    /// is not alive, whether there was a block since or not.
    #[test]
    fn only_owners_and_grantees_read(steps in steps()) {
        let mut play = Play::new();
        for (at, step) in steps.iter().enumerate() {
            play.play(step);
            if at % 8 == 0 || at + 1 == steps.len() {
                check_reads(&play);
                check_reads_before_the_next_block(&play);
            }
        }
    }

    /// Neither an old transaction nor an old message in a new one changes anything.
    #[test]
    fn nothing_replayed_takes_effect_twice(steps in steps(), pause in later()) {
        let mut play = Play::new();
        steps.iter().for_each(|step| play.play(step));
        play.play(&Step::Wait(pause));
        replay_transactions(&mut play.network);
        replay_messages(&mut play);
        play.check_rows();
    }

    /// Whatever has a deadline is gone from views with its very second, and from every table with the
    /// first block after it.
    #[test]
    fn nothing_outlives_its_deadline(steps in steps()) {
        let mut play = Play::new();
        steps.iter().for_each(|step| play.play(step));
        while let Some(due) = play.network.next_due() {
            prop_assert!(due > play.model.now, "overdue work is left");
            check_grants_at(&play, due);
            play.wait_until(due);
            play.check_rows();
        }
        let dump = play.network.dump();
        prop_assert!(dump.table("due").is_empty());
        prop_assert!(dump.table("consumed_write_grants").is_empty());
        prop_assert!(dump.table("access_grants").iter().all(|row| row["expires_at"] == "0"));
        prop_assert!(dump.table("shared_credentials").iter().all(|row| row["original_id"] != "NULL"));
        prop_assert!(dump.table("users").iter().all(|row| row["erased"] == "0"));
    }

    /// No reference dangles, also those that the database does not know of.
    #[test]
    fn every_reference_holds(steps in steps()) {
        let mut play = Play::new();
        for step in &steps {
            play.play(step);
            check_references(&play.network);
        }
    }

    /// A failed transaction uses up a nonce and does nothing else; a stranger's not even that.
    #[test]
    fn a_failed_transaction_changes_only_its_nonce(steps in steps()) {
        let mut play = Play::new();
        play.is_watching_failures = true;
        steps.iter().for_each(|step| play.play(step));
    }

    /// Whatever operators, owner and strangers do: there are always validators, and not too many;
    /// nobody decides alone once four validators vote, nor with two thirds of them; and every
    /// replica has the same.
    #[test]
    fn a_network_governs_itself(first in 1..8usize, acts in governing::acts()) {
        let mut play = governing::Governing::new(first);
        for act in &acts {
            play.act(act);
            play.check();
        }
        play.check_replica();
    }

    /// The same blocks give the same results and the same rows, salts included, also to a node that
    /// stopped and started in between.
    #[test]
    fn the_same_blocks_give_the_same_state(steps in steps(), stops in 1..20usize) {
        let mut play = Play::new();
        steps.iter().for_each(|step| play.play(step));
        let mut other = Network::new();
        for (at, block) in play.network.blocks.iter().enumerate() {
            if at % stops == stops - 1 && at < 3 * stops {
                other = other.reopen();
            }
            other.run(block.clone());
        }
        prop_assert_eq!(play.network.progress(), other.progress());
        prop_assert_eq!(play.network.dump(), other.dump());
    }
}

/// Every old transaction again, byte for byte: those that left a receipt. The others are failures of
/// strangers, which never happened.
fn replay_transactions(network: &mut Network) {
    let before = network.dump();
    let receipts = |network: &Network, items: &[Item]| -> Vec<Option<Receipt>> {
        let receipt = |item: &Item| network.read(|state| state.receipt(&item.hash).unwrap());
        items.iter().map(receipt).collect()
    };
    let items = network.blocks.iter().flat_map(|block| block.items.clone());
    let items: Vec<_> = items
        .filter(|item| receipts(network, std::slice::from_ref(item)) != [None])
        .collect();
    let told = receipts(network, &items);
    let executed = network.block(items.clone());
    for outcome in &executed.outcomes {
        assert_eq!(outcome.code, TxCode::InvalidNonce, "{}", outcome.log);
    }
    assert_eq!(executed.outcomes.len(), items.len());
    assert_eq!(receipts(network, &items), told);
    let after = network.dump();
    assert_eq!(after.difference(&before), []);
    assert_eq!(after.accounts, before.accounts);
}

/// Every message that took effect, in new transactions of whoever might want it.
fn replay_messages(play: &mut Play) {
    let thief = Key::of("thief");
    let issuer = play.issuers[0].clone();
    let before = play.network.dump();
    for message in std::mem::take(&mut play.messages) {
        match message {
            Message::Grant(call) => {
                for sender in [&thief, &issuer] {
                    play.network.send(sender, call.clone());
                }
            }
            Message::Ownership(wallet, nonce) => {
                let wallet_id = id(&play.fresh());
                for sender in &play.people {
                    let profile = play.model.user_of(sender.text());
                    let may_put_back = |profile| play.model.may_put_back(profile, wallet.text());
                    if !profile.is_some_and(may_put_back) {
                        play.network
                            .send(sender, add_wallet(wallet_id, &wallet, &nonce));
                    }
                }
                for (user, issuer) in play.profile_ids.iter().zip(play.issuers.iter().cycle()) {
                    let call = upsert_wallet(wallet_id, *user, &wallet, &nonce);
                    play.network.send(issuer, call);
                }
            }
        }
    }
    let changed = play.network.dump().difference(&before);
    assert_eq!(changed, [], "an old message took effect again");
}

/// What SQLite says about references, and what it does not know of.
fn check_references(network: &Network) {
    let dump = network.dump();
    assert_eq!(dump.dangling, [] as [String; 0], "dangling references");
    let ids = |table: &str| -> BTreeSet<&str> {
        dump.table(table)
            .iter()
            .map(|row| row["id"].as_str())
            .collect()
    };
    let (credentials, grants) = (ids("credentials"), ids("access_grants"));
    for grant in dump.table("access_grants") {
        assert!(
            credentials.contains(grant["data_id"].as_str()),
            "a grant on nothing"
        );
    }
    for due in dump.table("due") {
        let id = due["id"].as_str();
        match due["kind"].as_str() {
            "0" => assert!(grants.contains(id), "a deadline of no grant"),
            "2" => assert!(
                ids("consumed_write_grants").contains(id),
                "nothing to forget"
            ),
            // Nor does the release of a credential that is gone do harm, even if its id is in use
            // again: see `every_step_does_what_it_means_and_nothing_else`.
            _ => {}
        }
    }
}

/// An original that only a lock kept of an erased profile is there for its grantees alone.
#[test]
fn what_a_lock_kept_of_an_erased_profile_goes_with_its_last_grant() {
    let mut play = Play::new();
    let before = play.network.dump().table("users").len();
    let one = Pick::at(1);
    let lock = When::In(1_000);
    for step in [
        Step::Add {
            person: one,
            issuer: one,
            id: NewId::Fresh,
        },
        Step::UseAccessGrant {
            person: one,
            sender: one,
            credential: one,
            grantee: one,
            lock,
        },
        Step::Erase { person: one },
    ] {
        play.play(&step);
    }
    let kept = play.network.dump();
    assert_eq!(kept.table("credentials").len(), 1, "locked data is kept");
    assert_eq!(kept.table("users").len(), before, "and needs an owner");
    play.play(&Step::Rescind {
        grantee: one,
        credential: one,
    });
    let left = play.network.dump();
    assert!(left.table("credentials").is_empty());
    assert_eq!(left.table("users").len(), before - 1);
    play.check_rows();
}

/// More deadlines at one time than a block works off: the next blocks go on.
#[test]
fn overdue_work_is_done_in_pieces_and_to_its_end() {
    let mut play = Play::new();
    let (issuer, person) = (play.issuers[0].clone(), play.people[0].clone());
    let count = DUE_PER_BLOCK + 40;
    let items = (1..=count).map(|nonce| {
        let name = format!("grant {nonce}");
        let call = WriteGrant {
            owner: &person,
            signer: &person,
            grantee: play.grantees[0].text(),
            issuer: &issuer,
            id: id(&name),
            locked_until: 0,
            usable: (START, START + 100),
            original: (id(&format!("original {nonce}")), "", &name),
            copy: (id(&format!("copy {nonce}")), &name),
        }
        .call(&play.network);
        let nonce = u64::try_from(nonce).unwrap();
        support::network::transaction(&person, call, nonce, String::new())
    });
    let items = items.collect();
    let executed = play.network.block(items);
    assert_eq!(executed.outcomes.len(), count);
    let left = |network: &Network| network.dump().table("consumed_write_grants").len();
    assert_eq!(left(&play.network), count);
    play.network.wait_until(START + 100);
    assert_eq!(left(&play.network), count, "usable until then");
    play.network.wait_until(START + 101);
    assert_eq!(left(&play.network), count - DUE_PER_BLOCK);
    play.network.block(Vec::new());
    assert_eq!(left(&play.network), 0);
}
