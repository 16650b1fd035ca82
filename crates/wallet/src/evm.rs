//! Ethereum-type wallets: "personal sign" (EIP-191, version 0x45) and addresses (EIP-55).
//! Contract wallets (EIP-1271) cannot be checked without their chain.

use std::{borrow::Cow, fmt};

use secp256k1::{
    Message,
    ecdsa::{RecoverableSignature, RecoveryId},
};
use sha3::{Digest as _, Keccak256};

use crate::{key::KeyError, signature_error::SignatureError};

/// Length of an address as text.
const TEXT_BYTES: usize = 42;

/// Length of R, S and V together in bytes.
const SIGNATURE_BYTES: usize = 65;

/// The last 20 bytes of keccak-256 of a public key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address([u8; 20]);

impl Address {
    /// Reads 20 bytes. Any are an address.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        bytes.try_into().map(Self).map_err(|_| KeyError::Length {
            got: bytes.len(),
            expected: 20,
        })
    }

    /// The 20 bytes.
    pub(crate) fn bytes(&self) -> [u8; 20] {
        self.0
    }

    /// Reads `0x` and 40 hexadecimal digits of any case; the checksum in the case is not insisted
    /// on, since addresses compare without case.
    pub(crate) fn parse_text(text: &str) -> Option<Self> {
        let mut bytes = [0; 20];
        hex::decode_to_slice(text.strip_prefix("0x")?, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// The text with the checksum of EIP-55: a letter is a capital if the digit of the same place
    /// in keccak-256 of the lower-case text is at least 8.
    pub(crate) fn checksummed(&self) -> String {
        let lower = hex::encode(self.0);
        let checksum = Keccak256::digest(&lower);
        let checks = checksum.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        let mut text = String::with_capacity(TEXT_BYTES);
        text.push_str("0x");
        for (digit, check) in lower.chars().zip(checks) {
            text.push(if check >= 8 {
                digit.to_ascii_uppercase()
            } else {
                digit
            });
        }
        text
    }

    /// Checks R, S and V over `digest`. V only chooses between two candidate keys; wallets write
    /// it as 0 and 1 or as 27 and 28 ([`canonical`]).
    ///
    /// A high `s` (EIP-2) is refused: wallets never make one, and whoever sees a signature can
    /// turn its `s` over. One signed message so has one signature.
    pub(crate) fn verify(&self, digest: [u8; 32], signature: &[u8]) -> Result<(), SignatureError> {
        let length = SignatureError::Length {
            got: signature.len(),
            expected: SIGNATURE_BYTES,
        };
        let Some((&v, compact)) = signature.split_last() else {
            return Err(length);
        };
        if signature.len() != SIGNATURE_BYTES {
            return Err(length);
        }
        let recovery_id = match v {
            0 | 27 => RecoveryId::Zero,
            1 | 28 => RecoveryId::One,
            other => return Err(SignatureError::RecoveryByte(other)),
        };
        let signature = RecoverableSignature::from_compact(compact, recovery_id)
            .map_err(|_| SignatureError::Mismatch)?;
        let standard = signature.to_standard();
        let mut low = standard;
        low.normalize_s();
        if low != standard {
            return Err(SignatureError::HighS);
        }
        let key = signature
            .recover(Message::from_digest(digest))
            .map_err(|_| SignatureError::Mismatch)?;
        if Self::of_key(&key) == *self {
            Ok(())
        } else {
            Err(SignatureError::Mismatch)
        }
    }

    /// The address of a key.
    pub(crate) fn of_key(key: &secp256k1::PublicKey) -> Self {
        let [_format, point @ ..] = key.serialize_uncompressed();
        let hash: [u8; 32] = Keccak256::digest(point).into();
        let mut address = [0; 20];
        for (to, from) in address.iter_mut().rev().zip(hash.into_iter().rev()) {
            *to = from;
        }
        Self(address)
    }
}

/// The one spelling of a signature that means the same: with 27 or 28 as V, as nearly all wallets
/// write it.
pub(crate) fn canonical(signature: &[u8]) -> Cow<'_, [u8]> {
    match signature {
        [compact @ .., v @ (0 | 1)] if signature.len() == SIGNATURE_BYTES => {
            Cow::Owned([compact, &[v + 27]].concat())
        }
        _ => Cow::Borrowed(signature),
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("evm::Address(…)")
    }
}

