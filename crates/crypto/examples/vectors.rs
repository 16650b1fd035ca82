//! Prints new vectors in the form of `fixtures/crypto/sealed.json`. The recorded ones stay for ever:
//! what was sealed once has to open. Run this only for a new version of a format.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a developer's command that fails by panicking"
)]

use idos_crypto::{
    HybridSecretKey, KeyRing, NewFactor, PasskeyId, PasskeyInput, PasskeySecret, Password,
    PasswordCost, RecoveryWords, SecretKey, UserKey,
};
use idos_types::{UserId, Uuid};
use serde_json::json;

fn main() {
    let text = r#"{"hello":"wörld"}"#;
    let secret = SecretKey::generate().unwrap();
    let sealed = secret.public_key().seal(text.as_bytes()).unwrap();

    let hybrid = HybridSecretKey::generate().unwrap();
    let context = "credential 1";
    let envelope = hybrid
        .public_key()
        .seal(context.as_bytes(), text.as_bytes())
        .unwrap();

    let user = "9f51b3b2-4cbe-4c2b-8ea3-0b0c1b2f1a11";
    let password = "correct ﬁrst ①";
    let first = UserKey::adopt(secret.clone()).unwrap();
    let words = RecoveryWords::generate().unwrap();
    let by_words = NewFactor::Words(&words);
    let user_id = UserId(Uuid::parse_str(user).unwrap());
    let (ring, keys) = KeyRing::create(user_id, first, &by_words).unwrap();
    let passkey = PasskeyId::new(b"passkey".to_vec()).unwrap();
    let input = PasskeyInput::generate().unwrap();
    let answer = PasskeySecret::new([9; 32].into());
    let typed = Password::new(password).unwrap();
    let current = UserKey::generate().unwrap();
    let to_current = current
        .hybrid_key()
        .public_key()
        .seal(b"", text.as_bytes())
        .unwrap();
    let factors = [
        NewFactor::Password(&typed, PasswordCost::DEFAULT),
        by_words,
        NewFactor::Passkey(&passkey, input, &answer),
    ];
    let (ring, keys) = ring.replace_key(&keys, current, &factors).unwrap();

    let vectors = json!({
        "compatible": {
            "secret_key": hex::encode(secret.expose()),
            "content": sealed.content_base64(),
            "encryptor_public_key": sealed.encryptor_public_key().to_base64(),
            "plaintext": text,
        },
        "envelope_1": {
            "secret_key": hex::encode(hybrid.expose()),
            "context": context,
            "envelope": hex::encode(envelope),
            "plaintext": text,
        },
        "key_ring_1": {
            "user": user,
            "password": password,
            "recovery_words": words.expose().as_str(),
            "recovery_wallet": words.signing_key().public_key_hex(),
            "passkey_id": hex::encode(passkey.as_bytes()),
            "passkey_input": hex::encode(input.as_bytes()),
            "passkey_secret": hex::encode([9; 32]),
            "revision": ring.revision(),
            "ring": ring.to_base64(),
            "public_key": keys.public_key().to_base64(),
            "encryption_key": hex::encode(keys.current().encryption_key().expose()),
            "envelope_for_it": hex::encode(to_current),
            "plaintext": text,
            "opens_also": "compatible",
        },
    });
    println!("{}", serde_json::to_string_pretty(&vectors).unwrap());
}
