//! What happens by itself happens once, to what it was meant for, and never stops the chain.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use idos_types::{
    Uuid,
    limits::{CALLS, DUE_CHANGES_PER_BLOCK, DUE_PER_BLOCK, GRANTS_PER_CREDENTIAL},
};

use support::{
    call::call,
    id,
    key::Key,
    network::Network,
    people::people,
    signed::{Sealed, access_grant, upsert_wallet},
};

/// A network with two people.
fn two_people() -> (Network, Key, Key) {
    let network = people(&["person", "grantee"]);
    (network, Key::of("person"), Key::of("grantee"))
}

fn exists(network: &Network, credential: Uuid) -> bool {
    network.state(|state| {
        state
            .credential_header(credential.into())
            .unwrap()
            .is_some()
    })
}

/// A copy that is locked for the grantee for so many seconds. Tells its original, and the last
/// second of the lock.
fn locked_copy(
    network: &mut Network,
    (person, grantee): (&Key, &Key),
    copy: Uuid,
    seconds: i64,
) -> (Uuid, i64) {
    let (original, lock) = (id("original of the copy"), network.now() + seconds);
    let sealed = Sealed::new(person, "", "content");
    network.must(person, sealed.add(original));
    let shared = Sealed::copy(person, "copy").share(copy, original, grantee.text(), lock);
    network.must(person, shared);
    (original, lock)
}

/// A locked copy whose original goes, and that the grantee gives up. The deadline of the lock goes
/// with it; tells when it would have been.
fn copy_given_up(network: &mut Network, person: &Key, grantee: &Key, copy: Uuid) -> i64 {
    let (original, lock) = locked_copy(network, (person, grantee), copy, 100);
    network.must(person, call!("remove_credential", original));
    assert!(exists(network, copy), "the lock holds the copy");
    network.must(grantee, call!("rescind_shared_credential", copy));
    assert!(!exists(network, copy));
    assert_eq!(network.next_due(), None, "it names what is gone");
    lock
}

#[test]
fn a_deadline_of_a_copy_that_is_gone_leaves_what_has_its_id_now() {
    let (mut network, person, grantee) = two_people();
    let reused = id("reused");
    let lock = copy_given_up(&mut network, &person, &grantee, reused);
    network.must(&person, Sealed::new(&person, "", "second").add(reused));
    network.wait_until(lock + 1);
    network.wait_until(lock + 2);
    assert!(
        exists(&network, reused),
        "a credential of the same id was deleted"
    );
    assert_eq!(network.next_due(), None);
}

#[test]
fn a_deadline_of_a_copy_that_is_gone_does_not_stop_the_chain() {
    let (mut network, person, grantee) = two_people();
    let reused = id("reused");
    let lock = copy_given_up(&mut network, &person, &grantee, reused);
    network.must(&person, Sealed::new(&person, "", "second").add(reused));
    // Now another row refers to the credential that has the id.
    let shared = Sealed::copy(&person, "other").share(id("other copy"), reused, grantee.text(), 0);
    network.must(&person, shared);
    network.wait_until(lock + 1);
    network.must(
        &person,
        call!("add_attribute", id("attribute"), "key", "value"),
    );
    assert!(exists(&network, reused) && exists(&network, id("other copy")));
}

#[test]
fn a_locked_copy_keeps_the_notes_of_its_original() {
    let (mut network, person, grantee) = two_people();
    let (original, copy) = (id("original"), id("copy"));
    let lock = network.now() + 100;
    network.must(
        &person,
        Sealed::new(&person, "the notes", "content").add(original),
    );
    let shared = Sealed::copy(&person, "copy").share(copy, original, grantee.text(), lock);
    network.must(&person, shared);
    let notes = |network: &Network| {
        let rows = network
            .view(Some(&grantee), call!("get_credential_shared", copy))
            .unwrap();
        rows[0][2].clone()
    };
    assert_eq!(notes(&network), "the notes".into());
    network.must(&person, call!("remove_credential", original));
    assert_eq!(notes(&network), "the notes".into());
    network.must(&person, call!("erase_profile"));
    assert_eq!(
        notes(&network),
        "".into(),
        "notes are plain, and the person's"
    );
    network.wait_until(lock + 1);
    assert!(!exists(&network, copy));
    let user = network.state(|state| state.user(id("person").into()).unwrap());
    assert_eq!(user, None, "with the last copy goes the profile");
}

/// A copy that is locked for the grantee and for another, as long for both, whose original then
/// goes. Tells the last second of the locks.
fn copy_held_by_two(network: &mut Network, person: &Key, grantee: &Key, held: Uuid) -> i64 {
    let (original, lock) = locked_copy(network, (person, grantee), held, 999);
    let other = access_grant(network, (person, person), "other", held, lock);
    network.must(person, other);
    network.must(person, call!("remove_credential", original));
    lock
}

