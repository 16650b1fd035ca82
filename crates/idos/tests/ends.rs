//! A node that is asked to end while it starts, and again while it ends.

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
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use support::node::Node;

fn ask(process: &Child) {
    kill_process(Pid::from_child(process), Signal::TERM).unwrap();
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
    // A request that is never sent to its end. The node asks for its body, so it is at it.
    let mut client = TcpStream::connect(node.authority()).unwrap();
    let head = "POST /rpc/v1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n";
    client.write_all(head.as_bytes()).unwrap();
    let mut asked = [0; 12];
    client.read_exact(&mut asked).unwrap();
    assert_eq!(asked, *b"HTTP/1.1 100");
    let mut process = node.process.take().unwrap();
    ask(&process);
    thread::sleep(Duration::from_millis(500));
    assert!(
        process.try_wait().unwrap().is_none(),
        "it waits for the request"
    );
    ask(&process);
    assert_eq!(process.wait().unwrap().code(), Some(130));
}
