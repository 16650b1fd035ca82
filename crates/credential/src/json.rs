//! JSON from outside, read so that everybody reads the same: bounded, without duplicate members,
//! without numbers that JavaScript would round.

use std::fmt;

use idos_types::limits::{
    CREDENTIAL_BYTES, CREDENTIAL_DEPTH, CREDENTIAL_VALUES, ENVELOPE_BYTES, ENVELOPE_VALUES,
};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use thiserror::Error;

/// Largest whole number that JavaScript holds exactly.
const LARGEST_EXACT: u64 = (1 << 53) - 1;
/// What is wrong with one beyond it.
const ROUNDED: &str = "a whole number that JavaScript would round";

/// Why a text is not read as JSON. Its sender is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum JsonError {
    /// It is too large.
    #[error("it is {got} bytes long, at most {max} are allowed: the sender must shorten it")]
    TooLarge {
        /// Its length in bytes.
        got: usize,
        /// The limit in bytes.
        max: usize,
    },
    /// It is no JSON, or has a duplicate member, is nested too deeply, holds too many values or a
    /// number that is not exact.
    #[error("it is not acceptable JSON: {0}")]
    Malformed(String),
}

/// Reads a credential or presentation.
pub fn parse(text: &str) -> Result<Value, JsonError> {
    parse_within(text, CREDENTIAL_BYTES)
}

/// Reads a request with a credential or presentation as one of its members, and little else. What is
/// taken out of it has to be held to the limits of its own.
pub fn parse_envelope(text: &str) -> Result<Value, JsonError> {
    let most = Most {
        bytes: CREDENTIAL_BYTES + ENVELOPE_BYTES,
        depth: CREDENTIAL_DEPTH + 1,
        values: CREDENTIAL_VALUES + ENVELOPE_VALUES,
    };
    most.parse(text)
}

/// Reads any document of at most `max` bytes.
pub(crate) fn parse_within(text: &str, max: usize) -> Result<Value, JsonError> {
    let most = Most {
        bytes: max,
        depth: CREDENTIAL_DEPTH,
        values: CREDENTIAL_VALUES,
    };
    most.parse(text)
}

/// The limits of a document.
#[derive(Clone, Copy)]
struct Most {
    bytes: usize,
    depth: usize,
    values: usize,
}

impl Most {
    fn parse(self, text: &str) -> Result<Value, JsonError> {
        let max = self.bytes;
        if text.len() > max {
            return Err(JsonError::TooLarge {
                got: text.len(),
                max,
            });
        }
        let malformed = |error: serde_json::Error| JsonError::Malformed(error.to_string());
        let mut values = 0;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let value = Strict {
            most: self,
            depth: 0,
            values: &mut values,
        }
        .deserialize(&mut deserializer)
        .map_err(malformed)?;
        deserializer.end().map_err(malformed)?;
        Ok(value)
    }
}

struct Strict<'a> {
    most: Most,
    depth: usize,
    values: &'a mut usize,
}

impl Strict<'_> {
    /// What is within, one deeper.
    fn inner<E: serde::de::Error>(&mut self) -> Result<Strict<'_>, E> {
        let depth = self.depth + 1;
        let most = self.most;
        if depth > most.depth {
            let most = most.depth;
            return Err(E::custom(format_args!("nested deeper than {most}")));
        }
        Ok(Strict {
            most,
            depth,
            values: self.values,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        *self.values += 1;
        let most = self.most.values;
        if *self.values > most {
            return Err(D::Error::custom(format_args!("more than {most} values")));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        exact(value.unsigned_abs())?;
        Ok(value.into())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        exact(value)?;
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        // Beyond it every number of this kind is whole, and stands for several: so is what did not
        // fit the visitors above.
        if value.is_finite() && value.abs() > LARGEST_EXACT as f64 {
            return Err(E::custom(ROUNDED));
        }
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut sequence: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = sequence.next_element_seed(self.inner()?)? {
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format_args!("duplicate member {key:?}")));
            }
            let value = members.next_value_seed(self.inner()?)?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

fn exact<E: serde::de::Error>(magnitude: u64) -> Result<(), E> {
    if magnitude > LARGEST_EXACT {
        return Err(E::custom(ROUNDED));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, why: &str) {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.contains(why), "{text}: {error}");
    }

    #[test]
    fn plain_json_is_read() {
        let text = r#"{"a":[1,-2,0.5,true,null,"é"],"b":{"a":9007199254740991,"c":-9007199254740991.0,"d":1e3}}"#;
        assert_eq!(
            parse(text).unwrap(),
            serde_json::from_str::<Value>(text).unwrap()
        );
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        refused(r#"{"a":1,"a":2}"#, "duplicate member \"a\"");
        refused(r#"{"x":{"a":1,"\u0061":2}}"#, "duplicate member \"a\"");
        refused("9007199254740992", "would round");
        refused("-9007199254740992", "would round");
        for beyond in [
            "18446744073709551617",
            "-18446744073709551617",
            "1e20",
            "-1E+20",
            "9007199254740992.0",
            "9007199254740991.5",
        ] {
            refused(beyond, "would round");
        }
        refused("1e999", "out of range");
        refused("{} {}", "trailing");
        refused("{\"a\":", "EOF");
    }

    #[test]
    fn an_envelope_takes_the_largest_document() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let list = |count: usize| format!("[{}]", vec!["1"; count].join(","));
        let large = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
        for document in [
            nested(CREDENTIAL_DEPTH),
            list(CREDENTIAL_VALUES - 1),
            large(CREDENTIAL_BYTES),
        ] {
            assert!(parse(&document).is_ok());
            let request = format!(r#"{{"verifiableCredential":{document},"options":{{"a":[1]}}}}"#);
            assert!(parse(&request).is_err());
            assert!(parse_envelope(&request).is_ok());
        }
        for beyond in [
            nested(CREDENTIAL_DEPTH + 3),
            list(CREDENTIAL_VALUES + ENVELOPE_VALUES),
            large(CREDENTIAL_BYTES + ENVELOPE_BYTES + 1),
        ] {
            assert!(parse_envelope(&beyond).is_err());
        }
    }

    #[test]
    fn depth_values_and_size_are_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(&nested(CREDENTIAL_DEPTH)).is_ok());
        refused(&nested(CREDENTIAL_DEPTH + 2), "nested deeper");
        refused(&nested(100_000), "nested deeper");
        let list = |count: usize| format!("[{}]", vec!["1"; count].join(","));
        assert!(parse(&list(CREDENTIAL_VALUES - 1)).is_ok());
        refused(&list(CREDENTIAL_VALUES), "more than");
        let large = format!("\"{}\"", "x".repeat(CREDENTIAL_BYTES));
        assert_eq!(
            parse(&large),
            Err(JsonError::TooLarge {
                got: CREDENTIAL_BYTES + 2,
                max: CREDENTIAL_BYTES
            })
        );
    }
}
