//! What credentials and their copies cost the network, and who may change them when.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use std::collections::BTreeSet;

use idos_ledger::Call;
use idos_types::{
    Uuid, Value,
    limits::{
        CALLS, COPIES_PER_CREDENTIAL, CREDENTIALS_PER_NOTES_EDIT, DUE_PER_BLOCK, EFFECT_BYTES,
        GRANTS_BEHIND_EDIT, GRANTS_PER_CREDENTIAL, NOTES_BYTES_PER_EDIT, PUBLIC_NOTES_BYTES,
    },
};

use support::{
    call::call,
    id,
    key::Key,
    network::Network,
    people::people,
    signed::{Sealed, WriteGrant, access_grant, notes},
};

fn notes_of(network: &Network, credential: Uuid) -> String {
    let header = network.state(|state| state.credential_header(credential.into()).unwrap());
    header.unwrap().public_notes
}

/// Nothing but this would say that a content is read: reading it now fails.
fn without_contents<T>(network: &mut Network, f: impl FnOnce(&mut Network) -> T) -> T {
    network.raw(
        "CREATE TABLE kept AS SELECT * FROM contents; PRAGMA foreign_keys = 0; \
         DELETE FROM contents",
    );
    let answer = f(network);
    network
        .raw("PRAGMA foreign_keys = 0; INSERT INTO contents SELECT * FROM kept; DROP TABLE kept");
    answer
}

#[test]
fn a_profile_with_more_under_lock_than_a_transaction_writes_is_erased() {
    let mut network = people(&["person"]);
    let person = Key::of("person");
    let lock = network.now() + 1_000;
    let originals: Vec<_> = (0..5)
        .map(|number| id(&format!("original {number}")))
        .collect();
    let content = "x".repeat(4_300_000);
    for original in &originals {
        let sealed = Sealed::new(&person, &notes("vc"), &content);
        assert!(sealed.content.len() * originals.len() > EFFECT_BYTES);
        network.must(&person, sealed.add(*original));
        let grantee = Key::of("second wallet");
        let granted = access_grant(
            &network,
            (&person, &person),
            grantee.text(),
            *original,
            lock,
        );
        network.must(&person, granted);
    }
    without_contents(&mut network, |network| {
        network.must(&person, call!("erase_profile"));
    });
    network.check_tree();
    for original in originals {
        assert_eq!(notes_of(&network, original), "");
    }
    network.wait_until(lock + 1);
    let user = network.state(|state| state.user(id("person").into()).unwrap());
    assert_eq!(user, None, "with the last lock goes the profile");
}

#[test]
fn repeated_and_refused_calls_read_no_content() {
    let mut network = people(&["person"]);
    let (person, issuer) = (Key::of("person"), Key::of("issuer"));
    let sealed = Sealed::new(&issuer, &notes("vc"), "content");
    network.must(&issuer, sealed.upsert(id("two"), id("person")));
    network.must(&person, sealed.add(id("one")));
    without_contents(&mut network, |network| {
        network.must(&person, sealed.add(id("one")));
        network.must(&issuer, sealed.upsert(id("two"), id("person")));
        let other = Sealed::new(&issuer, &notes("vc"), "another content").add(id("one"));
        assert!(
            network
                .send(&person, other)
                .log
                .contains("credentials_pkey")
        );
        let edit = call!("edit_public_notes_as_issuer", "vc", "revoked");
        network.must(&issuer, edit);
    });
    assert_eq!(notes_of(&network, id("one")), "revoked");
    network.check_tree();
}

#[test]
fn notes_that_are_there_already_are_not_written_again() {
    let mut network = people(&["person"]);
    let (person, issuer) = (Key::of("person"), Key::of("issuer"));
    let sealed = Sealed::new(&issuer, &notes("vc"), "content");
    network.must(&person, sealed.add(id("one")));
    let edit = || call!("edit_public_notes_as_issuer", "vc", "revoked");
    let before = network.dump().table("credentials").clone();
    network.must(&issuer, edit());
    let edited = network.dump().table("credentials").clone();
    assert_ne!(edited, before);
    network.must(&issuer, edit());
    // A row that is written gets another salt.
    assert_eq!(network.dump().table("credentials").clone(), edited);
}

