//! The name of a chain.

use std::fmt;

use idos_types::{ReadError, Reader, limits::CHAIN_ID_BYTES};
use thiserror::Error;

/// The name of a chain: 1 to 64 characters of A-Z, a-z, 0-9, `.`, `_` and `-`. What is signed for
/// one chain is valid on no other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ChainId(String);

/// A text names no chain.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ChainIdError {
    /// It is empty, too long, or has characters that do not belong in signed texts.
    #[error(
        "a chain id has from 1 to {CHAIN_ID_BYTES} characters of A-Z, a-z, 0-9, '.', '_' and '-'"
    )]
    Text,
    /// It ends early, or is no text.
    #[error("the chain id cannot be read: {0}")]
    Read(#[from] ReadError),
}

impl ChainId {
    /// The chain of this name.
    pub fn new(name: &str) -> Result<Self, ChainIdError> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if !(1..=CHAIN_ID_BYTES).contains(&name.len()) || !name.bytes().all(is_allowed) {
            return Err(ChainIdError::Text);
        }
        Ok(Self(name.to_owned()))
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Appends its length in one byte, and its name.
    pub(crate) fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::try_from(self.0.len()).unwrap_or(u8::MAX));
        bytes.extend_from_slice(self.0.as_bytes());
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ChainIdError> {
        let len = reader.u8()?;
        Self::new(reader.text("chain id", len.into(), CHAIN_ID_BYTES)?)
    }
}

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_short_names_are_chains() {
        for name in ["idos", "idos-testnet_1.0", &"x".repeat(64)] {
            let mut bytes = Vec::new();
            ChainId::new(name).unwrap().encode(&mut bytes);
            let read = ChainId::read(&mut Reader::new(&bytes)).unwrap();
            assert_eq!(read.as_str(), name);
        }
        for name in ["", "a b", "ä", "a\n", &"x".repeat(65)] {
            assert_eq!(ChainId::new(name), Err(ChainIdError::Text));
        }
        let long = [&[65][..], &[b'x'; 65]].concat();
        for bytes in [&[0][..], &[2, b'x'], &[1, 0xff], &long] {
            assert!(ChainId::read(&mut Reader::new(bytes)).is_err());
        }
    }
}
