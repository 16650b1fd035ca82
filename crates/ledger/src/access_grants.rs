//! Access grants as their owner and their grantee see them; revoking and ending them.

use idos_types::{CredentialId, GrantId, UserId, Value};

use crate::{
    catalogue::{declare, row},
    context::{Context, Effects, Rows},
    error::{Outcome, Refusal},
    paging::page,
    removal::end_grants_on,
    row::{AccessGrant, Deadline, Due, Key, Row},
};

/// Rows on a page when the caller leaves it open.
pub(crate) const DEFAULT_SIZE: i64 = 20;

declare! {
    /// Ends a grant of the caller that no lock holds, and the copy it was for.
    [write] revoke_access_grant = revoke(RevokeGrant { id: GrantId });
    /// Lets a grant of the caller end by itself at a time in seconds since 1970; 0 for never.
    [write] set_access_grant_expiry = set_expiry(SetExpiry { id: GrantId, expires_at: i64 });
    /// The grants that the caller gave.
    [session view] get_access_grants_owned = list_owned(GetGrantsOwned {})
        -> table [
            id: UUID, ag_owner_user_id: UUID, ag_grantee_wallet_identifier: TEXT, data_id: UUID,
            locked_until: INT8, content_hash: TEXT, inserter_type: TEXT, inserter_id: TEXT,
        ];
    /// When the grants that the caller gave end by themselves; those that never do are left out.
    [session view] get_access_grant_expiries = list_expiries(GetExpiries {})
        -> table [id: UUID, expires_at: INT8];
    /// One page of the grants to the caller, of one owner if given, oldest first.
    [session view] get_access_grants_granted = list_granted(GetGrantsGranted {
        user_id: Option<UserId>,
        page: Option<i64>,
        size: Option<i64>,
    }) -> table [
        id: UUID, ag_owner_user_id: UUID, ag_grantee_wallet_identifier: TEXT, data_id: UUID,
        locked_until: INT8, content_hash: TEXT, inserter_type: TEXT, inserter_id: TEXT,
    ];
    /// How many grants to the caller there are, of one owner if given.
    [session view] get_access_grants_granted_count = count_granted(CountGrantsGranted {
        user_id: Option<UserId>,
    }) -> row [count: INT8];
    /// Whether a lock holds a grant of the caller on this credential.
    [session view] has_locked_access_grants = has_locked(HasLocked { id: CredentialId })
        -> row [has: BOOL];
    /// The grants to the caller on one credential.
    [session view] get_access_grants_for_credential = list_for_credential(GetGrantsFor {
        credential_id: CredentialId,
    }) -> table [
        id: UUID, ag_owner_user_id: UUID, ag_grantee_wallet_identifier: TEXT, data_id: UUID,
        locked_until: INT8, content_hash: TEXT, inserter_type: TEXT, inserter_id: TEXT,
    ];
}

/// Whether a grant is for the caller; none is for nobody.
pub(crate) fn is_grant_to(context: &Context<'_>) -> impl Fn(&AccessGrant) -> bool {
    let caller = context.caller;
    |grant| !caller.is_nobody() && grant.grantee.eq_ignore_ascii_case(caller.text())
}

/// The caller's own grant with this id. One that has ended is not there any more, even if it waits for
/// the next block to go: nothing brings it back.
fn own_grant(context: &Context<'_>, id: GrantId) -> Outcome<AccessGrant> {
    let user = context.user_id()?;
    let grant = context
        .state
        .grant(id)?
        .filter(|grant| Some(grant.owner) == user && grant.is_live(context.now()));
    Ok(grant.ok_or(Refusal::NoGrant)?)
}

fn revoke(context: &Context<'_>, asked: RevokeGrant) -> Outcome<Effects> {
    let grant = own_grant(context, asked.id)?;
    if grant.is_locked(context.now()) {
        return Err(Refusal::GrantLocked.into());
    }
    end_grants_on(context, grant.data_id, |other| other.id == grant.id)
}

fn set_expiry(context: &Context<'_>, asked: SetExpiry) -> Outcome<Effects> {
    let grant = own_grant(context, asked.id)?;
    let never = asked.expires_at == 0;
    if !never && (asked.expires_at <= context.now() || asked.expires_at <= grant.locked_until) {
        return Err(Refusal::WrongExpiry.into());
    }
    let end = |at| Due {
        at,
        what: Deadline::EndGrant(grant.id),
    };
    let mut effects = Effects::none();
    if let Some(at) = grant.ends_at() {
        effects.delete(Key::Due(end(at)));
    }
    if !never {
        effects.put(Row::Due(end(asked.expires_at)));
    }
    effects.put(Row::AccessGrant(AccessGrant {
        expires_at: asked.expires_at,
        ..grant
    }));
    Ok(effects)
}

fn list_owned(context: &Context<'_>, _: GetGrantsOwned) -> Outcome<Rows> {
    Ok(match context.user_id()? {
        Some(user) => grant_rows(context, context.state.grants_owned(user)?),
        None => Rows::new(),
    })
}

fn list_expiries(context: &Context<'_>, _: GetExpiries) -> Outcome<Rows> {
    let Some(user) = context.user_id()? else {
        return Ok(Rows::new());
    };
    let grants = context.state.grants_owned(user)?;
    Ok(grants
        .into_iter()
        .filter_map(|grant| Some(row![grant.id.0, grant.ends_at()?]))
        .collect())
}

fn list_granted(context: &Context<'_>, asked: GetGrantsGranted) -> Outcome<Rows> {
    let page = page(asked.page.unwrap_or(1), asked.size.unwrap_or(DEFAULT_SIZE))?;
    if context.caller.is_nobody() {
        return Ok(Rows::new());
    }
    let grants = context
        .state
        .grants_to(context.caller.text(), asked.user_id, page)?;
    Ok(grant_rows(context, grants))
}

fn count_granted(context: &Context<'_>, asked: CountGrantsGranted) -> Outcome<Rows> {
    let count = if context.caller.is_nobody() {
        0
    } else {
        context
            .state
            .count_grants_to(context.caller.text(), asked.user_id)?
    };
    Ok(vec![row![count]])
}

fn has_locked(context: &Context<'_>, asked: HasLocked) -> Outcome<Rows> {
    let user = context.user_id()?;
    let now = context.now();
    let has = context
        .state
        .grants_on(asked.id)?
        .iter()
        .any(|grant| Some(grant.owner) == user && grant.is_locked(now));
    Ok(vec![row![has]])
}

fn list_for_credential(context: &Context<'_>, asked: GetGrantsFor) -> Outcome<Rows> {
    let mut grants = context.state.grants_on(asked.credential_id)?;
    grants.retain(is_grant_to(context));
    Ok(grant_rows(context, grants))
}

/// The eight columns in which grants are returned.
fn grant_rows(context: &Context<'_>, grants: Vec<AccessGrant>) -> Rows {
    let now = context.now();
    let live = grants.into_iter().filter(|grant| grant.is_live(now));
    live.map(grant_row).collect()
}

fn grant_row(grant: AccessGrant) -> Vec<Value> {
    row![
        grant.id.0,
        grant.owner.0,
        grant.grantee,
        grant.data_id.0,
        grant.locked_until,
        grant.content_hash,
        grant.origin.name(),
        grant.origin_id
    ]
}
