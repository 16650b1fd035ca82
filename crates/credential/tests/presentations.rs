//! Presentations: who holds credentials, on which occasion.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use idos_credential::{
    Check, Fault, FieldBinding, Issuer, KeyKind, Occasion, Outcome, Policy, Report, Seconds,
    SecretKey, SubjectIsHolder, Suite, TrustList, TrustedKey, Verifier, official_kyc_credential,
};
use idos_types::limits::PRESENTED_CREDENTIALS;
use serde_json::{Value, json};
use support::*;

const HOLDER_KEY: [u8; 32] = [9; 32];

fn holder() -> Issuer {
    Issuer::did_key(SecretKey::from_bytes(KeyKind::Ed25519, &HOLDER_KEY).unwrap())
}

fn occasion() -> Occasion {
    Occasion {
        challenge: "f1c7a0b35e6d4829".to_owned(),
        domain: Some("https://verifier.example".to_owned()),
    }
}

fn presented_with(suite: Suite, credentials: &[Value]) -> Value {
    let texts: Vec<_> = credentials.iter().map(Value::to_string).collect();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let text = holder()
        .present(&texts, &occasion(), &options(suite))
        .unwrap();
    serde_json::from_str(&text).unwrap()
}

fn presented() -> Value {
    presented_with(Suite::EddsaJcs2022, &[signed(Suite::EddsaJcs2022)])
}

fn verify(presentation: &Value) -> Report {
    verifier().verify_presentation(&presentation.to_string(), &occasion(), NOW)
}

#[track_caller]
fn failed_at(report: &Report, check: Check, code: &str) {
    assert!(!report.verified);
    assert_eq!(report.failed(), Some(check), "{report}");
    assert_eq!(report.fault().unwrap().code(), code, "{report}");
}

#[test]
fn what_is_presented_verifies_by_every_suite() {
    for suite in [
        Suite::EddsaJcs2022,
        Suite::EddsaRdfc2022,
        Suite::Ed25519Signature2020,
    ] {
        let report = verify(&presented_with(suite, &WHOLE.map(signed)));
        assert!(report.verified, "{suite}: {report}");
        assert_eq!(report.credentials.len(), WHOLE.len());
        assert_eq!(report.field_binding, FieldBinding::Proven);
    }
}

#[test]
fn fields_are_proven_if_those_of_each_credential_are() {
    let signer = issuer(Suite::Ed25519Signature2020);
    let unsigned = official_kyc_credential(&person(), &fields(&signer)).unwrap();
    let loose = signer
        .issue_json(unsigned, &options(Suite::Ed25519Signature2020))
        .unwrap();
    let credentials = [signed(Suite::EddsaJcs2022), loose];
    let report = verify(&presented_with(Suite::EddsaJcs2022, &credentials));
    assert!(report.verified, "{report}");
    let bindings: Vec<_> = report
        .credentials
        .iter()
        .map(|it| it.field_binding)
        .collect();
    assert_eq!(bindings, [FieldBinding::Proven, FieldBinding::NotProven]);
    assert_eq!(report.field_binding, FieldBinding::NotProven);
}

#[test]
fn another_occasion_is_refused() {
    let presentation = presented().to_string();
    let other = |change: &dyn Fn(&mut Occasion)| {
        let mut occasion = occasion();
        change(&mut occasion);
        verifier().verify_presentation(&presentation, &occasion, NOW)
    };
    fails(
        &other(&|o| o.challenge = "another".to_owned()),
        Check::Challenge,
        "wrong-challenge",
    );
    fails(
        &other(&|o| o.domain = Some("https://evil.example".to_owned())),
        Check::Challenge,
        "wrong-challenge",
    );
    assert!(other(&|o| o.domain = None).verified);
    // Nor can the challenge be exchanged afterwards.
    let mut replayed = presented();
    replayed["proof"]["challenge"] = json!("another");
    let fresh = Occasion {
        challenge: "another".to_owned(),
        ..occasion()
    };
    let report = verifier().verify_presentation(&replayed.to_string(), &fresh, NOW);
    failed_at(&report, Check::Proof, "wrong-proof");
}

