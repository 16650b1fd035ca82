//! A person's own key: random, so that a password only wraps it.

use std::fmt;

use zeroize::Zeroizing;

use crate::{
    box_key::SecretKey,
    derive::derive,
    hybrid_key::HybridSecretKey,
    random::{RandomError, random},
};

/// Length of a key in bytes, as it is wrapped.
pub(crate) const USER_KEY_BYTES: usize = 64;
const SEED_BYTES: usize = 32;

/// The key of a person: a random seed from which everything is derived, and the X25519 key that
/// others seal to. That one is derived from the seed too, or was adopted from the compatible suite,
/// so that nothing needs to be sealed again. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct UserKey {
    seed: Zeroizing<[u8; SEED_BYTES]>,
    encryption: SecretKey,
    /// Kept, since it keeps its public key, which every envelope needs.
    hybrid: HybridSecretKey,
}

impl UserKey {
    /// A random one, with an encryption key of its own.
    pub fn generate() -> Result<Self, RandomError> {
        let seed = random()?;
        let encryption = derived(&seed);
        Ok(Self::of(seed, encryption))
    }

    /// A random one that keeps the encryption key a person has, for instance by the compatible
    /// suite: others go on sealing to it. Whoever knows the password that it came from can still
    /// derive it, so a new password protects only once the key is replaced.
    pub fn adopt(encryption: SecretKey) -> Result<Self, RandomError> {
        Ok(Self::of(random()?, encryption))
    }

    fn of(seed: Zeroizing<[u8; SEED_BYTES]>, encryption: SecretKey) -> Self {
        let hybrid = derive(seed.as_slice(), &[], "idos/user-key/hybrid/v1", &[]);
        Self {
            seed,
            encryption,
            hybrid: HybridSecretKey::from_bytes(hybrid),
        }
    }

    /// Whether it keeps an encryption key that came from elsewhere.
    pub fn is_adopted(&self) -> bool {
        self.encryption.public_key() != derived(&self.seed).public_key()
    }

    /// What opens boxes that were sealed for the person.
    pub const fn encryption_key(&self) -> &SecretKey {
        &self.encryption
    }

    /// What opens envelopes of the post-quantum suite that were sealed for the person.
    pub const fn hybrid_key(&self) -> &HybridSecretKey {
        &self.hybrid
    }

    pub(crate) fn seed(&self) -> &[u8] {
        self.seed.as_slice()
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<[u8; USER_KEY_BYTES]> {
        let mut bytes = Zeroizing::new([0; USER_KEY_BYTES]);
        let (seed, encryption) = bytes.split_at_mut(SEED_BYTES);
        seed.copy_from_slice(self.seed.as_slice());
        encryption.copy_from_slice(self.encryption.expose());
        bytes
    }

    /// Reads as many bytes as [`Self::to_bytes`] writes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (seed, encryption) = bytes.split_first_chunk::<SEED_BYTES>()?;
        let encryption: [u8; 32] = encryption.try_into().ok()?;
        let encryption = SecretKey::from_bytes(Zeroizing::new(encryption));
        Some(Self::of(Zeroizing::new(*seed), encryption))
    }
}

/// The encryption key of a seed's own.
fn derived(seed: &[u8; SEED_BYTES]) -> SecretKey {
    SecretKey::from_bytes(derive(seed, &[], "idos/user-key/encryption/v1", &[]))
}

impl fmt::Debug for UserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adopted_key_is_known_also_after_it_was_stored() {
        let own = UserKey::generate().unwrap();
        let adopted = UserKey::adopt(SecretKey::generate().unwrap()).unwrap();
        let stored = |key: &UserKey| UserKey::from_bytes(key.to_bytes().as_slice()).unwrap();
        assert!(!own.is_adopted() && !stored(&own).is_adopted());
        assert!(adopted.is_adopted() && stored(&adopted).is_adopted());
    }

    #[test]
    fn the_public_key_of_envelopes_is_computed_once() {
        let key = UserKey::generate().unwrap();
        assert!(std::ptr::eq(
            key.hybrid_key().public(),
            key.hybrid_key().public()
        ));
    }
}
