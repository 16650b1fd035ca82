//! After erasure and the retention window no byte of a person is left in any file of any node.

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
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use memchr::memmem;
use support::{
    client::{Client, new_id, text, uuid},
    network::{NODES, Network},
    node::Node,
};

/// How long it may take until what is erased is in no file of four nodes.
const PATIENCE: Duration = Duration::from_secs(120);

/// How many files below a folder hold the marker.
fn files_below_with(folder: &Path, marker: &[u8]) -> usize {
    // Files may vanish meanwhile: that is the point.
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| {
            let path = entry.path();
            if path.is_dir() {
                return files_below_with(&path, marker);
            }
            let bytes = fs::read(path).unwrap_or_default();
            usize::from(memmem::find(&bytes, marker).is_some())
        })
        .sum()
}

/// How many files of the database hold the marker.
fn files_with(node: &Node, marker: &str) -> usize {
    files_below_with(&node.database(), marker.as_bytes())
}

fn add_attribute(client: &Client, url: &str, key: &str, value: &str) {
    let arguments = vec![uuid(new_id()), text(key), text(value)];
    client.execute(url, "add_attribute", arguments);
}

#[test]
fn nothing_of_an_erased_person_is_left_in_any_file() {
    let mut node = Node::init();
    node.set("genesis.toml", "body_retention_seconds", "1");
    node.start();
    let (person, other) = (Client::random(), Client::random());
    for client in [&person, &other] {
        client.make_profile(&node.url, &node.owner_seed());
    }
    let marker = format!("marker-{}", new_id());
    for size in [1, 700] {
        add_attribute(&person, &node.url, &marker, &marker.repeat(size));
    }
    assert!(
        files_with(&node, &marker) > 0,
        "the marker is not found where it must be"
    );
    person.execute(&node.url, "erase_profile", vec![]);
    thread::sleep(Duration::from_millis(1_500));
    // The network goes on; its blocks remove the bodies that are old enough.
    add_attribute(&other, &node.url, "key", "value");
    let mut left = usize::MAX;
    for _ in 0..40 {
        thread::sleep(Duration::from_millis(250));
        left = files_with(&node, &marker);
        if left == 0 {
            break;
        }
    }
    assert_eq!(left, 0, "bytes are left in a file");
    assert_eq!(
        files_with(&node, &person.address()),
        0,
        "the address is left in a file"
    );
    assert!(
        !node.log().contains(&person.address()),
        "the address is in the log"
    );
}

/// Also in the blocks that the engine keeps, and in what nodes told each other.
#[test]
fn nothing_of_an_erased_person_is_left_on_any_of_four_nodes() {
    let network = Network::started_with(&["--body-retention", "1"]);
    let url = &network.urls[0];
    let (person, other) = (Client::random(), Client::random());
    for client in [&person, &other] {
        client.make_profile(url, network.owner_seed());
    }
    let marker = format!("marker-{}", new_id());
    add_attribute(&person, url, &marker, &marker.repeat(100));
    network.wait_until_equal(PATIENCE);
    for node in 0..NODES {
        for kept in ["database", "consensus"] {
            let folder = network.home(node).join(kept);
            assert!(
                files_below_with(&folder, marker.as_bytes()) > 0,
                "{node} {kept}"
            );
        }
    }
    person.execute(url, "erase_profile", vec![]);
    let key = hex::decode(person.address()).unwrap();
    let of_person = [marker.as_bytes(), person.address().as_bytes(), &key].map(<[u8]>::to_vec);
    let left = |of_person: &[u8]| -> usize {
        (0..NODES)
            .map(|node| files_below_with(&network.home(node), of_person))
            .sum()
    };
    let start = Instant::now();
    // The network goes on: the engine keeps blocks until there are younger ones.
    while of_person.iter().any(|bytes| left(bytes) > 0) {
        assert!(
            start.elapsed() < PATIENCE,
            "{:?}",
            of_person.map(|bytes| left(&bytes))
        );
        for _ in 0..8 {
            add_attribute(&other, url, "key", "value");
        }
    }
}
