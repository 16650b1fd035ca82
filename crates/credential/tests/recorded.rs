//! The credential that the official SDK's libraries signed, byte by byte.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use idos_credential::{
    Check, FieldBinding, IssueOptions, Issuer, PublicKey, Seconds, SecretKey, Suite, TrustList,
    TrustedKey, Verifier,
};
use idos_linked_data::canonical_nquads;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use support::NOW;

/// `proof.created`: 21 November 2026, 02:05:02.
const CREATED: Seconds = Seconds(1_795_226_702);

fn recorded() -> Value {
    let file = include_str!("../../../fixtures/protocol/sdk-vectors.json");
    let vectors: Value = serde_json::from_str(file).unwrap();
    vectors["w3c_credential"].clone()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn verifier(recorded: &Value) -> Verifier {
    let credential = &recorded["credential"];
    let key = &recorded["issuer_public"]["publicKeyMultibase"];
    let key = TrustedKey {
        id: text(&credential["proof"]["verificationMethod"]),
        key: Some(PublicKey::from_multikey(&text(key)).unwrap()),
        revoked_since: None,
    };
    Verifier::new(
        TrustList::new()
            .with_key(text(&credential["issuer"]), key)
            .unwrap(),
    )
}

/// The document and the proof's options without the signature, as both are signed.
fn parts(credential: &Value) -> (Map<String, Value>, Map<String, Value>) {
    let mut document = credential.as_object().unwrap().clone();
    let Some(Value::Object(mut options)) = document.remove("proof") else {
        panic!("there is a proof");
    };
    options.remove("proofValue").unwrap();
    (document, options)
}

#[test]
fn it_is_canonized_and_hashed_as_recorded() {
    let recorded = recorded();
    let (document, mut options) = parts(&recorded["credential"]);
    options.insert("@context".to_owned(), document["@context"].clone());
    let said = [
        (options, "proof_options_nquads"),
        (document, "document_nquads"),
    ];
    let mut hashes = Vec::new();
    for (part, name) in said {
        let quads = canonical_nquads(&Value::Object(part)).unwrap();
        assert_eq!(quads, text(&recorded[name]), "{name}");
        hashes.extend(Sha256::digest(quads));
    }
    assert_eq!(hex::encode(hashes), text(&recorded["verify_data_hex"]));
}

#[test]
fn it_verifies_and_says_that_names_are_not_bound() {
    let recorded = recorded();
    let report = verifier(&recorded).verify(&recorded["credential"].to_string(), NOW);
    assert!(report.verified, "{report:?}");
    assert_eq!(report.field_binding, FieldBinding::NotProven);
    // As the record says of the official vocabulary: hence the warning.
    assert_eq!(recorded["swapped_names_still_verify"], true);
    let mut swapped = recorded["credential"].clone();
    let subject = swapped["credentialSubject"].as_object_mut().unwrap();
    let (first, family) = (subject["firstName"].clone(), subject["familyName"].clone());
    subject.insert("firstName".to_owned(), family);
    subject.insert("familyName".to_owned(), first);
    assert!(
        verifier(&recorded)
            .verify(&swapped.to_string(), NOW)
            .verified
    );
}

#[test]
fn the_same_key_makes_the_same_signature() {
    let recorded = recorded();
    let (document, options) = parts(&recorded["credential"]);
    let key = SecretKey::from_multikey(&text(&recorded["issuer_secret_multibase"])).unwrap();
    let public = &recorded["issuer_public"]["publicKeyMultibase"];
    assert_eq!(key.public().to_multikey(), text(public));
    let issuer = Issuer::new(
        text(&document["issuer"]),
        text(&options["verificationMethod"]),
        key,
    );
    let issued = issuer
        .issue_json(
            Value::Object(document),
            &IssueOptions::new(Suite::Ed25519Signature2020, CREATED),
        )
        .unwrap();
    assert_eq!(issued, recorded["credential"]);
}

#[test]
fn no_flipped_bit_verifies() {
    let recorded = recorded();
    let verifier = verifier(&recorded);
    let fails = |credential: &Value, check: Check, what: &str| {
        let report = verifier.verify(&credential.to_string(), NOW);
        assert_eq!(report.failed(), Some(check), "{what}");
    };
    let signature = text(&recorded["credential"]["proof"]["proofValue"]);
    let signature = bs58::decode(&signature[1..]).into_vec().unwrap();
    for at in (0..signature.len() * 8).step_by(7) {
        let mut flipped = signature.clone();
        flipped[at / 8] ^= 1 << (at % 8);
        let mut credential = recorded["credential"].clone();
        let value = format!("z{}", bs58::encode(flipped).into_string());
        credential["proof"]["proofValue"] = json!(value);
        fails(
            &credential,
            Check::Proof,
            &format!("bit {at} of the signature"),
        );
    }
    for (member, changed, check) in [
        ("level", json!("basic+livenesr"), Check::Proof),
        (
            "id",
            json!("https://issuer.example/idos/credentials/0"),
            Check::Proof,
        ),
        (
            "issuer",
            json!("https://issuer.example/idos/issuers/0"),
            Check::Issuer,
        ),
        (
            "expirationDate",
            json!("2100-01-01T00:00:00.001Z"),
            Check::Proof,
        ),
        (
            "approvedAt",
            json!("2026-01-03T00:00:00.000Z"),
            Check::Proof,
        ),
    ] {
        let mut credential = recorded["credential"].clone();
        assert_ne!(credential[member], changed);
        credential[member] = changed;
        fails(&credential, check, member);
    }
    for (member, value) in recorded["credential"]["credentialSubject"]
        .as_object()
        .unwrap()
    {
        if member == "@context" {
            continue;
        }
        let mut changed = text(value).into_bytes();
        let last = changed.len() - 1;
        changed[last] ^= 1;
        let mut credential = recorded["credential"].clone();
        credential["credentialSubject"][member] = json!(String::from_utf8(changed).unwrap());
        fails(&credential, Check::Proof, member);
    }
}
