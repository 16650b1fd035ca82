//! The person's own credentials.

use idos_crypto::{Plaintext, Sealed, SigningKey, content_hash};
use idos_ledger::{Answer, Credential, CredentialHeader};
use idos_types::{CredentialId, Digest, Value};

use super::{Filter, Keys, Person, not_found, not_opened};
use crate::{
    execute::Executed,
    flow_error::{FlowError, NotOpened},
    fresh_id::fresh_id,
};

/// A credential of the list, without content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CredentialEntry {
    /// The row.
    pub header: CredentialHeader,
    /// Whether it is a copy that was made for a grantee.
    pub is_copy: bool,
    /// What it is a copy of, unless that was deleted.
    pub original: Option<CredentialId>,
}

/// A credential of the person, opened.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnedCredential {
    /// Everything but the content.
    pub header: CredentialHeader,
    /// The content.
    pub content: Plaintext,
    /// SHA-256 of the content: what grants and delegated grants name.
    pub content_hash: Digest,
}

/// Credentials are personal data.
impl std::fmt::Debug for OwnedCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OwnedCredential({})", self.header.id)
    }
}

impl Person {
    /// All credentials of the profile, copies included.
    pub async fn credentials(&self) -> Result<Vec<CredentialEntry>, FlowError> {
        let Answer::Credentials(rows) = self.client.proved("get_credentials", Vec::new()).await?
        else {
            return Err(FlowError::OtherAnswer);
        };
        let entries = rows.into_iter().map(|(header, copy)| CredentialEntry {
            header,
            is_copy: copy.is_some(),
            original: copy.and_then(|copy| copy.original_id),
        });
        Ok(entries.collect())
    }

    /// The originals, without copies.
    pub async fn originals(&self) -> Result<Vec<CredentialEntry>, FlowError> {
        let mut entries = self.credentials().await?;
        entries.retain(|entry| !entry.is_copy);
        Ok(entries)
    }

    /// The originals that fit a filter. Contents are fetched and opened only if the filter looks at
    /// them, and only of what fits otherwise; of what does not open then, nobody can tell.
    pub async fn filtered(
        &self,
        filter: &Filter,
        keys: &Keys,
    ) -> Result<Vec<Result<CredentialEntry, NotOpened>>, FlowError> {
        let mut fitting = Vec::new();
        for entry in self.originals().await? {
            let header = &entry.header;
            if !filter.fits_issuer(&header.issuer_auth_public_key)
                || !filter.notes.fit(header.public_notes.as_bytes())
            {
                continue;
            }
            if filter.content.is_empty() {
                fitting.push(Ok(entry));
                continue;
            }
            match self.try_credential(keys, header.id).await? {
                Ok(opened) if filter.content.fit(&opened.content) => fitting.push(Ok(entry)),
                Ok(_) => {}
                Err(fault) => fitting.push(Err(fault)),
            }
        }
        Ok(fitting)
    }

    /// Fetches and opens a credential.
    pub async fn credential(
        &self,
        keys: &Keys,
        id: CredentialId,
    ) -> Result<OwnedCredential, FlowError> {
        Ok(self.try_credential(keys, id).await??)
    }

    /// Fetches a credential as it is stored, sealed.
    pub async fn sealed_credential(&self, id: CredentialId) -> Result<Credential, FlowError> {
        let arguments = vec![Value::Uuid(id.0)];
        let answer = self.client.proved("get_credential_owned", arguments);
        let Answer::CredentialOwned(found) = answer.await? else {
            return Err(FlowError::OtherAnswer);
        };
        found.ok_or_else(|| not_found("credential", id.0))
    }

    /// Fetches a credential, and opens it if it opens.
    pub(super) async fn try_credential(
        &self,
        keys: &Keys,
        id: CredentialId,
    ) -> Result<Result<OwnedCredential, NotOpened>, FlowError> {
        let found = self.sealed_credential(id).await?;
        let sealed = Sealed::from_base64(&found.content, &found.header.encryptor_public_key);
        let content = match sealed.and_then(|sealed| keys.open(&sealed)) {
            Ok(content) => content,
            Err(error) => return Ok(Err(not_opened("credential", id.0, error.into()))),
        };
        let content_hash = content_hash(&content);
        Ok(Ok(OwnedCredential {
            header: found.header,
            content,
            content_hash,
        }))
    }

    /// Adds a credential that an issuer handed to the person: `issuer` signs notes and sealed
    /// content. For what a person says of themselves it is a key of their own.
    pub async fn add_credential(
        &self,
        keys: &Keys,
        notes: &str,
        content: &[u8],
        issuer: &SigningKey,
    ) -> Result<CredentialId, FlowError> {
        let id = CredentialId(fresh_id()?);
        let sealed = keys.public_key().seal(content)?;
        let signatures = issuer.sign_credential(notes, sealed.content());
        let arguments = vec![
            Value::Uuid(id.0),
            Value::from(signatures.issuer_auth_public_key),
            Value::from(sealed.encryptor_public_key().to_base64()),
            Value::from(sealed.content_base64()),
            Value::from(notes),
            Value::from(signatures.public_notes_signature),
            Value::from(signatures.broader_signature),
        ];
        self.client.execute("add_credential", arguments).await?;
        Ok(id)
    }

    /// Replaces a credential in its place, unless a lock holds a copy of it, or somebody reads a copy
    /// as the word of the issuer who signed it. Copies keep what they have: [`Person::renewals`] tells
    /// which.
    pub async fn edit_credential(
        &self,
        keys: &Keys,
        id: CredentialId,
        notes: &str,
        content: &[u8],
        issuer: &SigningKey,
    ) -> Result<Executed, FlowError> {
        let sealed = keys.public_key().seal(content)?;
        let signatures = issuer.sign_credential(notes, sealed.content());
        let arguments = vec![
            Value::Uuid(id.0),
            Value::from(notes),
            Value::from(signatures.public_notes_signature),
            Value::from(signatures.broader_signature),
            Value::from(sealed.content_base64()),
            Value::from(sealed.encryptor_public_key().to_base64()),
            Value::from(signatures.issuer_auth_public_key),
        ];
        Ok(self.client.execute("edit_credential", arguments).await?)
    }

    /// Deletes a credential with its copies, as far as no lock holds them; it is proved that the
    /// credential is gone. What copies stay until when, the log of the receipt says, and that is one
    /// node's word.
    pub async fn remove_credential(&self, id: CredentialId) -> Result<Executed, FlowError> {
        let is_there = || async {
            let entries = self.credentials().await?;
            Ok(entries.iter().any(|entry| entry.header.id == id))
        };
        let ending = self
            .client
            .ended("remove_credential", id.0, "credential", is_there);
        ending.await
    }
}
