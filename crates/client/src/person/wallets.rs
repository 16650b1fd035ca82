//! Wallets of a profile.

use idos_ledger::{Answer, Wallet as LinkedWallet};
use idos_types::{Value, WalletId};

use super::{Person, has_no_profile};
use crate::{execute::Executed, flow_error::FlowError, signed_grant::WalletProof, wallet::Wallet};

impl Person {
    /// The wallets of the profile.
    pub async fn wallets(&self) -> Result<Vec<LinkedWallet>, FlowError> {
        match self.client.proved("get_wallets", Vec::new()).await? {
            Answer::Wallets(wallets) => Ok(wallets),
            _ => Err(FlowError::OtherAnswer),
        }
    }

    /// Links a wallet: it signs a text that names this network and this profile.
    pub async fn add_wallet(&self, wallet: &dyn Wallet) -> Result<WalletId, FlowError> {
        let proof = WalletProof::sign(wallet, self.client.chain_id(), self.id).await?;
        self.add_proved_wallet(&proof).await
    }

    /// Links a wallet that proved its ownership elsewhere.
    pub async fn add_proved_wallet(&self, proof: &WalletProof) -> Result<WalletId, FlowError> {
        let id = [Value::Uuid(proof.id.0)];
        let arguments = id.into_iter().chain(proof.arguments());
        self.client
            .execute("add_wallet", arguments.collect())
            .await?;
        Ok(proof.id)
    }

    /// Takes another wallet than the signing one off the profile; it is proved that it is gone.
    pub async fn remove_wallet(&self, id: WalletId) -> Result<Executed, FlowError> {
        let is_there = || async { Ok(self.wallets().await?.iter().any(|it| it.id == id)) };
        let ending = self.client.ended("remove_wallet", id.0, "wallet", is_there);
        ending.await
    }

    /// Takes the signing wallet off the profile; the last one cannot go. It is proved that the wallet
    /// has no profile.
    pub async fn detach_wallet(&self) -> Result<Executed, FlowError> {
        let executed = self.client.execute("detach_wallet", Vec::new()).await?;
        let is_gone = || has_no_profile(&self.client);
        self.client.shown(executed, is_gone).await
    }
}
