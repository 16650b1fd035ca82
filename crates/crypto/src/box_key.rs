//! X25519 keys of the compatible suite.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dryoc::classic::crypto_core::crypto_scalarmult_base;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::random::{RandomError, random};

/// Why something is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// It is not base64 of the standard alphabet with padding.
    #[error("the key is not standard base64 with padding; whoever sent it must encode it so")]
    Encoding,
    /// It has another length.
    #[error("the key is {got} bytes long instead of {expected}; it may be one of another suite")]
    Length {
        /// Its length in bytes.
        got: usize,
        /// The length of such keys in bytes.
        expected: usize,
    },
    /// Its bytes are no key of ML-KEM-768.
    #[error("the key is not one of X-Wing; whoever sent it must send another")]
    Invalid,
}

/// The bytes of a key in base64.
pub(crate) fn decode<const N: usize>(text: &str) -> Result<[u8; N], KeyError> {
    let longest = N.div_ceil(3) * 4;
    if text.len() > longest {
        return Err(KeyError::Length {
            got: text.len() / 4 * 3,
            expected: N,
        });
    }
    let bytes = STANDARD.decode(text).map_err(|_| KeyError::Encoding)?;
    bytes.as_slice().try_into().map_err(|_| KeyError::Length {
        got: bytes.len(),
        expected: N,
    })
}

/// A public key for the compatible suite: what others seal to. Printed in base64.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Takes 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads standard base64 with padding, as clients and profiles have it.
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        decode(text).map(Self)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Standard base64 with padding.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// A secret key of the compatible suite. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<[u8; 32]>);

impl SecretKey {
    /// A random one.
    pub fn generate() -> Result<Self, RandomError> {
        random().map(Self)
    }

    /// Takes 32 secret bytes, of which any are a key.
    pub const fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// The secret bytes, for whoever has to store them: see to it that nobody reads them there.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// What others seal to.
    pub fn public_key(&self) -> PublicKey {
        let mut public = [0; 32];
        crypto_scalarmult_base(&mut public, &self.0);
        PublicKey(public)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_32_bytes_in_strict_base64_are_a_key() {
        let key = PublicKey::from_bytes([7; 32]);
        assert_eq!(PublicKey::from_base64(&key.to_base64()), Ok(key));
        let unpadded = key.to_base64().replace('=', "");
        assert_eq!(PublicKey::from_base64(&unpadded), Err(KeyError::Encoding));
        for got in [0, 31, 33, 1216] {
            let text = STANDARD.encode(vec![7; got]);
            let error = PublicKey::from_base64(&text).unwrap_err();
            assert!(
                matches!(error, KeyError::Length { expected: 32, .. }),
                "{got}"
            );
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        let key = SecretKey::generate().unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey(…)");
    }
}
