//! Credentials that people add, edit, delete and look at themselves.

use idos_types::{
    CredentialId, UserId, Uuid, Value,
    limits::{
        CONTENT_BYTES, CONTENT_BYTES_PER_USER, CREDENTIALS_PER_USER, GRANTS_BEHIND_EDIT,
        PUBLIC_KEY_BYTES, PUBLIC_NOTES_BYTES, SHORT_TEXT_BYTES,
    },
};

use crate::{
    catalogue::{declare, row},
    content::Content,
    context::{Context, Effects, Rows},
    error::{Outcome, Refusal},
    notes,
    proofs::Issued,
    removal::remove_for_owner,
    row::{Credential, CredentialHeader, Row},
    text::Text,
};

declare! {
    /// Adds a credential to the caller's profile.
    [write] add_credential = add(AddCredential {
        id: CredentialId,
        issuer_auth_public_key: Text<PUBLIC_KEY_BYTES>,
        encryptor_public_key: Text<PUBLIC_KEY_BYTES>,
        content: Text<CONTENT_BYTES>,
        public_notes: Text<PUBLIC_NOTES_BYTES>,
        public_notes_signature: Text<SHORT_TEXT_BYTES>,
        broader_signature: Text<SHORT_TEXT_BYTES>,
    });
    /// Replaces a credential of the caller that is no copy and that nobody relies on.
    [lone write] edit_credential = edit(EditCredential {
        id: CredentialId,
        public_notes: Text<PUBLIC_NOTES_BYTES>,
        public_notes_signature: Text<SHORT_TEXT_BYTES>,
        broader_signature: Text<SHORT_TEXT_BYTES>,
        content: Text<CONTENT_BYTES>,
        encryptor_public_key: Text<PUBLIC_KEY_BYTES>,
        issuer_auth_public_key: Text<PUBLIC_KEY_BYTES>,
    });
    /// Deletes a credential of the caller with its copies, as far as no lock holds them.
    [lone write] remove_credential = remove(RemoveCredential { id: CredentialId });
    /// The caller's credentials, copies included, without contents.
    [session view] get_credentials = list(GetCredentials {})
        -> table [
            id: UUID, user_id: UUID, public_notes: TEXT, issuer_auth_public_key: TEXT,
            inserter: TEXT, original_id: UUID,
        ];
    /// One of the caller's credentials with its content.
    [session view] get_credential_owned = get_owned(GetCredentialOwned { id: CredentialId })
        -> table [
            id: UUID, user_id: UUID, public_notes: TEXT, content: TEXT,
            encryptor_public_key: TEXT, issuer_auth_public_key: TEXT, inserter: TEXT,
        ];
    /// Whether a credential exists, for an inserter.
    [session view] credential_exist_as_inserter = exists_as_inserter(CredentialExists {
        id: CredentialId,
    }) -> row [credential_exist: BOOL];
}

/// A credential as it comes from outside, with the signatures that make it acceptable.
pub(crate) struct Signed {
    pub(crate) issuer_auth_public_key: String,
    pub(crate) encryptor_public_key: String,
    pub(crate) content: String,
    pub(crate) public_notes: String,
    pub(crate) public_notes_signature: String,
    pub(crate) broader_signature: String,
}

impl Signed {
    /// The row, if both signatures verify; otherwise `refusal`.
    pub(crate) fn verify(
        self,
        context: &Context<'_>,
        id: CredentialId,
        user_id: UserId,
        inserter: Option<String>,
        refusal: Refusal,
    ) -> Outcome<Credential> {
        let issued = Issued {
            issuer_auth_public_key: &self.issuer_auth_public_key,
            public_notes: &self.public_notes,
            public_notes_signature: &self.public_notes_signature,
            content: self.content.into(),
            broader_signature: &self.broader_signature,
        };
        if !context.proofs.hold(&issued) {
            return Err(refusal.into());
        }
        let content = issued.content;
        Ok(Credential {
            header: CredentialHeader {
                id,
                user_id,
                verifiable_credential_id: verifiable_credential_id(&self.public_notes)?,
                public_notes: self.public_notes,
                encryptor_public_key: self.encryptor_public_key,
                issuer_auth_public_key: self.issuer_auth_public_key,
                inserter,
            },
            content,
        })
    }
}

