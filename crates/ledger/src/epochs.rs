//! The sets of validators: those of the genesis, the next one at the end of each epoch, and who
//! is to be connected with.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use idos_types::{
    Identity, Member, NodeAddress, ValidatorKey, ValidatorSet, ValidatorSetError, fold,
    limits::{EPOCHS_AHEAD, OBSERVERS},
};

use crate::{
    context::{Context, Effects},
    governance_row::{Parameter, ParameterName, Validator, ValidatorStatus},
    row::{Change, Key, Row},
    state::{State, StateError, StateResult},
    validators::{end_votes_for, lapse_of},
};

/// In how many epochs before one the validators have to be the same, for one that moves to be known in seconds.
const EPOCHS_BETWEEN_MOVES: u64 = 8;

/// The epoch whose validators the end of an epoch fixes.
pub fn epoch_fixed_by(epoch: u64) -> u64 {
    epoch.saturating_add(EPOCHS_AHEAD)
}

/// A validator from the start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GenesisValidator {
    /// The key it votes by.
    pub key: ValidatorKey,
    /// Who runs it.
    pub operator: Identity,
    /// Where other nodes reach it.
    pub address: NodeAddress,
}

/// The rows of a network without blocks: its validators, and the sets of the first epochs.
pub fn genesis(validators: &[GenesisValidator]) -> Result<Vec<Change>, ValidatorSetError> {
    let members = validators.iter().map(|validator| Member {
        key: validator.key,
        address: validator.address,
    });
    let set = ValidatorSet::new(members.collect())?;
    let rows = validators.iter().map(|validator| {
        Row::Validator(Validator {
            key: validator.key,
            operator: fold(validator.operator.as_str()),
            address: validator.address,
            status: ValidatorStatus::Ready,
            expires_at: 0,
            height: 0,
        })
    });
    let sets = (0..EPOCHS_AHEAD).map(|epoch| Row::ValidatorSet(epoch, set.clone()));
    Ok(rows.chain(sets).map(Change::Put).collect())
}

/// What changes in the state of a network that goes on as a new chain with these validators, after so many blocks:
/// every node that took part or asked to is gone, with the votes on its request, and so are the sets of validators.
/// A version of the protocol that was decided and did not count yet is not either: the new chain goes on by that of
/// the last block. Everything else stays.
pub fn restart(
    state: &dyn State,
    validators: &[GenesisValidator],
    blocks: u64,
) -> StateResult<Vec<Change>> {
    let mut effects = Effects::none();
    for validator in state.validators()? {
        if validator.status == ValidatorStatus::Requested {
            effects.delete(Key::Due(lapse_of(&validator)));
            end_votes_for(state, &mut effects, validator.key)?;
        }
        effects.delete(Key::Validator(validator.key));
    }
    let newest = state.newest_validator_set()?;
    for epoch in newest.into_iter().flat_map(|(newest, _)| 0..=newest) {
        if state.validator_set(epoch)?.is_some() {
            effects.delete(Key::ValidatorSet(epoch));
        }
    }
    if let Some(version) = state.parameter(ParameterName::ProtocolVersion)? {
        effects.put(Row::Parameter(Parameter {
            value: version.at(blocks.saturating_sub(1)),
            next: None,
            ..version
        }));
    }
    for change in genesis(validators).map_err(broken)? {
        effects.changes.push(match change {
            Change::Put(Row::Validator(validator)) => Change::Put(Row::Validator(Validator {
                height: blocks,
                ..validator
            })),
            other => other,
        });
    }
    Ok(effects.changes)
}

/// What happens with the last block of an epoch: the set of the epoch after the next is fixed, and
/// whoever is in no set any more is forgotten.
pub fn end_epoch(context: &Context<'_>, epoch: u64) -> StateResult<Effects> {
    let state = context.state;
    let validators = state.validators()?;
    let fixed = next_set(state, &validators)?;
    let coming = state.validator_set(epoch.saturating_add(1))?;
    let coming = coming.unwrap_or_default();
    let mut effects = Effects::none();
    for validator in &validators {
        let is_needed = fixed.contains(validator.key) || coming.contains(validator.key);
        if validator.status == ValidatorStatus::Leaving && !is_needed {
            effects.delete(Key::Validator(validator.key));
        }
    }
    effects.put(Row::ValidatorSet(epoch_fixed_by(epoch), fixed));
    Ok(effects)
}

