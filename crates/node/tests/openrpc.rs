//! The OpenRPC document names the error codes that the sources use: no other, and none is missing. Which
//! method answers which of them is not checked.
#![allow(clippy::unwrap_used, reason = "a failing helper fails the test")]

use std::{collections::BTreeSet, fs, path::Path};

use idos_wire::{ErrorCode, openrpc};
use serde_json::Value;

/// Errors of the envelope are of no method: the description of the document names them.
const ENVELOPE: [ErrorCode; 3] = [
    ErrorCode::Parse,
    ErrorCode::InvalidRequest,
    ErrorCode::UnknownMethod,
];

/// Adds the names of codes that the sources below a folder mention.
fn mentioned(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            mentioned(&path, names);
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        let after = source.split("ErrorCode::").skip(1);
        names.extend(after.map(|after| {
            let end = after.find(|letter: char| !letter.is_ascii_alphanumeric());
            after[..end.unwrap_or(after.len())].to_owned()
        }));
    }
}

#[test]
fn every_code_that_is_used_is_described_and_no_other() {
    let mut names = BTreeSet::new();
    for of in ["src", "../wire/src"] {
        mentioned(&Path::new(env!("CARGO_MANIFEST_DIR")).join(of), &mut names);
    }
    let answered = ErrorCode::ALL
        .iter()
        .filter(|code| names.contains(&format!("{code:?}")));
    let answered: BTreeSet<i32> = answered
        .filter(|code| !ENVELOPE.contains(code))
        .map(|code| code.code())
        .collect();
    assert!(answered.len() > 15, "the sources were not read");

    let document: Value = serde_json::from_str(openrpc()).unwrap();
    let described = document["components"]["errors"].as_object().unwrap();
    let described: BTreeSet<i32> = described
        .values()
        .map(|error| i32::try_from(error["code"].as_i64().unwrap()).unwrap())
        .collect();
    assert_eq!(described, answered);
    let description = document["info"]["description"].as_str().unwrap();
    for code in ENVELOPE {
        assert!(description.contains(&code.code().to_string()), "{code:?}");
    }
}
