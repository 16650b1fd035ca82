//! What writes changed, as far as it is proved.
//!
//! That a transaction was executed is the word of the node that answered: it could have dropped it. So
//! whoever relies on what a write ended or replaced has the state prove it.

use std::{future::Future, time::Duration};

use idos_types::{Uuid, Value};
use tokio::time::{Instant, sleep};

use crate::{client::Client, execute::Executed, flow_error::FlowError, person::not_found};

/// For how long a write is looked for in the state. Each node shows what was executed before it is
/// answered, so this is for nodes that fail.
const SHOWS_WITHIN: Duration = Duration::from_secs(3);
/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(200);

impl Client {
    /// Ends what `is_there` finds, and proves that it is gone. It is looked for before, too: else the
    /// state of a time before it was made would pass for one without it.
    pub(crate) async fn ended<F>(
        &self,
        action: &str,
        id: Uuid,
        what: &'static str,
        is_there: impl Fn() -> F,
    ) -> Result<Executed, FlowError>
    where
        F: Future<Output = Result<bool, FlowError>>,
    {
        let was_there = Self::provable(is_there().await)?;
        // What was not there the rules refuse, and in their words.
        let executed = self.execute(action, vec![Value::Uuid(id)]).await?;
        match was_there {
            Ok(true) => {}
            Ok(false) => return Err(not_found(what, id)),
            Err(source) => return Err(FlowError::unprovable(&executed, source)),
        }
        let is_gone = || async { Ok(!is_there().await?) };
        self.shown(executed, is_gone).await
    }

    /// What a look before a write found, or that every node refuses to prove it: a list may be too long. That is no
    /// reason not to write.
    pub(crate) fn provable<T>(
        looked: Result<T, FlowError>,
    ) -> Result<Result<T, FlowError>, FlowError> {
        match looked {
            Ok(found) => Ok(Ok(found)),
            Err(error) if error.is_beyond_proof() => Ok(Err(error)),
            Err(error) => Err(error),
        }
    }

    /// Waits until a proof shows what was executed.
    pub(crate) async fn shown<F>(
        &self,
        executed: Executed,
        is_shown: impl Fn() -> F,
    ) -> Result<Executed, FlowError>
    where
        F: Future<Output = Result<bool, FlowError>>,
    {
        let look = || async { Ok(is_shown().await?.then_some(())) };
        self.found(&executed, look).await?;
        Ok(executed)
    }

    /// Looks with proof until what was executed is found; each look asks another node first.
    pub(crate) async fn found<T, F>(
        &self,
        executed: &Executed,
        look: impl Fn() -> F,
    ) -> Result<T, FlowError>
    where
        F: Future<Output = Result<Option<T>, FlowError>>,
    {
        let end = Instant::now() + SHOWS_WITHIN;
        loop {
            let source = match look().await {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => None,
                // Somebody else wrote after this: no look will ever show it, and no node is to blame.
                Err(error @ FlowError::KeyRingChanged) => return Err(error),
                Err(error) => Some(Box::new(error)),
            };
            self.nodes.pass_over();
            if Instant::now() >= end {
                let source = match source {
                    // No node is to blame for it.
                    Some(source) if source.is_beyond_proof() => {
                        return Err(FlowError::unprovable(executed, *source));
                    }
                    source => source,
                };
                let Executed { hash, node, .. } = executed.clone();
                if self.nodes.preferred() == node {
                    self.nodes.pass_over();
                }
                return Err(FlowError::Unproved { hash, node, source });
            }
            sleep(PAUSE).await;
        }
    }
}

#[cfg(test)]
mod tests;
