//! Recovery words: they unwrap the key ring, and they are a wallet of the profile.

use std::sync::Arc;

use idos_crypto::{Factor, RecoveryWords, SigningKey};
use idos_wallet::{AuthType, Sender, SenderError};

use super::{Keys, Person};
use crate::{
    client::Client,
    flow_error::FlowError,
    wallet::{SignError, Signing, Wallet},
};

/// The wallet of recovery words.
pub struct WordsWallet {
    key: SigningKey,
    sender: Sender,
}

impl WordsWallet {
    /// The wallet of these words.
    pub fn new(words: &RecoveryWords) -> Result<Self, SenderError> {
        let key = words.signing_key();
        let sender = Sender::parse(AuthType::Ed25519, &key.public_key())?;
        Ok(Self { key, sender })
    }
}

impl Wallet for WordsWallet {
    fn sender(&self) -> &Sender {
        &self.sender
    }

    fn sign<'a>(&'a self, text: &'a str) -> Signing<'a> {
        Box::pin(async move { Ok(self.key.sign(text.as_bytes()).to_vec()) })
    }
}

impl std::fmt::Debug for WordsWallet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WordsWallet(…)")
    }
}

impl Person {
    /// Makes recovery words: the key ring opens by them and by no earlier ones, and their wallet is
    /// linked to the profile. Show them to the person once. The wallets of earlier words stay linked:
    /// what they sign in for, [`Person::remove_wallet`] ends.
    pub async fn add_recovery_words(
        &self,
        keys: &Keys,
    ) -> Result<(Keys, RecoveryWords), FlowError> {
        let words = RecoveryWords::generate()?;
        let wallet = words_wallet(&words)?;
        let linked = self.add_wallet(&wallet).await?;
        match self.replace_words(keys, &words).await {
            Ok(keys) => Ok((keys, words)),
            Err(error) => {
                // Nobody will ever know these words. What failed says more than if this does too.
                let _ = self.remove_wallet(linked).await;
                Err(error)
            }
        }
    }

    /// Gets back to a profile by the words alone, on a device that knows nothing but the network.
    /// Set a new password with [`Person::change_password`] or [`Person::add_factor`].
    pub async fn recover(
        network: Client,
        words: &RecoveryWords,
        seen: u64,
    ) -> Result<(Self, Keys), FlowError> {
        let wallet = Arc::new(words_wallet(words)?);
        let mut person = Self::open(network.with_wallet(wallet)).await?;
        let keys = person.unlock(&Factor::Words(words), seen).await?;
        Ok((person, keys))
    }
}

fn words_wallet(words: &RecoveryWords) -> Result<WordsWallet, SignError> {
    WordsWallet::new(words).map_err(|error| SignError::Wallet(Box::new(error)))
}
