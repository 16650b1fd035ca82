//! How much one person, inserter or party may have: what is one too much is refused and says what to
//! do, and there is room again when something is gone. What operators may have: `governance/`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use idos_ledger::Call;
use idos_types::limits::{
    ATTRIBUTES_PER_USER, CALLS, CONTENT_BYTES_PER_USER, CREDENTIALS_PER_USER,
    DELEGATES_PER_INSERTER, GRANTS_PER_CREDENTIAL, GRANTS_PER_USER, VERSIONS_PER_PARTY,
    WALLETS_PER_USER,
};
use support::{
    call::call,
    id,
    key::Key,
    network::Network,
    people::people,
    signed::{Sealed, access_grant, add_wallet, publish_keys},
};

fn of(what: &str, number: usize) -> idos_types::Uuid {
    id(&format!("{what} {number}"))
}

/// Makes calls, many in a transaction, which all succeed.
fn all(network: &mut Network, key: &Key, calls: impl IntoIterator<Item = Call>) {
    let calls: Vec<_> = calls.into_iter().collect();
    for calls in calls.chunks(CALLS) {
        let sent = network.send_all(key, calls.to_vec());
        assert!(sent.ok, "{}", sent.log);
    }
}

/// A call that is one too many.
#[track_caller]
fn refused(network: &mut Network, key: &Key, call: Call, max: usize, what: &str) {
    let before = network.dump();
    let sent = network.send(key, call);
    let said = format!("at most {max} {what} are allowed, remove some first");
    assert!(!sent.ok && sent.log.contains(&said), "{}", sent.log);
    assert!(network.dump().difference(&before).is_empty());
}

#[test]
fn a_person_has_so_many_attributes() {
    let mut network = people(&["person"]);
    let person = Key::of("person");
    let add = |number| call!("add_attribute", of("attribute", number), "key", "value");
    all(&mut network, &person, (0..ATTRIBUTES_PER_USER).map(add));
    let one_more = add(ATTRIBUTES_PER_USER);
    let what = "attributes";
    refused(
        &mut network,
        &person,
        one_more.clone(),
        ATTRIBUTES_PER_USER,
        what,
    );
    network.must(&person, call!("remove_attribute", of("attribute", 0)));
    network.must(&person, one_more);
}

#[test]
fn a_person_has_so_many_wallets() {
    let mut network = people(&["person"]);
    let person = Key::of("person");
    let add = |number: usize| {
        let wallet = Key::of(&format!("wallet {number}"));
        add_wallet(of("wallet", number), &wallet, "nonce")
    };
    // The first one is that of the profile.
    all(&mut network, &person, (1..WALLETS_PER_USER).map(add));
    let one_more = add(WALLETS_PER_USER);
    let what = "wallets";
    refused(
        &mut network,
        &person,
        one_more.clone(),
        WALLETS_PER_USER,
        what,
    );
    network.must(&person, call!("remove_wallet", of("wallet", 1)));
    network.must(&person, one_more);
}

#[test]
fn a_person_has_so_many_credentials() {
    let mut network = people(&["person"]);
    let person = Key::of("person");
    let sealed = Sealed::new(&Key::of("issuer"), "", "content");
    let add = |number| sealed.add(of("credential", number));
    all(&mut network, &person, (0..CREDENTIALS_PER_USER).map(add));
    let one_more = add(CREDENTIALS_PER_USER);
    let what = "credentials";
    refused(
        &mut network,
        &person,
        one_more.clone(),
        CREDENTIALS_PER_USER,
        what,
    );
    network.must(&person, call!("remove_credential", of("credential", 0)));
    network.must(&person, one_more);
}

#[test]
fn a_person_has_so_many_bytes_of_contents() {
    let mut network = people(&["person"]);
    let person = Key::of("person");
    let sealed = Sealed::new(&Key::of("issuer"), "", &"x".repeat(4_400_000));
    let add = |number| sealed.add(of("credential", number));
    let fit = CONTENT_BYTES_PER_USER / sealed.content.len();
    for number in 0..fit {
        network.must(&person, add(number));
    }
    let what = "bytes of contents of credentials";
    refused(
        &mut network,
        &person,
        add(fit),
        CONTENT_BYTES_PER_USER,
        what,
    );
    network.must(&person, call!("remove_credential", of("credential", 0)));
    let small = Sealed::new(&Key::of("issuer"), "", "content");
    network.must(&person, small.add(of("credential", fit)));
    network.must(&person, small.add(of("credential", fit + 1)));
    // One grows to what is left, and the other cannot.
    network.must(&person, sealed.edit(of("credential", fit)));
    let one_more = sealed.edit(of("credential", fit + 1));
    refused(
        &mut network,
        &person,
        one_more,
        CONTENT_BYTES_PER_USER,
        what,
    );
    // What is as large as before has room.
    network.must(&person, sealed.edit(of("credential", 1)));
}

