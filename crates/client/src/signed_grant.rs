//! What a person's wallet signs for others to use: ownership proofs and delegated grants. The texts
//! are made here, by the same code as on a node: no node is asked what is to be signed.

use idos_credential::Seconds;
use idos_types::{CredentialId, Digest, UserId, Uuid, Value, WalletId};
use idos_wallet::{AccessGrantText, WriteGrantText, ownership_message};
use serde::{Deserialize, Serialize};

use crate::{flow_error::FlowError, fresh_id::fresh_id, wallet::Wallet};

/// A wallet, and the proof that somebody who signed owns it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletProof {
    /// Id of the row that it becomes.
    #[serde(with = "as_uuid")]
    pub id: WalletId,
    /// Kind, by its name on the wire.
    pub wallet_type: String,
    /// Address as the wallet shows it.
    pub address: String,
    /// Public key; none for EVM.
    pub public_key: Option<String>,
    /// What was signed; it names the network and the profile.
    pub message: String,
    /// The signature, hexadecimal.
    pub signature: String,
}

impl WalletProof {
    /// Lets a wallet sign that it belongs to this profile of this network.
    pub async fn sign(
        wallet: &dyn Wallet,
        chain_id: &str,
        user: UserId,
    ) -> Result<Self, FlowError> {
        let message = ownership_message(chain_id, user.0, &fresh_id()?.to_string());
        let signature = hex::encode(wallet.sign(&message).await?);
        let link = wallet.link();
        Ok(Self {
            id: WalletId(fresh_id()?),
            wallet_type: link.kind.name().to_owned(),
            address: link.address,
            public_key: link.public_key,
            message,
            signature,
        })
    }

    /// The arguments after the ids of the two actions that link wallets.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = Value> {
        let key = self.public_key.as_deref().map_or(Value::Null, Value::from);
        [
            Value::from(self.address.as_str()),
            key,
            Value::from(self.wallet_type.as_str()),
            Value::from(self.message.as_str()),
            Value::from(self.signature.as_str()),
        ]
        .into_iter()
    }
}

/// What a person gives to whoever creates their profile. Nothing in it is secret; the address is
/// personal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileFacts {
    /// Id of the profile, chosen by the person.
    #[serde(with = "as_uuid")]
    pub user: UserId,
    /// What others seal to, base64.
    pub encryption_public_key: String,
    /// The person's first wallet.
    pub wallet: WalletProof,
}

/// What a delegated write grant permits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WriteGrantTerms {
    /// Who gets the copy.
    pub grantee: String,
    /// The key that the issuer signs credentials with, hexadecimal.
    pub issuer_public_key: String,
    /// Until when the grant on the copy cannot be revoked; 0 for no lock.
    pub locked_until: Seconds,
    /// From when on the issuer can use it.
    pub not_before: Seconds,
    /// Until when.
    pub not_after: Seconds,
}

/// A delegated write grant that a person signed: its issuer may add one credential, once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteGrant {
    /// The person's wallet.
    pub owner: String,
    /// Who gets the copy.
    pub grantee: String,
    /// The issuer's key, hexadecimal.
    pub issuer_public_key: String,
    /// Each can be used once.
    pub id: Uuid,
    /// Until when the grant on the copy is locked, `yyyy-mm-ddThh:mm:ssZ`.
    pub access_grant_timelock: String,
    /// From when on it can be used.
    pub not_usable_before: String,
    /// Until when.
    pub not_usable_after: String,
    /// The wallet's signature, hexadecimal.
    pub signature: String,
}

/// A write grant as a person hands it to an issuer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedWriteGrant {
    /// The grant.
    #[serde(flatten)]
    pub grant: WriteGrant,
    /// What to seal to, base64: the key that the profile showed when the grant was signed. The facts of
    /// a profile name the one that it was created with, which may have been replaced since. It is not
    /// part of what is signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption_public_key: Option<String>,
}

