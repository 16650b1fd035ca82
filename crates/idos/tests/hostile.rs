//! Clients that mean no good, against the real binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a failing helper fails the test"
)]

mod support;

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use serde_json::json;
use support::{
    client::{Client, new_id, text, uuid},
    node::Node,
};
use tokio::net::TcpSocket;

const IDLE: usize = 10_000;
/// From so many addresses: of one the node takes only a part of that.
const ADDRESSES: u8 = 10;

/// Connections to a node on which nothing is asked.
async fn idle(node: SocketAddr) -> Vec<tokio::net::TcpStream> {
    let mut idle = Vec::new();
    for address in (1..=ADDRESSES).cycle().take(IDLE) {
        let socket = TcpSocket::new_v4().unwrap();
        socket
            .bind(SocketAddr::from(([127, 0, 1, address], 0)))
            .unwrap();
        idle.push(socket.connect(node).await.unwrap());
    }
    idle
}

#[test]
fn ten_thousand_idle_connections_stop_nobody() {
    // This process needs as many open files as the node.
    let (limit, most) = {
        let limits = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        (limits.current, limits.maximum)
    };
    let raised = rustix::process::Rlimit {
        current: most,
        maximum: most,
    };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, raised).unwrap();
    let room = most.unwrap_or(u64::MAX) as usize;
    assert!(
        room > IDLE + 200,
        "this machine allows {room} open files, was {limit:?}"
    );

    let node = Node::started();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let idle = runtime.block_on(idle(node.authority().parse().unwrap()));
    let client = Client::random();
    let start = Instant::now();
    let answer = client.rpc(&node.url, "user.health", &json!({})).unwrap();
    let held = node.open_files();
    assert_eq!(answer["result"]["mode"], "open");
    // It took them all: those of the system's queue it would not have to hold.
    assert!(held > IDLE, "{held} open files");
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    drop(idle);
}

#[test]
fn whoever_sends_slowly_is_cut_off() {
    let node = Node::started();
    let mut slow = TcpStream::connect(node.authority()).unwrap();
    slow.write_all(b"POST /rpc/v1 HTTP/1.1\r\nHost: x\r\n")
        .unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(40)))
        .unwrap();
    let mut answer = Vec::new();
    // The head never ends: the node hangs up by itself.
    slow.read_to_end(&mut answer).expect("the node hangs up");
    let client = Client::random();
    assert!(
        client
            .rpc(&node.url, "user.ping", &json!({"message": "x"}))
            .is_some()
    );
}

#[test]
fn bodies_over_the_limit_are_refused_before_they_are_read() {
    let node = Node::started();
    let mut big = TcpStream::connect(node.authority()).unwrap();
    big.write_all(
        b"POST /rpc/v1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n{",
    )
    .unwrap();
    let mut answer = [0; 512];
    let read = big.read(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[test]
fn a_flipped_bit_anywhere_in_a_transaction_changes_nothing() {
    let node = Node::started();
    let person = Client::random();
    person.make_profile(&node.url, &node.owner_seed());
    let arguments = vec![uuid(new_id()), text("key"), text("value")];
    let transaction = person.transaction(1, "add_attribute", arguments);
    let bytes = transaction.encode();
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        let Ok(flipped) = idos_wire::Transaction::decode(&flipped) else {
            continue;
        };
        let answer = person.broadcast(&node.url, &flipped).unwrap();
        assert!(answer["error"].is_object(), "bit in byte {at}: {answer}");
    }
    assert_eq!(person.nonce(&node.url), Some(0));
    let answer = person.broadcast(&node.url, &transaction).unwrap();
    assert_eq!(answer["result"]["result"]["code"], 0, "{answer}");
}

#[test]
fn strangers_leave_nothing_behind() {
    let node = Node::started();
    let stranger = Client::random();
    let arguments = vec![uuid(new_id()), text("key"), text("value")];
    let answer = stranger
        .broadcast(
            &node.url,
            &stranger.transaction(1, "add_attribute", arguments),
        )
        .unwrap();
    assert_eq!(answer["error"]["code"], -201, "{answer}");
    let accounts = stranger
        .rpc(&node.url, "user.num_accounts", &json!({}))
        .unwrap();
    assert_eq!(accounts["result"]["count"], 0, "{accounts}");
}
