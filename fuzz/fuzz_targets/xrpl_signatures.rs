//! Signatures of XRP Ledger wallets, of both kinds of key. Of one message there is one accepted
//! signature in one encoding; no other bytes verify.
#![no_main]

use std::sync::LazyLock;

use ed25519_zebra::{SigningKey, VerificationKey};
use idos_fuzz_seed::{edit, split};
use idos_wallet::{AuthType, Sender};
use libfuzzer_sys::fuzz_target;
use secp256k1::{Message, PublicKey, SecretKey};
use sha2::{Digest, Sha512};

struct Wallet {
    sender: Sender,
    sign: fn(&[u8]) -> Vec<u8>,
}

static WALLETS: LazyLock<[Wallet; 2]> = LazyLock::new(|| {
    let ed25519 = VerificationKey::from(&ed25519_key());
    let ed25519 = [&[0xed], ed25519.as_ref()].concat();
    let secp256k1 = PublicKey::from_secret_key(&secp256k1_key()).serialize();
    let sender = |key: &[u8]| Sender::parse(AuthType::Xrpl, key).expect("a key of ours");
    [
        Wallet {
            sender: sender(&ed25519),
            sign: |message| ed25519_key().sign(message).to_bytes().to_vec(),
        },
        Wallet {
            sender: sender(&secp256k1),
            sign: sign_der,
        },
    ]
});

fuzz_target!(|input: &[u8]| {
    let [message, edits, signature] = split(input);
    for Wallet { sender, sign } in WALLETS.iter() {
        let valid = sign(message);
        assert!(sender.verify(message, &valid).is_ok());
        let is_it = signature == valid;
        assert_eq!(sender.verify(message, signature).is_ok(), is_it);

        let mut changed = valid.clone();
        let is_changed = edit(&mut changed, edits);
        assert_eq!(sender.verify(message, &changed).is_err(), is_changed);
        changed = valid;
        changed.extend_from_slice(signature);
        assert_eq!(
            sender.verify(message, &changed).is_err(),
            !signature.is_empty()
        );
    }
});

fn ed25519_key() -> SigningKey {
    SigningKey::from([7; 32])
}

fn secp256k1_key() -> SecretKey {
    SecretKey::from_secret_bytes([7; 32]).expect("a key of ours")
}

fn sign_der(message: &[u8]) -> Vec<u8> {
    let mut half = [0; 32];
    half.iter_mut()
        .zip(Sha512::digest(message))
        .for_each(|(to, from)| *to = from);
    let signature = secp256k1::ecdsa::sign(Message::from_digest(half), &secp256k1_key());
    signature.serialize_der().to_vec()
}
