//! Recorded bytes: those of the official client, and everything that this crate ever sealed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use idos_crypto::{
    Factor, HybridSecretKey, KeyRing, PasskeyId, PasskeySecret, Password, RecoveryWords, Salt,
    Sealed, SecretKey, SigningKey, Unlocked, WrapKind, content_hash,
};
use idos_types::{UserId, Uuid};
use serde_json::Value;

fn official() -> Value {
    let text = include_str!("../../../fixtures/protocol/sdk-vectors.json");
    serde_json::from_str(text).unwrap()
}

fn ours() -> Value {
    let text = include_str!("../../../fixtures/crypto/sealed.json");
    serde_json::from_str(text).unwrap()
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap()
}

fn bytes(vector: &Value, name: &str) -> Vec<u8> {
    hex::decode(text(vector, name)).unwrap()
}

fn secret(vector: &Value, name: &str) -> zeroize::Zeroizing<[u8; 32]> {
    let bytes: [u8; 32] = bytes(vector, name).try_into().unwrap();
    bytes.into()
}

#[test]
fn passwords_give_the_keys_of_the_official_client() {
    let all = official();
    let vectors = all["key_derivation"].as_array().unwrap();
    assert_eq!(vectors.len(), 4);
    for vector in vectors {
        let password = Password::new(text(vector, "password")).unwrap();
        let normal = Password::new(text(vector, "password_nfkc")).unwrap();
        let salt = Salt::parse(text(vector, "user_id")).unwrap();
        for password in [password, normal] {
            let key = SecretKey::from_password(&password, salt);
            let public = key.public_key().to_base64();
            assert_eq!(public, text(vector, "public_key_b64"));
        }
    }
}

#[test]
fn another_bit_of_password_or_salt_gives_another_key() {
    let all = official();
    let vector = &all["key_derivation"][0];
    let (password, user) = (text(vector, "password_nfkc"), text(vector, "user_id"));
    let public = |password: &str, user: &str| {
        let password = Password::new(password).unwrap();
        let key = SecretKey::from_password(&password, Salt::parse(user).unwrap());
        key.public_key().to_base64()
    };
    assert_eq!(public(password, user), text(vector, "public_key_b64"));
    let flipped = |text: &str, at: usize| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] ^= 1;
        String::from_utf8(bytes).unwrap()
    };
    for at in [0, password.len() - 1] {
        assert_ne!(public(&flipped(password, at), user), public(password, user));
    }
    // Both of these characters stay hexadecimal digits.
    for at in [0, user.len() - 1] {
        assert_ne!(public(password, &flipped(user, at)), public(password, user));
    }
}

#[test]
fn the_box_of_the_official_client_opens_and_no_flipped_bit_does() {
    let all = official();
    let vector = &all["box"];
    let secret = STANDARD
        .decode(text(vector, "recipient_secret_key_b64"))
        .unwrap();
    let secret: [u8; 32] = secret.try_into().unwrap();
    let key = SecretKey::from_bytes(secret.into());
    assert_eq!(
        key.public_key().to_base64(),
        text(vector, "recipient_public_key_b64")
    );
    let encryptor = text(vector, "encryptor_public_key");
    let opens = |content: &[u8], encryptor: &str| {
        let sealed = Sealed::from_base64(&STANDARD.encode(content), encryptor).ok()?;
        key.open(&sealed).ok()
    };
    let content = STANDARD.decode(text(vector, "content")).unwrap();
    let opened = opens(&content, encryptor).unwrap();
    assert_eq!(opened.as_bytes(), text(vector, "plaintext").as_bytes());
    let hash = content_hash(opened.as_bytes()).to_string();
    assert_eq!(hash, text(vector, "content_hash"));
    for bit in 0..content.len() * 8 {
        assert!(
            opens(&flip(&content, bit), encryptor).is_none(),
            "bit {bit}"
        );
    }
    let sender = STANDARD.decode(encryptor).unwrap();
    // X25519 ignores the highest bit of a public key (RFC 7748, section 5).
    for bit in 0..sender.len() * 8 - 1 {
        let sender = STANDARD.encode(flip(&sender, bit));
        assert!(
            opens(&content, &sender).is_none(),
            "bit {bit} of the sender"
        );
    }
}

