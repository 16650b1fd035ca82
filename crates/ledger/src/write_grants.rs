//! Delegated write grants: a person signs that an issuer may add a credential, once, with a copy
//! for a grantee.

use idos_types::{
    CredentialId, Identity, UserId, Uuid, WriteGrantId, fold,
    limits::{
        ADDRESS_BYTES, CONTENT_BYTES, PUBLIC_KEY_BYTES, PUBLIC_NOTES_BYTES, SHORT_TEXT_BYTES,
        SIGNATURE_TEXT_BYTES, WRITE_GRANT_EARLY_SECONDS,
    },
    parse_date,
};
use idos_wallet::{WriteGrantText, verify_wallet_signature};

use crate::{
    catalogue::{declare, row},
    context::{Context, Effects, Rows},
    credentials::{Signed, is_same, require_room},
    error::{Outcome, Refusal},
    execute::claim,
    grants::{self, NewGrant},
    row::{Credential, CredentialCopy, Deadline, Due, GrantOrigin, Row, Wallet},
    text::Text,
};

/// What the refusal of a write grant that was used names: whoever used it issued by it.
pub const USED_WRITE_GRANTS: &str = "consumed_write_grants_pkey";

declare! {
    /// Adds a credential and a copy of it for a grantee, by a write grant that its owner signed.
    [write] create_credentials_by_dwg = create(CreateByWriteGrant {
        issuer_auth_public_key: Text<PUBLIC_KEY_BYTES>,
        original_encryptor_public_key: Text<PUBLIC_KEY_BYTES>,
        original_credential_id: CredentialId,
        original_content: Text<CONTENT_BYTES>,
        original_public_notes: Text<PUBLIC_NOTES_BYTES>,
        original_public_notes_signature: Text<SHORT_TEXT_BYTES>,
        original_broader_signature: Text<SHORT_TEXT_BYTES>,
        copy_encryptor_public_key: Text<PUBLIC_KEY_BYTES>,
        copy_credential_id: CredentialId,
        copy_content: Text<CONTENT_BYTES>,
        copy_public_notes_signature: Text<SHORT_TEXT_BYTES>,
        copy_broader_signature: Text<SHORT_TEXT_BYTES>,
        content_hash: Option<Text<SHORT_TEXT_BYTES>>,
        dwg_owner: Text<ADDRESS_BYTES>,
        dwg_grantee: Text<ADDRESS_BYTES>,
        dwg_issuer_public_key: Text<PUBLIC_KEY_BYTES>,
        dwg_id: WriteGrantId,
        dwg_access_grant_timelock: Text<SHORT_TEXT_BYTES>,
        dwg_not_before: Text<SHORT_TEXT_BYTES>,
        dwg_not_after: Text<SHORT_TEXT_BYTES>,
        dwg_signature: Text<SIGNATURE_TEXT_BYTES>,
    });
    /// The text that a person signs to make a delegated write grant.
    [view] dwg_message = message(WriteGrantMessage {
        owner_wallet_identifier: Text<ADDRESS_BYTES>,
        grantee_wallet_identifier: Text<ADDRESS_BYTES>,
        issuer_public_key: Text<PUBLIC_KEY_BYTES>,
        id: Uuid,
        access_grant_timelock: Text<SHORT_TEXT_BYTES>,
        not_usable_before: Text<SHORT_TEXT_BYTES>,
        not_usable_after: Text<SHORT_TEXT_BYTES>,
    }) -> row [message: TEXT];
}

fn date(name: &'static str, text: &str) -> Outcome<i64> {
    Ok(parse_date(text).map_err(|_| Refusal::Date(name))?)
}

