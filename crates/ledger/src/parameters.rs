//! Parameters of the network, which can be changed while it runs.

use std::ops::RangeInclusive;

use idos_types::limits::{MOST_BODY_RETENTION_SECONDS, SHORT_TEXT_BYTES};

use crate::{
    catalogue::{declare, row},
    context::{Context, Effects, Network, Rows},
    error::{Outcome, Refusal},
    governance_row::{NextValue, Parameter, ParameterName},
    row::Row,
    state::{State, StateResult},
    text::Text,
};

/// The version of the protocol that networks begin with.
const FIRST_PROTOCOL_VERSION: u64 = 1;

declare! {
    /// Sets a parameter of the network, from a height on if one is given.
    [owner write] set_parameter_as_owner = set(SetParameter {
        name: Text<SHORT_TEXT_BYTES>,
        value: i64,
        from_height: Option<i64>,
    });
    /// The parameters of the network, and which values count from which height on.
    [view] get_parameters = list(GetParameters {})
        -> table [name: TEXT, value: INT8, next_value: INT8, next_from_height: INT8];
}

/// The version of the protocol that the blocks of an epoch follow, as of the block before it or a
/// later one.
pub fn protocol_version(state: &dyn State, network: &Network, epoch: u64) -> StateResult<u64> {
    let first = network.counted(network.epoch.first_height(epoch));
    parameter(state, network, ParameterName::ProtocolVersion, first)
}

/// A version of the protocol that was decided and does not count at a height, and from which height
/// on it does.
pub fn next_protocol_version(
    state: &dyn State,
    network: &Network,
    height: u64,
) -> StateResult<Option<NextValue>> {
    let version = current(state, network, ParameterName::ProtocolVersion)?;
    Ok(version.next.filter(|next| next.from_height > height))
}

/// The value of a parameter at a height.
pub fn parameter(
    state: &dyn State,
    network: &Network,
    name: ParameterName,
    height: u64,
) -> StateResult<u64> {
    Ok(current(state, network, name)?.at(height))
}

/// A parameter as it was set, or as it is by default.
fn current(state: &dyn State, network: &Network, name: ParameterName) -> StateResult<Parameter> {
    let default = || Parameter {
        name,
        value: match name {
            ParameterName::BodyRetentionSeconds => network.body_retention_seconds,
            ParameterName::ProtocolVersion => FIRST_PROTOCOL_VERSION,
        },
        next: None,
    };
    Ok(state.parameter(name)?.unwrap_or_else(default))
}

/// What a parameter may be set to while it has a value. Whether this release follows a version of the
/// protocol plays no part: releases would disagree about the vote for it.
fn range(name: ParameterName, now: u64) -> RangeInclusive<u64> {
    match name {
        ParameterName::BodyRetentionSeconds => 1..=MOST_BODY_RETENTION_SECONDS,
        ParameterName::ProtocolVersion => now..=now.saturating_add(1),
    }
}

fn set(context: &Context<'_>, asked: SetParameter) -> Outcome<Effects> {
    let name = ParameterName::parse(&asked.name).ok_or(Refusal::UnknownParameter)?;
    let height = context.block.height;
    let before = current(context.state, context.network, name)?;
    let range = range(name, before.at(height));
    let value = u64::try_from(asked.value)
        .ok()
        .filter(|value| range.contains(value))
        .ok_or(Refusal::ParameterRange {
            name: name.name(),
            least: *range.start(),
            most: *range.end(),
        })?;
    // The first height at which another value can begin to count, and how far others are from it.
    let (earliest, step) = match name {
        ParameterName::BodyRetentionSeconds => (height.saturating_add(1), 1),
        ParameterName::ProtocolVersion => (upgrade_height(context), context.network.epoch.blocks()),
    };
    let no_height = || match name {
        ParameterName::BodyRetentionSeconds => Refusal::EarlyParameter {
            name: name.name(),
            earliest,
        },
        ParameterName::ProtocolVersion => Refusal::ProtocolHeight {
            earliest,
            blocks: step,
        },
    };
    let after = match asked.from_height {
        None if name == ParameterName::ProtocolVersion => {
            return Err(Refusal::Null("from_height").into());
        }
        None => Parameter {
            name,
            value,
            next: None,
        },
        Some(from_height) => Parameter {
            name,
            value: before.at(height),
            next: Some(NextValue {
                value,
                from_height: u64::try_from(from_height)
                    .ok()
                    .filter(|from_height| *from_height >= earliest)
                    .filter(|from_height| (from_height - earliest).is_multiple_of(step))
                    .ok_or_else(no_height)?,
            }),
        },
    };
    if after == before {
        return Ok(Effects::none());
    }
    Ok(Effects::one(Row::Parameter(after)))
}

/// The first height, as rules count, at which another version of the protocol may begin to count: nodes
/// have to be upgraded before, all of them, and change to it between two epochs.
fn upgrade_height(context: &Context<'_>) -> u64 {
    let (network, height) = (context.network, context.block.height);
    let own = height.saturating_sub(network.earlier_blocks);
    let last_of_notice = own.saturating_add(network.epoch.blocks()).saturating_sub(1);
    let epoch = network.epoch.epoch_of(last_of_notice).saturating_add(1);
    network.counted(network.epoch.first_height(epoch))
}

fn list(context: &Context<'_>, _: GetParameters) -> Outcome<Rows> {
    let height = context.block.height;
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let mut rows = Rows::new();
    for name in ParameterName::ALL {
        let parameter = current(context.state, context.network, name)?;
        let next = parameter.next.filter(|next| next.from_height > height);
        rows.push(row![
            name.name(),
            number(parameter.at(height)),
            next.map(|next| number(next.value)),
            next.map(|next| number(next.from_height))
        ]);
    }
    Ok(rows)
}
