//! Ed25519 (RFC 8032) by the rules of ZIP 215.
//!
//! RFC 8032 leaves open which encodings and which of two equations a verifier accepts, so
//! libraries disagree on crafted signatures, and replicas built on them could too. ZIP 215 closes
//! every choice, and `s` has to be below the group's order, so that nobody but the signer can
//! turn one valid signature into another.

use std::{convert::Infallible, fmt};

use ed25519_zebra::{Signature, VerificationKey, VerificationKeyBytes, batch};
use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest as _, Sha256};

use crate::{key::KeyError, signature_error::SignatureError};

/// Length of a signature in bytes.
pub(crate) const SIGNATURE_BYTES: usize = 64;

/// The y-coordinates of all points of small order, in every encoding, without the sign bit.
const SMALL_ORDER: [[u8; 32]; 7] = [
    with_ends(0x00, 0x00, 0x00),
    with_ends(0x01, 0x00, 0x00),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
    with_ends(0xec, 0xff, 0x7f),
    with_ends(0xed, 0xff, 0x7f),
    with_ends(0xee, 0xff, 0x7f),
];

const fn with_ends(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

/// A public key that a signature can be checked with.
#[derive(Clone, Copy)]
pub(crate) struct PublicKey(VerificationKey);

impl PublicKey {
    /// Reads 32 bytes. They have to encode a point of the curve, and not one of small order: under
    /// such a key (the all-zero one, for instance) signatures can be made without any secret, so
    /// it can prove nothing about anyone. No wallet has one.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| KeyError::Length {
            got: bytes.len(),
            expected: 32,
        })?;
        let mut y = bytes;
        if let Some(last) = y.last_mut() {
            *last &= 0x7f;
        }
        if SMALL_ORDER.contains(&y) {
            return Err(KeyError::SmallOrder);
        }
        VerificationKey::try_from(bytes)
            .map(Self)
            .map_err(|_| KeyError::NotOnCurve)
    }

    /// Reads 64 hexadecimal digits of either case, without prefix.
    pub(crate) fn parse_hex(text: &str) -> Result<Self, KeyError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| KeyError::Text)?;
        Self::parse(&bytes)
    }

    /// The 32 bytes.
    pub(crate) fn bytes(&self) -> [u8; 32] {
        self.0.into()
    }

    /// Checks a 64-byte signature over `message`.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        let signature = parse_signature(signature)?;
        self.0
            .verify(&signature, message)
            .map_err(|_| SignatureError::Mismatch)
    }

    /// What this key is said to have signed, to be checked later: the message is read here, and not kept.
    pub(crate) fn signed(
        &self,
        message: &[u8],
        signature: &[u8],
    ) -> Result<Signed, SignatureError> {
        let signature = parse_signature(signature)?;
        let key = VerificationKeyBytes::from(self.0);
        Ok(Signed(batch::Item::from((key, signature, message))))
    }
}

/// A signature that is to be checked, with its key and the digest of its message.
#[derive(Clone, Debug)]
pub(crate) struct Signed(batch::Item);

impl Signed {
    /// Checks it alone.
    pub(crate) fn verify(&self) -> Result<(), SignatureError> {
        let alone = self.0.clone().verify_single();
        alone.map_err(|_| SignatureError::Mismatch)
    }

    /// Whether all of them hold. By ZIP 215 that is what checking each alone would say; two of one key
    /// together take little more than half the time, and dozens a third.
    pub(crate) fn hold_together<'s>(all: impl IntoIterator<Item = &'s Self>) -> bool {
        let mut all = all.into_iter().peekable();
        all.peek().is_none() || Self::hold_by(Weights::drawn(), all)
    }

    /// The same with these weights; without any, each is checked alone.
    fn hold_by<'s>(weights: Option<Weights>, mut all: impl Iterator<Item = &'s Self>) -> bool {
        let Some(weights) = weights else {
            return all.all(|one| one.verify().is_ok());
        };
        let mut batch = batch::Verifier::new();
        for Self(item) in all {
            batch.queue(item.clone());
        }
        batch.verify(weights).is_ok()
    }
}

/// What signatures that are checked together are weighed with: hashes of a seed that nobody knew when
/// they were made, with a counter. They never run out.
struct Weights {
    seed: [u8; 32],
    count: u64,
}

