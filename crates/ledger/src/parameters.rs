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

/// The versions of the rules that this code has.
pub const PROTOCOL_VERSIONS: RangeInclusive<u64> = 1..=1;

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
            ParameterName::ProtocolVersion => *PROTOCOL_VERSIONS.start(),
        },
        next: None,
    };
    Ok(state.parameter(name)?.unwrap_or_else(default))
}

fn range(name: ParameterName) -> RangeInclusive<u64> {
    match name {
        ParameterName::BodyRetentionSeconds => 1..=MOST_BODY_RETENTION_SECONDS,
        ParameterName::ProtocolVersion => PROTOCOL_VERSIONS,
    }
}

fn set(context: &Context<'_>, asked: SetParameter) -> Outcome<Effects> {
    let name = ParameterName::parse(&asked.name).ok_or(Refusal::UnknownParameter)?;
    let range = range(name);
    let value = u64::try_from(asked.value)
        .ok()
        .filter(|value| range.contains(value))
        .ok_or(Refusal::ParameterRange {
            name: name.name(),
            least: *range.start(),
            most: *range.end(),
        })?;
    let height = context.block.height;
    // Nodes have to be upgraded before other rules count, all of them.
    let notice = match name {
        ParameterName::BodyRetentionSeconds => 1,
        ParameterName::ProtocolVersion => context.network.epoch.blocks(),
    };
    let earliest = height.saturating_add(notice);
    let before = current(context.state, context.network, name)?;
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
                    .ok_or(Refusal::EarlyParameter {
                        name: name.name(),
                        earliest,
                    })?,
            }),
        },
    };
    if after == before {
        return Ok(Effects::none());
    }
    Ok(Effects::one(Row::Parameter(after)))
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
