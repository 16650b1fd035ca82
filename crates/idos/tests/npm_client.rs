//! The published npm client plays the whole catalogue against the real binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a failing helper fails the test"
)]

mod support;

use std::{fs, process::Command};

use support::node::{Node, root};

/// Installs the packages of the lock file, unless they are there.
fn install(folder: &std::path::Path) {
    let lock = fs::read(folder.join("package-lock.json")).unwrap();
    let installed = folder.join("node_modules/.lock-of-install");
    if fs::read(&installed).is_ok_and(|of_install| of_install == lock) {
        return;
    }
    let status = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(folder)
        .status()
        .expect("npm, which comes with Node.js 20, is needed for this test");
    assert!(status.success(), "npm ci failed");
    fs::write(installed, lock).unwrap();
}

#[test]
fn the_published_client_plays_the_whole_catalogue() {
    let folder = root().join("tests/npm-client");
    install(&folder);
    let node = Node::started();
    let status = Command::new("node")
        .args([
            "--test",
            "--test-concurrency=1",
            "--test-reporter=spec",
            "test/",
        ])
        .current_dir(&folder)
        .env("IDOS_URL", &node.url)
        .env("IDOS_OWNER_SEED", node.owner_seed())
        .status()
        .unwrap();
    assert!(
        status.success(),
        "the play failed; the node's log:\n{}",
        node.log()
    );
}
