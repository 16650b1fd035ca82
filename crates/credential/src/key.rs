//! Keys of issuers and holders, and their text form (Multikey).

use std::fmt;

use ed25519_zebra as ed25519;
use idos_disclosure::{BbsPublicKey, BbsSecretKey};
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use thiserror::Error;
use zeroize::Zeroizing;

/// Why bytes or a text are no key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Not base58 behind a `z`.
    #[error("a key begins with `z` and goes on in base58: its owner must write it as Multikey")]
    Text,
    /// A kind of key that is not supported.
    #[error("the kind of key is not supported: its owner must use Ed25519, P-256, P-384 or BBS")]
    Kind,
    /// Not a valid key of its kind.
    #[error("it is no valid {0} key: its owner must make another")]
    Invalid(KeyKind),
    /// The system gave no randomness.
    #[error("the operating system gave no randomness")]
    Randomness,
}

/// A kind of key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum KeyKind {
    /// Ed25519.
    Ed25519,
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// BBS on BLS12-381, the public key in G2.
    Bls12381G2,
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ed25519 => "Ed25519",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::Bls12381G2 => "BBS",
        })
    }
}

impl KeyKind {
    const ALL: [Self; 4] = [Self::Ed25519, Self::P256, Self::P384, Self::Bls12381G2];

    /// The multicodec that precedes a public key of this kind.
    fn codec(self) -> [u8; 2] {
        match self {
            Self::Ed25519 => [0xed, 0x01],
            Self::P256 => [0x80, 0x24],
            Self::P384 => [0x81, 0x24],
            Self::Bls12381G2 => [0xeb, 0x01],
        }
    }

    /// The multicodec that precedes a secret key of this kind.
    fn secret_codec(self) -> [u8; 2] {
        match self {
            Self::Ed25519 => [0x80, 0x26],
            Self::P256 => [0x86, 0x26],
            Self::P384 => [0x87, 0x26],
            Self::Bls12381G2 => [0x8a, 0x26],
        }
    }
}

/// Longest text of a key: 98 bytes in base58 with the `z`, and room.
const KEY_TEXT_BYTES: usize = 256;

/// Bytes behind the `z` of multibase base58btc.
pub(crate) fn from_base58(text: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let digits = text.strip_prefix('z').ok_or(KeyError::Text)?;
    if digits.len() > KEY_TEXT_BYTES {
        return Err(KeyError::Text);
    }
    bs58::decode(digits)
        .into_vec()
        .map(Zeroizing::new)
        .map_err(|_| KeyError::Text)
}

/// A public key that credentials or presentations are checked with.
#[derive(Clone)]
pub enum PublicKey {
    /// Ed25519.
    Ed25519(ed25519::VerificationKey),
    /// ECDSA on P-256.
    P256(p256::ecdsa::VerifyingKey),
    /// ECDSA on P-384.
    P384(p384::ecdsa::VerifyingKey),
    /// BBS.
    Bbs(BbsPublicKey),
}

impl PublicKey {
    /// Its kind.
    pub fn kind(&self) -> KeyKind {
        match self {
            Self::Ed25519(_) => KeyKind::Ed25519,
            Self::P256(_) => KeyKind::P256,
            Self::P384(_) => KeyKind::P384,
            Self::Bbs(_) => KeyKind::Bls12381G2,
        }
    }

    /// From the raw bytes of a key: compressed points.
    pub fn from_bytes(kind: KeyKind, bytes: &[u8]) -> Result<Self, KeyError> {
        let invalid = KeyError::Invalid(kind);
        match kind {
            KeyKind::Ed25519 => {
                let bytes: [u8; 32] = bytes.try_into().map_err(|_| invalid.clone())?;
                let key = ed25519::VerificationKey::try_from(bytes).map_err(|_| invalid.clone())?;
                // Under a key of small order anybody can make signatures.
                if of_small_order(&key) {
                    return Err(invalid);
                }
                Ok(Self::Ed25519(key))
            }
            KeyKind::P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(bytes)
                .map(Self::P256)
                .map_err(|_| invalid),
            KeyKind::P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(bytes)
                .map(Self::P384)
                .map_err(|_| invalid),
            KeyKind::Bls12381G2 => {
                let bytes: &[u8; 96] = bytes.try_into().map_err(|_| invalid.clone())?;
                BbsPublicKey::from_bytes(bytes)
                    .map(Self::Bbs)
                    .map_err(|_| invalid)
            }
        }
    }

