//! What keys sign, and as whom, for those who hold the keys. Verification here builds the same.

use crate::{evm, nep413, stellar, xrpl};

pub use crate::nep413::ToSign as NearToSign;

/// The sender of an EVM key.
pub fn evm_sender(key: &secp256k1::PublicKey) -> [u8; 20] {
    evm::Address::of_key(key).bytes()
}

/// The sender of a Stellar key: its `G…` address; `None` for a key that none can be checked with.
pub fn stellar_sender(key: &[u8; 32]) -> Option<String> {
    let key = crate::ed25519::PublicKey::parse(key).ok()?;
    Some(stellar::address(&key))
}

/// What an EVM key signs for a text (EIP-191).
pub fn eip191_digest(text: &str) -> [u8; 32] {
    evm::signed_digest(text.as_bytes())
}

/// What a Stellar key signs for a text (SEP-53).
pub fn sep53_digest(text: &str) -> [u8; 32] {
    stellar::signed_digest(text.as_bytes())
}

/// What a secp256k1 key of the XRP Ledger signs for a text; one of ed25519 signs the text itself.
pub fn xrpl_digest(text: &str) -> [u8; 32] {
    xrpl::signed_digest(text.as_bytes())
}

/// What a NEAR key signs for a text (NEP-413). The nonce is random, the recipient the application
/// that asks for the signature.
pub fn near_to_sign(text: &str, nonce: &[u8; 32], recipient: &str) -> NearToSign {
    nep413::ToSign::new(text.as_bytes(), nonce, recipient)
}
