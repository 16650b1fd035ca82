//! Every check of a verification, in order, each with what it refuses.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use std::collections::BTreeSet;

use idos_credential::{
    Check, CredentialFields, FieldBinding, IssueError, IssueOptions, Issuer, KeyKind, MadeFor,
    Outcome, Policy, PublicKey, Report, Seconds, SecretKey, Suite, TrustList, TrustedKey,
    TrustedKeyError, Verifier, kyc_credential, official_face_id_credential,
    official_kyc_credential, parse_json,
};
use idos_types::limits::CREDENTIAL_VALUES;
use serde_json::{Value, json};
use support::*;

fn verify(credential: &Value) -> Report {
    verifier().verify(&credential.to_string(), NOW)
}

/// A credential changed after it was signed.
fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut credential = signed(Suite::EddsaJcs2022);
    change(&mut credential);
    credential
}

#[test]
fn what_is_issued_verifies_by_every_suite() {
    for suite in WHOLE {
        let report = verify(&signed(suite));
        assert!(report.verified, "{suite}: {report}");
        assert_eq!(report.field_binding, FieldBinding::Proven, "{suite}");
        assert_eq!(
            report
                .checks
                .iter()
                .map(|line| line.check)
                .collect::<Vec<_>>(),
            Check::OF_CREDENTIAL
        );
        assert_eq!(*report.outcome(Check::Schema), Outcome::Passed);
        assert!(matches!(
            report.outcome(Check::Status),
            Outcome::NotApplicable { .. }
        ));
    }
}

/// For `bbs-2023` each context is put in its place: a small text would become a gigabyte.
#[test]
fn no_context_is_named_again_and_again() {
    let mut credential = signed(Suite::Bbs2023);
    credential["@context"] = json!(vec![idos_linked_data::CREDENTIALS_V2; 4_000]);
    fails(&verify(&credential), Check::Structure, "malformed");
}

#[test]
fn p384_keys_issue_too() {
    let issuer = Issuer::did_key(SecretKey::from_bytes(KeyKind::P384, &[7; 48]).unwrap());
    let credential = issuer
        .issue_json(unsigned(&issuer), &options(Suite::EcdsaRdfc2019))
        .unwrap();
    let verifier = Verifier::new(TrustList::new().with_did(issuer.id()));
    let report = verifier.verify(&credential.to_string(), NOW);
    assert!(report.verified, "{report}");
}

#[test]
fn size() {
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(6_000_000));
    fails(&verifier().verify(&large, NOW), Check::Size, "too-large");
    fails(
        &verifier().verify("{\"a\":1,\"a\":2}", NOW),
        Check::Size,
        "malformed-json",
    );
    fails(
        &verifier().verify(&"[".repeat(100_000), NOW),
        Check::Size,
        "malformed-json",
    );
}

#[test]
fn structure() {
    fails(&verify(&json!([])), Check::Structure, "malformed");
    let unknown = changed(|v| v["@context"][2] = json!("https://example.com/context"));
    fails(&verify(&unknown), Check::Structure, "unknown-context");
    let inline = changed(|v| v["@context"][2] = json!({"firstName": "urn:x"}));
    fails(&verify(&inline), Check::Structure, "inline-context");
    let undefined = changed(|v| v["credentialSubject"]["shoeSize"] = json!("38"));
    fails(&verify(&undefined), Check::Structure, "undefined-term");
    let iri = changed(|v| v["https://www.w3.org/2018/credentials#validUntil"] = json!("x"));
    fails(&verify(&iri), Check::Structure, "not-a-term");
}

#[test]
fn suite() {
    fails(
        &verify(&unsigned(&issuer(Suite::EddsaJcs2022))),
        Check::Suite,
        "no-proof",
    );
    let twice = changed(|v| v["proof"] = json!([v["proof"], v["proof"]]));
    fails(&verify(&twice), Check::Suite, "several-proofs");
    let unknown = changed(|v| v["proof"]["cryptosuite"] = json!("own-2026"));
    fails(&verify(&unknown), Check::Suite, "unknown-suite");
    for (member, value) in [
        ("surprise", json!("x")),
        ("id", json!("no URL")),
        ("challenge", json!(5)),
        ("nonce", json!([])),
    ] {
        let malformed = changed(|v| v["proof"][member] = value);
        fails(&verify(&malformed), Check::Suite, "malformed-proof");
    }
    let strict = verifier().with_policy(Policy {
        suites: BTreeSet::from([Suite::EddsaJcs2022]),
        ..Policy::default()
    });
    let report = strict.verify(&signed(Suite::Ed25519Signature2020).to_string(), NOW);
    fails(&report, Check::Suite, "suite-not-allowed");
}

