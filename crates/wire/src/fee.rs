//! The fee of a transaction.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// Most decimal digits of a fee: those of the largest 128-bit number.
const DIGITS: usize = 39;

/// A fee in the smallest unit. Its only text is decimal without leading zeros, because the text is
/// part of what is signed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
pub struct Fee(pub u128);

/// A text is not a fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the fee has to be a decimal number of at most 128 bits, without sign or leading zeros")]
pub struct FeeError;

impl FromStr for Fee {
    type Err = FeeError;

    fn from_str(text: &str) -> Result<Self, FeeError> {
        let is_canonical = text == "0" || !text.starts_with('0');
        let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
        if text.len() > DIGITS || !is_canonical || !is_digits {
            return Err(FeeError);
        }
        text.parse().map(Self).map_err(|_| FeeError)
    }
}

impl fmt::Display for Fee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_numbers_round_trip() {
        for number in [0, 1, 2_000_000_000_000_000, u128::MAX] {
            assert_eq!(number.to_string().parse(), Ok(Fee(number)));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let above = "340282366920938463463374607431768211456";
        for text in ["", "00", "01", "+1", "-1", "1.0", "1e3", " 1", above] {
            assert_eq!(text.parse::<Fee>(), Err(FeeError), "{text}");
        }
    }
}
