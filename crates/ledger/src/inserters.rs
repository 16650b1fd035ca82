//! Inserters and their delegates, administered by the owner of the network.

use idos_types::{
    InserterId, fold,
    limits::{ADDRESS_BYTES, DELEGATES_PER_INSERTER, SHORT_TEXT_BYTES},
};

use crate::{
    catalogue::declare,
    context::{Context, Effects},
    error::{Outcome, Refusal},
    row::{Delegate, Inserter, Key, Row},
    text::Text,
};

declare! {
    /// Admits an inserter.
    [owner write] add_inserter_as_owner = add(AddInserter {
        id: InserterId,
        name: Text<SHORT_TEXT_BYTES>,
    });
    /// Dismisses an inserter with its delegates.
    [owner write] delete_inserter_as_owner = delete(DeleteInserter { id: InserterId });
    /// Lets a key act for an inserter.
    [owner write] add_delegate_as_owner = add_delegate(AddDelegate {
        address: Text<ADDRESS_BYTES>,
        inserter_id: InserterId,
    });
    /// Ends a key's power to act for an inserter.
    [owner write] delete_delegate_as_owner = delete_delegate(DeleteDelegate {
        address: Text<ADDRESS_BYTES>,
    });
}

fn add(context: &Context<'_>, new: AddInserter) -> Outcome<Effects> {
    if new.name.is_empty() {
        return Err(Refusal::Empty("name").into());
    }
    let inserter = Inserter {
        id: new.id,
        name: new.name.into_string(),
    };
    match context.state.inserter(inserter.id)? {
        Some(existing) if existing == inserter => return Ok(Effects::none()),
        Some(_) => return Err(Refusal::Duplicate("inserters_pkey").into()),
        None => {}
    }
    if context.state.inserter_named(&inserter.name)?.is_some() {
        return Err(Refusal::Duplicate("inserters_name_key").into());
    }
    Ok(Effects::one(Row::Inserter(inserter)))
}

fn delete(context: &Context<'_>, asked: DeleteInserter) -> Outcome<Effects> {
    let mut effects = Effects::none();
    for delegate in context.state.delegates(asked.id)? {
        effects.delete(Key::Delegate(delegate.address));
    }
    effects.delete(Key::Inserter(asked.id));
    Ok(effects)
}

fn add_delegate(context: &Context<'_>, new: AddDelegate) -> Outcome<Effects> {
    if new.address.is_empty() {
        return Err(Refusal::Empty("address").into());
    }
    let delegate = Delegate {
        address: fold(&new.address),
        inserter_id: new.inserter_id,
    };
    match context.state.delegate(&delegate.address)? {
        Some(existing) if existing == delegate => return Ok(Effects::none()),
        Some(_) => return Err(Refusal::Duplicate("delegates_pkey").into()),
        None => {}
    }
    if context.state.inserter(new.inserter_id)?.is_none() {
        return Err(Refusal::ForeignKey {
            table: "delegates",
            constraint: "delegates_inserter_id_fkey",
        }
        .into());
    }
    if context.state.delegates(new.inserter_id)?.len() >= DELEGATES_PER_INSERTER {
        return Err(Refusal::Quota {
            what: "delegates",
            max: DELEGATES_PER_INSERTER,
        }
        .into());
    }
    Ok(Effects::one(Row::Delegate(delegate)))
}

fn delete_delegate(_: &Context<'_>, asked: DeleteDelegate) -> Outcome<Effects> {
    let mut effects = Effects::none();
    effects.delete(Key::Delegate(fold(&asked.address)));
    Ok(effects)
}
