//! The node as a state machine that final blocks drive.

use std::{sync::Arc, time::Instant};

use idos_consensus::{
    ApplicationError, Block, Execution, Header, Member, Membership, PROTOCOLS, PeerKey, Tip,
};
use idos_ledger::{next_protocol_version, protocol_version};
use idos_types::BlockTime;
use tracing::{debug, error, warn};

use crate::{
    executor::Executor,
    kept::{Kept, MostKept},
    nodes::Nodes,
    shared::{Revocation, Shared},
    verified::Verifier,
    with_causes::WithCauses,
};

/// How long removed bytes may stay in the write-ahead log, so that not every block pays for it.
const CLEAR_AFTER_MS: u64 = 2_000;
/// How long certificates may wait for a block that takes them along.
const CERTIFICATES_AFTER_MS: u64 = 1_000;
/// How often an idle node looks for bodies that are old enough to go, and puts its log away.
const HOUSEKEEPING_MS: u64 = 30_000;

/// The state machine.
pub(crate) struct Chain {
    executor: Executor,
    shared: Arc<Shared>,
    verifier: Arc<Verifier>,
    nodes: Nodes,
    /// Until when bytes may wait to be cleared; `None` when there are none.
    clear_by_ms: Option<u64>,
    /// Until when certificates may wait for a block.
    certificates_by_ms: Option<u64>,
    /// Whether a block was executed since that was looked at: by when it has to be cleared is a matter
    /// of this machine's clock, and a block may be of a time far ahead of it.
    is_to_clear: bool,
    housekeeping_ms: u64,
    /// The first height whose block is not too old.
    young_from: u64,
    kept: Kept,
    keep_from: u64,
    /// The first height whose block the engine had at the start, or gets.
    archived_from: u64,
    /// The height after which this was last looked after.
    tended_at: Option<u64>,
}

impl Chain {
    pub(crate) fn new(
        executor: Executor,
        shared: Arc<Shared>,
        verifier: Arc<Verifier>,
        nodes: Nodes,
        most_kept: MostKept,
    ) -> Self {
        Self {
            executor,
            shared,
            verifier,
            nodes,
            // A crash may have left some.
            clear_by_ms: Some(0),
            certificates_by_ms: None,
            is_to_clear: false,
            housekeeping_ms: 0,
            young_from: 0,
            kept: Kept::new(most_kept),
            keep_from: 0,
            archived_from: 0,
            tended_at: None,
        }
    }

    /// Takes the certificates that came in to the next block, or writes them when none comes: they
    /// can be asked for again, so that no block has to wait for it.
    fn keep_certificates(&mut self, now: BlockTime) -> Result<(), ApplicationError> {
        self.executor
            .add_certificates(self.shared.certificates.take_unwritten());
        if !self.executor.has_certificates() {
            self.certificates_by_ms = None;
            return Ok(());
        }
        let by_ms = now.millis().saturating_add(CERTIFICATES_AFTER_MS);
        if *self.certificates_by_ms.get_or_insert(by_ms) <= now.millis() {
            self.executor.write_certificates()?;
            self.certificates_by_ms = None;
        }
        Ok(())
    }

    /// Makes the ends of sessions durable, all that wait at once: each for itself would hold up
    /// blocks, whoever ends them.
    fn end_sessions(&mut self, now: BlockTime) {
        let revocations = self.shared.ended.take_revocations();
        if revocations.is_empty() {
            return;
        }
        let ended: Vec<_> = revocations.iter().map(|one| one.ended).collect();
        if let Err(failure) = self.executor.end_sessions(&ended, now) {
            error!(error = %WithCauses(&failure), "ends of sessions could not be recorded");
            return;
        }
        for Revocation { ended, done } in revocations {
            let Some(done) = done else {
                self.shared.ended.recorded(ended);
                continue;
            };
            self.shared.ended.announce(ended);
            // Whoever gave up waiting is signed out all the same.
            let _ = done.send(());
        }
    }

    /// Removes what is old and clears what was removed.
    fn keep_house(&mut self, now: BlockTime) -> Result<(), ApplicationError> {
        if std::mem::take(&mut self.is_to_clear) {
            self.clear_soon(now);
        }
        if now.millis() >= self.housekeeping_ms {
            self.housekeeping_ms = now.millis().saturating_add(HOUSEKEEPING_MS);
            // Others rely on blocks, and a clock may be ahead for a moment: blocks have times that more than
            // two thirds agreed on.
            let until = now.min(self.executor.progress().tip.time);
            if self.executor.prune(until)? {
                self.clear_soon(now);
                // There may be more, between two blocks.
                self.housekeeping_ms = now.millis();
            } else {
                self.executor.move_log()?;
            }
            self.young_from = self.executor.first_kept(until)?;
        }
        self.keep_few();
        if self.clear_by_ms.is_some_and(|by| by <= now.millis()) {
            let checkpoint = self.executor.checkpoint()?;
            debug!(
                erased = checkpoint.is_erased,
                pages = checkpoint.pending_pages,
                "checkpoint"
            );
            self.clear_by_ms = None;
            self.shared.settle_log(checkpoint.is_settled());
            if !checkpoint.is_erased {
                self.clear_soon(now);
            }
        }
        Ok(())
    }

