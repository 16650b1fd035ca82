//! Answers with proof: the honest ones are those of the views, and every lie is found out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

mod http;
mod lies;
mod long_lists;
mod neighbours;
#[path = "../support/mod.rs"]
mod support;
mod world;

use idos_ledger::{Answer, Call, SharedCredential};
use idos_types::{Uuid, Value};

use crate::{
    support::{call::call, id, key::Key, validators::voting},
    world::{World, grantee, person},
};

/// What the first column of a view says for this answer.
fn first_column(answer: &Answer) -> Vec<Value> {
    fn ids<T: Into<Uuid> + Copy>(ids: impl IntoIterator<Item = T>) -> Vec<Value> {
        ids.into_iter().map(|id| Value::Uuid(id.into())).collect()
    }
    match answer {
        Answer::Profile(user) => ids(user.iter().map(|user| user.id)),
        Answer::Wallets(wallets) => ids(wallets.iter().map(|wallet| wallet.id)),
        Answer::Credentials(all) => ids(all.iter().map(|(header, _)| header.id)),
        Answer::CredentialOwned(one) => ids(one.iter().map(|one| one.header.id)),
        Answer::CredentialShared(one) => ids(one.iter().map(|one| one.credential.header.id)),
        Answer::Attributes(all) => ids(all.iter().map(|(attribute, _)| attribute.id)),
        Answer::AttributeShared(one) => ids(one.iter().map(|(attribute, _)| attribute.id)),
        Answer::GrantsOwned(grants) => ids(grants.iter().map(|grant| grant.id)),
        Answer::GrantsGranted(page) => ids(page.grants.iter().map(|grant| grant.id)),
        Answer::Party(party) => ids(party.iter().map(|(party, _)| party.id)),
        Answer::PartyHistory(party) => ids(party
            .iter()
            .flat_map(|(party, keys)| keys.iter().map(|_| party.id))),
        Answer::Parties(parties) => ids(parties.iter().map(|(party, _)| party.id)),
        Answer::ValidatorSet(set) => {
            let members = set.iter().flat_map(|set| set.members());
            members
                .map(|member| member.key.to_string().into())
                .collect()
        }
    }
}

fn questions() -> Vec<Call> {
    let null = || Value::Null;
    vec![
        call!("get_user"),
        call!("get_wallets"),
        call!("get_credentials"),
        call!("get_credential_owned", id("first original")),
        call!("get_credential_owned", id("nothing")),
        call!("get_credential_owned", id("first copy")),
        call!("get_credential_shared", id("first copy")),
        call!("get_credential_shared", id("second copy")),
        call!("get_credential_shared", id("third copy")),
        call!("get_credential_shared", id("first original")),
        call!("get_attributes"),
        call!("get_attribute_shared", id("granted name")),
        call!("get_attribute_shared", id("another's name")),
        call!("get_attribute_shared", id("copy of name")),
        call!("get_attribute_shared", id("name")),
        call!("get_attribute_shared", id("nothing")),
        call!("get_access_grants_owned"),
        call!("get_access_grants_granted", null(), null(), null()),
        call!("get_access_grants_granted", id("person"), 2, 1),
        call!("get_access_grants_granted", id("grantee"), 1, 10),
        call!("get_party", id("party")),
        call!("get_party", id("silent party")),
        call!("get_party", id("nothing")),
        call!("get_party_history", id("party")),
        call!("get_parties", null(), 1, 10),
        call!("get_parties", "issuer", 1, 10),
        call!("get_parties", null(), 2, 1),
        call!("get_validator_set", 0),
        call!("get_validator_set", 1),
        call!("get_validator_set", 9),
        call!("get_validator_set", -1),
    ]
}

