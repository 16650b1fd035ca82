//! The tour: every flow of people, issuers and consumers on a network of four processes, of which
//! one is killed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value as Json;

/// How many checks a tour on a network of its own makes: a scene that is left out is noticed.
const CHECKS: u64 = 67;

#[test]
fn every_check_of_the_tour_holds() {
    let output = Command::new(env!("CARGO_BIN_EXE_idos"))
        .args(["--json", "tour"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<Json> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for line in lines.iter().filter(|line| line["event"] == "check") {
        assert_eq!(line["holds"], true, "{line}");
    }
    assert_eq!(output.status.code(), Some(0), "{errors}\n{text}");
    let done = lines.last().unwrap();
    assert_eq!(done["event"], "done");
    assert_eq!(done["failed"], 0);
    assert_eq!(done["checks"], CHECKS, "{text}");
}

#[test]
fn a_tour_of_a_network_that_is_not_there_fails() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_idos"))
        .args(["tour", "--url", "http://127.0.0.1:1", "--folder"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("folder of the devnet"), "{error}");
}

#[test]
fn an_interrupted_tour_leaves_nothing_behind() {
    for is_playing in [false, true] {
        let temporary = tempfile::tempdir().unwrap();
        let mut tour = Command::new(env!("CARGO_BIN_EXE_idos"))
            .args(["--json", "tour"])
            .env("TMPDIR", temporary.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let is_empty = || fs::read_dir(temporary.path()).unwrap().next().is_none();
        if is_playing {
            let mut line = String::new();
            let mut output = BufReader::new(tour.stdout.as_mut().unwrap());
            output.read_line(&mut line).unwrap();
            assert!(line.contains("scene"), "{line}");
        } else {
            while is_empty() {
                thread::sleep(Duration::from_millis(1));
            }
        }
        kill_process(Pid::from_child(&tour), Signal::INT).unwrap();
        let output = tour.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130));
        assert!(is_empty());
    }
}