    /// Gives up blocks that are too old, or too many, and tells others what is kept.
    fn keep_few(&mut self) {
        let height = self.executor.progress().tip.height;
        self.keep_from = self.kept.from(self.young_from, height);
        self.shared
            .keep_from(self.keep_from.max(self.archived_from));
    }

    fn clear_soon(&mut self, now: BlockTime) {
        self.shared.settle_log(false);
        let by_ms = now.millis().saturating_add(CLEAR_AFTER_MS);
        self.clear_by_ms.get_or_insert(by_ms);
    }
}

impl Execution for Chain {
    fn tip(&self) -> Tip {
        self.executor.progress().tip
    }

    fn header(&self, height: u64) -> Result<Option<Header>, ApplicationError> {
        Ok(self.executor.header_at(height)?)
    }

    fn members(&self, epoch: u64) -> Result<Option<Membership>, ApplicationError> {
        let members = idos_ledger::membership(self.executor.state(), epoch)?;
        let Some(members) = members else {
            return Ok(None);
        };
        let validators = members.validators.members();
        let all = validators.iter().chain(&members.observers);
        self.nodes.set(epoch, all.map(|member| member.key));
        let member = |member: &idos_types::Member| Member {
            key: PeerKey(member.key.0),
            address: member.address.socket(),
        };
        Ok(Some(Membership::new(
            validators.iter().map(member).collect(),
            members.observers.iter().map(member).collect(),
        )?))
    }

    fn protocol(&self, epoch: u64) -> Result<u64, ApplicationError> {
        let (state, network) = (self.executor.state(), self.executor.network());
        let height = network.counted(network.epoch.first_height(epoch));
        if let Some(next) = next_protocol_version(state, network, height)?
            && !PROTOCOLS
                .iter()
                .any(|known| u64::from(*known) == next.value)
        {
            warn!(
                from_height = next.from_height,
                "the network decided to follow version {} of the protocol, which this release does not: install one that does before that height",
                next.value
            );
        }
        Ok(protocol_version(state, network, epoch)?)
    }

    fn finalized(&mut self, block: Block) -> Result<(), ApplicationError> {
        let known = self.verifier.take(&block.items);
        self.executor
            .add_certificates(self.shared.certificates.take_unwritten());
        let start = Instant::now();
        let executed = self.executor.execute_known(&block, &known)?;
        self.shared
            .metrics()
            .executed(start, executed.outcomes.len());
        self.certificates_by_ms = None;
        let bytes = block.items.iter().map(|item| item.bytes.len() as u64);
        self.kept.add(block.header.height, bytes.sum());
        // What was replaced or removed has to leave the write-ahead log, and the log to stay short.
        self.shared.settle_log(false);
        self.is_to_clear = true;
        // Reads see the block before anybody hears of it.
        self.shared.progress.send_replace(self.executor.progress());
        self.shared.certificates.state(self.executor.statement());
        self.shared
            .waiting
            .settle(block.header.height, &block.items, executed);
        self.shared.waiting.expire(block.header.time);
        Ok(())
    }

    fn tend(&mut self, now: BlockTime) -> Result<BlockTime, ApplicationError> {
        let height = self.executor.progress().tip.height;
        if self.tended_at != Some(height) {
            self.tended_at = Some(height);
            self.shared.set_moved(now);
        }
        self.end_sessions(now);
        if let Some(floor) = self.shared.floors.take() {
            self.executor.set_floor(&floor)?;
        }
        self.keep_certificates(now)?;
        self.keep_house(now)?;
        let wake_ms = [self.clear_by_ms, self.certificates_by_ms]
            .into_iter()
            .flatten()
            .fold(self.housekeeping_ms, u64::min);
        Ok(BlockTime::from_millis(wake_ms))
    }

    fn archived_from(&mut self, height: u64) {
        self.archived_from = height;
    }

    fn keep_from(&self) -> u64 {
        self.keep_from
    }
}

#[cfg(test)]
mod tests;
