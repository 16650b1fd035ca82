//! Proofs by who has no signature.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

use affinidi_bbs::{
    Ciphersuite, Scalar,
    generators::{calculate_domain, create_generators, p1_generator, point_to_bytes},
    hash::{hash_to_scalar, messages_to_scalars, scalar_from_bytes, scalar_to_bytes},
};
use affinidi_data_integrity::bbs_2023_transform::proof_hash;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use idos_disclosure::{
    BbsPublicKey, BbsSecretKey, DisclosureError, canonical_nquads, derive, sign, verify,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The first three parts of every proof: compressed points of G1.
const POINT: usize = 48;

const SCALAR: usize = 32;

fn key() -> BbsSecretKey {
    BbsSecretKey::from_seed(&[7; 32]).unwrap()
}

fn document() -> Value {
    json!({
        "@context": {"@vocab": "urn:example:"},
        "name": "Ada",
        "friend": {"name": "Bob"},
    })
}

/// Everything is shown, so that nothing of a signature is needed: what the draft of the IRTF calls
/// Abar and Bbar is the identity (the pairing holds for every key), and D is what a signature would be
/// about, so that its equation holds for r1 and r3 that the forger made up.
fn forgery(key: &BbsPublicKey) -> Value {
    let cs = Ciphersuite::default();
    let public = affinidi_bbs::PublicKey::from_bytes(&key.to_bytes()).unwrap();
    let mut document = document();
    let lines = canonical_nquads(&document).unwrap();
    let mut lines: Vec<String> = lines.lines().map(|line| format!("{line}\n")).collect();
    lines.sort();
    let count = u8::try_from(lines.len()).unwrap();
    let messages: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();

    let options = json!({"@context": document["@context"]});
    let mut header = proof_hash(&options).unwrap().to_vec();
    header.extend_from_slice(&Sha256::digest(b""));

    let scalars = messages_to_scalars(&messages, cs).unwrap();
    let generators = create_generators(messages.len() + 1, cs).unwrap();
    let (q1, h) = generators.split_first().unwrap();
    let domain = calculate_domain(&public, q1, h, &header, cs).unwrap();

    let mut d = p1_generator() + *q1 * domain;
    for (generator, scalar) in h.iter().zip(&scalars) {
        d += *generator * *scalar;
    }
    let small = |n: u8| {
        let mut bytes = [0; SCALAR];
        bytes[SCALAR - 1] = n;
        scalar_from_bytes(&bytes).unwrap()
    };
    let (r1, r3): (Scalar, Scalar) = (small(5), small(6));
    let nothing = d * small(0);

    let mut hashed = u64::from(count).to_be_bytes().to_vec();
    for (index, scalar) in (0_u64..).zip(&scalars) {
        hashed.extend_from_slice(&index.to_be_bytes());
        hashed.extend_from_slice(&scalar_to_bytes(scalar));
    }
    for point in [nothing, nothing, d, d * r1, d * r3] {
        hashed.extend_from_slice(&point_to_bytes(&point));
    }
    hashed.extend_from_slice(&scalar_to_bytes(&domain));
    hashed.extend_from_slice(&0_u64.to_be_bytes());
    let challenge = hash_to_scalar(&hashed, &[&cs.api_id(), &b"H2S_"[..]].concat(), cs).unwrap();

    let mut proof = Vec::new();
    for point in [nothing, nothing, d] {
        proof.extend_from_slice(&point_to_bytes(&point));
    }
    for scalar in [small(9), r1, r3 - challenge, challenge] {
        proof.extend_from_slice(&scalar_to_bytes(&scalar));
    }
    // CBOR: the proof, no labels, nothing mandatory, every index, no header.
    let mut value = vec![0xd9, 0x5d, 0x03, 0x85, 0x59];
    value.extend_from_slice(&u16::try_from(proof.len()).unwrap().to_be_bytes());
    value.extend_from_slice(&proof);
    value.extend_from_slice(&[0xa0, 0x80, 0x98, count]);
    for index in 0..count {
        value.extend_from_slice(&[0x18, index]);
    }
    value.push(0x40);
    document["proof"] = json!({"proofValue": format!("u{}", URL_SAFE_NO_PAD.encode(value))});
    document
}

/// What an honest holder shows, and the bytes of its proof value.
fn honest() -> (Value, Vec<u8>) {
    let mut document = document();
    let options = json!({"@context": document["@context"]});
    let value = sign(&document, &options, &[], &key(), &[3; 32]).unwrap();
    document["proof"] = json!({"proofValue": value});
    let derived = derive(&document, &["/name"], b"", &key().public()).unwrap();
    let value = derived["proof"]["proofValue"].as_str().unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(value.get(1..).unwrap()).unwrap();
    (derived, bytes)
}

fn with_value(document: &Value, bytes: &[u8]) -> Value {
    let mut document = document.clone();
    let value = format!("u{}", URL_SAFE_NO_PAD.encode(bytes));
    document["proof"]["proofValue"] = value.into();
    document
}

#[test]
fn who_has_no_signature_proves_nothing() {
    let key = key().public();
    assert_eq!(verify(&forgery(&key), &key), Err(DisclosureError::Identity));
}

/// `octets_to_proof` of draft-irtf-cfrg-bbs-signatures.
#[test]
fn no_point_is_the_identity_and_no_scalar_is_zero() {
    let (derived, bytes) = honest();
    let key = key().public();
    assert_eq!(verify(&derived, &key), Ok(()));
    // The tag, the array, and the length of the proof in two bytes.
    let begin = 7;
    assert_eq!(bytes[3..5], [0x85, 0x59]);
    for point in 0..3 {
        for flags in [0xc0, 0xe0, 0x40, 0x60] {
            let mut changed = bytes.clone();
            let at = begin + point * POINT;
            changed[at..at + POINT].fill(0);
            changed[at] = flags;
            let refused = verify(&with_value(&derived, &changed), &key);
            assert_eq!(refused, Err(DisclosureError::Identity), "{point} {flags:x}");
        }
    }
    let length = usize::from(u16::from_be_bytes([bytes[5], bytes[6]]));
    for scalar in 0..(length - 3 * POINT) / SCALAR {
        let mut changed = bytes.clone();
        let at = begin + 3 * POINT + scalar * SCALAR;
        changed[at..at + SCALAR].fill(0);
        assert!(matches!(
            verify(&with_value(&derived, &changed), &key),
            Err(DisclosureError::Malformed(_))
        ));
    }
}

/// CBOR can write the same in other ways, in which nobody would look for the points.
#[test]
fn a_proof_has_one_encoding() {
    let (derived, bytes) = honest();
    let key = key().public();
    let (tag, rest) = bytes.split_at(3);
    let (length, proof) = (&rest[2..4], &rest[4..]);
    let endless = [&[0x9f, 0x59][..], length, proof, &[0xff]].concat();
    let long_array = [&[0x98, 5, 0x59][..], length, proof].concat();
    let size = usize::from(u16::from_be_bytes([length[0], length[1]]));
    let in_pieces = [
        &[0x85, 0x5f, 0x59][..],
        length,
        &proof[..size],
        &[0xff],
        &proof[size..],
    ]
    .concat();
    // Of more than 2,039 hidden statements the length takes four bytes.
    let long_length = [tag, &[0x85, 0x5a, 0, 0], length, proof].concat();
    assert_eq!(verify(&with_value(&derived, &long_length), &key), Ok(()));
    let at = tag.len() + 6;
    let mut forged = long_length;
    forged[at..at + POINT].fill(0);
    forged[at] = 0xc0;
    assert_eq!(
        verify(&with_value(&derived, &forged), &key),
        Err(DisclosureError::Identity)
    );
    for other in [endless, long_array, in_pieces] {
        let changed = [tag, &other].concat();
        assert!(matches!(
            verify(&with_value(&derived, &changed), &key),
            Err(DisclosureError::Malformed(_))
        ));
    }
}
