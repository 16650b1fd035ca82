//! Parameters of the network.

use idos_types::{
    Value,
    limits::{FEWEST_EPOCH_BLOCKS, MOST_BODY_RETENTION_SECONDS},
};

use crate::{
    refused, rows,
    support::{
        call::call,
        id,
        network::{Network, START},
    },
    without_effect,
};

fn set(name: &str, value: i64, from_height: Option<u64>) -> idos_ledger::Call {
    let from_height = from_height.map(|height| i64::try_from(height).unwrap());
    call!("set_parameter_as_owner", name, value, from_height)
}

/// Value, next value and its height of a parameter.
fn parameter(network: &Network, name: &str) -> [Value; 3] {
    let rows = rows(network, call!("get_parameters"));
    let row = rows.into_iter().find(|row| row[0] == name.into()).unwrap();
    [row[1].clone(), row[2].clone(), row[3].clone()]
}

const RETENTION: &str = "body_retention_seconds";
const VERSION: &str = "protocol_version";

#[test]
fn what_was_never_set_is_as_in_the_genesis() {
    let network = Network::new();
    let usual = |value: i64| [value.into(), Value::Null, Value::Null];
    assert_eq!(parameter(&network, RETENTION), usual(3_600));
    assert_eq!(parameter(&network, VERSION), usual(1));
    assert_eq!(rows(&network, call!("get_parameters")).len(), 2);
}

#[test]
fn parameters_have_ranges() {
    let (mut network, owner) = (Network::new(), Network::owner());
    let most = i64::try_from(MOST_BODY_RETENTION_SECONDS).unwrap();
    for value in [i64::MIN, -1, 0, most + 1, i64::MAX] {
        let text = "body_retention_seconds has to be from 1 to 2592000";
        refused(&mut network, &owner, set(RETENTION, value, None), text);
    }
    for value in [1, most] {
        network.must(&owner, set(RETENTION, value, None));
        assert_eq!(parameter(&network, RETENTION)[0], value.into());
    }
    // The next one only, whatever a release follows: releases must not disagree about the vote.
    for value in [0, 3, i64::MAX] {
        let text = "protocol_version has to be from 1 to 2";
        refused(
            &mut network,
            &owner,
            set(VERSION, value, Some(10_240)),
            text,
        );
    }
    for name in ["", "epoch_blocks", "BODY_RETENTION_SECONDS"] {
        refused(
            &mut network,
            &owner,
            set(name, 1, None),
            "unknown parameter",
        );
    }
    let null = call!(
        "set_parameter_as_owner",
        RETENTION,
        Value::Null,
        Value::Null
    );
    refused(
        &mut network,
        &owner,
        null,
        "null value for parameter \"value\"",
    );
}

#[test]
fn a_value_can_be_set_from_a_height_on() {
    let (mut network, owner) = (Network::new(), Network::owner());
    // The transaction will be in block 1.
    for height in [0, 1] {
        let text = "body_retention_seconds can change at height 2 or later";
        network = Network::new();
        refused(&mut network, &owner, set(RETENTION, 60, Some(height)), text);
    }
    network.must(&owner, set(RETENTION, 60, Some(4)));
    let planned = [3_600, 60, 4].map(Value::Int);
    assert_eq!(parameter(&network, RETENTION), planned);
    network.block(Vec::new());
    assert_eq!(network.progress().tip.height, 3);
    assert_eq!(parameter(&network, RETENTION), planned);
    network.block(Vec::new());
    let now = [Value::Int(60), Value::Null, Value::Null];
    assert_eq!(parameter(&network, RETENTION), now);
    // The value in force stays until the next one counts.
    network.must(&owner, set(RETENTION, 90, Some(100)));
    assert_eq!(
        parameter(&network, RETENTION),
        [60, 90, 100].map(Value::Int)
    );
    without_effect(&mut network, &owner, set(RETENTION, 90, Some(100)));
    // And what is set at once takes the place of both.
    network.must(&owner, set(RETENTION, 30, None));
    let now = [Value::Int(30), Value::Null, Value::Null];
    assert_eq!(parameter(&network, RETENTION), now);
    without_effect(&mut network, &owner, set(RETENTION, 30, None));
}

#[test]
fn another_version_is_announced_an_epoch_ahead() {
    let (mut network, owner) = (Network::new(), Network::owner());
    network.block(Vec::new());
    let text = "null value for parameter \"from_height\"";
    refused(&mut network, &owner, set(VERSION, 1, None), text);
    // The next transaction will be in block 3, and the first epoch that begins an epoch's blocks
    // later is the third.
    let blocks = FEWEST_EPOCH_BLOCKS;
    let text = "protocol_version changes with an epoch: at height 256, or a multiple of 128 later";
    for wrong in [4, blocks, 2 * blocks - 1, 2 * blocks + 1, 3 * blocks - 1] {
        refused(&mut network, &owner, set(VERSION, 2, Some(wrong)), text);
    }
    let planned = |next, from| [1, next, i64::try_from(from).unwrap()].map(Value::Int);
    network.must(&owner, set(VERSION, 2, Some(2 * blocks)));
    assert_eq!(parameter(&network, VERSION), planned(2, 2 * blocks));
    // Until it counts, it can be taken back.
    network.must(&owner, set(VERSION, 1, Some(3 * blocks)));
    assert_eq!(parameter(&network, VERSION), planned(1, 3 * blocks));
}

#[test]
fn bodies_are_kept_as_long_as_was_decided() {
    let (mut network, owner) = (Network::new(), Network::owner());
    network.wait_until(START + 10);
    network.must(&owner, call!("add_inserter_as_owner", id("a"), "a"));
    assert!(!network.prune(START + 3_600), "kept for an hour");
    network.must(&owner, set(RETENTION, 100, None));
    assert!(!network.prune(START + 109));
    let mut network = network.reopen();
    assert!(network.prune(START + 112), "the parameter is not used");
    // Blocks prune as well.
    network.must(&owner, call!("add_inserter_as_owner", id("b"), "b"));
    network.wait_until(START + 300);
    assert!(!network.prune(START + 300), "nothing was left to prune");
}
