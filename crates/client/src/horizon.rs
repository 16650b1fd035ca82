//! How far the network is, by the word of more than one node.
//!
//! A proof says that an answer was true after some block. That there is a later block, after which it
//! is not, only another node can tell: of one node more than may lie, at least one tells the truth.

use std::{
    sync::{Arc, Mutex as StdMutex, PoisonError},
    time::Duration,
};

use idos_ledger::{AnswerError, Call, Caller, NAMESPACE, Proved, Question, verify};
use idos_proof::{Freshness, LightClientError, RootStatement};
use idos_types::Value;
use idos_wire::{ProveResult, Request};
use tokio::{
    sync::Mutex,
    task::JoinSet,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    action,
    client::Client,
    error::{Error, NodeFault},
    nodes::{Missed, Nodes},
    prove::proved_answer,
    proved::MAX_AGE,
    trust::Trust,
};

/// For how long it is known well enough how far the network is.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// How long nodes are waited for, with those that are asked in place of others.
const LOOK_FOR: Duration = Duration::from_secs(2);
/// How long one has to answer: who says nothing by then is not counted, and holds the first read up for less
/// than a second.
const ANSWER_FOR: Duration = Duration::from_millis(900);
/// How long nodes have, at the beginning, to prove the set changes behind what they said in time.
const WALK_FOR: Duration = Duration::from_secs(30);
/// A view that tells nothing but up to which height the state is certified: the validators of an
/// epoch that does not exist.
const NOTHING: (&str, Value) = ("get_validator_set", Value::Int(-1));

/// What a client knows of the newest state.
#[derive(Default)]
pub(crate) struct Horizon {
    newest: StdMutex<Newest>,
    looked: Mutex<Looked>,
}

/// The newest state of which something was proved. Epochs count first: once one has begun, validators of the epoch before
/// may have left and lost their keys, and whoever has those can sign any height.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub(crate) struct Newest {
    epoch: u64,
    height: u64,
}

impl Newest {
    fn of(statement: &RootStatement) -> Self {
        Self {
            epoch: statement.epoch,
            height: statement.height,
        }
    }

    /// Refuses an answer of an earlier state.
    pub(crate) fn check(self, proved: Proved) -> Result<Proved, AnswerError> {
        let Self { epoch, height } = Self::of(&proved.statement);
        if epoch < self.epoch {
            let (known, got) = (self.epoch, epoch);
            return Err(LightClientError::EpochPassed { known, got }.into());
        }
        if epoch == self.epoch && height < self.height {
            let min_height = self.height;
            return Err(LightClientError::TooLow { height, min_height }.into());
        }
        Ok(proved)
    }
}

/// When it was looked.
#[derive(Default)]
struct Looked {
    /// When the last look began in which enough nodes told.
    enough: Option<Instant>,
    /// When the last look ended.
    ended: Option<Instant>,
}

impl Horizon {
    /// The newest state of which something was proved: no answer may be of an earlier one.
    pub(crate) fn newest(&self) -> Newest {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something was proved of this state.
    pub(crate) fn saw(&self, statement: &RootStatement) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        *newest = newest.max(Newest::of(statement));
    }
}

impl Client {
    /// Goes on with the network as far as its nodes prove that it is, unless that was done lately:
    /// [`Client::trusted`] is what is trusted then. Whoever only reads need not call it.
    pub async fn follow(&self) -> Result<(), Error> {
        self.look_around().await
    }

    /// Has one node more than may lie tell how far the network is, unless that was done lately. So
    /// many more are asked at once that silent ones hold nothing up; those that fail are replaced by
    /// others as long as there are some. If there are not enough, the next read looks again, and only
    /// the age of certificates bounds what this one believes.
    ///
    /// Until one look had enough, all nodes are asked and waited for. What is trusted then may be as
    /// old as the genesis: its validators may have left, their keys may be anybody's, and how many of
    /// them may lie says nothing. One node that proves a later epoch ends the trust in them.
    pub(crate) async fn look_around(&self) -> Result<(), Error> {
        let Some(trust) = &self.trust else {
            return Ok(());
        };
        let start = Instant::now();
        let mut looked = self.horizon.looked.lock().await;
        let is_known = looked.enough.is_some_and(|it| it.elapsed() < LOOK_AGAIN);
        // Whoever waited for a look of somebody else has its outcome, whatever that is.
        if is_known || looked.ended.is_some_and(|ended| ended >= start) {
            return Ok(());
        }
        let asked = match looked.enough {
            None => Asked::All,
            Some(_) => Asked::Enough,
        };
        if self.witnesses(trust, asked).await? {
            looked.enough = Some(start);
        }
        looked.ended = Some(Instant::now());
        trust.keep();
        Ok(())
    }

