//! The recorded signatures of the published clients and of real wallets, through the public
//! surface: each verifies, and with any single bit changed it does not.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may fail like tests"
)]

use std::{fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use idos_types::{Identity, Uuid, WalletType};
use idos_wallet::{
    AccountKey, AuthType, ClaimedSignatures, KeyType, Sender, evm_sender, near_to_sign,
    stellar_sender, verify_ownership, verify_wallet_signature,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

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

/// A secret key in hexadecimal, behind the prefix that ledgers put before it.
fn secret(text: &Value, prefix: &str) -> [u8; 32] {
    let text = text.as_str().unwrap().strip_prefix(prefix).unwrap();
    hex::decode(text).unwrap().try_into().unwrap()
}

/// The transaction in a recorded request, and the text that its sender signed, made of its fields.
/// `crates/wire` makes the same text, and tests it against the recorded ones.
fn signed(request: &Value) -> (&Value, String) {
    let transaction = &request["params"]["tx"];
    let body = &transaction["body"];
    let text = signed_text(
        text(&body["desc"]),
        text(&body["type"]),
        &from_base64(&body["payload"]),
        text(&body["fee"]),
        &body["nonce"],
        text(&body["chain_id"]),
    );
    (transaction, text)
}

fn signed_text(
    description: &str,
    payload_type: &str,
    payload: &[u8],
    fee: &str,
    nonce: &Value,
    chain_id: &str,
) -> String {
    let digest = hex::encode(&Sha256::digest(payload)[..20]);
    format!(
        "{description}\n\nPayloadType: {payload_type}\nPayloadDigest: {digest}\n\
         Fee: {fee}\nNonce: {nonce}\n\nKwil Chain ID: {chain_id}\n"
    )
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
    // Whoever else there is did not sign it, and is another caller.
    for bit in 0..sender.bytes().len() * 8 {
        let Ok(other) = Sender::parse(auth, &flipped(sender.bytes(), bit)) else {
            continue;
        };
        assert!(
            other.verify(message, signature).is_err(),
            "{label}: sender bit {bit}"
        );
        assert_ne!(other.caller(), sender.caller(), "{label}: sender bit {bit}");
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
        let request = serde_json::from_str(text(&vector["broadcast_request_json"])).unwrap();
        let (transaction, made) = signed(&request);
        assert_eq!(made, text(&vector["signed_message_text"]), "{id}");
        let signature = &transaction["signature"]["sig"];
        assert_eq!(signature, &vector["signature_base64"], "{id}");
    }
}

/// The vector has neither the text nor the caller: both are made here, of the request.
#[test]
fn the_transfer_of_the_published_client() {
    let evm = &read("kwil-vectors.json")["meta"]["keys"]["evm"];
    for vector in kwil("tx-11") {
        let request = serde_json::from_str(text(&vector["broadcast_request_json"])).unwrap();
        let (transaction, message) = signed(&request);
        let sender = check_sender(
            text(&vector["id"]),
            text(&transaction["signature"]["type"]),
            &from_hex(&transaction["sender"]),
            message.as_bytes(),
            &from_base64(&transaction["signature"]["sig"]),
        );
        assert_eq!(sender.caller(), text(&evm["address_checksum"]));
    }
}

/// The seeds of the XRP Ledger are not read: whoever has a key keeps it, and nothing here makes
/// one of a seed.
#[test]
fn callers_of_the_recorded_keys() {
    let keys = &read("kwil-vectors.json")["meta"]["keys"];
    let caller = |auth, bytes: &[u8]| Sender::parse(auth, bytes).unwrap().caller();
    let secp256k1 = |secret| {
        let secret = secp256k1::SecretKey::from_secret_bytes(secret).unwrap();
        secp256k1::PublicKey::from_secret_key(&secret)
    };
    let ed25519 = |secret: [u8; 32]| {
        let key = ed25519_zebra::SigningKey::from(secret);
        <[u8; 32]>::from(ed25519_zebra::VerificationKey::from(&key))
    };

    let evm = &keys["evm"];
    let sender = evm_sender(&secp256k1(secret(&evm["private_key_hex"], "")));
    assert_eq!(hex::encode(sender), text(&evm["sender_hex"]));
    let evm_caller = caller(AuthType::Secp256k1Ep, &sender);
    assert_eq!(evm_caller, text(&evm["address_checksum"]));

    let recorded = &keys["ed25519"];
    let key = ed25519(secret(&recorded["seed_hex"], ""));
    assert_eq!(hex::encode(key), text(&recorded["public_key_hex"]));
    assert_eq!(
        caller(AuthType::Ed25519, &key),
        text(&recorded["public_key_hex"])
    );
    assert_eq!(
        caller(AuthType::Nep413, &key),
        text(&recorded["near_public_key"])
    );
    let stellar = stellar_sender(&key).unwrap();
    assert_eq!(stellar, text(&recorded["stellar_strkey"]));
    assert_eq!(caller(AuthType::Sep53, stellar.as_bytes()), stellar);

    let (one, other) = (&keys["xrpl_ed25519"], &keys["xrpl_secp256k1"]);
    let of_one = [&[0xed], &ed25519(secret(&one["private_key"], "ED"))[..]].concat();
    let of_other = secp256k1(secret(&other["private_key"], "00")).serialize();
    for (recorded, key) in [(one, of_one.as_slice()), (other, &of_other)] {
        assert_eq!(hex::encode_upper(key), text(&recorded["public_key"]));
        assert_eq!(caller(AuthType::Xrpl, key), text(&recorded["address"]));
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
    let keys = &read("kwil-vectors.json")["meta"]["keys"];
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
            let sender = check_sender(
                prefix,
                text(auth),
                &from_hex(&params["sender"]),
                text(&vector[message_field]).as_bytes(),
                &from_base64(signature),
            );
            let caller = match sender.auth() {
                AuthType::Secp256k1Ep => &keys["evm"]["address_checksum"],
                _ => &keys["ed25519"]["public_key_hex"],
            };
            assert_eq!(sender.caller(), text(caller), "{prefix}");
        }
    }
}

#[test]
fn transactions_by_every_signer_of_the_sdk() {
    let sdk = read("sdk-vectors.json");
    let signatures = &sdk["transaction_signatures"];
    let tx = &signatures["tx"];
    let message = signed_text(
        text(&tx["description"]),
        "execute",
        &from_base64(&tx["payload_b64"]),
        text(&tx["fee"]),
        &tx["nonce"],
        text(&tx["chain_id"]),
    );
    assert_eq!(message, text(&tx["text"]));
    // The wallets of the same run, most of which have the same keys.
    let proofs = sdk["wallet_proofs"].as_array().unwrap();
    let recorded = |known: &str, is: &Value, asked: &str| {
        let proof = proofs.iter().find(|proof| proof[known] == *is).unwrap();
        text(&proof[asked]).to_owned()
    };
    let signers = signatures["by"].as_object().unwrap();
    assert_eq!(signers.len(), 6);
    for (label, by) in signers {
        let sender = check_sender(
            label,
            text(&by["type"]),
            &from_hex(&by["sender"]),
            message.as_bytes(),
            &from_base64(&by["sig"]),
        );
        // What the SDK calls the signer's address is often a key.
        let address = &by["sdk_address"];
        let caller = match label.as_str() {
            "nacl" => text(address).to_lowercase(),
            "evm" => recorded("address", address, "address"),
            "near" => {
                assert_eq!(hex::encode_upper(sender.bytes()), text(address));
                recorded("wallet_type", &"NEAR".into(), "public_key")
            }
            "xrpl_ed25519" | "xrpl_secp256k1" => recorded("public_key", address, "address"),
            // It signs bare text with its key, and is called by that.
            "stellar" => recorded("address", address, "public_key"),
            other => panic!("{other}"),
        };
        assert_eq!(sender.caller(), caller, "{label}");
    }
}

/// Every write and the sign-in of a recorded run of the SDK. A run has no list of its callers:
/// those of EVM keys have to be the sender with the checksum of EIP-55, the others the sender.
#[test]
fn what_the_sdk_sent_is_signed() {
    let sdk = read("sdk-vectors.json");
    let requests = sdk["requests"].as_object().unwrap();
    let mut signatures = Vec::new();
    for (name, exchange) in requests {
        if name.starts_with("user.broadcast/") {
            let (transaction, message) = signed(&exchange["request"]);
            signatures.push((name, transaction, message));
        }
    }
    let param = &requests["kgw.authn_param"]["stub_answer"]["result"];
    let field = |name: &str| text(&param[name]);
    let message = format!(
        "{} wants you to sign in with your account:\n\n{}\n\nURI: {}\nVersion: {}\n\
         Chain ID: {}\nNonce: {}\nIssue At: {}\nExpiration Time: {}\n",
        field("domain"),
        field("statement"),
        field("uri"),
        field("version"),
        field("chain_id"),
        field("nonce"),
        field("issue_at"),
        field("expiration_time"),
    );
    let (name, exchange) = requests.get_key_value("kgw.authn").unwrap();
    signatures.push((name, &exchange["request"]["params"], message));
    assert_eq!(signatures.len(), 16);

    for (name, by, message) in signatures {
        let sender = check_sender(
            name,
            text(&by["signature"]["type"]),
            &from_hex(&by["sender"]),
            message.as_bytes(),
            &from_base64(&by["signature"]["sig"]),
        );
        let caller = sender.caller();
        let bare = caller.strip_prefix("0x").unwrap_or(&caller);
        assert_eq!(bare.to_lowercase(), text(&by["sender"]), "{name}");
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

            let payload = from_hex(&case["borsh_payload_hex"]);
            let string = |text: &str| {
                let len = u32::try_from(text.len()).unwrap().to_le_bytes();
                [&len, text.as_bytes()].concat()
            };
            let callback_url = match &case["callback_url"] {
                Value::Null => vec![0],
                url => [vec![1], string(text(url))].concat(),
            };
            let made = [
                2_147_484_061_u32.to_le_bytes().to_vec(),
                string(text(&case["message_utf8"])),
                from_hex(&case["nonce_hex"]),
                string(text(&case["recipient"])),
                callback_url,
            ];
            assert_eq!(made.concat(), payload);
            assert_eq!(
                hex::encode(Sha256::digest(&payload)),
                text(&case["sha256_of_payload_hex"])
            );
            let len = u16::try_from(payload.len()).unwrap().to_be_bytes();
            let signature = from_base64(&case["ed25519_signature_base64"]);
            let envelope = [&len, payload.as_slice(), &signature].concat();
            assert_eq!(envelope, from_hex(&case["kwil_signature_field_hex"]));
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
        assert_eq!(case["accepted_by_sdk"], true);
        if let Some(algorithm) = case["algorithm"].as_str() {
            let is_ed25519 = text(&case["public_key"]).starts_with("ED");
            assert_eq!(is_ed25519, algorithm == "ed25519", "{algorithm}");
        }
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
        if let (Some(nonce), Some(recipient)) =
            (case["nonce_hex"].as_str(), case["recipient"].as_str())
        {
            let nonce = hex::decode(nonce).unwrap().try_into().unwrap();
            let envelope = near_to_sign(message, &nonce, recipient)
                .envelope(signature.last_chunk().unwrap())
                .unwrap();
            assert_eq!(envelope, signature);
        }
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
        for (name, recorded) in [
            ("content", "content_base64"),
            ("public_notes_signature", "public_notes_signature_base64"),
            ("broader_signature", "broader_signature_base64"),
        ] {
            vector[name] = vector[recorded].clone();
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
