//! Credentials issued here verify with the JavaScript libraries of Digital Bazaar, which the
//! official SDK is built on, and theirs verify here.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

#[path = "../../../tests/npm.rs"]
mod npm;
mod support;

use std::{
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use idos_credential::{
    FieldBinding, Issuer, KeyKind, Occasion, SecretKey, Suite, official_kyc_credential,
};
use serde_json::{Map, Value, json};
use support::*;

fn folder() -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/credential-interop"
    ))
}

/// What the JavaScript makes of an input.
fn javascript(mut input: Value) -> Value {
    npm::install(&folder());
    let contexts: Map<String, Value> = idos_linked_data::context_urls()
        .map(|url| {
            (
                url.to_owned(),
                idos_linked_data::context(url).unwrap().clone(),
            )
        })
        .chain([(
            "https://www.w3.org/ns/did/v1".to_owned(),
            serde_json::from_str(ssi_contexts::DID_V1).unwrap(),
        )])
        .collect();
    input["contexts"] = Value::Object(contexts);
    input["now"] = json!(NOW.rfc3339());
    let mut child = Command::new("node")
        .arg("interop.mjs")
        .current_dir(folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

const SUITES: [Suite; 2] = [Suite::EddsaRdfc2022, Suite::Ed25519Signature2020];

/// As the official SDK makes them.
fn official() -> Value {
    let issuer = issuer(Suite::Ed25519Signature2020);
    let unsigned = official_kyc_credential(&person(), &fields(&issuer)).unwrap();
    issuer
        .issue_json(unsigned, &options(Suite::Ed25519Signature2020))
        .unwrap()
}

#[test]
fn ours_verify_there() {
    let good: Vec<_> = SUITES.map(signed).into_iter().chain([official()]).collect();
    let changed = good.iter().cloned().map(|mut credential| {
        credential["credentialSubject"]["firstName"] = json!("Eve");
        credential
    });
    let all: Vec<_> = good.iter().cloned().chain(changed).collect();
    let output = javascript(json!({"verify": all}));
    for (at, result) in output["verify"].as_array().unwrap().iter().enumerate() {
        assert_eq!(result["verified"], at < good.len(), "{at}: {result}");
    }
}

#[test]
fn theirs_verify_here() {
    let issuer = issuer(Suite::EddsaRdfc2022);
    let mut ours = unsigned(&issuer);
    let mut official = official_kyc_credential(&person(), &fields(&issuer)).unwrap();
    for credential in [&mut ours, &mut official] {
        credential.as_object_mut().unwrap().remove("issuer");
    }
    let seed = hex::encode([7; 32]);
    let cases: Vec<_> = SUITES
        .into_iter()
        .flat_map(|suite| [(suite, &ours), (suite, &official)])
        .filter(|(suite, credential)| {
            // Version 1.1 has its proofs' terms from a context that this one does not name.
            *suite == Suite::Ed25519Signature2020 || *credential == &ours
        })
        .collect();
    let asked: Vec<_> = cases
        .iter()
        .map(|(suite, credential)| json!({"suite": suite.name(), "seed": seed, "credential": credential}))
        .collect();
    let output = javascript(json!({"issue": asked}));
    let issued = output["issue"].as_array().unwrap();
    assert_eq!(issued.len(), 3);
    for ((suite, credential), issued) in cases.iter().zip(issued) {
        let report = verifier().verify(&issued.to_string(), NOW);
        assert!(report.verified, "{suite}: {report}");
        let binding = if *credential == &ours {
            FieldBinding::Proven
        } else {
            FieldBinding::NotProven
        };
        assert_eq!(report.field_binding, binding);
        let mut changed = issued.clone();
        changed["credentialSubject"]["email"] = json!("eve@example.com");
        assert!(!verifier().verify(&changed.to_string(), NOW).verified);
    }
}

#[test]
fn our_presentations_verify_there() {
    let holder = Issuer::did_key(SecretKey::from_bytes(KeyKind::Ed25519, &[9; 32]).unwrap());
    let occasion = Occasion {
        challenge: "f1c7a0b35e6d4829".to_owned(),
        domain: Some("verifier.example".to_owned()),
    };
    let credential = signed(Suite::EddsaRdfc2022).to_string();
    let presentation = holder
        .present(&[&credential], &occasion, &options(Suite::EddsaRdfc2022))
        .unwrap();
    let document: Value = serde_json::from_str(&presentation).unwrap();
    for (challenge, verified) in [("f1c7a0b35e6d4829", true), ("another", false)] {
        let output = javascript(json!({"presentation": {
            "document": document, "challenge": challenge, "domain": occasion.domain,
        }}));
        assert_eq!(output["presentation"]["verified"], verified, "{output}");
    }
}
