//! X-Wing keys (X25519 with ML-KEM-768) of the post-quantum suite.

use std::{fmt, sync::OnceLock};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dryoc::{
    classic::{
        crypto_kem_mlkem768::crypto_kem_mlkem768_enc_deterministic,
        crypto_kem_xwing::{
            crypto_kem_xwing_dec, crypto_kem_xwing_enc_deterministic,
            crypto_kem_xwing_seed_keypair_inplace,
        },
    },
    constants::{
        CRYPTO_KEM_MLKEM768_CIPHERTEXTBYTES, CRYPTO_KEM_MLKEM768_PUBLICKEYBYTES,
        CRYPTO_KEM_XWING_CIPHERTEXTBYTES, CRYPTO_KEM_XWING_ENCSEEDBYTES,
        CRYPTO_KEM_XWING_PUBLICKEYBYTES, CRYPTO_KEM_XWING_SECRETKEYBYTES,
        CRYPTO_KEM_XWING_SHAREDSECRETBYTES,
    },
};
use zeroize::Zeroizing;

use crate::{
    box_key::{KeyError, decode},
    random::{RandomError, random},
};

const PUBLIC_BYTES: usize = CRYPTO_KEM_XWING_PUBLICKEYBYTES;
const ML_KEM_PUBLIC_BYTES: usize = CRYPTO_KEM_MLKEM768_PUBLICKEYBYTES;
const SEED_BYTES: usize = CRYPTO_KEM_XWING_SECRETKEYBYTES;
/// Length of an X-Wing ciphertext.
pub(crate) const CIPHERTEXT_BYTES: usize = CRYPTO_KEM_XWING_CIPHERTEXTBYTES;
/// How many random bytes an X-Wing ciphertext is made from.
pub(crate) const RANDOMNESS_BYTES: usize = CRYPTO_KEM_XWING_ENCSEEDBYTES;

/// What only the two sides of an X-Wing ciphertext know.
pub(crate) type SharedSecret = Zeroizing<[u8; CRYPTO_KEM_XWING_SHAREDSECRETBYTES]>;

/// A public key of the post-quantum suite: 1,216 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct HybridPublicKey([u8; PUBLIC_BYTES]);

impl HybridPublicKey {
    /// Reads 1,216 bytes. Those of ML-KEM-768 have to be a key by FIPS 203.
    pub fn from_bytes(bytes: [u8; PUBLIC_BYTES]) -> Result<Self, KeyError> {
        let (ml_kem, _) = bytes
            .split_first_chunk::<ML_KEM_PUBLIC_BYTES>()
            .ok_or(KeyError::Invalid)?;
        check_ml_kem(ml_kem)?;
        Ok(Self(bytes))
    }

    /// Reads standard base64 with padding.
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        Self::from_bytes(decode(text)?)
    }

    /// The 1,216 bytes.
    pub const fn as_bytes(&self) -> &[u8; PUBLIC_BYTES] {
        &self.0
    }

    /// Standard base64 with padding.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// An X-Wing ciphertext and the secret that it tells the holder of the secret key. `None` if
    /// the part of X25519 is of small order.
    pub(crate) fn encapsulate(
        &self,
        randomness: &[u8; RANDOMNESS_BYTES],
    ) -> Option<([u8; CIPHERTEXT_BYTES], SharedSecret)> {
        let mut ciphertext = [0; CIPHERTEXT_BYTES];
        let mut shared = SharedSecret::default();
        // The part of ML-KEM was checked when the key was read, so an error is about that of X25519.
        crypto_kem_xwing_enc_deterministic(&mut ciphertext, &mut shared, &self.0, randomness)
            .ok()?;
        Some((ciphertext, shared))
    }
}

impl fmt::Debug for HybridPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HybridPublicKey({})", self.to_base64())
    }
}

/// FIPS 203, section 7.2. The library checks a key when it is used, and has no name for the check
/// alone: so this uses it once, for nothing.
fn check_ml_kem(key: &[u8; ML_KEM_PUBLIC_BYTES]) -> Result<(), KeyError> {
    let mut ciphertext = [0; CRYPTO_KEM_MLKEM768_CIPHERTEXTBYTES];
    crypto_kem_mlkem768_enc_deterministic(&mut ciphertext, &mut [0; 32], key, &[0; 32])
        .map_err(|_| KeyError::Invalid)
}

/// A secret key of the post-quantum suite: the seed of both its parts. Wiped when dropped, never
/// printed.
#[derive(Clone)]
pub struct HybridSecretKey {
    seed: Zeroizing<[u8; SEED_BYTES]>,
    /// Every text that is opened needs it, and it takes nearly half as long as opening one: so it
    /// is computed when it is first needed, and kept.
    public: OnceLock<HybridPublicKey>,
}

impl HybridSecretKey {
    /// A random one.
    pub fn generate() -> Result<Self, RandomError> {
        random().map(Self::from_bytes)
    }

    /// Takes a seed of 32 secret bytes, of which any are a key.
    pub const fn from_bytes(seed: Zeroizing<[u8; SEED_BYTES]>) -> Self {
        let public = OnceLock::new();
        Self { seed, public }
    }

    /// The secret seed, for whoever has to store it: see to it that nobody reads it there.
    pub fn expose(&self) -> &[u8; SEED_BYTES] {
        &self.seed
    }

    /// What others seal to.
    pub fn public_key(&self) -> HybridPublicKey {
        self.public().clone()
    }

