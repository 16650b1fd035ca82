use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use idos_wire::ErrorCode;
use serde_json::json;

use super::*;
use crate::{
    Nodes, Owner,
    error::Error,
    keys::{Ed25519Key, Seed},
    testing::{Does, FakeNode},
};

/// A node that executes whatever comes.
async fn node() -> FakeNode {
    FakeNode::new(|method, _, _| {
        Does::Gives(match method {
            "user.account" => json!({"id": null, "balance": "0", "nonce": 0}),
            _ => json!({
                "tx_hash": "00".repeat(32),
                "result": {"code": 0, "gas": 0, "log": ""},
            }),
        })
    })
    .await
}

fn client(node: &FakeNode) -> Client {
    let key = Ed25519Key::from_seed(&Seed::new([7; 32])).unwrap();
    Client::new(Nodes::new([&node.url]).unwrap(), "chain").with_wallet(Arc::new(key))
}

/// What every node says of a list that is too long.
fn too_long() -> FlowError {
    FlowError::Client(Error::Refused {
        code: Some(ErrorCode::Engine),
        tx_code: None,
        message: "2049 rows cannot be proved at once, at most 2048 are".to_owned(),
    })
}

async fn revoked<F>(is_there: impl Fn() -> F) -> (FlowError, usize)
where
    F: Future<Output = Result<bool, FlowError>>,
{
    let node = node().await;
    let ended = client(&node)
        .ended("revoke_access_grant", Uuid::nil(), "grant", is_there)
        .await;
    (ended.unwrap_err(), node.asked())
}

/// Whoever gave many grants has to be able to end them.
#[tokio::test]
async fn what_cannot_be_proved_is_sent_all_the_same_and_nobody_is_accused() {
    let (error, asked) = revoked(|| async { Err(too_long()) }).await;
    assert!(matches!(error, FlowError::Unprovable { .. }), "{error}");
    assert_eq!(error.owner(), Owner::Caller);
    assert!(asked >= 2, "it was not sent");
}

/// A grantee that has many grants: what is there is proved, and what is not is not.
#[tokio::test(start_paused = true)]
async fn what_can_no_longer_be_proved_accuses_nobody() {
    let looks = AtomicUsize::new(0);
    let (error, _) = revoked(|| async {
        match looks.fetch_add(1, Ordering::SeqCst) {
            0 => Ok(true),
            _ => Err(too_long()),
        }
    })
    .await;
    assert!(matches!(error, FlowError::Unprovable { .. }), "{error}");
    // What is shown to be there still is another matter.
    let (error, _) = revoked(|| async { Ok(true) }).await;
    assert!(matches!(error, FlowError::Unproved { .. }), "{error}");
    assert_eq!(error.owner(), Owner::Node);
}

/// Other failures say nothing of what can be proved.
#[tokio::test]
async fn what_could_not_be_looked_for_is_not_sent() {
    let (error, asked) = revoked(|| async { Err(FlowError::NoProfile) }).await;
    assert!(matches!(error, FlowError::NoProfile), "{error}");
    assert_eq!(asked, 0);
}
