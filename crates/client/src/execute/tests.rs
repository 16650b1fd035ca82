use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value as Json, json};

use super::*;
use crate::{
    Owner,
    keys::{Ed25519Key, Seed},
    testing::{Does, FakeNode, dead},
};

fn client(urls: &[&str]) -> Client {
    let key = Ed25519Key::from_seed(&Seed::new([7; 32])).unwrap();
    Client::new(Nodes::new(urls).unwrap(), "chain").with_wallet(Arc::new(key))
}

async fn run(client: &Client) -> Result<Executed, Error> {
    client.execute("ready", vec![Value::from("key")]).await
}

fn hash() -> String {
    "00".repeat(32)
}

fn executed(code: u16, log: &str) -> Does {
    Does::Gives(json!({
        "tx_hash": hash(), "result": {"code": code, "gas": 0, "log": log},
    }))
}

fn rejected(code: u16, text: &str) -> Does {
    let data = json!({"code": code, "hash": hash(), "message": text});
    Does::Fails(json!({"code": -201, "message": "broadcast error", "data": data}))
}

fn looked_up(log: &str) -> Does {
    Does::Gives(json!({
        "tx_hash": hash(), "height": 3, "tx": null,
        "tx_result": {"code": 0, "gas": 0, "log": log},
    }))
}

fn not_found() -> Does {
    Does::Fails(json!({"code": -202, "message": "transaction not found"}))
}

fn nonce(last: u64) -> Does {
    Does::Gives(json!({"id": null, "balance": "0", "nonce": last}))
}

#[tokio::test]
async fn nonces_are_asked_for_once_and_counted_from_there() {
    let nonces = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&nonces);
    let node = FakeNode::new(move |method, params, _| match method {
        "user.account" => nonce(4),
        _ => {
            let nonce = params["tx"]["body"]["nonce"].as_u64().unwrap();
            seen.lock().unwrap().push(nonce);
            executed(0, "1. a notice")
        }
    })
    .await;
    let client = client(&[&node.url]);
    assert_eq!(run(&client).await.unwrap().log, "1. a notice");
    run(&client).await.unwrap();
    assert_eq!(*nonces.lock().unwrap(), [5, 6]);
    assert_eq!(node.asked(), 3);
}

#[tokio::test]
async fn what_the_rules_refuse_comes_with_their_text() {
    let node = FakeNode::new(|method, _, _| match method {
        "user.account" => nonce(0),
        _ => executed(65535, "ERROR: not for this caller"),
    })
    .await;
    let error = run(&client(&[&node.url])).await.unwrap_err();
    assert_eq!(error.owner(), Owner::Caller);
    assert_eq!(error.to_string(), "refused: not for this caller");
}

#[tokio::test]
async fn a_nonce_that_another_transaction_took_is_replaced() {
    let tries = Arc::new(AtomicUsize::new(0));
    let node = FakeNode::new(move |method, _, _| match method {
        "user.account" => nonce(1),
        _ if tries.fetch_add(1, Ordering::SeqCst) == 0 => rejected(4, "invalid nonce"),
        _ => executed(0, ""),
    })
    .await;
    run(&client(&[&node.url])).await.unwrap();
}

/// The first tells a nonce that was used long ago, and refuses what has it.
#[tokio::test]
async fn another_node_is_asked_for_the_nonce_when_one_was_wrong() {
    let first = FakeNode::new(|method, _, _| match method {
        "user.account" => nonce(1),
        _ => rejected(4, "invalid nonce"),
    })
    .await;
    let second = FakeNode::new(|method, params, _| match method {
        "user.account" => nonce(7),
        _ if params["tx"]["body"]["nonce"] == 8 => executed(0, ""),
        _ => rejected(4, "invalid nonce"),
    })
    .await;
    let done = run(&client(&[&first.url, &second.url])).await.unwrap();
    assert_eq!((done.node, first.asked()), (second.url.clone(), 2));
}

#[tokio::test]
async fn a_refusal_of_the_only_node_that_has_it_is_final() {
    let first = FakeNode::new(|method, _, _| match method {
        "user.account" => nonce(0),
        _ => rejected(3, "signature"),
    })
    .await;
    let second = FakeNode::new(|_, _, _| executed(0, "")).await;
    let error = run(&client(&[&first.url, &second.url])).await.unwrap_err();
    assert_eq!(error.to_string(), "refused: signature");
    assert_eq!(second.asked(), 0);
}

/// The answer of the first gets lost; the second refuses, because the transaction is in a block.
#[tokio::test]
async fn an_answer_that_got_lost_is_looked_for() {
    let sent = Arc::new(Mutex::new(Vec::<Json>::new()));
    let (one, other) = (Arc::clone(&sent), Arc::clone(&sent));
    let first = FakeNode::new(move |method, params, _| match method {
        "user.account" => nonce(0),
        "user.broadcast" => {
            one.lock().unwrap().push(params.clone());
            Does::HangsUp
        }
        _ => not_found(),
    })
    .await;
    let second = FakeNode::new(move |method, params, _| match method {
        "user.broadcast" => {
            other.lock().unwrap().push(params.clone());
            rejected(4, "invalid nonce")
        }
        _ => looked_up("found"),
    })
    .await;
    // The first does not know it; the second does.
    let found = run(&client(&[&first.url, &second.url])).await.unwrap();
    assert_eq!((found.log.as_str(), &found.node), ("found", &second.url));
    let sent = sent.lock().unwrap();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1], "the very same transaction");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_knows_is_said_to_be_unknown() {
    let node = FakeNode::new(|method, _, _| match method {
        "user.account" => nonce(0),
        "user.broadcast" => Does::HangsUp,
        _ => not_found(),
    })
    .await;
    let error = run(&client(&[&node.url])).await.unwrap_err();
    assert_eq!(error.owner(), Owner::Network);
    assert!(matches!(error, Error::Unknown { .. }), "{error}");
}

#[tokio::test]
async fn a_transaction_that_reached_nobody_is_not_looked_for() {
    let node = FakeNode::new(|_, _, _| nonce(0)).await;
    let client = client(&[&node.url, &dead().await]);
    // The nonce is known, then the node goes away.
    client.writes.lock().await.next_nonce = Some(1);
    drop(node);
    let error = run(&client).await.unwrap_err();
    assert!(matches!(error, Error::Nodes { tried: 2, .. }), "{error}");
}

#[tokio::test]
async fn without_a_wallet_nothing_is_sent() {
    let node = FakeNode::new(|_, _, _| nonce(0)).await;
    let client = Client::new(Nodes::new([&node.url]).unwrap(), "chain");
    assert!(matches!(run(&client).await, Err(Error::NoWallet)));
    assert_eq!(node.asked(), 0);
}
