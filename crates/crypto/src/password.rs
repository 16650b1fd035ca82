//! Passwords.

use std::fmt;

use idos_types::limits::PASSWORD_BYTES;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Why a text is no password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PasswordError {
    /// It is longer than any password.
    #[error(
        "the password is {len} bytes long, at most {PASSWORD_BYTES} are allowed; the person must shorten it"
    )]
    TooLong {
        /// Its length in bytes.
        len: usize,
    },
}

/// A password in Unicode's normal form NFKC, so that it is the same from every keyboard. Wiped when
/// dropped, never printed.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Normalises what a person typed: at most [`PASSWORD_BYTES`]. How good a password is, is for
    /// whoever asks for a new one to judge; the compatible suite has a key for the empty one too.
    pub fn new(typed: &str) -> Result<Self, PasswordError> {
        let len = typed.len();
        if len > PASSWORD_BYTES {
            return Err(PasswordError::TooLong { len });
        }
        // Grown in place, a text would leave copies of itself behind. No character becomes more
        // than eleven times as long.
        let mut normal = Zeroizing::new(String::with_capacity(len * 11));
        normal.extend(typed.nfkc());
        Ok(Self(normal))
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_normalised_bounded_and_never_printed() {
        let same = ["ﬁrst ①", "first 1"].map(|typed| Password::new(typed).unwrap());
        assert_eq!(same[0].bytes(), same[1].bytes());
        assert_eq!(format!("{:?}", same[0]), "Password(…)");
        let longest = "a".repeat(PASSWORD_BYTES);
        assert!(Password::new(&longest).is_ok());
        let len = PASSWORD_BYTES + 1;
        let error = Password::new(&(longest + "a")).unwrap_err();
        assert_eq!(error, PasswordError::TooLong { len });
    }

    #[test]
    fn no_text_grows_beyond_its_room() {
        let widest = char::MIN..=char::MAX;
        for one in widest {
            let typed = one.to_string();
            let normal: String = typed.nfkc().collect();
            assert!(normal.len() <= 11 * typed.len(), "{one:?}");
        }
    }
}
