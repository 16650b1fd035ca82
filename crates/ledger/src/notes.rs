//! What the network reads of public notes.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The `id` member, if notes are a JSON object in which it is a string that is not empty; the last one
/// counts. Nothing else is made a value of: whether a number is in the range of one must not decide
/// what nodes compute.
pub(crate) fn id(public_notes: &str) -> Option<String> {
    let Notes { id } = serde_json::from_str(public_notes).ok()?;
    id.filter(|id| !id.is_empty())
}

struct Notes {
    id: Option<String>,
}

impl<'de> Deserialize<'de> for Notes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Notes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Notes, A::Error> {
                let mut notes = Notes { id: None };
                while let Some(name) = members.next_key::<String>()? {
                    if name == "id" {
                        let id = members.next_value::<&RawValue>()?;
                        notes.id = serde_json::from_str(id.get()).ok();
                    } else {
                        members.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(notes)
            }
        }

        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::id;

    #[test]
    fn the_id_is_read_from_json_objects_only() {
        for notes in [
            r#"{"id":"x"}"#,
            r#" {"level":1, "\u0069d":"x", "id2":"y"} "#,
            r#"{"id":"y","id":"x"}"#,
            r#"{"id":null,"more":{"id":"y"},"id":"x"}"#,
            r#"{"id":17976931348623158e292,"id":"x"}"#,
            r#"{"id":"\u0078"}"#,
        ] {
            assert_eq!(id(notes).as_deref(), Some("x"), "{notes}");
        }
        for notes in [
            "",
            "id",
            "[]",
            "null",
            r#"["id","x"]"#,
            "{}",
            r#"{"id":""}"#,
            r#"{"id":null}"#,
            r#"{"id":1}"#,
            r#"{"id":"x","id":1}"#,
            r#"{"id":{"id":"x"}}"#,
            r#"{"id":"x"} more"#,
            r#"{"id":"x",}"#,
        ] {
            assert_eq!(id(notes), None, "{notes}");
        }
    }

    #[test]
    fn the_id_is_that_of_the_recorded_notes() {
        let vectors = include_str!("../../../fixtures/protocol/kwil-vectors.json");
        let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
        let with_id =
            |vector: &&serde_json::Value| vector["verifiable_credential_id_expected"].is_string();
        let recorded: Vec<_> = vectors["vectors"]
            .as_array()
            .unwrap()
            .iter()
            .filter(with_id)
            .collect();
        assert!(!recorded.is_empty());
        for vector in recorded {
            let notes = vector["public_notes"].as_str().unwrap();
            let expected = vector["verifiable_credential_id_expected"].as_str();
            assert_eq!(id(notes).as_deref(), expected);
        }
    }

    #[test]
    fn what_else_is_in_the_notes_does_not_matter() {
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        for other in ["17976931348623158e292", "1e999999", "-0.0", &deep] {
            let notes = format!(r#"{{"other":{other},"id":"x"}}"#);
            assert_eq!(id(&notes).as_deref(), Some("x"), "{notes}");
        }
    }
}