#[test]
fn the_holder_signs_for_itself_only() {
    let mut another = presented();
    another["holder"] = json!(other_issuer().id());
    failed_at(&verify(&another), Check::Issuer, "not-the-issuers-key");
    for nobody in [json!({"name": "Ada"}), json!([holder().id()]), json!(5)] {
        let mut presentation = presented();
        presentation["holder"] = nobody;
        failed_at(&verify(&presentation), Check::Issuer, "no-holder");
    }
    let mut purpose = presented();
    purpose["proof"]["proofPurpose"] = json!("assertionMethod");
    failed_at(&verify(&purpose), Check::Purpose, "wrong-purpose");
    let mut none = presented();
    none.as_object_mut().unwrap().remove("proof");
    failed_at(&verify(&none), Check::Suite, "no-proof");
}

/// A presentation as others make it, signed by its holder.
fn presented_by_others(change: impl FnOnce(&mut Value)) -> Value {
    presented_with_proof(change, |_| {})
}

/// The same with a proof of these members.
fn presented_with_proof(
    change: impl FnOnce(&mut Value),
    change_proof: impl FnOnce(&mut Value),
) -> Value {
    let mut presentation = presented();
    presentation.as_object_mut().unwrap().remove("proof");
    change(&mut presentation);
    let mut proof = json!({
        "proofPurpose": "authentication",
        "challenge": occasion().challenge,
        "domain": occasion().domain,
    });
    change_proof(&mut proof);
    carelessly_signed_by(&holder(), HOLDER_KEY, presentation, proof)
}

#[test]
fn a_presentation_counts_while_its_proof_does() {
    for (member, seconds, code) in [
        ("created", 300, None),
        ("created", 301, Some("proof-from-the-future")),
        ("expires", -300, None),
        ("expires", -301, Some("proof-expired")),
    ] {
        let date = Seconds(NOW.0 + seconds).rfc3339();
        let dated = presented_with_proof(|_| {}, |proof| proof[member] = json!(date));
        let report = verify(&dated);
        match code {
            None => assert!(report.verified, "{report}"),
            Some(code) => failed_at(&report, Check::Dates, code),
        }
    }
}

#[test]
fn who_signs_is_the_holder_if_none_is_named() {
    let unnamed = presented_by_others(|v| drop(v.as_object_mut().unwrap().remove("holder")));
    let report = verify(&unnamed);
    assert!(report.verified, "{report}");
    assert_eq!(report.credentials.len(), 1);
    // A name cannot be added afterwards.
    let mut named = unnamed.clone();
    named["holder"] = json!(holder().id());
    failed_at(&verify(&named), Check::Proof, "wrong-proof");
    // Where credentials have to be about the holder, they have to be about who signs.
    let strict = verifier().with_policy(Policy {
        subject_is_holder: true,
        ..Policy::default()
    });
    let report = strict.verify_presentation(&unnamed.to_string(), &occasion(), NOW);
    failed_at(&report, Check::Credentials, "not-the-subject");
}

#[test]
fn a_revoked_key_presents_nothing() {
    let presented_if_revoked = |since| {
        let key = TrustedKey {
            id: holder().verification_method().to_owned(),
            key: None,
            revoked_since: Some(since),
        };
        let trust = trust().with_key(holder().id(), key).unwrap();
        let text = presented().to_string();
        Verifier::new(trust).verify_presentation(&text, &occasion(), NOW)
    };
    // It was made a minute ago.
    assert!(presented_if_revoked(Seconds(NOW.0 - 59)).verified);
    let report = presented_if_revoked(Seconds(NOW.0 - 60));
    fails(&report, Check::Issuer, "revoked-key");
}

#[test]
fn a_presentation_without_credentials_says_who_signs() {
    let without: [&dyn Fn(&mut Value); 2] = [
        &|v| drop(v.as_object_mut().unwrap().remove("verifiableCredential")),
        &|v| v["verifiableCredential"] = json!([]),
    ];
    for change in without {
        let empty = presented_by_others(change);
        let report = verify(&empty);
        assert!(report.verified, "{report}");
        assert!(report.credentials.is_empty());
        // Of all fields that there are the proof says where they stand.
        assert_eq!(report.field_binding, FieldBinding::Proven);
        assert!(matches!(
            report.outcome(Check::Credentials),
            Outcome::NotApplicable { .. }
        ));
        let mut tampered = empty.clone();
        tampered["id"] = json!("urn:uuid:9c9a36f8-518f-4976-a934-6649502d0008");
        failed_at(&verify(&tampered), Check::Proof, "wrong-proof");
    }
    for other in [json!(null), json!("urn:a:1"), json!(5), json!(["urn:a:1"])] {
        let presentation = presented_by_others(|v| v["verifiableCredential"] = other);
        failed_at(&verify(&presentation), Check::Credentials, "malformed");
    }
}

