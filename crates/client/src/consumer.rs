//! What a consumer does: lists what it was granted, fetches, opens and verifies it, gives it up.

mod attributes;

use idos_credential::{Level, Report, Seconds, Verifier};
use idos_crypto::{Plaintext, PublicKey, Sealed, SecretKey, content_hash};
use idos_ledger::{AccessGrant, Answer, GrantPage};
use idos_types::{CredentialId, Digest, UserId, Value};

pub use attributes::{ReceivedAttribute, SharedAttributeEntry};

use crate::{
    client::Client, execute::Executed, flow_error::FlowError, person::not_found,
    signed_grant::DelegatedAccess,
};

/// Grants on a page, if nothing else is said.
pub const GRANTS_PER_PAGE: i64 = 100;

/// Whoever reads what people granted.
#[derive(Clone)]
pub struct Consumer {
    client: Client,
    encryption: SecretKey,
}

/// A credential that a person shared, opened.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedCredential {
    /// The copy.
    pub id: CredentialId,
    /// Whose it is.
    pub owner: UserId,
    /// What lets the consumer read it.
    pub grant: AccessGrant,
    /// The public notes of the original.
    pub notes: String,
    /// The content.
    pub content: Plaintext,
    /// SHA-256 of the content; the grant names the same.
    pub content_hash: Digest,
}

impl Consumer {
    /// A consumer that acts by the wallet of `client`. What people share with it is sealed for
    /// `encryption`: it publishes the public half as a party.
    pub fn new(client: Client, encryption: SecretKey) -> Self {
        Self { client, encryption }
    }

    /// The client, signing as this consumer.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// What others seal to.
    pub fn public_key(&self) -> PublicKey {
        self.encryption.public_key()
    }

    /// A page of the grants to this consumer, oldest first, of one person if given; pages count
    /// from 1. With proof: of up to 2,048 grants that none is left out, of more how many there are.
    pub async fn grants(
        &self,
        owner: Option<UserId>,
        page: i64,
        size: i64,
    ) -> Result<GrantPage, FlowError> {
        let owner = owner.map_or(Value::Null, |owner| Value::Uuid(owner.0));
        let arguments = vec![owner, Value::Int(page), Value::Int(size)];
        let answer = self.client.proved("get_access_grants_granted", arguments);
        match answer.await? {
            Answer::GrantsGranted(page) => Ok(page),
            _ => Err(FlowError::OtherAnswer),
        }
    }

    /// How many grants to this consumer there are, of one person if given. One node's word.
    pub async fn count(&self, owner: Option<UserId>) -> Result<i64, FlowError> {
        let owner = owner.map_or(Value::Null, |owner| Value::Uuid(owner.0));
        let counted = self
            .client
            .call("get_access_grants_granted_count", vec![owner])
            .await?;
        counted.first().map_or(Ok(0), |row| Ok(row.get("count")?))
    }

    /// Fetches and opens a copy, with proof that it is shared with this consumer now. Refuses a
    /// content that is not the one that the grant names.
    pub async fn fetch(&self, id: CredentialId) -> Result<SharedCredential, FlowError> {
        let arguments = vec![Value::Uuid(id.0)];
        let answer = self.client.proved("get_credential_shared", arguments);
        let Answer::CredentialShared(found) = answer.await? else {
            return Err(FlowError::OtherAnswer);
        };
        let found = *found.ok_or_else(|| not_found("shared credential", id.0))?;
        let header = found.credential.header;
        let sealed = Sealed::from_base64(&found.credential.content, &header.encryptor_public_key)?;
        let content = self.encryption.open(&sealed)?;
        let hash = content_hash(&content);
        check_hash(id, &found.grant, hash)?;
        let notes = match (found.original, found.copy) {
            (Some(original), _) => original.public_notes,
            (None, Some(copy)) => copy.notes,
            (None, None) => header.public_notes,
        };
        Ok(SharedCredential {
            id,
            owner: header.user_id,
            grant: found.grant,
            notes,
            content,
            content_hash: hash,
        })
    }

