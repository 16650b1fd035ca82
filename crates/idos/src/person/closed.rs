//! What does not open with the keys of a profile: lists name it beside the rest, and go on.

use idos_client::NotOpened;
use serde_json::{Value, json};

use crate::command::output::{inert, reason};

/// Why it does not open, in one line for programs.
pub(super) fn why(fault: &NotOpened) -> String {
    reason(fault.source.as_ref())
}

/// A line of a list for people.
pub(super) fn line(fault: &NotOpened) -> String {
    format!("{}  does not open: {}", fault.id, inert(&why(fault)))
}

/// An entry of a list for programs.
pub(super) fn entry(fault: &NotOpened) -> Value {
    json!({ "id": fault.id.to_string(), "does_not_open": why(fault) })
}
