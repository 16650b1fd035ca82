//! Every key against the verifier of the node, and against recorded signatures of real clients.

use std::{fs, path::Path};

use idos_wallet::{Sender, verify_wallet_signature};
use serde_json::Value as Json;

use super::*;
use crate::Wallet;

const TEXT: &str = "a text\nof two lines, é";

fn seed(byte: u8) -> Seed {
    Seed::new([byte; 32])
}

fn keys() -> Vec<Box<dyn Wallet>> {
    let account = Some("person.near".to_owned());
    vec![
        Box::new(Ed25519Key::from_seed(&seed(1)).unwrap()),
        Box::new(EvmKey::from_seed(&seed(2)).unwrap()),
        Box::new(NearKey::from_seed(&seed(3), None).unwrap()),
        Box::new(NearKey::from_seed(&seed(4), account).unwrap()),
        Box::new(StellarKey::from_seed(&seed(5)).unwrap()),
        Box::new(XrplKey::ed25519(&seed(6)).unwrap()),
        Box::new(XrplKey::secp256k1(&seed(7)).unwrap()),
    ]
}

#[tokio::test]
async fn what_a_key_signs_verifies_as_its_sender_and_as_its_wallet() {
    for key in keys() {
        let sender = key.sender();
        let signature = key.sign(TEXT).await.unwrap();
        sender.verify(TEXT.as_bytes(), &signature).unwrap();
        assert!(sender.verify(b"another text", &signature).is_err());
        let link = key.link();
        let public_key = link.public_key.as_deref();
        let text = hex::encode(&signature);
        let signed =
            verify_wallet_signature(link.kind, &link.address, public_key, TEXT, &text).unwrap();
        assert_eq!(signed.identity, idos_types::Identity::of(&sender.caller()));
    }
}

fn vectors() -> Vec<Json> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/protocol/kwil-vectors.json");
    let all: Json = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    all["vectors"].as_array().unwrap().clone()
}

fn bytes<const N: usize>(json: &Json) -> [u8; N] {
    hex::decode(json.as_str().unwrap())
        .unwrap()
        .try_into()
        .unwrap()
}

#[tokio::test]
async fn recorded_transactions_are_signed_to_the_byte() {
    let mut checked = Vec::new();
    for vector in vectors() {
        let Some(scheme) = vector["signature_type"].as_str() else {
            continue;
        };
        let text = vector["signed_message_text"].as_str().unwrap();
        let ed25519 = || Seed::new(bytes(&vector["ed25519_seed_hex"]));
        let (sender, signature): (Sender, Vec<u8>) = match scheme {
            "nep413" => {
                let key = NearKey::from_seed(&ed25519(), None).unwrap();
                let nonce = bytes(&vector["nep413_nonce_hex"]);
                let recipient = vector["nep413_recipient"].as_str().unwrap();
                let envelope = key.envelope(text, &nonce, recipient).unwrap();
                (key.sender().clone(), envelope)
            }
            scheme => {
                let key: Box<dyn Wallet> = match scheme {
                    "ed25519" => Box::new(Ed25519Key::from_seed(&ed25519()).unwrap()),
                    "sep53" => Box::new(StellarKey::from_seed(&ed25519()).unwrap()),
                    "secp256k1_ep" => {
                        let secret = vector["private_key_hex"].as_str().unwrap();
                        let secret = secret.trim_start_matches("0x");
                        let seed = Seed::new(bytes(&Json::from(secret)));
                        Box::new(EvmKey::from_seed(&seed).unwrap())
                    }
                    "xrpl" => {
                        let secret = vector["xrpl_private_key"].as_str().unwrap();
                        let secret = secret.strip_prefix("ED").unwrap();
                        let seed = Seed::new(bytes(&Json::from(secret)));
                        Box::new(XrplKey::ed25519(&seed).unwrap())
                    }
                    other => panic!("{other}"),
                };
                (key.sender().clone(), key.sign(text).await.unwrap())
            }
        };
        assert_eq!(
            hex::encode(sender.bytes()),
            vector["sender_hex"],
            "{scheme}"
        );
        // Behind some a remark follows.
        let caller = vector["caller"].as_str().unwrap().split(' ').next();
        assert_eq!(Some(sender.caller().as_str()), caller, "{scheme}");
        // The last byte of an EVM signature may name the candidate as 0 or 27.
        let recorded = vector["signature_hex"].as_str().unwrap();
        let mut signed = hex::encode(&signature);
        if scheme == "secp256k1_ep" && !recorded.ends_with("1b") && !recorded.ends_with("1c") {
            let last = signature.last().unwrap() - 27;
            signed = format!("{}{last:02x}", &signed[..128]);
        }
        assert_eq!(signed, recorded, "{scheme}");
        checked.push(scheme.to_owned());
    }
    for scheme in ["secp256k1_ep", "ed25519", "nep413", "xrpl", "sep53"] {
        assert!(checked.iter().any(|it| it == scheme), "{scheme}");
    }
}

#[test]
fn secrets_are_not_printed() {
    let text = format!(
        "{:?} {:?}",
        Ed25519Key::from_seed(&seed(0x5a)).unwrap(),
        EvmKey::from_seed(&seed(0x5a)).unwrap()
    );
    assert_eq!(text, "Ed25519Key(…) EvmKey(…)");
}

#[test]
fn bytes_that_are_no_secret_key_are_refused() {
    assert!(matches!(
        EvmKey::from_seed(&seed(0)),
        Err(KeyError::Secp256k1)
    ));
    assert!(matches!(
        XrplKey::secp256k1(&seed(0xff)),
        Err(KeyError::Secp256k1)
    ));
}

#[tokio::test]
async fn a_text_that_no_envelope_holds_is_refused() {
    let key = NearKey::from_seed(&seed(1), None).unwrap();
    let long = "x".repeat(idos_types::limits::SIGNATURE_BYTES);
    assert!(matches!(
        key.sign(&long).await,
        Err(crate::SignError::TooLong)
    ));
}
