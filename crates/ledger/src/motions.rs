//! Motions: what the owner of the network decides alone while it is small, operators decide by
//! vote. An operator votes by making the very call; the vote that is enough takes effect.

use idos_types::{
    Digest, Value,
    limits::{MOTION_SECONDS, MOTIONS_PER_OPERATOR, SHORT_TEXT_BYTES},
};
use serde_json::json;

use crate::{
    catalogue::{Action, Arguments, declare, row},
    context::{Context, Effects, Rows},
    electorate::Electorate,
    error::{CallError, Outcome, Refusal},
    governance_row::{Motion, Vote},
    paging::page,
    row::{Deadline, Due, Key, Row},
    state::{State, StateResult},
    text::Text,
};

const DOMAIN: &str = "idos/motion/v1";

declare! {
    /// Takes the caller's vote for a motion back.
    [write] withdraw_vote = withdraw(WithdrawVote { motion: Text<SHORT_TEXT_BYTES> });
    /// One page of the motions that are open, oldest first: what was voted on with which
    /// arguments, for how many validators, and how many are needed.
    [view] get_motions = list(GetMotions { page: i64, size: i64 })
        -> table [
            id: TEXT, action: TEXT, arguments: TEXT, proposer: TEXT, expires_at: INT8,
            approvals: INT8, needed: INT8,
        ];
}

