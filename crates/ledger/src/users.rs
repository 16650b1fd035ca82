//! Profiles: created by inserters, owned by people.

use idos_types::{
    UserId,
    limits::{ADDRESS_BYTES, PUBLIC_KEY_BYTES, SHORT_TEXT_BYTES},
};

use crate::{
    catalogue::{declare, row},
    context::{Context, Effects, Rows},
    error::{Outcome, Refusal},
    row::{Inserter, PasswordStore, Row, User},
    text::Text,
};

/// What a new profile may spend on gas: 100 tokens in units of 10^-18.
const GAS_ALLOWANCE: u128 = 100_000_000_000_000_000_000;

declare! {
    /// Creates a profile.
    [write] add_user_as_inserter = add(AddUser {
        id: UserId,
        recipient_encryption_public_key: Text<PUBLIC_KEY_BYTES>,
        encryption_password_store: Text<SHORT_TEXT_BYTES>,
    });
    /// Replaces the encryption key of a profile that its owner has not taken over yet.
    [write] update_user_pub_key_as_inserter = update_as_inserter(UpdateUser {
        id: UserId,
        recipient_encryption_public_key: Text<PUBLIC_KEY_BYTES>,
        encryption_password_store: Text<SHORT_TEXT_BYTES>,
    });
    /// Replaces the caller's encryption key.
    [write] update_encryption_key = update_key(UpdateKey {
        recipient_encryption_public_key: Text<PUBLIC_KEY_BYTES>,
        encryption_password_store: Text<SHORT_TEXT_BYTES>,
    });
    /// The caller's profile.
    [session view] get_user = get(GetUser {})
        -> row [id: UUID, recipient_encryption_public_key: TEXT, encryption_password_store: TEXT];
    /// Any profile, for an inserter.
    [session view] get_user_as_inserter = get_as_inserter(GetUserAsInserter { id: UserId })
        -> row [
            id: UUID, recipient_encryption_public_key: TEXT, encryption_password_store: TEXT,
            inserter: TEXT,
        ];
    /// Whether a wallet with this address belongs to a profile.
    [view] has_profile = has_profile(HasProfile { address: Text<ADDRESS_BYTES> })
        -> row [has_profile: BOOL];
}

fn add(context: &Context<'_>, new: AddUser) -> Outcome<Effects> {
    let inserter = context.require_inserter()?;
    let store = password_store(&new.encryption_password_store)?;
    let user = User {
        id: new.id,
        recipient_encryption_public_key: new.recipient_encryption_public_key.into_string(),
        encryption_password_store: store,
        inserter: inserter.name,
        gas_allowance: GAS_ALLOWANCE,
        claimed: false,
        erased: false,
    };
    match context.state.user(new.id)? {
        None => Ok(Effects::one(Row::User(user))),
        Some(existing) if existing == as_far_as(user, &existing) => Ok(Effects::none()),
        Some(_) => Err(Refusal::Duplicate("users_pkey").into()),
    }
}

/// `user` with what happened to `existing` since it was created, which makes it no other profile.
fn as_far_as(user: User, existing: &User) -> User {
    User {
        gas_allowance: existing.gas_allowance,
        claimed: existing.claimed,
        ..user
    }
}

fn update_as_inserter(context: &Context<'_>, new: UpdateUser) -> Outcome<Effects> {
    let inserter = context.require_inserter()?;
    let store = password_store(&new.encryption_password_store)?;
    let Some(user) = context.state.user(new.id)? else {
        return Ok(Effects::none());
    };
    require_creator(&user, &inserter)?;
    Ok(Effects::one(Row::User(User {
        recipient_encryption_public_key: new.recipient_encryption_public_key.into_string(),
        encryption_password_store: store,
        ..user
    })))
}

fn update_key(context: &Context<'_>, new: UpdateKey) -> Outcome<Effects> {
    let user = context.require_user()?;
    if new.recipient_encryption_public_key.is_empty() {
        return Err(Refusal::Empty("recipient_encryption_public_key").into());
    }
    Ok(Effects::one(Row::User(User {
        encryption_password_store: password_store(&new.encryption_password_store)?,
        recipient_encryption_public_key: new.recipient_encryption_public_key.into_string(),
        ..user
    })))
}

fn get(context: &Context<'_>, _: GetUser) -> Outcome<Rows> {
    let user = match context.user_id()? {
        Some(id) => context.state.user(id)?,
        None => None,
    };
    Ok(user
        .map(|user| {
            row![
                user.id.0,
                user.recipient_encryption_public_key,
                user.encryption_password_store.name()
            ]
        })
        .into_iter()
        .collect())
}

fn get_as_inserter(context: &Context<'_>, asked: GetUserAsInserter) -> Outcome<Rows> {
    context.require_inserter()?;
    Ok(context
        .state
        .user(asked.id)?
        .filter(|user| !user.erased)
        .map(|user| {
            row![
                user.id.0,
                user.recipient_encryption_public_key,
                user.encryption_password_store.name(),
                user.inserter
            ]
        })
        .into_iter()
        .collect())
}

fn has_profile(context: &Context<'_>, asked: HasProfile) -> Outcome<Rows> {
    let has_profile = !context
        .state
        .wallets_with_address(&asked.address)?
        .is_empty();
    Ok(vec![row![has_profile]])
}

fn password_store(name: &str) -> Outcome<PasswordStore> {
    Ok(PasswordStore::parse(name).ok_or(Refusal::Check {
        table: "users",
        constraint: "users_encryption_password_store_check",
    })?)
}

/// An inserter writes to a profile only if it created it, and only until the owner's first act.
pub(crate) fn require_creator(user: &User, inserter: &Inserter) -> Outcome<()> {
    if user.inserter != inserter.name || user.claimed || user.erased {
        return Err(Refusal::OwnerDecides.into());
    }
    Ok(())
}

/// The profile that an inserter wants to write rows of `table` to.
pub(crate) fn created_profile(
    context: &Context<'_>,
    inserter: &Inserter,
    id: UserId,
    table: &'static str,
    constraint: &'static str,
) -> Outcome<User> {
    let user = context
        .state
        .user(id)?
        .ok_or(Refusal::ForeignKey { table, constraint })?;
    require_creator(&user, inserter)?;
    Ok(user)
}