    /// The raw bytes, points compressed.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => <[u8; 32]>::from(*key).to_vec(),
            Self::P256(key) => key.to_sec1_point(true).as_bytes().to_vec(),
            Self::P384(key) => key.to_sec1_point(true).as_bytes().to_vec(),
            Self::Bbs(key) => key.to_bytes().to_vec(),
        }
    }

    /// From `publicKeyMultibase`: `z`, then base58 of multicodec and key.
    pub fn from_multikey(text: &str) -> Result<Self, KeyError> {
        let bytes = from_base58(text)?;
        let (codec, key) = bytes.split_first_chunk::<2>().ok_or(KeyError::Text)?;
        let kind = KeyKind::ALL
            .into_iter()
            .find(|kind| kind.codec() == *codec)
            .ok_or(KeyError::Kind)?;
        Self::from_bytes(kind, key)
    }

    /// As `publicKeyMultibase`.
    pub fn to_multikey(&self) -> String {
        let bytes = [self.kind().codec().as_slice(), &self.to_bytes()].concat();
        format!("z{}", bs58::encode(bytes).into_string())
    }

    /// Its `did:key`.
    pub fn did_key(&self) -> String {
        format!("did:key:{}", self.to_multikey())
    }

    /// Whether `signature` was made over `message` with the secret of this key. Never for BBS,
    /// whose proofs are checked over statements.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Ed25519(key) => signature.try_into().is_ok_and(|bytes| {
                key.verify(&ed25519::Signature::from_bytes(bytes), message)
                    .is_ok()
            }),
            Self::P256(key) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Self::P384(key) => p384::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Self::Bbs(_) => false,
        }
    }
}

/// A key of small order verifies a signature of zeros over some message: `R` and `A` cancel out
/// under the cofactor. Such a signature over any message is accepted exactly for these keys.
fn of_small_order(key: &ed25519::VerificationKey) -> bool {
    // The identity point as `R`, zero as `s`: `[8]R + [8]kA = 0` holds for every `k` if `[8]A = 0`.
    let mut zeros = [0; 64];
    if let Some(first) = zeros.first_mut() {
        *first = 1;
    }
    key.verify(&ed25519::Signature::from_bytes(&zeros), b"")
        .is_ok()
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.kind() == other.kind() && self.to_bytes() == other.to_bytes()
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.to_multikey())
    }
}

/// A secret key. Never printed; wiped when dropped.
pub struct SecretKey(Secret);

enum Secret {
    Ed25519(Zeroizing<[u8; 32]>),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Bbs(BbsSecretKey),
}

impl SecretKey {
    /// A new key of this kind, from the randomness of the operating system.
    pub fn generate(kind: KeyKind) -> Result<Self, KeyError> {
        // One of 2^32 random texts at most is no scalar; then another is taken.
        for _ in 0..4 {
            let mut seed = Zeroizing::new([0; 48]);
            getrandom::fill(seed.as_mut_slice()).map_err(|_| KeyError::Randomness)?;
            let len = if kind == KeyKind::P384 { 48 } else { 32 };
            let seed = seed.get(..len).unwrap_or_default();
            let key = if kind == KeyKind::Bls12381G2 {
                BbsSecretKey::from_seed(seed)
                    .map(|key| Self(Secret::Bbs(key)))
                    .map_err(|_| KeyError::Invalid(kind))
            } else {
                Self::from_bytes(kind, seed)
            };
            if key.is_ok() {
                return key;
            }
        }
        Err(KeyError::Invalid(kind))
    }

    /// From the raw bytes: the seed of Ed25519, else the scalar.
    pub fn from_bytes(kind: KeyKind, bytes: &[u8]) -> Result<Self, KeyError> {
        let invalid = KeyError::Invalid(kind);
        let secret = match kind {
            KeyKind::Ed25519 => {
                // Some write the public key behind the seed.
                let seed = match bytes.split_first_chunk::<32>() {
                    Some((seed, [])) => *seed,
                    Some((seed, public)) if ed25519_public(seed).as_slice() == public => *seed,
                    _ => return Err(invalid),
                };
                Secret::Ed25519(Zeroizing::new(seed))
            }
            KeyKind::P256 => {
                Secret::P256(p256::ecdsa::SigningKey::from_slice(bytes).map_err(|_| invalid)?)
            }
            KeyKind::P384 => {
                Secret::P384(p384::ecdsa::SigningKey::from_slice(bytes).map_err(|_| invalid)?)
            }
            KeyKind::Bls12381G2 => {
                let bytes: &[u8; 32] = bytes.try_into().map_err(|_| invalid.clone())?;
                Secret::Bbs(BbsSecretKey::from_bytes(bytes).map_err(|_| invalid)?)
            }
        };
        Ok(Self(secret))
    }

    /// From `secretKeyMultibase` (or `privateKeyMultibase`).
    pub fn from_multikey(text: &str) -> Result<Self, KeyError> {
        let bytes = from_base58(text)?;
        let (codec, key) = bytes.split_first_chunk::<2>().ok_or(KeyError::Text)?;
        let kind = KeyKind::ALL
            .into_iter()
            .find(|kind| kind.secret_codec() == *codec)
            .ok_or(KeyError::Kind)?;
        Self::from_bytes(kind, key)
    }

