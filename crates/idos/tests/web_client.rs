//! The TypeScript client against the real binary: four nodes, of which it trusts none.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a failing helper fails the test"
)]

mod support;

use std::{fs, path::Path, process::Command};

use support::{network::Network, node::root};

/// Installs the packages of the lock file, unless they are there.
fn install(workspace: &Path) {
    let lock = fs::read(workspace.join("package-lock.json")).unwrap();
    let installed = workspace.join("node_modules/.lock-of-install");
    if fs::read(&installed).is_ok_and(|of_install| of_install == lock) {
        return;
    }
    let status = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(workspace)
        .status()
        .expect("npm, which comes with Node.js 20, is needed for this test");
    assert!(status.success(), "npm ci failed");
    fs::write(installed, lock).unwrap();
}

#[test]
fn the_typescript_client_believes_only_what_is_proved() {
    let workspace = root().join("web");
    install(&workspace);
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
