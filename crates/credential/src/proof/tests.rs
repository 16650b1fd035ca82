//! The W3C vectors; their licence is beside them.

use super::*;

fn vector(name: &str) -> Map<String, Value> {
    let path = format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

fn checked(document: &Map<String, Value>) -> Result<(), ProofError> {
    let proof = Proof::of(document)?;
    let (_, key) = proof.method.split_once('#').unwrap();
    proof.check(document, &PublicKey::from_multikey(key).unwrap())
}

const SIGNED: [&str; 8] = [
    "vc-di-eddsa/eddsa-jcs-2022/signedJCS.json",
    "vc-di-eddsa/eddsa-rdfc-2022/signedDataInt.json",
    "vc-di-eddsa/Ed25519Signature2020/signedEdSig.json",
    "vc-di-ecdsa/ecdsa-rdfc-2019-p256/signedECDSAP256.json",
    "vc-di-ecdsa/ecdsa-rdfc-2019-p384/signedECDSAP384.json",
    "vc-di-bbs/derivedRevealDocument.json",
    "vc-di-eddsa/proof-set-chain/signedProofSet1.json",
    "vc-di-bbs/addSignedSDBase.json",
];

#[test]
fn published_signatures_verify_and_changed_documents_do_not() {
    for name in &SIGNED[..6] {
        let mut document = vector(name);
        assert_eq!(checked(&document), Ok(()), "{name}");
        document.insert("name".to_owned(), "Another".into());
        assert!(checked(&document).is_err(), "{name}");
    }
}

#[test]
fn each_of_a_set_of_proofs_verifies_alone() {
    let mut document = vector(SIGNED[6]);
    assert_eq!(checked(&document), Ok(()));
    let proof = document["proof"].clone();
    document.insert("proof".to_owned(), Value::Array(vec![proof.clone(), proof]));
    assert_eq!(checked(&document), Err(ProofError::Several(2)));
}

#[test]
fn the_published_signatures_are_made_anew() {
    let keys = vector("vc-di-eddsa/keyPair.json");
    let key = SecretKey::from_multikey(keys["privateKeyMultibase"].as_str().unwrap()).unwrap();
    for name in &SIGNED[..3] {
        let expected = vector(name);
        let proof = Proof::of(&expected).unwrap();
        let mut options = proof.options.clone();
        options.remove("@context");
        let signed = sign(expected.clone(), proof.suite, options, &key, &[]).unwrap();
        assert_eq!(signed, expected, "{name}");
    }
}

#[test]
fn every_step_of_the_vectors_is_ours() {
    let text = |name: &str| {
        let path = format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap().trim().to_owned()
    };
    for (folder, suffix, document, kind) in [
        (
            "vc-di-eddsa/eddsa-jcs-2022",
            "JCS",
            SIGNED[0],
            KeyKind::Ed25519,
        ),
        (
            "vc-di-eddsa/eddsa-rdfc-2022",
            "DataInt",
            SIGNED[1],
            KeyKind::Ed25519,
        ),
        (
            "vc-di-eddsa/Ed25519Signature2020",
            "EdSig",
            SIGNED[2],
            KeyKind::Ed25519,
        ),
        (
            "vc-di-ecdsa/ecdsa-rdfc-2019-p256",
            "ECDSAP256",
            SIGNED[3],
            KeyKind::P256,
        ),
        (
            "vc-di-ecdsa/ecdsa-rdfc-2019-p384",
            "ECDSAP384",
            SIGNED[4],
            KeyKind::P384,
        ),
    ] {
        let document = vector(document);
        let proof = Proof::of(&document).unwrap();
        let message =
            hash::message(proof.suite, &document, &proof.options, kind, Edition::First).unwrap();
        assert_eq!(
            hex::encode(message),
            text(&format!("{folder}/combinedHash{suffix}.txt"))
        );
    }
}

#[test]
fn what_was_signed_under_either_edition_of_a_context_verifies() {
    let keys = vector("vc-di-eddsa/keyPair.json");
    let key = SecretKey::from_multikey(keys["privateKeyMultibase"].as_str().unwrap()).unwrap();
    let unsigned = serde_json::json!({
        "@context": [
            idos_linked_data::CREDENTIALS_V1,
            idos_linked_data::OFFICIAL_CREDENTIAL,
            idos_linked_data::ED25519_2020_V1,
        ],
        "type": ["VerifiableCredential"],
        "issuer": "https://issuer.example",
        "approvedAt": "2026-01-02T00:00:00.000Z",
        "credentialSubject": {"id": "urn:x"},
    });
    let options = serde_json::json!({
        "type": "Ed25519Signature2020",
        "created": "2026-01-03T00:00:00Z",
        "proofPurpose": "assertionMethod",
        "verificationMethod": format!("https://issuer.example#{}", key.public().to_multikey()),
    });
    let unsigned = unsigned.as_object().unwrap();
    let options = options.as_object().unwrap();
    let signed = |edition| {
        let suite = Suite::Ed25519Signature2020;
        let message = hash::message(suite, unsigned, options, key.kind(), edition).unwrap();
        let signature = bs58::encode(key.sign(&message).unwrap()).into_string();
        let mut proof = options.clone();
        proof.insert("proofValue".to_owned(), format!("z{signature}").into());
        let mut document = unsigned.clone();
        document.insert("proof".to_owned(), proof.into());
        document
    };
    assert_ne!(signed(Edition::First), signed(Edition::Changed));
    for edition in [Edition::First, Edition::Changed] {
        let mut document = signed(edition);
        assert_eq!(checked(&document), Ok(()), "{edition:?}");
        document.insert("approvedAt".to_owned(), "2026-01-03T00:00:00.000Z".into());
        assert_eq!(checked(&document), Err(ProofError::Wrong), "{edition:?}");
    }
}

#[test]
fn a_base_proof_is_not_accepted_and_gives_derived_ones() {
    let document = vector(SIGNED[7]);
    assert_eq!(checked(&document), Err(ProofError::BaseProof));
    let (_, key) = document["proof"]["verificationMethod"]
        .as_str()
        .unwrap()
        .split_once('#')
        .unwrap();
    let PublicKey::Bbs(key) = PublicKey::from_multikey(key).unwrap() else {
        panic!("the vector has a BBS key")
    };
    let mut derived = derive(
        &document,
        &["/credentialSubject/boards/0/brand"],
        b"here",
        &key,
    )
    .unwrap();
    assert_eq!(checked(&derived), Ok(()));
    // The issuer's mandatory pointers come along: sail number, some sails, one board's year.
    assert_eq!(derived["credentialSubject"]["sailNumber"], "Earth101");
    assert_eq!(derived["@context"], document["@context"]);
    derived["credentialSubject"]["sailNumber"] = "Earth102".into();
    assert_eq!(
        checked(&derived),
        Err(ProofError::Disclosure(DisclosureError::Wrong))
    );
}

#[test]
fn a_proof_has_to_be_readable() {
    let mut document = vector(SIGNED[0]);
    let with = |change: &dyn Fn(&mut Map<String, Value>)| {
        let mut changed = document.clone();
        change(changed["proof"].as_object_mut().unwrap());
        checked(&changed)
    };
    for member in ["type", "proofPurpose", "verificationMethod", "proofValue"] {
        assert!(
            matches!(
                with(&|proof| drop(proof.remove(member))),
                Err(ProofError::Member { .. })
            ),
            "{member}"
        );
    }
    assert!(matches!(
        with(&|proof| drop(proof.insert("previousProof".into(), "urn:x".into()))),
        Err(ProofError::Member { .. })
    ));
    assert!(matches!(
        with(&|proof| drop(proof.insert("created".into(), "today".into()))),
        Err(ProofError::Date { .. })
    ));
    assert_eq!(
        with(&|proof| drop(proof.insert("cryptosuite".into(), "own-2026".into()))),
        Err(ProofError::Suite("own-2026".into()))
    );
    assert!(matches!(
        with(&|proof| drop(proof.insert("proofValue".into(), "zz0".into()))),
        Err(ProofError::Member { .. })
    ));
    assert_eq!(
        with(&|proof| drop(proof.insert("cryptosuite".into(), "ecdsa-rdfc-2019".into()))),
        Err(ProofError::Key {
            suite: Suite::EcdsaRdfc2019,
            kind: KeyKind::Ed25519
        })
    );
    assert_eq!(
        with(&|proof| drop(proof.insert("@context".into(), "urn:x".into()))),
        Err(ProofError::Contexts)
    );
    document.remove("proof");
    assert_eq!(checked(&document), Err(ProofError::None));
}
