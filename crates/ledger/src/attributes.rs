//! Attributes of people.

use idos_types::{
    AttributeId, UserId, Value,
    limits::{ADDRESS_BYTES, ATTRIBUTE_KEY_BYTES, ATTRIBUTE_VALUE_BYTES, ATTRIBUTES_PER_USER},
};

use crate::{
    access_grants::DEFAULT_SIZE,
    catalogue::{declare, row},
    context::{Context, Effects, Rows},
    error::{Outcome, Refusal},
    grants,
    paging::page,
    row::{Attribute, AttributeCopy, AttributeGrant, Key, Row},
    text::Text,
    users::created_profile,
};

declare! {
    /// Adds an attribute to a profile that its owner has not taken over yet.
    [write] add_attribute_as_inserter = add_as_inserter(AddAttributeAsInserter {
        id: AttributeId,
        user_id: UserId,
        attribute_key: Text<ATTRIBUTE_KEY_BYTES>,
        value: Text<ATTRIBUTE_VALUE_BYTES>,
    });
    /// Adds an attribute to the caller's profile.
    [write] add_attribute = add(AddAttribute {
        id: AttributeId,
        attribute_key: Text<ATTRIBUTE_KEY_BYTES>,
        value: Text<ATTRIBUTE_VALUE_BYTES>,
    });
    /// Replaces an attribute of the caller.
    [write] edit_attribute = edit(EditAttribute {
        id: AttributeId,
        attribute_key: Text<ATTRIBUTE_KEY_BYTES>,
        value: Text<ATTRIBUTE_VALUE_BYTES>,
    });
    /// Deletes an attribute of the caller with its copies.
    [lone write] remove_attribute = remove(RemoveAttribute { id: AttributeId });
    /// Adds a copy of an attribute of the caller.
    [write] share_attribute = share(ShareAttribute {
        id: AttributeId,
        original_attribute_id: AttributeId,
        attribute_key: Text<ATTRIBUTE_KEY_BYTES>,
        value: Text<ATTRIBUTE_VALUE_BYTES>,
    });
    /// Adds a copy of an attribute of the caller that a grantee may read, as long as it is there.
    [write] share_attribute_with = share_with(ShareAttributeWith {
        id: AttributeId,
        original_attribute_id: AttributeId,
        attribute_key: Text<ATTRIBUTE_KEY_BYTES>,
        value: Text<ATTRIBUTE_VALUE_BYTES>,
        grantee_wallet_identifier: Text<ADDRESS_BYTES>,
    });
    /// The caller's attributes, copies included.
    [session view] get_attributes = list(GetAttributes {})
        -> table [id: UUID, user_id: UUID, attribute_key: TEXT, value: TEXT, original_id: UUID];
    /// A page of the attributes that are shared with the caller, of one person if given, oldest
    /// first.
    [session view] get_attributes_shared = list_shared(GetAttributesShared {
        user_id: Option<UserId>,
        page: Option<i64>,
        size: Option<i64>,
    }) -> table [id: UUID, user_id: UUID, attribute_key: TEXT, original_id: UUID];
    /// One attribute that is shared with the caller.
    [session view] get_attribute_shared = shared(GetAttributeShared { id: AttributeId })
        -> row [id: UUID, user_id: UUID, attribute_key: TEXT, value: TEXT, original_id: UUID];
}

/// The effect of adding an attribute: none if the very same is there already.
fn insert(context: &Context<'_>, new: Attribute) -> Outcome<Effects> {
    match context.state.attribute(new.id)? {
        Some(existing) if existing == new => return Ok(Effects::none()),
        Some(_) => return Err(Refusal::Duplicate("user_attributes_pkey").into()),
        None => {}
    }
    if context.state.count_attributes(new.user_id)? >= ATTRIBUTES_PER_USER {
        return Err(Refusal::Quota {
            what: "attributes",
            max: ATTRIBUTES_PER_USER,
        }
        .into());
    }
    Ok(Effects::one(Row::Attribute(new)))
}

fn add(context: &Context<'_>, new: AddAttribute) -> Outcome<Effects> {
    let user_id = context.require_user_id("user_attributes")?;
    insert(
        context,
        Attribute {
            id: new.id,
            user_id,
            attribute_key: new.attribute_key.into_string(),
            value: new.value.into_string(),
            inserter: None,
        },
    )
}

fn add_as_inserter(context: &Context<'_>, new: AddAttributeAsInserter) -> Outcome<Effects> {
    let inserter = context.require_inserter()?;
    let attribute = Attribute {
        id: new.id,
        user_id: new.user_id,
        attribute_key: new.attribute_key.into_string(),
        value: new.value.into_string(),
        inserter: Some(inserter.name.clone()),
    };
    let effects = insert(context, attribute)?;
    if !effects.changes.is_empty() {
        let constraint = "user_attributes_user_id_fkey";
        created_profile(
            context,
            &inserter,
            new.user_id,
            "user_attributes",
            constraint,
        )?;
    }
    Ok(effects)
}

fn edit(context: &Context<'_>, new: EditAttribute) -> Outcome<Effects> {
    let user = context.user_id()?;
    let Some(attribute) = context
        .state
        .attribute(new.id)?
        .filter(|attribute| Some(attribute.user_id) == user)
    else {
        return Ok(Effects::none());
    };
    if context.state.attribute_copy(new.id)?.is_some() {
        return Err(Refusal::SharedAttribute.into());
    }
    Ok(Effects::one(Row::Attribute(Attribute {
        attribute_key: new.attribute_key.into_string(),
        value: new.value.into_string(),
        ..attribute
    })))
}

