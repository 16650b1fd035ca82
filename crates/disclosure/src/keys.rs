//! Keys of BBS signatures over BLS12-381.

use std::fmt;

use affinidi_bbs::{PublicKey, SecretKey};
use zeroize::Zeroizing;

use crate::proofs::DisclosureError;

/// The secret key of an issuer. Never printed; wiped when dropped.
pub struct BbsSecretKey(pub(crate) SecretKey);

impl BbsSecretKey {
    /// From the 32 bytes of the scalar.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, DisclosureError> {
        SecretKey::from_bytes(bytes)
            .map(Self)
            .map_err(|_| DisclosureError::SecretKey)
    }

    /// From at least 32 bytes of randomness, by the key generation of the BBS draft.
    pub fn from_seed(seed: &[u8]) -> Result<Self, DisclosureError> {
        affinidi_bbs::keygen(seed, b"")
            .map(Self)
            .map_err(|_| DisclosureError::SecretKey)
    }

    /// The 32 bytes of the scalar.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public key.
    pub fn public(&self) -> BbsPublicKey {
        BbsPublicKey(affinidi_bbs::sk_to_pk(&self.0))
    }
}

impl fmt::Debug for BbsSecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BbsSecretKey(…)")
    }
}

/// The public key of an issuer.
#[derive(Clone)]
pub struct BbsPublicKey(pub(crate) PublicKey);

impl BbsPublicKey {
    /// From 96 bytes, a compressed point of G2.
    pub fn from_bytes(bytes: &[u8; 96]) -> Result<Self, DisclosureError> {
        PublicKey::from_bytes(bytes)
            .map(Self)
            .map_err(|_| DisclosureError::PublicKey)
    }

    /// The 96 bytes.
    pub fn to_bytes(&self) -> [u8; 96] {
        self.0.to_bytes()
    }
}

impl fmt::Debug for BbsPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BbsPublicKey(…)")
    }
}