#[test]
fn purpose() {
    for purpose in ["authentication", "keyAgreement"] {
        let other = changed(|v| v["proof"]["proofPurpose"] = json!(purpose));
        fails(&verify(&other), Check::Purpose, "wrong-purpose");
    }
}

#[test]
fn what_the_verifier_expects_of_the_proof() {
    let text = |text: &str| Some(text.to_owned());
    let bound = carelessly_signed_with(
        unsigned(&issuer(Suite::EddsaJcs2022)),
        json!({"challenge": "c-1", "domain": ["https://a.example", "https://b.example"]}),
    );
    let check = |credential: &Value, expected: &MadeFor| {
        verifier().verify_made_for(&credential.to_string(), expected, NOW)
    };
    let expected = MadeFor {
        purpose: text("assertionMethod"),
        challenge: text("c-1"),
        domain: text("https://b.example"),
    };
    let report = check(&bound, &expected);
    assert!(report.verified, "{report}");
    // Who expects nothing is content with both.
    assert!(verify(&bound).verified);
    for (other, code) in [
        (
            MadeFor {
                purpose: text("authentication"),
                ..MadeFor::default()
            },
            "wrong-purpose",
        ),
        (
            MadeFor {
                challenge: text("c-2"),
                ..MadeFor::default()
            },
            "wrong-challenge",
        ),
        (
            MadeFor {
                domain: text("https://evil.example"),
                ..MadeFor::default()
            },
            "wrong-challenge",
        ),
    ] {
        fails(&check(&bound, &other), Check::Purpose, code);
        fails(
            &check(&signed(Suite::EddsaJcs2022), &other),
            Check::Purpose,
            code,
        );
    }
    // A purpose that was signed and expected is refused all the same if it asserts nothing.
    let shown = carelessly_signed_with(
        unsigned(&issuer(Suite::EddsaJcs2022)),
        json!({"proofPurpose": "authentication"}),
    );
    let authentication = MadeFor {
        purpose: text("authentication"),
        ..MadeFor::default()
    };
    fails(
        &check(&shown, &authentication),
        Check::Purpose,
        "wrong-purpose",
    );
}

#[test]
fn the_issuer_is_bound_to_its_key() {
    // Another issuer's key, with a proof that is right in itself.
    let real = issuer(Suite::EddsaJcs2022);
    let thief = Issuer::new(
        real.id(),
        other_issuer().verification_method(),
        SecretKey::from_bytes(KeyKind::Ed25519, &[8; 32]).unwrap(),
    );
    let credential = thief
        .issue_json(unsigned(&real), &options(Suite::EddsaJcs2022))
        .unwrap();
    fails(&verify(&credential), Check::Issuer, "not-the-issuers-key");
    let unknown =
        changed(|v| v["proof"]["verificationMethod"] = json!("https://example.com/keys/1"));
    fails(&verify(&unknown), Check::Issuer, "unknown-key");
    let account = changed(|v| v["proof"]["verificationMethod"] = json!("did:pkh:eip155:1:0xab#1"));
    fails(&verify(&account), Check::Issuer, "unknown-key");
}

#[test]
fn trust() {
    let stranger = other_issuer();
    let credential = stranger
        .issue_json(unsigned(&stranger), &options(Suite::EddsaJcs2022))
        .unwrap();
    fails(&verify(&credential), Check::Trust, "untrusted-issuer");
    let anybody = Verifier::new(TrustList::everybody());
    assert!(anybody.verify(&credential.to_string(), NOW).verified);
}

#[test]
fn revoked_keys() {
    let issuer = issuer(Suite::EddsaJcs2022);
    let revoked = |since: i64| {
        Verifier::new(
            support::trust()
                .with_key(
                    issuer.id(),
                    TrustedKey {
                        id: issuer.verification_method().to_owned(),
                        key: None,
                        revoked_since: Some(Seconds(since)),
                    },
                )
                .unwrap(),
        )
    };
    let credential = signed(Suite::EddsaJcs2022).to_string();
    fails(
        &revoked(NOW.0 - 60).verify(&credential, NOW),
        Check::Trust,
        "revoked-key",
    );
    assert!(revoked(NOW.0 - 59).verify(&credential, NOW).verified);
    let undated = changed(|v| drop(v["proof"].as_object_mut().unwrap().remove("created")));
    fails(
        &revoked(NOW.0 - 59).verify(&undated.to_string(), NOW),
        Check::Trust,
        "revoked-key",
    );
}

