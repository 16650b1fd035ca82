//! What issuers do with the credentials they issued.

use idos_types::{
    CredentialId, UserId,
    limits::{
        CONTENT_BYTES, CREDENTIALS_PER_NOTES_EDIT, PUBLIC_KEY_BYTES, PUBLIC_NOTES_BYTES,
        SHORT_TEXT_BYTES,
    },
};

use crate::{
    catalogue::declare,
    context::{Context, Effects},
    credentials::{Signed, insert},
    error::{Outcome, Refusal},
    row::Row,
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
    [write] edit_public_notes_as_issuer = edit_notes(EditNotes {
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
    let existing = context.state.credential(new.id)?;
    if existing.as_ref() == Some(&credential) {
        return Ok(Effects::none());
    }
    created_profile(
        context,
        &inserter,
        new.user_id,
        "credentials",
        "credentials_user_id_fkey",
    )?;
    let Some(existing) = existing else {
        return insert(context, credential);
    };
    let (old, new) = (&existing.header, &credential.header);
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
    Ok(Effects::one(Row::Credential(credential)))
}

fn edit_notes(context: &Context<'_>, new: EditNotes) -> Outcome<Effects> {
    let mut effects = Effects::none();
    if new.public_notes_id.is_empty() {
        return Ok(effects);
    }
    let ids = context.state.credentials_issued(
        context.caller.text(),
        &new.public_notes_id,
        CREDENTIALS_PER_NOTES_EDIT + 1,
    )?;
    if ids.len() > CREDENTIALS_PER_NOTES_EDIT {
        return Err(Refusal::Quota {
            what: "credentials with the same id in their notes",
            max: CREDENTIALS_PER_NOTES_EDIT,
        }
        .into());
    }
    for id in ids {
        if let Some(mut credential) = context.state.credential(id)? {
            // The id that notes are found by stays, whatever the new notes say.
            (*new.public_notes).clone_into(&mut credential.header.public_notes);
            effects.put(Row::Credential(credential));
        }
    }
    Ok(effects)
}