fn flip(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

#[test]
fn face_sign_derives_the_recorded_key() {
    let all = official();
    let vector = &all["facesign_key"];
    let key = |words: &str| {
        let seed = bip39::Mnemonic::parse(words).unwrap().to_seed("");
        SigningKey::from_seed(seed.first_chunk().unwrap()).public_key_hex()
    };
    let words = text(vector, "mnemonic");
    assert_eq!(key(words), text(vector, "public_key"));
    // The same entropy with its first bit flipped.
    let mut entropy = bip39::Mnemonic::parse(words).unwrap().to_entropy();
    entropy[0] ^= 0x80;
    let other = bip39::Mnemonic::from_entropy(&entropy).unwrap().to_string();
    assert_ne!(key(&other), text(vector, "public_key"));
    // Wallets of recovery words are made the same way.
    let entropy = [7; 32];
    let words = bip39::Mnemonic::from_entropy(&entropy).unwrap().to_string();
    let wallet = RecoveryWords::parse(&words).unwrap().signing_key();
    assert_eq!(wallet.public_key_hex(), key(&words));
}

#[test]
fn credentials_are_signed_as_by_the_official_client() {
    let all = official();
    let vectors = all["credential_signatures"].as_array().unwrap();
    assert_eq!(vectors.len(), 2);
    for vector in vectors {
        let key = SigningKey::from_seed(&secret(vector, "issuer_seed_hex"));
        let encryptor = text(&all["box"], "encryptor_public_key");
        let sealed = Sealed::from_base64(text(vector, "content"), encryptor).unwrap();
        let signed = key.sign_credential(text(vector, "public_notes"), sealed.content());
        assert_eq!(
            [
                signed.issuer_auth_public_key.as_str(),
                signed.public_notes_signature.as_str(),
                signed.broader_signature.as_str(),
            ],
            [
                text(vector, "issuer_auth_public_key"),
                text(vector, "public_notes_signature"),
                text(vector, "broader_signature"),
            ]
        );
    }
}

#[test]
fn the_compatible_box_opens_for_ever() {
    let all = ours();
    let vector = &all["compatible"];
    let key = SecretKey::from_bytes(secret(vector, "secret_key"));
    let (content, encryptor) = (
        text(vector, "content"),
        text(vector, "encryptor_public_key"),
    );
    let sealed = Sealed::from_base64(content, encryptor).unwrap();
    assert_eq!(sealed.content_base64(), content);
    let opened = key.open(&sealed).unwrap();
    assert_eq!(opened.as_bytes(), text(vector, "plaintext").as_bytes());
}

#[test]
fn envelope_1_opens_for_ever() {
    let all = ours();
    let vector = &all["envelope_1"];
    let key = HybridSecretKey::from_bytes(secret(vector, "secret_key"));
    let context = text(vector, "context").as_bytes();
    let opened = key.open(context, &bytes(vector, "envelope")).unwrap();
    assert_eq!(opened.as_bytes(), text(vector, "plaintext").as_bytes());
}

#[test]
fn key_ring_1_opens_for_ever_by_everything_it_wraps_for() {
    let all = ours();
    let vector = &all["key_ring_1"];
    let user = UserId(Uuid::parse_str(text(vector, "user")).unwrap());
    let ring = KeyRing::from_base64(text(vector, "ring"), user).unwrap();
    assert_eq!(ring.to_base64(), text(vector, "ring"));
    let revision = vector["revision"].as_u64().unwrap();
    assert_eq!(ring.revision(), revision);

    let password = Password::new(text(vector, "password")).unwrap();
    let words = RecoveryWords::parse(text(vector, "recovery_words")).unwrap();
    let wallet = words.signing_key().public_key_hex();
    assert_eq!(wallet, text(vector, "recovery_wallet"));
    let passkey = PasskeyId::new(bytes(vector, "passkey_id")).unwrap();
    let answer = PasskeySecret::new(secret(vector, "passkey_secret"));
    let input = ring.wraps().find_map(|(_, kind)| match kind {
        WrapKind::Passkey(id, input) if *id == passkey => Some(*input.as_bytes()),
        _ => None,
    });
    assert_eq!(input.unwrap().to_vec(), bytes(vector, "passkey_input"));

    for factor in [
        Factor::Password(&password),
        Factor::Words(&words),
        Factor::Passkey(&passkey, &answer),
    ] {
        let Unlocked { keys, .. } = ring.unlock(&factor, revision).unwrap();
        assert_eq!(keys.public_key().to_base64(), text(vector, "public_key"));
        let key = keys.current().encryption_key().expose().to_vec();
        assert_eq!(key, bytes(vector, "encryption_key"));
        let envelope = bytes(vector, "envelope_for_it");
        let opened = keys.open_envelope(b"", &envelope).unwrap();
        assert_eq!(opened.as_bytes(), text(vector, "plaintext").as_bytes());
        // What was sealed for the key that this one replaced.
        let old = &all[text(vector, "opens_also")];
        let (content, encryptor) = (text(old, "content"), text(old, "encryptor_public_key"));
        let sealed = Sealed::from_base64(content, encryptor).unwrap();
        let opened = keys.open(&sealed).unwrap();
        assert_eq!(opened.as_bytes(), text(old, "plaintext").as_bytes());
    }
}
