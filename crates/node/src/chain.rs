//! The node as a state machine that blocks drive: proposes what waits, executes what is final.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use idos_consensus::{Application, ApplicationError, Block, Clock, Item, SystemClock, Tip};
use idos_types::{BlockTime, Digest};
use tracing::debug;

use crate::{entry::Entry, executor::Executor, shared::Shared};

/// How long removed bytes may stay in the write-ahead log, so that not every block pays for it.
const CLEAR_AFTER: Duration = Duration::from_secs(2);
/// How often an idle node looks for bodies that are old enough to go.
const HOUSEKEEPING_MS: u64 = 30_000;
/// The state machine.
pub(crate) struct Chain {
    executor: Executor,
    shared: Arc<Shared>,
    proposed: HashMap<Digest, Arc<Entry>>,
    /// Since when bytes wait to be cleared.
    unclear_since: Option<Instant>,
    housekeeping_ms: u64,
}

impl Chain {
    pub(crate) fn new(executor: Executor, shared: Arc<Shared>) -> Self {
        Self {
            executor,
            shared,
            proposed: HashMap::new(),
            // A crash may have left some.
            unclear_since: Some(Instant::now()),
            housekeeping_ms: 0,
        }
    }

    fn revoke_sessions(&mut self, now: BlockTime) {
        for revocation in self.shared.take_revocations() {
            let (session, expires) = (revocation.session, revocation.expires_ms);
            let done = self.executor.revoke_session(&session, expires, now);
            // Whoever gave up waiting is signed out all the same.
            let _ = revocation.done.send(done);
        }
    }

    /// Removes what is old and clears what was removed.
    fn keep_house(&mut self, now: BlockTime) -> Result<(), ApplicationError> {
        if now.millis() >= self.housekeeping_ms {
            self.housekeeping_ms = now.millis().saturating_add(HOUSEKEEPING_MS);
            if self.executor.prune(now)? {
                self.unclear_since.get_or_insert_with(Instant::now);
            }
        }
        if self
            .unclear_since
            .is_some_and(|since| since.elapsed() >= CLEAR_AFTER)
        {
            let checkpoint = self.executor.checkpoint()?;
            debug!(
                erased = checkpoint.is_erased,
                pages = checkpoint.pending_pages,
                "checkpoint"
            );
            self.unclear_since = (!checkpoint.is_erased).then(Instant::now);
        }
        Ok(())
    }
}

impl Application for Chain {
    fn tip(&self) -> Tip {
        self.executor.progress().tip
    }

    fn wake_at(&mut self) -> Result<Option<BlockTime>, ApplicationError> {
        let mut wake_ms = self.housekeeping_ms;
        if let Some(due) = self.executor.next_due()? {
            let due_ms = u64::try_from(due).unwrap_or_default().saturating_mul(1000);
            wake_ms = wake_ms.min(due_ms);
        }
        if let Some(since) = self.unclear_since {
            let left = CLEAR_AFTER.saturating_sub(since.elapsed());
            let left_ms = u64::try_from(left.as_millis()).unwrap_or_default();
            let now = SystemClock.now().millis();
            wake_ms = wake_ms.min(now.saturating_add(left_ms));
        }
        Ok(Some(BlockTime::from_millis(wake_ms)))
    }

    fn propose(&mut self, time: BlockTime) -> Result<Option<Vec<Item>>, ApplicationError> {
        self.revoke_sessions(time);
        self.keep_house(time)?;
        let (items, entries) = self.shared.select();
        let is_due = self
            .executor
            .next_due()?
            .is_some_and(|due| due <= time.seconds());
        if items.is_empty() && !is_due {
            return Ok(None);
        }
        self.proposed = entries;
        Ok(Some(items))
    }

    fn finalized(&mut self, block: Block) -> Result<(), ApplicationError> {
        let known = std::mem::take(&mut self.proposed);
        let executed = self.executor.execute_known(&block, &known)?;
        // What was replaced or removed has to leave the write-ahead log, and the log to stay short.
        self.unclear_since.get_or_insert_with(Instant::now);
        // Reads see the block before anybody hears of it.
        self.shared.progress.send_replace(self.executor.progress());
        self.shared
            .settle(&block.items, executed.outcomes, &executed.touched);
        Ok(())
    }
}
