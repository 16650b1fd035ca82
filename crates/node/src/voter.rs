//! What this node proposes and what it votes for.

use std::{collections::HashSet, sync::Arc, time::Duration};

use idos_consensus::{ApplicationError, Ballot, Block, Item, Position, Proposal, Wanted};
use idos_ledger::Pace;
use idos_store::{Readers, StoreError};
use idos_types::{
    BlockTime, Digest,
    limits::{HEARTBEAT_SECONDS, UNCERTIFIED_BLOCKS},
};
use tracing::warn;

use crate::{shared::Shared, verified::Verifier, with_causes::WithCauses};

/// An idle network makes a block so often.
const HEARTBEAT: Duration = Duration::from_secs(HEARTBEAT_SECONDS);
/// How long after its parent a block with few items waits for the execution of what is before it: far
/// less than a leader may take.
const GATHERING: Duration = Duration::from_millis(100);
/// How long after its parent a block without items comes at the soonest, while the network makes some for a
/// change of its validators: each leaves a header, a certificate and a signature on every disk for ever.
const QUICK: Duration = Duration::from_millis(50);
/// The same where one operator alone can ask for such blocks again and again. Shorter than a turn.
const SLOW: Duration = Duration::from_secs(1);
/// How many items are so many that they do not wait.
const FEW: usize = 64;

/// Items that are looked for in one read: a read has only so much time, and disks may be slow.
const ITEMS_PER_READ: usize = 128;
/// How often a read that got no turn or no time is tried again.
const READS_AGAIN: u32 = 8;

/// The voter of a node.
pub(crate) struct Voter {
    shared: Arc<Shared>,
    readers: Readers,
    verifier: Arc<Verifier>,
}

impl Voter {
    pub(crate) fn new(shared: Arc<Shared>, readers: Readers, verifier: Arc<Verifier>) -> Self {
        Self {
            shared,
            readers,
            verifier,
        }
    }

    /// Whether an earlier executed block has any of these items; `None` if the database takes too long, or
    /// longer than anybody waits: then the readers are for the next vote.
    fn is_repetition(&self, block: &Block, wanted: &Wanted) -> Result<Option<bool>, StoreError> {
        for items in block.items.chunks(ITEMS_PER_READ) {
            if wanted.is_over() {
                return Ok(None);
            }
            let look = || self.has_earlier(items, block.header.height);
            let mut answer = look();
            // A machine that is busy or was asleep is no reason for the node to end.
            for _ in 0..READS_AGAIN {
                match &answer {
                    Err(StoreError::TooSlow { .. } | StoreError::NoReader { .. })
                        if !wanted.is_over() =>
                    {
                        answer = look();
                    }
                    Ok(_) | Err(_) => break,
                }
            }
            match answer {
                Err(error @ (StoreError::TooSlow { .. } | StoreError::NoReader { .. })) => {
                    let height = block.header.height;
                    warn!(height, error = %WithCauses(&error), "no vote: the machine is too busy to look a proposal up");
                    return Ok(None);
                }
                Ok(false) => {}
                found => return found.map(Some),
            }
        }
        Ok(Some(false))
    }

    fn has_earlier(&self, items: &[Item], height: u64) -> Result<bool, StoreError> {
        self.readers.read(|snapshot| {
            for item in items {
                // This very block may have been executed meanwhile.
                if let Some(receipt) = snapshot.receipt(&item.hash)?
                    && receipt.height < height
                {
                    return Ok(true);
                }
            }
            Ok(false)
        })?
    }
}

impl Ballot for Voter {
    fn propose(
        &self,
        position: Position<'_>,
        time: BlockTime,
    ) -> Result<Proposal, ApplicationError> {
        let progress = *self.shared.progress.borrow();
        // Nobody could check a state that runs too far ahead of its certificates.
        let uncertified = position
            .parent
            .height
            .saturating_sub(self.shared.certified());
        if uncertified >= UNCERTIFIED_BLOCKS {
            return Ok(Proposal::Wait(None));
        }
        let items = self.shared.waiting.select(&ordered(position.pending), time);
        if !items.is_empty() {
            if progress.pace == Pace::Quick {
                return Ok(Proposal::Items(items));
            }
            let is_executed = progress.tip.height >= position.parent.height;
            let gathered = gathered_at(position.parent.time, time, is_executed, items.len());
            return Ok(gathered.map_or(Proposal::Items(items), |at| Proposal::Wait(Some(at))));
        }
        let at_the_latest = match progress.pace {
            Pace::Idle => HEARTBEAT,
            Pace::Slow => SLOW,
            Pace::Quick => QUICK,
        };
        let at_the_latest = later(position.parent.time, at_the_latest);
        // A block that is not executed yet works off what is due at its time.
        let is_open = |due: &BlockTime| position.parent.time < *due || position.pending.is_empty();
        let wake = progress
            .next_due
            .filter(is_open)
            .map_or(at_the_latest, |due| due.min(at_the_latest));
        Ok(if wake <= time {
            Proposal::Items(Vec::new())
        } else {
            Proposal::Wait(Some(wake))
        })
    }

    fn verify(
        &self,
        position: Position<'_>,
        block: &Block,
    ) -> Result<Option<bool>, ApplicationError> {
        self.shared.saw_proposal(block.header.height);
        let mut hashes = ordered(position.pending);
        let is_new = block.items.iter().all(|item| hashes.insert(item.hash));
        let is_repetition = if is_new {
            self.is_repetition(block, position.wanted)?
        } else {
            Some(true)
        };
        match is_repetition {
            None => return Ok(None),
            Some(true) => {
                warn!(
                    height = block.header.height,
                    "a proposal repeats a transaction"
                );
                return Ok(Some(false));
            }
            Some(false) => {}
        }
        let verified = self.verifier.verify(&block.items);
        if let Err(rejection) = &verified {
            let height = block.header.height;
            warn!(height, reason = %rejection, "a proposal holds what no client may send");
        }
        Ok(Some(verified.is_ok()))
    }
}

/// Until when few items wait for more: a block costs much the same whatever is in it, and one more
/// before the last is executed here makes nothing faster.
fn gathered_at(
    parent: BlockTime,
    time: BlockTime,
    is_executed: bool,
    items: usize,
) -> Option<BlockTime> {
    let end = later(parent, GATHERING);
    // A clock that is behind the parent cannot tell how long that is ago.
    let is_clock_right = time > later(parent, Duration::from_millis(1));
    (!is_executed && items < FEW && is_clock_right && time < end).then_some(end)
}

/// What is ordered in these blocks.
fn ordered(blocks: &[Arc<Block>]) -> HashSet<Digest> {
    let items = blocks.iter().flat_map(|block| &block.items);
    items.map(|item| item.hash).collect()
}

fn later(time: BlockTime, by: Duration) -> BlockTime {
    let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
    BlockTime::from_millis(time.millis().saturating_add(by))
}

#[cfg(test)]
mod tests;
