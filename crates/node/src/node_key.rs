//! The key by which a node signs what it hands out itself: the nonces of sign-in texts.

use ed25519_zebra::{Signature, SigningKey, VerificationKey};
use zeroize::Zeroizing;

/// Ed25519 key of a node. Never printed; wiped when dropped.
pub struct NodeKey(Zeroizing<[u8; 32]>);

impl NodeKey {
    /// The key of this seed (RFC 8032).
    pub fn from_seed(seed: Zeroizing<[u8; 32]>) -> Self {
        Self(seed)
    }

    /// Signs bytes that begin with a domain of their own.
    pub(crate) fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        SigningKey::from(*self.0).sign(bytes).to_bytes()
    }

    /// Whether this key signed these bytes.
    pub(crate) fn is_signer(&self, bytes: &[u8], signature: &[u8; 64]) -> bool {
        let key = VerificationKey::from(&SigningKey::from(*self.0));
        key.verify(&Signature::from(*signature), bytes).is_ok()
    }
}

impl std::fmt::Debug for NodeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NodeKey(…)")
    }
}
