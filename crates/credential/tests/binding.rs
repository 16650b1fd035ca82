//! Values are bound to their fields, whatever is changed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use std::sync::LazyLock;

use idos_credential::{
    Check, FieldBinding, Issuer, NoDocuments, Suite, derive, official_kyc_credential,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::*;

/// A signed credential of each suite, the last a disclosure.
static SIGNED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let stored = signed(Suite::Bbs2023).to_string();
    let shown = derive(
        &stored,
        &[
            "/credentialSubject/ageOver18",
            "/credentialSubject/firstName",
            "/credentialSubject/familyName",
        ],
        b"",
        &NoDocuments,
    );
    WHOLE
        .iter()
        .map(|suite| signed(*suite).to_string())
        .chain([shown.unwrap()])
        .collect()
});

fn verified(text: &str) -> bool {
    verifier().verify(text, NOW).verified
}

#[test]
fn the_credentials_themselves_verify() {
    for text in SIGNED.iter() {
        assert!(verified(text));
    }
}

/// Each pair of members of the subject.
fn pairs(subject: &Value) -> Vec<(String, String)> {
    let names: Vec<_> = subject
        .as_object()
        .unwrap()
        .keys()
        .filter(|name| !name.starts_with('@') && *name != "id")
        .cloned()
        .collect();
    let mut pairs = Vec::new();
    for (at, one) in names.iter().enumerate() {
        for other in &names[at + 1..] {
            if subject[one] != subject[other] {
                pairs.push((one.clone(), other.clone()));
            }
        }
    }
    pairs
}

fn swapped(credential: &Value, one: &str, other: &str) -> Value {
    let mut swapped = credential.clone();
    let subject = swapped["credentialSubject"].as_object_mut().unwrap();
    let (first, second) = (subject[one].clone(), subject[other].clone());
    subject.insert(one.to_owned(), second);
    subject.insert(other.to_owned(), first);
    swapped
}

#[test]
fn no_two_fields_can_be_swapped_under_our_contexts() {
    for text in SIGNED.iter() {
        let credential: Value = serde_json::from_str(text).unwrap();
        let pairs = pairs(&credential["credentialSubject"]);
        // Every pair once over all suites would take long: each suite takes every seventh.
        for (one, other) in pairs.iter().step_by(if pairs.len() > 7 { 7 } else { 1 }) {
            assert!(
                !verified(&swapped(&credential, one, other).to_string()),
                "{one} and {other}"
            );
        }
    }
}

#[test]
fn no_field_can_be_renamed_under_our_contexts() {
    for text in SIGNED.iter() {
        for (from, to) in [
            ("firstName", "familyName"),
            ("firstName", "ssn"),
            ("ageOver18", "ageOver21"),
        ] {
            let mut credential: Value = serde_json::from_str(text).unwrap();
            let subject = credential["credentialSubject"].as_object_mut().unwrap();
            let value = subject.remove(from).unwrap();
            subject.insert(to.to_owned(), value);
            assert!(!verified(&credential.to_string()), "{from} to {to}");
        }
    }
}

#[test]
fn under_the_official_contexts_fields_can_be_swapped_and_the_report_says_so() {
    let issuer = issuer(Suite::Ed25519Signature2020);
    let unsigned = official_kyc_credential(&person(), &fields(&issuer)).unwrap();
    let official = |issuer: &Issuer, suite| {
        issuer
            .issue_json(unsigned.clone(), &options(suite))
            .unwrap()
    };
    let credential = official(&issuer, Suite::Ed25519Signature2020);
    for (one, other) in [
        ("firstName", "familyName"),
        ("nationality", "residentialAddressCountry"),
        ("dateOfBirth", "idDocumentDateOfExpiry"),
    ] {
        let report = verifier().verify(&swapped(&credential, one, other).to_string(), NOW);
        assert!(report.verified, "{report}");
        assert_eq!(report.field_binding, FieldBinding::NotProven);
    }
    // Our default suite binds them even so.
    let credential = official(&support::issuer(Suite::EddsaJcs2022), Suite::EddsaJcs2022);
    let report = verifier().verify(&credential.to_string(), NOW);
    assert_eq!(
        (report.verified, report.field_binding),
        (true, FieldBinding::Proven)
    );
    assert!(!verified(
        &swapped(&credential, "firstName", "familyName").to_string()
    ));
}

/// Says whether somebody is of age, and is of no type whose fields have to be single values.
fn of_no_known_type(suite: Suite, of_age: Value) -> Value {
    let issuer = issuer(suite);
    let mut unsigned = unsigned(&issuer);
    unsigned["type"] = json!(["VerifiableCredential"]);
    unsigned["credentialSubject"] = json!({"id": "urn:example:person", "ageOver18": of_age});
    issuer.issue_json(unsigned, &options(suite)).unwrap()
}