fn remove(context: &Context<'_>, asked: RemoveAttribute) -> Outcome<Effects> {
    let user = context.user_id()?;
    let mut effects = Effects::none();
    let owned = context
        .state
        .attribute(asked.id)?
        .filter(|own| Some(own.user_id) == user);
    if owned.is_some() {
        for copy in context.state.copies_of_attribute(asked.id)? {
            delete(&mut effects, copy);
        }
        delete(&mut effects, asked.id);
    }
    Ok(effects)
}

/// Deletes an attribute, what makes it a copy, and who may read it: a grant must not outlive what it
/// is for, since another attribute could take the id.
pub(crate) fn delete(effects: &mut Effects, id: AttributeId) {
    effects.delete(Key::AttributeGrant(id));
    effects.delete(Key::AttributeCopy(id));
    effects.delete(Key::Attribute(id));
}

fn share(context: &Context<'_>, new: ShareAttribute) -> Outcome<Effects> {
    let user_id = context.require_user_id("user_attributes")?;
    let original = context.state.attribute(new.original_attribute_id)?;
    let is_copy = context
        .state
        .attribute_copy(new.original_attribute_id)?
        .is_some();
    if is_copy || original.is_none_or(|original| original.user_id != user_id) {
        return Err(Refusal::NotOwnAttribute.into());
    }
    let copy = Attribute {
        id: new.id,
        user_id,
        attribute_key: new.attribute_key.into_string(),
        value: new.value.into_string(),
        inserter: None,
    };
    let link = AttributeCopy {
        copy_id: new.id,
        original_id: new.original_attribute_id,
    };
    let mut effects = insert(context, copy)?;
    if effects.changes.is_empty() {
        return if context.state.attribute_copy(new.id)? == Some(link) {
            Ok(effects)
        } else {
            Err(Refusal::Duplicate("user_attributes_pkey").into())
        };
    }
    effects.put(Row::AttributeCopy(link));
    Ok(effects)
}

fn share_with(context: &Context<'_>, new: ShareAttributeWith) -> Outcome<Effects> {
    let owner = context.require_user_id("user_attributes")?;
    let grant = AttributeGrant {
        copy_id: new.id,
        owner,
        grantee: grants::grantee("grantee_wallet_identifier", new.grantee_wallet_identifier)?,
    };
    let copy = ShareAttribute {
        id: new.id,
        original_attribute_id: new.original_attribute_id,
        attribute_key: new.attribute_key,
        value: new.value,
    };
    let mut effects = share(context, copy)?;
    if effects.changes.is_empty() {
        // The very copy is there already, but perhaps for somebody else.
        return if context.state.attribute_grant(new.id)? == Some(grant) {
            Ok(effects)
        } else {
            Err(Refusal::Duplicate("user_attributes_pkey").into())
        };
    }
    effects.put(Row::AttributeGrant(grant));
    Ok(effects)
}

/// The columns in which attributes are returned.
fn attribute_row(attribute: Attribute, copy: Option<AttributeCopy>) -> Vec<Value> {
    row![
        attribute.id.0,
        attribute.user_id.0,
        attribute.attribute_key,
        attribute.value,
        copy.map(|copy| copy.original_id.0)
    ]
}

fn list_shared(context: &Context<'_>, asked: GetAttributesShared) -> Outcome<Rows> {
    let page = page(asked.page.unwrap_or(1), asked.size.unwrap_or(DEFAULT_SIZE))?;
    if context.caller.is_nobody() {
        return Ok(Rows::new());
    }
    let caller = context.caller.text();
    let grants = context
        .state
        .attribute_grants_to(caller, asked.user_id, page)?;
    let mut rows = Rows::new();
    for grant in grants {
        if let Some((attribute, copy)) = granted(context, &grant)? {
            rows.push(row![
                attribute.id.0,
                attribute.user_id.0,
                attribute.attribute_key,
                copy.map(|copy| copy.original_id.0)
            ]);
        }
    }
    Ok(rows)
}

/// Nothing, too, if there is no such attribute: whoever may not read it does not learn which.
fn shared(context: &Context<'_>, asked: GetAttributeShared) -> Outcome<Rows> {
    let caller = context.caller;
    let grant = context
        .state
        .attribute_grant(asked.id)?
        .filter(|grant| !caller.is_nobody() && grant.grantee.eq_ignore_ascii_case(caller.text()));
    let found = match grant {
        Some(grant) => granted(context, &grant)?,
        None => None,
    };
    let rows = found.map(|(attribute, copy)| attribute_row(attribute, copy));
    Ok(rows.into_iter().collect())
}

/// What a grant lets read, and what that is a copy of.
fn granted(
    context: &Context<'_>,
    grant: &AttributeGrant,
) -> Outcome<Option<(Attribute, Option<AttributeCopy>)>> {
    let attribute = context.state.attribute(grant.copy_id)?;
    let attribute = attribute.filter(|attribute| attribute.user_id == grant.owner);
    let copy = context.state.attribute_copy(grant.copy_id)?;
    Ok(attribute.map(|attribute| (attribute, copy)))
}

fn list(context: &Context<'_>, _: GetAttributes) -> Outcome<Rows> {
    let Some(user) = context.user_id()? else {
        return Ok(Rows::new());
    };
    let attributes = context.state.attributes(user)?;
    Ok(attributes
        .into_iter()
        .map(|(attribute, copy)| attribute_row(attribute, copy))
        .collect())
}
