//! Keys that can sign, each with its scheme.

use std::borrow::Cow;

use thiserror::Error;

use crate::{
    auth_type::AuthType, ed25519, evm, near, nep413, signature_error::SignatureError, stellar, xrpl,
};

/// Why something is not a key (or, for EVM, not an address).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The scheme has keys of one length only.
    #[error("it is {got} bytes long instead of {expected}")]
    Length {
        /// Its length in bytes.
        got: usize,
        /// The scheme's length in bytes.
        expected: usize,
    },
    /// Its first bytes name no kind of key that is supported.
    #[error("its prefix names no supported kind of key")]
    Prefix,
    /// The text is not in the encoding of such keys, or its checksum is wrong.
    #[error("it is not encoded as such keys are, or mistyped")]
    Text,
    /// The bytes are no point of the curve.
    #[error("it is no point of its curve")]
    NotOnCurve,
    /// Under this ed25519 key signatures can be made without a secret.
    #[error("it is a key of small order, under which anyone can sign")]
    SmallOrder,
}

/// A key together with the scheme it signs by.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {
    Evm(evm::Address),
    Ed25519(ed25519::PublicKey),
    Near(ed25519::PublicKey),
    Xrpl(xrpl::PublicKey),
    Stellar(ed25519::PublicKey),
}

impl Key {
    /// Reads the bytes of a sender.
    pub(crate) fn parse(auth: AuthType, bytes: &[u8]) -> Result<Self, KeyError> {
        match auth {
            AuthType::Secp256k1Ep => evm::Address::parse(bytes).map(Self::Evm),
            AuthType::Ed25519 => ed25519::PublicKey::parse(bytes).map(Self::Ed25519),
            AuthType::Nep413 => ed25519::PublicKey::parse(bytes).map(Self::Near),
            AuthType::Xrpl => xrpl::PublicKey::parse(bytes).map(Self::Xrpl),
            AuthType::Sep53 => stellar::parse_address(bytes).map(Self::Stellar),
        }
    }

    /// The scheme it signs by.
    pub(crate) fn auth(&self) -> AuthType {
        match self {
            Self::Evm(_) => AuthType::Secp256k1Ep,
            Self::Ed25519(_) => AuthType::Ed25519,
            Self::Near(_) => AuthType::Nep413,
            Self::Xrpl(_) => AuthType::Xrpl,
            Self::Stellar(_) => AuthType::Sep53,
        }
    }

    /// The text that names it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Evm(address) => address.checksummed(),
            Self::Ed25519(key) => hex::encode(key.bytes()),
            Self::Near(key) => near::key_text(key.bytes()),
            Self::Xrpl(key) => key.address(),
            Self::Stellar(key) => stellar::address(key),
        }
    }

    /// The bytes that a signature is checked against. Schemes that share a key share them.
    pub(crate) fn material(&self) -> Vec<u8> {
        match self {
            Self::Evm(address) => address.bytes().to_vec(),
            Self::Xrpl(xrpl::PublicKey::Secp256k1(key)) => key.serialize().to_vec(),
            Self::Ed25519(key)
            | Self::Near(key)
            | Self::Stellar(key)
            | Self::Xrpl(xrpl::PublicKey::Ed25519(key)) => key.bytes().to_vec(),
        }
    }

    /// The one spelling of a signature among those that mean the same; schemes of which none is named
    /// have one only.
    pub(crate) fn canonical<'s>(&self, signature: &'s [u8]) -> Cow<'s, [u8]> {
        match self {
            Self::Evm(_) => evm::canonical(signature),
            Self::Near(_) => nep413::canonical(signature),
            Self::Ed25519(_) | Self::Xrpl(_) | Self::Stellar(_) => Cow::Borrowed(signature),
        }
    }

    /// Checks a signature over `message`, and returns the very bytes that were signed: the message
    /// itself or what the scheme makes of it.
    pub(crate) fn verify<'m>(
        &self,
        message: &'m [u8],
        signature: &[u8],
    ) -> Result<Cow<'m, [u8]>, SignatureError> {
        let digest = match self {
            Self::Evm(address) => {
                let digest = evm::signed_digest(message);
                address.verify(digest, signature)?;
                digest
            }
            Self::Near(key) => {
                let (digest, signature) = nep413::open(message, signature)?;
                key.verify(&digest, signature)?;
                digest
            }
            Self::Xrpl(xrpl::PublicKey::Secp256k1(key)) => {
                let digest = xrpl::signed_digest(message);
                xrpl::verify_der(key, digest, signature)?;
                digest
            }
            Self::Stellar(key) => {
                let digest = stellar::signed_digest(message);
                key.verify(&digest, signature)?;
                digest
            }
            Self::Ed25519(key) | Self::Xrpl(xrpl::PublicKey::Ed25519(key)) => {
                key.verify(message, signature)?;
                return Ok(Cow::Borrowed(message));
            }
        };
        Ok(Cow::Owned(digest.to_vec()))
    }
}
