//! When an ownership message that was used before counts again. Applications of today have every
//! person sign one constant text, so that a wallet that was taken off a profile has nothing else
//! to come back with.
//!
//! Whoever saw such a message can send it, and a message that names no profile was meant for
//! whichever one its wallet had in mind. So it counts again only where the wallet agreed to be: in
//! a profile that it was linked to before, for the wallets of that profile, and only until the
//! wallet leaves it by itself. What is remembered of all that are digests in the table of spent
//! messages, which never go. Each is of a profile, whose id is random, and none is written of who only
//! joins and leaves.

use idos_types::{Digest, Identity, UserId};

use crate::{
    context::{Context, Effects},
    row::{Row, Wallet},
    state::{State, StateResult},
};

/// The profile's other wallets took the wallet off. One key can be a wallet of several kinds, and it
/// left or stayed as one of them.
fn taken_off_digest(wallet: &Identity, profile: UserId) -> Digest {
    digest("idos/taken-off-wallet/v1", wallet, profile)
}

/// The wallet itself left a profile that had taken it off before.
fn left_digest(wallet: &Identity, profile: UserId) -> Digest {
    digest("idos/left-wallet/v1", wallet, profile)
}

fn digest(tag: &'static str, wallet: &Identity, profile: UserId) -> Digest {
    Digest::of_parts(tag, &[wallet.as_str().as_bytes(), profile.0.as_bytes()])
}

/// The profile was erased. One that is made with the same id later is not the one that wallets
/// agreed to be in.
fn erased_digest(profile: UserId) -> Digest {
    Digest::of_parts("idos/erased-profile/v1", &[profile.0.as_bytes()])
}

/// Whether the wallets of a profile may put a wallet back by a message that was used before.
pub(crate) fn may_be_put_back(
    state: &dyn State,
    wallet: &Identity,
    profile: UserId,
) -> StateResult<bool> {
    Ok(state.is_spent(&taken_off_digest(wallet, profile))?
        && !state.is_spent(&left_digest(wallet, profile))?
        && !state.is_spent(&erased_digest(profile))?)
}

/// Other wallets of its profile take this one off: they may put it back.
pub(crate) fn take_off(
    context: &Context<'_>,
    effects: &mut Effects,
    wallet: &Wallet,
) -> StateResult<()> {
    let Some(identity) = wallet.identity() else {
        return Ok(());
    };
    let taken_off = taken_off_digest(&identity, wallet.user_id);
    remember(context, effects, taken_off)
}

/// A wallet goes because it wants to: if it was put back before, that was the last time.
pub(crate) fn leave(
    context: &Context<'_>,
    effects: &mut Effects,
    wallet: &Wallet,
) -> StateResult<()> {
    let Some(identity) = wallet.identity() else {
        return Ok(());
    };
    let taken_off = taken_off_digest(&identity, wallet.user_id);
    if !context.state.is_spent(&taken_off)? {
        return Ok(());
    }
    remember(context, effects, left_digest(&identity, wallet.user_id))
}

/// A profile is erased.
pub(crate) fn erase(
    context: &Context<'_>,
    effects: &mut Effects,
    profile: UserId,
) -> StateResult<()> {
    remember(context, effects, erased_digest(profile))
}

/// The same can happen again; what is remembered already is not written again.
fn remember(context: &Context<'_>, effects: &mut Effects, digest: Digest) -> StateResult<()> {
    if !context.state.is_spent(&digest)? {
        effects.put(Row::SpentMessage(digest));
    }
    Ok(())
}