/// Whoever has a credential can add it again under other ids, which nothing that is signed names.
#[test]
fn copies_that_a_holder_adds_do_not_keep_an_issuer_from_its_notes() {
    let mut network = people(&["person"]);
    let (person, issuer) = (Key::of("person"), Key::of("issuer"));
    let sealed = Sealed::new(&issuer, &notes("vc"), "content");
    let all = CREDENTIALS_PER_NOTES_EDIT + 9;
    let ids: Vec<_> = (0..all)
        .map(|number| id(&format!("credential {number}")))
        .collect();
    let edit = |network: &mut Network, notes: &str| {
        let call = call!("edit_public_notes_as_issuer", "vc", notes);
        let sent = network.send(&issuer, call);
        assert!(sent.ok, "{}", sent.log);
        sent.log
    };
    let edited = |network: &Network, notes: &str| {
        ids.iter()
            .filter(|id| notes_of(network, **id) == notes)
            .count()
    };
    for added in &ids[..9] {
        network.must(&person, sealed.add(*added));
    }
    edit(&mut network, "revoked");
    let nine = ids[..9]
        .iter()
        .filter(|id| notes_of(&network, **id) == "revoked");
    assert_eq!(nine.count(), 9);

    for added in &ids[9..] {
        network.must(&person, sealed.add(*added));
    }
    let log = edit(&mut network, "revoked again");
    assert!(log.contains("send the same again"), "{log}");
    assert_eq!(
        edited(&network, "revoked again"),
        CREDENTIALS_PER_NOTES_EDIT
    );
    let log = edit(&mut network, "revoked again");
    assert!(!log.contains("send the same again"), "{log}");
    assert_eq!(edited(&network, "revoked again"), all);
    network.check_tree();
}

#[test]
fn one_edit_of_long_notes_reaches_fewer_credentials() {
    let mut network = people(&["person"]);
    let (person, issuer) = (Key::of("person"), Key::of("issuer"));
    let sealed = Sealed::new(&issuer, &notes("vc"), "content");
    let long = "n".repeat(PUBLIC_NOTES_BYTES);
    let most = NOTES_BYTES_PER_EDIT / long.len();
    let ids: Vec<_> = (0..=most)
        .map(|number| id(&format!("credential {number}")))
        .collect();
    for added in &ids {
        network.must(&person, sealed.add(*added));
    }
    for edited in [most, most + 1] {
        let call = call!("edit_public_notes_as_issuer", "vc", long.as_str());
        let sent = network.send(&issuer, call);
        assert!(sent.ok, "{}", sent.log);
        let have = ids.iter().filter(|id| notes_of(&network, **id) == long);
        assert_eq!(have.count(), edited);
        assert_eq!(sent.log.contains("send the same again"), edited == most);
    }
}

#[test]
fn an_original_with_as_many_locked_copies_as_can_be_is_removed() {
    let mut network = people(&["person"]);
    let person = Key::of("person");
    let lock = network.now() + 1_000;
    let notes = "n".repeat(PUBLIC_NOTES_BYTES);
    let original = id("original");
    network.must(
        &person,
        Sealed::new(&person, &notes, "content").add(original),
    );
    let copy = |number: usize| id(&format!("copy {number}"));
    let sealed = Sealed::copy(&person, "copy");
    let share = |number: usize| sealed.share(copy(number), original, "grantee", lock);
    let numbers: Vec<_> = (0..COPIES_PER_CREDENTIAL).collect();
    for numbers in numbers.chunks(CALLS) {
        let sent = network.send_all(
            &person,
            numbers.iter().map(|number| share(*number)).collect(),
        );
        assert!(sent.ok, "{}", sent.log);
    }
    let one_more = network.send(&person, share(COPIES_PER_CREDENTIAL));
    assert!(
        one_more.log.contains("copies of one credential"),
        "{}",
        one_more.log
    );
    network.must(&person, call!("remove_credential", original));
    let kept = network.state(|state| {
        let kept = |number| {
            state
                .credential_copy(copy(number).into())
                .unwrap()
                .unwrap()
                .notes
        };
        (0..COPIES_PER_CREDENTIAL)
            .filter(|number| kept(*number) == notes)
            .count()
    });
    assert_eq!(kept, COPIES_PER_CREDENTIAL);
}