/// What its owner took back is there for whom a lock protects, and goes with the last of them.
#[test]
fn what_was_taken_back_outlives_no_lock() {
    let (mut network, person, grantee) = two_people();
    let held = id("held");
    let lock = copy_held_by_two(&mut network, &person, &grantee, held);
    let grant = |network: &Network, to: &str, lock: i64| {
        access_grant(network, (&person, &person), to, held, lock)
    };
    let grantees = |network: &Network| -> Vec<_> {
        let grants = network.state(|state| state.grants_on(held.into()).unwrap());
        let mut grantees: Vec<_> = grants.into_iter().map(|it| it.grantee).collect();
        grantees.sort();
        grantees
    };
    // The other's lock is given another second, and somebody is let in without one.
    let longer = grant(&network, "longer", lock + 1);
    network.must(&person, longer);
    let free = grant(&network, "without a lock", 0);
    network.must(&person, free);
    assert_eq!(grantees(&network).len(), 4);
    network.must(&grantee, call!("rescind_shared_credential", held));
    network.block(Vec::new());
    assert_eq!(grantees(&network), ["longer", "other"]);
    assert_eq!(network.next_due(), Some(lock + 1));
    network.wait_until(lock + 1);
    assert_eq!(grantees(&network), ["longer"]);
    network.wait_until(lock + 2);
    assert!(!exists(&network, held));
    assert_eq!(network.next_due(), None);
    network.check_tree();
}

/// More may be due than a block works off. Who gives up meanwhile what a lock held does
/// not take the end of the other locks along.
#[test]
fn a_late_deadline_still_comes_for_the_locks_that_are_left() {
    let (mut network, person, grantee) = two_people();
    let (kept, held) = (id("kept"), id("held"));
    network.must(&person, Sealed::new(&person, "", "content").add(kept));
    let ends = copy_held_by_two(&mut network, &person, &grantee, held) + 1;
    let sealed = Sealed::copy(&person, "content");
    let copy = |number: usize| id(&format!("copy {number}"));
    let numbers: Vec<_> = (0..DUE_PER_BLOCK).collect();
    for numbers in numbers.chunks(CALLS) {
        let share = |number: &usize| sealed.share(copy(*number), kept, "other", 0);
        let sent = network.send_all(&person, numbers.iter().map(share).collect());
        assert!(sent.ok, "{}", sent.log);
        let expire = |number: &usize| {
            let grants = network.state(|state| state.grants_on(copy(*number).into()).unwrap());
            call!("set_access_grant_expiry", grants[0].id.0, ends - 1)
        };
        let expiries = numbers.iter().map(expire).collect();
        let sent = network.send_all(&person, expiries);
        assert!(sent.ok, "{}", sent.log);
    }
    let item = network.sign(&grantee, call!("rescind_shared_credential", held));
    let executed = network.block_at(u64::try_from(ends).unwrap() * 1000, vec![item]);
    assert!(
        executed.outcomes[0].log.is_empty(),
        "{}",
        executed.outcomes[0].log
    );
    assert!(exists(&network, held), "the deadline is late");
    network.block(Vec::new());
    assert!(!exists(&network, held), "nothing holds it any more");
}

/// A deadline can end as many grants as there may be on a credential.
#[test]
fn deadlines_that_change_much_are_worked_off_in_several_blocks() {
    let (mut network, first, second) = two_people();
    // One person may not have as many grants.
    let people = [
        (first, id("first original")),
        (second, id("second original")),
    ];
    let lock = network.now() + 10_000;
    for (person, original) in &people {
        network.must(person, Sealed::new(person, "", "content").add(*original));
    }
    // Each grant goes, and what it was signed with is remembered.
    let count = DUE_CHANGES_PER_BLOCK / (2 * GRANTS_PER_CREDENTIAL) + 2;
    let copy = |number: usize| id(&format!("copy {number}"));
    for (number, (person, original)) in (0..count).zip(people.iter().cycle()) {
        let copy = copy(number);
        let sealed = Sealed::copy(person, "content");
        network.must(person, sealed.share(copy, *original, "grantee", lock));
        let more = (1..GRANTS_PER_CREDENTIAL).map(|number| {
            let grantee = format!("grantee {number}");
            access_grant(&network, (person, person), &grantee, copy, lock)
        });
        let more: Vec<_> = more.collect();
        let sent = network.send_all(person, more);
        assert!(sent.ok, "{}", sent.log);
    }
    for (person, original) in &people {
        network.must(person, call!("remove_credential", *original));
    }
    let left = |network: &Network| (0..count).filter(|it| exists(network, copy(*it))).count();
    assert_eq!(left(&network), count);
    network.wait_until(lock + 1);
    let after_one_block = left(&network);
    assert!(
        0 < after_one_block && after_one_block < count,
        "{after_one_block}"
    );
    assert!(network.next_due().is_some_and(|due| due <= network.now()));
    network.block(Vec::new());
    assert_eq!((left(&network), network.next_due()), (0, None));
    network.check_tree();
}

#[test]
fn an_inserter_keeps_no_wallet_in_a_profile() {
    let (mut network, _, _) = two_people();
    let second = upsert_wallet(id("second"), id("person"), &Key::of("issuer's own"), "1");
    let sent = network.send(&Key::of("issuer"), second);
    assert!(sent.log.contains("links one wallet"), "{}", sent.log);
}
