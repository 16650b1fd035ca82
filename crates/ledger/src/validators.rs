//! Validators: operators ask to join, the network agrees, and they say when they are ready. Which
//! of them validate changes with an epoch.

use idos_types::{
    NodeAddress, ValidatorKey, Value, fold,
    limits::{
        ADDRESS_BYTES, MOTION_SECONDS, PUBLIC_KEY_BYTES, SHORT_TEXT_BYTES, SIGNATURE_TEXT_BYTES,
        VALIDATOR_ROWS, VALIDATORS, VALIDATORS_PER_OPERATOR,
    },
};

use crate::{
    catalogue::{declare, row},
    context::{Context, Effects, Rows},
    error::{Outcome, Refusal},
    governance_row::{Validator, ValidatorStatus},
    motions::end_vote_on,
    row::{Deadline, Due, Key, Row},
    state::{State, StateResult},
    text::Text,
    validator_text::{INVALID_KEY, ValidatorText, validator_message, verify_validator},
};

/// The action that operators vote on when one asks to join.
const APPROVE: &str = "approve_validator_as_owner";

declare! {
    /// Asks for a node of the caller to join, by its voting key and the address at which other
    /// nodes reach it. The voting key signs the text of `validator_message`.
    [write] request_join = request(RequestJoin {
        key: Text<PUBLIC_KEY_BYTES>,
        address: Text<ADDRESS_BYTES>,
        signature: Text<SIGNATURE_TEXT_BYTES>,
    });
    /// Agrees to a request: the node follows the chain as an observer.
    [owner write] approve_validator_as_owner = approve(ApproveValidator {
        key: Text<PUBLIC_KEY_BYTES>,
    });
    /// Says that an approved node of the caller follows the chain: it validates from the next set
    /// on.
    [write] ready = make_ready(Ready { key: Text<PUBLIC_KEY_BYTES> });
    /// Takes a node of the caller out of the next set, or its request back.
    [write] leave = leave(Leave { key: Text<PUBLIC_KEY_BYTES> });
    /// Takes a node out of the next set, or refuses its request.
    [owner write] remove_validator_as_owner = remove(RemoveValidator {
        key: Text<PUBLIC_KEY_BYTES>,
    });
    /// Moves a node of the caller to another address. The voting key signs the text of
    /// `validator_message`.
    [write] set_validator_address = set_address(SetAddress {
        key: Text<PUBLIC_KEY_BYTES>,
        address: Text<ADDRESS_BYTES>,
        signature: Text<SIGNATURE_TEXT_BYTES>,
    });
    /// The text that a voting key signs to say who operates it at which address.
    [view] validator_message = message(ValidatorMessage {
        key: Text<PUBLIC_KEY_BYTES>,
        operator: Text<SHORT_TEXT_BYTES>,
        address: Text<ADDRESS_BYTES>,
    }) -> row [message: TEXT];
    /// Every validator, request and observer, and whether it validates in this epoch.
    [view] get_validators = list(GetValidators {})
        -> table [
            key: TEXT, operator: TEXT, address: TEXT, status: TEXT, in_current_set: BOOL,
        ];
    /// The validators of an epoch, as far as they are fixed.
    [view] get_validator_set = get_set(GetValidatorSet { epoch: i64 })
        -> table [key: TEXT, address: TEXT];
}

fn parse_key(text: &str) -> Outcome<ValidatorKey> {
    Ok(ValidatorKey::from_hex(text).ok_or(INVALID_KEY)?)
}

fn parse_address(text: &str) -> Outcome<NodeAddress> {
    Ok(text.parse().map_err(Refusal::NodeAddress)?)
}

/// The validator of this key, which the network knows.
fn known(context: &Context<'_>, key: &str) -> Outcome<Validator> {
    let validator = context.state.validator(parse_key(key)?)?;
    Ok(validator.ok_or(Refusal::NoValidator)?)
}

/// The validator of this key, which the caller operates.
fn own(context: &Context<'_>, key: &str) -> Outcome<Validator> {
    let validator = known(context, key)?;
    if context.operator().as_ref() != Some(&validator.operator) {
        return Err(Refusal::ForeignValidator.into());
    }
    Ok(validator)
}

/// The deadline of a request.
pub(crate) fn lapse_of(validator: &Validator) -> Due {
    Due {
        at: validator.expires_at,
        what: Deadline::EndRequest(validator.key),
    }
}