    /// Whether more nodes than may lie told how far they are.
    async fn witnesses(&self, trust: &Trust, asked: Asked) -> Result<bool, Error> {
        let (view, argument) = NOTHING;
        let (action, call) = action::view(view, vec![argument.clone()])?;
        let types = action.parameters.iter().map(|it| it.data_type);
        let question = Arc::new(Question::of(Call {
            namespace: NAMESPACE.to_owned(),
            action: action.name.to_owned(),
            arguments: types.zip([argument]).collect(),
        })?);
        let request = Arc::new(Request::Prove(Self::call_of_nobody(call)));
        let freshness = Freshness {
            min_height: 0,
            max_age: MAX_AGE,
            now: crate::proved::now(),
        };
        let ask = |node| {
            let (nodes, trust) = (self.nodes.clone(), trust.clone());
            let (request, question) = (Arc::clone(&request), Arc::clone(&question));
            async move { newest_of(&nodes, node, &trust, &request, &question, &freshness).await }
        };
        let end = Instant::now()
            + match asked {
                Asked::All => WALK_FOR,
                Asked::Enough => LOOK_FOR,
            };
        let mut waiting = self.nodes.order();
        let mut running = JoinSet::new();
        let mut told: Vec<RootStatement> = Vec::new();
        loop {
            let wanted = match asked {
                Asked::All => usize::MAX,
                Asked::Enough if are_enough(&mut told, trust) => break,
                Asked::Enough => 2 * trust.tolerated_faults() + 1,
            };
            while running.len() + told.len() < wanted
                && let Some(node) = waiting.next()
            {
                running.spawn(ask(node));
            }
            match timeout_at(end, running.join_next()).await {
                Ok(Some(Ok(Ok(statement)))) => told.push(statement),
                // Another is asked in its place.
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => break,
            }
        }
        let is_enough = are_enough(&mut told, trust);
        for statement in &told {
            self.horizon.saw(statement);
        }
        Ok(is_enough)
    }
}

/// Whom to ask how far the network is.
#[derive(Clone, Copy)]
enum Asked {
    /// Every node.
    All,
    /// So many that enough of them tell.
    Enough,
}

/// Whether more told than may lie, by the trust as it is now: whoever told something may have proved
/// other validators with it, of whom more may lie, and who ended an epoch that has nothing to tell any
/// longer. So has one of which somebody told that the next has begun.
fn are_enough(told: &mut Vec<RootStatement>, trust: &Trust) -> bool {
    let told_of = told.iter().map(|statement| statement.epoch);
    let epoch = told_of.fold(trust.epoch(), u64::max);
    told.retain(|statement| statement.epoch >= epoch);
    told.len() > trust.tolerated_faults()
}

/// The newest certified state of a node.
async fn newest_of(
    nodes: &Nodes,
    node: usize,
    trust: &Trust,
    request: &Request,
    question: &Question,
    freshness: &Freshness,
) -> Result<RootStatement, Missed> {
    let answered = timeout(ANSWER_FOR, nodes.ask::<ProveResult>(node, request, None));
    let answered = answered.await.map_err(|_| NodeFault::Ended)??;
    let given = proved_answer(answered.value)?;
    let nobody = Caller::nobody();
    let proved = trust
        .verified(nodes, node, |client| {
            verify(client, freshness, question, &nobody, &given)
        })
        .await?;
    trust.leave_for(proved.statement.epoch, nodes, node).await;
    Ok(proved.statement)
}

#[cfg(test)]
mod tests;