/// The `id` member of public notes, if they are a JSON object that has one. By it the issuer changes the
/// notes later, so one that no such call can name is refused.
fn verifiable_credential_id(public_notes: &str) -> Outcome<Option<String>> {
    let id = notes::id(public_notes);
    match id.as_ref().map(String::len) {
        Some(bytes) if bytes > SHORT_TEXT_BYTES => Err(Refusal::TooLong {
            parameter: "id of public_notes",
            bytes,
            max: SHORT_TEXT_BYTES,
        }
        .into()),
        _ => Ok(id),
    }
}

/// The effect of adding a credential: none if the very same is there already.
pub(crate) fn insert(context: &Context<'_>, new: Credential) -> Outcome<Effects> {
    match context.state.credential_header(new.header.id)? {
        Some(existing) if is_same(context, &existing, &new)? => Ok(Effects::none()),
        Some(_) => Err(Refusal::Duplicate("credentials_pkey").into()),
        None => insert_new(context, new),
    }
}

/// The same if there is none with its id.
pub(crate) fn insert_new(context: &Context<'_>, new: Credential) -> Outcome<Effects> {
    require_room(context, new.header.user_id, &[&new])?;
    Ok(Effects::one(Row::Credential(new)))
}

/// The effect of replacing a credential by one of the same person with the same id.
pub(crate) fn replace(context: &Context<'_>, new: Credential) -> Outcome<Effects> {
    let header = &new.header;
    let held = context.state.held_credentials(header.user_id)?;
    let old = context.state.content_bytes(header.id)?.unwrap_or_default();
    let others = held.content_bytes.saturating_sub(old);
    require_bytes(others.saturating_add(new.content.len()))?;
    Ok(Effects::one(Row::Credential(new)))
}

/// Whether this is the very credential that is there with its id. Its content is not read: the digest
/// tells.
pub(crate) fn is_same(
    context: &Context<'_>,
    existing: &CredentialHeader,
    new: &Credential,
) -> Outcome<bool> {
    if *existing != new.header {
        return Ok(false);
    }
    Ok(context.state.content_digest(existing.id)? == Some(*new.content.digest()))
}

/// Whether `new` credentials of a person are within the quotas of that person.
pub(crate) fn require_room(
    context: &Context<'_>,
    user: UserId,
    new: &[&Credential],
) -> Outcome<()> {
    let held = context.state.held_credentials(user)?;
    if held.credentials.saturating_add(new.len()) > CREDENTIALS_PER_USER {
        return Err(exceeded("credentials", CREDENTIALS_PER_USER).into());
    }
    let bytes: usize = new.iter().map(|credential| credential.content.len()).sum();
    require_bytes(held.content_bytes.saturating_add(bytes))
}

/// Refuses more bytes of contents than one person may have.
fn require_bytes(bytes: usize) -> Outcome<()> {
    if bytes > CONTENT_BYTES_PER_USER {
        let what = "bytes of contents of credentials";
        return Err(exceeded(what, CONTENT_BYTES_PER_USER).into());
    }
    Ok(())
}

fn exceeded(what: &'static str, max: usize) -> Refusal {
    Refusal::Quota { what, max }
}

fn add(context: &Context<'_>, new: AddCredential) -> Outcome<Effects> {
    let user = context.require_user_id("credentials")?;
    let signed = Signed {
        issuer_auth_public_key: new.issuer_auth_public_key.into_string(),
        encryptor_public_key: new.encryptor_public_key.into_string(),
        content: new.content.into_string(),
        public_notes: new.public_notes.into_string(),
        public_notes_signature: new.public_notes_signature.into_string(),
        broader_signature: new.broader_signature.into_string(),
    };
    let credential = signed.verify(context, new.id, user, None, Refusal::WrongSignature)?;
    insert(context, credential)
}

fn edit(context: &Context<'_>, new: EditCredential) -> Outcome<Effects> {
    let user = context.user_id()?;
    let owned = context
        .state
        .credential_header(new.id)?
        .filter(|header| Some(header.user_id) == user);
    let is_own_copy = owned.is_some() && context.state.credential_copy(new.id)?.is_some();
    if is_own_copy || !context.state.grants_on(new.id)?.is_empty() {
        return Err(Refusal::SharedCredential.into());
    }
    if let Some(original) = &owned {
        require_unheld(context, original)?;
    }
    let signed = Signed {
        issuer_auth_public_key: new.issuer_auth_public_key.into_string(),
        encryptor_public_key: new.encryptor_public_key.into_string(),
        content: new.content.into_string(),
        public_notes: new.public_notes.into_string(),
        public_notes_signature: new.public_notes_signature.into_string(),
        broader_signature: new.broader_signature.into_string(),
    };
    let owner = owned.map(|header| header.user_id);
    // What the owner wrote is no longer what an inserter or a write grant brought.
    let nobody = UserId(Uuid::nil());
    let credential = signed.verify(
        context,
        new.id,
        owner.unwrap_or(nobody),
        None,
        Refusal::WrongSignature,
    )?;
    match owner {
        Some(_) => replace(context, credential),
        None => Ok(Effects::none()),
    }
}

