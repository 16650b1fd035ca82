//! What was opened, as programs read it: a text under its name, and what is none, unchanged, in base64
//! under a name that says so.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

/// The content of a credential, as a member of an object. JSON stays JSON, so that programs need not
/// parse twice.
pub(crate) fn content(bytes: &[u8]) -> (&'static str, Value) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (
            "content",
            serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        ),
        Err(_) => ("content_base64", STANDARD.encode(bytes).into()),
    }
}

/// The value of an attribute, as a member of an object.
pub(crate) fn value(bytes: &[u8]) -> (&'static str, Value) {
    match std::str::from_utf8(bytes) {
        Ok(text) => ("value", text.into()),
        Err(_) => ("value_base64", STANDARD.encode(bytes).into()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_no_text_stays_what_it_is() {
        assert_eq!(content(br#"{"a":1}"#), ("content", json!({ "a": 1 })));
        assert_eq!(content(b"plain"), ("content", json!("plain")));
        assert_eq!(content(b"\xff"), ("content_base64", json!("/w==")));
        assert_eq!(value(b"1"), ("value", json!("1")));
        assert_eq!(value(b"\xff"), ("value_base64", json!("/w==")));
    }
}
