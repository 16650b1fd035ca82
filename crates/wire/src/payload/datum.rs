//! One nullable item of a value: the byte 0 for NULL, or the byte 1 and the bytes of the type.

use idos_types::{Scalar, Uuid, Value};

use super::{ValueError, numeric};

/// The first byte of NULL.
const NULL: u8 = 0;
/// The first byte of everything else.
const PRESENT: u8 = 1;

/// Reads an item of the type `scalar`; `metadata` bounds numbers.
pub(super) fn decode(scalar: Scalar, metadata: [u16; 2], item: &[u8]) -> Result<Value, ValueError> {
    match item.split_first() {
        None => Err(ValueError::Empty),
        Some((&NULL, [])) => Ok(Value::Null),
        Some((&NULL, rest)) => Err(ValueError::AfterNull(rest.len())),
        Some((&PRESENT, bytes)) => decode_present(scalar, metadata, bytes),
        Some((&mark, _)) => Err(ValueError::NullMark(mark)),
    }
}

fn decode_present(scalar: Scalar, metadata: [u16; 2], bytes: &[u8]) -> Result<Value, ValueError> {
    let text = || std::str::from_utf8(bytes).map_err(|_| ValueError::NotUtf8(scalar));
    let wrong_length = |_| ValueError::Length {
        scalar,
        len: bytes.len(),
    };
    Ok(match scalar {
        Scalar::Text => Value::Text(text()?.to_owned()),
        Scalar::Int8 => Value::Int(i64::from_be_bytes(bytes.try_into().map_err(wrong_length)?)),
        Scalar::Bool => match <[u8; 1]>::try_from(bytes).map_err(wrong_length)? {
            [0] => Value::Bool(false),
            [1] => Value::Bool(true),
            [byte] => return Err(ValueError::Bool(byte)),
        },
        Scalar::Uuid => Value::Uuid(Uuid::from_bytes(bytes.try_into().map_err(wrong_length)?)),
        Scalar::Bytea => Value::Bytes(bytes.to_owned()),
        Scalar::Numeric => {
            let text = text()?;
            numeric::check(text, metadata)?;
            Value::Numeric(text.to_owned())
        }
        Scalar::Null => return Err(ValueError::NotNull),
    })
}

/// Writes an item. Arrays have no form as an item; no value that exists holds one inside another.
pub(super) fn encode(value: &Value) -> Vec<u8> {
    let present = |bytes: &[u8]| [&[PRESENT], bytes].concat();
    match value {
        Value::Null | Value::Array(_) => vec![NULL],
        Value::Text(text) | Value::Numeric(text) => present(text.as_bytes()),
        Value::Int(number) => present(&number.to_be_bytes()),
        Value::Bool(truth) => present(&[u8::from(*truth)]),
        Value::Uuid(id) => present(id.as_bytes()),
        Value::Bytes(bytes) => present(bytes),
    }
}

/// Whether `value` is NULL or a scalar of the type.
pub(super) fn check(scalar: Scalar, metadata: [u16; 2], value: &Value) -> Result<bool, ValueError> {
    Ok(match (scalar, value) {
        (_, Value::Null)
        | (Scalar::Text, Value::Text(_))
        | (Scalar::Int8, Value::Int(_))
        | (Scalar::Bool, Value::Bool(_))
        | (Scalar::Uuid, Value::Uuid(_))
        | (Scalar::Bytea, Value::Bytes(_)) => true,
        (Scalar::Numeric, Value::Numeric(text)) => {
            numeric::check(text, metadata)?;
            true
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::NumericError;

    #[test]
    fn broken_items_are_refused() {
        for (scalar, item, error) in [
            (Scalar::Text, &[][..], ValueError::Empty),
            (Scalar::Text, &[0, 0], ValueError::AfterNull(1)),
            (Scalar::Text, &[2], ValueError::NullMark(2)),
            (Scalar::Text, &[1, 0xff], ValueError::NotUtf8(Scalar::Text)),
            (Scalar::Bool, &[1, 2], ValueError::Bool(2)),
            (
                Scalar::Bool,
                &[1],
                ValueError::Length {
                    scalar: Scalar::Bool,
                    len: 0,
                },
            ),
            (
                Scalar::Int8,
                &[1, 0, 0],
                ValueError::Length {
                    scalar: Scalar::Int8,
                    len: 2,
                },
            ),
            (
                Scalar::Uuid,
                &[1, 0],
                ValueError::Length {
                    scalar: Scalar::Uuid,
                    len: 1,
                },
            ),
            (
                Scalar::Numeric,
                &[1, 0xff],
                ValueError::NotUtf8(Scalar::Numeric),
            ),
            (
                Scalar::Numeric,
                b"\x011e3",
                ValueError::Numeric(NumericError::Syntax),
            ),
            (
                Scalar::Numeric,
                b"\x011234567890",
                ValueError::Numeric(NumericError::TooWide {
                    precision: 9,
                    scale: 0,
                }),
            ),
            (Scalar::Null, &[1], ValueError::NotNull),
        ] {
            assert_eq!(decode(scalar, [9, 0], item), Err(error));
        }
    }

    #[test]
    fn integers_are_big_endian_twos_complement() {
        let item = [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe];
        assert_eq!(decode(Scalar::Int8, [0, 0], &item), Ok(Value::Int(-2)));
        assert_eq!(encode(&Value::Int(-2)), item);
    }
}
