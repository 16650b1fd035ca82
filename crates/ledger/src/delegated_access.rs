//! Delegated access grants: a person signs that a grantee may read a credential, and anybody may
//! submit it.

use idos_types::{
    CredentialId, Identity,
    limits::{ADDRESS_BYTES, SHORT_TEXT_BYTES, SIGNATURE_TEXT_BYTES},
};
use idos_wallet::{AccessGrantText, verify_wallet_signature};

use crate::{
    catalogue::{declare, row},
    context::{Context, Effects, Rows},
    error::{Outcome, Refusal},
    execute::claim,
    grants::{self, NewGrant},
    removal::delegated_grant_digest,
    row::{GrantOrigin, Row},
    text::Text,
};

declare! {
    /// Makes the access grant that the owner of a credential signed.
    [write] create_ag_by_dag_for_copy = create(CreateByAccessGrant {
        dag_owner_wallet_identifier: Text<ADDRESS_BYTES>,
        dag_grantee_wallet_identifier: Text<ADDRESS_BYTES>,
        dag_data_id: CredentialId,
        dag_locked_until: i64,
        dag_content_hash: Text<SHORT_TEXT_BYTES>,
        dag_signature: Text<SIGNATURE_TEXT_BYTES>,
    });
    /// The text that a person signs to make a delegated access grant.
    [view] dag_message = message(AccessGrantMessage {
        dag_owner_wallet_identifier: Text<ADDRESS_BYTES>,
        dag_grantee_wallet_identifier: Text<ADDRESS_BYTES>,
        dag_data_id: CredentialId,
        dag_locked_until: i64,
        dag_content_hash: Text<SHORT_TEXT_BYTES>,
    }) -> row [message: TEXT];
}

fn create(context: &Context<'_>, new: CreateByAccessGrant) -> Outcome<Effects> {
    let owner = context
        .state
        .wallet_of(&Identity::of(&new.dag_owner_wallet_identifier))?
        .ok_or(Refusal::NoAccessGrantOwner)?;
    let text = AccessGrantText {
        owner: &new.dag_owner_wallet_identifier,
        grantee: &new.dag_grantee_wallet_identifier,
        data_id: new.dag_data_id.0,
        locked_until: new.dag_locked_until,
        content_hash: &new.dag_content_hash,
    }
    .message(&context.network.chain_id)
    .map_err(|_| Refusal::AccessGrantSignature)?;
    verify_wallet_signature(
        owner.wallet_type,
        &owner.address,
        owner.public_key.as_deref(),
        &text,
        &new.dag_signature,
    )
    .map_err(|_| Refusal::AccessGrantSignature)?;
    let data = context.state.credential_header(new.dag_data_id)?;
    if data.is_none_or(|data| data.user_id != owner.user_id) {
        return Err(Refusal::ForeignData.into());
    }
    let grant = NewGrant {
        owner: owner.user_id,
        grantee: grants::grantee(
            "dag_grantee_wallet_identifier",
            new.dag_grantee_wallet_identifier,
        )?,
        data_id: new.dag_data_id,
        locked_until: new.dag_locked_until,
        content_hash: Some(new.dag_content_hash.into_string()),
        origin: GrantOrigin::DelegatedAccessGrant,
        origin_id: context.caller.text().to_owned(),
    }
    .check(context)?;
    if context.state.is_spent(&delegated_grant_digest(&grant))? {
        return Err(Refusal::AccessGrantSpent.into());
    }
    let mut effects = Effects::one(Row::AccessGrant(grant));
    // Who signed it has acted, whoever submits it.
    effects.changes.extend(claim(context.state, Some(&owner))?);
    Ok(effects)
}

fn message(context: &Context<'_>, asked: AccessGrantMessage) -> Outcome<Rows> {
    let text = AccessGrantText {
        owner: &asked.dag_owner_wallet_identifier,
        grantee: &asked.dag_grantee_wallet_identifier,
        data_id: asked.dag_data_id.0,
        locked_until: asked.dag_locked_until,
        content_hash: &asked.dag_content_hash,
    }
    .message(&context.network.chain_id)
    .map_err(|_| Refusal::LineBreak("wallet identifier or hash"))?;
    Ok(vec![row![text]])
}