/// What is done at length and then undone by a call that fails could be done again for nothing.
#[test]
fn an_action_whose_work_does_not_come_with_it_is_called_once() {
    let mut network = people(&["person"]);
    let (person, issuer) = (Key::of("person"), Key::of("issuer"));
    for name in ["one", "two"] {
        let sealed = Sealed::new(&issuer, &notes(name), "content");
        network.must(&person, sealed.add(id(name)));
    }
    let twice = |network: &mut Network, key: &Key, calls: [Call; 2]| {
        let sent = network.send_all(key, calls.into());
        assert!(!sent.ok && sent.log.contains("called once"), "{}", sent.log);
    };
    let before = network.dump().table("credentials").clone();
    let remove = |name| call!("remove_credential", id(name));
    twice(&mut network, &person, [remove("one"), remove("two")]);
    let attribute = |name| call!("remove_attribute", id(name));
    twice(&mut network, &person, [attribute("one"), attribute("two")]);
    twice(
        &mut network,
        &person,
        [call!("erase_profile"), call!("erase_profile")],
    );
    let edit = |name: &str| call!("edit_public_notes_as_issuer", name, "revoked");
    twice(&mut network, &issuer, [edit("one"), edit("two")]);
    let replace = |name| Sealed::new(&person, "", "other").edit(id(name));
    twice(&mut network, &person, [replace("one"), replace("two")]);
    assert_eq!(network.dump().table("credentials").clone(), before);
    network.must(&person, remove("one"));
}

/// What the grantee of a copy is shown of it: notes and key.
fn shown(network: &Network, grantee: &Key, copy: Uuid) -> (Value, Value) {
    let rows = network.view(Some(grantee), call!("get_credential_shared", copy));
    let row = rows.unwrap().remove(0);
    (row[2].clone(), row[5].clone())
}