impl Weights {
    /// New ones; `None` if the operating system has no randomness.
    fn drawn() -> Option<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).ok()?;
        Some(Self { seed, count: 0 })
    }
}

impl TryRng for Weights {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for part in bytes.chunks_mut(32) {
            let hash = Sha256::new_with_prefix(self.seed).chain_update(self.count.to_le_bytes());
            self.count += 1;
            for (byte, drawn) in part.iter_mut().zip(hash.finalize()) {
                *byte = drawn;
            }
        }
        Ok(())
    }
}

impl TryCryptoRng for Weights {}

fn parse_signature(bytes: &[u8]) -> Result<Signature, SignatureError> {
    let bytes: [u8; SIGNATURE_BYTES] = bytes.try_into().map_err(|_| SignatureError::Length {
        got: bytes.len(),
        expected: SIGNATURE_BYTES,
    })?;
    Ok(Signature::from_bytes(&bytes))
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ed25519::PublicKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The group's order, little endian.
    const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    /// RFC 8032, section 7.1, test 2.
    const KEY: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    const SIGNATURE: &str = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

    #[test]
    fn the_vector_of_the_rfc_verifies() {
        let key = PublicKey::parse_hex(KEY).unwrap();
        assert_eq!(
            key.verify(&[0x72], &hex::decode(SIGNATURE).unwrap()),
            Ok(())
        );
    }

    #[test]
    fn together_hold_those_of_which_each_holds() {
        let key = PublicKey::parse_hex(KEY).unwrap();
        let signature = hex::decode(SIGNATURE).unwrap();
        let good = key.signed(&[0x72], &signature).unwrap();
        let wrong = key.signed(&[0x73], &signature).unwrap();
        assert_eq!(good.verify(), Ok(()));
        assert_eq!(wrong.verify(), Err(SignatureError::Mismatch));
        assert!(Signed::hold_together([]));
        // Many are multiplied by another algorithm than few.
        for count in [1, 3, 200] {
            let mut all = vec![&good; count];
            assert!(Signed::hold_together(all.iter().copied()));
            for at in [0, count / 2, count - 1] {
                all[at] = &wrong;
                assert!(!Signed::hold_together(all.iter().copied()));
                all[at] = &good;
            }
        }
        assert_eq!(
            key.signed(&[0x72], &signature[1..]).map(|_| ()),
            Err(SignatureError::Length {
                got: 63,
                expected: 64
            })
        );
    }

    #[test]
    fn without_randomness_each_is_checked_alone() {
        let key = PublicKey::parse_hex(KEY).unwrap();
        let signature = hex::decode(SIGNATURE).unwrap();
        let good = key.signed(&[0x72], &signature).unwrap();
        let wrong = key.signed(&[0x73], &signature).unwrap();
        assert!(Signed::hold_by(None, [&good, &good].into_iter()));
        assert!(!Signed::hold_by(None, [&good, &wrong].into_iter()));
    }

    #[test]
    fn weights_do_not_repeat() {
        let mut weights = Weights::drawn().unwrap();
        let mut bytes = [0; 96];
        weights.try_fill_bytes(&mut bytes).unwrap();
        let next = weights.try_next_u64().unwrap().to_le_bytes();
        let parts: std::collections::HashSet<_> = bytes.chunks(8).collect();
        assert_eq!(parts.len(), 12);
        assert!(!parts.contains(next.as_slice()));
        assert_ne!(Weights::drawn().unwrap().seed, weights.seed);
    }

    /// Two that are wrong by as much, in opposite directions, are not right together.
    #[test]
    fn one_wrong_signature_does_not_make_up_for_another() {
        let key = PublicKey::parse_hex(KEY).unwrap();
        let by = |difference: i8| {
            let mut signature = hex::decode(SIGNATURE).unwrap();
            signature[32] = signature[32].checked_add_signed(difference).unwrap();
            key.signed(&[0x72], &signature).unwrap()
        };
        let (more, less) = (by(1), by(-1));
        assert!(more.verify().is_err() && less.verify().is_err());
        assert!(!Signed::hold_together([&more, &less]));
    }

    /// With keys and `R` of small order the cofactor decides, alone and together.
    #[test]
    fn points_of_small_order_are_judged_alike_alone_and_together() {
        let good = PublicKey::parse_hex(KEY).unwrap();
        let good = good.signed(&[0x72], &hex::decode(SIGNATURE).unwrap());
        let good = good.unwrap();
        let signs = |point: &[u8; 32]| {
            let mut negative = *point;
            negative[31] |= 0x80;
            [*point, negative]
        };
        let points: Vec<_> = SMALL_ORDER.iter().flat_map(signs).collect();
        let mut held = 0;
        for key in &points {
            for r in &points {
                let signature = Signature::from_bytes(&{
                    let mut bytes = [0; SIGNATURE_BYTES];
                    bytes[..32].copy_from_slice(r);
                    bytes
                });
                let key = VerificationKeyBytes::from(*key);
                let signed = Signed(batch::Item::from((key, signature, b"x")));
                let holds = signed.verify().is_ok();
                assert_eq!(Signed::hold_together([&signed]), holds);
                assert_eq!(Signed::hold_together([&good, &signed, &good]), holds);
                held += usize::from(holds);
            }
        }
        assert_eq!(held, points.len() * points.len());
    }

    /// Whatever stands for `R`, a point or none: what is said of many is what is said of each.
    #[test]
    fn many_together_are_judged_as_each_alone() {
        let key = PublicKey::parse_hex(KEY).unwrap();
        let good = hex::decode(SIGNATURE).unwrap();
        for first in 0..=u8::MAX {
            let mut crafted = good.clone();
            crafted[0] = first;
            let alone = key.verify(&[0x72], &crafted);
            let crafted = key.signed(&[0x72], &crafted).unwrap();
            let beside = key.signed(&[0x72], &good).unwrap();
            assert_eq!(crafted.verify(), alone);
            assert_eq!(
                Signed::hold_together([&crafted, &beside]),
                alone.is_ok(),
                "{first}"
            );
        }
    }

    #[test]
    fn s_above_the_order_is_refused() {
        let mut signature = hex::decode(SIGNATURE).unwrap();
        let mut carry = 0;
        for (byte, order) in signature[32..].iter_mut().zip(hex::decode(ORDER).unwrap()) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            [*byte, _] = sum.to_le_bytes();
            carry = sum >> 8;
        }
        let key = PublicKey::parse_hex(KEY).unwrap();
        assert_eq!(
            key.verify(&[0x72], &signature),
            Err(SignatureError::Mismatch)
        );
    }

    /// A key is of small order exactly if the signature "R is the identity, s is zero" holds under
    /// it. So the table lists only such keys, and the sign bit makes no difference.
    #[test]
    fn every_key_of_small_order_is_refused() {
        let mut forged = [0; 64];
        forged[0] = 1;
        let mut usable = 0;
        for y in SMALL_ORDER {
            for sign in [0, 0x80] {
                let mut bytes = y;
                bytes[31] |= sign;
                assert_eq!(PublicKey::parse(&bytes).unwrap_err(), KeyError::SmallOrder);
                if let Ok(key) = VerificationKey::try_from(bytes) {
                    key.verify(&Signature::from_bytes(&forged), b"anything")
                        .unwrap();
                    usable += 1;
                }
            }
        }
        assert_eq!(usable, 14, "as many encodings as ZIP 215 lists");
        let real = PublicKey::parse_hex(KEY).unwrap();
        assert_eq!(
            real.verify(b"anything", &forged),
            Err(SignatureError::Mismatch)
        );
    }

    #[test]
    fn what_is_no_key_is_refused() {
        assert_eq!(
            PublicKey::parse(&[1; 31]).unwrap_err(),
            KeyError::Length {
                got: 31,
                expected: 32
            }
        );
        assert_eq!(
            PublicKey::parse(&with_ends(2, 0, 0)).unwrap_err(),
            KeyError::NotOnCurve
        );
        assert_eq!(
            PublicKey::parse_hex(&format!("0x{KEY}")).unwrap_err(),
            KeyError::Text
        );
        assert_eq!(PublicKey::parse_hex(&KEY[1..]).unwrap_err(), KeyError::Text);
    }

    #[test]
    fn signatures_of_other_lengths_are_refused() {
        let key = PublicKey::parse_hex(KEY).unwrap();
        for got in [0, 63, 65] {
            assert_eq!(
                key.verify(b"", &vec![0; got]),
                Err(SignatureError::Length { got, expected: 64 })
            );
        }
    }
}
