//! The published npm client plays the whole catalogue against the real binary.

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

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use support::{
    network::{NODES, Network},
    node::{Node, root},
};

/// Lets the client play everything against a URL; whether it was content.
fn play(folder: &Path, url: &str, owner_seed: &str) -> bool {
    npm::install(folder);
    // Our own client plays a part as well.
    let web = root().join("web");
    npm::turn(&web)
        .and_then(|turn| {
            turn.install(&web)?;
            turn.npm(&web, &["run", "build", "-w", "crypto", "-w", "client"])
        })
        .unwrap();
    let status = Command::new("node")
        .args([
            "--test",
            "--test-concurrency=1",
            "--test-reporter=spec",
            "test/",
        ])
        .current_dir(folder)
        .env("IDOS_URL", url)
        .env("IDOS_OWNER_SEED", owner_seed)
        .status()
        .unwrap();
    status.success()
}

/// One URL for all nodes: each request goes to one of them by chance.
struct Front {
    process: Child,
    output: BufReader<ChildStdout>,
    url: String,
}

impl Front {
    fn of(folder: &Path, nodes: &[String]) -> Self {
        let mut process = Command::new("node")
            .arg("lib/random-node.js")
            .args(nodes)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut url = String::new();
        output.read_line(&mut url).unwrap();
        Self {
            process,
            output,
            url: url.trim().to_owned(),
        }
    }

    /// Ends it; how many requests each node got.
    fn end(mut self) -> Vec<u64> {
        drop(self.process.stdin.take());
        let mut counts = String::new();
        self.output.read_line(&mut counts).unwrap();
        assert!(self.process.wait().unwrap().success());
        serde_json::from_str(&counts).unwrap()
    }
}

#[test]
fn the_published_client_plays_the_whole_catalogue() {
    let folder = root().join("tests/npm-client");
    let node = Node::started();
    let is_content = play(&folder, &node.url, &node.owner_seed());
    assert!(
        is_content,
        "the play failed; the node's log:\n{}",
        node.log()
    );
}

#[test]
fn the_published_client_plays_against_another_of_four_nodes_with_each_request() {
    let folder = root().join("tests/npm-client");
    let network = Network::started();
    let front = Front::of(&folder, &network.urls);
    let is_content = play(&folder, &front.url, network.owner_seed());
    assert!(is_content, "the play failed:\n{}", network.logs());
    let counts = front.end();
    assert!(
        counts.len() == NODES && counts.iter().all(|count| *count > 100),
        "{counts:?}"
    );
}

/// Four plays take minutes: `cargo xtask play --each` runs it.
#[test]
#[ignore = "takes minutes: cargo xtask play --each"]
fn the_published_client_plays_against_each_of_four_nodes() {
    let folder = root().join("tests/npm-client");
    let network = Network::started();
    for url in &network.urls {
        let is_content = play(&folder, url, network.owner_seed());
        assert!(is_content, "the play at {url} failed:\n{}", network.logs());
    }
}
