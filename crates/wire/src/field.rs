//! Text fields of JSON: bounded before they are decoded.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use idos_types::limits::NAME_BYTES;
use thiserror::Error;

/// A field of the parameters is not usable. No variant carries what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FieldError {
    /// It has to be there.
    #[error("missing {0}")]
    Missing(&'static str),
    /// It is longer than its limit.
    #[error("{field} is longer than {max} bytes")]
    TooLong {
        /// Which field.
        field: &'static str,
        /// The limit in bytes, decoded.
        max: usize,
    },
    /// It is not base64 of the standard alphabet with padding.
    #[error("{0} is not base64")]
    Base64(&'static str),
    /// It is not hexadecimal.
    #[error("{0} is not hexadecimal")]
    Hex(&'static str),
    /// A name with control characters, which could forge lines of a signed text.
    #[error("{0} has control characters")]
    Control(&'static str),
}

/// Decodes base64 of at most `max` bytes.
pub(crate) fn base64(field: &'static str, text: &str, max: usize) -> Result<Vec<u8>, FieldError> {
    if text.len() > max.div_ceil(3) * 4 {
        return Err(FieldError::TooLong { field, max });
    }
    let bytes = BASE64_STANDARD
        .decode(text)
        .map_err(|_| FieldError::Base64(field))?;
    no_longer(field, bytes.len(), max)?;
    Ok(bytes)
}

/// Decodes hexadecimal text, of either case, of at most `max` bytes.
pub(crate) fn hex(field: &'static str, text: &str, max: usize) -> Result<Vec<u8>, FieldError> {
    no_longer(field, text.len() / 2, max)?;
    hex::decode(text).map_err(|_| FieldError::Hex(field))
}

/// Accepts a name of a scheme, type or chain.
pub(crate) fn name(field: &'static str, text: String) -> Result<String, FieldError> {
    check_name(field, &text)?;
    Ok(text)
}

/// Refuses names that are too long or have control characters.
pub(crate) fn check_name(field: &'static str, text: &str) -> Result<(), FieldError> {
    no_longer(field, text.len(), NAME_BYTES)?;
    if text.chars().any(char::is_control) {
        return Err(FieldError::Control(field));
    }
    Ok(())
}

/// Refuses a length above `max`.
pub(crate) fn no_longer(field: &'static str, len: usize, max: usize) -> Result<(), FieldError> {
    if len > max {
        return Err(FieldError::TooLong { field, max });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_base64_is_read() {
        assert_eq!(base64("it", "AAE=", 2), Ok(vec![0, 1]));
        for text in ["AAE", "AAF=", "A A=", "_-==", "AAE=\n"] {
            assert_eq!(base64("it", text, 9), Err(FieldError::Base64("it")));
        }
    }

    #[test]
    fn lengths_are_bounded_exactly() {
        let too_long = Err(FieldError::TooLong {
            field: "it",
            max: 2,
        });
        assert_eq!(base64("it", "AAAA", 2), too_long);
        assert_eq!(base64("it", "AAAAAAAA", 2), too_long);
        assert_eq!(hex("it", "aaaaaa", 2), too_long);
        assert_eq!(hex("it", "aAbB", 2), Ok(vec![0xaa, 0xbb]));
    }

    #[test]
    fn hexadecimal_has_no_prefix_and_no_half_bytes() {
        for text in ["0xaa", "a", "zz"] {
            assert_eq!(hex("it", text, 9), Err(FieldError::Hex("it")));
        }
    }

    #[test]
    fn names_can_not_forge_lines() {
        let forged = "execute\nFee: 0".to_owned();
        assert_eq!(name("type", forged), Err(FieldError::Control("type")));
    }
}
