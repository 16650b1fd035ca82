//! The text form of `numeric` values.

use idos_types::limits::NUMERIC_DIGITS;
use thiserror::Error;

/// A number that its type does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NumericError {
    /// Not a sign, digits, and a fraction after a point. Exponents are not understood.
    #[error("numeric is not a decimal number")]
    Syntax,
    /// A type that cannot exist.
    #[error("numeric({precision},{scale}) is not a type")]
    Type {
        /// Digits in all.
        precision: u16,
        /// Digits after the point.
        scale: u16,
    },
    /// More digits than the type has room for.
    #[error("the number does not fit numeric({precision},{scale})")]
    TooWide {
        /// Digits in all.
        precision: u16,
        /// Digits after the point.
        scale: u16,
    },
}

/// Whether `text` is a decimal number of at most `precision - scale` digits before the point,
/// leading zeros not counted, and at most `scale` digits after it. Nothing is ever rounded: the
/// signer would have signed another number than the one that is stored.
pub(super) fn check(text: &str, [precision, scale]: [u16; 2]) -> Result<(), NumericError> {
    if precision == 0 || precision > NUMERIC_DIGITS || scale > precision {
        return Err(NumericError::Type { precision, scale });
    }
    // Sign, leading zero and point come on top of the digits.
    if text.len() > usize::from(precision) + 3 {
        return Err(NumericError::TooWide { precision, scale });
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) if is_digits(fraction) => (whole, fraction),
        Some(_) => return Err(NumericError::Syntax),
        None => (unsigned, ""),
    };
    if !is_digits(whole) {
        return Err(NumericError::Syntax);
    }
    let wide = whole.trim_start_matches('0').len() > usize::from(precision - scale);
    if wide || fraction.len() > usize::from(scale) {
        return Err(NumericError::TooWide { precision, scale });
    }
    Ok(())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_within_their_type_pass() {
        for (text, metadata) in [
            ("0", [1, 0]),
            ("-12.50", [4, 2]),
            ("+1", [1, 0]),
            ("0.5", [1, 1]),
            ("123.456", [6, 3]),
            ("100000000000000000000", [78, 0]),
            (&"9".repeat(1000), [1000, 0]),
        ] {
            assert_eq!(check(text, metadata), Ok(()), "{text}");
        }
    }

    #[test]
    fn other_spellings_do_not() {
        for text in [
            "", "-", ".", "1.", ".5", "1e3", "1,0", " 1", "0x1", "NaN", "1.2.3", "--1", "١",
        ] {
            assert_eq!(check(text, [20, 9]), Err(NumericError::Syntax), "{text}");
        }
    }

    #[test]
    fn wider_numbers_do_not() {
        for (text, [precision, scale]) in [
            ("12", [1, 0]),
            ("1.5", [4, 0]),
            ("1.234", [6, 2]),
            ("00000001", [1, 0]),
        ] {
            assert_eq!(
                check(text, [precision, scale]),
                Err(NumericError::TooWide { precision, scale }),
                "{text}"
            );
        }
    }

    #[test]
    fn impossible_types_do_not() {
        for [precision, scale] in [[0, 0], [1001, 0], [2, 3]] {
            assert_eq!(
                check("1", [precision, scale]),
                Err(NumericError::Type { precision, scale })
            );
        }
    }
}
