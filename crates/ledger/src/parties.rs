//! Parties: organisations whose keys others rely on. The network admits them, and they publish
//! their keys themselves, each version signed by the key it publishes.

use idos_types::{
    PartyId, Value, fold,
    limits::{
        ADDRESS_BYTES, PUBLIC_KEY_BYTES, SHORT_TEXT_BYTES, SIGNATURE_TEXT_BYTES, VERSIONS_PER_PARTY,
    },
};

use crate::{
    catalogue::{declare, row},
    context::{Context, Effects, Rows},
    error::{Outcome, Refusal},
    paging::page,
    party_text::{PartyText, verify_party},
    row::{Key, Party, PartyKeys, Roles, Row},
    text::Text,
    validators::is_operating,
};

declare! {
    /// Admits a party: its address may publish keys.
    [owner write] add_party_as_owner = add(AddParty {
        id: PartyId,
        address: Text<ADDRESS_BYTES>,
        roles: Text<SHORT_TEXT_BYTES>,
    });
    /// Replaces the roles of a party.
    [owner write] set_party_roles_as_owner = set_roles(SetRoles {
        id: PartyId,
        roles: Text<SHORT_TEXT_BYTES>,
    });
    /// Dismisses a party with all versions of its keys.
    [owner write] remove_party_as_owner = remove(RemoveParty { id: PartyId });
    /// Publishes the next version of the calling party's keys.
    [write] publish_party_keys = publish(PublishKeys {
        id: PartyId,
        name: Text<SHORT_TEXT_BYTES>,
        did: Option<Text<SHORT_TEXT_BYTES>>,
        signing_public_key: Text<PUBLIC_KEY_BYTES>,
        encryption_public_key: Text<PUBLIC_KEY_BYTES>,
        signature: Text<SIGNATURE_TEXT_BYTES>,
    });
    /// The text that a party's signing key signs to publish the next version of its keys.
    [view] party_message = message(PartyMessage {
        id: PartyId,
        name: Text<SHORT_TEXT_BYTES>,
        did: Option<Text<SHORT_TEXT_BYTES>>,
        signing_public_key: Text<PUBLIC_KEY_BYTES>,
        encryption_public_key: Text<PUBLIC_KEY_BYTES>,
    }) -> row [message: TEXT];
    /// A party with its current keys.
    [view] get_party = get(GetParty { id: PartyId })
        -> row [
            id: UUID, address: TEXT, roles: TEXT, version: INT8, name: TEXT, did: TEXT,
            signing_public_key: TEXT, encryption_public_key: TEXT, signature: TEXT, height: INT8,
        ];
    /// One page of the parties, of one role if given, in order of admission.
    [view] get_parties = list(GetParties {
        role: Option<Text<SHORT_TEXT_BYTES>>,
        page: i64,
        size: i64,
    }) -> table [
        id: UUID, address: TEXT, roles: TEXT, version: INT8, name: TEXT, did: TEXT,
        signing_public_key: TEXT, encryption_public_key: TEXT, signature: TEXT, height: INT8,
    ];
    /// Every version of a party's keys, oldest first.
    [view] get_party_history = history(GetPartyHistory { id: PartyId })
        -> table [
            id: UUID, address: TEXT, roles: TEXT, version: INT8, name: TEXT, did: TEXT,
            signing_public_key: TEXT, encryption_public_key: TEXT, signature: TEXT, height: INT8,
        ];
}

fn add(context: &Context<'_>, new: AddParty) -> Outcome<Effects> {
    if new.address.is_empty() {
        return Err(Refusal::Empty("address").into());
    }
    let party = Party {
        id: new.id,
        address: fold(&new.address),
        roles: Roles::parse(&new.roles).ok_or(Refusal::UnknownRole)?,
        version: 0,
    };
    match context.state.party(party.id)? {
        Some(existing) if existing == party => return Ok(Effects::none()),
        Some(_) => return Err(Refusal::Duplicate("parties_pkey").into()),
        None => {}
    }
    if context.state.party_at(&party.address)?.is_some() {
        return Err(Refusal::Duplicate("parties_address_key").into());
    }
    Ok(Effects::one(Row::Party(party)))
}

fn set_roles(context: &Context<'_>, new: SetRoles) -> Outcome<Effects> {
    let roles = Roles::parse(&new.roles).ok_or(Refusal::UnknownRole)?;
    let party = context.state.party(new.id)?.ok_or(Refusal::NoParty)?;
    if !roles.operator {
        require_no_validators(context, &party)?;
    }
    Ok(Effects::one(Row::Party(Party { roles, ..party })))
}

