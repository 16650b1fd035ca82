//! Ethereum-type wallets.

use idos_wallet::{AuthType, Sender, eip191_digest, evm_sender};
use secp256k1::{Message, PublicKey, ecdsa::RecoverableSignature};

use super::{KeyError, Secp256k1Secret, Seed, sender};
use crate::wallet::{Signing, Wallet};

/// A secp256k1 key that signs by EIP-191 ("personal sign").
pub struct EvmKey {
    secret: Secp256k1Secret,
    sender: Sender,
}

impl EvmKey {
    /// The key of a seed.
    pub fn from_seed(seed: &Seed) -> Result<Self, KeyError> {
        let secret = Secp256k1Secret::new(seed)?;
        let address = evm_sender(&PublicKey::from_secret_key(&secret.0));
        let sender = sender(AuthType::Secp256k1Ep, &address)?;
        Ok(Self { secret, sender })
    }
}

impl Wallet for EvmKey {
    fn sender(&self) -> &Sender {
        &self.sender
    }

    fn sign<'a>(&'a self, text: &'a str) -> Signing<'a> {
        Box::pin(async move {
            let digest = Message::from_digest(eip191_digest(text));
            let signature = RecoverableSignature::sign_ecdsa_recoverable(digest, &self.secret.0);
            let (recovery, rs) = signature.serialize_compact();
            let mut bytes = rs.to_vec();
            bytes.push(27 + recovery.to_u8());
            Ok(bytes)
        })
    }
}