    pub(crate) fn public(&self) -> &HybridPublicKey {
        self.public.get_or_init(|| {
            let mut public = [0; PUBLIC_BYTES];
            // The library's secret key is the seed again.
            let mut seed = Zeroizing::new([0; SEED_BYTES]);
            crypto_kem_xwing_seed_keypair_inplace(&mut public, &mut seed, &self.seed);
            HybridPublicKey(public)
        })
    }

    /// The secret that an X-Wing ciphertext tells; one made for another key, or altered, tells a
    /// different one. `None` if its part of X25519 is of small order, which no honest sender's is.
    pub(crate) fn decapsulate(&self, ciphertext: &[u8; CIPHERTEXT_BYTES]) -> Option<SharedSecret> {
        let mut shared = SharedSecret::default();
        crypto_kem_xwing_dec(&mut shared, ciphertext, &self.seed).ok()?;
        Some(shared)
    }
}

impl fmt::Debug for HybridSecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HybridSecretKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;
    use x_wing::{
        DecapsulationKeyRejectNonContrib, Decapsulator, EncapsulationKey, KeyExport, TryDecapsulate,
    };

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
            let (ciphertext, shared) = public.encapsulate(&bytes(&vector, "eseed")).unwrap();
            assert_eq!(ciphertext, bytes(&vector, "ct"));
            assert_eq!(*shared, bytes(&vector, "ss"));
            assert_eq!(secret.decapsulate(&ciphertext), Some(shared));
        }
    }

    /// What RustCrypto's library makes of a ciphertext.
    fn theirs(seed: [u8; 32], ciphertext: [u8; CIPHERTEXT_BYTES]) -> Option<SharedSecret> {
        let key = DecapsulationKeyRejectNonContrib::from(seed);
        let shared = key.try_decapsulate(&ciphertext.into()).ok()?;
        Some(Zeroizing::new(shared.into()))
    }

    proptest! {
        /// X-Wing is what another library makes of the same keys, also of altered ciphertexts.
        #[test]
        fn another_library_agrees(
            seed: [u8; 32],
            randomness: [u8; RANDOMNESS_BYTES],
            // The last bit is one that X25519 ignores and X-Wing does not.
            bit in prop_oneof![Just(8 * CIPHERTEXT_BYTES - 1), 0..8 * CIPHERTEXT_BYTES],
        ) {
            let secret = HybridSecretKey::from_bytes(Zeroizing::new(seed));
            let public = secret.public_key();
            let their_key = DecapsulationKeyRejectNonContrib::from(seed);
            let their_public = their_key.encapsulation_key();
            prop_assert_eq!(public.as_bytes(), &their_public.to_bytes().0);

            let (mut ciphertext, shared) = public.encapsulate(&randomness).unwrap();
            let (their_ciphertext, their_shared) =
                their_public.encapsulate_deterministic(&randomness.into());
            prop_assert_eq!(ciphertext, their_ciphertext.0);
            prop_assert_eq!(*shared, their_shared.0);

            let opened = secret.decapsulate(&ciphertext);
            prop_assert_eq!(opened.as_ref(), Some(&shared));
            prop_assert_eq!(&theirs(seed, ciphertext), &opened);
            ciphertext[bit / 8] ^= 1 << (bit % 8);
            let opened = secret.decapsulate(&ciphertext);
            prop_assert_ne!(opened.as_ref(), Some(&shared));
            prop_assert_eq!(&theirs(seed, ciphertext), &opened);
        }

        /// FIPS 203: every twelve bits have to be below 3329.
        #[test]
        fn another_library_refuses_the_same_keys(
            seed: [u8; 32],
            at in 0..768_usize,
            coefficient in prop_oneof![Just(3328), Just(3329), 0..4096_u16],
        ) {
            let secret = HybridSecretKey::from_bytes(Zeroizing::new(seed));
            let mut bytes = *secret.public_key().as_bytes();
            let pair = &mut bytes[at / 2 * 3..][..3];
            if at % 2 == 0 {
                let [low, high] = coefficient.to_le_bytes();
                pair[0] = low;
                pair[1] = pair[1] & 0xf0 | high;
            } else {
                let [low, high] = (coefficient << 4).to_le_bytes();
                pair[1] = pair[1] & 0x0f | low;
                pair[2] = high;
            }
            let read = HybridPublicKey::from_bytes(bytes);
            prop_assert_eq!(read.is_ok(), coefficient < 3329);
            let theirs = EncapsulationKey::try_from(bytes.as_slice());
            prop_assert_eq!(read.is_ok(), theirs.is_ok());
        }
    }

    #[test]
    fn points_of_small_order_share_no_secret() {
        let secret = HybridSecretKey::generate().unwrap();
        let public = secret.public_key();
        let (good, _) = public.encapsulate(&[5; 64]).unwrap();
        for point in [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        ] {
            let point = hex::decode(point).unwrap();
            let mut ciphertext = good;
            ciphertext[CIPHERTEXT_BYTES - 32..].copy_from_slice(&point);
            assert_eq!(secret.decapsulate(&ciphertext), None, "{point:?}");
            assert_eq!(theirs(*secret.expose(), ciphertext), None, "{point:?}");
            let mut key = *public.as_bytes();
            key[ML_KEM_PUBLIC_BYTES..].copy_from_slice(&point);
            let weak = HybridPublicKey::from_bytes(key).unwrap();
            assert_eq!(weak.encapsulate(&[5; 64]), None, "{point:?}");
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
        let expected = PUBLIC_BYTES;
        let error = HybridPublicKey::from_base64(&short).unwrap_err();
        assert_eq!(error, KeyError::Length { got: 32, expected });
    }
}