/// What a wallet signs for `message` (EIP-191): keccak-256 of the message behind a prefix that no
/// transaction can begin with. The length counts bytes.
pub(crate) fn signed_digest(message: &[u8]) -> [u8; 32] {
    Keccak256::new()
        .chain_update("\x19Ethereum Signed Message:\n")
        .chain_update(message.len().to_string())
        .chain_update(message)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use secp256k1::SecretKey;

    use super::*;

    /// (address, digest, signature with V 27 or 28)
    fn signed() -> (Address, [u8; 32], Vec<u8>) {
        let secret = SecretKey::from_secret_bytes([7; 32]).unwrap();
        let digest = signed_digest(b"message");
        let signature =
            RecoverableSignature::sign_ecdsa_recoverable(Message::from_digest(digest), &secret);
        let (recovery_id, compact) = signature.serialize_compact();
        let address = Address::of_key(&secp256k1::PublicKey::from_secret_key(&secret));
        (
            address,
            digest,
            [compact.as_slice(), &[recovery_id.to_u8() + 27]].concat(),
        )
    }

    #[test]
    fn v_may_be_written_in_both_ways_and_no_other() {
        let (address, digest, mut signature) = signed();
        assert_eq!(address.verify(digest, &signature), Ok(()));
        let v = signature[64];
        for other in 0..=u8::MAX {
            signature[64] = other;
            let expected = match other {
                _ if other == v || other.checked_add(27) == Some(v) => Ok(()),
                0 | 1 | 27 | 28 => Err(SignatureError::Mismatch),
                _ => Err(SignatureError::RecoveryByte(other)),
            };
            assert_eq!(address.verify(digest, &signature), expected);
        }
    }

    #[test]
    fn v_is_spelled_in_one_way_and_nothing_else_changes() {
        let (_, _, signature) = signed();
        let mut other = signature.clone();
        other[64] -= 27;
        assert_eq!(canonical(&other), signature);
        for same in [&signature[..], &other[1..], &[1], &[]] {
            assert_eq!(canonical(same), same);
        }
    }

    #[test]
    fn the_turned_over_signature_is_refused() {
        let (address, digest, mut signature) = signed();
        // n - s, and the other candidate: mathematically just as valid.
        let s = SecretKey::from_secret_bytes(signature[32..64].try_into().unwrap()).unwrap();
        signature[32..64].copy_from_slice(&s.negate().to_secret_bytes());
        signature[64] = 55 - signature[64];
        assert_eq!(
            address.verify(digest, &signature),
            Err(SignatureError::HighS)
        );
    }

    #[test]
    fn other_lengths_and_values_out_of_range_are_refused() {
        let (address, digest, signature) = signed();
        for got in [0, 64, 66] {
            assert_eq!(
                address.verify(digest, &vec![0; got]),
                Err(SignatureError::Length { got, expected: 65 })
            );
        }
        for range in [0..32, 32..64] {
            for byte in [0, 0xff] {
                let mut broken = signature.clone();
                broken[range.clone()].fill(byte);
                assert_eq!(
                    address.verify(digest, &broken),
                    Err(SignatureError::Mismatch)
                );
            }
        }
    }

    /// The examples of EIP-55.
    #[test]
    fn addresses_carry_their_checksum() {
        for text in [
            "0x52908400098527886E0F7030069857D2E4169EE7",
            "0xde709f2102306220921060314715629080e2fb77",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        ] {
            for spelling in [
                text.to_owned(),
                format!("0x{}", text[2..].to_ascii_uppercase()),
            ] {
                assert_eq!(Address::parse_text(&spelling).unwrap().checksummed(), text);
            }
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "0x",
            "52908400098527886E0F7030069857D2E4169EE7",
            "0X52908400098527886E0F7030069857D2E4169EE7",
            "0x52908400098527886E0F7030069857D2E4169EE",
            "0x52908400098527886E0F7030069857D2E4169EE70",
            "0x52908400098527886E0F7030069857D2E4169EEg",
        ] {
            assert_eq!(Address::parse_text(text), None, "{text}");
        }
        assert_eq!(
            Address::parse(&[0; 21]),
            Err(KeyError::Length {
                got: 21,
                expected: 20
            })
        );
    }
}
