//! What one transaction does is done as a whole or not at all, whatever else is in its block.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use idos_ledger::Call;
use idos_types::Uuid;
use idos_wire::TxCode;

use support::{
    call::call,
    id,
    key::Key,
    network::Network,
    people::people,
    signed::{Sealed, WriteGrant, access_grant, add_wallet, upsert_wallet},
};

/// Makes the database refuse what the rules let through: changes of this kind to rows with this id.
fn plant_hole(network: &Network, change: &str, condition: &str, of: Uuid) {
    let id = hex::encode(of.as_bytes());
    network.raw(&format!(
        "CREATE TRIGGER hole BEFORE {change} WHEN {condition} = x'{id}' \
         BEGIN SELECT RAISE(ABORT, 'hole'); END"
    ));
}

fn has_attribute(network: &Network, name: &str) -> bool {
    let attribute = network.state(|state| state.attribute(id(name).into()).unwrap());
    attribute.is_some()
}

#[test]
fn a_call_sees_that_the_one_before_it_took_the_wallet_away() {
    let mut network = people(&["person"]);
    let person = Key::of("person");
    for name in ["second", "third"] {
        network.must(&person, add_wallet(id(name), &Key::of(name), name));
    }
    let detach = || call!("detach_wallet");
    let sent = network.send_all(&person, vec![detach(), detach()]);
    assert!(sent.log.contains("is not linked"), "{}", sent.log);
    assert!(network.knows(&person), "both calls are undone");
    network.must(&person, detach());
    assert!(!network.knows(&person));
}

/// The copy is written before what says of which attribute it is one.
#[test]
fn what_the_database_refuses_is_undone_alone() {
    let names = ["first", "second", "third"];
    let mut network = people(&names);
    let people = names.map(Key::of);
    let add = |name: &str| call!("add_attribute", id(name), "key", "value");
    let share = |of: &str, copy: &str| call!("share_attribute", id(copy), id(of), "key", "value");
    for (key, name) in people.iter().zip(names) {
        network.must(key, add(name));
    }
    plant_hole(
        &network,
        "INSERT ON shared_user_attributes",
        "NEW.copy_id",
        id("refused"),
    );
    let items = [
        (&people[0], share("first", "copy")),
        (&people[1], share("second", "refused")),
        (&people[2], share("third", "another copy")),
    ]
    .map(|(key, call)| network.sign(key, call));
    let executed = network.block(items.into());
    let codes: Vec<_> = executed
        .outcomes
        .iter()
        .map(|it| it.code == TxCode::Ok)
        .collect();
    assert_eq!(codes, [true, false, true]);
    let log = &executed.outcomes[1].log;
    assert!(log.contains("contradicts other rows"), "{log}");
    let written = ["copy", "refused", "another copy"].map(|name| has_attribute(&network, name));
    assert_eq!(written, [true, false, true]);
    network.check_tree();
    // It has used its nonce, as whatever fails.
    network.must(&people[1], share("second", "copy of the second"));
}

/// The first act of somebody, and several calls, are undone by themselves anyway.
#[test]
fn a_transaction_that_writes_before_it_is_refused_is_undone() {
    let mut network = people(&["first", "second"]);
    let (first, second) = (Key::of("first"), Key::of("second"));
    let add = |name: &str| call!("add_attribute", id(name), "key", "value");
    network.must(&second, add("taken"));
    let sent = network.send(&first, add("taken"));
    assert!(!sent.ok);
    let claimed = |network: &Network| {
        let user = network.state(|state| state.user(id("first").into()).unwrap());
        user.unwrap().claimed
    };
    assert!(!claimed(&network), "nothing of what failed is left");
    let sent = network.send_all(&first, vec![add("new"), add("taken")]);
    assert!(!sent.ok && !has_attribute(&network, "new"));
    network.must(&first, add("new"));
    assert!(claimed(&network));
    network.check_tree();
}

