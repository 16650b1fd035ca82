//! Rows of credentials and of their copies.

use idos_types::{CredentialId, UserId};

use crate::content::Content;

/// What a credential says without its content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CredentialHeader {
    /// Chosen by the client.
    pub id: CredentialId,
    /// Whose it is.
    pub user_id: UserId,
    /// The `id` in the public notes, by which its issuer can update them.
    pub verifiable_credential_id: Option<String>,
    /// Readable by everyone who may see the credential; empty for copies.
    pub public_notes: String,
    /// Ephemeral public key that the content is encrypted from, base64.
    pub encryptor_public_key: String,
    /// Key that signed notes and content, as given.
    pub issuer_auth_public_key: String,
    /// Name of the inserter or id of the delegated write grant, unless the person added it.
    pub inserter: Option<String>,
}

/// What the list of a person's credentials says of each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedCredential {
    /// See [`CredentialHeader::id`].
    pub id: CredentialId,
    /// See [`CredentialHeader::public_notes`].
    pub public_notes: String,
    /// See [`CredentialHeader::issuer_auth_public_key`].
    pub issuer_auth_public_key: String,
    /// See [`CredentialHeader::inserter`].
    pub inserter: Option<String>,
    /// See [`CredentialCopy::original_id`]; `None` if it is no copy.
    pub original_id: Option<CredentialId>,
}

/// A credential with its content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credential {
    /// Everything but the content.
    pub header: CredentialHeader,
    /// What it holds.
    pub content: Content,
}

/// Says that a credential is a copy made for a grantee.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CredentialCopy {
    /// The copy.
    pub copy_id: CredentialId,
    /// What it is a copy of; `None` once that was deleted while the copy is under a lock.
    pub original_id: Option<CredentialId>,
    /// What is kept of the original's public notes from then on, for the grantee to read; empty
    /// before.
    pub notes: String,
}
