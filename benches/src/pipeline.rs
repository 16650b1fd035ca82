//! Transactions through a whole node: HTTP, verification in request threads, blocks as they come.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use idos_wire::ErrorCode;
use serde_json::{Value, json};

use crate::{
    http::{Client, Request},
    machine,
    people::Person,
    server_process::ServerProcess,
    timing::{self, Rate},
    transactions::Kind,
};

/// How many connections send at the same time.
const CONNECTIONS: usize = 8;

/// How often a transaction is sent before the benchmark gives up.
const ATTEMPTS: usize = 1_000;
/// The code by which a node says that it is too busy.
const FULL: u16 = 11;

/// Sends transactions of many people without waiting for blocks, each person's to one of the nodes,
/// then waits for the last of each.
pub fn transactions_per_second(
    nodes: &[&ServerProcess],
    kind: Kind,
    people: &[Person],
    nonces: std::ops::RangeInclusive<u64>,
) -> Rate {
    let last = *nonces.end();
    let senders: Vec<(Client, Vec<Request>)> = people
        .chunks(people.len().div_ceil(CONNECTIONS))
        .zip(nodes.iter().cycle())
        .map(|(people, node)| {
            let transactions = nonces.clone().flat_map(|nonce| {
                people
                    .iter()
                    .map(move |person| broadcast(kind, person, nonce))
            });
            (node.client(), transactions.collect())
        })
        .collect();
    let count: usize = senders.iter().map(|(_, requests)| requests.len()).sum();
    let again = AtomicUsize::new(0);
    let used = || -> f64 {
        let nodes = nodes.iter();
        nodes.map(|node| machine::cpu_seconds(node.id())).sum()
    };
    let before = height(&mut nodes[0].client());
    let cpu = used();
    let start = Instant::now();
    thread::scope(|scope| {
        for (mut client, requests) in senders {
            let again = &again;
            scope.spawn(move || {
                for request in &requests {
                    again.fetch_add(send(&mut client, request), Ordering::Relaxed);
                }
            });
        }
    });
    let mut client = nodes[0].client();
    for person in people {
        while nonce(&mut client, person) < last {
            thread::sleep(Duration::from_millis(2));
        }
    }
    let elapsed = start.elapsed();
    let again = again.into_inner();
    if again > 0 {
        println!("  {again} of {count} transactions had to be sent again");
    }
    let cpu = used() - cpu;
    let blocks = height(&mut client) - before;
    println!("  {count} transactions in {blocks} blocks");
    Rate {
        per_second: timing::rate(count as f64, elapsed),
        per_cpu_second: count as f64 / cpu,
    }
}

/// Sends a transaction until the node takes it. Returns how often it asked for it again.
fn send(client: &mut Client, request: &Request) -> usize {
    for times in 0..ATTEMPTS {
        let body = client.send(request).body;
        let answer: Value = serde_json::from_slice(&body).expect("JSON");
        let Some(refused) = answer.get("error") else {
            return times;
        };
        assert!(refused["data"]["code"] == FULL, "{refused}");
    }
    panic!("the node does not take a transaction");
}

fn broadcast(kind: Kind, person: &Person, nonce: u64) -> Request {
    let transaction = kind.transaction(person, nonce).to_json();
    Request::new("user.broadcast", &json!({"tx": transaction}), None)
}

/// How high a node is.
pub fn height(client: &mut Client) -> u64 {
    let (info, _) = client.call("user.chain_info", &json!({}));
    info["block_height"].as_u64().expect("a height")
}

/// The nonce that a person used last in a block. A node that is behind the others is asked again, as
/// it says.
pub fn nonce(client: &mut Client, person: &Person) -> u64 {
    let identifier = hex::encode(person.sender.bytes());
    let id = json!({"identifier": identifier, "key_type": "secp256k1"});
    let request = Request::new("user.account", &json!({"id": id, "status": 0}), None);
    for _ in 0..ATTEMPTS {
        let answer = client.send(&request);
        if !answer.is_error(ErrorCode::Node) {
            return answer.result()["nonce"].as_u64().expect("a nonce");
        }
    }
    panic!("the node stays behind");
}
