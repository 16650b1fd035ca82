//! The story of a person in a real browser: every page as the binary serves it, on four nodes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failing helper fails the test"
)]

#[path = "../../../tests/npm.rs"]
mod npm;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

#[test]
fn the_story_of_a_person_holds_in_chromium() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let browser = std::env::var_os("CHROMIUM")
        .map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from);
    assert!(
        browser.exists(),
        "there is no Chromium at {}: run tests/chromium.sh",
        browser.display()
    );
    let web = root.join("web");
    npm::install(&web);
    // Budgets are of what the build of the binary left in `dist`.
    for arguments in [
        ["test", "--workspace", "e2e"].as_slice(),
        ["run", "stories", "--workspace", "e2e"].as_slice(),
        // Every screen, and what axe finds on it.
        ["run", "screenshots", "--workspace", "e2e"].as_slice(),
    ] {
        let status = Command::new("npm")
            .args(arguments)
            .current_dir(&web)
            .env("IDOS_BIN", env!("CARGO_BIN_EXE_idos"))
            .status()
            .unwrap();
        assert!(status.success(), "npm {} failed", arguments.join(" "));
    }
}
