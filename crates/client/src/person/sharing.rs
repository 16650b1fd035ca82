//! Sharing, and ending it.

use idos_credential::Seconds;
use idos_crypto::SigningKey;
use idos_ledger::{AccessGrant, Answer};
use idos_types::{CredentialId, Digest, GrantId, Value};

use super::{Keys, OwnedCredential, Person, not_found};
use crate::{
    client::Client, execute::Executed, flow_error::FlowError, fresh_id::fresh_id, party::Recipient,
    proved::now_seconds,
};

/// The end of what does not end by itself.
const NEVER: Seconds = Seconds(0);

/// For how long something is shared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ShareTerms {
    /// Until when the person cannot revoke it; 0 for no lock. At most ten years ahead.
    pub locked_until: Seconds,
    /// When it ends by itself, after the lock; 0 for never.
    pub expires_at: Seconds,
}

impl ShareTerms {
    /// Refuses an end that the rules would refuse once everything else is done.
    fn check(&self, now: Seconds) -> Result<(), FlowError> {
        let at = self.expires_at;
        if at != NEVER && (at <= now || at <= self.locked_until) {
            return Err(FlowError::EndTooEarly(at));
        }
        Ok(())
    }
}

/// The grantee of copies that [`Person::prepare_copy`] makes: a digest in the form of a key, of which nobody has the
/// secret one.
fn nobody() -> String {
    Digest::of_parts("idos/prepared-copy/v1", &[]).to_string()
}

/// Whether a grant only keeps a copy that [`Person::prepare_copy`] made: nobody reads by it.
pub fn is_prepared(grant: &AccessGrant) -> bool {
    grant.grantee == nobody()
}

/// What was shared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shared {
    /// The copy that was made for the recipient.
    pub copy: CredentialId,
    /// The grant on it.
    pub grant: GrantId,
}

impl Person {
    /// Shares a credential: opens it, seals a copy for the recipient, and grants access to that. The
    /// recipient of a consumer comes from [`Client::consumer`](crate::Client::consumer), with proof. It is
    /// proved that it is shared, or it is [`FlowError::Unproved`]; with more than 2,048 grants nothing proves it, and it
    /// is [`FlowError::Unprovable`]. An end is a write of its own: if that
    /// fails, the copy is taken back ([`FlowError::TakenBack`]), or, if a lock holds it, named
    /// ([`FlowError::HalfShared`]).
    pub async fn share(
        &self,
        keys: &Keys,
        id: CredentialId,
        recipient: &Recipient,
        terms: ShareTerms,
    ) -> Result<Shared, FlowError> {
        terms.check(Seconds(now_seconds()))?;
        let credential = self.credential(keys, id).await?;
        self.share_opened(&credential, recipient, terms).await
    }

    /// Seals a copy for the recipient and grants it to nobody: the recipient reads it once somebody submits
    /// the access that [`Person::sign_access`] signs. To end it, revoke the returned grant too.
    pub async fn prepare_copy(
        &self,
        keys: &Keys,
        id: CredentialId,
        recipient: &Recipient,
    ) -> Result<Shared, FlowError> {
        // A copy needs a grant, and everybody sees to whom: a wallet of the person would stand beside the
        // recipient.
        let held = Recipient::unlisted(&nobody(), recipient.key());
        self.share(keys, id, &held, ShareTerms::default()).await
    }

    async fn share_opened(
        &self,
        credential: &OwnedCredential,
        recipient: &Recipient,
        terms: ShareTerms,
    ) -> Result<Shared, FlowError> {
        let copy = CredentialId(fresh_id()?);
        let sealed = recipient.key().seal(&credential.content)?;
        // A copy needs a signature, which says nothing about the issuer: that is in the content.
        let signatures = SigningKey::generate()?.sign_credential("", sealed.content());
        let arguments = vec![
            Value::Uuid(copy.0),
            Value::Uuid(credential.header.id.0),
            Value::from(""),
            Value::from(signatures.public_notes_signature),
            Value::from(signatures.broader_signature),
            Value::from(sealed.content_base64()),
            Value::from(credential.content_hash.to_string()),
            Value::from(sealed.encryptor_public_key().to_base64()),
            Value::from(signatures.issuer_auth_public_key),
            Value::from(recipient.grantee()),
            Value::Int(terms.locked_until.0),
        ];
        let executed = self.client.execute("share_credential", arguments).await?;
        let look = || async {
            let grants = self.grants().await?.into_iter();
            Ok(grants.map(|it| (it.data_id, it.id)).find(|it| it.0 == copy))
        };
        let found = self.client.found(&executed, look).await;
        if terms.expires_at == NEVER {
            let (_, grant) = found?;
            return Ok(Shared { copy, grant });
        }
        let (grant, source) = match found {
            Ok((_, grant)) => match self.set_expiry(grant, terms.expires_at).await {
                Ok(_) => return Ok(Shared { copy, grant }),
                Err(error) => (Some(grant), Box::new(error)),
            },
            Err(error) => (None, Box::new(error)),
        };
        // Without its end it is not what was asked for.
        Err(match (self.remove_credential(copy).await, grant) {
            (Ok(_), _) => FlowError::TakenBack(source),
            (Err(_), Some(grant)) => FlowError::HalfShared {
                copy,
                grant,
                source,
            },
            (Err(_), None) => FlowError::PerhapsShared { copy, source },
        })
    }

    /// The grants that the person gave and that are live.
    pub async fn grants(&self) -> Result<Vec<AccessGrant>, FlowError> {
        match self
            .client
            .proved("get_access_grants_owned", Vec::new())
            .await?
        {
            Answer::GrantsOwned(grants) => Ok(grants),
            _ => Err(FlowError::OtherAnswer),
        }
    }

    /// Ends a grant, and the copy if it was its last; it is proved that the grant is gone. Refused
    /// while a lock holds it. Of more than 2,048 grants nothing proves it: then it is sent all the same, and
    /// [`FlowError::Unprovable`] tells.
    pub async fn revoke(&self, id: GrantId) -> Result<Executed, FlowError> {
        let is_there = || async { Ok(self.grant(id).await?.is_some()) };
        let ending = self
            .client
            .ended("revoke_access_grant", id.0, "grant", is_there);
        ending.await
    }

    /// Lets a grant end by itself, after its lock; 0 for never. It is proved that it will, or, of more than 2,048
    /// grants, [`FlowError::Unprovable`] tells that it was sent.
    pub async fn set_expiry(
        &self,
        id: GrantId,
        expires_at: Seconds,
    ) -> Result<Executed, FlowError> {
        let was_there = Client::provable(self.grant(id).await)?;
        let arguments = vec![Value::Uuid(id.0), Value::Int(expires_at.0)];
        let executed = self.client.execute("set_access_grant_expiry", arguments);
        let executed = executed.await?;
        match was_there {
            Ok(Some(_)) => {}
            Ok(None) => return Err(not_found("grant", id.0)),
            Err(source) => return Err(FlowError::unprovable(&executed, source)),
        }
        let is_set = || async {
            let grant = self.grant(id).await?;
            // It may have ended already.
            Ok(grant.is_none_or(|grant| grant.expires_at == expires_at.0))
        };
        self.client.shown(executed, is_set).await
    }

    async fn grant(&self, id: GrantId) -> Result<Option<AccessGrant>, FlowError> {
        let grants = self.grants().await?;
        Ok(grants.into_iter().find(|grant| grant.id == id))
    }
}
