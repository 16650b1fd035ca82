//! Sharing a credential as a copy for one grantee, and what that grantee can do with it.

use std::collections::HashSet;

use idos_types::{
    CredentialId, UserId, Value,
    limits::{
        ADDRESS_BYTES, CONTENT_BYTES, COPIES_PER_CREDENTIAL, GRANTS_PER_CREDENTIAL,
        GRANTS_PER_USER, PUBLIC_KEY_BYTES, PUBLIC_NOTES_BYTES, SHORT_TEXT_BYTES,
    },
};

use crate::{
    access_grants::is_grant_to,
    catalogue::{declare, row},
    context::{Context, Effects, Rows},
    credentials::{Signed, full_row, insert},
    error::{Outcome, Refusal},
    grants::{self, NewGrant},
    removal::end_grants_on,
    row::{Credential, CredentialCopy, GrantOrigin, Row},
    state::Page,
    text::Text,
};

declare! {
    /// Shares a credential of the caller: adds a copy encrypted for the grantee, and the grant.
    [write] share_credential = share(ShareCredential {
        id: CredentialId,
        original_credential_id: CredentialId,
        public_notes: Text<PUBLIC_NOTES_BYTES>,
        public_notes_signature: Text<SHORT_TEXT_BYTES>,
        broader_signature: Text<SHORT_TEXT_BYTES>,
        content: Text<CONTENT_BYTES>,
        content_hash: Option<Text<SHORT_TEXT_BYTES>>,
        encryptor_public_key: Text<PUBLIC_KEY_BYTES>,
        issuer_auth_public_key: Text<PUBLIC_KEY_BYTES>,
        grantee_wallet_identifier: Text<ADDRESS_BYTES>,
        locked_until: i64,
    });
    /// Gives up the caller's own grants on a credential, locked or not.
    [write] rescind_shared_credential = rescind(RescindCredential { credential_id: CredentialId });
    /// The copies that one person shared with the caller, with the notes of their originals.
    [session view] get_credentials_shared_by_user = list_shared(GetShared {
        user_id: UserId,
        original_issuer_auth_public_key: Option<Text<PUBLIC_KEY_BYTES>>,
    }) -> table [
        id: UUID, user_id: UUID, public_notes: TEXT, encryptor_public_key: TEXT,
        issuer_auth_public_key: TEXT, inserter: TEXT, original_id: UUID,
    ];
    /// A credential that was shared with the caller, with its content.
    [session view] get_credential_shared = get_shared(GetCredentialShared { id: CredentialId })
        -> table [
            id: UUID, user_id: UUID, public_notes: TEXT, content: TEXT,
            encryptor_public_key: TEXT, issuer_auth_public_key: TEXT, inserter: TEXT,
        ];
    /// The first credential shared with the caller whose plaintext has this hash.
    [session view] get_sibling_credential_id = get_sibling(GetSibling {
        content_hash: Text<SHORT_TEXT_BYTES>,
    }) -> row [id: UUID];
}

fn share(context: &Context<'_>, new: ShareCredential) -> Outcome<Effects> {
    let user = context.user_id()?;
    let owner = context
        .state
        .credential_header(new.original_credential_id)?
        .map(|original| original.user_id)
        .filter(|owner| Some(*owner) == user)
        .ok_or(Refusal::NotOwnOriginal)?;
    if !new.public_notes.is_empty() {
        return Err(Refusal::NotesOnCopy.into());
    }
    if context
        .state
        .credential_copy(new.original_credential_id)?
        .is_some()
    {
        return Err(Refusal::CopyOfCopy.into());
    }
    let signed = Signed {
        issuer_auth_public_key: new.issuer_auth_public_key.into_string(),
        encryptor_public_key: new.encryptor_public_key.into_string(),
        content: new.content.into_string(),
        public_notes: String::new(),
        public_notes_signature: new.public_notes_signature.into_string(),
        broader_signature: new.broader_signature.into_string(),
    };
    let copy = signed.verify(context, new.id, owner, None, Refusal::WrongSignature)?;
    let mut effects = insert(context, copy)?;
    let link = CredentialCopy {
        copy_id: new.id,
        original_id: Some(new.original_credential_id),
        notes: String::new(),
    };
    if effects.changes.is_empty() && context.state.credential_copy(new.id)?.as_ref() != Some(&link)
    {
        return Err(Refusal::Duplicate("credentials_pkey").into());
    }
    let is_retry = effects.changes.is_empty();
    let grant = NewGrant {
        owner,
        grantee: grants::grantee("grantee_wallet_identifier", new.grantee_wallet_identifier)?,
        data_id: new.id,
        locked_until: new.locked_until,
        content_hash: new.content_hash.map(Text::into_string),
        origin: GrantOrigin::User,
        origin_id: context.caller.text().to_owned(),
    };
    if is_retry {
        let same = context
            .state
            .grants_on(new.id)?
            .into_iter()
            .any(|existing| {
                existing.grantee == grant.grantee
                    && existing.locked_until == grant.locked_until
                    && existing.content_hash == grant.content_hash
            });
        // The very same copy and grant: a retry. The same copy for another grant is not.
        return if same {
            Ok(effects)
        } else {
            Err(Refusal::Duplicate("credentials_pkey").into())
        };
    }
    let others = context.state.count_copies(new.original_credential_id)?;
    if others >= COPIES_PER_CREDENTIAL {
        return Err(Refusal::Quota {
            what: "copies of one credential",
            max: COPIES_PER_CREDENTIAL,
        }
        .into());
    }
    effects.put(Row::CredentialCopy(link));
    effects.put(Row::AccessGrant(grant.check(context)?));
    Ok(effects)
}