    /// Makes the access grant that a person signed for this consumer.
    pub async fn accept(&self, access: &DelegatedAccess) -> Result<Executed, FlowError> {
        let own = self.client.sender().map(|sender| sender.caller());
        if !own.is_some_and(|own| own.eq_ignore_ascii_case(&access.grantee)) {
            return Err(FlowError::OtherGrant("grantee"));
        }
        let arguments = access.arguments();
        let executed = self.client.execute("create_ag_by_dag_for_copy", arguments);
        Ok(executed.await?)
    }

    /// Gives up this consumer's own grants on a copy, locked or not; it is proved that none is left, or, if there are
    /// more than 2,048 grants to this consumer, [`FlowError::Unprovable`] tells that nothing proves it.
    pub async fn rescind(&self, id: CredentialId) -> Result<Executed, FlowError> {
        let is_there = || async {
            let arguments = vec![Value::Uuid(id.0)];
            let answer = self.client.proved("get_credential_shared", arguments);
            match answer.await? {
                Answer::CredentialShared(found) => Ok(found.is_some()),
                _ => Err(FlowError::OtherAnswer),
            }
        };
        let (action, what) = ("rescind_shared_credential", "shared credential");
        self.client.ended(action, id.0, what, is_there).await
    }
}

impl SharedCredential {
    /// Makes every check of a verifiable credential; the verifier's trust list is
    /// [`Client::trusted_issuers`], as a rule.
    ///
    /// It says nothing about who shared it. The grant proves that the copy is `owner`'s and that they
    /// share it; what is in it the owner sealed, who may have got hold of the credential of somebody
    /// else. That it is about the owner has to be established otherwise: `docs/integration.md`.
    pub fn verify(&self, verifier: &Verifier, now: Seconds) -> Report {
        verifier.verify_bytes(&self.content, now)
    }

    /// The level that the credential says the person was identified at. Believe it only after
    /// [`SharedCredential::verify`].
    pub fn level(&self) -> Option<Level> {
        let credential: serde_json::Value = serde_json::from_slice(&self.content).ok()?;
        credential.get("level")?.as_str()?.parse().ok()
    }

    /// Whether that level is the required one, or better.
    pub fn satisfies(&self, required: &Level) -> bool {
        self.level().is_some_and(|level| level.satisfies(required))
    }
}

/// Refuses what is not what the grant names. A grant without a hash says nothing about it.
fn check_hash(id: CredentialId, grant: &AccessGrant, hash: Digest) -> Result<(), FlowError> {
    match &grant.content_hash {
        Some(named) if !named.eq_ignore_ascii_case(&hash.to_string()) => {
            Err(FlowError::Swapped(id))
        }
        _ => Ok(()),
    }
}

impl std::fmt::Debug for Consumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Consumer(…)")
    }
}

/// What people share is personal data.
impl std::fmt::Debug for SharedCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SharedCredential({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use idos_ledger::GrantOrigin;
    use idos_types::{GrantId, Uuid};

    use super::*;

    #[test]
    fn a_content_that_the_grant_does_not_name_is_refused() {
        let id = CredentialId(Uuid::from_u128(1));
        let grant = |content_hash: Option<String>| AccessGrant {
            id: GrantId(Uuid::nil()),
            owner: UserId(Uuid::nil()),
            grantee: String::new(),
            data_id: id,
            locked_until: 0,
            expires_at: 0,
            content_hash,
            height: 1,
            origin: GrantOrigin::User,
            origin_id: String::new(),
        };
        let hash = content_hash(b"the content");
        let named = grant(Some(hash.to_string().to_uppercase()));
        assert!(check_hash(id, &named, hash).is_ok());
        assert!(check_hash(id, &grant(None), hash).is_ok());
        let swapped = check_hash(id, &named, content_hash(b"another")).unwrap_err();
        assert!(matches!(swapped, FlowError::Swapped(it) if it == id));
        assert_eq!(swapped.owner(), crate::Owner::Counterparty);
    }
}
