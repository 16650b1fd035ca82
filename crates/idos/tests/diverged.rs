//! Four real nodes, of which one has a row that the others do not have.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use std::{
    process::Command,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value as Json, json};
use support::{
    client::{Client, new_id, text, uuid},
    network::{NODES, Network},
};

/// How long a condition may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The node with the row of its own.
const ALONE: usize = 2;

fn add_attribute(person: &Client, url: &str) {
    let arguments = vec![uuid(new_id()), text("key"), text("value")];
    person.execute(url, "add_attribute", arguments);
}

/// What `idos node doctor` says is wrong, and with which exit code.
fn doctor(network: &Network) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_idos"))
        .args(["--json", "node", "doctor", "--home"])
        .arg(network.home(ALONE))
        .output()
        .unwrap();
    let found: Json = serde_json::from_slice(&output.stdout).unwrap();
    let findings = found["findings"].as_array().unwrap().iter();
    let wrong = findings.filter(|finding| finding["state"] == "wrong");
    let texts = wrong.map(|finding| finding["text"].as_str().unwrap().to_owned());
    (output.status.code(), texts.collect())
}

/// Which HTTP status a load balancer gets.
fn status(url: &str) -> u16 {
    match ureq::get(format!("{url}/api/v1/health")).call() {
        Ok(_) => 200,
        Err(ureq::Error::StatusCode(status)) => status,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_node_that_computes_another_state_serves_nobody_and_says_so() {
    let mut network = Network::started();
    let person = Client::random();
    person.make_profile(&network.urls[0], network.owner_seed());
    add_attribute(&person, &network.urls[0]);
    network.wait_until_equal(PATIENCE);
    network.terminate(ALONE);
    let file = network.home(ALONE).join("database").join("state.db");
    let database = rusqlite::Connection::open(file).unwrap();
    // It takes every account to be further on than it is, and will refuse what the others execute.
    let changed = database.execute("UPDATE accounts SET nonce = nonce + 5", []);
    assert!(changed.unwrap() > 0);
    drop(database);
    network.start(ALONE);

    // The others have nothing to do with it.
    add_attribute(&person, &network.urls[0]);
    let start = Instant::now();
    while network
        .health(ALONE)
        .is_none_or(|health| health["healthy"] == true)
        || !doctor(&network)
            .1
            .contains("another state than the network")
    {
        assert!(
            start.elapsed() < PATIENCE,
            "{:?} {:?}\n{}",
            network.health(ALONE),
            doctor(&network),
            network.logs()
        );
        thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(doctor(&network).0, Some(1));
    let url = &network.urls[ALONE];
    assert_eq!(status(url), 503);
    let transaction = person.transaction(9, "add_attribute", vec![]);
    let asked = [
        (
            "user.broadcast",
            json!({"tx": transaction.to_json(), "sync": 1}),
        ),
        ("user.tx_query", json!({"tx_hash": "00".repeat(32)})),
        (
            "user.account",
            json!({"id": {"identifier": person.address(), "key_type": "ed25519"}}),
        ),
        ("user.num_accounts", json!({})),
        ("user.call", person.call_params("get_inserters", vec![])),
        ("idos.prove", person.call_params("get_user", vec![])),
        ("idos.set_changes", json!({"from_epoch": 1})),
        (
            "kgw.authn",
            json!({"nonce": "", "sender": person.address(), "signature": {"sig": "", "type": "ed25519"}}),
        ),
    ];
    for (method, params) in asked {
        let answer = person.rpc(url, method, &params).unwrap();
        let said = answer["error"]["message"].as_str().unwrap_or_default();
        assert!(
            said.contains("another state than the network"),
            "{method}: {answer}"
        );
        assert_eq!(answer["error"]["code"], -700, "{method}: {answer}");
    }

    for other in (0..NODES).filter(|node| *node != ALONE) {
        while status(&network.urls[other]) != 200 {
            assert!(start.elapsed() < PATIENCE, "{}", network.logs());
            thread::sleep(Duration::from_millis(100));
        }
        add_attribute(&person, &network.urls[other]);
    }
}
