//! A node in private mode: every view is signed, over a challenge that is answered once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a failing helper fails the test"
)]

mod support;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use idos_wire::payload::{ActionCall, payload_digest};
use serde_json::{Value as Json, json};
use support::{client::Client, node::Node};

/// A call of `get_attributes` that answers a challenge.
fn signed(client: &Client, challenge: &str) -> Json {
    let payload = ActionCall::new("main", "get_attributes", vec![])
        .unwrap()
        .encode();
    let message = format!(
        "Kwil view call.\n\nNamespace: main\nMethod: get_attributes\nDigest: {}\nChallenge: {challenge}\n",
        payload_digest(&payload)
    );
    json!({
        "body": {
            "payload": STANDARD.encode(payload),
            "challenge": STANDARD.encode(hex::decode(challenge).unwrap()),
        },
        "auth_type": "ed25519",
        "sender": client.address(),
        "signature": STANDARD.encode(client.sign(message.as_bytes())),
    })
}

#[test]
fn views_need_a_signature_over_a_fresh_challenge() {
    let mut node = Node::init();
    node.set("config.toml", "mode", "\"private\"");
    node.start();
    let person = Client::random();
    person.make_profile(&node.url, &node.owner_seed());
    let call = |params: &Json| person.rpc(&node.url, "user.call", params).unwrap();
    let challenge = || {
        let answer = person.rpc(&node.url, "user.challenge", &json!({})).unwrap();
        answer["result"]["challenge"].as_str().unwrap().to_owned()
    };

    let health = person.rpc(&node.url, "user.health", &json!({})).unwrap();
    assert_eq!(health["result"]["mode"], "private");

    let good = signed(&person, &challenge());
    assert!(call(&good)["result"]["query_result"].is_object());
    assert_eq!(
        call(&good)["error"]["code"],
        -1001,
        "a challenge is answered once"
    );

    let mut unsigned = signed(&person, &challenge());
    unsigned["body"]
        .as_object_mut()
        .unwrap()
        .remove("challenge");
    assert_eq!(call(&unsigned)["error"]["code"], -1001);

    let unknown = signed(&person, &"ab".repeat(32));
    assert_eq!(call(&unknown)["error"]["code"], -1001);

    let mut short = signed(&person, &challenge());
    short["body"]["challenge"] = json!("AAAA");
    assert_eq!(call(&short)["error"]["code"], -1002);

    let mut forged = signed(&person, &challenge());
    forged["sender"] = json!(Client::random().address());
    assert_eq!(call(&forged)["error"]["code"], -1004);

    let query =
        json!({"query": "SELECT * FROM info.actions WHERE namespace = 'main'", "params": {}});
    let answer = person.rpc(&node.url, "user.query", &query).unwrap();
    assert_eq!(answer["error"]["code"], -1007);
}
