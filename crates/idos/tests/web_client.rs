//! The TypeScript client against the real binary: four nodes, of which it trusts none.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a failing helper fails the test"
)]

#[path = "../../../tests/npm.rs"]
mod npm;
mod support;

use std::process::Command;

use support::{network::Network, node::root};

#[test]
fn the_typescript_client_believes_only_what_is_proved() {
    let workspace = root().join("web");
    npm::install(&workspace);
    let network = Network::started();
    let status = Command::new("npm")
        .args(["run", "test:node", "--workspace", "client"])
        .current_dir(&workspace)
        .env("IDOS_URLS", network.urls.join(","))
        .env("IDOS_GENESIS", network.home(0).join("genesis.toml"))
        .env("IDOS_OWNER_SEED", network.owner_seed())
        .status()
        .unwrap();
    assert!(
        status.success(),
        "the client's tests failed; the nodes' logs:\n{}",
        network.logs()
    );
}
