//! `fixtures/protocol/error-codes.json`, by which clients in other languages are tested.
#![allow(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

use std::{fs, path::Path};

use idos_wire::ErrorCode;
use serde_json::{Value, json};

fn codes() -> Value {
    let codes = ErrorCode::ALL.iter().map(|code| {
        json!({
            "code": code.code(),
            "is_of_node": code.is_of_node(),
            "may_pass_elsewhere": code.may_pass_elsewhere(),
        })
    });
    codes.collect()
}

fn file() -> impl AsRef<Path> {
    concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fixtures/protocol/error-codes.json"
    )
}

#[test]
fn the_file_says_whose_fault_each_code_is() {
    let file: Value = serde_json::from_str(&fs::read_to_string(file()).unwrap()).unwrap();
    assert_eq!(codes(), file);
}

#[test]
fn names_of_one_number_say_the_same() {
    for code in ErrorCode::ALL {
        let first = ErrorCode::from_code(code.code()).unwrap();
        assert_eq!(first.is_of_node(), code.is_of_node());
        assert_eq!(first.may_pass_elsewhere(), code.may_pass_elsewhere());
    }
}

/// `cargo test -p idos-wire --test error_codes -- --ignored`
#[test]
#[ignore = "writes the file"]
fn write_the_file() {
    let text = serde_json::to_string_pretty(&codes()).unwrap();
    fs::write(file(), text + "\n").unwrap();
}
