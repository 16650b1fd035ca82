//! How a network governs itself: who validates, who decides, and what is decided.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

mod parameters;
mod sets;
#[path = "../support/mod.rs"]
mod support;
mod validators;
mod votes;

use idos_ledger::{Call, Rows};

use crate::support::{key::Key, network::Network};

/// Sends a transaction that a rule refuses with this text, and checks that nothing changed.
#[track_caller]
fn refused(network: &mut Network, key: &Key, call: Call, text: &str) {
    let before = network.dump();
    let action = call.action.clone();
    let sent = network.send(key, call);
    assert!(!sent.ok, "{action} was not refused");
    assert!(sent.log.contains(text), "{action}: {}", sent.log);
    assert_eq!(network.dump().difference(&before), [], "{action}");
}

/// Sends a transaction that succeeds without any effect.
#[track_caller]
fn without_effect(network: &mut Network, key: &Key, call: Call) {
    let before = network.dump();
    network.must(key, call);
    assert_eq!(network.dump().difference(&before), []);
}

fn rows(network: &Network, call: Call) -> Rows {
    network.view(None, call).unwrap()
}

const NOT_OWNER: &str = "can only be executed by the owner";
const OPERATORS_VOTE: &str = "the operators of the validators decide this by vote now";
