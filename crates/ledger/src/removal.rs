//! Taking credentials and grants away. Nothing is left to the database's cascades: every row that
//! goes is an effect, and what a lock holds stays until the due queue ends it.

use idos_types::{BlockTime, CredentialId, Digest};

use crate::{
    context::{Context, Effects},
    error::Outcome,
    row::{AccessGrant, CredentialCopy, Deadline, Due, GrantOrigin, Key, Row},
};

/// Ends a grant: its row, its deadline, and for a delegated access grant the possibility to make
/// it again from the same message.
pub(crate) fn end_grant(effects: &mut Effects, grant: &AccessGrant) {
    effects.delete(Key::AccessGrant(grant.id));
    if let Some(at) = grant.ends_at() {
        effects.delete(Key::Due(Due {
            at,
            what: Deadline::EndGrant(grant.id),
        }));
    }
    if grant.origin == GrantOrigin::DelegatedAccessGrant {
        effects.put(Row::SpentMessage(delegated_grant_digest(grant)));
    }
}

/// What a delegated access grant says, as far as it makes the grant what it is. Folded, since
/// grantees compare ignoring case.
pub(crate) fn delegated_grant_digest(grant: &AccessGrant) -> Digest {
    Digest::of_parts(
        "idos/ended-access-grant/v1",
        &[
            grant.grantee.to_ascii_lowercase().as_bytes(),
            grant.data_id.0.as_bytes(),
            &grant.locked_until.to_be_bytes(),
            grant
                .content_hash
                .as_deref()
                .unwrap_or_default()
                .to_ascii_lowercase()
                .as_bytes(),
        ],
    )
}

/// When a credential that its owner deleted is looked at again, because a lock on it ends.
fn release_after(locked_until: i64, id: CredentialId) -> Due {
    Due {
        // A lock includes its last second.
        at: locked_until.saturating_add(1),
        what: Deadline::ReleaseCredential(id),
    }
}

/// Ends `ended`, grants on one credential. With the last grant goes what was there for grantees
/// only: a copy, or what a lock had kept of an erased profile; and with the last of that, the
/// profile. What its owner took back waits for the locks that are left; grants on it that no lock
/// protects go with the next block.
pub(crate) fn end_grants_on(
    context: &Context<'_>,
    data: CredentialId,
    ended: impl Fn(&AccessGrant) -> bool,
) -> Outcome<Effects> {
    let mut effects = Effects::none();
    let grants = context.state.grants_on(data)?;
    let (gone, left): (Vec<_>, Vec<_>) = grants.into_iter().partition(ended);
    for grant in &gone {
        end_grant(&mut effects, grant);
    }
    let Some(owner) = gone.first().map(|grant| grant.owner) else {
        return Ok(effects);
    };
    let is_erased = context.state.user(owner)?.is_some_and(|user| user.erased);
    let copy = context.state.credential_copy(data)?;
    let is_withdrawn = is_erased || copy.as_ref().is_some_and(|copy| copy.original_id.is_none());
    if is_withdrawn {
        for grant in &gone {
            effects.delete(Key::Due(release_after(grant.locked_until, data)));
        }
        // Locks that ended count as well: their deadline may be late, and no later one comes.
        if let Some(first_end) = left.iter().map(|grant| grant.locked_until).min() {
            effects.put(Row::Due(release_after(first_end, data)));
        }
    }
    if left.is_empty() && (is_erased || copy.is_some()) {
        effects.delete(Key::CredentialCopy(data));
        effects.delete(Key::Credential(data));
        if is_erased && context.state.held_credentials(owner)?.credentials == 1 {
            effects.delete(Key::User(owner));
        }
    }
    Ok(effects)
}

/// Deletes a credential of which no grant is locked, with its copies as far as no lock holds them.
pub(crate) fn remove_for_owner(context: &Context<'_>, id: CredentialId) -> Outcome<Effects> {
    let mut effects = Effects::none();
    let mut copies = context.state.copies_of_credential(id)?;
    // The state does not promise an order, and notices are part of the result.
    copies.sort_unstable();
    let original = context.state.credential_header(id)?;
    for copy in copies {
        if withdraw(context, &mut effects, copy)? {
            continue;
        }
        // Its grantee reads the notes of the original, as long as the lock lasts.
        let notes = original
            .as_ref()
            .map(|original| original.public_notes.clone());
        effects.put(Row::CredentialCopy(CredentialCopy {
            copy_id: copy,
            original_id: None,
            notes: notes.unwrap_or_default(),
        }));
    }
    for grant in context.state.grants_on(id)? {
        end_grant(&mut effects, &grant);
    }
    effects.delete(Key::CredentialCopy(id));
    effects.delete(Key::Credential(id));
    Ok(effects)
}

/// Ends every grant on a credential that is not locked. If none was, the credential goes, and the
/// answer is true; otherwise it is put on the due queue for the end of its first lock.
pub(crate) fn withdraw(
    context: &Context<'_>,
    effects: &mut Effects,
    id: CredentialId,
) -> Outcome<bool> {
    let now = context.now();
    let grants = context.state.grants_on(id)?;
    let (locked, free): (Vec<_>, Vec<_>) =
        grants.into_iter().partition(|grant| grant.is_locked(now));
    for grant in &free {
        end_grant(effects, grant);
    }
    let Some(first_end) = locked.iter().map(|grant| grant.locked_until).min() else {
        effects.delete(Key::CredentialCopy(id));
        effects.delete(Key::Credential(id));
        return Ok(true);
    };
    effects.put(Row::Due(release_after(first_end, id)));
    let last_end = locked
        .iter()
        .map(|grant| grant.locked_until)
        .max()
        .unwrap_or(first_end);
    let last_millis = u64::try_from(last_end).unwrap_or(0).saturating_mul(1000);
    effects.notice(format!(
        "credential {id} stays readable for {} grantee(s) until {}, then it goes by itself",
        locked.len(),
        BlockTime::from_millis(last_millis).rfc3339()
    ));
    Ok(false)
}