fn create(context: &Context<'_>, new: CreateByWriteGrant) -> Outcome<Effects> {
    require_same_issuer(
        context,
        &new.issuer_auth_public_key,
        &new.dwg_issuer_public_key,
    )?;
    let owner = context
        .state
        .wallet_of(&Identity::of(&new.dwg_owner))?
        .ok_or(Refusal::NoWriteGrantOwner)?;
    let dates = Dates::usable_now(context, &new)?;
    require_signature(context, &owner, &new)?;
    let addition = Addition::verified(context, owner.user_id, new)?;
    if context.state.is_write_grant_used(addition.by)? {
        // An issuer that did not hear of its success may ask again.
        return if addition.is_there(context)? {
            Ok(Effects::none())
        } else {
            Err(Refusal::Duplicate(USED_WRITE_GRANTS).into())
        };
    }
    addition.require_new(context)?;
    require_room(
        context,
        owner.user_id,
        &[&addition.original, &addition.copy],
    )?;
    let mut effects = addition.effects(context, owner.user_id, &dates)?;
    // Who signed the write grant has acted, whoever submits it.
    effects.changes.extend(claim(context.state, Some(&owner))?);
    Ok(effects)
}

/// What a write grant says about time.
struct Dates {
    locked_until: i64,
    not_after: i64,
}

impl Dates {
    /// Refuses a write grant that may not be used at this time.
    fn usable_now(context: &Context<'_>, new: &CreateByWriteGrant) -> Outcome<Self> {
        let locked_until = date("dwg_access_grant_timelock", &new.dwg_access_grant_timelock)?;
        let not_before = date("dwg_not_before", &new.dwg_not_before)?;
        let not_after = date("dwg_not_after", &new.dwg_not_after)?;
        if not_before >= not_after {
            return Err(Refusal::WriteGrantTimes.into());
        }
        let now = context.now();
        if not_before > now.saturating_add(WRITE_GRANT_EARLY_SECONDS) || now > not_after {
            return Err(Refusal::WriteGrantWindow.into());
        }
        Ok(Self {
            locked_until,
            not_after,
        })
    }
}

/// The owner signed this very write grant, for this network.
fn require_signature(
    context: &Context<'_>,
    owner: &Wallet,
    new: &CreateByWriteGrant,
) -> Outcome<()> {
    let text = WriteGrantText {
        owner: &new.dwg_owner,
        grantee: &new.dwg_grantee,
        issuer_public_key: &new.dwg_issuer_public_key,
        id: new.dwg_id.0,
        access_grant_timelock: &new.dwg_access_grant_timelock,
        not_usable_before: &new.dwg_not_before,
        not_usable_after: &new.dwg_not_after,
    }
    .message(&context.network.chain_id)
    .map_err(|_| Refusal::WriteGrantSignature)?;
    verify_wallet_signature(
        owner.wallet_type,
        &owner.address,
        owner.public_key.as_deref(),
        &text,
        &new.dwg_signature,
    )
    .map_err(|_| Refusal::WriteGrantSignature)?;
    Ok(())
}

/// What an issuer adds by a write grant.
struct Addition {
    by: WriteGrantId,
    original: Credential,
    copy: Credential,
    grantee: Text<ADDRESS_BYTES>,
    content_hash: Option<Text<SHORT_TEXT_BYTES>>,
}

impl Addition {
    /// Both credentials, if the issuer signed them.
    fn verified(context: &Context<'_>, owner: UserId, new: CreateByWriteGrant) -> Outcome<Self> {
        let issuer = new.issuer_auth_public_key.into_string();
        let by = Some(new.dwg_id.to_string());
        let original = Signed {
            issuer_auth_public_key: issuer.clone(),
            encryptor_public_key: new.original_encryptor_public_key.into_string(),
            content: new.original_content.into_string(),
            public_notes: new.original_public_notes.into_string(),
            public_notes_signature: new.original_public_notes_signature.into_string(),
            broader_signature: new.original_broader_signature.into_string(),
        }
        .verify(
            context,
            new.original_credential_id,
            owner,
            by.clone(),
            Refusal::OriginalSignature,
        )?;
        let copy = Signed {
            issuer_auth_public_key: issuer,
            encryptor_public_key: new.copy_encryptor_public_key.into_string(),
            content: new.copy_content.into_string(),
            public_notes: String::new(),
            public_notes_signature: new.copy_public_notes_signature.into_string(),
            broader_signature: new.copy_broader_signature.into_string(),
        }
        .verify(
            context,
            new.copy_credential_id,
            owner,
            by,
            Refusal::CopySignature,
        )?;
        Ok(Self {
            by: new.dwg_id,
            original,
            copy,
            grantee: new.dwg_grantee,
            content_hash: new.content_hash,
        })
    }

