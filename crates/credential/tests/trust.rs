//! Whose word counts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use idos_credential::{
    Check, DocumentError, DocumentSource, Issuer, KeyKind, PublicKey, Report, SecretKey, Suite,
    TrustList, TrustedKey, Verifier,
};
use serde_json::json;
use support::*;

const WEB: &str = "did:web:example.com";
const METHOD: &str = "did:web:example.com#1";

struct Text(String);

impl DocumentSource for Text {
    fn did_document(&self, _: &str) -> Result<String, DocumentError> {
        Ok(self.0.clone())
    }
}

/// A document that lists this key as `#1`, another as `#2`, and a third not for credentials.
fn document(key: &PublicKey) -> Text {
    let method = |number: u8, key: &PublicKey| {
        json!({
            "id": format!("{WEB}#{number}"), "type": "Multikey", "controller": WEB,
            "publicKeyMultibase": key.to_multikey(),
        })
    };
    let document = json!({
        "id": WEB,
        "verificationMethod": [method(1, key), method(2, &secret(20).public()), method(3, &secret(30).public())],
        "assertionMethod": [METHOD, "#2", "#of-nobody"],
        "authentication": ["#3"],
    });
    Text(document.to_string())
}

fn secret(seed: u8) -> SecretKey {
    SecretKey::from_bytes(KeyKind::Ed25519, &[seed; 32]).unwrap()
}

/// A credential of the `did:web`.
fn credential() -> String {
    let issuer = Issuer::new(WEB, METHOD, key(Suite::EddsaJcs2022));
    let signed = issuer.issue_json(unsigned(&issuer), &options(Suite::EddsaJcs2022));
    signed.unwrap().to_string()
}

fn verified_by(trust: TrustList) -> Report {
    let document = document(&key(Suite::EddsaJcs2022).public());
    let verifier = Verifier::new(trust).with_documents(document);
    verifier.verify(&credential(), NOW)
}

#[test]
fn issuers_of_did_web_have_the_keys_of_their_document() {
    let trust = TrustList::new().with_did(WEB);
    assert!(verified_by(trust.clone()).verified);
    fails(
        &Verifier::new(trust).verify(&credential(), NOW),
        Check::Issuer,
        "unknown-key",
    );
}

#[test]
fn a_did_is_only_its_whose_key_it_lists() {
    let claimed = |seed| TrustList::new().with_claimed_did(WEB, secret(seed).public());
    // Whoever published it signed this, or is another of its keys.
    for own in [7, 20] {
        assert!(verified_by(claimed(own)).verified, "{own}");
    }
    // It is somebody else's, or does not let this key make credentials.
    for other in [8, 30] {
        fails(
            &verified_by(claimed(other)),
            Check::Trust,
            "untrusted-issuer",
        );
    }
    // What others claim takes nothing from who it is, nor from whom the verifier names.
    let both = claimed(8).with_claimed_did(WEB, secret(7).public());
    assert!(verified_by(both).verified);
    assert!(verified_by(claimed(8).with_did(WEB)).verified);
    let everybody = TrustList::everybody().with_claimed_did(WEB, secret(8).public());
    assert!(verified_by(everybody).verified);
    let key = TrustedKey {
        id: METHOD.to_owned(),
        key: None,
        revoked_since: None,
    };
    assert!(verified_by(claimed(8).with_key(WEB, key.clone()).unwrap()).verified);
    // To warn of a stolen key names nobody.
    let stolen = TrustedKey {
        id: format!("{WEB}#stolen"),
        revoked_since: Some(NOW),
        ..key
    };
    let warned = claimed(8).with_key(WEB, stolen).unwrap();
    fails(&verified_by(warned), Check::Trust, "untrusted-issuer");
}

#[test]
fn a_did_that_is_a_key_is_only_that_keys() {
    let key = secret(7).public();
    let own = key.did_key();
    let jwk = "did:jwk:eyJrdHkiOiJPS1AiLCJjcnYiOiJFZDI1NTE5IiwieCI6IjExcVlBWUt4Q3JmVlNfN1R5V1FIT2c3aGN2UGFwaU1scndJYWFQY0hVUm8ifQ";
    let others = [
        secret(8).public().did_key(),
        jwk.to_owned(),
        "did:example:1".to_owned(),
        String::new(),
    ];
    assert!(
        TrustList::new()
            .with_claimed_did(&own, key.clone())
            .trusts(&own)
    );
    for other in others {
        assert!(
            !TrustList::new()
                .with_claimed_did(&other, key.clone())
                .trusts(&other),
            "{other}"
        );
    }
}
