//! Requests of a node without network and server.

use std::net::Ipv4Addr;

use idos_types::{DataType, Value as Data};
use idos_wire::{
    BroadcastParams, Call, Transaction,
    payload::{ActionCall, EncodedValue},
};
use serde_json::Value;
use tokio::task::JoinHandle;

use super::*;
use crate::{
    http::Turns,
    testing::{Bench, CHAIN, OWNER, transaction},
};

const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

mod refusals;

struct Scene {
    node: Arc<Node>,
    turns: Turns,
    bench: Bench,
}

impl Scene {
    /// A node that works on two requests at the same time while three others wait, and gets no blocks.
    fn new() -> Self {
        Self::of(Bench::new(4), Config::default())
    }

    fn of(bench: Bench, config: Config) -> Self {
        Self {
            node: bench.node(config),
            turns: Turns::new(2, 3),
            bench,
        }
    }

    /// Begins with a request as soon as there is a turn, and goes on with it beside others.
    async fn begin(&self, request: Request) -> JoinHandle<Value> {
        let reply = self.begin_with(request, facts()).await;
        tokio::spawn(async { serde_json::from_slice(&reply.await.unwrap().body).unwrap() })
    }

    /// The same for somebody of whom more is known, and with the cookie that the answer sets.
    async fn begin_with(&self, request: Request, facts: RequestFacts) -> JoinHandle<http::Reply> {
        let node = Arc::clone(&self.node);
        let mut turn = self.turns.next().await.unwrap();
        tokio::spawn(async move {
            let room = Room::for_any();
            let body = request.to_body(1).into();
            node.rpc(facts, body, &mut turn, room).await
        })
    }

    async fn ask(&self, request: Request) -> Value {
        self.begin(request).await.await.unwrap()
    }
}

fn facts() -> RequestFacts {
    RequestFacts {
        peer: PEER,
        origin: None,
        host: None,
        cookie: None,
    }
}

/// A broadcast by the owner, whom the network knows.
fn broadcast(nonce: u64, wait: bool) -> Request {
    broadcast_of(OWNER, nonce, wait)
}

/// A broadcast by the wallet with this seed.
fn broadcast_of(seed: u8, nonce: u64, wait: bool) -> Request {
    let item = transaction(seed, nonce, CHAIN);
    Request::Broadcast(BroadcastParams {
        transaction: Transaction::decode(&item.bytes).unwrap(),
        wait,
    })
}

fn view() -> Request {
    let address = EncodedValue::new(DataType::TEXT, Data::from("0x00")).unwrap();
    let action = ActionCall::new("main", "has_profile", vec![address]).unwrap();
    Request::Call(Call::new(action, "", Vec::new(), None))
}

/// Views are answered while as many broadcasts as may wait do, and one more is told why it may not.
/// `is_told` says what those that wait hear in the end.
async fn views_go_on_beside(requests: [Request; 3], is_told: impl Fn(&Value) -> bool) {
    let scene = Scene::new();
    let mut waiting = Vec::new();
    for request in requests {
        waiting.push(scene.begin(request).await);
    }
    for _ in 0..10 {
        let answer = scene.ask(view()).await;
        assert!(answer["result"]["query_result"].is_object(), "{answer}");
    }
    let answer = scene.ask(broadcast(1, false)).await;
    assert_eq!(answer["error"]["code"], -905, "{answer}");
    let text = answer["error"]["message"].as_str().unwrap();
    assert!(
        text.contains("too many requests wait for a block"),
        "{text}"
    );
    assert!(waiting.iter().all(|request| !request.is_finished()));
    // The clock goes on once nothing else is left to do.
    for request in waiting {
        let answer = request.await.unwrap();
        assert!(is_told(&answer), "{answer}");
    }
    // Their places are free again.
    let mut later = Vec::new();
    for nonce in 40..43 {
        later.push(scene.begin(broadcast(nonce, false)).await);
    }
    for request in later {
        let answer = request.await.unwrap();
        assert_eq!(answer["error"]["code"], -201, "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_block_keeps_nobody_from_reading() {
    let requests = [1, 2, 3].map(|nonce| broadcast(nonce, true));
    views_go_on_beside(requests, |answer| {
        let text = answer["error"]["data"]["message"].as_str();
        text.is_some_and(|text| text.contains("timed out waiting"))
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn whoever_is_early_keeps_nobody_from_reading() {
    // One and the same, again and again: it never waits in the pool, where it would be known.
    let requests = [9, 9, 9].map(|nonce| broadcast(nonce, false));
    views_go_on_beside(requests, |answer| {
        let text = answer["error"]["data"]["message"].as_str();
        text.is_some_and(|text| text.contains("invalid nonce"))
    })
    .await;
}

#[tokio::test]
async fn reads_of_one_household_that_last_leave_readers_to_others() {
    let mut config = Config::default();
    config.database.readers = Bench::READERS;
    let scene = Scene::of(Bench::new(4), config);
    let gate = Arc::new(tokio::sync::Mutex::new(()));
    let closed = Arc::clone(&gate).lock_owned().await;
    let slow: Vec<_> = (0..2 * scene.node.config.database.readers)
        .map(|_| {
            let (node, gate) = (Arc::clone(&scene.node), Arc::clone(&gate));
            let read = move |_: &Node, _: &Snapshot<'_>| {
                drop(gate.blocking_lock());
                Ok(())
            };
            tokio::spawn(async move { node.read(PEER, read).await })
        })
        .collect();
    tokio::task::yield_now().await;
    let of_another = scene.node.read([192, 0, 2, 1].into(), |_, _| Ok(()));
    timeout(Duration::from_secs(10), of_another)
        .await
        .expect("a reader")
        .unwrap();
    assert!(slow.iter().all(|read| !read.is_finished()));
    drop(closed);
    for read in slow {
        read.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn an_answer_without_room_is_refused_and_counted_as_what_the_client_got() {
    let scene = Scene::new();
    let (room, _taken) = Room::taken();
    let mut turn = scene.turns.next().await.unwrap();
    let node = Arc::clone(&scene.node);
    let body = Request::Ping.to_body(7).into();
    let reply = node.rpc(facts(), body, &mut turn, room).await;
    assert_eq!(reply.status, 503);
    let answer: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(
        (&answer["id"], &answer["error"]["code"]),
        (&7.into(), &(-32001).into())
    );
    let text = answer["error"]["message"].as_str().unwrap();
    assert!(text.contains("the node is busy"), "{text}");
    let metrics = scene.node.shared.metrics();
    let text = metrics.text(&scene.node.standing(), 0, "").unwrap();
    let line = r#"idos_requests_total{method="user.ping",outcome="failed"} 1"#;
    assert!(text.contains(line), "{text}");
    assert!(!text.contains(r#"outcome="ok""#), "{text}");
}
