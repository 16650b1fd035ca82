//! What is sealed here, the JavaScript library of the official client opens, and the other way round.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

#[path = "../../../tests/npm.rs"]
mod npm;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use idos_crypto::{Sealed, SecretKey};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/npm-client")
}

fn play(requests: &Value) -> Value {
    npm::install(&folder());
    let mut node = Command::new("node")
        .arg("lib/seal-for-rust.js")
        .current_dir(folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = node.stdin.take().unwrap();
    input.write_all(requests.to_string().as_bytes()).unwrap();
    drop(input);
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn tweetnacl_and_this_crate_open_each_other() {
    let texts = [0, 1, 15, 16, 31, 32, 33, 63, 64, 65, 1_000, 100_001]
        .map(|len: usize| (0..len).map(|at| u8::try_from(at % 251).unwrap()).collect());
    let parties: Vec<(SecretKey, Vec<u8>)> = texts
        .into_iter()
        .map(|text| (SecretKey::generate().unwrap(), text))
        .collect();
    let mut requests: Vec<_> = parties
        .iter()
        .map(|(key, text)| {
            let sealed = key.public_key().seal(text).unwrap();
            json!({
                "secretKey": STANDARD.encode(key.expose()),
                "content": sealed.content_base64(),
                "sender": sealed.encryptor_public_key().to_base64(),
                "plaintext": STANDARD.encode(text),
            })
        })
        .collect();
    // One for somebody else: the other side refuses, or this test shows nothing.
    let mut foreign = requests[10].clone();
    foreign["secretKey"] = STANDARD.encode([5; 32]).into();
    requests.push(foreign);

    let answers = play(&requests.into());
    let answers = answers.as_array().unwrap();
    assert_eq!(answers.len(), parties.len() + 1);
    for ((key, text), answer) in parties.iter().zip(answers) {
        assert_eq!(answer["opened"], STANDARD.encode(text));
        let field = |name: &str| answer[name].as_str().unwrap();
        let sealed = Sealed::from_base64(field("content"), field("encryptorPublicKey")).unwrap();
        assert_eq!(key.open(&sealed).unwrap().as_bytes(), text);
    }
    assert_eq!(answers.last().unwrap()["opened"], Value::Null);
}