#[test]
fn proved_answers_are_those_of_the_views() {
    let world = World::new();
    let mut answered = 0;
    for key in [
        person(),
        grantee(),
        Key::of("other grantee"),
        Key::of("unknown"),
    ] {
        for call in questions() {
            let given = world.ask(&key, &call);
            let proved = world.verify(&key, &call, &given).unwrap();
            // A refusal that nothing is there, or not for the caller, is the absence that is proved.
            let rows = world
                .network
                .view(Some(&key), call.clone())
                .unwrap_or_default();
            let firsts: Vec<_> = rows.iter().map(|row| row[0].clone()).collect();
            assert_eq!(first_column(&proved.answer), firsts, "{call:?}");
            assert_eq!(proved.statement.height, given.height);
            answered += firsts.len();
        }
    }
    assert!(answered > 60, "{answered}");
}

#[test]
fn contents_and_notes_come_with_what_is_shared() {
    let world = World::new();
    let call = call!("get_credential_shared", id("first copy"));
    let given = world.ask(&grantee(), &call);
    let proved = world.verify(&grantee(), &call, &given).unwrap();
    let Answer::CredentialShared(Some(shared)) = proved.answer else {
        panic!("nothing is shared");
    };
    let SharedCredential {
        grant,
        credential,
        copy,
        original,
    } = *shared;
    let rows = world.network.view(Some(&grantee()), call).unwrap();
    let (notes, content) = (rows[0][2].clone(), rows[0][3].clone());
    assert_eq!(Value::from(credential.content), content);
    assert_eq!(Value::from(original.unwrap().public_notes), notes);
    assert_eq!(copy.unwrap().original_id, Some(id("first original").into()));
    assert_eq!(grant.grantee, grantee().text());
}

/// Proofs show nobody more than the views do.
#[test]
fn no_row_of_somebody_else_is_in_an_answer() {
    let world = World::new();
    let given = |key: &Key, call: &Call| {
        let claims = world.ask(key, call).claims;
        let rows = claims.into_iter().flat_map(|claim| claim.rows);
        let bytes: Vec<_> = rows.map(|row| (row.bytes, row.content)).collect();
        bytes
    };
    // The owner's grants to others, what was shared with others, and contents that are not asked
    // for.
    let others = Key::of("other grantee");
    for call in questions() {
        for (bytes, content) in given(&grantee(), &call) {
            let names = |key: &Key| {
                let text = key.text().as_bytes();
                bytes.windows(text.len()).any(|window| window == text)
            };
            assert!(!names(&others), "{call:?}");
            let shows = call.action == "get_credential_shared";
            assert!(content.is_none() || shows, "{call:?}");
        }
    }
    // Nobody's profile, and not the row that the identity is looked for beside.
    let unknown = given(&Key::of("unknown"), &call!("get_user"));
    assert_eq!(unknown, []);
    // A credential of another person is absent, whether it exists or not.
    for name in ["first original", "nothing"] {
        let kept = given(&grantee(), &call!("get_credential_owned", id(name)));
        assert_eq!(kept.len(), 1, "the caller's wallet");
    }
}

#[test]
fn grants_that_ended_are_left_out_by_the_clock_of_the_caller() {
    let mut world = World::new();
    let expiry = world.network.now() + 100;
    let grants = call!("get_access_grants_owned");
    let rows = world.network.view(Some(&person()), grants.clone()).unwrap();
    let Value::Uuid(grant) = rows[0][0] else {
        panic!("an id");
    };
    world
        .network
        .must(&person(), call!("set_access_grant_expiry", grant, expiry));
    let given = world.ask(&person(), &grants);
    let count = |now: i64| {
        let proved = world.verify_at(now, &person(), &grants, &given).unwrap();
        first_column(&proved.answer).len()
    };
    assert_eq!(count(expiry - 1), rows.len());
    assert_eq!(count(expiry), rows.len() - 1);
}

#[test]
fn the_set_that_is_proved_is_the_one_that_signs() {
    let world = World::new();
    let call = call!("get_validator_set", 0);
    let given = world.ask(&grantee(), &call);
    let proved = world.verify(&grantee(), &call, &given).unwrap();
    let Answer::ValidatorSet(Some(set)) = proved.answer else {
        panic!("a set");
    };
    assert!((0..4).all(|number| set.contains(voting(number).validator())));
}
