//! Runs one action or view of the catalogue.

use idos_types::{DataType, UserId, Value, fold};

use crate::{
    catalogue::{Access, Action, Arguments, Handler, find},
    context::{Caller, Context, Effects, Network, Rows},
    error::{CallError, Outcome},
    motions,
    row::{Change, Row, User, Wallet},
    state::{State, StateResult},
    validators::is_operating,
};

/// A view to run: where, which, with what.
#[derive(Clone, Debug)]
pub struct Call {
    /// `main`, or empty.
    pub namespace: String,
    /// Name of the view.
    pub action: String,
    /// Arguments as sent.
    pub arguments: Vec<(DataType, Value)>,
}

/// Runs an action of a transaction. A view may be named as well; it has no effect, and since
/// nobody sees what it returns, it is not run.
pub fn execute(
    context: &Context<'_>,
    action: &'static Action,
    arguments: Vec<(DataType, Value)>,
) -> Outcome<Effects> {
    let arguments = Arguments::bind(action, arguments)?;
    match action.handler {
        Handler::Write(run) if action.access == Access::Owner => {
            motions::decide(context, action, arguments, run)
        }
        Handler::Write(run) => run(context, arguments),
        Handler::View { .. } => Ok(Effects::none()),
    }
}

/// Runs a view.
pub fn view(context: &Context<'_>, call: Call) -> Outcome<(&'static Action, Rows)> {
    let action = find(&call.namespace, &call.action)?;
    match action.handler {
        Handler::View { run, .. } => {
            let arguments = Arguments::bind(action, call.arguments)?;
            Ok((action, run(context, arguments)?))
        }
        Handler::Write(_) => Err(CallError::ReadOnly(action.name).into()),
    }
}

/// What the first own act of a person changes: from now on the creator of the profile has no more
/// power over it. `None` if whoever acts, whose wallet this is, has no profile or has acted before.
pub fn claim(state: &dyn State, wallet: Option<&Wallet>) -> StateResult<Option<Change>> {
    let Some(wallet) = wallet else {
        return Ok(None);
    };
    let unclaimed = state.user(wallet.user_id)?.filter(|user| !user.claimed);
    Ok(unclaimed.map(|user| {
        Change::Put(Row::User(User {
            claimed: true,
            ..user
        }))
    }))
}

/// As what the network knows a caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// As a wallet of this person, whatever else it is.
    Person(UserId),
    /// As a delegate, a party, the owner of the network or the operator of a validator.
    Party,
    /// Not at all: a failing transaction of theirs costs the network nothing.
    Stranger,
}

/// As what the network knows the caller.
pub fn standing(state: &dyn State, network: &Network, caller: &Caller) -> StateResult<Standing> {
    if caller.is_nobody() {
        return Ok(Standing::Stranger);
    }
    if let Some(wallet) = state.wallet_of(caller.identity())? {
        return Ok(Standing::Person(wallet.user_id));
    }
    let address = fold(caller.text());
    let is_party = *caller.identity() == network.owner
        || state.delegate(&address)?.is_some()
        || state.party_at(&address)?.is_some()
        || is_operating(state, &address)?;
    Ok(match is_party {
        true => Standing::Party,
        false => Standing::Stranger,
    })
}
