//! What a person does: keys, credentials, sharing, attributes, wallets, recovery, leaving.
//!
//! Everything that is read has been proved: the client has to have somebody to trust
//! ([`Client::with_trust`]).

mod attributes;
mod credentials;
mod filter;
mod key_ring;
mod keys;
mod recovery;
mod renewal;
mod sharing;
mod slowly;
mod wallets;

use idos_credential::Seconds;
use idos_crypto::PublicKey;
use idos_ledger::{Answer, User};
use idos_types::{CredentialId, Digest, UserId, Uuid};

pub(crate) use attributes::in_box;
pub use attributes::{AttributeValue, OwnedAttribute, SharedAttribute};
pub use credentials::{CredentialEntry, OwnedCredential};
pub use filter::{Filter, Matches};
pub use key_ring::{KEY_RING_ATTRIBUTE, is_key_ring};
pub use keys::Keys;
pub use recovery::WordsWallet;
pub use renewal::{Expiring, Left, Renewal, expires_within, expiry};
pub use sharing::{ShareTerms, Shared, is_prepared};

use crate::{
    client::Client,
    execute::Executed,
    flow_error::{FlowError, NotOpened},
    fresh_id::fresh_id,
    signed_grant::{DelegatedAccess, ProfileFacts, WalletProof, WriteGrant, WriteGrantTerms},
    wallet::Wallet,
};

/// How a profile says that its owner keeps the password.
pub(crate) const PASSWORD_STORE: &str = "user";

/// A person with a profile.
#[derive(Clone)]
pub struct Person {
    client: Client,
    id: UserId,
    /// What the profile shows.
    shown_key: PublicKey,
}

impl Person {
    /// The id of a profile that is to be created: of UUID version 4, as the compatible key needs it.
    pub fn new_id() -> Result<UserId, FlowError> {
        Ok(UserId(fresh_id()?))
    }

    /// What whoever creates the profile needs: the keys are made before, and never leave.
    pub async fn profile_facts(
        chain_id: &str,
        keys: &Keys,
        wallet: &dyn Wallet,
    ) -> Result<ProfileFacts, FlowError> {
        let user = keys.user();
        Ok(ProfileFacts {
            user,
            encryption_public_key: keys.public_key().to_base64(),
            wallet: WalletProof::sign(wallet, chain_id, user).await?,
        })
    }

    /// The profile of the client's wallet.
    pub async fn open(client: Client) -> Result<Self, FlowError> {
        let user = profile(&client).await?;
        let shown = &user.recipient_encryption_public_key;
        let shown_key = PublicKey::from_base64(shown).map_err(|source| FlowError::Key {
            whose: "the profile",
            source,
        })?;
        Ok(Self {
            client,
            id: user.id,
            shown_key,
        })
    }

    /// The profile's id.
    pub fn id(&self) -> UserId {
        self.id
    }

    /// The client, signed in as this person.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The encryption key that the profile shows.
    pub fn shown_key(&self) -> PublicKey {
        self.shown_key
    }

    /// Lets the wallet sign that an issuer may add one credential, with a copy for a grantee.
    pub async fn sign_write_grant(&self, terms: &WriteGrantTerms) -> Result<WriteGrant, FlowError> {
        let wallet = self.client.wallet()?;
        WriteGrant::sign(wallet.as_ref(), self.client.chain_id(), terms).await
    }

    /// Lets the wallet sign that a grantee may read a copy that exists: as a rule one that
    /// [`Person::prepare_copy`] made for it. Whoever has it can make the grant.
    pub async fn sign_access(
        &self,
        grantee: &str,
        data: CredentialId,
        locked_until: Seconds,
        content_hash: Digest,
    ) -> Result<DelegatedAccess, FlowError> {
        let wallet = self.client.wallet()?;
        let chain_id = self.client.chain_id();
        let signing = DelegatedAccess::sign(
            wallet.as_ref(),
            chain_id,
            grantee,
            data,
            locked_until,
            content_hash,
        );
        signing.await
    }

    /// Deletes the whole profile; it is proved that the wallet has none. What a lock holds stays until
    /// its end and then goes by itself; the log of the receipt says so, by one node's word.
    pub async fn erase(self) -> Result<Executed, FlowError> {
        let executed = self.client.execute("erase_profile", Vec::new()).await?;
        let is_gone = || has_no_profile(&self.client);
        self.client.shown(executed, is_gone).await
    }
}

/// The profile of the client's wallet.
async fn profile(client: &Client) -> Result<User, FlowError> {
    match client.proved("get_user", Vec::new()).await? {
        Answer::Profile(Some(user)) if !user.erased => Ok(user),
        Answer::Profile(_) => Err(FlowError::NoProfile),
        _ => Err(FlowError::OtherAnswer),
    }
}

/// Whether it is proved that the client's wallet has no profile.
async fn has_no_profile(client: &Client) -> Result<bool, FlowError> {
    match profile(client).await {
        Ok(_) => Ok(false),
        Err(FlowError::NoProfile) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Whom a profile belongs to is personal data.
impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Person(…)")
    }
}

/// The error that there is no such thing.
pub(crate) fn not_found(what: &'static str, id: Uuid) -> FlowError {
    FlowError::NotFound { what, id }
}

/// The error that this one does not open.
fn not_opened(what: &'static str, id: Uuid, source: FlowError) -> NotOpened {
    let source = Box::new(source);
    NotOpened { what, id, source }
}

#[cfg(test)]
mod tests {
    use idos_crypto::Password;

    use super::*;
    use crate::nodes::Nodes;

    #[test]
    fn a_wrong_password_is_told_by_the_key_it_gives() {
        let password = |text| Password::new(text).unwrap();
        let id = Person::new_id().unwrap();
        let person = Person {
            client: Client::new(Nodes::new(["http://127.0.0.1:1"]).unwrap(), "chain"),
            id,
            shown_key: Keys::compatible(id, &password("right"))
                .unwrap()
                .public_key(),
        };
        assert!(person.unlock_compatible(&password("right")).is_ok());
        let wrong = person.unlock_compatible(&password("wrong")).unwrap_err();
        assert!(matches!(wrong, FlowError::WrongPassword));
        assert_eq!(wrong.owner(), crate::Owner::Caller);
    }
}
