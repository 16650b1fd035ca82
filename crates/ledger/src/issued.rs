//! What issuers do with the credentials they issued.

use idos_types::{
    CredentialId, UserId,
    limits::{
        CONTENT_BYTES, CREDENTIALS_PER_NOTES_EDIT, NOTES_BYTES_PER_EDIT, PUBLIC_KEY_BYTES,
        PUBLIC_NOTES_BYTES, SHORT_TEXT_BYTES,
    },
};

use crate::{
    catalogue::declare,
    context::{Context, Effects},
    credentials::{Signed, insert_new, is_same, replace},
    error::{Outcome, Refusal},
    row::CredentialHeader,
    text::Text,
    users::created_profile,
};

declare! {
    /// Adds a credential to a profile that its owner has not taken over yet, or replaces one that
    /// the same inserter issued with the same key.
    [write] upsert_credential_as_inserter = upsert(UpsertCredential {
        id: CredentialId,
        user_id: UserId,
        issuer_auth_public_key: Text<PUBLIC_KEY_BYTES>,
        encryptor_public_key: Text<PUBLIC_KEY_BYTES>,
        content: Text<CONTENT_BYTES>,
        public_notes: Text<PUBLIC_NOTES_BYTES>,
        public_notes_signature: Text<SHORT_TEXT_BYTES>,
        broader_signature: Text<SHORT_TEXT_BYTES>,
    });
    /// Replaces the public notes of credentials that the caller's key issued.
    [lone write] edit_public_notes_as_issuer = edit_notes(EditNotes {
        public_notes_id: Text<SHORT_TEXT_BYTES>,
        public_notes: Text<PUBLIC_NOTES_BYTES>,
    });
}

fn upsert(context: &Context<'_>, new: UpsertCredential) -> Outcome<Effects> {
    let inserter = context.require_inserter()?;
    let signed = Signed {
        issuer_auth_public_key: new.issuer_auth_public_key.into_string(),
        encryptor_public_key: new.encryptor_public_key.into_string(),
        content: new.content.into_string(),
        public_notes: new.public_notes.into_string(),
        public_notes_signature: new.public_notes_signature.into_string(),
        broader_signature: new.broader_signature.into_string(),
    };
    let by = Some(inserter.name.clone());
    let credential = signed.verify(context, new.id, new.user_id, by, Refusal::WrongSignature)?;
    let existing = context.state.credential_header(new.id)?;
    if let Some(existing) = &existing
        && is_same(context, existing, &credential)?
    {
        return Ok(Effects::none());
    }
    created_profile(
        context,
        &inserter,
        new.user_id,
        "credentials",
        "credentials_user_id_fkey",
    )?;
    let Some(old) = existing else {
        return insert_new(context, credential);
    };
    let new = &credential.header;
    if old.user_id != new.user_id
        || old.inserter != new.inserter
        || !old
            .issuer_auth_public_key
            .eq_ignore_ascii_case(&new.issuer_auth_public_key)
    {
        return Err(Refusal::NotIssuedByCaller.into());
    }
    // Grantees hold the hash of what they were given.
    if !context.state.grants_on(new.id)?.is_empty() {
        return Err(Refusal::SharedCredential.into());
    }
    replace(context, credential)
}

/// How the notice of `edit_public_notes_as_issuer` ends while credentials are left that do not have the
/// new notes.
pub const MORE_TO_EDIT: &str = "there are more: send the same again for the others";

/// How many credentials get these notes by one call.
fn most_edited(notes: &str) -> usize {
    let that_fit = NOTES_BYTES_PER_EDIT / notes.len().max(1);
    that_fit.min(CREDENTIALS_PER_NOTES_EDIT)
}

fn edit_notes(context: &Context<'_>, new: EditNotes) -> Outcome<Effects> {
    let mut effects = Effects::none();
    if new.public_notes_id.is_empty() {
        return Ok(effects);
    }
    // Anybody who has what the issuer signed can add it again under another id, so however many there
    // are, none is refused: the same call goes on where the last one stopped.
    let most = most_edited(&new.public_notes);
    let mut found = context.state.credentials_issued(
        context.caller.text(),
        &new.public_notes_id,
        &new.public_notes,
        most + 1,
    )?;
    if found.len() > most {
        found.truncate(most);
        effects.notice(format!(
            "{most} credentials have the new notes now, and {MORE_TO_EDIT}"
        ));
    }
    for header in found {
        // The id that notes are found by stays, whatever the new notes say.
        effects.put_header(CredentialHeader {
            public_notes: new.public_notes.to_string(),
            ..header
        });
    }
    Ok(effects)
}
