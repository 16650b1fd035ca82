//! Ed25519 keys that sign: an issuer's over credentials, and the wallet of the recovery words.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_zebra::{SigningKey as Ed25519, VerificationKeyBytes};
use zeroize::Zeroize;

use crate::random::{RandomError, random};

/// The columns of a credential that prove who issued it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialSignatures {
    /// The key that signed, in lower-case hexadecimal.
    pub issuer_auth_public_key: String,
    /// Its signature over the public notes, in base64.
    pub public_notes_signature: String,
    /// Its signature over that signature and the sealed content, in base64.
    pub broader_signature: String,
}

/// A key that signs. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct SigningKey(Ed25519);

impl SigningKey {
    /// A random one: for instance the throw-away key by which a person signs a copy.
    pub fn generate() -> Result<Self, RandomError> {
        random().map(|seed| Self::from_seed(&seed))
    }

    /// The key of a seed of RFC 8032.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(Ed25519::from(*seed))
    }

    /// The public key.
    pub fn public_key(&self) -> [u8; 32] {
        VerificationKeyBytes::from(&self.0).into()
    }

    /// The public key in lower-case hexadecimal, as grants, profiles and callers name it.
    pub fn public_key_hex(&self) -> String {
        hex::encode(self.public_key())
    }

    /// Signs any message.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// Signs public notes and sealed content so that they belong together; `content` is not in
    /// base64. Of a copy the notes are empty.
    pub fn sign_credential(&self, public_notes: &str, content: &[u8]) -> CredentialSignatures {
        let first = self.sign(public_notes.as_bytes());
        let broader = self.sign(&[first.as_slice(), content].concat());
        CredentialSignatures {
            issuer_auth_public_key: self.public_key_hex(),
            public_notes_signature: STANDARD.encode(first),
            broader_signature: STANDARD.encode(broader),
        }
    }
}

impl Drop for SigningKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}…)", self.public_key_hex())
    }
}
