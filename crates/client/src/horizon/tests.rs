use std::ops::Range;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use idos_ledger::Answer;
use idos_proof::{ChainId, LightClient, LightClientError, Proof, Root, SetChange};
use idos_types::Digest;
use serde_json::{Value as Json, json};

use super::*;
use crate::{
    FlowError, NodeFault,
    testing::{CHAIN, Does, FakeNode, certified, dead, set, statement},
};

/// The validators of a network that never changed, by the numbers of their keys.
const ALWAYS: Range<u8> = 0..4;

/// A certified state in which nothing that is asked for can be found.
fn proved_by(epoch: u64, height: u64, signers: Range<u8>) -> Json {
    let certificate = certified(statement(epoch, height), signers);
    json!({"height": height, "certificate": STANDARD.encode(certificate.encode()), "claims": []})
}

fn proved(height: u64) -> Json {
    proved_by(0, height, ALWAYS)
}

/// Who validates in a network that began with one validator, who left it to four others.
fn grown(epoch: u64) -> Range<u8> {
    if epoch < 2 { 0..1 } else { 1..5 }
}

/// What leads the grown network from this epoch to the next.
fn change(epoch: u64) -> SetChange {
    let (set, salt) = (set(grown(epoch + 2)), Digest::of(b"salt"));
    let statement = RootStatement {
        ends_epoch: true,
        root: Root::leaf(&set.leaf(epoch + 2, &salt)),
        ..statement(epoch, 10 * epoch + 9)
    };
    SetChange {
        certificate: certified(statement, grown(epoch)),
        set,
        salt,
        // That of a state of one leaf.
        proof: Proof::decode(&[2, 0, 0, 0, 0, 0]).unwrap(),
    }
}

/// A node of the grown network in epoch 3.
async fn grown_at(height: u64) -> FakeNode {
    let answer = proved_by(3, height, grown(3));
    // The last is of the block that ends epoch 3, after which there is none yet.
    let changes: Vec<_> = (0..4)
        .map(|epoch| STANDARD.encode(change(epoch).encode()))
        .collect();
    FakeNode::new(move |method, params, _| {
        if method != "idos.set_changes" {
            return Does::Gives(answer.clone());
        }
        let known = usize::try_from(params["from_epoch"].as_u64().unwrap() - 2).unwrap();
        Does::Gives(json!({ "changes": changes[known..] }))
    })
    .await
}

/// Somebody who knows of the grown network only that it began with one.
fn newcomer(urls: &[&str]) -> Client {
    let nodes = Nodes::new(urls).unwrap();
    Client::new(nodes, CHAIN).with_trust(genesis_of_one())
}

fn genesis_of_one() -> LightClient {
    LightClient::genesis(ChainId::new(CHAIN).unwrap(), set(0..1), set(0..1))
}

/// A node whose newest certified height is this one.
async fn at(height: u64) -> FakeNode {
    let answer = proved(height);
    FakeNode::new(move |_, _, _| Does::Gives(answer.clone())).await
}

fn client(urls: &[&str]) -> Client {
    let nodes = Nodes::new(urls).unwrap();
    let chain = ChainId::new(CHAIN).unwrap();
    let trusted = LightClient::genesis(chain, set(ALWAYS), set(ALWAYS));
    Client::new(nodes, CHAIN).with_trust(trusted)
}

async fn ask(client: &Client) -> Result<Answer, FlowError> {
    let (view, argument) = NOTHING;
    client.proved(view, vec![argument]).await
}

#[tokio::test]
async fn an_old_answer_is_passed_over_when_another_node_knows_a_later_block() {
    let (stale, fresh) = (at(41).await, at(42).await);
    let client = client(&[&stale.url, &fresh.url]);
    assert!(matches!(ask(&client).await, Ok(Answer::ValidatorSet(None))));
    assert_eq!(client.horizon.newest().height, 42);
    assert_eq!(client.nodes().preferred(), fresh.url);
}

