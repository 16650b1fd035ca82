//! What writes did, and did not do, when a part of them fails, a node lies, or another device was
//! faster: through the SDK, on a real node.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use idos_client::{
    FlowError, Owner,
    person::{Keys, Person, ShareTerms},
};
use idos_credential::Seconds;
use idos_crypto::{Factor, NewFactor, Password, PasswordCost, SigningKey};
use serde_json::{Value as Json, json};
use support::{
    node::Node,
    proxy::{Proxy, rejection},
    sdk::Sdk,
};

const PASSWORD: &str = "correct horse battery";
const YEAR: i64 = 365 * 24 * 3600;

fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shared_has_its_end_or_is_taken_back() {
    let node = Node::started();
    let sdk = Sdk::new(&node).await;
    let (person, keys, wallet) = sdk.person(&password(PASSWORD)).await;
    let signer = SigningKey::generate().unwrap();
    let added = person.add_credential(&keys, "{}", b"what is shared", &signer);
    let added = added.await.unwrap();
    let reader = sdk.reader();
    let recipient = reader.recipient();
    let now = now();
    let terms = |locked_until, expires_at| ShareTerms {
        locked_until: Seconds(locked_until),
        expires_at: Seconds(expires_at),
    };

    for wrong in [
        terms(0, now - 1),
        terms(now + YEAR, now + YEAR),
        terms(now + YEAR, now + 3600),
    ] {
        let refused = person.share(&keys, added, &recipient, wrong).await;
        let refused = refused.unwrap_err();
        assert!(matches!(refused, FlowError::EndTooEarly(_)), "{refused}");
        assert_eq!(refused.owner(), Owner::Caller);
        assert!(person.grants().await.unwrap().is_empty());
    }
    let right = terms(now + 1, now + YEAR);
    let shared = person.share(&keys, added, &recipient, right).await.unwrap();
    let granted = person.grants().await.unwrap();
    assert_eq!(granted[0].expires_at, now + YEAR);
    assert_eq!((granted.len(), granted[0].id), (1, shared.grant));

    // It is found, also if the first look fails.
    let by_way_of = |nodes: &Proxy| sdk.through(&[&nodes.url]).with_wallet(wallet.clone());
    let proxy = first_look_refused(&node);
    let through = Person::open(by_way_of(&proxy)).await.unwrap();
    let looked = through.share(&keys, added, &recipient, terms(0, 0));
    person.revoke(looked.await.unwrap().grant).await.unwrap();

    // The second write, which sets the end, comes to nothing.
    let proxy = second_refused(&node);
    let through = Person::open(by_way_of(&proxy)).await.unwrap();
    let free = through.share(&keys, added, &recipient, terms(0, now + YEAR));
    let free = free.await.unwrap_err();
    assert!(matches!(free, FlowError::TakenBack(_)), "{free}");
    assert_eq!(person.grants().await.unwrap().len(), 1, "no other grant");
    assert_eq!(
        person.credentials().await.unwrap().len(),
        2,
        "no other copy"
    );

    let proxy = second_refused(&node);
    let through = Person::open(by_way_of(&proxy)).await.unwrap();
    let held = terms(now + YEAR, now + 2 * YEAR);
    let held = through.share(&keys, added, &recipient, held).await;
    let held = held.unwrap_err();
    let text = held.to_string();
    let FlowError::HalfShared { copy, grant, .. } = held else {
        panic!("{held}");
    };
    assert!(text.contains(&grant.to_string()) && text.contains(&copy.to_string()));
    let end = Seconds(now + 2 * YEAR);
    person.set_expiry(grant, end).await.unwrap();
    let granted = person.grants().await.unwrap();
    let granted = granted.iter().find(|it| it.id == grant).unwrap();
    assert_eq!(
        (granted.data_id, granted.expires_at),
        (copy, now + 2 * YEAR)
    );
}

/// In the place of a node that refuses the second write.
fn second_refused(node: &Node) -> Proxy {
    let broadcasts = AtomicUsize::new(0);
    Proxy::in_place_of(&node.url, move |method| {
        let number = match method {
            "user.broadcast" => broadcasts.fetch_add(1, Ordering::SeqCst),
            _ => 0,
        };
        (number == 1).then(rejection)
    })
}