/// Refuses to replace an original whose notes a grantee reads, as of its copy, if a lock promises them
/// to the grantee, or if they are an issuer's word: they carry the id by which it changes them, or
/// stand beside its key, which signed the copy too. What persons say of themselves they may replace,
/// unless there are more grants than are looked at.
fn require_unheld(context: &Context<'_>, original: &CredentialHeader) -> Outcome<()> {
    let now = context.now();
    let issuer = &original.issuer_auth_public_key;
    let is_issuers = |signed_by: &str| {
        original.verifiable_credential_id.is_some() || signed_by.eq_ignore_ascii_case(issuer)
    };
    let grants = context
        .state
        .grants_on_copies(original.id, GRANTS_BEHIND_EDIT + 1)?;
    let are_many = grants.len() > GRANTS_BEHIND_EDIT;
    let is_held = grants.iter().any(|(grant, signed_by)| {
        grant.is_locked(now) || (grant.is_live(now) && is_issuers(signed_by))
    });
    if are_many || is_held {
        return Err(Refusal::SharedCredential.into());
    }
    Ok(())
}

fn remove(context: &Context<'_>, asked: RemoveCredential) -> Outcome<Effects> {
    let user = context.user_id()?;
    let header = context
        .state
        .credential_header(asked.id)?
        .filter(|header| Some(header.user_id) == user)
        .ok_or(Refusal::NotOwnCredential)?;
    let grants = context.state.grants_on(header.id)?;
    if grants.iter().any(|grant| grant.is_locked(context.now())) {
        return Err(Refusal::LockedCredential.into());
    }
    remove_for_owner(context, header.id)
}

fn list(context: &Context<'_>, _: GetCredentials) -> Outcome<Rows> {
    let Some(user) = context.user_id()? else {
        return Ok(Rows::new());
    };
    let credentials = context.state.credentials(user)?;
    Ok(credentials
        .into_iter()
        .map(|listed| {
            row![
                listed.id.0,
                user.0,
                listed.public_notes,
                listed.issuer_auth_public_key,
                listed.inserter,
                listed.original_id.map(|id| id.0)
            ]
        })
        .collect())
}

fn get_owned(context: &Context<'_>, asked: GetCredentialOwned) -> Outcome<Rows> {
    let user = context.user_id()?;
    let owned = context
        .state
        .credential_header(asked.id)?
        .is_some_and(|header| Some(header.user_id) == user);
    if !owned {
        return Ok(Rows::new());
    }
    let credential = context.state.credential(asked.id)?;
    Ok(credential
        .map(|Credential { header, content }| {
            full_row(header.public_notes.clone().into(), header, content)
        })
        .into_iter()
        .collect())
}

/// The seven columns in which credentials with content are returned.
pub(crate) fn full_row(
    public_notes: Value,
    header: CredentialHeader,
    content: Content,
) -> Vec<Value> {
    row![
        header.id.0,
        header.user_id.0,
        public_notes,
        content,
        header.encryptor_public_key,
        header.issuer_auth_public_key,
        header.inserter
    ]
}

fn exists_as_inserter(context: &Context<'_>, asked: CredentialExists) -> Outcome<Rows> {
    context.require_inserter()?;
    let exists = context.state.credential_header(asked.id)?.is_some();
    Ok(vec![row![exists]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_no_edit_could_name_is_refused() {
        let notes = format!(r#"{{"id":"{}"}}"#, "x".repeat(SHORT_TEXT_BYTES + 1));
        let longest = notes.replacen('x', "", 1);
        assert!(verifiable_credential_id(&longest).unwrap().is_some());
        let refused = verifiable_credential_id(&notes).unwrap_err().to_string();
        assert!(refused.contains("id of public_notes"), "{refused}");
    }
}