impl WriteGrant {
    /// Lets the person's wallet sign it.
    pub async fn sign(
        wallet: &dyn Wallet,
        chain_id: &str,
        terms: &WriteGrantTerms,
    ) -> Result<Self, FlowError> {
        let mut grant = Self {
            owner: wallet.sender().caller(),
            grantee: terms.grantee.clone(),
            issuer_public_key: terms.issuer_public_key.clone(),
            id: fresh_id()?,
            access_grant_timelock: terms.locked_until.rfc3339(),
            not_usable_before: terms.not_before.rfc3339(),
            not_usable_after: terms.not_after.rfc3339(),
            signature: String::new(),
        };
        let text = WriteGrantText {
            owner: &grant.owner,
            grantee: &grant.grantee,
            issuer_public_key: &grant.issuer_public_key,
            id: grant.id,
            access_grant_timelock: &grant.access_grant_timelock,
            not_usable_before: &grant.not_usable_before,
            not_usable_after: &grant.not_usable_after,
        };
        let text = text.message(chain_id)?;
        grant.signature = hex::encode(wallet.sign(&text).await?);
        Ok(grant)
    }

    /// The last eight arguments of `create_credentials_by_dwg`.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = Value> {
        [
            Value::from(self.owner.as_str()),
            Value::from(self.grantee.as_str()),
            Value::from(self.issuer_public_key.as_str()),
            Value::Uuid(self.id),
            Value::from(self.access_grant_timelock.as_str()),
            Value::from(self.not_usable_before.as_str()),
            Value::from(self.not_usable_after.as_str()),
            Value::from(self.signature.as_str()),
        ]
        .into_iter()
    }
}

/// A delegated access grant that a person signed: whoever has it can make the grant.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelegatedAccess {
    /// The person's wallet.
    pub owner: String,
    /// Who may read.
    pub grantee: String,
    /// What may be read.
    #[serde(with = "as_uuid")]
    pub data_id: CredentialId,
    /// Until when it cannot be revoked; 0 for no lock.
    pub locked_until: Seconds,
    /// SHA-256 of the plaintext, hexadecimal, as it stands in what was signed.
    pub content_hash: String,
    /// The wallet's signature, hexadecimal.
    pub signature: String,
}

impl DelegatedAccess {
    /// Lets the person's wallet sign it.
    pub async fn sign(
        wallet: &dyn Wallet,
        chain_id: &str,
        grantee: &str,
        data: CredentialId,
        locked_until: Seconds,
        content_hash: Digest,
    ) -> Result<Self, FlowError> {
        let owner = wallet.sender().caller();
        let content_hash = content_hash.to_string();
        let text = AccessGrantText {
            owner: &owner,
            grantee,
            data_id: data.0,
            locked_until: locked_until.0,
            content_hash: &content_hash,
        };
        let text = text.message(chain_id)?;
        let signature = hex::encode(wallet.sign(&text).await?);
        Ok(Self {
            grantee: grantee.to_owned(),
            data_id: data,
            locked_until,
            content_hash,
            signature,
            owner,
        })
    }

    /// The arguments of `create_ag_by_dag_for_copy`.
    pub(crate) fn arguments(&self) -> Vec<Value> {
        vec![
            Value::from(self.owner.as_str()),
            Value::from(self.grantee.as_str()),
            Value::Uuid(self.data_id.0),
            Value::Int(self.locked_until.0),
            Value::from(self.content_hash.as_str()),
            Value::from(self.signature.as_str()),
        ]
    }
}

/// Ids in JSON: as bare UUIDs, whatever they name.
mod as_uuid {
    use idos_types::Uuid;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Copy + Into<Uuid>, S: Serializer>(
        id: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        (*id).into().serialize(to)
    }

    pub(super) fn deserialize<'de, T: From<Uuid>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<T, D::Error> {
        Uuid::deserialize(from).map(T::from)
    }
}

/// What persons signed is personal data: `{:?}` tells the kind only.
macro_rules! redacted {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}

redacted!(WalletProof, ProfileFacts, WriteGrant, DelegatedAccess);