/// The set that would be fixed now: whoever is ready; never nobody.
fn next_set(state: &dyn State, validators: &[Validator]) -> StateResult<ValidatorSet> {
    let ready = validators
        .iter()
        .filter(|validator| validator.status == ValidatorStatus::Ready)
        .map(member);
    let set = ValidatorSet::new(ready.collect()).map_err(broken)?;
    if !set.is_empty() {
        return Ok(set);
    }
    let newest = state.newest_validator_set()?;
    Ok(newest.map(|(_, set)| set).unwrap_or_default())
}

fn member(validator: &Validator) -> Member {
    Member {
        key: validator.key,
        address: validator.address,
    }
}

/// Rows that the rules never make.
fn broken(error: ValidatorSetError) -> StateError {
    StateError(Box::new(error))
}

/// How fast blocks have to be made even if nothing waits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Pace {
    /// Nothing asks for them.
    Idle,
    /// Addresses changed again and again. Nobody votes on that, so it must not cost much.
    Slow,
    /// The validators are about to change, or one moved after a while in which none did.
    Quick,
}

/// How fast blocks have to be made for a change of the validators. One is pending while the sets of this epoch
/// and the next, and the one that would be fixed now, are not all the same: without blocks it would never come.
pub fn pace(state: &dyn State, epoch: u64) -> StateResult<Pace> {
    let set = |epoch| Ok(state.validator_set(epoch)?.unwrap_or_default());
    let current = set(epoch)?;
    let pending = [
        set(epoch.saturating_add(1))?,
        next_set(state, &state.validators()?)?,
    ];
    if pending.iter().all(|set| *set == current) {
        return Ok(Pace::Idle);
    }
    let keys = |set: &ValidatorSet| -> Vec<_> { set.members().iter().map(|one| one.key).collect() };
    if pending.iter().any(|set| keys(set) != keys(&current)) {
        return Ok(Pace::Quick);
    }
    for earlier in epoch.saturating_sub(EPOCHS_BETWEEN_MOVES)..epoch {
        if set(earlier)? != current {
            return Ok(Pace::Slow);
        }
    }
    Ok(Pace::Quick)
}

/// Whether a node was approved since this height, the first of an epoch. Others let it connect when
/// the next epoch begins, so blocks have to be made until then, or it would wait for hours.
pub fn is_observer_waiting(state: &dyn State, first_of_epoch: u64) -> StateResult<bool> {
    let validators = state.validators()?;
    let mut observers = validators
        .iter()
        .filter(|validator| validator.status == ValidatorStatus::Observer);
    Ok(observers.any(|observer| observer.height >= first_of_epoch))
}

/// Who takes part in an epoch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Membership {
    /// Those who vote, each where it is reached now: addresses may have changed since the set was
    /// fixed.
    pub validators: ValidatorSet,
    /// Those who follow the chain and do not vote, ordered by their keys: approved nodes, and the
    /// members of the next set and of the two before, who may have blocks that others miss. At most
    /// [`OBSERVERS`]: of the members of other sets some may be left out.
    pub observers: Vec<Member>,
}

/// Who takes part in an epoch; `None` if its set is not fixed yet.
pub fn membership(state: &dyn State, epoch: u64) -> StateResult<Option<Membership>> {
    let Some(set) = state.validator_set(epoch)? else {
        return Ok(None);
    };
    let mut addresses: BTreeMap<ValidatorKey, NodeAddress> = BTreeMap::new();
    let first = epoch.saturating_sub(EPOCHS_AHEAD);
    for nearby in first..=epoch.saturating_add(1) {
        let members = state.validator_set(nearby)?.unwrap_or_default();
        addresses.extend(members.members().iter().map(|one| (one.key, one.address)));
    }
    let mut approved = BTreeSet::new();
    for validator in state.validators()? {
        match validator.status {
            ValidatorStatus::Requested => continue,
            ValidatorStatus::Observer | ValidatorStatus::Ready => {
                approved.insert(validator.key);
            }
            ValidatorStatus::Leaving => {}
        }
        addresses.insert(validator.key, validator.address);
    }
    let members = addresses
        .into_iter()
        .map(|(key, address)| Member { key, address });
    let (validators, mut observers): (_, Vec<Member>) =
        members.partition(|one| set.contains(one.key));
    if observers.len() > OBSERVERS {
        // Sets that were exchanged one after the other leave more former members than may listen. No
        // more nodes are approved than there is room for.
        let next = state
            .validator_set(epoch.saturating_add(1))?
            .unwrap_or_default();
        observers.sort_by_key(|one| {
            let is_needed = (approved.contains(&one.key), next.contains(one.key));
            (Reverse(is_needed), one.key)
        });
        observers.truncate(OBSERVERS);
        observers.sort_by_key(|one| one.key);
    }
    Ok(Some(Membership {
        validators: ValidatorSet::new(validators).map_err(broken)?,
        observers,
    }))
}
