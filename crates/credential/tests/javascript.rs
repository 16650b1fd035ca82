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
    Check, FieldBinding, IssueOptions, Issuer, KeyKind, NoDocuments, Occasion, Report, SecretKey,
    Suite, TrustList, Verifier, derive, kyc_credential, official_kyc_credential,
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

/// Every suite whose proofs verify as they are issued, with each kind of key.
const WHOLE_BY_KEY: [(Suite, KeyKind); 5] = [
    (Suite::EddsaJcs2022, KeyKind::Ed25519),
    (Suite::EddsaRdfc2022, KeyKind::Ed25519),
    (Suite::Ed25519Signature2020, KeyKind::Ed25519),
    (Suite::EcdsaRdfc2019, KeyKind::P256),
    (Suite::EcdsaRdfc2019, KeyKind::P384),
];

/// What every test of selective disclosure shows.
const SHOWN: &str = "/credentialSubject/nationality";
/// What binds a disclosure to an occasion.
const OCCASION: &[u8] = b"an occasion";

/// The key of a kind, the same in every run.
fn key_of(kind: KeyKind) -> SecretKey {
    let len = if kind == KeyKind::P384 { 48 } else { 32 };
    SecretKey::from_bytes(kind, &[7; 48][..len]).unwrap()
}

/// A key as the JavaScript takes it.
fn key_there(kind: KeyKind) -> Value {
    let key = key_of(kind);
    json!({"publicKey": key.public().to_multikey(), "secretKey": key.to_multikey().as_str()})
}

fn issued_here(suite: Suite, kind: KeyKind) -> Value {
    let issuer = Issuer::did_key(key_of(kind));
    issuer
        .issue_json(unsigned(&issuer), &options(suite))
        .unwrap()
}

/// One in which canonical forms go wrong most easily: texts with every control character, and several
/// nodes without id, which are named in the order of their hashes.
fn awkward(issuer: &Issuer) -> Value {
    let mut person = person();
    person.id = None;
    let mut fields = fields(issuer);
    fields.id = None;
    let mut credential = kyc_credential(&person, &fields).unwrap();
    let controls: String = (0_u8..=0x7f)
        .map(char::from)
        .filter(char::is_ascii_control)
        .collect();
    credential["credentialSubject"]["firstName"] = json!(controls);
    let evidence = |kind: &str| json!({"type": kind});
    credential["evidence"] =
        json!(["VerifiableCredential", "VerifiablePresentation"].map(evidence));
    credential
}

/// Believes the keys of these tests.
fn verified_here(credential: &Value) -> Report {
    let kinds = WHOLE_BY_KEY.map(|(_, kind)| kind);
    let trust = kinds
        .into_iter()
        .chain([KeyKind::Bls12381G2])
        .fold(TrustList::new(), |list, kind| {
            list.with_did(Issuer::did_key(key_of(kind)).id())
        });
    Verifier::new(trust).verify(&credential.to_string(), NOW)
}

/// As the official SDK makes them.
fn official() -> Value {
    let issuer = issuer(Suite::Ed25519Signature2020);
    let unsigned = official_kyc_credential(&person(), &fields(&issuer)).unwrap();
    issuer
        .issue_json(unsigned, &options(Suite::Ed25519Signature2020))
        .unwrap()
}

/// A credential with another value in one field of its subject.
fn flipped(credential: &Value, field: &str) -> Value {
    let mut changed = credential.clone();
    let value = &mut changed["credentialSubject"][field];
    assert!(value.is_string(), "{field} is shown");
    *value = json!("XX");
    changed
}

/// Of everything that was to be verified, whether it was.
fn verdicts(output: &Value, list: &str) -> Vec<bool> {
    let results = output[list].as_array().unwrap();
    results
        .iter()
        .map(|result| {
            // Refused because of the proof, and not because something could not be read or loaded.
            let error = result["error"].as_str().unwrap_or_default();
            assert!(!error.contains("fetched"), "{error}");
            result["verified"].as_bool().unwrap()
        })
        .collect()
}

#[test]
fn ours_verify_there() {
    let good: Vec<_> = WHOLE_BY_KEY
        .into_iter()
        .map(|(suite, kind)| issued_here(suite, kind))
        .chain(WHOLE_BY_KEY.into_iter().map(|(suite, kind)| {
            let issuer = Issuer::did_key(key_of(kind));
            let how = options(suite);
            issuer.issue_json(awkward(&issuer), &how).unwrap()
        }))
        .chain([official()])
        .collect();
    let changed = good
        .iter()
        .map(|credential| flipped(credential, "firstName"));
    let all: Vec<_> = good.iter().cloned().chain(changed).collect();
    let output = javascript(json!({"verify": all}));
    let expected: Vec<_> = (0..all.len()).map(|at| at < good.len()).collect();
    assert_eq!(verdicts(&output, "verify"), expected, "{output}");
}