fn request(context: &Context<'_>, new: RequestJoin) -> Outcome<Effects> {
    let is_party = match context.operator() {
        Some(operator) => context
            .state
            .party_at(&operator)?
            .is_some_and(|party| party.roles.operator),
        None => false,
    };
    if !is_party && !context.is_owner() {
        return Err(Refusal::NoOperator.into());
    }
    let validator = Validator {
        key: parse_key(&new.key)?,
        operator: fold(context.caller.text()),
        address: parse_address(&new.address)?,
        status: ValidatorStatus::Requested,
        expires_at: context.now().saturating_add(MOTION_SECONDS),
        height: context.block.height,
    };
    if let Some(existing) = context.state.validator(validator.key)? {
        let is_same =
            existing.operator == validator.operator && existing.address == validator.address;
        return match existing.status {
            ValidatorStatus::Leaving => Err(Refusal::ValidatorLeaves.into()),
            _ if is_same => Ok(Effects::none()),
            _ => Err(Refusal::Duplicate("validators_pkey").into()),
        };
    }
    check_address(context, &validator, &new.signature)?;
    check_quota(
        context.state.validators_of(&validator.operator)?.len(),
        "validators of one operator",
        VALIDATORS_PER_OPERATOR,
    )?;
    check_quota(
        context.state.validators()?.len(),
        "validators",
        VALIDATOR_ROWS,
    )?;
    let mut effects = Effects::one(Row::Due(lapse_of(&validator)));
    effects.put(Row::Validator(validator));
    Ok(effects)
}

fn check_quota(count: usize, what: &'static str, max: usize) -> Outcome<()> {
    if count >= max {
        return Err(Refusal::Quota { what, max }.into());
    }
    Ok(())
}

/// Checks that nobody else is at the address of a validator, and that its key signed for it.
fn check_address(context: &Context<'_>, validator: &Validator, signature: &str) -> Outcome<()> {
    if context.state.validator_at(validator.address)?.is_some() {
        return Err(Refusal::Duplicate("validators_address_key").into());
    }
    let text = ValidatorText {
        key: validator.key,
        operator: &validator.operator,
        address: validator.address,
    };
    verify_validator(&text, &context.network.chain_id, signature)
}

fn approve(context: &Context<'_>, asked: ApproveValidator) -> Outcome<Effects> {
    let validator = known(context, &asked.key)?;
    match validator.status {
        ValidatorStatus::Requested if validator.expires_at > context.now() => {}
        // It lapsed, though the deadline waits for a later block.
        ValidatorStatus::Requested => return Err(Refusal::NoValidator.into()),
        ValidatorStatus::Observer | ValidatorStatus::Ready => return Ok(Effects::none()),
        ValidatorStatus::Leaving => return Err(Refusal::ValidatorLeaves.into()),
    }
    // Everyone who is approved has a place: a set cannot grow beyond its limit.
    let approved = context.state.validators()?;
    let approved = approved.iter().filter(|other| other.status.is_approved());
    check_quota(approved.count(), "approved validators", VALIDATORS)?;
    let mut effects = Effects::none();
    effects.delete(Key::Due(lapse_of(&validator)));
    effects.put(Row::Validator(Validator {
        status: ValidatorStatus::Observer,
        expires_at: 0,
        height: context.block.height,
        ..validator
    }));
    Ok(effects)
}

fn make_ready(context: &Context<'_>, asked: Ready) -> Outcome<Effects> {
    let validator = own(context, &asked.key)?;
    match validator.status {
        ValidatorStatus::Requested => Err(Refusal::NotApproved.into()),
        ValidatorStatus::Observer => Ok(Effects::one(Row::Validator(Validator {
            status: ValidatorStatus::Ready,
            height: context.block.height,
            ..validator
        }))),
        ValidatorStatus::Ready => Ok(Effects::none()),
        ValidatorStatus::Leaving => Err(Refusal::ValidatorLeaves.into()),
    }
}

fn leave(context: &Context<'_>, asked: Leave) -> Outcome<Effects> {
    take_out(context, own(context, &asked.key)?)
}

fn remove(context: &Context<'_>, asked: RemoveValidator) -> Outcome<Effects> {
    take_out(context, known(context, &asked.key)?)
}

