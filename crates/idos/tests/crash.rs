//! A node that is killed at any point loses nothing that it acknowledged.

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
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use idos_types::Uuid;
use support::{
    client::{Client, new_id, text, uuid},
    node::Node,
};

/// So many that blocks are full enough for pages of the state tree to wait in memory.
const WRITERS: usize = 12;
const KILLS: u64 = 8;
/// What each writer is told of at least before every second kill.
const TOLD_OF_EACH: u64 = 3;
/// How long that may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a writer was told is in a block: hash of the transaction, and the attribute it added.
type Acknowledged = (String, Uuid);

/// Adds attributes until told to stop or the node is gone.
fn write(client: &Client, url: &str, stop: &AtomicBool, told: &Mutex<Vec<Acknowledged>>) {
    let Some(mut nonce) = client.nonce(url) else {
        return;
    };
    while !stop.load(Ordering::Relaxed) {
        nonce += 1;
        let id = new_id();
        let value = "x".repeat(id.as_bytes()[0] as usize * 64);
        let arguments = vec![uuid(id), text("key"), text(&value)];
        let transaction = client.transaction(nonce, "add_attribute", arguments);
        let Some(answer) = client.broadcast(url, &transaction) else {
            return;
        };
        if answer["result"]["result"]["code"] == 0 {
            told.lock()
                .unwrap()
                .push((transaction.hash().to_string(), id));
        }
    }
}

/// Waits until each writer has been told of some more.
fn wait_for_more(told: &[Mutex<Vec<Acknowledged>>]) {
    let counts = || -> Vec<usize> { told.iter().map(|told| told.lock().unwrap().len()).collect() };
    let (before, end) = (counts(), Instant::now() + PATIENCE);
    let is_more = |(now, before): (usize, &usize)| now >= before + TOLD_OF_EACH as usize;
    while !counts().into_iter().zip(&before).all(is_more) {
        assert!(Instant::now() < end, "a writer is told of nothing");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Returns whether the kill met pages of the state tree that waited to be written.
fn check_database(folder: &Path) -> bool {
    let database = rusqlite::Connection::open(folder.join("state.db")).unwrap();
    let ok: String = database
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(ok, "ok");
    let mut dangling = database.prepare("PRAGMA foreign_key_check").unwrap();
    assert!(!dangling.exists([]).unwrap(), "a foreign key dangles");
    let mut waiting = database.prepare("SELECT 1 FROM tree_changes").unwrap();
    waiting.exists([]).unwrap()
}

#[test]
fn killed_under_load_it_loses_nothing_acknowledged() {
    let mut node = Node::started();
    let owner = node.owner_seed();
    let mut people: Vec<Client> = (0..WRITERS).map(|_| Client::random()).collect();
    for person in &people {
        person.make_profile(&node.url, &owner);
    }
    let told: Vec<Mutex<Vec<Acknowledged>>> = people.iter().map(|_| Mutex::default()).collect();
    let mut met_waiting = 0;
    for kill in 0..KILLS {
        let stop = AtomicBool::new(false);
        let url = node.url.clone();
        thread::scope(|scope| {
            for (person, told) in people.iter().zip(&told) {
                scope.spawn(|| write(person, &url, &stop, told));
            }
            // Different moments: while starting, within a block, between blocks. Now and then everybody has
            // been told of something, however busy the machine is.
            thread::sleep(Duration::from_millis(100 + kill * 150));
            if kill % 2 == 1 {
                wait_for_more(&told);
            }
            node.kill();
            stop.store(true, Ordering::Relaxed);
        });
        met_waiting += u64::from(check_database(&node.database()));
        node.start();
    }
    assert!(met_waiting > 0, "no kill met pages that waited");
    for (person, told) in people.iter_mut().zip(&told) {
        let told = told.lock().unwrap();
        assert!(told.len() as u64 >= TOLD_OF_EACH * KILLS / 2);
        person.sign_in(&node.url);
        // What was voted for before the last kill may become final only now, between two questions.
        let (attributes, nonce) = loop {
            let before = person.nonce(&node.url).unwrap();
            let attributes: Vec<String> = person
                .view(&node.url, "get_attributes", vec![])
                .into_iter()
                .map(|row| row[0].as_str().unwrap().to_owned())
                .collect();
            let after = person.nonce(&node.url).unwrap();
            if before == after {
                break (attributes, after);
            }
        };
        assert!(nonce >= told.len() as u64);
        // Each transaction adds one: as many as there were nonces, and every acknowledged one.
        assert_eq!(attributes.len() as u64, nonce);
        for (hash, attribute) in told.iter() {
            assert!(
                attributes.contains(&attribute.to_string()),
                "{attribute} is lost"
            );
            let params = serde_json::json!({"tx_hash": hash});
            let answer = person.rpc(&node.url, "user.tx_query", &params).unwrap();
            assert_eq!(answer["result"]["tx_result"]["code"], 0, "{answer}");
        }
    }
}

#[test]
fn asked_to_end_it_ends_cleanly_and_goes_on_where_it_was() {
    let mut node = Node::started();
    let person = Client::random();
    person.make_profile(&node.url, &node.owner_seed());
    person.execute(
        &node.url,
        "add_attribute",
        vec![uuid(new_id()), text("key"), text("value")],
    );
    let height = |node: &Node| {
        let answer = person
            .rpc(&node.url, "user.chain_info", &serde_json::json!({}))
            .unwrap();
        answer["result"]["block_height"].as_u64().unwrap()
    };
    let before = height(&node);
    assert_eq!(node.terminate(), Some(0), "{}", node.log());
    node.start();
    assert_eq!(height(&node), before);
    assert_eq!(person.nonce(&node.url), Some(1));
}
