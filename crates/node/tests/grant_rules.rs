//! The edges of grants: at which second they can be made and end, what is the very same again, and what
//! is left of them once their owner is erased.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use idos_ledger::{Call, PasswordStore, User};
use idos_types::{
    Value,
    limits::{LOCK_SECONDS, WRITE_GRANT_EARLY_SECONDS},
};

use support::{
    call::{call, call_of},
    id,
    key::Key,
    network::{Network, START},
    people::people,
    signed::{Sealed, WriteGrant, access_grant, notes},
};

/// A call that is refused with a text, and changes nothing.
#[track_caller]
fn refused(network: &mut Network, key: &Key, call: Call, text: &str) {
    let before = network.dump();
    let sent = network.send(key, call);
    assert!(!sent.ok && sent.log.contains(text), "{}", sent.log);
    assert!(network.dump().difference(&before).is_empty());
}

/// A call that takes effect, and has none, since everything is as it asks.
#[track_caller]
fn repeated(network: &mut Network, key: &Key, call: Call) {
    let before = network.dump();
    network.must(key, call);
    assert!(network.dump().difference(&before).is_empty());
}

/// A network with a person who has a credential of this name.
fn with_credential(name: &str) -> (Network, Key) {
    let mut network = people(&["person"]);
    let person = Key::of("person");
    network.must(&person, Sealed::new(&person, "", "content").add(id(name)));
    (network, person)
}

#[test]
fn a_copy_that_is_there_is_not_shared_again_with_others_or_for_longer() {
    let (mut network, person) = with_credential("original");
    let another = Sealed::new(&person, "", "content").add(id("another"));
    network.must(&person, another);
    let lock = network.now() + 100;
    let sealed = Sealed::copy(&person, "copy");
    let share = |original: &str, grantee: &str, lock: i64| {
        sealed.share(id("copy"), id(original), grantee, lock)
    };
    network.must(&person, share("original", "grantee", lock));
    repeated(&mut network, &person, share("original", "grantee", lock));
    let mut other_hash = share("original", "grantee", lock);
    other_hash.arguments[6].1 = "hash".into();
    for other in [
        share("another", "grantee", lock),
        share("original", "another grantee", lock),
        share("original", "grantee", lock + 1),
        other_hash,
    ] {
        refused(&mut network, &person, other, "credentials_pkey");
    }
}

#[test]
fn a_lock_reaches_ten_years_ahead_and_not_a_second_more() {
    let (mut network, person) = with_credential("original");
    let now = START + 1_000;
    network.wait_until(now);
    let sealed = Sealed::copy(&person, "copy");
    let share = |lock| sealed.share(id("copy"), id("original"), "grantee", lock);
    let too_long = share(now + LOCK_SECONDS + 1);
    refused(&mut network, &person, too_long, "ten years ahead");
    refused(&mut network, &person, share(-1), "has to be 0 or a time");
    network.must(&person, share(now + LOCK_SECONDS));
    assert_eq!(network.now(), now);
}

#[test]
fn a_grantee_has_one_grant_for_each_lock() {
    let (mut network, person) = with_credential("original");
    let grant = |network: &Network, grantee: &str, lock: i64| {
        access_grant(network, (&person, &person), grantee, id("original"), lock)
    };
    let lock = network.now() + 1_000;
    for lock in [0, lock, lock + 1] {
        let granted = grant(&network, "grantee", lock);
        network.must(&person, granted);
        for same in ["grantee", "GRANTEE"] {
            let again = grant(&network, same, lock);
            refused(
                &mut network,
                &person,
                again,
                "a grant with the same grantee",
            );
        }
    }
}

#[test]
fn a_grant_ends_after_now_and_after_its_lock() {
    let (mut network, person) = with_credential("original");
    let lock = START + 1_000;
    let granted = access_grant(
        &network,
        (&person, &person),
        "grantee",
        id("original"),
        lock,
    );
    network.must(&person, granted);
    let grants = network.state(|state| state.grants_on(id("original").into()).unwrap());
    let end = |at: i64| call!("set_access_grant_expiry", grants[0].id.0, at);
    let wrong = "only in the future and not before its lock";
    refused(&mut network, &person, end(lock), wrong);
    network.must(&person, end(lock + 1));
    network.must(&person, end(0));
    let now = lock + 1_000;
    network.wait_until(now);
    refused(&mut network, &person, end(now), wrong);
    network.must(&person, end(now + 1));
    assert_eq!(network.now(), now);
}

/// A write grant of the person for this issuer, and what the issuer brings by it.
fn written<'a>(
    person: &'a Key,
    issuer: &'a Key,
    usable: (i64, i64),
    original: &'a str,
) -> WriteGrant<'a> {
    WriteGrant {
        owner: person,
        signer: person,
        grantee: "grantee",
        issuer,
        id: id("write grant"),
        locked_until: 0,
        usable,
        original: (id(original), "", "content"),
        copy: (id("copy"), "copy"),
    }
}

#[test]
fn a_write_grant_counts_from_its_first_second_to_its_last() {
    let (person, issuer) = (Key::of("person"), Key::of("issuer"));
    let (first, last) = (START + 1_000, START + 2_000);
    let early = first - WRITE_GRANT_EARLY_SECONDS;
    let template = people(&["person"]).into_template();
    for (at, counts) in [
        (early - 1, false),
        (early, true),
        (first, true),
        (last, true),
        (last + 1, false),
    ] {
        let mut network = template.open();
        network.wait_until(at);
        let call = written(&person, &issuer, (first, last), "original").call(&network);
        if counts {
            network.must(&issuer, call);
        } else {
            let text = "only be used after dwg_not_before and before";
            refused(&mut network, &issuer, call, text);
        }
        assert_eq!(network.now(), at);
    }
}