/// Takes a validator out of the sets that are not fixed yet; if it is in none that is and counts,
/// it goes at once.
fn take_out(context: &Context<'_>, validator: Validator) -> Outcome<Effects> {
    let mut effects = Effects::none();
    match validator.status {
        ValidatorStatus::Requested => {
            effects.delete(Key::Due(lapse_of(&validator)));
            end_votes_for(context.state, &mut effects, validator.key)?;
        }
        ValidatorStatus::Observer => {}
        ValidatorStatus::Ready => {
            let ready = context.state.validators()?;
            let mut others = ready.iter().filter(|other| other.key != validator.key);
            if !others.any(|other| other.status == ValidatorStatus::Ready) {
                return Err(Refusal::LastValidator.into());
            }
        }
        ValidatorStatus::Leaving => return Ok(effects),
    }
    if is_in_set(context, validator.key)? {
        effects.put(Row::Validator(Validator {
            status: ValidatorStatus::Leaving,
            height: context.block.height,
            ..validator
        }));
    } else {
        effects.delete(Key::Validator(validator.key));
    }
    Ok(effects)
}

/// Ends the vote on a request that is gone: another operator may ask with the same key.
pub(crate) fn end_votes_for(
    state: &dyn State,
    effects: &mut Effects,
    key: ValidatorKey,
) -> StateResult<()> {
    let arguments = [Value::from(key.to_string())];
    end_vote_on(state, effects, APPROVE, &arguments)
}

/// Whether a validator is in the set of this epoch or of one to come.
fn is_in_set(context: &Context<'_>, key: ValidatorKey) -> StateResult<bool> {
    let current = context.state.validator_set(context.epoch())?;
    let newest = context.state.newest_validator_set()?.map(|(_, set)| set);
    let mut sets = current.into_iter().chain(newest);
    Ok(sets.any(|set| set.contains(key)))
}

fn set_address(context: &Context<'_>, new: SetAddress) -> Outcome<Effects> {
    let validator = Validator {
        address: parse_address(&new.address)?,
        ..own(context, &new.key)?
    };
    if context.state.validator(validator.key)?.as_ref() == Some(&validator) {
        return Ok(Effects::none());
    }
    check_address(context, &validator, &new.signature)?;
    Ok(Effects::one(Row::Validator(validator)))
}

fn message(context: &Context<'_>, asked: ValidatorMessage) -> Outcome<Rows> {
    let (key, address) = (parse_key(&asked.key)?, parse_address(&asked.address)?);
    let chain_id = &context.network.chain_id;
    let message = validator_message(key, &asked.operator, address, chain_id)?;
    Ok(vec![row![message]])
}

fn list(context: &Context<'_>, _: GetValidators) -> Outcome<Rows> {
    let current = context.state.validator_set(context.epoch())?;
    let current = current.unwrap_or_default();
    let validators = context.state.validators()?;
    let rows = validators.into_iter().map(|validator| {
        row![
            validator.key.to_string(),
            validator.operator,
            validator.address.to_string(),
            validator.status.name(),
            current.contains(validator.key)
        ]
    });
    Ok(rows.collect())
}

fn get_set(context: &Context<'_>, asked: GetValidatorSet) -> Outcome<Rows> {
    let set = match u64::try_from(asked.epoch) {
        Ok(epoch) => context.state.validator_set(epoch)?,
        Err(_) => None,
    };
    let set = set.unwrap_or_default();
    let rows = set
        .members()
        .iter()
        .map(|member| row![member.key.to_string(), member.address.to_string()]);
    Ok(rows.collect())
}

/// What happens at the deadline of a request.
pub(crate) fn lapse(context: &Context<'_>, key: ValidatorKey) -> StateResult<Effects> {
    let mut effects = Effects::none();
    let validator = context.state.validator(key)?;
    // Approved, or asked for anew since.
    if validator.is_some_and(|validator| {
        validator.status == ValidatorStatus::Requested && validator.expires_at <= context.now()
    }) {
        effects.delete(Key::Validator(key));
        end_votes_for(context.state, &mut effects, key)?;
    }
    Ok(effects)
}

/// Whether somebody, folded to lower case, operates a validator, or has asked to.
pub(crate) fn is_operating(state: &dyn State, operator: &str) -> StateResult<bool> {
    Ok(!state.validators_of(operator)?.is_empty())
}
