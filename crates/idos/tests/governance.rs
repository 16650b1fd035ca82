//! A change of the validators comes through on a node that nobody writes to.

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
    fs, thread,
    time::{Duration, Instant},
};

use idos_types::{DataType, Value};
use idos_wire::payload::EncodedValue;
use serde_json::json;
use support::{
    client::{Client, text},
    node::Node,
};

const MOVED: &str = "127.0.0.1:9999";
/// Blocks of an epoch by default.
const EPOCH: u64 = 256;

fn seed(text: &str) -> [u8; 32] {
    let mut seed = [0; 32];
    hex::decode_to_slice(text.trim(), &mut seed).unwrap();
    seed
}

fn int(number: i64) -> EncodedValue {
    EncodedValue::new(DataType::INT8, Value::Int(number)).unwrap()
}

fn height(client: &Client, url: &str) -> u64 {
    let info = client.rpc(url, "user.chain_info", &json!({})).unwrap();
    info["result"]["block_height"].as_u64().unwrap()
}

#[test]
fn blocks_are_made_until_a_set_has_changed_and_then_no_more() {
    let node = Node::started();
    let url = node.url.as_str();
    let owner = Client::new(seed(&node.owner_seed()));
    let voting = fs::read_to_string(node.home().join("node.key")).unwrap();
    let voting = Client::new(seed(&voting));

    let key = voting.address();
    let set = |epoch: i64| owner.view(url, "get_validator_set", vec![int(epoch)]);
    assert_eq!(set(1), [[json!(key), json!("127.0.0.1:8485")]]);
    assert_eq!(height(&owner, url), 0);
    let statement = vec![text(&key), text(&owner.address()), text(MOVED)];
    let message = owner.view(url, "validator_message", statement);
    let message = message[0][0].as_str().unwrap().to_owned();
    let signature = hex::encode(voting.sign(message.as_bytes()));
    let moved = vec![text(&key), text(MOVED), text(&signature)];
    owner.execute(url, "set_validator_address", moved);

    let end = Instant::now() + Duration::from_secs(60);
    while height(&owner, url) < 2 * EPOCH - 1 {
        assert!(Instant::now() < end, "the change does not come through");
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(set(2), [[json!(key), json!(MOVED)]]);
    // The first epoch with the new set, or one block of it at most.
    thread::sleep(Duration::from_millis(500));
    let reached = height(&owner, url);
    assert!((2 * EPOCH - 1..=2 * EPOCH).contains(&reached), "{reached}");
}
