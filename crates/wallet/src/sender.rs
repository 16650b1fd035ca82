//! Who sends a transaction, signs in or calls.

use std::{
    borrow::Cow,
    fmt,
    hash::{Hash, Hasher},
};

use thiserror::Error;

use crate::{
    account::AccountKey,
    auth_type::AuthType,
    key::{Key, KeyError},
    signature_error::SignatureError,
};

/// The bytes are no sender of this scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "the sender is no {auth} sender: {reason}; the client must send the signer's own key or address"
)]
pub struct SenderError {
    /// The scheme.
    pub auth: AuthType,
    /// What is wrong.
    pub reason: KeyError,
}

/// A sender whose bytes fit its scheme: length, prefix, checksum, and a usable public key.
///
/// That a sender exists says nothing about who sent it: only [`Sender::verify`] does.
#[derive(Clone)]
pub struct Sender {
    bytes: Box<[u8]>,
    key: Key,
}

impl Sender {
    /// Reads the bytes of a sender.
    pub fn parse(auth: AuthType, bytes: &[u8]) -> Result<Self, SenderError> {
        let key = Key::parse(auth, bytes).map_err(|reason| SenderError { auth, reason })?;
        Ok(Self {
            bytes: bytes.into(),
            key,
        })
    }

    /// The scheme it signs by.
    pub fn auth(&self) -> AuthType {
        self.key.auth()
    }

    /// The bytes as they came.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// `@caller`: the text by which rules and rows name this sender. An address with the checksum
    /// of EIP-55, lower-case hexadecimal, `ed25519:<base58>`, `r…` or `G…`.
    pub fn caller(&self) -> String {
        self.key.name()
    }

    /// The account whose nonce its transactions take.
    pub fn account(&self) -> AccountKey {
        AccountKey::of(self.auth().key_type(), &self.bytes)
    }

    /// The one spelling of a signature of this sender among those that mean the same. Says nothing
    /// about whether it is valid.
    ///
    /// The hash of a transaction covers its signature. If nodes ordered several spellings, whoever
    /// sees a transaction could have its twin ordered: it would take effect under a hash that its
    /// sender does not know, who would be told that the nonce is used.
    pub fn canonical<'s>(&self, signature: &'s [u8]) -> Cow<'s, [u8]> {
        self.key.canonical(signature)
    }

    /// Checks that this sender signed `message`, and that the signature is in its one spelling
    /// ([`canonical`](Self::canonical)).
    pub fn verify_canonical(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        if *self.canonical(signature) != *signature {
            return Err(SignatureError::Spelling);
        }
        self.verify(message, signature)
    }

    /// Checks that this sender signed `message`, however the signature is spelled.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        self.key.verify(message, signature).map(drop)
    }
}

impl PartialEq for Sender {
    fn eq(&self, other: &Self) -> bool {
        self.auth() == other.auth() && self.bytes == other.bytes
    }
}

impl Eq for Sender {}

impl Hash for Sender {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.auth().hash(state);
        self.bytes.hash(state);
    }
}

// A sender is personal data: it never reaches a log by way of `{:?}`.
impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sender({}, …)", self.auth())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use secp256k1::{Message, SecretKey, ecdsa::RecoverableSignature};

    use super::*;
    use crate::evm;

    const KEY: [u8; 32] = [
        0x03, 0xa1, 0x07, 0xbf, 0xf3, 0xce, 0x10, 0xbe, 0x1d, 0x70, 0xdd, 0x18, 0xe7, 0x4b, 0xc0,
        0x99, 0x67, 0xe4, 0xd6, 0x30, 0x9b, 0xa5, 0x0d, 0x5f, 0x1d, 0xdc, 0x86, 0x64, 0x12, 0x55,
        0x31, 0xb8,
    ];

    #[test]
    fn one_key_in_two_schemes_is_two_senders_with_one_account() {
        let plain = Sender::parse(AuthType::Ed25519, &KEY).unwrap();
        let near = Sender::parse(AuthType::Nep413, &KEY).unwrap();
        assert_ne!(plain, near);
        assert_ne!(plain.caller(), near.caller());
        assert_eq!(plain.account(), near.account());
        assert_eq!(HashSet::from([plain.clone(), near, plain]).len(), 2);
    }

    #[test]
    fn wrong_lengths_are_refused_by_every_scheme() {
        for (auth, expected) in [
            (AuthType::Secp256k1Ep, 20),
            (AuthType::Ed25519, 32),
            (AuthType::Nep413, 32),
            (AuthType::Xrpl, 33),
            (AuthType::Sep53, 56),
        ] {
            for got in (0..100).chain([1 << 20]).filter(|got| *got != expected) {
                assert_eq!(
                    Sender::parse(auth, &vec![3; got]),
                    Err(SenderError {
                        auth,
                        reason: KeyError::Length { got, expected }
                    })
                );
            }
        }
    }

    #[test]
    fn keys_that_prove_nothing_are_refused() {
        for auth in [AuthType::Ed25519, AuthType::Nep413] {
            assert_eq!(
                Sender::parse(auth, &[0; 32]),
                Err(SenderError {
                    auth,
                    reason: KeyError::SmallOrder
                })
            );
        }
    }

    #[test]
    fn debug_shows_no_bytes() {
        let sender = Sender::parse(AuthType::Ed25519, &KEY).unwrap();
        assert_eq!(format!("{sender:?}"), "Sender(ed25519, …)");
        assert_eq!(
            format!("{:?}", sender.key),
            "Ed25519(ed25519::PublicKey(…))"
        );
    }

    #[test]
    fn a_signature_that_can_be_spelled_in_two_ways_counts_in_one() {
        let secret = SecretKey::from_secret_bytes([7; 32]).unwrap();
        let address = evm::Address::of_key(&secp256k1::PublicKey::from_secret_key(&secret));
        let sender = Sender::parse(AuthType::Secp256k1Ep, &address.bytes()).unwrap();
        let digest = Message::from_digest(evm::signed_digest(b"message"));
        let (v, compact) =
            RecoverableSignature::sign_ecdsa_recoverable(digest, &secret).serialize_compact();
        let spelled = |v| [compact.as_slice(), &[v]].concat();
        let (other, canonical) = (spelled(v.to_u8()), spelled(v.to_u8() + 27));
        assert_eq!(sender.verify(b"message", &other), Ok(()));
        assert_eq!(
            sender.verify_canonical(b"message", &other),
            Err(SignatureError::Spelling)
        );
        assert_eq!(sender.verify_canonical(b"message", &canonical), Ok(()));
    }
}