#[tokio::test]
async fn among_nodes_of_which_more_lie_than_may_nothing_newer_is_known() {
    let (one, other) = (at(41).await, at(41).await);
    let silent = FakeNode::new(|_, _, _| Does::KeepsSilent).await;
    let client = client(&[&one.url, &other.url, &silent.url]);
    ask(&client).await.unwrap();
    assert_eq!(client.horizon.newest().height, 41);
}

#[tokio::test]
async fn nodes_that_fail_are_replaced_and_a_made_up_height_is_a_failure() {
    let mut made_up = proved(1_000);
    made_up["certificate"] = proved(43)["certificate"].clone();
    let liar = FakeNode::new(move |_, _, _| Does::Gives(made_up.clone())).await;
    let forger = FakeNode::new(|_, _, _| {
        Does::Gives(json!({"height": 1_000, "certificate": "AAAA", "claims": []}))
    })
    .await;
    let (dead, one, other) = (dead().await, at(41).await, at(42).await);
    let client = client(&[&dead, &forger.url, &liar.url, &one.url, &other.url]);
    ask(&client).await.unwrap();
    assert_eq!(client.horizon.newest().height, 42);
}

#[tokio::test]
async fn without_enough_nodes_the_next_read_looks_again() {
    let (alone, dead) = (at(41).await, dead().await);
    let client = client(&[&alone.url, &dead]);
    for asked in [2, 4] {
        ask(&client).await.unwrap();
        assert_eq!(alone.asked(), asked);
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_looked_again_after_a_while_only() {
    let (one, other) = (at(41).await, at(41).await);
    let client = client(&[&one.url, &other.url]);
    let looks = async || {
        let before = one.asked() + other.asked();
        client.look_around().await.unwrap();
        one.asked() + other.asked() - before
    };
    assert_eq!((looks().await, looks().await), (2, 0));
    tokio::time::advance(LOOK_AGAIN).await;
    assert_eq!(looks().await, 2);
}

#[tokio::test]
async fn nobody_goes_back_behind_what_was_seen() {
    let stale = at(41).await;
    let client = client(&[&stale.url]);
    client.horizon.saw(&statement(0, 42));
    let refused = ask(&client).await.unwrap_err();
    let FlowError::Client(Error::Nodes { source, .. }) = refused else {
        panic!("{refused}")
    };
    assert!(matches!(
        source,
        NodeFault::NotProved(idos_ledger::AnswerError::LightClient(
            LightClientError::TooLow { .. }
        ))
    ));
}

#[tokio::test]
async fn a_key_that_left_long_ago_proves_nothing_to_a_newcomer() {
    // The first operator's key, stolen or sold, signs whatever is wanted, with the time of now.
    let forged = proved_by(0, 1_000, 0..1);
    let forger = FakeNode::new(move |_, _, _| Does::Gives(forged.clone())).await;
    let (one, other) = (grown_at(41).await, grown_at(42).await);
    let client = newcomer(&[&forger.url, &one.url, &other.url]);
    ask(&client).await.unwrap();
    // No honest node is behind what was made up.
    assert_eq!(client.horizon.newest().height, 42);
    assert_eq!(client.nodes().preferred(), other.url);
    assert_eq!(client.trusted().unwrap().epoch(), 3);
    // The forger answers first again, and is refused.
    client.nodes.prefer(0);
    ask(&client).await.unwrap();
    assert_eq!(client.nodes().preferred(), other.url);
}

/// A node of the grown network in epoch 2, which has these set changes.
async fn second_at(height: u64, changes: Range<u64>) -> FakeNode {
    let answer = proved_by(2, height, grown(2));
    FakeNode::new(move |method, params, _| {
        if method != "idos.set_changes" {
            return Does::Gives(answer.clone());
        }
        let from = params["from_epoch"].as_u64().unwrap() - 2;
        let changes = changes.clone().filter(|epoch| *epoch >= from);
        let changes: Vec<_> = changes
            .map(|epoch| STANDARD.encode(change(epoch).encode()))
            .collect();
        Does::Gives(json!({ "changes": changes }))
    })
    .await
}

/// Somebody who trusts the last validators of the first epochs and the first of the next, and nodes with these set
/// changes; one more is asked first, has the keys of those who left, and signs whatever is wanted.
async fn on_the_border(changes: Range<u64>) -> (Client, [FakeNode; 3]) {
    let forged = proved_by(1, 1_000, grown(1));
    let forger = FakeNode::new(move |_, _, _| Does::Gives(forged.clone())).await;
    let (one, other) = (
        second_at(42, changes.clone()).await,
        second_at(42, changes).await,
    );
    let nodes = Nodes::new([&forger.url, &one.url, &other.url]).unwrap();
    let chain = ChainId::new(CHAIN).unwrap();
    let trusted = LightClient::checkpoint(chain, 1, set(grown(1)), set(grown(2)));
    let client = Client::new(nodes, CHAIN).with_trust(trusted);
    (client, [forger, one, other])
}

async fn believes_only_those_who_did_not_leave(client: &Client, forger: &FakeNode) {
    for _ in 0..2 {
        ask(client).await.unwrap();
        let Newest { epoch, height } = client.horizon.newest();
        assert_eq!((epoch, height), (2, 42));
        assert_ne!(client.nodes().preferred(), forger.url);
        // The forger answers first again, and is refused.
        client.nodes.prefer(0);
    }
}

#[tokio::test]
async fn whoever_left_proves_nothing_once_the_next_epoch_was_seen() {
    // Nobody has the set change yet: the epoch alone tells.
    let (client, [forger, _one, _other]) = on_the_border(0..1).await;
    believes_only_those_who_did_not_leave(&client, &forger).await;
    assert_eq!(client.trusted().unwrap().epoch(), 1);
    // Also if only one was asked before.
    let (client, [forger, _one, _other]) = on_the_border(0..1).await;
    client.horizon.saw(&statement(1, 1_000));
    believes_only_those_who_did_not_leave(&client, &forger).await;
}

#[tokio::test]
async fn the_validators_of_an_epoch_are_left_with_its_end() {
    let (client, [forger, _one, _other]) = on_the_border(0..2).await;
    believes_only_those_who_did_not_leave(&client, &forger).await;
    assert_eq!(client.trusted().unwrap().epoch(), 2);
}

#[tokio::test]
async fn a_walk_to_more_validators_takes_more_witnesses() {
    let (stale, fresh) = (grown_at(41).await, grown_at(42).await);
    let client = newcomer(&[&stale.url, &fresh.url]);
    // It looked before, when one validator was all.
    client.horizon.looked.lock().await.enough = Instant::now().checked_sub(LOOK_AGAIN);
    ask(&client).await.unwrap();
    assert_eq!(client.horizon.newest().height, 42);
    assert_eq!(client.nodes().preferred(), fresh.url);
}

#[tokio::test]
async fn whoever_stores_what_is_trusted_is_told_and_begins_there() {
    let node = grown_at(42).await;
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let stored = Arc::clone(&told);
    let nodes = Nodes::new([&node.url]).unwrap();
    let keep = move |trusted: &LightClient| stored.lock().unwrap().push(trusted.clone());
    let client = Client::new(nodes.clone(), CHAIN).with_kept_trust(genesis_of_one(), keep);
    client.follow().await.unwrap();
    let stored = told.lock().unwrap().pop().unwrap();
    assert_eq!(stored.epoch(), 3);
    assert_eq!(client.trusted(), Some(stored.clone()));
    // From there on no set change has to be asked for.
    let before = node.asked();
    let client = Client::new(nodes, CHAIN).with_trust(stored);
    client.follow().await.unwrap();
    assert_eq!(node.asked(), before + 1);
}