/// Whoever used a write grant and did not hear of it may send the same again.
#[test]
fn a_used_write_grant_brings_the_very_same_again_and_nothing_else() {
    let mut network = people(&["person"]);
    let (person, issuer) = (Key::of("person"), Key::of("issuer"));
    let usable = (network.now() - 10, network.now() + 1_000);
    let grant = written(&person, &issuer, usable, "original");
    let call = grant.call(&network);
    network.must(&issuer, call.clone());
    repeated(&mut network, &issuer, call);
    for other in [
        WriteGrant {
            original: (id("original"), "", "other content"),
            ..grant.clone()
        },
        WriteGrant {
            copy: (id("copy"), "other copy"),
            ..grant.clone()
        },
        WriteGrant {
            copy: (id("another copy"), "copy"),
            ..grant.clone()
        },
    ] {
        let call = other.call(&network);
        refused(&mut network, &issuer, call, "consumed_write_grants_pkey");
    }
    // Another write grant takes no id that is taken, and not one id twice.
    for (original, copy) in [
        ("original", "new copy"),
        ("new", "copy"),
        ("new", "original"),
        ("new", "new"),
    ] {
        let second = WriteGrant {
            id: id("second write grant"),
            original: (id(original), "", "content"),
            copy: (id(copy), "copy"),
            ..grant.clone()
        };
        let call = second.call(&network);
        refused(&mut network, &issuer, call, "credentials_pkey");
    }
}

/// Arguments of `create_credentials_by_dwg` that say what is brought, before those that the owner signed.
const BROUGHT: usize = 13;

#[test]
fn a_write_grant_for_one_inserter_is_none_for_another() {
    let mut network = people(&["person"]);
    let (person, issuer, other) = (Key::of("person"), Key::of("issuer"), Key::of("other"));
    let owner = Network::owner();
    network.must(&owner, call!("add_inserter_as_owner", id("other"), "other"));
    let delegate = |of: &str| call!("add_delegate_as_owner", other.text(), id(of));
    network.must(&owner, delegate("other"));
    let usable = (network.now() - 10, network.now() + 1_000);
    let terms = written(&person, &issuer, usable, "original").call(&network);
    let mut brought = written(&person, &other, usable, "original").call(&network);
    brought.arguments.truncate(BROUGHT);
    brought
        .arguments
        .extend(terms.arguments.into_iter().skip(BROUGHT));
    let text = "credentials issuer must be an issuer of delegated write grant";
    refused(&mut network, &other, brought.clone(), text);
    // The same key for the inserter that is named.
    let gone = call!("delete_delegate_as_owner", other.text());
    network.must(&owner, gone);
    network.must(&owner, delegate("issuer"));
    network.must(&other, brought);
}

/// However grantee and hash are spelled: it would be the same grant, which its owner or grantee ended.
#[test]
fn a_delegated_grant_that_ended_is_not_made_again_in_another_spelling() {
    let (mut network, person) = with_credential("original");
    let grant = |network: &Network, grantee: &str, hash: &str| {
        let mut terms: Vec<Value> = vec![
            person.text().into(),
            grantee.into(),
            id("original").into(),
            0_i64.into(),
            hash.into(),
        ];
        let message = network.text(call_of("dag_message", terms.clone()));
        terms.push(person.sign_hex(&message).into());
        call_of("create_ag_by_dag_for_copy", terms)
    };
    let made = grant(&network, "grantee", "ab");
    network.must(&person, made);
    let grants = network.state(|state| state.grants_on(id("original").into()).unwrap());
    network.must(&person, call!("revoke_access_grant", grants[0].id.0));
    for (grantee, hash) in [("grantee", "ab"), ("GRANTEE", "ab"), ("grantee", "AB")] {
        let again = grant(&network, grantee, hash);
        refused(
            &mut network,
            &person,
            again,
            "this delegated access grant ended",
        );
    }
    let another = grant(&network, "grantee", "cd");
    network.must(&person, another);
}

#[test]
fn what_a_lock_keeps_of_an_erased_profile_says_nothing_of_the_person() {
    let mut network = people(&["person"]);
    let (person, issuer) = (Key::of("person"), Key::of("issuer"));
    let original = id("original");
    let sealed = Sealed::new(&issuer, &notes("vc"), "content");
    network.must(&person, sealed.add(original));
    // Without notes, but with the id by which its issuer changes them.
    network.must(&issuer, call!("edit_public_notes_as_issuer", "vc", ""));
    let lock = network.now() + 1_000;
    for (grantee, lock) in [("locked", lock), ("free", 0)] {
        let granted = access_grant(&network, (&person, &person), grantee, original, lock);
        network.must(&person, granted);
    }
    let own_key = call!("update_encryption_key", "own encryption key", "mpc");
    network.must(&person, own_key);
    network.must(&person, call!("action_costing_gas"));
    network.must(&person, call!("erase_profile"));
    let user = network.state(|state| state.user(id("person").into()).unwrap());
    let nothing = User {
        id: id("person").into(),
        recipient_encryption_public_key: String::new(),
        encryption_password_store: PasswordStore::User,
        inserter: String::new(),
        gas_allowance: 0,
        claimed: true,
        erased: true,
    };
    assert_eq!(user, Some(nothing));
    let header = network.state(|state| state.credential_header(original.into()).unwrap());
    assert_eq!(header.unwrap().verifiable_credential_id, None);
    let grants = network.state(|state| state.grants_on(original.into()).unwrap());
    let left: Vec<_> = grants.iter().map(|it| it.grantee.as_str()).collect();
    assert_eq!(left, ["locked"]);
    network.check_tree();
}