    /// As `secretKeyMultibase`.
    pub fn to_multikey(&self) -> Zeroizing<String> {
        let secret: Zeroizing<Vec<u8>> = Zeroizing::new(match &self.0 {
            Secret::Ed25519(seed) => seed.to_vec(),
            Secret::P256(key) => key.to_bytes().to_vec(),
            Secret::P384(key) => key.to_bytes().to_vec(),
            Secret::Bbs(key) => key.to_bytes().to_vec(),
        });
        let mut bytes = Zeroizing::new(self.kind().secret_codec().to_vec());
        bytes.extend_from_slice(&secret);
        let digits = Zeroizing::new(bs58::encode(bytes.as_slice()).into_string());
        Zeroizing::new(format!("z{}", digits.as_str()))
    }

    /// Its kind.
    pub fn kind(&self) -> KeyKind {
        match self.0 {
            Secret::Ed25519(_) => KeyKind::Ed25519,
            Secret::P256(_) => KeyKind::P256,
            Secret::P384(_) => KeyKind::P384,
            Secret::Bbs(_) => KeyKind::Bls12381G2,
        }
    }

    /// The public key.
    pub fn public(&self) -> PublicKey {
        match &self.0 {
            Secret::Ed25519(seed) => PublicKey::Ed25519(ed25519::VerificationKey::from(
                &ed25519::SigningKey::from(**seed),
            )),
            Secret::P256(key) => PublicKey::P256(*key.verifying_key()),
            Secret::P384(key) => PublicKey::P384(*key.verifying_key()),
            Secret::Bbs(key) => PublicKey::Bbs(key.public()),
        }
    }

    /// Signs; none for BBS, which signs statements.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match &self.0 {
            Secret::Ed25519(seed) => Some(
                ed25519::SigningKey::from(**seed)
                    .sign(message)
                    .to_bytes()
                    .to_vec(),
            ),
            Secret::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                Some(signature.to_bytes().to_vec())
            }
            Secret::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                Some(signature.to_bytes().to_vec())
            }
            Secret::Bbs(_) => None,
        }
    }

    /// The BBS key, if it is one.
    pub(crate) fn bbs(&self) -> Option<&BbsSecretKey> {
        match &self.0 {
            Secret::Bbs(key) => Some(key),
            _ => None,
        }
    }
}

fn ed25519_public(seed: &[u8; 32]) -> [u8; 32] {
    ed25519::VerificationKey::from(&ed25519::SigningKey::from(*seed)).into()
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({}, …)", self.kind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_survive_their_text() {
        for kind in KeyKind::ALL {
            let secret = SecretKey::generate(kind).unwrap();
            let public = secret.public();
            assert_eq!(
                PublicKey::from_multikey(&public.to_multikey()),
                Ok(public.clone())
            );
            let again = SecretKey::from_multikey(&secret.to_multikey()).unwrap();
            assert_eq!(again.public(), public);
            assert!(!format!("{secret:?}").contains(&secret.to_multikey()[4..]));
        }
    }

    #[test]
    fn the_multikeys_of_the_specifications_are_read() {
        for (text, kind) in [
            (
                "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
                KeyKind::Ed25519,
            ),
            (
                "zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP",
                KeyKind::P256,
            ),
            (
                "zUC7DerdEmfZ8f4pFajXgGwJoMkV1ofMTmEG5UoNvnWiPiLuGKNeqgRpLH2TV4Xe5mJ2cXV76gRN7LFQwapF1VFu6x2yrr5ci1mXqC1WNUrnHnLgvfZfMH7h6xP6qsf9EKRQrPQ",
                KeyKind::Bls12381G2,
            ),
        ] {
            let key = PublicKey::from_multikey(text).unwrap();
            assert_eq!((key.kind(), key.to_multikey().as_str()), (kind, text));
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        assert_eq!(PublicKey::from_multikey("6Mk"), Err(KeyError::Text));
        assert_eq!(PublicKey::from_multikey("z0OIl"), Err(KeyError::Text));
        assert_eq!(
            PublicKey::from_multikey(&format!("z{}", "1".repeat(10_000))),
            Err(KeyError::Text)
        );
        assert_eq!(
            PublicKey::from_multikey("z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc"),
            Err(KeyError::Kind)
        );
        for zero_or_one in 0..2 {
            let mut small = [0; 32];
            small[0] = zero_or_one;
            assert_eq!(
                PublicKey::from_bytes(KeyKind::Ed25519, &small),
                Err(KeyError::Invalid(KeyKind::Ed25519))
            );
        }
        assert!(PublicKey::from_bytes(KeyKind::P256, &[9; 33]).is_err());
        assert!(SecretKey::from_bytes(KeyKind::P256, &[0; 32]).is_err());
    }
}
