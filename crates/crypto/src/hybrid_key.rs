//! X-Wing keys (X25519 with ML-KEM-768) of the post-quantum suite.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use x_wing::{
    DECAPSULATION_KEY_SIZE, DecapsulationKey, Decapsulator, ENCAPSULATION_KEY_SIZE,
    EncapsulationKey, KeyExport,
};
use zeroize::Zeroizing;

use crate::{
    box_key::{KeyError, decode},
    random::{RandomError, random},
};

/// A public key of the post-quantum suite: 1,216 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct HybridPublicKey {
    key: EncapsulationKey,
    bytes: [u8; ENCAPSULATION_KEY_SIZE],
}

impl HybridPublicKey {
    /// That of a secret key.
    pub(crate) fn of(key: &DecapsulationKey) -> Self {
        let key = key.encapsulation_key().clone();
        let bytes = key.to_bytes().into();
        Self { key, bytes }
    }

    /// Reads 1,216 bytes. Those of ML-KEM-768 have to be a key by FIPS 203.
    pub fn from_bytes(bytes: [u8; ENCAPSULATION_KEY_SIZE]) -> Result<Self, KeyError> {
        let key = EncapsulationKey::try_from(bytes.as_slice()).map_err(|_| KeyError::Invalid)?;
        Ok(Self { key, bytes })
    }

    /// Reads standard base64 with padding.
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        Self::from_bytes(decode(text)?)
    }

    /// The 1,216 bytes.
    pub const fn as_bytes(&self) -> &[u8; ENCAPSULATION_KEY_SIZE] {
        &self.bytes
    }

    /// Standard base64 with padding.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.bytes)
    }

    pub(crate) const fn encapsulation_key(&self) -> &EncapsulationKey {
        &self.key
    }
}

impl fmt::Debug for HybridPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HybridPublicKey({})", self.to_base64())
    }
}

/// A secret key of the post-quantum suite: the seed of both its parts. Wiped when dropped, never
/// printed.
#[derive(Clone)]
pub struct HybridSecretKey(Zeroizing<[u8; DECAPSULATION_KEY_SIZE]>);

impl HybridSecretKey {
    /// A random one.
    pub fn generate() -> Result<Self, RandomError> {
        random().map(Self)
    }

    /// Takes a seed of 32 secret bytes, of which any are a key.
    pub const fn from_bytes(seed: Zeroizing<[u8; DECAPSULATION_KEY_SIZE]>) -> Self {
        Self(seed)
    }

    /// The secret seed, for whoever has to store it: see to it that nobody reads it there.
    pub fn expose(&self) -> &[u8; DECAPSULATION_KEY_SIZE] {
        &self.0
    }

    /// What others seal to.
    pub fn public_key(&self) -> HybridPublicKey {
        HybridPublicKey::of(&self.decapsulation_key())
    }

    pub(crate) fn decapsulation_key(&self) -> DecapsulationKey {
        DecapsulationKey::from(*self.0)
    }
}

impl fmt::Debug for HybridSecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HybridSecretKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use dryoc::classic::crypto_kem_xwing::{
        crypto_kem_xwing_dec, crypto_kem_xwing_enc_deterministic, crypto_kem_xwing_seed_keypair,
    };
    use serde_json::Value;
    use x_wing::{Ciphertext, Decapsulate};

    use super::*;

    fn vectors() -> Vec<Value> {
        let all: Value =
            serde_json::from_str(include_str!("../../../fixtures/crypto/x-wing.json")).unwrap();
        all["vectors"].as_array().unwrap().clone()
    }

    fn bytes<const N: usize>(vector: &Value, name: &str) -> [u8; N] {
        let bytes = hex::decode(vector[name].as_str().unwrap()).unwrap();
        bytes.try_into().unwrap()
    }

    #[test]
    fn the_vectors_of_the_draft_are_met() {
        assert_eq!(vectors().len(), 3);
        for vector in vectors() {
            let secret = HybridSecretKey::from_bytes(Zeroizing::new(bytes(&vector, "sk")));
            let public = secret.public_key();
            assert_eq!(public.as_bytes(), &bytes(&vector, "pk"));
            let (ciphertext, shared) = public
                .encapsulation_key()
                .encapsulate_deterministic(&bytes::<64>(&vector, "eseed").into());
            assert_eq!(ciphertext.as_slice(), bytes::<1120>(&vector, "ct"));
            assert_eq!(shared.as_slice(), bytes::<32>(&vector, "ss"));
            let opened = secret.decapsulation_key().decapsulate(&ciphertext);
            assert_eq!(opened, shared);
        }
    }

    #[test]
    fn another_library_agrees_also_on_altered_ciphertexts() {
        for _ in 0..8 {
            let secret = HybridSecretKey::generate().unwrap();
            let (public, other_secret) = crypto_kem_xwing_seed_keypair(secret.expose());
            assert_eq!(secret.public_key().as_bytes(), &public);
            let (mut ciphertext, mut theirs) = ([0; 1120], [0; 32]);
            let randomness = *random().unwrap();
            crypto_kem_xwing_enc_deterministic(&mut ciphertext, &mut theirs, &public, &randomness)
                .unwrap();
            for flipped in [None, Some(0), Some(1000), Some(1100)] {
                let mut ciphertext = ciphertext;
                if let Some(at) = flipped {
                    let at: usize = at;
                    ciphertext[at] ^= 1;
                }
                crypto_kem_xwing_dec(&mut theirs, &ciphertext, &other_secret).unwrap();
                let ours = secret
                    .decapsulation_key()
                    .decapsulate(&Ciphertext::from(ciphertext));
                assert_eq!(ours.as_slice(), theirs, "{flipped:?}");
            }
        }
    }

    #[test]
    fn what_is_no_key_is_refused_and_secrets_are_not_printed() {
        let secret = HybridSecretKey::generate().unwrap();
        assert_eq!(format!("{secret:?}"), "HybridSecretKey(…)");
        let public = secret.public_key();
        let read = HybridPublicKey::from_base64(&public.to_base64());
        assert_eq!(read.as_ref(), Ok(&public));
        // FIPS 203: every twelve bits have to be below 3329.
        let mut bytes = *public.as_bytes();
        bytes[..3].fill(0xff);
        assert_eq!(HybridPublicKey::from_bytes(bytes), Err(KeyError::Invalid));
        let short = STANDARD.encode([7; 32]);
        let expected = ENCAPSULATION_KEY_SIZE;
        let error = HybridPublicKey::from_base64(&short).unwrap_err();
        assert_eq!(error, KeyError::Length { got: 32, expected });
    }
}