#[test]
fn no_key_is_trusted_or_revoked_by_an_id_that_no_proof_has() {
    let listed = |issuer: &str, id: &str, key: Option<PublicKey>| {
        let key = TrustedKey {
            id: id.to_owned(),
            key,
            revoked_since: Some(NOW),
        };
        TrustList::new().with_key(issuer, key).map(drop)
    };
    let key = key(Suite::EddsaJcs2022).public();
    let multikey = key.to_multikey();
    let did = format!("did:key:{multikey}");
    for id in [
        &multikey,
        &did,
        &format!("#{multikey}"),
        &format!("{did}#0"),
        &format!("{did}#"),
    ] {
        for given in [None, Some(key.clone())] {
            let refused = listed(&did, id, given).unwrap_err();
            // It says what to write instead.
            let text = refused.to_string();
            assert!(matches!(refused, TrustedKeyError::Id { .. }), "{id}");
            assert!(text.contains(&format!("{did}#{multikey}")), "{text}");
        }
    }
    assert_eq!(listed(&did, &format!("{did}#{multikey}"), None), Ok(()));
    let refused = listed("did:jwk:eyJ", "did:jwk:eyJ#1", None).unwrap_err();
    assert!(refused.to_string().contains("did:jwk:eyJ#0"), "{refused}");
    assert_eq!(listed("did:jwk:eyJ", "did:jwk:eyJ#0", None), Ok(()));
    let web = "did:web:example.com";
    for id in [
        "#key-1",
        "key-1",
        web,
        "did:web:example.com#",
        "did:web:example.com.evil#key-1",
    ] {
        let refused = listed(web, id, None).unwrap_err();
        assert!(
            refused.to_string().contains("did:web:example.com#…"),
            "{refused}"
        );
    }
    assert_eq!(listed(web, "did:web:example.com#key-1", None), Ok(()));
    // Who is no DID has the keys of the list, by whatever id.
    let https = "https://issuer.example";
    let refused = listed(https, "https://issuer.example/keys/1", None).unwrap_err();
    assert!(
        matches!(refused, TrustedKeyError::NoKey { .. }),
        "{refused}"
    );
    assert_eq!(
        listed(https, "https://issuer.example/keys/1", Some(key)),
        Ok(())
    );
}

#[test]
fn the_proof() {
    for suite in WHOLE {
        let mut credential = signed(suite);
        credential["credentialSubject"]["firstName"] = json!("Eve");
        fails(&verify(&credential), Check::Proof, "wrong-proof");
        let mut credential = signed(suite);
        credential["proof"]["created"] = json!("2026-11-20T00:00:00Z");
        fails(&verify(&credential), Check::Proof, "wrong-proof");
        let mut credential = signed(suite);
        credential["proof"]["proofValue"] =
            json!("z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq");
        fails(&verify(&credential), Check::Proof, "wrong-proof");
    }
}

#[test]
fn dates() {
    let at = |credential: &Value, seconds: i64| {
        verifier().verify(&credential.to_string(), Seconds(NOW.0 + seconds))
    };
    let credential = signed(Suite::EddsaJcs2022);
    assert!(at(&credential, YEAR + 300).verified);
    fails(&at(&credential, YEAR + 301), Check::Dates, "expired");
    let later = signed_with(|v| v["validFrom"] = json!(Seconds(NOW.0 + 301).rfc3339()));
    fails(&at(&later, 0), Check::Dates, "not-yet-valid");
    assert!(at(&later, 1).verified);
    let issuer = issuer(Suite::EddsaJcs2022);
    let early = IssueOptions::new(Suite::EddsaJcs2022, Seconds(NOW.0 + 301));
    let future = issuer.issue_json(unsigned(&issuer), &early).unwrap();
    fails(&at(&future, 0), Check::Dates, "proof-from-the-future");
}

#[test]
fn schema() {
    // An issuer of ours refuses to sign such a thing, others may.
    let issuer = issuer(Suite::EddsaJcs2022);
    let mut credential = unsigned(&issuer);
    credential["credentialSubject"]["nationality"] = json!("Britain");
    assert!(
        issuer
            .issue_json(credential.clone(), &options(Suite::EddsaJcs2022))
            .is_err()
    );
    let report = verify(&carelessly_signed(credential));
    fails(&report, Check::Schema, "wrong-fields");
    let foreign = signed_with(|v| {
        v["credentialSchema"] = json!({"id": "https://example.com/s", "type": "JsonSchema"})
    });
    fails(&verify(&foreign), Check::Schema, "wrong-fields");
    let lenient = verifier().with_policy(Policy {
        ignore_foreign_schemas: true,
        ..Policy::default()
    });
    assert!(lenient.verify(&foreign.to_string(), NOW).verified);
}

