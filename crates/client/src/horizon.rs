//! How far the network is, by the word of more than one node.
//!
//! A proof says that an answer was true after some block. That there is a later block, after which it
//! is not, only another node can tell: of one node more than may lie, at least one tells the truth.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use idos_ledger::{Call, Caller, NAMESPACE, Question, verify};
use idos_proof::Freshness;
use idos_types::Value;
use idos_wire::{ProveResult, Request};
use tokio::{sync::Mutex, time::Instant};

use crate::{
    action,
    client::Client,
    error::Error,
    nodes::{Missed, Nodes},
    prove::proved_answer,
    proved::MAX_AGE,
    trust::Trust,
    witnesses::{Patience, witnesses},
};

/// For how long it is known well enough how far the network is.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// How long nodes are waited for.
const LOOK_FOR: Patience = Patience {
    enough: Duration::from_secs(2),
    more: Duration::ZERO,
};
/// A view that tells nothing but up to which height the state is certified: the validators of an
/// epoch that does not exist.
const NOTHING: (&str, Value) = ("get_validator_set", Value::Int(-1));

/// What a client knows of the newest height.
#[derive(Default)]
pub(crate) struct Horizon {
    newest: AtomicU64,
    looked: Mutex<Looked>,
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
    /// The newest height of which something was proved: no answer may be of an earlier one.
    pub(crate) fn newest(&self) -> u64 {
        self.newest.load(Ordering::Relaxed)
    }

    /// Something was proved at this height.
    pub(crate) fn saw(&self, height: u64) {
        self.newest.fetch_max(height, Ordering::Relaxed);
    }
}

impl Client {
    /// Has one node more than may lie tell how far the network is, unless that was done lately. If
    /// there are not enough, the next read looks again, and only the age of certificates bounds what
    /// this one believes.
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
        let faults = trust.tolerated_faults();
        if faults == 0 || self.witnesses(trust, faults).await? {
            looked.enough = Some(start);
        }
        looked.ended = Some(Instant::now());
        Ok(())
    }

    /// Whether more nodes than may lie told how far they are.
    async fn witnesses(&self, trust: &Trust, faults: usize) -> Result<bool, Error> {
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
            async move { height_of(&nodes, node, &trust, &request, &question, &freshness).await }
        };
        let told = witnesses(&self.nodes, faults, LOOK_FOR, ask).await;
        for (_, height) in &told.numbers {
            self.horizon.saw(*height);
        }
        Ok(told.numbers.len() > faults)
    }
}

/// The newest certified height of a node.
async fn height_of(
    nodes: &Nodes,
    node: usize,
    trust: &Trust,
    request: &Request,
    question: &Question,
    freshness: &Freshness,
) -> Result<u64, Missed> {
    let answered = nodes.ask::<ProveResult>(node, request, None).await?;
    let given = proved_answer(answered.value)?;
    let nobody = Caller::nobody();
    let proved = trust
        .verified(nodes, node, |client| {
            verify(client, freshness, question, &nobody, &given)
        })
        .await?;
    Ok(proved.statement.height)
}

#[cfg(test)]
mod tests;
