//! `idos node doctor` on real nodes: what is sound, and faults that were planted.

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
    net::TcpListener,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::Value as Json;
use support::{client::Client, node::Node};

/// How long a condition may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The exit code and what was found.
fn doctor(home: &Path, arguments: &[&str]) -> (i32, Json) {
    let output = Command::new(env!("CARGO_BIN_EXE_idos"))
        .args(["--json", "node", "doctor", "--home"])
        .arg(home)
        .args(arguments)
        .output()
        .unwrap();
    let found = serde_json::from_slice(&output.stdout).unwrap_or(Json::Null);
    (output.status.code().unwrap(), found)
}

/// What the findings of a check say, those that are faults.
fn faults(found: &Json, check: &str) -> String {
    let findings = found["findings"].as_array().unwrap().iter();
    let faults = findings
        .filter(|it| it["check"] == check && (it["state"] == "wrong" || it["state"] == "unseen"));
    faults
        .map(|it| {
            assert!(!it["advice"].as_str().unwrap().is_empty(), "{it}");
            it["text"].as_str().unwrap()
        })
        .collect()
}

/// What a sound node is told on this machine, whose limit of open files and whose disk are none of
/// the node's.
fn expected(found: &Json) -> i32 {
    let of_machine = |check| !faults(found, check).is_empty();
    i32::from(["open files", "disk"].into_iter().any(of_machine))
}

/// A node on a port that its configuration names.
fn node() -> Node {
    let node = Node::init();
    let port = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = port.local_addr().unwrap();
    node.set("config.toml", "listen", &format!("\"{address}\""));
    node
}

fn wait_until_healthy(node: &Node) {
    let end = Instant::now() + PATIENCE;
    while ureq::get(format!("{}/api/v1/health", node.url))
        .call()
        .is_err()
    {
        assert!(Instant::now() < end, "{}", node.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_sound_node_is_found_sound_running_and_stopped() {
    let mut node = node();
    let home = node.home();
    let (code, found) = doctor(&home, &[]);
    assert_eq!(code, expected(&found), "{found}");
    node.start_where_configured();
    wait_until_healthy(&node);
    Client::random().make_profile(&node.url, &node.owner_seed());
    let url = node.url.clone();
    let (code, found) = doctor(&home, &["--deep", "--node", &url]);
    assert_eq!(code, expected(&found), "{found}");
    let text = found.to_string();
    for words in [
        "serves clients",
        "every row",
        "agrees with 1",
        "no other node",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    assert_eq!(node.terminate(), Some(0));
    let (code, found) = doctor(&home, &["--deep"]);
    assert_eq!(code, expected(&found), "{found}");
    assert!(found.to_string().contains("does not run"));
    // Looking changed nothing that a node would mind.
    node.start_where_configured();
    wait_until_healthy(&node);
}

#[test]
fn faults_are_named_with_what_to_do() {
    let mut node = node();
    let home = node.home();
    node.start_where_configured();
    wait_until_healthy(&node);
    Client::random().make_profile(&node.url, &node.owner_seed());
    // A node that listens elsewhere than its settings say does not answer.
    let config = fs::read_to_string(home.join("config.toml")).unwrap();
    node.set("config.toml", "listen", "\"127.0.0.1:1\"");
    let (code, found) = doctor(&home, &[]);
    assert_eq!(code, 1);
    assert!(faults(&found, "node").contains("does not tell"), "{found}");
    fs::write(home.join("config.toml"), &config).unwrap();
    assert_eq!(node.terminate(), Some(0));

    // Another program has its port.
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    node.set("config.toml", "listen", &format!("\"{address}\""));
    let (code, found) = doctor(&home, &[]);
    assert_eq!(code, 1);
    assert!(faults(&found, "ports").contains(&address), "{found}");
    fs::write(home.join("config.toml"), &config).unwrap();

    // A genesis that is not the one of the database.
    let genesis = fs::read_to_string(home.join("genesis.toml")).unwrap();
    let changed = genesis.replace("idos-test", "idos-other");
    fs::write(home.join("genesis.toml"), changed).unwrap();
    let (code, found) = doctor(&home, &[]);
    assert_eq!(code, 1);
    let fault = faults(&found, "database");
    assert!(fault.contains("another network"), "{found}");
    fs::write(home.join("genesis.toml"), genesis).unwrap();

    // A row that nobody wrote by a transaction: only reading every row shows it.
    let file = home.join("database").join("state.db");
    let database = rusqlite::Connection::open(file).unwrap();
    database
        .execute("UPDATE wallets SET address = address || 'x'", [])
        .unwrap();
    drop(database);
    let (code, found) = doctor(&home, &[]);
    assert_eq!(code, expected(&found), "{found}");
    let (code, found) = doctor(&home, &["--deep"]);
    assert_eq!(code, 1);
    assert!(faults(&found, "database").contains("rows"), "{found}");
}

#[test]
fn what_can_not_be_looked_at_has_a_code_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (code, found) = doctor(&folder.path().join("nowhere"), &[]);
    assert_eq!(code, 2);
    assert!(faults(&found, "files").contains("no folder"), "{found}");
    assert_eq!(doctor(folder.path(), &["--node", "nonsense"]).0, 2);
    assert_eq!(doctor(folder.path(), &[]).0, 1);
}
