//! NEAR wallets.

use idos_types::WalletType;
use idos_wallet::{AuthType, Sender, near_to_sign};

use super::{Ed25519Secret, KeyError, Seed, sender};
use crate::wallet::{SignError, Signing, Wallet, WalletLink};

/// Who asks for the signature, as wallets show it.
const RECIPIENT: &str = "idos.network";

/// An ed25519 key that signs by NEP-413.
pub struct NearKey {
    secret: Ed25519Secret,
    sender: Sender,
    account: Option<String>,
}

impl NearKey {
    /// The key of a seed, with the name of its account; without one it is the implicit account.
    pub fn from_seed(seed: &Seed, account: Option<String>) -> Result<Self, KeyError> {
        let secret = Ed25519Secret::new(seed);
        let sender = sender(AuthType::Nep413, &secret.public())?;
        Ok(Self {
            secret,
            sender,
            account,
        })
    }

    /// The envelope around a signature with this nonce for this recipient.
    pub(super) fn envelope(
        &self,
        text: &str,
        nonce: &[u8; 32],
        recipient: &str,
    ) -> Result<Vec<u8>, SignError> {
        let to_sign = near_to_sign(text, nonce, recipient);
        let signature = self.secret.sign(&to_sign.digest());
        to_sign.envelope(&signature).ok_or(SignError::TooLong)
    }
}

impl Wallet for NearKey {
    fn sender(&self) -> &Sender {
        &self.sender
    }

    fn sign<'a>(&'a self, text: &'a str) -> Signing<'a> {
        Box::pin(async move {
            let mut nonce = [0; 32];
            getrandom::fill(&mut nonce)?;
            self.envelope(text, &nonce, RECIPIENT)
        })
    }

    fn link(&self) -> WalletLink {
        let implicit = WalletLink::of(&self.sender);
        WalletLink {
            kind: WalletType::Near,
            address: self.account.clone().unwrap_or(implicit.address),
            public_key: implicit.public_key,
        }
    }
}