#[test]
fn a_credential_has_so_many_grants() {
    let mut network = people(&["person"]);
    let person = Key::of("person");
    let credential = id("credential");
    let sealed = Sealed::new(&Key::of("issuer"), "", "content");
    network.must(&person, sealed.add(credential));
    let grant = |network: &Network, number: usize| {
        let grantee = format!("grantee {number}");
        access_grant(network, (&person, &person), &grantee, credential, 0)
    };
    for number in 0..GRANTS_PER_CREDENTIAL {
        let grant = grant(&network, number);
        network.must(&person, grant);
    }
    let one_more = grant(&network, GRANTS_PER_CREDENTIAL);
    let what = "grants on one credential";
    refused(
        &mut network,
        &person,
        one_more.clone(),
        GRANTS_PER_CREDENTIAL,
        what,
    );
    let grants = network.state(|state| state.grants_on(credential.into()).unwrap());
    network.must(&person, call!("revoke_access_grant", grants[0].id.0));
    network.must(&person, one_more);
}

#[test]
fn a_person_has_so_many_grants() {
    let mut network = people(&["person"]);
    let person = Key::of("person");
    let sealed = Sealed::new(&Key::of("issuer"), "", "content");
    let full = GRANTS_PER_USER / GRANTS_PER_CREDENTIAL;
    let add = |number| sealed.add(of("credential", number));
    all(&mut network, &person, (0..=full).map(add));
    let grant = |network: &Network, credential: usize, number: usize| {
        let grantee = format!("grantee {number}");
        let credential = of("credential", credential);
        access_grant(network, (&person, &person), &grantee, credential, 0)
    };
    for credential in 0..full {
        let grants = (0..GRANTS_PER_CREDENTIAL).map(|number| grant(&network, credential, number));
        let grants: Vec<_> = grants.collect();
        all(&mut network, &person, grants);
    }
    let one_more = grant(&network, full, 0);
    let what = "grants";
    refused(
        &mut network,
        &person,
        one_more.clone(),
        GRANTS_PER_USER,
        what,
    );
    let grants = network.state(|state| state.grants_on(of("credential", 0).into()).unwrap());
    network.must(&person, call!("revoke_access_grant", grants[0].id.0));
    network.must(&person, one_more);
}

#[test]
fn an_inserter_has_so_many_delegates() {
    let mut network = Network::new();
    let owner = Network::owner();
    network.must(
        &owner,
        call!("add_inserter_as_owner", id("inserter"), "inserter"),
    );
    let add = |number: usize| {
        let delegate = Key::of(&format!("delegate {number}"));
        call!("add_delegate_as_owner", delegate.text(), id("inserter"))
    };
    all(&mut network, &owner, (0..DELEGATES_PER_INSERTER).map(add));
    let one_more = add(DELEGATES_PER_INSERTER);
    let what = "delegates";
    refused(
        &mut network,
        &owner,
        one_more.clone(),
        DELEGATES_PER_INSERTER,
        what,
    );
    let first = Key::of("delegate 0");
    network.must(&owner, call!("delete_delegate_as_owner", first.text()));
    network.must(&owner, one_more);
}

#[test]
fn a_party_publishes_so_many_versions_of_its_keys() {
    let mut network = Network::new();
    let (party, key) = (id("party"), Key::of("party"));
    let add = call!("add_party_as_owner", party, key.text(), "issuer");
    network.must(&Network::owner(), add);
    for _ in 0..VERSIONS_PER_PARTY {
        let publish = publish_keys(&network, party, &key);
        network.must(&key, publish);
    }
    let one_more = publish_keys(&network, party, &key);
    let sent = network.send(&key, one_more);
    let said = format!("at most {VERSIONS_PER_PARTY} ");
    assert!(!sent.ok && sent.log.contains(&said), "{}", sent.log);
}