#[test]
fn issuers_that_are_no_did_have_the_keys_of_the_trust_list() {
    let key = key(Suite::Ed25519Signature2020);
    let public = key.public();
    let official = Issuer::new(
        "https://issuer.example/issuers/1",
        "https://issuer.example/keys/1",
        key,
    );
    let credential = official_kyc_credential(&person(), &fields(&official)).unwrap();
    let credential = official
        .issue_json(credential, &options(Suite::Ed25519Signature2020))
        .unwrap();
    let trusting = |id: &str| {
        Verifier::new(
            TrustList::new()
                .with_key(
                    official.id(),
                    TrustedKey {
                        id: id.to_owned(),
                        key: Some(public.clone()),
                        revoked_since: None,
                    },
                )
                .unwrap(),
        )
    };
    let report = trusting("https://issuer.example/keys/1").verify(&credential.to_string(), NOW);
    assert!(report.verified, "{report}");
    assert_eq!(report.field_binding, FieldBinding::NotProven);
    assert!(report.to_string().contains("field binding not proven"));
    let report = trusting("https://issuer.example/keys/2").verify(&credential.to_string(), NOW);
    fails(&report, Check::Issuer, "unknown-key");
}

#[test]
fn official_face_ids_are_issued_and_read() {
    let issuer = issuer(Suite::Ed25519Signature2020);
    let credential =
        official_face_id_credential("urn:uuid:1", "face-1", "human", &fields(&issuer)).unwrap();
    let credential = issuer
        .issue_json(credential, &options(Suite::Ed25519Signature2020))
        .unwrap();
    assert!(verify(&credential).verified);
}

/// What is no text is refused as it is: with something in its place it could verify.
#[test]
fn what_is_no_utf_8_is_malformed() {
    let signed = signed_with(|v| v["name"] = json!("\u{fffd}")).to_string();
    assert!(verifier().verify_bytes(signed.as_bytes(), NOW).verified);
    let mut bytes = signed.into_bytes();
    let at = bytes.windows(3).position(|it| it == "\u{fffd}".as_bytes());
    let at = at.unwrap();
    bytes.splice(at..at + 3, [0xff]);
    let report = verifier().verify_bytes(&bytes, NOW);
    fails(&report, Check::Size, "malformed-json");
}

#[test]
fn a_report_is_for_people_and_programs() {
    let report = verify(&changed(|v| {
        v["credentialSubject"]["firstName"] = json!("Eve")
    }));
    let text = report.to_string();
    assert!(text.starts_with("refused\n  size: passed\n"), "{text}");
    assert!(
        text.contains("proof: FAILED: the signature is wrong"),
        "{text}"
    );
    assert!(text.contains("dates: not reached"), "{text}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["verified"], false);
    assert_eq!(json["checks"][6]["check"], "proof");
    assert_eq!(json["checks"][6]["code"], "wrong-proof");
    assert_eq!(json["fieldBinding"], "notProven");
    // What a credential says is in no report.
    assert!(!text.contains("Eve") && !json.to_string().contains("Lovelace"));
}

#[test]
fn nothing_is_issued_in_anothers_name_or_twice() {
    let issuer = issuer(Suite::EddsaJcs2022);
    let options = options(Suite::EddsaJcs2022);
    assert!(
        issuer
            .issue_json(unsigned(&other_issuer()), &options)
            .is_err()
    );
    assert!(
        issuer
            .issue_json(signed(Suite::EddsaJcs2022), &options)
            .is_err()
    );
    let fields = CredentialFields {
        issuer: issuer.id().to_owned(),
        ..fields(&issuer)
    };
    let unsigned = kyc_credential(&person(), &fields).unwrap();
    assert!(
        issuer
            .issue_json(unsigned, &IssueOptions::new(Suite::EcdsaRdfc2019, NOW))
            .is_err()
    );
}

#[test]
fn what_its_proof_takes_over_the_limits_is_not_issued() {
    let issuer = issuer(Suite::EddsaJcs2022);
    let with_evidence = |count: usize| {
        let mut credential = unsigned(&issuer);
        credential["evidence"] = json!(vec![json!({"type": "VerifiableCredential"}); count]);
        credential
    };
    let counts: Vec<usize> = (1..CREDENTIAL_VALUES).collect();
    let is_read = |count: &usize| parse_json(&with_evidence(*count).to_string()).is_ok();
    let largest = counts.partition_point(is_read);
    let issue = |count| issuer.issue_json(with_evidence(count), &options(Suite::EddsaJcs2022));
    assert!(matches!(issue(largest), Err(IssueError::Structure(_))));
    // With room for the proof it is read.
    let signed = issue(largest - 10).unwrap();
    assert!(parse_json(&signed.to_string()).is_ok());
}
