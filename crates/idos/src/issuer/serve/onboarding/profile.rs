//! `POST /onboarding/v1/profiles`: a profile for a wallet.

use axum::http::StatusCode;
use idos_client::signed_grant::{ProfileFacts, WalletProof};
use idos_crypto::PublicKey;
use idos_types::{UserId, Uuid, WalletType};
use idos_wallet::{ownership_message, verify_ownership};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Onboarding,
    refused::{TAKEN, conflict, problem},
};
use crate::{issuer::people::wallet_row_id, web::problem::Problem};

/// What a person's page sends.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewProfile {
    user_id: Uuid,
    encryption_public_key: String,
    password_store: PasswordStore,
    wallet: NewWallet,
}

/// Who keeps what opens the person's keys: the person. Others are not made here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum PasswordStore {
    User,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct NewWallet {
    r#type: String,
    address: String,
    public_key: Option<String>,
    message: String,
    signature: String,
}

impl NewProfile {
    /// The same for the network, after every check that needs no network: a profile without its
    /// wallet would be nobody's.
    fn checked(
        self,
        chain_id: &str,
        id_key: &[u8; 32],
    ) -> Result<(ProfileFacts, PublicKey), Problem> {
        let PasswordStore::User = self.password_store;
        let key = PublicKey::from_base64(&self.encryption_public_key)
            .map_err(|error| Problem::bad("not-a-key", format!("encryptionPublicKey: {error}")))?;
        let wallet = self.wallet;
        let bad = |detail: String| Problem::bad("invalid-wallet", detail);
        let kind = WalletType::parse(&wallet.r#type)
            .ok_or_else(|| bad("wallet.type is no kind of wallet that is known here".to_owned()))?;
        // Texts of others do not say for which profile they are.
        if !wallet
            .message
            .starts_with(&ownership_message(chain_id, self.user_id, ""))
        {
            return Err(bad(
                "wallet.message has to be the ownership text for this network and profile"
                    .to_owned(),
            ));
        }
        let signed = verify_ownership(
            kind,
            &wallet.address,
            wallet.public_key.as_deref(),
            &wallet.message,
            &wallet.signature,
            chain_id,
            self.user_id,
        )
        .map_err(|error| bad(format!("wallet: {error}")))?;
        let identity = signed.identity;
        let facts = ProfileFacts {
            user: UserId(self.user_id),
            encryption_public_key: self.encryption_public_key,
            wallet: WalletProof {
                id: wallet_row_id(id_key, UserId(self.user_id), &identity),
                wallet_type: kind.name().to_owned(),
                address: wallet.address,
                public_key: wallet.public_key,
                message: wallet.message,
                signature: wallet.signature,
            },
        };
        Ok((facts, key))
    }
}

impl Onboarding {
    /// Creates the profile; the same again does nothing.
    pub(super) async fn profile(&self, new: NewProfile) -> Result<(StatusCode, Value), Problem> {
        let (facts, key) = new.checked(self.issuer.client().chain_id(), &self.id_key)?;
        let user = facts.user;
        let existing = self.issuer.profile(user).await.map_err(problem)?;
        if existing.as_ref().is_some_and(|it| it.encryption_key != key) {
            return Err(conflict(
                "profile-taken",
                "this userId belongs to another profile",
            ));
        }
        // Half a profile, left by an interruption, is completed.
        if existing.is_none() && self.is_linked(&facts.wallet).await? {
            return Err(conflict("wallet-taken", TAKEN));
        }
        let user = self.issuer.create_profile(&facts).await.map_err(problem)?;
        let status = match existing {
            Some(_) => StatusCode::OK,
            None => StatusCode::CREATED,
        };
        Ok((status, json!({ "userId": user.to_string() })))
    }
}

impl Onboarding {
    /// Whether the wallet is known to be linked to a profile. A profile whose wallet the network refuses is
    /// nobody's, and stays. The view that tells it compares addresses, and names of NEAR accounts are proved by
    /// nobody: of those the network decides alone, or whoever takes somebody's name would keep them out.
    async fn is_linked(&self, wallet: &WalletProof) -> Result<bool, Problem> {
        if wallet.wallet_type == WalletType::Near.name() {
            return Ok(false);
        }
        let asked = self.issuer.has_profile(&wallet.address).await;
        asked.map_err(problem)
    }
}

#[cfg(test)]
mod tests {
    use idos_client::{
        Wallet,
        keys::{Ed25519Key, EvmKey},
    };

    use super::*;

    const CHAIN: &str = "test";

    async fn request(wallet: &dyn Wallet) -> Value {
        let user = Uuid::from_u128(7);
        let proof = WalletProof::sign(wallet, CHAIN, UserId(user))
            .await
            .unwrap();
        json!({
            "userId": user, "encryptionPublicKey": PublicKey::from_bytes([9; 32]).to_base64(),
            "passwordStore": "user",
            "wallet": {
                "type": proof.wallet_type, "address": proof.address,
                "publicKey": proof.public_key, "message": proof.message, "signature": proof.signature,
            },
        })
    }

    fn checked(request: &Value) -> Result<(ProfileFacts, PublicKey), String> {
        let new: NewProfile =
            serde_json::from_value(request.clone()).map_err(|error| error.to_string())?;
        new.checked(CHAIN, &[3; 32])
            .map_err(|problem| problem.detail().to_owned())
    }

    #[tokio::test]
    async fn what_a_wallet_signed_for_this_profile_is_taken() {
        for wallet in [
            &EvmKey::from_seed(&[7; 32].into()).unwrap() as &dyn Wallet,
            &Ed25519Key::from_seed(&[7; 32].into()).unwrap(),
        ] {
            let request = request(wallet).await;
            let (facts, _) = checked(&request).unwrap();
            assert_eq!(facts.wallet.address, request["wallet"]["address"]);
        }
    }

    #[tokio::test]
    async fn everything_else_is_refused() {
        let right = request(&EvmKey::from_seed(&[7; 32].into()).unwrap()).await;
        let with = |pointer: &str, value: Value| {
            let mut request = right.clone();
            *request.pointer_mut(pointer).unwrap() = value;
            checked(&request).err().unwrap_or_default()
        };
        let other_user = Uuid::from_u128(8).to_string();
        for (pointer, value, why) in [
            ("/userId", Value::from(other_user), "wallet.message"),
            ("/userId", Value::from("me"), "UUID"),
            (
                "/encryptionPublicKey",
                Value::from("short"),
                "encryptionPublicKey",
            ),
            ("/passwordStore", Value::from("mpc"), "user"),
            ("/wallet/type", Value::from("Paper"), "wallet.type"),
            ("/wallet/message", Value::from("Hello"), "wallet.message"),
            ("/wallet/signature", Value::from("00"), "wallet"),
            (
                "/wallet/address",
                Value::from("0x00000000000000000000000000000000000000aa"),
                "wallet",
            ),
        ] {
            let refused = with(pointer, value);
            assert!(refused.contains(why), "{pointer}: {refused}");
        }
        let mut more = right.clone();
        more["admin"] = true.into();
        assert!(checked(&more).unwrap_err().contains("unknown field"));
    }
}
