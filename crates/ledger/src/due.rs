//! What happens by itself once its time has come. Blocks work this off before their transactions.

use idos_types::CredentialId;

use crate::{
    context::{Context, Effects},
    error::{Failure, Outcome},
    motions,
    removal::{end_grants_on, withdraw},
    row::{Deadline, Due, Key},
    state::{StateError, StateResult},
    validators,
};

/// The effects of a deadline that has passed, the end of the deadline itself included.
pub fn work_off(context: &Context<'_>, due: Due) -> StateResult<Effects> {
    let mut effects = Effects::none();
    effects.delete(Key::Due(due));
    let happens = match due.what {
        Deadline::ForgetWriteGrant(id) => {
            effects.delete(Key::UsedWriteGrant(id));
            Ok(Effects::none())
        }
        Deadline::EndGrant(id) => match context.state.grant(id)? {
            Some(grant) => end_grants_on(context, grant.data_id, |other| other.id == id),
            None => Ok(Effects::none()),
        },
        Deadline::ReleaseCredential(id) => release(context, id),
        Deadline::EndMotion(id) => motions::lapse(context, &id).map_err(Failure::from),
        Deadline::EndRequest(key) => validators::lapse(context, key).map_err(Failure::from),
    };
    // Nobody asked, so nobody can be refused: only the state can fail.
    let happens = happens.map_err(|failure| match failure {
        Failure::State(error) => error,
        refused @ (Failure::Refused(_) | Failure::Call(_)) => StateError(Box::new(refused)),
    })?;
    effects.changes.extend(happens.changes);
    Ok(effects)
}

/// Lets a credential go that its owner deleted while it was under a lock; and, with the last one
/// of an erased profile, the profile.
fn release(context: &Context<'_>, id: CredentialId) -> Outcome<Effects> {
    let mut effects = Effects::none();
    let Some(header) = context.state.credential_header(id)? else {
        return Ok(effects);
    };
    let is_erased = context
        .state
        .user(header.user_id)?
        .is_some_and(|user| user.erased);
    let copy = context.state.credential_copy(id)?;
    // What was to be released may have gone before, and its id be in use again.
    if !is_erased && copy.is_none_or(|copy| copy.original_id.is_some()) {
        return Ok(effects);
    }
    let is_last = is_erased && context.state.held_credentials(header.user_id)?.credentials == 1;
    if withdraw(context, &mut effects, id)? && is_last {
        effects.delete(Key::User(header.user_id));
    }
    Ok(effects)
}
