//! What an issuer does: profiles, credentials by delegated write grants, public notes, status.

mod status;

use std::sync::Arc;

use idos_crypto::{PublicKey, Sealed, SecretKey, SigningKey, content_hash};
use idos_ledger::MORE_TO_EDIT;
use idos_types::{CredentialId, Digest, UserId, Uuid, Value};

pub use status::StatusRegister;

use crate::{
    client::Client,
    consumer::Consumer,
    execute::Executed,
    flow_error::FlowError,
    fresh_id::fresh_id,
    keys::{Ed25519Key, KeyError, Seed},
    party::Recipient,
    person::PASSWORD_STORE,
    signed_grant::{DelegatedAccess, ProfileFacts, WriteGrant},
};

/// Most transactions that edit the same notes: a node could say for ever that there are more. The longest notes reach
/// eight credentials at a time.
const NOTES_EDITS: usize = 2_048;

/// An issuer: a delegate of an inserter that the network admitted.
#[derive(Clone)]
pub struct Issuer {
    client: Client,
    signing: SigningKey,
    encryption: SecretKey,
}

/// A credential that is to be issued.
#[derive(Clone, Copy)]
pub struct NewCredential<'a> {
    /// What everybody who may see the credential reads without opening it: JSON, whose `id` is the
    /// name by which the notes can be edited.
    pub notes: &'a str,
    /// The content: as a rule a signed verifiable credential, in JSON.
    pub content: &'a [u8],
}

/// The ids of what is issued, or was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IssuedIds {
    /// The person's credential.
    pub original: CredentialId,
    /// The copy for the grantee of the write grant.
    pub copy: CredentialId,
}

/// A profile as its creator sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuerProfile {
    /// Whose.
    pub user: UserId,
    /// What is sealed to.
    pub encryption_key: PublicKey,
    /// Who created it.
    pub inserter: String,
}

impl Issuer {
    /// An issuer that signs transactions and credentials with the ed25519 key of a seed. What others
    /// share with it is sealed for `encryption`.
    pub fn new(network: Client, seed: &Seed, encryption: SecretKey) -> Result<Self, KeyError> {
        let wallet = Arc::new(Ed25519Key::from_seed(seed)?);
        Ok(Self {
            client: network.with_wallet(wallet),
            signing: SigningKey::from_seed(seed),
            encryption,
        })
    }

    /// The client, signing as this issuer.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The key that signs credentials, hexadecimal: what write grants name.
    pub fn public_key(&self) -> String {
        self.signing.public_key_hex()
    }

    /// What signs.
    pub fn signing_key(&self) -> &SigningKey {
        &self.signing
    }

    /// The same party as a consumer: of the copies that it keeps, and of what people share with it.
    pub fn as_consumer(&self) -> Consumer {
        Consumer::new(self.client.clone(), self.encryption.clone())
    }

    /// This issuer as the recipient of its own copies.
    pub fn as_recipient(&self) -> Recipient {
        Recipient::unlisted(&self.public_key(), self.encryption.public_key())
    }

    /// Whether a wallet with this address has a profile. One node's word.
    pub async fn has_profile(&self, address: &str) -> Result<bool, FlowError> {
        let rows = self.client.call("has_profile", vec![Value::from(address)]);
        let rows = rows.await?;
        rows.first()
            .map_or(Ok(false), |row| Ok(row.get("has_profile")?))
    }

    /// Creates a profile and links its first wallet: two writes, both of which may be repeated.
    pub async fn create_profile(&self, facts: &ProfileFacts) -> Result<UserId, FlowError> {
        PublicKey::from_base64(&facts.encryption_public_key).map_err(|source| FlowError::Key {
            whose: "the person",
            source,
        })?;
        let user = vec![
            Value::Uuid(facts.user.0),
            Value::from(facts.encryption_public_key.as_str()),
            Value::from(PASSWORD_STORE),
        ];
        self.client.execute("add_user_as_inserter", user).await?;
        let ids = [Value::Uuid(facts.wallet.id.0), Value::Uuid(facts.user.0)];
        let wallet = ids.into_iter().chain(facts.wallet.arguments());
        self.client
            .execute("upsert_wallet_as_inserter", wallet.collect())
            .await?;
        Ok(facts.user)
    }

    /// A profile; `None` if there is none. One node's word: a key that a person gave is better.
    pub async fn profile(&self, user: UserId) -> Result<Option<IssuerProfile>, FlowError> {
        let rows = self
            .client
            .call("get_user_as_inserter", vec![Value::Uuid(user.0)])
            .await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let key: &str = row.get("recipient_encryption_public_key")?;
        Ok(Some(IssuerProfile {
            user: UserId(row.get::<Uuid>("id")?),
            encryption_key: PublicKey::from_base64(key).map_err(|source| FlowError::Key {
                whose: "the person",
                source,
            })?,
            inserter: row.get("inserter")?,
        }))
    }

