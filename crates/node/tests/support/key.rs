//! People and organisations: whoever signs.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_zebra::{SigningKey, VerificationKey};
use idos_types::{Digest, ValidatorKey};
use idos_wallet::{AuthType, Sender};

/// An ed25519 key made from a name, so that every run has the same. To the network it is a FaceSign
/// wallet: address, public key and caller are the same hexadecimal text.
#[derive(Clone)]
pub(crate) struct Key {
    secret: SigningKey,
    public: [u8; 32],
    text: String,
}

impl Key {
    /// The key of this name.
    pub(crate) fn of(name: &str) -> Self {
        let secret = SigningKey::from(Digest::of(name.as_bytes()).0);
        let public = <[u8; 32]>::from(VerificationKey::from(&secret));
        Self {
            secret,
            public,
            text: hex::encode(public),
        }
    }

    /// How rules and rows name it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The sender of its transactions.
    pub(crate) fn sender(&self) -> Sender {
        Sender::parse(AuthType::Ed25519, &self.public).unwrap()
    }

    /// The same key as one that votes.
    pub(crate) fn validator(&self) -> ValidatorKey {
        ValidatorKey(self.public)
    }

    /// The bytes of the public key.
    pub(crate) fn public(&self) -> &[u8] {
        &self.public
    }

    /// A signature.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.secret.sign(message).to_bytes().to_vec()
    }

    /// A signature in hexadecimal, as wallets give it.
    pub(crate) fn sign_hex(&self, message: &str) -> String {
        hex::encode(self.sign(message.as_bytes()))
    }

    /// A signature in base64, as issuers give it.
    pub(crate) fn sign_base64(&self, message: &[u8]) -> String {
        STANDARD.encode(self.sign(message))
    }
}
