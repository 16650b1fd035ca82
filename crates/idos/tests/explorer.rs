//! The explorer of real nodes: four of them, a person who shares something, and a visitor with a
//! browser.

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

/// Runs tests of `web/explorer` against a network of their own.
fn run(script: &str) {
    let workspace = root().join("web");
    npm::install(&workspace);
    let network = Network::started();
    let status = Command::new("npm")
        .args(["run", script, "--workspace", "idos-explorer"])
        .current_dir(&workspace)
        .env("IDOS_URLS", network.urls.join(","))
        .env("IDOS_GENESIS", network.home(0).join("genesis.toml"))
        .env("IDOS_OWNER_SEED", network.owner_seed())
        .status()
        .unwrap();
    assert!(
        status.success(),
        "the explorer's tests failed; the nodes' logs:\n{}",
        network.logs()
    );
}

#[test]
fn pages_and_answers_name_nobody_and_need_no_script() {
    run("test:node");
}

/// Needs Chromium, at `/usr/bin/chromium` or where `CHROMIUM` says.
#[test]
fn a_browser_verifies_what_it_is_shown() {
    run("test:browser");
}