/// Runs an action of the network's owner: for the owner alone while there are few validators, as
/// a vote of an operator once there are enough.
pub(crate) fn decide(
    context: &Context<'_>,
    action: &'static Action,
    arguments: Arguments,
    run: fn(&Context<'_>, Arguments) -> Outcome<Effects>,
) -> Outcome<Effects> {
    let electorate = Electorate::of(context.state)?;
    if !electorate.decides() {
        return if context.is_owner() {
            run(context, arguments)
        } else {
            Err(CallError::OwnerOnly(action.name).into())
        };
    }
    let operator = context
        .operator()
        .filter(|operator| electorate.weight(operator) > 0);
    let Some(operator) = operator else {
        return if context.is_owner() {
            Err(Refusal::OperatorsVote.into())
        } else {
            Err(CallError::OwnerOnly(action.name).into())
        };
    };
    let motion = Motion {
        id: motion_id(action.name, arguments.values()),
        action: action.name.to_owned(),
        arguments: json_of(arguments.values()).to_string(),
        proposer: operator.clone(),
        expires_at: context.now().saturating_add(MOTION_SECONDS),
        height: context.block.height,
    };
    // At every vote: nobody is to vote for what could not take effect.
    let effects = run(context, arguments)?;
    if effects.changes.is_empty() {
        return Ok(effects);
    }
    vote(context, &electorate, motion, operator, effects)
}

/// Counts a vote for a call that would have these effects.
fn vote(
    context: &Context<'_>,
    electorate: &Electorate,
    new: Motion,
    operator: String,
    mut decided: Effects,
) -> Outcome<Effects> {
    let known = context.state.motion(&new.id)?;
    let mut votes = match &known {
        Some(motion) => context.state.votes(&motion.id)?,
        None => Vec::new(),
    };
    let mut effects = Effects::none();
    // More may be due than a block works off: what should have ended counts no more.
    let is_open = known
        .as_ref()
        .is_some_and(|motion| motion.expires_at > context.now());
    if let Some(ended) = known.as_ref().filter(|_| !is_open) {
        end(&mut effects, ended, &std::mem::take(&mut votes));
    }
    let vote = Vote {
        motion: new.id,
        operator,
    };
    let is_new = !votes.contains(&vote);
    if is_new {
        votes.push(vote.clone());
    }
    let (approvals, needed) = (electorate.approvals(&votes), electorate.needed());
    if approvals >= needed {
        if let Some(motion) = known.filter(|_| is_open) {
            end(&mut decided, &motion, &votes);
        }
        effects.changes.append(&mut decided.changes);
        effects.notices = decided.notices;
        return Ok(effects);
    }
    // An identical retry. It is looked at this far, since votes that were too few may be enough
    // when validators have left.
    if !is_new {
        return Ok(Effects::none());
    }
    if !is_open {
        if context.state.count_motions(&vote.operator)? >= MOTIONS_PER_OPERATOR {
            return Err(Refusal::Quota {
                what: "open motions of one operator",
                max: MOTIONS_PER_OPERATOR,
            }
            .into());
        }
        effects.put(Row::Due(end_of(&new)));
        effects.put(Row::Motion(new));
    }
    effects.notice(format!(
        "counted as a vote for motion {}: {approvals} of {} validators approve, {needed} are needed",
        vote.motion,
        electorate.validators()
    ));
    effects.put(Row::Vote(vote));
    Ok(effects)
}

/// The deadline of a motion.
fn end_of(motion: &Motion) -> Due {
    Due {
        at: motion.expires_at,
        what: Deadline::EndMotion(motion.id),
    }
}

/// Removes a motion with its votes.
fn end(effects: &mut Effects, motion: &Motion, votes: &[Vote]) {
    for vote in votes {
        effects.delete(Key::Vote(vote.motion, vote.operator.clone()));
    }
    effects.delete(Key::Due(end_of(motion)));
    effects.delete(Key::Motion(motion.id));
}

/// What happens at the deadline of a motion.
pub(crate) fn lapse(context: &Context<'_>, id: &Digest) -> StateResult<Effects> {
    let mut effects = Effects::none();
    let motion = context.state.motion(id)?;
    // The same call may have been proposed anew since.
    if let Some(motion) = motion.filter(|motion| motion.expires_at <= context.now()) {
        end(&mut effects, &motion, &context.state.votes(id)?);
    }
    Ok(effects)
}

/// Ends the vote on a call, if there is one: what it is about is gone, and what takes its place may be
/// something else.
pub(crate) fn end_vote_on(
    state: &dyn State,
    effects: &mut Effects,
    action: &str,
    arguments: &[Value],
) -> StateResult<()> {
    let id = motion_id(action, arguments);
    if let Some(motion) = state.motion(&id)? {
        end(effects, &motion, &state.votes(&id)?);
    }
    Ok(())
}

fn withdraw(context: &Context<'_>, asked: WithdrawVote) -> Outcome<Effects> {
    let motion = match Digest::from_hex(&asked.motion) {
        Some(id) => context.state.motion(&id)?,
        None => None,
    };
    let (Some(motion), Some(operator)) = (motion, context.operator()) else {
        return Err(Refusal::NoVote.into());
    };
    let votes = context.state.votes(&motion.id)?;
    if !votes.iter().any(|vote| vote.operator == operator) {
        return Err(Refusal::NoVote.into());
    }
    let mut effects = Effects::none();
    if votes.len() == 1 {
        end(&mut effects, &motion, &votes);
    } else {
        effects.delete(Key::Vote(motion.id, operator));
    }
    Ok(effects)
}

fn list(context: &Context<'_>, asked: GetMotions) -> Outcome<Rows> {
    let page = page(asked.page, asked.size)?;
    let electorate = Electorate::of(context.state)?;
    let count = |validators: usize| i64::try_from(validators).unwrap_or(i64::MAX);
    let mut rows = Rows::new();
    for motion in context.state.motions(page)? {
        if motion.expires_at <= context.now() {
            continue;
        }
        let approvals = electorate.approvals(&context.state.votes(&motion.id)?);
        rows.push(row![
            motion.id.to_string(),
            motion.action,
            motion.arguments,
            motion.proposer,
            motion.expires_at,
            count(approvals),
            count(electorate.needed())
        ]);
    }
    Ok(rows)
}

fn motion_id(action: &str, arguments: &[Value]) -> Digest {
    let arguments: Vec<_> = arguments.iter().map(canonical).collect();
    let mut parts = vec![action.as_bytes()];
    parts.extend(arguments.iter().map(Vec::as_slice));
    Digest::of_parts(DOMAIN, &parts)
}

/// A value as bytes: a mark of its kind, then the value. Only an array holds several, each after
/// its length.
fn canonical(value: &Value) -> Vec<u8> {
    let marked = |mark: u8, bytes: &[u8]| [&[mark], bytes].concat();
    match value {
        Value::Null => marked(0, &[]),
        Value::Text(text) => marked(1, text.as_bytes()),
        Value::Int(number) => marked(2, &number.to_be_bytes()),
        Value::Bool(truth) => marked(3, &[u8::from(*truth)]),
        Value::Uuid(id) => marked(4, id.as_bytes()),
        Value::Bytes(bytes) => marked(5, bytes),
        Value::Numeric(number) => marked(6, number.as_bytes()),
        Value::Array(elements) => {
            let mut bytes = vec![7];
            for element in elements.iter().map(canonical) {
                bytes.extend((element.len() as u64).to_be_bytes());
                bytes.extend(element);
            }
            bytes
        }
    }
}

/// Arguments as JSON, in the form in which clients send them.
fn json_of(arguments: &[Value]) -> serde_json::Value {
    let value = |value: &Value| match value {
        Value::Null => serde_json::Value::Null,
        Value::Text(text) | Value::Numeric(text) => json!(text),
        Value::Int(number) => json!(number),
        Value::Bool(truth) => json!(truth),
        Value::Uuid(id) => json!(id.to_string()),
        Value::Bytes(bytes) => json!(hex::encode(bytes)),
        Value::Array(elements) => json_of(elements),
    };
    arguments.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use idos_types::Uuid;

    use super::*;

    #[test]
    fn different_calls_are_different_motions() {
        let actions = ["add_inserter_as_owner", "add_party_as_owner"];
        let id = Value::Uuid(Uuid::from_bytes(*b"0123456789abcdef"));
        let text = |text: &str| Value::from(text);
        let lists = [
            vec![],
            vec![Value::Null],
            vec![text("")],
            vec![text("ab"), text("c")],
            vec![text("a"), text("bc")],
            vec![text("a"), text("bc"), Value::Null],
            vec![id],
            vec![text("0123456789abcdef")],
            vec![Value::Bytes(b"0123456789abcdef".into())],
            vec![Value::Int(1)],
            vec![Value::Bool(true)],
            vec![Value::Numeric("1".into())],
            vec![text("1")],
            vec![Value::Array(vec![text("ab"), text("c")])],
            vec![Value::Array(vec![text("a"), text("bc")])],
            vec![Value::Array(vec![])],
        ];
        let mut ids = BTreeSet::new();
        for action in actions {
            for arguments in &lists {
                assert!(ids.insert(motion_id(action, arguments)), "{arguments:?}");
                assert_eq!(
                    motion_id(action, arguments),
                    motion_id(action, &arguments.clone())
                );
            }
        }
    }

    #[test]
    fn arguments_are_shown_as_they_are_sent() {
        let arguments = [
            Value::Uuid(Uuid::from_u128(1)),
            Value::from("a\"b"),
            Value::Int(-1),
            Value::Null,
        ];
        assert_eq!(
            json_of(&arguments).to_string(),
            r#"["00000000-0000-0000-0000-000000000001","a\"b",-1,null]"#
        );
    }
}