#[test]
fn every_credential_is_verified() {
    let mut tampered = signed(Suite::EddsaRdfc2022);
    tampered["credentialSubject"]["firstName"] = json!("Eve");
    let report = verify(&presented_with(
        Suite::EddsaJcs2022,
        &[signed(Suite::EddsaJcs2022), tampered],
    ));
    failed_at(&report, Check::Credentials, "wrong-proof");
    assert!(report.credentials[0].verified && !report.credentials[1].verified);
    assert!(report.to_string().contains("credential 2: "), "{report}");
    // Of several the first one is named.
    let mut another = signed(Suite::EddsaJcs2022);
    another["credentialSubject"]["firstName"] = json!("Eve");
    let both = verify(&presented_with(
        Suite::EddsaJcs2022,
        &[another.clone(), another],
    ));
    assert!(
        matches!(both.fault(), Some(Fault::Credential { number: 1, .. })),
        "{both}"
    );

    let expired = verifier().verify_presentation(
        &presented().to_string(),
        &occasion(),
        Seconds(NOW.0 + 2 * YEAR),
    );
    failed_at(&expired, Check::Credentials, "expired");
    let nobody = Verifier::new(TrustList::new());
    let report = nobody.verify_presentation(&presented().to_string(), &occasion(), NOW);
    failed_at(&report, Check::Credentials, "untrusted-issuer");
}

#[test]
fn credentials_can_not_be_added_or_exchanged() {
    for suite in [Suite::EddsaJcs2022, Suite::EddsaRdfc2022] {
        let mut added = presented_with(suite, &[signed(suite)]);
        let list = added["verifiableCredential"].as_array_mut().unwrap();
        list.push(signed(Suite::EcdsaRdfc2019));
        failed_at(&verify(&added), Check::Proof, "wrong-proof");
    }
    let many = |credentials| {
        let credentials = vec![signed(Suite::EddsaJcs2022); credentials];
        verify(&presented_with(Suite::EddsaJcs2022, &credentials))
    };
    let most = many(PRESENTED_CREDENTIALS);
    assert!(most.verified, "{most}");
    fails(
        &many(PRESENTED_CREDENTIALS + 1),
        Check::Credentials,
        "number-of-credentials",
    );
}

#[test]
fn a_credential_about_somebody_else_is_refused_if_that_matters() {
    let strict = verifier().with_policy(Policy {
        subject_is_holder: true,
        ..Policy::default()
    });
    let report = strict.verify_presentation(&presented().to_string(), &occasion(), NOW);
    failed_at(&report, Check::Credentials, "not-the-subject");
    let issuer = issuer(Suite::EddsaJcs2022);
    let mut own = unsigned(&issuer);
    own["credentialSubject"]["id"] = json!(holder().id());
    let own = issuer
        .issue_json(own, &options(Suite::EddsaJcs2022))
        .unwrap();
    let own = presented_with(Suite::EddsaJcs2022, &[own]);
    let report = strict.verify_presentation(&own.to_string(), &occasion(), NOW);
    assert!(report.verified, "{report}");
    assert_eq!(report.subject_is_holder, Some(SubjectIsHolder::Proven));
    assert!(!report.to_string().contains("not compared"), "{report}");
}

#[test]
fn a_report_says_that_nobody_looked_whose_credentials_they_are() {
    let report = verify(&presented());
    assert!(report.verified, "{report}");
    assert_eq!(report.subject_is_holder, Some(SubjectIsHolder::NotCompared));
    assert_eq!(json!(report)["subjectIsHolder"], "notCompared");
    let text = report.to_string();
    assert!(
        text.contains("subject not compared with the holder"),
        "{text}"
    );
    // Of a credential alone there is no holder.
    let credential = verifier().verify(&signed(Suite::EddsaJcs2022).to_string(), NOW);
    assert_eq!(credential.subject_is_holder, None);
    assert_eq!(json!(credential).get("subjectIsHolder"), None);
}

#[test]
fn what_is_no_presentation_is_refused() {
    let text = |text: &str| verifier().verify_presentation(text, &occasion(), NOW);
    failed_at(&text("["), Check::Size, "malformed-json");
    failed_at(&text("[]"), Check::Structure, "malformed");
    fails(
        &text(&signed(Suite::EddsaJcs2022).to_string()),
        Check::Structure,
        "malformed",
    );
    let mut undefined = presented();
    undefined["surprise"] = json!("x");
    failed_at(&verify(&undefined), Check::Structure, "undefined-term");
}
