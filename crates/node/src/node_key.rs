//! The key of a node: it votes for blocks, vouches for states, is known by the other nodes, and
//! signs the nonces of sign-in texts. What it signs begins with a domain of its own each time.

use ed25519_zebra::{Signature, SigningKey, VerificationKey, VerificationKeyBytes};
use idos_proof::RootStatement;
use idos_types::ValidatorKey;
use zeroize::Zeroizing;

/// Ed25519 key of a node. Its secret is never printed, and wiped when dropped.
#[derive(Clone)]
pub struct NodeKey {
    seed: Zeroizing<[u8; 32]>,
    /// Derived once: that takes as long as signing, and each request of somebody signed in asks for it.
    public: ValidatorKey,
}

impl NodeKey {
    /// The key of this seed (RFC 8032).
    pub fn from_seed(seed: Zeroizing<[u8; 32]>) -> Self {
        let public = VerificationKeyBytes::from(&SigningKey::from(*seed)).into();
        Self {
            seed,
            public: ValidatorKey(public),
        }
    }

    /// What the others know it by.
    pub fn public(&self) -> ValidatorKey {
        self.public
    }

    /// The same key for the engine, which orders blocks.
    pub(crate) fn engine(&self) -> idos_consensus::SigningKey {
        idos_consensus::SigningKey::from_seed(*self.seed)
    }

    /// Vouches for a state.
    pub(crate) fn sign_root(&self, statement: &RootStatement) -> [u8; 64] {
        self.sign(&statement.signed_bytes())
    }

    /// Signs bytes that begin with a domain of their own.
    pub(crate) fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        SigningKey::from(*self.seed).sign(bytes).to_bytes()
    }
}

/// Whether the node of this key signed these bytes.
pub(crate) fn is_signed(key: ValidatorKey, bytes: &[u8], signature: &[u8; 64]) -> bool {
    VerificationKey::try_from(key.0)
        .and_then(|key| key.verify(&Signature::from(*signature), bytes))
        .is_ok()
}

impl std::fmt::Debug for NodeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NodeKey(…)")
    }
}