fn rescind(context: &Context<'_>, asked: RescindCredential) -> Outcome<Effects> {
    let is_mine = is_grant_to(context);
    let effects = end_grants_on(context, asked.credential_id, is_mine)?;
    if effects.changes.is_empty() {
        return Err(Refusal::NotSharedToCaller.into());
    }
    Ok(effects)
}

fn list_shared(context: &Context<'_>, asked: GetShared) -> Outcome<Rows> {
    if context.caller.is_nobody() {
        return Ok(Rows::new());
    }
    let page = Page {
        offset: 0,
        rows: i64::try_from(GRANTS_PER_USER).unwrap_or(i64::MAX),
    };
    let grants = context
        .state
        .grants_to(context.caller.text(), Some(asked.user_id), page)?;
    let now = context.now();
    let mut rows = Rows::new();
    let mut seen = HashSet::new();
    for grant in grants.into_iter().filter(|grant| grant.is_live(now)) {
        if !seen.insert(grant.data_id) {
            continue;
        }
        let Some(copy) = context.state.credential_copy(grant.data_id)? else {
            continue;
        };
        let Some(header) = context.state.credential_header(copy.copy_id)? else {
            continue;
        };
        let original = match copy.original_id {
            Some(id) => context.state.credential_header(id)?,
            None => None,
        };
        if let Some(issuer) = &asked.original_issuer_auth_public_key
            && original
                .as_ref()
                .is_none_or(|original| original.issuer_auth_public_key != **issuer)
        {
            continue;
        }
        rows.push(row![
            header.id.0,
            header.user_id.0,
            original.map_or(copy.notes, |original| original.public_notes),
            header.encryptor_public_key,
            header.issuer_auth_public_key,
            header.inserter,
            copy.original_id.map(|id| id.0)
        ]);
    }
    Ok(rows)
}

fn get_shared(context: &Context<'_>, asked: GetCredentialShared) -> Outcome<Rows> {
    if context.state.credential_header(asked.id)?.is_none() {
        return Err(Refusal::NoCredential.into());
    }
    let now = context.now();
    let is_mine = is_grant_to(context);
    let grants = context.state.grants_on(asked.id)?;
    if !grants
        .iter()
        .any(|grant| is_mine(grant) && grant.is_live(now))
    {
        return Err(Refusal::NotShared.into());
    }
    let copy = context.state.credential_copy(asked.id)?;
    let original = match copy.as_ref().and_then(|copy| copy.original_id) {
        Some(id) => context.state.credential_header(id)?,
        None => None,
    };
    let credential = context.state.credential(asked.id)?;
    Ok(credential
        .map(|Credential { header, content }| {
            // A copy has the notes of its original, or what was kept of them; an original that was
            // granted itself shows none, as the catalogue has it.
            let kept = copy.map(|copy| copy.notes);
            let notes = original.map(|original| original.public_notes).or(kept);
            full_row(Value::from(notes), header, content)
        })
        .into_iter()
        .collect())
}

fn get_sibling(context: &Context<'_>, asked: GetSibling) -> Outcome<Rows> {
    if context.caller.is_nobody() {
        return Ok(Rows::new());
    }
    let now = context.now();
    let grants = context.state.grants_with_content_hash(
        context.caller.text(),
        &asked.content_hash,
        GRANTS_PER_CREDENTIAL,
    )?;
    Ok(grants
        .into_iter()
        .find(|grant| grant.is_live(now))
        .map(|grant| row![grant.data_id.0])
        .into_iter()
        .collect())
}