#[test]
fn theirs_verify_here() {
    let issuer = issuer(Suite::EddsaRdfc2022);
    let mut ours = unsigned(&issuer);
    let mut awkward = awkward(&issuer);
    let mut official = official_kyc_credential(&person(), &fields(&issuer)).unwrap();
    for credential in [&mut ours, &mut awkward, &mut official] {
        credential.as_object_mut().unwrap().remove("issuer");
    }
    // Version 1.1 has its proofs' terms from a context that the official credential does not name.
    let of_official = (Suite::Ed25519Signature2020, KeyKind::Ed25519);
    let cases: Vec<_> = WHOLE_BY_KEY
        .into_iter()
        .flat_map(|case| [(case, &ours), (case, &awkward)])
        .chain([(of_official, &official)])
        .collect();
    let asked: Vec<_> = cases
        .iter()
        .map(|((suite, kind), credential)| {
            json!({"suite": suite.name(), "key": key_there(*kind), "credential": credential})
        })
        .collect();
    let output = javascript(json!({"issue": asked}));
    let issued = output["issue"].as_array().unwrap();
    assert_eq!(issued.len(), cases.len());
    for (((suite, kind), credential), issued) in cases.iter().zip(issued) {
        let report = verified_here(issued);
        assert!(report.verified, "{suite} {kind}: {report}");
        let binding = if *credential == &official {
            FieldBinding::NotProven
        } else {
            FieldBinding::Proven
        };
        assert_eq!(report.field_binding, binding);
        let refused = verified_here(&flipped(issued, "email"));
        assert_eq!(refused.failed(), Some(Check::Proof), "{suite} {kind}");
    }
}

/// A credential about a person, signed so that its holder can show parts of it: once here, once
/// there.
fn base_proofs() -> [Value; 2] {
    let kind = KeyKind::Bls12381G2;
    let issuer = Issuer::did_key(key_of(kind));
    let mut person = person();
    person.id = None;
    let mut fields = fields(&issuer);
    fields.id = None;
    let unsigned = kyc_credential(&person, &fields).unwrap();
    let how = IssueOptions::new(Suite::Bbs2023, NOW);
    let here = issuer.issue_json(unsigned.clone(), &how).unwrap();
    let output = javascript(json!({"issue": [{
        "suite": Suite::Bbs2023.name(), "key": key_there(kind), "credential": unsigned,
        "mandatory": ["/issuer", "/validFrom", "/validUntil", "/level"],
    }]}));
    [here, output["issue"][0].clone()]
}

#[test]
fn base_proofs_of_each_side_are_derived_from_and_verified_on_both() {
    let bases = base_proofs();
    let header = hex::encode(OCCASION);
    let asked: Vec<_> = bases
        .iter()
        .map(|base| json!({"credential": base, "pointers": [SHOWN], "header": header}))
        .collect();
    let output = javascript(json!({"derive": asked}));
    let derived_there = output["derive"].as_array().unwrap().iter().cloned();
    let derived_here = bases.iter().map(|base| {
        let text = derive(&base.to_string(), &[SHOWN], OCCASION, &NoDocuments).unwrap();
        serde_json::from_str(&text).unwrap()
    });
    let good: Vec<Value> = derived_there.chain(derived_here).collect();
    assert_eq!(good.len(), 4);
    for derived in &good {
        let report = verified_here(derived);
        assert!(report.verified, "{report}");
        assert_eq!(report.field_binding, FieldBinding::Proven);
        assert_eq!(derived["credentialSubject"], json!({"nationality": "GB"}));
        // Keys and proofs are as good as random, and may spell anything.
        let mut told = derived.clone();
        for random in ["issuer", "proof"] {
            told[random].take();
        }
        let text = told.to_string();
        for hidden in ["Ada", "Lovelace", "P123456", "1990", "Lisboa", "ageOver18"] {
            assert!(!text.contains(hidden), "{hidden} is in {text}");
        }
        let refused = verified_here(&flipped(derived, "nationality"));
        assert_eq!(refused.failed(), Some(Check::Proof), "{refused}");
    }
    // What the issuer keeps to the holder is accepted by nobody.
    for base in &bases {
        assert_eq!(verified_here(base).fault().unwrap().code(), "base-proof");
    }
    let changed = good.iter().map(|derived| flipped(derived, "nationality"));
    let all: Vec<_> = good.iter().cloned().chain(changed).chain(bases).collect();
    let output = javascript(json!({"verify": all, "header": header}));
    let expected: Vec<_> = (0..all.len()).map(|at| at < good.len()).collect();
    assert_eq!(verdicts(&output, "verify"), expected, "{output}");
    let other = hex::encode(b"another occasion");
    let output = javascript(json!({"verify": good, "header": other}));
    assert_eq!(verdicts(&output, "verify"), [false; 4], "{output}");
}

/// The libraries and the specifications mean the same: else agreeing with both could not be asked.
#[test]
fn published_proofs_verify_there() {
    let names = [
        "vc-di-eddsa/eddsa-jcs-2022/signedJCS.json",
        "vc-di-eddsa/eddsa-rdfc-2022/signedDataInt.json",
        "vc-di-eddsa/Ed25519Signature2020/signedEdSig.json",
        "vc-di-ecdsa/ecdsa-rdfc-2019-p256/signedECDSAP256.json",
        "vc-di-ecdsa/ecdsa-rdfc-2019-p384/signedECDSAP384.json",
        "vc-di-bbs/derivedRevealDocument.json",
    ];
    let good = names.map(|name| {
        let path = format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()
    });
    let changed = good.iter().cloned().map(|mut document| {
        document["issuer"] = json!("https://vc.example/issuers/another");
        document
    });
    let all: Vec<_> = good.iter().cloned().chain(changed).collect();
    let output = javascript(json!({"proofs": all}));
    let expected: Vec<_> = (0..all.len()).map(|at| at < good.len()).collect();
    assert_eq!(verdicts(&output, "proofs"), expected, "{output}");
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
