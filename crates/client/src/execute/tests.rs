use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, AtomicUsize, Ordering},
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

/// An honest chain: it executes what has the next nonce, and knows what came.
#[derive(Clone)]
struct Chain(Arc<Mutex<(u64, Vec<u64>)>>);

impl Chain {
    fn at(last: u64) -> Self {
        Self(Arc::new(Mutex::new((last, Vec::new()))))
    }

    /// The nonces that came.
    fn came(&self) -> Vec<u64> {
        self.0.lock().unwrap().1.clone()
    }

    async fn node(&self) -> FakeNode {
        let chain = Arc::clone(&self.0);
        FakeNode::new(move |method, params, _| {
            let (last, came) = &mut *chain.lock().unwrap();
            if method == "user.account" {
                return nonce(*last);
            }
            let given = params["tx"]["body"]["nonce"].as_u64().unwrap();
            came.push(given);
            if given != *last + 1 {
                return out_of_turn();
            }
            *last = given;
            executed(0, "1. a notice")
        })
        .await
    }
}

fn out_of_turn() -> Does {
    rejected(4, "invalid nonce")
}

/// It says that this nonce was used last, and refuses everything.
async fn refusing(last: u64, code: u16, text: &'static str) -> FakeNode {
    FakeNode::new(move |method, _, _| match method {
        "user.account" => nonce(last),
        _ => rejected(code, text),
    })
    .await
}

#[tokio::test]
async fn each_write_has_the_nonce_after_that_of_the_one_before() {
    let chain = Chain::at(4);
    let (one, other) = (chain.node().await, chain.node().await);
    let client = client(&[&one.url, &other.url]);
    assert_eq!(run(&client).await.unwrap().log, "1. a notice");
    run(&client).await.unwrap();
    assert_eq!(chain.came(), [5, 6]);
}

/// Else it could refuse it now, and execute it when its turn comes.
#[tokio::test]
async fn a_node_that_says_a_later_nonce_gets_nothing_signed_for_later() {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&kept);
    let liar = FakeNode::new(move |method, params, _| match method {
        "user.account" => nonce(9),
        _ => {
            let nonce = params["tx"]["body"]["nonce"].as_u64().unwrap();
            seen.lock().unwrap().push(nonce);
            rejected(65535, "not today")
        }
    })
    .await;
    let chain = Chain::at(4);
    let honest = chain.node().await;
    for urls in [[&liar.url, &honest.url], [&honest.url, &liar.url]] {
        let client = client(&urls.map(String::as_str));
        run(&client).await.unwrap();
    }
    assert_eq!(chain.came(), [5, 6]);
    // The honest one came first in the end.
    assert_eq!(*kept.lock().unwrap(), [5]);
}

#[tokio::test]
async fn a_node_that_says_an_earlier_nonce_holds_nothing_up_among_three() {
    let liar = refusing(1, 4, "invalid nonce").await;
    let chain = Chain::at(7);
    let (one, other) = (chain.node().await, chain.node().await);
    run(&client(&[&liar.url, &one.url, &other.url]))
        .await
        .unwrap();
    assert_eq!(chain.came(), [8]);
}

#[tokio::test]
async fn a_nonce_of_a_node_that_is_behind_is_asked_for_again() {
    let chain = Chain::at(7);
    let honest = chain.node().await;
    let said = AtomicU64::new(6);
    let behind = FakeNode::new(move |method, _, _| match method {
        "user.account" => nonce(said.fetch_add(1, Ordering::SeqCst)),
        _ => out_of_turn(),
    })
    .await;
    run(&client(&[&honest.url, &behind.url])).await.unwrap();
    assert_eq!(chain.came(), [7, 8]);
}

#[tokio::test]
async fn what_no_node_takes_is_refused_after_a_few_times() {
    let (one, other) = (
        refusing(7, 4, "invalid nonce").await,
        refusing(7, 4, "invalid nonce").await,
    );
    let error = run(&client(&[&one.url, &other.url])).await.unwrap_err();
    assert!(is_nonce(&error), "{error}");
    assert_eq!((one.asked(), other.asked()), (8, 8));
}

#[tokio::test]
async fn of_several_nodes_one_alone_is_not_believed() {
    let node = Chain::at(4).node().await;
    let error = run(&client(&[&dead().await, &node.url])).await.unwrap_err();
    assert_eq!(error.owner(), Owner::Network);
    let Error::Alone { url } = error else {
        panic!("{error}");
    };
    assert_eq!((&url, node.asked()), (&node.url, 1), "nothing was sent");
    let none = [dead().await, dead().await];
    let error = run(&client(&[&none[0], &none[1]])).await.unwrap_err();
    assert!(matches!(error, Error::Nodes { tried: 2, .. }), "{error}");
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

#[tokio::test]
async fn what_more_nodes_than_may_lie_refuse_is_refused() {
    let nodes = [
        refusing(0, 3, "signature").await,
        refusing(0, 3, "signature").await,
        refusing(0, 3, "signature").await,
    ];
    let urls = [&nodes[0].url, &nodes[1].url, &nodes[2].url];
    let error = run(&client(&urls.map(String::as_str))).await.unwrap_err();
    assert_eq!(error.to_string(), "refused: signature");
    assert_eq!(nodes[2].asked(), 1, "it only told the nonce");
}

/// The first keeps it from the one who asks, but passes it on.
#[tokio::test]
async fn what_is_refused_as_known_is_looked_for() {
    let liar = refusing(0, 3, "signature").await;
    let honest = FakeNode::new(move |method, _, _| match method {
        "user.account" => nonce(0),
        "user.broadcast" => rejected(65535, TRANSACTION_EXISTS),
        _ => looked_up("found"),
    })
    .await;
    let client = client(&[&liar.url, &honest.url]);
    assert_eq!(run(&client).await.unwrap().log, "found");
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
        "user.account" => nonce(0),
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
    let client = client(&[&dead().await, &dead().await]);
    let wallet = client.wallet().unwrap();
    let signed = client.signed(wallet.as_ref(), b"payload", 1).await.unwrap();
    let Sent::Unsent(error) = client.settled(&signed).await else {
        panic!("it reached somebody");
    };
    assert!(matches!(error, Error::Nodes { tried: 2, .. }), "{error}");
}

#[tokio::test]
async fn what_full_nodes_turn_away_is_not_looked_for() {
    let mempool_full = || rejected(11, "mempool is full");
    let no_place = || Does::Fails(json!({"code": -905, "message": "too many requests"}));
    for turns_away in [mempool_full, no_place] {
        let node = FakeNode::new(move |_, _, _| turns_away()).await;
        let client = client(&[&node.url]);
        let wallet = client.wallet().unwrap();
        let signed = client.signed(wallet.as_ref(), b"payload", 1).await.unwrap();
        let Sent::Unsent(error) = client.settled(&signed).await else {
            panic!("the node did not take it");
        };
        assert!(matches!(error, Error::Nodes { tried: 1, .. }), "{error}");
    }
}

#[tokio::test]
async fn without_a_wallet_nothing_is_sent() {
    let node = FakeNode::new(|_, _, _| nonce(0)).await;
    let client = Client::new(Nodes::new([&node.url]).unwrap(), "chain");
    assert!(matches!(run(&client).await, Err(Error::NoWallet)));
    assert_eq!(node.asked(), 0);
}
