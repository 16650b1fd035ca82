//! XRP Ledger: keys of two curves, and classic addresses.

use std::fmt;

use ripemd::Ripemd160;
use secp256k1::{Message, ecdsa::Signature};
use sha2::{Digest as _, Sha256, Sha512};

use crate::{ed25519, key::KeyError, signature_error::SignatureError};

/// Length of a public key in bytes, prefix included.
const KEY_BYTES: usize = 33;
/// First byte of an ed25519 key.
pub const XRPL_ED25519_PREFIX: u8 = 0xed;
/// Version byte of an account id in base58check; it makes addresses start with `r`.
const ACCOUNT_VERSION: u8 = 0;

/// A public key of the XRP Ledger.
#[derive(Clone, Copy)]
pub(crate) enum PublicKey {
    /// `ED` and 32 bytes; signs the message itself.
    Ed25519(ed25519::PublicKey),
    /// `02` or `03` and 32 bytes; signs the first half of SHA-512 of the message.
    Secp256k1(secp256k1::PublicKey),
}

impl PublicKey {
    /// Reads 33 bytes.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        if bytes.len() != KEY_BYTES {
            return Err(KeyError::Length {
                got: bytes.len(),
                expected: KEY_BYTES,
            });
        }
        match bytes {
            [XRPL_ED25519_PREFIX, key @ ..] => ed25519::PublicKey::parse(key).map(Self::Ed25519),
            [2 | 3, ..] => secp256k1::PublicKey::from_slice(bytes)
                .map(Self::Secp256k1)
                .map_err(|_| KeyError::NotOnCurve),
            _ => Err(KeyError::Prefix),
        }
    }

    /// Reads 66 hexadecimal digits of either case.
    pub(crate) fn parse_hex(text: &str) -> Result<Self, KeyError> {
        let mut bytes = [0; KEY_BYTES];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| KeyError::Text)?;
        Self::parse(&bytes)
    }

    /// The classic address: base58check, in the ledger's alphabet, of RIPEMD-160 of SHA-256 of the
    /// 33 bytes.
    pub(crate) fn address(&self) -> String {
        let mut hasher = Sha256::new();
        match self {
            Self::Ed25519(key) => {
                hasher.update([XRPL_ED25519_PREFIX]);
                hasher.update(key.bytes());
            }
            Self::Secp256k1(key) => hasher.update(key.serialize()),
        }
        bs58::encode(Ripemd160::digest(hasher.finalize()))
            .with_alphabet(bs58::Alphabet::RIPPLE)
            .with_check_version(ACCOUNT_VERSION)
            .into_string()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("xrpl::PublicKey(…)")
    }
}

/// What a secp256k1 key signs for `message`.
pub(crate) fn signed_digest(message: &[u8]) -> [u8; 32] {
    let mut half = [0; 32];
    for (to, from) in half.iter_mut().zip(Sha512::digest(message)) {
        *to = from;
    }
    half
}

/// Checks a DER signature over `digest`. The ledger demands "fully canonical" ones: strict DER and
/// the low `s`. So there is exactly one encoding of one signature.
pub(crate) fn verify_der(
    key: &secp256k1::PublicKey,
    digest: [u8; 32],
    der: &[u8],
) -> Result<(), SignatureError> {
    let signature = Signature::from_der(der).map_err(|_| SignatureError::NotDer)?;
    // What the parser lets pass beyond strict DER (numbers out of range) does not survive this.
    if *signature.serialize_der() != *der {
        return Err(SignatureError::NotDer);
    }
    let mut low = signature;
    low.normalize_s();
    if low != signature {
        return Err(SignatureError::HighS);
    }
    signature
        .verify(Message::from_digest(digest), key)
        .map_err(|_| SignatureError::Mismatch)
}

#[cfg(test)]
mod tests {
    use secp256k1::SecretKey;

    use super::*;

    const ED25519: &str = "ED951BF8B3B7C8AA4BC1B91790FC1B3FF7155CD729C2E6F038A93F5F3B9035DD85";
    const SECP256K1: &str = "0257CF4F3929F535518D624292D62ACE47E9DA563D7DFA7EA4C6BC24258AB467B7";

    #[test]
    fn addresses_are_those_of_the_ledger() {
        for (key, address) in [
            (ED25519, "rGMTQpyhaDwWTqmw4dcYHj5NPJhtWNhtRW"),
            (SECP256K1, "rU2k1U7W1xToQrFQW8gyWiXQFqVkJwrSn9"),
        ] {
            for spelling in [key.to_owned(), key.to_ascii_lowercase()] {
                assert_eq!(PublicKey::parse_hex(&spelling).unwrap().address(), address);
            }
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let length = |got| KeyError::Length { got, expected: 33 };
        for (bytes, error) in [
            (vec![], length(0)),
            (vec![0xed; 32], length(32)),
            (vec![2; 34], length(34)),
            ([vec![4], vec![1; 32]].concat(), KeyError::Prefix),
            ([vec![0], vec![1; 32]].concat(), KeyError::Prefix),
            // 5 is no x-coordinate of secp256k1; all ones exceed the field.
            (
                [vec![2], vec![0; 31], vec![5]].concat(),
                KeyError::NotOnCurve,
            ),
            ([vec![3], vec![0xff; 32]].concat(), KeyError::NotOnCurve),
            ([vec![0xed, 2], vec![0; 31]].concat(), KeyError::NotOnCurve),
            ([vec![0xed], vec![0; 32]].concat(), KeyError::SmallOrder),
        ] {
            assert_eq!(PublicKey::parse(&bytes).unwrap_err(), error);
        }
        assert_eq!(PublicKey::parse_hex("xx").unwrap_err(), KeyError::Text);
    }

    #[test]
    fn only_the_canonical_signature_is_accepted() {
        let secret = SecretKey::from_secret_bytes([7; 32]).unwrap();
        let key = secp256k1::PublicKey::from_secret_key(&secret);
        let digest = signed_digest(b"message");
        let signature = secp256k1::ecdsa::sign(Message::from_digest(digest), &secret);
        let der = signature.serialize_der().to_vec();
        assert_eq!(verify_der(&key, digest, &der), Ok(()));

        // n - s: mathematically just as valid.
        let mut compact = signature.serialize_compact();
        let s = SecretKey::from_secret_bytes(compact[32..].try_into().unwrap()).unwrap();
        compact[32..].copy_from_slice(&s.negate().to_secret_bytes());
        let high = Signature::from_compact(&compact).unwrap().serialize_der();
        assert_eq!(verify_der(&key, digest, &high), Err(SignatureError::HighS));

        let mut trailing = der.clone();
        trailing.push(0);
        let mut long_length = der.clone();
        long_length.insert(1, 0x81);
        // A needless zero before r.
        let mut padded = der.clone();
        padded[1] += 1;
        padded[3] += 1;
        padded.insert(4, 0);
        // r = 0 of 33 ones: beyond the group's order, which the parser turns into zero.
        let mut out_of_range = vec![0x30, 38, 0x02, 33, 0];
        out_of_range.extend([0xff; 32]);
        out_of_range.extend([0x02, 1, 1]);
        for broken in [
            vec![],
            der[..der.len() - 1].to_vec(),
            trailing,
            long_length,
            padded,
            out_of_range,
            signature.serialize_compact().to_vec(),
            vec![0x30; idos_types::limits::SIGNATURE_BYTES],
        ] {
            assert_eq!(
                verify_der(&key, digest, &broken),
                Err(SignatureError::NotDer)
            );
        }
    }
}
