//! Stellar wallets.

use idos_wallet::{AuthType, Sender, sep53_digest, stellar_sender};

use super::{Ed25519Secret, KeyError, Seed, sender};
use crate::wallet::{Signing, Wallet};

/// An ed25519 key that signs by SEP-53.
pub struct StellarKey {
    secret: Ed25519Secret,
    sender: Sender,
}

impl StellarKey {
    /// The key of a seed.
    pub fn from_seed(seed: &Seed) -> Result<Self, KeyError> {
        let secret = Ed25519Secret::new(seed);
        let key = secret.public();
        // Without an address the parser says what is wrong with the key.
        let address = stellar_sender(&key).unwrap_or_default();
        let sender = sender(AuthType::Sep53, address.as_bytes())?;
        Ok(Self { secret, sender })
    }
}

impl Wallet for StellarKey {
    fn sender(&self) -> &Sender {
        &self.sender
    }

    fn sign<'a>(&'a self, text: &'a str) -> Signing<'a> {
        Box::pin(async move { Ok(self.secret.sign(&sep53_digest(text)).to_vec()) })
    }
}
