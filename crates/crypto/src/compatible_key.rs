//! The compatible key: scrypt of the password with the id of the person as salt.

use idos_types::UserId;
use scrypt::{Params, scrypt};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{box_key::SecretKey, password::Password};

/// 16,384 rounds of 1 KiB blocks: 16 MiB. The suite has these and no others: its version with 128
/// rounds is not offered.
const LOG_ROUNDS: u8 = 14;
const BLOCK_WORDS: u32 = 8;
const LANES: u32 = 1;

/// The id of a person cannot salt a compatible key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "the id of the person is no UUID of version 4, so the compatible suite has no key for it; use a key ring"
)]
pub struct SaltError;

/// The id of a person as text: the salt of the compatible key. The letter case counts, so it is
/// kept as the profile was created with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Salt([u8; 36]);

impl Salt {
    /// Takes the text of a UUID of version 4, of either letter case; like other clients, without a
    /// look at its variant.
    pub fn parse(text: &str) -> Result<Self, SaltError> {
        let bytes: [u8; 36] = text.as_bytes().try_into().map_err(|_| SaltError)?;
        let fits = bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            14 => *byte == b'4',
            _ => byte.is_ascii_hexdigit(),
        });
        if fits {
            Ok(Self(bytes))
        } else {
            Err(SaltError)
        }
    }

    /// The id as the network prints it, in lower case.
    pub fn of(user: UserId) -> Result<Self, SaltError> {
        Self::parse(&user.to_string())
    }
}

impl SecretKey {
    /// The key of the compatible suite that belongs to a password. Every password gives one: whether
    /// it is the right one shows in the public key. Takes 16 MiB and tens of milliseconds.
    pub fn from_password(password: &Password, salt: Salt) -> Self {
        let params = Params::new(LOG_ROUNDS, BLOCK_WORDS, LANES)
            .unwrap_or_else(|_| unreachable!("these parameters are within the limits of scrypt"));
        let mut key = Zeroizing::new([0; 32]);
        scrypt(password.bytes(), &salt.0, &params, key.as_mut_slice())
            .unwrap_or_else(|_| unreachable!("scrypt gives 32 bytes"));
        Self::from_bytes(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_uuids_of_version_4_are_salts() {
        let good = "9f51b3b2-4cbe-4c2b-8ea3-0b0c1b2f1a11";
        for text in [
            good,
            &good.to_uppercase(),
            "9f51b3b2-4cbe-4c2b-0ea3-0b0c1b2f1a11",
        ] {
            assert!(Salt::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "9f51b3b2-4cbe-5c2b-8ea3-0b0c1b2f1a11",
            "9f51b3b24cbe4c2b8ea30b0c1b2f1a11",
            "9f51b3b2-4cbe-4c2b-8ea3-0b0c1b2f1a1g",
            "9f51b3b2-4cbe-4c2b-8ea3-0b0c1b2f1a111",
        ] {
            assert_eq!(Salt::parse(text), Err(SaltError), "{text}");
        }
    }
}
