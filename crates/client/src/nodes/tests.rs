use serde_json::{Value as Json, json};

use super::*;
use crate::{
    Owner,
    testing::{Does, FakeNode, dead},
};

fn info(height: u64) -> Json {
    json!({
        "chain_id": "chain", "block_height": height, "block_hash": "00".repeat(32), "gas": false,
    })
}

async fn honest(height: u64) -> FakeNode {
    FakeNode::new(move |_, _, _| Does::Gives(info(height))).await
}

async fn height(nodes: &Nodes) -> Result<u64, Error> {
    let answered = nodes
        .read::<idos_wire::ChainInfo>(Request::ChainInfo, None)
        .await?;
    Ok(answered.value.block_height)
}

#[test]
fn urls_that_can_not_be_nodes_are_refused() {
    for text in [
        "",
        "node",
        "ftp://node.example",
        "https://",
        "https://user@node.example",
        "https://node.example?x=1",
        "https://node.example#x",
    ] {
        assert!(
            matches!(Nodes::new([text]), Err(NodesError::Url(_))),
            "{text}"
        );
    }
    let none: [&str; 0] = [];
    assert!(matches!(Nodes::new(none), Err(NodesError::Count(0))));
    let many = vec!["http://node.example"; NODES + 1];
    assert!(matches!(Nodes::new(many), Err(NodesError::Count(_))));
    let nodes = Nodes::new(["https://node.example/", "http://127.0.0.1:1/x//"]).unwrap();
    let urls: Vec<_> = nodes.urls().collect();
    assert_eq!(urls, ["https://node.example", "http://127.0.0.1:1/x"]);
}

/// Else a liar that is named twice is more than may lie.
#[test]
fn a_node_that_is_named_twice_is_one() {
    let nodes = Nodes::new([
        "https://node.example",
        "http://node.example",
        "https://NODE.example//",
        "https://node.example:443/",
        "https://node.example/x",
    ])
    .unwrap();
    let urls: Vec<_> = nodes.urls().collect();
    assert_eq!(
        urls,
        [
            "https://node.example",
            "http://node.example",
            "https://node.example/x"
        ]
    );
    assert_eq!(nodes.count(), 3);
}

#[tokio::test]
async fn the_next_is_asked_when_one_fails_and_first_from_then_on() {
    let busy = |_: &str, _: &Json, _: Option<&str>| {
        Does::Fails(json!({"code": -700, "message": "behind"}))
    };
    let first_ones = [
        dead().await,
        FakeNode::new(busy).await.url.clone(),
        FakeNode::new(|_, _, _| Does::HangsUp).await.url.clone(),
    ];
    for first in first_ones {
        let second = honest(7).await;
        let nodes = Nodes::new([first, second.url.clone()]).unwrap();
        assert_eq!(height(&nodes).await.unwrap(), 7);
        assert_eq!(nodes.preferred(), second.url);
    }
    for nonsense in [
        "",
        "<html>",
        "[]",
        "{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{}}",
    ] {
        let first = FakeNode::new(move |_, _, _| Does::Says(nonsense)).await;
        let second = honest(8).await;
        let nodes = Nodes::new([first.url.clone(), second.url.clone()]).unwrap();
        assert_eq!(height(&nodes).await.unwrap(), 8, "{nonsense}");
        assert_eq!(first.asked(), 1);
        assert_eq!(height(&nodes).await.unwrap(), 8);
        assert_eq!(first.asked(), 1, "the second is asked first now");
    }
}

#[tokio::test]
async fn a_silent_node_is_not_waited_for() {
    let silent = FakeNode::new(|_, _, _| Does::KeepsSilent).await;
    let second = honest(9).await;
    let nodes = Nodes::new([silent.url.clone(), second.url.clone()]).unwrap();
    assert_eq!(height(&nodes).await.unwrap(), 9);
    assert_eq!(
        (silent.asked(), nodes.preferred()),
        (1, second.url.as_str())
    );
}

#[tokio::test]
async fn what_every_node_would_refuse_is_asked_once() {
    let refusing =
        FakeNode::new(|_, _, _| Does::Fails(json!({"code": -300, "message": "no such thing"})))
            .await;
    let second = honest(1).await;
    let nodes = Nodes::new([refusing.url.clone(), second.url.clone()]).unwrap();
    let error = height(&nodes).await.unwrap_err();
    assert_eq!(error.owner(), Owner::Caller);
    assert!(error.to_string().contains("no such thing"));
    assert_eq!(second.asked(), 0);
}

#[tokio::test]
async fn without_any_node_the_last_is_named() {
    let last = dead().await;
    let nodes = Nodes::new([dead().await, last.clone()]).unwrap();
    let error = height(&nodes).await.unwrap_err();
    assert_eq!(error.owner(), Owner::Network);
    let Error::Nodes { tried, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(tried, 2);
}

/// A race of attempts that only ask.
async fn raced(nodes: &Nodes) -> Result<u64, Error> {
    let answered = nodes.race(Refusals::AreOneNodes, |nodes, node| async move {
        let asked = nodes.ask::<idos_wire::ChainInfo>(node, &Request::ChainInfo, None);
        asked.await
    });
    Ok(answered.await?.value.block_height)
}

async fn refusing(code: i64) -> FakeNode {
    FakeNode::new(move |_, _, _| Does::Fails(json!({"code": code, "message": "no such thing"})))
        .await
}

#[tokio::test]
async fn what_one_node_refuses_another_may_prove() {
    let (lying, right) = (refusing(-32602).await, honest(5).await);
    let nodes = Nodes::new([&lying.url, &right.url]).unwrap();
    assert_eq!(raced(&nodes).await.unwrap(), 5);
    assert_eq!(nodes.preferred(), right.url);

    // Nobody proves anything: a session that is asked for counts more than what else is said.
    for codes in [[-32602, -901], [-901, -32602]] {
        let nodes = [refusing(codes[0]).await, refusing(codes[1]).await];
        let gone = dead().await;
        let nodes = Nodes::new(nodes.iter().map(|it| &it.url).chain([&gone])).unwrap();
        let refused = raced(&nodes).await.unwrap_err();
        assert_eq!(refused.owner(), Owner::Caller);
        assert!(refused.is_not_authorized(), "{refused}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_does_not_wait_for_silent_nodes_for_long() {
    let silent = FakeNode::new(|_, _, _| Does::KeepsSilent).await;
    let refusing = refusing(-32602).await;
    let nodes = Nodes::new([&silent.url, &refusing.url]).unwrap();
    assert!(matches!(raced(&nodes).await, Err(Error::Refused { .. })));
}