#[test]
fn a_value_made_into_a_list_is_not_proven() {
    for suite in WHOLE {
        let signed = of_no_known_type(suite, false.into());
        let report = verifier().verify(&signed.to_string(), NOW);
        assert_eq!(
            (report.verified, report.field_binding),
            (true, FieldBinding::Proven),
            "{suite}: {report}"
        );
        for list in [json!([false]), json!([false, false]), json!([[false]])] {
            let mut changed = signed.clone();
            changed["credentialSubject"]["ageOver18"] = list;
            let report = verifier().verify(&changed.to_string(), NOW);
            // The default suite signs lists; the others do not see them.
            assert_eq!(report.verified, suite != Suite::EddsaJcs2022, "{report}");
            assert_eq!(report.field_binding, FieldBinding::NotProven, "{suite}");
        }
        let mut around = signed;
        around["credentialSubject"] = json!([around["credentialSubject"]]);
        let report = verifier().verify(&around.to_string(), NOW);
        assert_eq!(report.field_binding, FieldBinding::NotProven, "{suite}");
    }
    // What is a list of several from the start is one.
    let both = of_no_known_type(Suite::EddsaRdfc2022, json!([false, true]));
    let report = verifier().verify(&both.to_string(), NOW);
    assert_eq!(report.field_binding, FieldBinding::Proven, "{report}");
}

/// A credential about itself, and the same statements with what counts put where nobody looks.
fn about_itself(issuer: &Issuer) -> (Value, Value) {
    let mut whole = unsigned(issuer);
    whole["type"] = json!(["VerifiableCredential"]);
    let id = whole["id"].clone();
    let claims = json!({"id": id, "ageOver18": true});
    whole["credentialSubject"] = claims;
    whole["validUntil"] = json!("2026-01-01T00:00:00Z");
    whole["validFrom"] = json!("2025-01-01T00:00:00Z");
    let mut moved = whole.clone();
    for member in ["validFrom", "validUntil"] {
        let value = moved.as_object_mut().unwrap().remove(member).unwrap();
        moved["credentialSubject"][member] = value;
    }
    moved["credentialSubject"]["type"] = json!("VerifiableCredential");
    (whole, moved)
}

#[test]
fn an_expiry_can_not_be_moved_into_another_object_with_the_same_id() {
    // By an issuer that does not look.
    let signer = issuer(Suite::EddsaRdfc2022);
    let (whole, mut moved) = about_itself(&signer);
    let signed = carelessly_signed_statements(&signer, [7; 32], whole);
    moved["proof"] = signed["proof"].clone();
    fails(
        &verifier().verify(&moved.to_string(), NOW),
        Check::Proof,
        "wrong-proof",
    );
    for suite in [Suite::EddsaRdfc2022, Suite::EcdsaRdfc2019, Suite::Bbs2023] {
        let issuer = issuer(suite);
        let (whole, _) = about_itself(&issuer);
        let refused = issuer.issue_json(whole, &options(suite));
        assert!(refused.is_err(), "{suite}");
    }
}

/// Who issues to themselves says everything about themselves in one place.
#[test]
fn claims_can_not_be_moved_between_issuer_and_subject() {
    let issuer = issuer(Suite::EddsaRdfc2022);
    let mut own = unsigned(&issuer);
    own["type"] = json!(["VerifiableCredential"]);
    own["credentialSubject"] = json!({"id": issuer.id(), "ageOver18": true});
    let options = options(Suite::EddsaRdfc2022);
    let signed = issuer.issue_json(own.clone(), &options).unwrap();
    let report = verifier().verify(&signed.to_string(), NOW);
    assert!(report.verified, "{report}");
    assert_eq!(report.field_binding, FieldBinding::Proven);
    let mut moved = signed;
    moved["issuer"] = moved["credentialSubject"].clone();
    moved["credentialSubject"] = json!({"id": issuer.id()});
    fails(
        &verifier().verify(&moved.to_string(), NOW),
        Check::Proof,
        "wrong-proof",
    );
    own["issuer"] = json!({"id": issuer.id(), "name": "x"});
    assert!(issuer.issue_json(own, &options).is_err());
}

/// Where the characters of texts and names are: anything between quotation marks.
fn within_quotes(text: &str) -> Vec<usize> {
    let mut inside = false;
    text.bytes()
        .enumerate()
        .filter_map(|(at, byte)| {
            if byte == b'"' {
                inside = !inside;
                return None;
            }
            inside.then_some(at)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_character_changed_is_noticed(which in 0_usize..5, at in any::<prop::sample::Index>(), new in "[a-zA-Z0-9 :/._-]") {
        let text = &SIGNED[which];
        let at = *at.get(&within_quotes(text));
        prop_assume!(text.as_bytes()[at] != new.as_bytes()[0]);
        let mut changed = text.clone();
        changed.replace_range(at..=at, &new);
        prop_assert!(!verified(&changed), "{}", changed);
    }

    #[test]
    fn a_verifier_survives_anything(text in "\\PC{0,200}") {
        prop_assert!(!verified(&text));
    }
}
