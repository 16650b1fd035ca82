//! What nodes say of which some may lie.

use std::{future::Future, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, timeout_at},
};

use crate::{
    client::Client,
    nodes::{Missed, Nodes},
};

/// How long nodes are waited for.
pub(crate) struct Patience {
    /// As long as there are not enough.
    pub(crate) enough: Duration,
    /// The others that were asked, once there are enough.
    pub(crate) more: Duration,
}

/// What was told.
pub(crate) struct Told {
    /// By which node each number.
    pub(crate) numbers: Vec<(usize, u64)>,
    /// The last node that failed.
    pub(crate) missed: Option<(usize, Missed)>,
}

impl Client {
    /// How many of the nodes may lie: of the validators as many as do no harm, or, if nobody is known
    /// to validate, a third of the nodes that are named. No more than the fewer half of these, or one
    /// that is silent or lies would hold up all others; one at least.
    pub(crate) fn faults(&self) -> usize {
        let trust = self.trust.as_ref();
        faults_among(
            self.nodes.count(),
            trust.map(|trust| trust.tolerated_faults()),
        )
    }
}

fn faults_among(named: usize, of_validators: Option<usize>) -> usize {
    let others = named.saturating_sub(1);
    of_validators.unwrap_or(others / 3).min(others / 2).max(1)
}

/// A number that nodes tell of which `faults` may lie: enough is one more than that, and at most twice
/// as many and one. So many are asked at once that silent ones hold nothing up; those that fail are
/// replaced by others as long as there are some. Whoever has said nothing in time is not counted, so
/// there may be too few.
pub(crate) async fn witnesses<F>(
    nodes: &Nodes,
    faults: usize,
    patience: Patience,
    ask: impl Fn(usize) -> F,
) -> Told
where
    F: Future<Output = Result<u64, Missed>> + Send + 'static,
{
    let of = |node| {
        let asked = ask(node);
        async move { (node, asked.await) }
    };
    let mut end = Instant::now() + patience.enough;
    let mut waiting = nodes.order();
    let mut running: JoinSet<_> = waiting.by_ref().take(2 * faults + 1).map(of).collect();
    let mut told = Told {
        numbers: Vec::new(),
        missed: None,
    };
    loop {
        match timeout_at(end, running.join_next()).await {
            Ok(Some(Ok((node, Ok(number))))) => {
                told.numbers.push((node, number));
                if told.numbers.len() == faults + 1 {
                    end = end.min(Instant::now() + patience.more);
                }
                continue;
            }
            Ok(Some(Ok((node, Err(missed))))) => told.missed = Some((node, missed)),
            // An attempt that was ended by a bug or with the runtime: nothing is known.
            Ok(Some(Err(_))) => {}
            Ok(None) | Err(_) => return told,
        }
        if let Some(node) = waiting.next() {
            running.spawn(of(node));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_three_holds_up_nobody_however_many_validate() {
        for (named, of_validators, faults) in [
            (1, None, 1),
            (1, Some(2), 1),
            (3, None, 1),
            (3, Some(2), 1),
            (5, Some(1), 1),
            (5, Some(2), 2),
            (7, None, 2),
            (40, Some(13), 13),
        ] {
            assert_eq!(faults_among(named, of_validators), faults, "{named}");
        }
    }
}
