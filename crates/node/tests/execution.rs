//! What one transaction does is done as a whole or not at all, whatever else is in its block.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use support::{call::call, id, key::Key, people::people, signed::add_wallet};

#[test]
fn a_call_sees_that_the_one_before_it_took_the_wallet_away() {
    let mut network = people(&["person"]);
    let person = Key::of("person");
    for name in ["second", "third"] {
        network.must(&person, add_wallet(id(name), &Key::of(name), name));
    }
    let detach = || call!("detach_wallet");
    let sent = network.send_all(&person, vec![detach(), detach()]);
    assert!(sent.log.contains("is not linked"), "{}", sent.log);
    assert!(network.knows(&person), "both calls are undone");
    network.must(&person, detach());
    assert!(!network.knows(&person));
}
