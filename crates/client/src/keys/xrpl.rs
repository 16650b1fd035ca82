//! XRP Ledger wallets, whose keys are of either curve.

use idos_wallet::{AuthType, Sender, XRPL_ED25519_PREFIX, xrpl_digest};
use secp256k1::{Message, PublicKey};

use super::{Ed25519Secret, KeyError, Secp256k1Secret, Seed, sender};
use crate::wallet::{Signing, Wallet};

/// A key of the XRP Ledger.
pub struct XrplKey {
    secret: Secret,
    sender: Sender,
}

enum Secret {
    Ed25519(Box<Ed25519Secret>),
    Secp256k1(Secp256k1Secret),
}

impl XrplKey {
    /// The ed25519 key whose 32 secret bytes these are.
    pub fn ed25519(seed: &Seed) -> Result<Self, KeyError> {
        let secret = Ed25519Secret::new(seed);
        let bytes = [&[XRPL_ED25519_PREFIX][..], &secret.public()].concat();
        Ok(Self {
            sender: sender(AuthType::Xrpl, &bytes)?,
            secret: Secret::Ed25519(Box::new(secret)),
        })
    }

    /// The secp256k1 key whose 32 secret bytes these are.
    pub fn secp256k1(seed: &Seed) -> Result<Self, KeyError> {
        let secret = Secp256k1Secret::new(seed)?;
        let bytes = PublicKey::from_secret_key(&secret.0).serialize();
        Ok(Self {
            sender: sender(AuthType::Xrpl, &bytes)?,
            secret: Secret::Secp256k1(secret),
        })
    }
}

impl Wallet for XrplKey {
    fn sender(&self) -> &Sender {
        &self.sender
    }

    fn sign<'a>(&'a self, text: &'a str) -> Signing<'a> {
        Box::pin(async move {
            Ok(match &self.secret {
                Secret::Ed25519(secret) => secret.sign(text.as_bytes()).to_vec(),
                Secret::Secp256k1(secret) => {
                    let digest = Message::from_digest(xrpl_digest(text));
                    let signature = secp256k1::ecdsa::sign(digest, &secret.0);
                    signature.serialize_der().to_vec()
                }
            })
        })
    }
}
