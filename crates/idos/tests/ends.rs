//! A node that is asked to end while it starts; nodes, servers and networks that are asked again while they end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use support::{devnet::Devnet, node::Node};

fn ask(process: &Child) {
    kill_process(Pid::from_child(process), Signal::TERM).unwrap();
}

/// A request that is never sent to its end. Whoever is asked asks for its body, so they are at it.
fn endless_request(authority: &str, path: &str) -> TcpStream {
    let mut client = TcpStream::connect(authority).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n"
    );
    client.write_all(head.as_bytes()).unwrap();
    let mut asked = [0; 12];
    client.read_exact(&mut asked).unwrap();
    assert_eq!(asked, *b"HTTP/1.1 100");
    client
}

/// Asks a process that has such a request to end, and again; its exit code.
fn asked_twice(mut process: Child) -> Option<i32> {
    ask(&process);
    thread::sleep(Duration::from_millis(500));
    assert!(
        process.try_wait().unwrap().is_none(),
        "it waits for the request"
    );
    ask(&process);
    process.wait().unwrap().code()
}

#[test]
fn a_node_ends_while_its_database_is_being_opened() {
    let node = Node::init();
    // Whoever holds it is waited for, for seconds, and in the end that is an error.
    fs::create_dir(node.database()).unwrap();
    let held = rusqlite::Connection::open(node.database().join("state.db")).unwrap();
    let hold = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE held (one)";
    held.execute_batch(hold).unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let mut process = Command::new(env!("CARGO_BIN_EXE_idos"))
        .args(["node", "start", "--listen", &address.to_string(), "--home"])
        .arg(node.home())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It listens before it opens the database.
    while TcpStream::connect(address).is_err() {
        assert!(process.try_wait().unwrap().is_none());
        thread::sleep(Duration::from_millis(5));
    }
    ask(&process);
    assert_eq!(process.wait().unwrap().code(), Some(0));
    drop(held);
}

#[test]
fn whoever_asks_again_does_not_wait_for_what_is_under_way() {
    let mut node = Node::started();
    let _request = endless_request(node.authority(), "/rpc/v1");
    assert_eq!(asked_twice(node.process.take().unwrap()), Some(130));
}

#[test]
fn whoever_asks_a_server_again_does_not_wait_for_it_either() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_idos"));
        command.args(["--json", "issuer"]).args(arguments);
        command.args(["--home", "issuer"]).current_dir(&folder);
        command
    };
    assert!(issuer(&["keys"]).output().unwrap().status.success());
    let mut server = issuer(&["serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(server.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    let told: Value = serde_json::from_str(&line).unwrap();
    let authority = told["url"].as_str().unwrap().trim_start_matches("http://");
    let _request = endless_request(authority, "/credentials/verify");
    assert_eq!(asked_twice(server), Some(130));
}

#[test]
fn whoever_asks_a_development_network_again_does_not_wait_for_its_nodes() {
    let mut devnet = Devnet::started(1);
    let nodes = devnet.nodes();
    let authority = nodes[0].trim_start_matches("http://");
    let _request = endless_request(authority, "/rpc/v1");
    assert_eq!(asked_twice(devnet.taken()), Some(130));
}
