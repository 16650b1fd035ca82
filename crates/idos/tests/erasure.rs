//! After erasure and the retention window no byte of a person is left in any file of the node.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a failing helper fails the test"
)]

mod support;

use std::{fs, thread, time::Duration};

use support::{
    client::{Client, new_id, text, uuid},
    node::Node,
};

/// How many files of the database hold the marker.
fn files_with(node: &Node, marker: &str) -> usize {
    fs::read_dir(node.database())
        .unwrap()
        .map(|entry| fs::read(entry.unwrap().path()).unwrap_or_default())
        .filter(|bytes| {
            bytes
                .windows(marker.len())
                .any(|window| window == marker.as_bytes())
        })
        .count()
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
        let value = marker.repeat(size);
        let arguments = vec![uuid(new_id()), text(&marker), text(&value)];
        person.execute(&node.url, "add_attribute", arguments);
    }
    assert!(
        files_with(&node, &marker) > 0,
        "the marker is not found where it must be"
    );
    person.execute(&node.url, "erase_profile", vec![]);
    thread::sleep(Duration::from_millis(1_500));
    // The network goes on; its blocks remove the bodies that are old enough.
    other.execute(
        &node.url,
        "add_attribute",
        vec![uuid(new_id()), text("key"), text("value")],
    );
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
