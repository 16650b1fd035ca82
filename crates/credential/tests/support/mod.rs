//! People, issuers and credentials of the tests.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test; not every test uses every helper"
)]

use idos_credential::{
    Check, CredentialFields, FieldBinding, IssueOptions, Issuer, KeyKind, Outcome, Person, Report,
    Seconds, SecretKey, Suite, TrustList, Verifier, kyc_credential,
};
use serde_json::{Value, json};

/// 21 November 2026, 12:00.
pub(crate) const NOW: Seconds = Seconds(1_795_262_400);
pub(crate) const YEAR: i64 = 365 * 24 * 3600;

/// The key of a suite, the same in every run.
pub(crate) fn key(suite: Suite) -> SecretKey {
    let kind = match suite {
        Suite::EcdsaRdfc2019 => KeyKind::P256,
        Suite::Bbs2023 => KeyKind::Bls12381G2,
        _ => KeyKind::Ed25519,
    };
    SecretKey::from_bytes(kind, &[7; 32]).unwrap()
}

pub(crate) fn issuer(suite: Suite) -> Issuer {
    Issuer::did_key(key(suite))
}

pub(crate) fn other_issuer() -> Issuer {
    Issuer::did_key(SecretKey::from_bytes(KeyKind::Ed25519, &[8; 32]).unwrap())
}

pub(crate) fn person() -> Person {
    serde_json::from_value(json!({
        "id": "urn:uuid:0b6f9a3e-4b0e-4a9b-9c55-7b1d7f6e2a11",
        "firstName": "Ada", "middleName": "King", "familyName": "Lovelace", "gender": "F",
        "nationality": "GB", "email": "ada@example.com", "phoneNumber": "+441234567",
        "dateOfBirth": "1990-04-30", "placeOfBirth": "London",
        "idDocument": {
            "country": "GB", "number": "P123456", "type": "PASSPORT",
            "dateOfIssue": "2020-01-02", "dateOfExpiry": "2030-01-02", "frontFile": "AQIDBAU=",
        },
        "selfieFile": "/9j/4A==",
        "residentialAddress": {
            "street": "Rua Augusta", "houseNumber": "1", "city": "Lisboa", "postalCode": "1100",
            "country": "PT", "proofCategory": "UTILITY_BILL", "proofDateOfIssue": "2026-10-01",
            "proofFile": "AAAAAA==",
        },
    }))
    .unwrap()
}

pub(crate) fn fields(issuer: &Issuer) -> CredentialFields {
    CredentialFields {
        id: Some("urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33".to_owned()),
        issuer: issuer.id().to_owned(),
        valid_from: Seconds(NOW.0 - 3600),
        valid_until: Some(Seconds(NOW.0 + YEAR)),
        approved_at: Some(Seconds(NOW.0 - 7200)),
        status: None,
    }
}

/// An unsigned credential about a person under our contexts.
pub(crate) fn unsigned(issuer: &Issuer) -> Value {
    kyc_credential(&person(), &fields(issuer)).unwrap()
}

pub(crate) fn options(suite: Suite) -> IssueOptions {
    IssueOptions::new(suite, Seconds(NOW.0 - 60))
}

/// A signed one.
pub(crate) fn signed(suite: Suite) -> Value {
    let issuer = issuer(suite);
    issuer
        .issue_json(unsigned(&issuer), &options(suite))
        .unwrap()
}

/// Believes the issuer of each suite.
pub(crate) fn trust() -> TrustList {
    Suite::ALL
        .into_iter()
        .fold(TrustList::new(), |list, suite| {
            list.with_did(issuer(suite).id())
        })
}

pub(crate) fn verifier() -> Verifier {
    Verifier::new(trust())
}

/// The suites whose proofs verify as they are issued.
pub(crate) const WHOLE: [Suite; 4] = [
    Suite::EddsaJcs2022,
    Suite::EddsaRdfc2022,
    Suite::EcdsaRdfc2019,
    Suite::Ed25519Signature2020,
];

/// A credential changed before it is signed.
pub(crate) fn signed_with(change: impl FnOnce(&mut Value)) -> Value {
    let issuer = issuer(Suite::EddsaJcs2022);
    let mut credential = unsigned(&issuer);
    change(&mut credential);
    issuer
        .issue_json(credential, &options(Suite::EddsaJcs2022))
        .unwrap()
}

/// Signed by an issuer that does not look at what it signs.
pub(crate) fn carelessly_signed(credential: Value) -> Value {
    carelessly_signed_with(credential, json!({}))
}

/// The same with further members of the proof.
pub(crate) fn carelessly_signed_with(credential: Value, members: Value) -> Value {
    carelessly_signed_by(&issuer(Suite::EddsaJcs2022), [7; 32], credential, members)
}

/// The same by anybody with this secret key.
pub(crate) fn carelessly_signed_by(
    signer: &Issuer,
    secret: [u8; 32],
    mut document: Value,
    members: Value,
) -> Value {
    use ed25519_zebra::SigningKey;
    use sha2::{Digest as _, Sha256};
    let mut proof = json!({
        "type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "proofPurpose": "assertionMethod",
        "verificationMethod": signer.verification_method(), "created": NOW.rfc3339(),
        "@context": document["@context"],
    });
    for (name, value) in members.as_object().unwrap() {
        proof[name] = value.clone();
    }
    let canonical =
        |value: &Value| Sha256::digest(serde_json_canonicalizer::to_vec(value).unwrap());
    let message = [canonical(&proof), canonical(&document)].concat();
    let signature = SigningKey::from(secret).sign(&message).to_bytes();
    proof["proofValue"] = json!(format!("z{}", bs58::encode(signature).into_string()));
    document["proof"] = proof;
    document
}

/// The same by `eddsa-rdfc-2022`: what is signed are the statements of the document.
pub(crate) fn carelessly_signed_statements(
    signer: &Issuer,
    secret: [u8; 32],
    mut document: Value,
) -> Value {
    use ed25519_zebra::SigningKey;
    use sha2::{Digest as _, Sha256};
    let mut proof = json!({
        "type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "proofPurpose": "assertionMethod",
        "verificationMethod": signer.verification_method(), "@context": document["@context"],
    });
    let statements =
        |value: &Value| Sha256::digest(idos_linked_data::canonical_nquads(value).unwrap());
    let message = [statements(&proof), statements(&document)].concat();
    let signature = SigningKey::from(secret).sign(&message).to_bytes();
    proof.as_object_mut().unwrap().remove("@context");
    proof["proofValue"] = json!(format!("z{}", bs58::encode(signature).into_string()));
    document["proof"] = proof;
    document
}

/// A report in which this check failed and no other.
#[track_caller]
pub(crate) fn fails(report: &Report, check: Check, code: &str) {
    assert!(!report.verified);
    assert_eq!(report.failed(), Some(check), "{report}");
    assert_eq!(report.fault().unwrap().code(), code, "{report}");
    // What comes before passed or had nothing to check, what comes after was not reached.
    let at = report
        .checks
        .iter()
        .position(|line| line.check == check)
        .unwrap();
    for line in &report.checks[..at] {
        assert!(
            !matches!(line.outcome, Outcome::NotReached | Outcome::Failed { .. }),
            "{report}"
        );
    }
    for line in &report.checks[at + 1..] {
        assert_eq!(line.outcome, Outcome::NotReached, "{report}");
    }
    assert_eq!(report.field_binding, FieldBinding::NotProven);
}
