//! The nonce of a sign-in text: what a node of the network signed for one site, and when.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use idos_types::ValidatorKey;

/// Length of its bytes: time of issue, randomness, key of the node, its signature.
const BYTES: usize = 8 + 16 + 32 + 64;

/// A nonce that can be read. Who signed it, and for which site, is for the caller to check.
pub(crate) struct SignInNonce {
    /// When it was issued, in seconds since 1970.
    pub(crate) issued: u64,
    pub(crate) random: [u8; 16],
    /// The node that issued it.
    pub(crate) node: ValidatorKey,
    pub(crate) signature: [u8; 64],
}

impl SignInNonce {
    /// Reads base64 of the alphabet for URLs, without padding.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let bytes: [u8; BYTES] = bytes.try_into().ok()?;
        let (issued, rest) = bytes.split_first_chunk()?;
        let (random, rest) = rest.split_first_chunk()?;
        let (node, rest) = rest.split_first_chunk()?;
        Some(Self {
            issued: u64::from_be_bytes(*issued),
            random: *random,
            node: ValidatorKey(*node),
            signature: *rest.first_chunk()?,
        })
    }

    /// What [`SignInNonce::parse`] reads.
    pub(crate) fn encode(&self) -> String {
        let issued = self.issued.to_be_bytes();
        let parts: [&[u8]; 4] = [&issued, &self.random, &self.node.0, &self.signature];
        URL_SAFE_NO_PAD.encode(parts.concat())
    }
}
