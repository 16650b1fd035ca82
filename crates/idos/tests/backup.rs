//! A node that lost its database gets it back from a backup and from the blocks that it still has, and votes on:
//! nobody else could, where it is the only validator.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use std::fs;

use support::{
    client::{Client, new_id, text, uuid},
    operator::{Node, done, role},
};
use tempfile::TempDir;

/// Waits for a block with it.
fn add_attribute(person: &Client, url: &str) {
    let attribute = vec![uuid(new_id()), text("key"), text("value")];
    person.execute(url, "add_attribute", attribute);
}

#[test]
fn a_single_validator_goes_on_with_a_backup_and_the_blocks_that_it_kept() {
    let folder = TempDir::new().unwrap();
    let mut node = Node::new(folder.path(), "1", None);
    node.start();
    node.wait("it votes", |status| role(status) == "validator");
    let url = node.url();
    let seed = fs::read_to_string(node.home.join("owner.key")).unwrap();
    let mut person = Client::random();
    person.make_profile(&url, seed.trim());
    add_attribute(&person, &url);
    let file = folder.path().join("copy");
    let file = file.to_str().unwrap();
    done(&node.home, &["node", "backup", file]);
    for _ in 0..3 {
        add_attribute(&person, &url);
    }
    let height = |node: &Node| node.status()["node"]["height"].as_u64().unwrap();
    let before = height(&node);
    node.stop();

    fs::rename(node.home.join("database"), folder.path().join("lost")).unwrap();
    let restored = done(&node.home, &["node", "restore", file]);
    assert!(restored["height"].as_u64().unwrap() < before);
    node.start();
    node.wait("it votes again", |status| role(status) == "validator");
    assert!(height(&node) >= before);
    person.sign_in(&url);
    assert_eq!(person.view(&url, "get_attributes", vec![]).len(), 4);
    add_attribute(&person, &url);
}