/// In the place of a node that does not prove what the first write did, at first.
fn first_look_refused(node: &Node) -> Proxy {
    let is_written = AtomicBool::new(false);
    Proxy::in_place_of(&node.url, move |method| match method {
        "user.broadcast" => {
            is_written.store(true, Ordering::SeqCst);
            None
        }
        "idos.prove" => is_written.swap(false, Ordering::SeqCst).then(rejection),
        _ => None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_was_interrupted_is_ended_later() {
    let node = Node::started();
    let sdk = Sdk::new(&node).await;
    let (person, keys, wallet) = sdk.person(&password(PASSWORD)).await;
    let signer = SigningKey::generate().unwrap();
    let add = async |notes: &str, content: &[u8]| {
        let added = person.add_credential(&keys, notes, content, &signer);
        added.await.unwrap()
    };
    let old = add(r#"{"id":"1"}"#, b"the first version").await;
    let reader = sdk.reader();
    let recipient = reader.recipient();
    let share = async |locked_until| {
        let terms = ShareTerms {
            locked_until: Seconds(locked_until),
            expires_at: Seconds(0),
        };
        let sharing = person.share(&keys, old, &recipient, terms);
        sharing.await.unwrap()
    };
    let (free, held) = (share(0).await, share(now() + YEAR).await);
    let new = add(r#"{"id":"2","replaces":"1"}"#, b"the second version").await;
    let offers = async || -> Vec<_> {
        let offers = person.renewals(&keys).await.unwrap().into_iter();
        offers.map(Result::unwrap).collect()
    };
    let first = offers().await;
    assert_eq!(first.len(), 2);
    assert!(first.iter().all(|it| it.newer.is_none() && it.new == new));

    let proxy = second_refused(&node);
    let through = sdk.through(&[&proxy.url]).with_wallet(wallet);
    let through = Person::open(through).await.unwrap();
    let offer = first.iter().find(|it| it.grant.id == free.grant).unwrap();
    let renewed = through.renew(&keys, offer, &recipient).await;
    let Err(FlowError::OlderStays { copy, older, .. }) = renewed else {
        panic!("{renewed:?}");
    };
    assert_eq!(older, free.grant);

    // It is not shared once more, and what a lock holds is not offered: nothing is left to do there.
    let left = offers().await;
    assert_eq!((left.len(), left[0].grant.id), (1, free.grant));
    assert_eq!(left[0].newer.unwrap().copy, copy);
    person.revoke(older).await.unwrap();
    assert!(offers().await.is_empty());
    let granted = person.grants().await.unwrap();
    let granted: Vec<_> = granted.iter().map(|it| it.data_id).collect();
    assert_eq!(granted.len(), 2);
    assert!(granted.contains(&copy) && granted.contains(&held.copy));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_of_a_key_ring_the_second_is_refused() {
    let node = Node::started();
    let sdk = Sdk::new(&node).await;
    let (mut person, keys, wallet) = sdk.person(&password(PASSWORD)).await;
    let other = sdk.through(&[&node.url]).with_wallet(wallet.clone());
    let mut other = Person::open(other).await.unwrap();
    let first = password(PASSWORD);
    let theirs = other.unlock(&Factor::Password(&first), 0).await.unwrap();

    // One device replaces the key; the other still has the ring of before.
    let new = password("staple of another kind");
    let factors = [NewFactor::Password(&new, PasswordCost::LEAST)];
    let keys = person.replace_key(&keys, &factors).await.unwrap();
    let more = password("one more password");
    let factor = NewFactor::Password(&more, PasswordCost::LEAST);
    let refused = other.add_factor(&theirs, &factor).await.map(drop);
    let refused = refused.unwrap_err();
    assert!(matches!(refused, FlowError::KeyRingChanged), "{refused}");
    assert_eq!(refused.owner(), Owner::Caller);
    let refused = other.add_recovery_words(&theirs).await.map(drop);
    assert!(matches!(refused, Err(FlowError::KeyRingChanged)));
    assert_eq!(
        other.wallets().await.unwrap().len(),
        1,
        "no wallet of lost words"
    );
    let refused = other
        .change_password(&theirs, &more, PasswordCost::LEAST)
        .await;
    assert!(matches!(refused, Err(FlowError::KeyRingChanged)));

    // Nothing is lost, and whoever unlocks again can change it.
    let mut other = Person::open(other.client().clone()).await.unwrap();
    let theirs = other.unlock(&Factor::Password(&new), 0).await.unwrap();
    assert_eq!(theirs.public_key(), keys.public_key());
    assert_eq!(theirs.revision(), keys.revision());
    let (theirs, words) = other.add_recovery_words(&theirs).await.unwrap();
    let refused = person.add_factor(&keys, &factor).await.map(drop);
    assert!(matches!(refused, Err(FlowError::KeyRingChanged)));
    let network = sdk.through(&[&node.url]);
    let (_, recovered) = Person::recover(network, &words, 0).await.unwrap();
    assert_eq!(recovered.public_key(), theirs.public_key());
    // A first ring does not replace one either.
    let fresh = Keys::new_ring(person.id(), &factor).unwrap();
    let refused = person.store_key_ring(&fresh).await.unwrap_err();
    assert!(matches!(refused, FlowError::OtherKeys), "{refused}");
    assert_eq!(refused.owner(), Owner::Caller);
}

/// Of a transaction that nobody else heard of.
fn executed() -> (&'static str, Json) {
    let result = json!({ "code": 0, "gas": 0, "log": "" });
    (
        "result",
        json!({ "tx_hash": "00".repeat(32), "result": result }),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_says_was_shared_or_ended_is_proved() {
    let node = Node::started();
    let sdk = Sdk::new(&node).await;
    let (person, keys, wallet) = sdk.person(&password(PASSWORD)).await;
    let signer = SigningKey::generate().unwrap();
    let added = person.add_credential(&keys, r#"{"id":"1"}"#, b"what is shared", &signer);
    let added = added.await.unwrap();
    let note = person
        .add_attribute(&keys, "note", "a value")
        .await
        .unwrap();
    let reader = sdk.reader();
    let recipient = reader.recipient();
    let terms = ShareTerms::default();
    let shared = person.share(&keys, added, &recipient, terms);
    let shared = shared.await.unwrap();
    let newer = r#"{"replaces":"1"}"#;
    let newer = person.add_credential(&keys, newer, b"the newer version", &signer);
    newer.await.unwrap();
    let mut offers = person.renewals(&keys).await.unwrap().into_iter();
    let offer = offers.next().unwrap().unwrap();

    let liar = Proxy::in_place_of(&node.url, |method| {
        (method == "user.broadcast").then(executed)
    });
    let through = |urls: &[&str]| sdk.through(urls).with_wallet(wallet.clone());
    let mut lied_to = Person::open(through(&[&liar.url])).await.unwrap();
    let consumer = reader.by(sdk.through(&[&liar.url]));
    let factors = [NewFactor::Password(
        &password(PASSWORD),
        PasswordCost::LEAST,
    )];
    let ends = Seconds(now() + YEAR);
    let share = lied_to.share(&keys, added, &recipient, terms).await;
    let renew = lied_to.renew(&keys, &offer, &recipient).await;
    for (what, outcome) in [
        ("share", share.map(drop)),
        ("renew", renew.map(drop)),
        ("revoke", lied_to.revoke(shared.grant).await.map(drop)),
        (
            "expiry",
            lied_to.set_expiry(shared.grant, ends).await.map(drop),
        ),
        ("remove", lied_to.remove_credential(added).await.map(drop)),
        ("attribute", lied_to.remove_attribute(note).await.map(drop)),
        ("key", lied_to.replace_key(&keys, &factors).await.map(drop)),
        ("rescind", consumer.rescind(shared.copy).await.map(drop)),
        ("erase", lied_to.clone().erase().await.map(drop)),
    ] {
        let refused = outcome
            .err()
            .unwrap_or_else(|| panic!("{what} was believed"));
        assert_eq!(refused.owner(), Owner::Node, "{what}");
        let FlowError::Unproved { node, .. } = refused else {
            panic!("{what}: {refused}");
        };
        assert_eq!(node, liar.url, "{what}");
    }
    assert_eq!(person.grants().await.unwrap()[0].expires_at, 0);
    // That something was ended which is not there proves nothing.
    let nothing = idos_types::GrantId(idos_client::fresh_id().unwrap());
    let refused = lied_to.revoke(nothing).await.unwrap_err();
    assert!(matches!(refused, FlowError::NotFound { .. }), "{refused}");

    // The same by an honest node takes effect, also after the lie.
    let both = Person::open(through(&[&liar.url, &node.url]))
        .await
        .unwrap();
    let lied = both.revoke(shared.grant).await.unwrap_err();
    assert!(matches!(lied, FlowError::Unproved { .. }), "{lied}");
    let done = both.revoke(shared.grant).await.unwrap();
    assert_eq!(done.node, node.url);
    assert!(person.grants().await.unwrap().is_empty());
}

/// Seconds since 1970.
fn now() -> i64 {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    since.as_secs().try_into().unwrap()
}
