//! When an ownership message counts again that was used before: the messages here name no profile,
//! as those of applications of today.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use idos_ledger::Call;

use support::{
    call::call,
    id,
    key::Key,
    network::Network,
    people::people,
    signed::{add_wallet, upsert_wallet},
};

const SPENT: &str = "this signed message was used before";

/// Links the wallet of this name, always by the same message, under an id of its own.
fn link(wallet: &str, row: &str) -> Call {
    add_wallet(id(row), &Key::of(wallet), "constant")
}

fn take_off(row: &str) -> Call {
    call!("remove_wallet", id(row))
}

#[track_caller]
fn must_be_spent(network: &mut Network, key: &Key, call: Call) {
    let sent = network.send(key, call);
    assert!(!sent.ok && sent.log.contains(SPENT), "{}", sent.log);
}

#[test]
fn the_wallets_of_a_profile_put_back_what_they_took_off() {
    let mut network = people(&["person", "other"]);
    let (person, other) = (Key::of("person"), Key::of("other"));
    network.must(&person, link("second", "1"));
    network.must(&person, link("third", "of third"));
    for (old, new) in [("1", "2"), ("2", "3")] {
        network.must(&person, take_off(old));
        assert!(!network.knows(&Key::of("second")));
        must_be_spent(&mut network, &other, link("second", new));
        // Any wallet of the profile, not only the one that took it off.
        network.must(&Key::of("third"), link("second", new));
        assert!(network.knows(&Key::of("second")));
    }
    network.must(&Key::of("second"), take_off("wallet of person"));
    assert!(!network.knows(&person));
    network.check_tree();
}

#[test]
fn a_wallet_that_left_is_not_put_back_by_what_it_signed_before() {
    let mut network = people(&["person", "other"]);
    let (person, other, wallet) = (Key::of("person"), Key::of("other"), Key::of("second"));
    network.must(&person, link("second", "1"));
    network.must(&wallet, call!("detach_wallet"));
    must_be_spent(&mut network, &person, link("second", "2"));

    // Taken off and put back, it leaves: by no message that it signed before does it come back.
    network.must(&person, add_wallet(id("3"), &wallet, "another text"));
    network.must(&person, take_off("3"));
    network.must(&person, link("second", "4"));
    network.must(&wallet, call!("detach_wallet"));
    for text in ["constant", "another text"] {
        must_be_spent(&mut network, &person, add_wallet(id("5"), &wallet, text));
    }
    network.must(&person, add_wallet(id("5"), &wallet, "a third text"));
    network.must(&person, take_off("5"));
    must_be_spent(&mut network, &person, link("second", "6"));
    network.check_tree();

    // Having left one profile tells nothing about another one that it agreed to be in later.
    network.must(
        &other,
        add_wallet(id("elsewhere"), &wallet, "a fourth text"),
    );
    network.must(&other, take_off("elsewhere"));
    network.must(&other, link("second", "back"));
    network.check_tree();
}

#[test]
fn erasing_a_profile_ends_what_its_wallets_agreed_to() {
    let mut network = people(&["person"]);
    let (person, issuer) = (Key::of("person"), Key::of("issuer"));
    network.must(&person, link("off", "of off"));
    network.must(&person, take_off("of off"));
    network.must(&person, call!("erase_profile"));

    // A profile of the same id, which its maker has a wallet in.
    network.must(
        &issuer,
        call!(
            "add_user_as_inserter",
            id("person"),
            "encryption key",
            "user"
        ),
    );
    let first = upsert_wallet(id("first"), id("person"), &Key::of("stranger"), "1");
    network.must(&issuer, first);
    must_be_spent(&mut network, &Key::of("stranger"), link("off", "back"));
    network.check_tree();
}

#[test]
fn an_inserter_puts_nothing_back() {
    let mut network = people(&["person"]);
    let issuer = Key::of("issuer");
    let row = |wallet: &str, nonce: &str| {
        upsert_wallet(
            id("wallet of person"),
            id("person"),
            &Key::of(wallet),
            nonce,
        )
    };
    network.must(&issuer, row("another", "2"));
    must_be_spent(&mut network, &issuer, row("person", "1"));
    network.must(&issuer, row("person", "3"));
}
