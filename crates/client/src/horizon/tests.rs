use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_zebra::{SigningKey, VerificationKey};
use idos_ledger::Answer;
use idos_proof::{
    ChainId, LightClient, LightClientError, Root, RootCertificate, RootStatement, ValidatorSet,
};
use idos_types::{Digest, Member, ValidatorKey};
use serde_json::{Value as Json, json};

use super::*;
use crate::{
    FlowError, NodeFault,
    testing::{Does, FakeNode, dead},
};

const CHAIN: &str = "idos-horizon";
const VALIDATORS: u8 = 4;

fn signing_key(number: u8) -> SigningKey {
    SigningKey::from([number + 1; 32])
}

fn validators() -> ValidatorSet {
    let member = |number| Member {
        key: ValidatorKey(VerificationKey::from(&signing_key(number)).into()),
        address: "192.0.2.1:8485".parse().unwrap(),
    };
    let members = (0..VALIDATORS).map(member).collect();
    ValidatorSet::of(idos_types::ValidatorSet::new(members).unwrap()).unwrap()
}

/// What all validators certified: a state in which nothing that is asked for can be found.
fn proved(height: u64) -> Json {
    let statement = RootStatement {
        chain_id: ChainId::new(CHAIN).unwrap(),
        epoch: 0,
        height,
        ends_epoch: false,
        header: Digest::of(b"header"),
        root: Root {
            hash: Digest::of(b"root"),
            count: 1,
        },
        time: crate::proved::now(),
    };
    let (set, message) = (validators(), statement.signed_bytes());
    let mut signatures: Vec<_> = (0..VALIDATORS)
        .map(signing_key)
        .map(|key| {
            let number = set.position(&VerificationKey::from(&key).into()).unwrap();
            (number, key.sign(&message).to_bytes())
        })
        .collect();
    signatures.sort_unstable_by_key(|(number, _)| *number);
    let certificate = RootCertificate::new(statement, set.len(), signatures).unwrap();
    json!({"height": height, "certificate": STANDARD.encode(certificate.encode()), "claims": []})
}

/// A node whose newest certified height is this one.
async fn at(height: u64) -> FakeNode {
    let answer = proved(height);
    FakeNode::new(move |_, _, _| Does::Gives(answer.clone())).await
}

fn client(urls: &[&str]) -> Client {
    let nodes = Nodes::new(urls).unwrap();
    let trusted = LightClient::genesis(ChainId::new(CHAIN).unwrap(), validators(), validators());
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
    assert_eq!(client.horizon.newest(), 42);
    assert_eq!(client.nodes().preferred(), fresh.url);
}

#[tokio::test]
async fn among_nodes_of_which_more_lie_than_may_nothing_newer_is_known() {
    let (one, other) = (at(41).await, at(41).await);
    let silent = FakeNode::new(|_, _, _| Does::KeepsSilent).await;
    let client = client(&[&one.url, &other.url, &silent.url]);
    ask(&client).await.unwrap();
    assert_eq!(client.horizon.newest(), 41);
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
    assert_eq!(client.horizon.newest(), 42);
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
    client.horizon.saw(42);
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