    fn is_there(&self, context: &Context<'_>) -> Outcome<bool> {
        Ok(is_there(context, &self.original)? && is_there(context, &self.copy)?)
    }

    /// Neither credential takes the id of another.
    fn require_new(&self, context: &Context<'_>) -> Outcome<()> {
        let (first, second) = (self.original.header.id, self.copy.header.id);
        if first == second
            || context.state.credential_header(first)?.is_some()
            || context.state.credential_header(second)?.is_some()
        {
            return Err(Refusal::Duplicate("credentials_pkey").into());
        }
        Ok(())
    }

    /// The credentials, the access grant on the copy, and what remembers the write grant while it
    /// could be used again.
    fn effects(self, context: &Context<'_>, owner: UserId, dates: &Dates) -> Outcome<Effects> {
        let Self {
            by,
            original,
            copy,
            grantee,
            content_hash,
        } = self;
        let grant = NewGrant {
            owner,
            grantee: grants::grantee("dwg_grantee", grantee)?,
            data_id: copy.header.id,
            locked_until: dates.locked_until,
            content_hash: content_hash.map(Text::into_string),
            origin: GrantOrigin::DelegatedWriteGrant,
            origin_id: by.to_string(),
        }
        .check(context)?;
        let link = CredentialCopy {
            copy_id: copy.header.id,
            original_id: Some(original.header.id),
            notes: String::new(),
        };
        let lapses = Due {
            at: dates.not_after.saturating_add(1),
            what: Deadline::ForgetWriteGrant(by),
        };
        let mut effects = Effects::none();
        effects.put(Row::Credential(original));
        effects.put(Row::Credential(copy));
        effects.put(Row::CredentialCopy(link));
        effects.put(Row::AccessGrant(grant));
        effects.put(Row::UsedWriteGrant(by));
        effects.put(Row::Due(lapses));
        Ok(effects)
    }
}

/// Whether this very credential is there.
fn is_there(context: &Context<'_>, credential: &Credential) -> Outcome<bool> {
    match context.state.credential_header(credential.header.id)? {
        Some(existing) => is_same(context, &existing, credential),
        None => Ok(false),
    }
}

/// The key that signed the credential and the one that the write grant names act for the same
/// inserter; they may be the same key.
fn require_same_issuer(context: &Context<'_>, issuer: &str, named: &str) -> Outcome<()> {
    let issuer = context.state.delegate(&fold(issuer))?;
    let named = context.state.delegate(&fold(named))?;
    match (issuer, named) {
        (Some(issuer), Some(named)) if issuer.inserter_id == named.inserter_id => Ok(()),
        _ => Err(Refusal::ForeignIssuer.into()),
    }
}

fn message(context: &Context<'_>, asked: WriteGrantMessage) -> Outcome<Rows> {
    date("access_grant_timelock", &asked.access_grant_timelock)?;
    let not_before = date("not_usable_before", &asked.not_usable_before)?;
    let not_after = date("not_usable_after", &asked.not_usable_after)?;
    if not_before >= not_after {
        return Err(Refusal::MessageTimes.into());
    }
    let text = WriteGrantText {
        owner: &asked.owner_wallet_identifier,
        grantee: &asked.grantee_wallet_identifier,
        issuer_public_key: &asked.issuer_public_key,
        id: asked.id,
        access_grant_timelock: &asked.access_grant_timelock,
        not_usable_before: &asked.not_usable_before,
        not_usable_after: &asked.not_usable_after,
    }
    .message(&context.network.chain_id)
    .map_err(|_| Refusal::LineBreak("wallet identifier or key"))?;
    Ok(vec![row![text]])
}