/// A validator must not lose its operator unnoticed.
fn require_no_validators(context: &Context<'_>, party: &Party) -> Outcome<()> {
    if is_operating(context.state, &party.address)? {
        return Err(Refusal::OperatesValidators.into());
    }
    Ok(())
}

fn remove(context: &Context<'_>, asked: RemoveParty) -> Outcome<Effects> {
    let mut effects = Effects::none();
    if let Some(party) = context.state.party(asked.id)? {
        require_no_validators(context, &party)?;
    }
    for keys in context.state.party_history(asked.id)? {
        effects.delete(Key::PartyKeys(keys.party_id, keys.version));
    }
    effects.delete(Key::Party(asked.id));
    Ok(effects)
}

fn publish(context: &Context<'_>, new: PublishKeys) -> Outcome<Effects> {
    let party = context.state.party(new.id)?.ok_or(Refusal::NoParty)?;
    if context.caller.is_nobody() || party.address != fold(context.caller.text()) {
        return Err(Refusal::ForeignParty.into());
    }
    let version = party.version + 1;
    if usize::try_from(party.version).is_ok_and(|versions| versions >= VERSIONS_PER_PARTY) {
        return Err(Refusal::Quota {
            what: "versions of a party's keys",
            max: VERSIONS_PER_PARTY,
        }
        .into());
    }
    let text = PartyText {
        id: new.id,
        version,
        name: &new.name,
        did: new.did.as_deref(),
        signing_public_key: &new.signing_public_key,
        encryption_public_key: &new.encryption_public_key,
    };
    verify_party(&text, &context.network.chain_id, &new.signature)?;
    let keys = PartyKeys {
        party_id: new.id,
        version,
        name: new.name.into_string(),
        did: new.did.map(Text::into_string),
        signing_public_key: fold(&new.signing_public_key),
        encryption_public_key: new.encryption_public_key.into_string(),
        signature: fold(&new.signature),
        height: context.block.height,
    };
    let mut effects = Effects::one(Row::Party(Party { version, ..party }));
    effects.put(Row::PartyKeys(keys));
    Ok(effects)
}

fn message(context: &Context<'_>, asked: PartyMessage) -> Outcome<Rows> {
    let party = context.state.party(asked.id)?.ok_or(Refusal::NoParty)?;
    let text = PartyText {
        id: asked.id,
        version: party.version + 1,
        name: &asked.name,
        did: asked.did.as_deref(),
        signing_public_key: &asked.signing_public_key,
        encryption_public_key: &asked.encryption_public_key,
    };
    Ok(vec![row![text.message(&context.network.chain_id)?]])
}

fn get(context: &Context<'_>, asked: GetParty) -> Outcome<Rows> {
    context
        .state
        .party(asked.id)?
        .map(|party| current_row(context, party))
        .into_iter()
        .collect()
}

fn list(context: &Context<'_>, asked: GetParties) -> Outcome<Rows> {
    if let Some(role) = &asked.role {
        Roles::default().has(role).ok_or(Refusal::UnknownRole)?;
    }
    let page = page(asked.page, asked.size)?;
    let parties = context.state.parties(asked.role.as_deref(), page)?;
    parties
        .into_iter()
        .map(|party| current_row(context, party))
        .collect()
}

fn history(context: &Context<'_>, asked: GetPartyHistory) -> Outcome<Rows> {
    let Some(party) = context.state.party(asked.id)? else {
        return Ok(Rows::new());
    };
    let versions = context.state.party_history(asked.id)?;
    Ok(versions
        .into_iter()
        .map(|keys| party_row(&party, Some(keys)))
        .collect())
}

fn current_row(context: &Context<'_>, party: Party) -> Outcome<Vec<Value>> {
    let keys = context.state.party_keys(party.id, party.version)?;
    Ok(party_row(&party, keys))
}

fn party_row(party: &Party, keys: Option<PartyKeys>) -> Vec<Value> {
    let mut values = row![party.id.0, party.address.as_str(), party.roles.to_string()];
    values.extend(match keys {
        Some(keys) => row![
            keys.version,
            keys.name,
            keys.did,
            keys.signing_public_key,
            keys.encryption_public_key,
            keys.signature,
            i64::try_from(keys.height).unwrap_or(i64::MAX)
        ],
        None => {
            let unpublished = None::<i64>;
            row![
                0i64,
                unpublished,
                unpublished,
                unpublished,
                unpublished,
                unpublished,
                unpublished
            ]
        }
    });
    values
}