/// Who signed a grant has acted, whoever submits it: until then the creator could put a wallet of its own
/// in the place of theirs.
#[test]
fn who_signed_a_grant_has_taken_over_the_profile() {
    for by_write_grant in [true, false] {
        let mut network = people(&["person"]);
        let (person, issuer) = (Key::of("person"), Key::of("issuer"));
        let credential = Sealed::new(&issuer, "", "content").upsert(id("brought"), id("person"));
        network.must(&issuer, credential);
        let swap = |nonce| {
            let wallet = Key::of("wallet of the issuer");
            upsert_wallet(id("wallet of person"), id("person"), &wallet, nonce)
        };
        let granted = if by_write_grant {
            WriteGrant {
                owner: &person,
                signer: &person,
                grantee: "grantee",
                issuer: &issuer,
                id: id("write grant"),
                locked_until: 0,
                usable: (network.now() - 10, network.now() + 1_000),
                original: (id("written"), "", "content"),
                copy: (id("written copy"), "content"),
            }
            .call(&network)
        } else {
            access_grant(&network, (&person, &person), "grantee", id("brought"), 0)
        };
        // Whoever never signed has not.
        let template = network.into_template();
        let mut untouched = template.open();
        untouched.must(&issuer, swap("2"));
        let mut network = template.open();
        network.must(&issuer, granted);
        let sent = network.send(&issuer, swap("3"));
        assert!(sent.log.contains("the owner alone decides"), "{}", sent.log);
        network.check_tree();
    }
}

#[test]
fn a_deadline_that_the_database_refuses_is_dropped_and_nothing_of_it_is_done() {
    let mut network = people(&["person", "grantee"]);
    let (person, grantee) = (Key::of("person"), Key::of("grantee"));
    let lock = network.now() + 100;
    let (original, copy) = (id("original"), id("copy"));
    network.must(&person, Sealed::new(&person, "", "content").add(original));
    let sealed = Sealed::copy(&person, "copy");
    network.must(&person, sealed.share(copy, original, grantee.text(), lock));
    network.must(&person, call!("remove_credential", original));
    assert_eq!(network.next_due(), Some(lock + 1));
    plant_hole(&network, "DELETE ON credentials", "OLD.id", copy);
    network.wait_until(lock + 1);
    assert_eq!(network.next_due(), None);
    let grants = network.state(|state| state.grants_on(copy.into()).unwrap());
    assert_eq!(grants.len(), 1);
    network.check_tree();
}

/// Or whoever gets a database, or one digest, finds all that a person ever did.
#[test]
fn receipts_do_not_show_which_are_of_one_sender() {
    let mut network = people(&["person"]);
    let person = Key::of("person");
    let mut proofs = ["one", "another"].map(|name| {
        let item = network.sign(&person, call!("add_attribute", id(name), "name", "value"));
        network.block(vec![item.clone()]);
        let receipt = network.read(|state| state.receipt(&item.hash).unwrap());
        receipt.unwrap().sender_proof
    });
    proofs.sort_by_key(|proof| proof.0);
    assert_ne!(proofs[0], proofs[1]);
}

/// Nobody can write into what is kept of a transaction for ever; its sender is told more.
#[test]
fn a_receipt_says_why_but_repeats_no_name_that_is_not_ours() {
    let mut network = people(&["person"]);
    let person = Key::of("person");
    let to = |namespace: &str, action: &str| Call {
        namespace: namespace.to_owned(),
        action: action.to_owned(),
        arguments: Vec::new(),
    };
    let private = "ERROR: action is private: action create_access_grant is private";
    for (call, told, kept) in [
        (
            to("main", "free text"),
            "free text",
            "ERROR: unknown action",
        ),
        (
            to("free text", "add_attribute"),
            "free text",
            "ERROR: unknown namespace",
        ),
        (to("main", "create_access_grant"), private, private),
    ] {
        let item = network.sign(&person, call);
        let outcome = network.block(vec![item.clone()]).outcomes.pop().unwrap();
        assert!(outcome.log.contains(told), "{}", outcome.log);
        let receipt = network.read(|state| state.receipt(&item.hash).unwrap());
        let receipt = receipt.unwrap();
        assert_eq!(
            (receipt.kind.as_str(), receipt.log.as_str()),
            ("unknown", kept)
        );
    }
}