    /// Issues a credential by a write grant: the original sealed for its owner, and a copy for the
    /// grantee that the grant names. `copy_for` has to be that grantee: a consumer from
    /// [`Client::consumer`], or [`Issuer::as_recipient`]. The ids are random, and known once it is done:
    /// whoever has to find what an attempt issued of whose end nobody heard chooses them, by
    /// [`Issuer::issue_as`].
    pub async fn issue(
        &self,
        new: &NewCredential<'_>,
        grant: &WriteGrant,
        owner_key: &PublicKey,
        copy_for: &Recipient,
    ) -> Result<IssuedIds, FlowError> {
        let ids = IssuedIds {
            original: CredentialId(fresh_id()?),
            copy: CredentialId(fresh_id()?),
        };
        self.issue_as(ids, new, grant, owner_key, copy_for).await?;
        Ok(ids)
    }

    /// [`Issuer::issue`] under ids that the caller chose. The network refuses a grant that was used,
    /// also if the first attempt succeeded and nobody heard of it: whoever chose the ids then finds
    /// the copy by [`Issuer::as_consumer`], if it is for this issuer.
    pub async fn issue_as(
        &self,
        ids: IssuedIds,
        new: &NewCredential<'_>,
        grant: &WriteGrant,
        owner_key: &PublicKey,
        copy_for: &Recipient,
    ) -> Result<(), FlowError> {
        if !copy_for.grantee().eq_ignore_ascii_case(&grant.grantee) {
            return Err(FlowError::OtherGrant("grantee"));
        }
        if !grant
            .issuer_public_key
            .eq_ignore_ascii_case(&self.public_key())
        {
            return Err(FlowError::OtherGrant("issuer"));
        }
        let original = owner_key.seal(new.content)?;
        let copy = copy_for.key().seal(new.content)?;
        let on_original = self.signing.sign_credential(new.notes, original.content());
        let on_copy = self.signing.sign_credential("", copy.content());
        let key = |sealed: &Sealed| Value::from(sealed.encryptor_public_key().to_base64());
        let credentials = vec![
            Value::from(on_original.issuer_auth_public_key),
            key(&original),
            Value::Uuid(ids.original.0),
            Value::from(original.content_base64()),
            Value::from(new.notes),
            Value::from(on_original.public_notes_signature),
            Value::from(on_original.broader_signature),
            key(&copy),
            Value::Uuid(ids.copy.0),
            Value::from(copy.content_base64()),
            Value::from(on_copy.public_notes_signature),
            Value::from(on_copy.broader_signature),
            Value::from(content_hash(new.content).to_string()),
        ];
        let arguments = credentials.into_iter().chain(grant.arguments());
        self.client
            .execute("create_credentials_by_dwg", arguments.collect())
            .await?;
        Ok(())
    }

    /// Replaces the public notes of the credentials that this key issued under this notes' `id`: of
    /// all of them, in as many transactions as that takes, but at most 2,048. The last one is returned;
    /// its log says if there are more.
    pub async fn edit_notes(&self, id: &str, notes: &str) -> Result<Executed, FlowError> {
        let edit = || {
            let arguments = vec![Value::from(id), Value::from(notes)];
            self.client
                .execute("edit_public_notes_as_issuer", arguments)
        };
        let mut executed = edit().await?;
        for _ in 1..NOTES_EDITS {
            if !executed.log.contains(MORE_TO_EDIT) {
                break;
            }
            executed = edit().await?;
        }
        Ok(executed)
    }

    /// The credential that is shared with this issuer and has this content.
    pub async fn sibling(&self, content_hash: Digest) -> Result<CredentialId, FlowError> {
        let hash = Value::from(content_hash.to_string());
        let rows = self.client.call("get_sibling_credential_id", vec![hash]);
        let rows = rows.await?;
        let row = rows.first();
        let row = row.ok_or(FlowError::NoSuchContent)?;
        Ok(CredentialId(row.get::<Uuid>("id")?))
    }

    /// Makes the access grant that a person signed, after opening this issuer's own copy and seeing
    /// that it is the content the person means.
    pub async fn grant_access(&self, access: &DelegatedAccess) -> Result<Executed, FlowError> {
        let hash = Digest::from_hex(&access.content_hash).ok_or(FlowError::NoSuchContent)?;
        let own = self.sibling(hash).await?;
        let fetched = self.as_consumer().fetch(own).await?;
        if fetched.content_hash != hash {
            return Err(FlowError::Swapped(own));
        }
        let arguments = access.arguments();
        let executed = self.client.execute("create_ag_by_dag_for_copy", arguments);
        Ok(executed.await?)
    }
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Issuer({}…)", self.public_key())
    }
}

/// Whom a profile belongs to is personal data.
impl std::fmt::Debug for IssuerProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IssuerProfile(…)")
    }
}
