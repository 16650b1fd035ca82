//! Erasing a profile.

use crate::{
    attributes,
    catalogue::declare,
    context::{Context, Effects},
    error::Outcome,
    put_back,
    removal::withdraw,
    row::{
        AccessGrant, CredentialCopy, CredentialHeader, GrantOrigin, Key, PasswordStore, Row, User,
    },
};

declare! {
    /// Erases the caller's profile: wallets, attributes, credentials and grants. What a lock holds
    /// stays readable for its grantee until the lock ends, and then goes by itself.
    [lone write] erase_profile = erase(EraseProfile {});
}

fn erase(context: &Context<'_>, _: EraseProfile) -> Outcome<Effects> {
    let user = context.require_user()?;
    let mut effects = Effects::none();
    for wallet in context.state.wallets(user.id)? {
        effects.delete(Key::Wallet(wallet.id));
    }
    put_back::erase(context, &mut effects, user.id)?;
    for attribute in context.state.attribute_ids(user.id)? {
        attributes::delete(&mut effects, attribute);
    }
    let mut kept = false;
    let mut credentials = context.state.credential_ids(user.id)?;
    // The state does not promise an order, and notices are part of the result.
    credentials.sort_unstable();
    for id in credentials {
        if withdraw(context, &mut effects, id)? {
            continue;
        }
        kept = true;
        // What a grantee may still read is the content; notes are plain, and the person's.
        if let Some(header) = context.state.credential_header(id)?
            && (!header.public_notes.is_empty() || header.verifiable_credential_id.is_some())
        {
            effects.put_header(CredentialHeader {
                public_notes: String::new(),
                verifiable_credential_id: None,
                ..header
            });
        }
        for grant in context.state.grants_on(id)? {
            // Who made it: the person's wallet, as a rule. The id of a write grant is random.
            if grant.is_locked(context.now()) && grant.origin != GrantOrigin::DelegatedWriteGrant {
                effects.put(Row::AccessGrant(AccessGrant {
                    origin_id: String::new(),
                    ..grant
                }));
            }
        }
        if let Some(copy) = context.state.credential_copy(id)? {
            effects.put(Row::CredentialCopy(CredentialCopy {
                original_id: None,
                notes: String::new(),
                ..copy
            }));
        }
    }
    if kept {
        // The locked rows need an owner; nothing about the person is left in it.
        effects.put(Row::User(User {
            id: user.id,
            recipient_encryption_public_key: String::new(),
            encryption_password_store: PasswordStore::User,
            inserter: String::new(),
            gas_allowance: 0,
            claimed: true,
            erased: true,
        }));
    } else {
        effects.delete(Key::User(user.id));
    }
    Ok(effects)
}
