//! Ids of requests.

use idos_types::limits::REQUEST_ID_BYTES;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// The id in answers to requests that have none.
const UNKNOWN: i64 = -1;

/// The id of a request, which the answer repeats as it was spelt.
#[derive(Clone, Debug)]
pub struct Id(Option<Box<RawValue>>);

impl Id {
    /// The id in answers to requests whose id cannot be read.
    pub const UNKNOWN: Self = Self(None);

    /// Accepts numbers but zero, and texts but the empty one.
    pub(crate) fn parse(id: &RawValue) -> Option<Self> {
        let text = id.get();
        let accepted = match text.bytes().next() {
            Some(b'"') => text != r#""""#,
            Some(b'-' | b'0'..=b'9') => !is_zero(text),
            _ => false,
        };
        (accepted && text.len() <= REQUEST_ID_BYTES).then(|| Self(Some(id.to_owned())))
    }
}

/// Whether a JSON number is zero in any spelling.
fn is_zero(number: &str) -> bool {
    let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
    !mantissa.bytes().any(|byte| matches!(byte, b'1'..=b'9'))
}

impl PartialEq for Id {
    fn eq(&self, other: &Self) -> bool {
        let text = |id: &Self| id.0.as_ref().map(|raw| raw.get().to_owned());
        text(self) == text(other)
    }
}

impl Eq for Id {}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Some(raw) => raw.serialize(serializer),
            None => serializer.serialize_i64(UNKNOWN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<Id> {
        Id::parse(&RawValue::from_string(text.to_owned()).unwrap())
    }

    #[test]
    fn ids_are_repeated_as_they_were_spelt() {
        for text in ["1", "-7", "1.50", "1e400", r#""a\u0041""#, "0.01"] {
            let id = parse(text).unwrap();
            assert_eq!(serde_json::to_string(&id).unwrap(), text);
        }
        assert_eq!(serde_json::to_string(&Id::UNKNOWN).unwrap(), "-1");
    }

    #[test]
    fn the_bound_counts_the_quotes_and_is_inclusive() {
        let of_bytes = |len: usize| format!("\"{}\"", "x".repeat(len - 2));
        assert!(parse(&of_bytes(REQUEST_ID_BYTES)).is_some());
        assert!(parse(&of_bytes(REQUEST_ID_BYTES + 1)).is_none());
    }

    #[test]
    fn zero_and_everything_else_is_no_id() {
        let long = format!("\"{}\"", "x".repeat(REQUEST_ID_BYTES));
        for text in [
            "0", "-0", "0.0", "0e5", "null", "true", "[1]", "{}", r#""""#, &long,
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
