//! The recorded signatures of the published clients and of real wallets, through the public
//! surface: each verifies, and with any single bit changed it does not.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may fail like tests"
)]

use std::{fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use idos_types::{Identity, Uuid, WalletType};
use idos_wallet::{
    AccountKey, AuthType, ClaimedSignatures, KeyType, Sender, verify_ownership,
    verify_wallet_signature,
};
use serde_json::Value;

fn read(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/protocol")
        .join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The vectors of the published client whose id begins with `prefix`.
fn kwil(prefix: &str) -> Vec<Value> {
    let vectors = read("kwil-vectors.json")["vectors"]
        .as_array()
        .unwrap()
        .clone();
    let found: Vec<_> = vectors
        .into_iter()
        .filter(|it| text(&it["id"]).starts_with(prefix))
        .collect();
    assert!(!found.is_empty(), "no vector {prefix}");
    found
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn from_hex(value: &Value) -> Vec<u8> {
    hex::decode(text(value)).unwrap()
}

fn from_base64(value: &Value) -> Vec<u8> {
    STANDARD.decode(text(value)).unwrap()
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

/// Asserts that `accepts` takes the signature, and with no single bit of it changed.
fn check_bits(label: &str, signature: &[u8], accepts: impl Fn(&[u8]) -> bool) {
    assert!(accepts(signature), "{label}");
    for bit in 0..signature.len() * 8 {
        assert!(!accepts(&flipped(signature, bit)), "{label}: bit {bit}");
    }
}

fn check_sender(
    label: &str,
    auth: &str,
    sender: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Sender {
    let auth = AuthType::parse(auth).unwrap();
    let sender = Sender::parse(auth, sender).unwrap();
    check_bits(label, signature, |it| sender.verify(message, it).is_ok());
    assert_eq!(
        sender.verify_canonical(message, signature),
        Ok(()),
        "{label}"
    );
    for bit in 0..message.len() * 8 {
        let message = flipped(message, bit);
        assert!(
            sender.verify(&message, signature).is_err(),
            "{label}: message bit {bit}"
        );
    }
    for longer in [[message, &[0]].concat(), [&[0], message].concat()] {
        assert!(
            sender.verify(&longer, signature).is_err(),
            "{label}: longer message"
        );
    }
    for longer in [[signature, &[0]].concat(), [&[0], signature].concat()] {
        assert!(
            sender.verify(message, &longer).is_err(),
            "{label}: longer signature"
        );
    }
    for len in 0..signature.len() {
        assert!(
            sender.verify(message, &signature[..len]).is_err(),
            "{label}: {len} bytes"
        );
    }
    sender
}

#[test]
fn transactions_of_the_published_client() {
    for vector in kwil("tx-0") {
        let id = text(&vector["id"]);
        let sender = check_sender(
            id,
            text(&vector["signature_type"]),
            &from_hex(&vector["sender_hex"]),
            &from_hex(&vector["signed_message_hex"]),
            &from_hex(&vector["signature_hex"]),
        );
        let caller = text(&vector["caller"]).split(' ').next().unwrap();
        assert_eq!(sender.caller(), caller, "{id}");
    }
}

#[test]
fn accounts_are_those_that_clients_ask_for() {
    for vector in kwil("tx-0") {
        let request: Value = serde_json::from_str(text(&vector["account_request_json"])).unwrap();
        let asked = &request["params"]["id"];
        let key_type = KeyType::parse(text(&asked["key_type"])).unwrap();
        let auth = AuthType::parse(text(&vector["signature_type"])).unwrap();
        let sender = Sender::parse(auth, &from_hex(&vector["sender_hex"])).unwrap();
        assert_eq!(
            sender.account(),
            AccountKey::of(key_type, &from_hex(&asked["identifier"]))
        );
    }
}

/// Vectors that keep the signature only within the recorded request.
#[test]
fn sign_ins_private_calls_and_raw_statements() {
    for (prefix, message_field) in [
        ("kgw-01", "message_text"),
        ("kgw-02", "message_text"),
        ("private-01", "message_text"),
        ("tx-10", "signed_message_text"),
    ] {
        for vector in kwil(prefix) {
            let recorded = vector
                .get("authn_request_json")
                .or(vector.get("request_json"));
            let recorded = recorded.or(vector.get("broadcast_request_json")).unwrap();
            let request: Value = serde_json::from_str(text(recorded)).unwrap();
            let params = request["params"].get("tx").unwrap_or(&request["params"]);
            let (auth, signature) = match &params["signature"] {
                Value::String(_) => (&params["auth_type"], &params["signature"]),
                signature => (&signature["type"], &signature["sig"]),
            };
            check_sender(
                prefix,
                text(auth),
                &from_hex(&params["sender"]),
                text(&vector[message_field]).as_bytes(),
                &from_base64(signature),
            );
        }
    }
}

#[test]
fn transactions_by_every_signer_of_the_sdk() {
    let signatures = &read("sdk-vectors.json")["transaction_signatures"];
    let message = text(&signatures["tx"]["text"]).as_bytes();
    let signers = signatures["by"].as_object().unwrap();
    assert_eq!(signers.len(), 6);
    for (label, by) in signers {
        check_sender(
            label,
            text(&by["type"]),
            &from_hex(&by["sender"]),
            message,
            &from_base64(&by["sig"]),
        );
    }
}

#[test]
fn nep413_signatures_of_real_wallets() {
    for vector in kwil("nep413-01") {
        for case in vector["cases"].as_array().unwrap() {
            let sender = check_sender(
                text(&case["recipient"]),
                "nep413",
                &from_hex(&vector["public_key_hex"]),
                text(&case["message_utf8"]).as_bytes(),
                &from_hex(&case["kwil_signature_field_hex"]),
            );
            assert_eq!(sender.caller(), text(&vector["near_public_key"]));
        }
    }
}

#[test]
fn callers_of_every_scheme() {
    for vector in kwil("callers-01") {
        for case in vector["cases"].as_array().unwrap() {
            let auth = AuthType::parse(text(&case["auth_type"])).unwrap();
            let sender = Sender::parse(auth, &from_hex(&case["sender_hex"])).unwrap();
            assert_eq!(sender.caller(), text(&case["caller"]));
            assert_eq!(hex::encode(sender.bytes()), text(&case["sender_hex"]));
            assert_eq!(sender.auth(), auth);
            // Another sender is another caller, if it is one at all.
            for bit in 0..sender.bytes().len() * 8 {
                let other = Sender::parse(auth, &flipped(sender.bytes(), bit));
                let caller = other.map(|other| other.caller());
                assert_ne!(
                    caller.as_deref().ok(),
                    Some(sender.caller().as_str()),
                    "bit {bit}"
                );
            }
        }
    }
}

/// Also checks that a wallet and the caller who signs with it have one identity.
#[test]
fn ownership_proofs_of_every_kind_of_wallet() {
    let mut proofs = Vec::new();
    for vector in kwil("wallet-ownership-01") {
        for case in vector["cases"].as_array().unwrap() {
            proofs.push((vector["message"].clone(), case.clone()));
        }
    }
    for case in read("sdk-vectors.json")["wallet_proofs"]
        .as_array()
        .unwrap()
    {
        proofs.push((case["message"].clone(), case.clone()));
    }
    assert_eq!(proofs.len(), 13);

    for (message, case) in proofs {
        let (message, address) = (text(&message), text(&case["address"]));
        let public_key = case["public_key"].as_str();
        let kind = WalletType::parse(text(&case["wallet_type"])).unwrap();
        let verify = |message: &str, signature: &str| {
            verify_ownership(
                kind,
                address,
                public_key,
                message,
                signature,
                "chain",
                Uuid::nil(),
            )
        };

        let given = text(&case["signature"]);
        let signed = verify(message, given).unwrap();
        assert_eq!(
            Some(&signed.identity),
            Identity::of_wallet(kind, address, public_key).as_ref()
        );
        assert_eq!(
            verify_wallet_signature(kind, address, public_key, message, given),
            Ok(signed.clone())
        );

        let bare = given.strip_prefix("0x").unwrap_or(given);
        for spelling in [
            bare.to_ascii_uppercase(),
            format!("0x{}", bare.to_ascii_lowercase()),
        ] {
            assert_eq!(verify(message, &spelling), Ok(signed.clone()));
        }
        let signature = hex::decode(bare).unwrap();
        let takes_base64 = matches!(kind, WalletType::Stellar | WalletType::FaceSign);
        assert_eq!(
            verify(message, &STANDARD.encode(&signature)).is_ok(),
            takes_base64
        );

        check_bits(kind.name(), &signature, |signature| {
            verify(message, &hex::encode(signature)).is_ok()
        });
        for bit in (0..message.len() * 8).filter(|bit| bit % 8 != 7) {
            let changed = String::from_utf8(flipped(message.as_bytes(), bit)).unwrap();
            assert!(
                verify(&changed, given).is_err(),
                "{}: message bit {bit}",
                kind.name()
            );
        }
        for other in WalletType::ALL.into_iter().filter(|other| *other != kind) {
            let as_other = verify_ownership(
                other,
                address,
                public_key,
                message,
                given,
                "chain",
                Uuid::nil(),
            );
            assert!(as_other.is_err(), "{} is no {}", kind.name(), other.name());
        }
    }
}

#[test]
fn signatures_of_credentials() {
    let sdk = read("sdk-vectors.json");
    let mut credentials = sdk["credential_signatures"].as_array().unwrap().clone();
    credentials.push(sdk["shared_copy_by_the_sdk"].clone());
    for mut vector in kwil("credential-signatures-01") {
        for name in ["content", "public_notes_signature", "broader_signature"] {
            vector[name] = vector[format!("{name}_base64")].clone();
        }
        credentials.push(vector);
    }
    assert_eq!(credentials.len(), 4);

    for credential in credentials {
        let notes = text(&credential["public_notes"]);
        let key = text(&credential["issuer_auth_public_key"]);
        let content = from_base64(&credential["content"]);
        let first = from_base64(&credential["public_notes_signature"]);
        let broader = from_base64(&credential["broader_signature"]);
        let accepts = |notes: &str, first: &[u8], content: &[u8], broader: &[u8]| {
            let [first, content, broader] = [first, content, broader].map(|it| STANDARD.encode(it));
            let signatures = ClaimedSignatures::parse(key, notes, &first, &content, &broader);
            signatures.is_ok_and(|signatures| signatures.verify().is_ok())
        };
        check_bits("public notes", &first, |it| {
            accepts(notes, it, &content, &broader)
        });
        check_bits("broader", &broader, |it| {
            accepts(notes, &first, &content, it)
        });
        for bit in 0..content.len() * 8 {
            assert!(
                !accepts(notes, &first, &flipped(&content, bit), &broader),
                "content {bit}"
            );
        }
        for bit in (0..notes.len() * 8).filter(|bit| bit % 8 != 7) {
            let changed = String::from_utf8(flipped(notes.as_bytes(), bit)).unwrap();
            assert!(
                !accepts(&changed, &first, &content, &broader),
                "notes {bit}"
            );
        }
    }
}
