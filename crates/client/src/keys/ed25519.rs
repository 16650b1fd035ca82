//! A plain ed25519 key: issuers, consumers, operators, and FaceSign wallets of people.

use idos_wallet::{AuthType, Sender};

use super::{Ed25519Secret, KeyError, Seed, sender};
use crate::wallet::{Signing, Wallet};

/// An ed25519 key that signs texts as they are.
pub struct Ed25519Key {
    secret: Ed25519Secret,
    sender: Sender,
}

impl Ed25519Key {
    /// The key of a seed.
    pub fn from_seed(seed: &Seed) -> Result<Self, KeyError> {
        let secret = Ed25519Secret::new(seed);
        let sender = sender(AuthType::Ed25519, &secret.public())?;
        Ok(Self { secret, sender })
    }

    /// The public key.
    pub fn public(&self) -> [u8; 32] {
        self.secret.public()
    }

    /// Signs bytes.
    pub fn sign_bytes(&self, message: &[u8]) -> [u8; 64] {
        self.secret.sign(message)
    }
}

impl Wallet for Ed25519Key {
    fn sender(&self) -> &Sender {
        &self.sender
    }

    fn sign<'a>(&'a self, text: &'a str) -> Signing<'a> {
        Box::pin(async move { Ok(self.sign_bytes(text.as_bytes()).to_vec()) })
    }
}