#[test]
fn an_owner_does_not_speak_beside_the_key_of_an_issuer() {
    let mut network = people(&["person"]);
    let (person, issuer, grantee) = (Key::of("person"), Key::of("issuer"), Key::of("grantee"));
    // Without an id in the notes the key alone says whose they are.
    for (number, notes) in [notes("vc"), r#"{"level":1}"#.to_owned()]
        .iter()
        .enumerate()
    {
        let name = |what: &str| id(&format!("{what} {number}"));
        let (original, copy) = (name("original"), name("copy"));
        let grant = WriteGrant {
            owner: &person,
            signer: &person,
            grantee: grantee.text(),
            issuer: &issuer,
            id: name("write grant"),
            locked_until: 0,
            usable: (network.now() - 10, network.now() + 1_000),
            original: (original, notes, "content"),
            copy: (copy, "content"),
        };
        let granted = grant.call(&network);
        network.must(&issuer, granted);
        let expected = (notes.as_str().into(), issuer.text().into());
        assert_eq!(shown(&network, &grantee, copy), expected);
        let own = Sealed::new(&person, r#"{"level":9}"#, "content");
        let sent = network.send(&person, own.edit(original));
        assert!(sent.log.contains("can not edit shared"), "{}", sent.log);
        assert_eq!(shown(&network, &grantee, copy), expected);
        // Nor is what the issuer signed once put back over what it says now.
        let signed = Sealed::new(&issuer, notes, "content");
        assert!(!network.send(&person, signed.edit(original)).ok);
        // When nobody reads them beside the key, they are the owner's to replace.
        network.must(&grantee, call!("rescind_shared_credential", copy));
        network.must(&person, own.edit(original));
    }
}

#[test]
fn what_a_person_says_of_themselves_is_edited_while_it_is_shared() {
    let mut network = people(&["person"]);
    let (person, grantee) = (Key::of("person"), Key::of("grantee"));
    let (original, copy) = (id("original"), id("copy"));
    let own = Sealed::new(&person, r#"{"level":1}"#, "content");
    network.must(&person, own.add(original));
    let sealed = Sealed::copy(&Key::of("for this copy"), "content");
    network.must(&person, sealed.share(copy, original, grantee.text(), 0));
    let newer = Sealed::new(&Key::of("another"), r#"{"level":2}"#, "content");
    network.must(&person, newer.edit(original));
    assert_eq!(shown(&network, &grantee, copy).0, r#"{"level":2}"#.into());
    // Notes with an id are an issuer's.
    let named = Sealed::new(&person, &notes("vc"), "content");
    network.must(&person, named.edit(original));
    assert!(!network.send(&person, newer.edit(original)).ok);
}

/// Everything that could hold it is looked at with each edit, also with one that is refused.
#[test]
fn an_original_behind_more_grants_than_are_looked_at_is_not_edited() {
    let mut network = people(&["person"]);
    let (person, other) = (Key::of("person"), Key::of("another key"));
    let original = id("original");
    network.must(&person, Sealed::new(&person, "", "content").add(original));
    let sealed = Sealed::copy(&other, "content");
    let copies = GRANTS_BEHIND_EDIT / GRANTS_PER_CREDENTIAL;
    for copy in 0..copies {
        let copy = id(&format!("copy {copy}"));
        network.must(&person, sealed.share(copy, original, "grantee", 0));
        let more = (1..GRANTS_PER_CREDENTIAL).map(|number| {
            let grantee = format!("grantee {number}");
            access_grant(&network, (&person, &person), &grantee, copy, 0)
        });
        let more: Vec<_> = more.collect();
        let sent = network.send_all(&person, more);
        assert!(sent.ok, "{}", sent.log);
    }
    let edited = Sealed::new(&person, r#"{"level":2}"#, "content").edit(original);
    network.must(&person, edited.clone());
    network.must(
        &person,
        sealed.share(id("one more"), original, "grantee", 0),
    );
    let refused = network.send(&person, edited.clone());
    assert!(refused.log.contains("shared credential"), "{}", refused.log);
    network.must(&person, call!("remove_credential", id("one more")));
    network.must(&person, edited);
}

#[test]
fn a_grant_that_outlives_its_profile_names_no_wallet() {
    let mut network = people(&["person"]);
    let (person, issuer, grantee) = (Key::of("person"), Key::of("issuer"), Key::of("grantee"));
    let lock = network.now() + 1_000;
    let original = id("original");
    network.must(&person, Sealed::new(&person, "", "content").add(original));
    let sealed = Sealed::copy(&person, "content");
    network.must(
        &person,
        sealed.share(id("shared"), original, grantee.text(), lock),
    );
    let delegated = access_grant(&network, (&person, &person), grantee.text(), original, lock);
    network.must(&person, delegated);
    let written = WriteGrant {
        owner: &person,
        signer: &person,
        grantee: grantee.text(),
        issuer: &issuer,
        id: id("write grant"),
        locked_until: lock,
        usable: (network.now() - 10, network.now() + 1_000),
        original: (id("written"), "", "content"),
        copy: (id("written copy"), "content"),
    };
    let written = written.call(&network);
    network.must(&issuer, written);
    let makers = |network: &Network| -> BTreeSet<String> {
        let asked = call!("get_access_grants_granted", Value::Null, 1_i64, 10_i64);
        let rows = network.view(Some(&grantee), asked).unwrap();
        assert_eq!(rows.len(), 3);
        rows.iter().map(|row| format!("{:?}", row[7])).collect()
    };
    assert!(
        makers(&network)
            .iter()
            .any(|maker| maker.contains(person.text()))
    );
    network.must(&person, call!("erase_profile"));
    let left = makers(&network);
    assert!(
        !left.iter().any(|maker| maker.contains(person.text())),
        "{left:?}"
    );
    assert!(
        left.iter()
            .any(|maker| maker.contains(&id("write grant").to_string()))
    );
    let kept = network.dump().table("access_grants").clone();
    assert!(
        kept.iter()
            .all(|row| row.values().all(|value| value != person.text()))
    );
    network.check_tree();
}

#[test]
fn a_grant_that_has_ended_is_not_revived() {
    let mut network = people(&["person"]);
    let person = Key::of("person");
    let original = id("original");
    network.must(&person, Sealed::new(&person, "", "content").add(original));
    let sealed = Sealed::copy(&person, "content");
    // More ends at once than a block works off: the last one waits after it has ended.
    let numbers: Vec<_> = (0..=DUE_PER_BLOCK).collect();
    let copy = |number: usize| id(&format!("copy {number}"));
    let ends = network.now() + 10;
    let mut grant = Uuid::nil();
    for numbers in numbers.chunks(CALLS) {
        let share = |number: &usize| sealed.share(copy(*number), original, "grantee", 0);
        let sent = network.send_all(&person, numbers.iter().map(share).collect());
        assert!(sent.ok, "{}", sent.log);
        let mut expiries = Vec::new();
        for number in numbers {
            let grants = network.state(|state| state.grants_on(copy(*number).into()).unwrap());
            grant = grants[0].id.0;
            let at = ends - i64::from(*number < DUE_PER_BLOCK);
            expiries.push(call!("set_access_grant_expiry", grant, at));
        }
        let sent = network.send_all(&person, expiries);
        assert!(sent.ok, "{}", sent.log);
    }
    let later = call!("set_access_grant_expiry", grant, ends + 1_000);
    let item = network.sign(&person, later);
    let millis = u64::try_from(ends).unwrap() * 1000;
    let executed = network.block_at(millis, vec![item]);
    let log = &executed.outcomes[0].log;
    assert!(log.contains("the access grant not found"), "{log}");
    let waits = network.state(|state| state.grant(grant.into()).unwrap());
    assert!(waits.is_some(), "it was there still");
    network.block(Vec::new());
    let gone = network.state(|state| state.grant(grant.into()).unwrap());
    assert!(gone.is_none());
}
