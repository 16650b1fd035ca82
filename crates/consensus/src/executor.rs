//! Executes final blocks, one after the other, on a thread of their own.

use commonware_actor::Feedback;
use commonware_consensus::{
    Reporter,
    marshal::Update,
    types::{Epoch, Epocher as _, FixedEpocher, Height},
};
use commonware_cryptography::{Digested, sha256};
use commonware_macros::select;
use commonware_runtime::{Clock, Handle, Spawner};
use commonware_utils::{Acknowledgement as _, acknowledgement::Exact};
use futures::{StreamExt as _, channel::mpsc};
use idos_types::BlockTime;

use crate::{
    Block, Chain, ConsensusError, Execution, Header, Membership, PeerKey, Protocols, Tip, Wake,
    codec::{Body, engine_digest},
    shared::{Failure, Followed, Marshal, Progress, instant, now},
};

/// A final block, and how to say that it has been executed.
pub(crate) type Delivery = (Digested<Body>, Exact);

/// Takes final blocks from the engine.
#[derive(Clone)]
pub(crate) struct Deliveries {
    pub(crate) blocks: mpsc::UnboundedSender<Delivery>,
    pub(crate) progress: Progress,
    pub(crate) chain: Chain,
}

impl Reporter for Deliveries {
    type Activity = Update<Body>;

    fn report(&mut self, update: Self::Activity) -> Feedback {
        match update {
            Update::Tip(_, height, _) => {
                self.progress.finalize(height.get());
                self.chain.finalized(height.get());
                Feedback::Ok
            }
            Update::Block(block, done) => match self.blocks.unbounded_send((block, done)) {
                Ok(()) => Feedback::Ok,
                Err(_) => Feedback::Closed,
            },
        }
    }
}

/// An epoch that begins.
pub(crate) struct Entry {
    pub(crate) epoch: u64,
    /// The version of the protocol that its blocks follow.
    protocol: u16,
    /// The last block of the epoch before.
    pub(crate) floor: sha256::Digest,
    /// Its time.
    pub(crate) began: BlockTime,
    /// Who proposed it.
    pub(crate) proposer: PeerKey,
    pub(crate) members: Membership,
    pub(crate) before: Option<Membership>,
    pub(crate) after: Option<Membership>,
    /// To be acknowledged when the epoch has begun here.
    pub(crate) done: Option<Exact>,
}

/// The state machine with what it needs to be told.
pub(crate) struct Executor {
    pub(crate) execution: Box<dyn Execution>,
    pub(crate) genesis: Header,
    pub(crate) epocher: FixedEpocher,
    /// The versions of the protocol that this node follows.
    pub(crate) protocols: Protocols,
    pub(crate) followed: Followed,
    pub(crate) progress: Progress,
    pub(crate) failure: Failure,
    pub(crate) marshal: Marshal,
    pub(crate) entries: mpsc::UnboundedSender<Entry>,
    pub(crate) wake: Wake,
    /// Everything below has been erased from the archives.
    pub(crate) erased: u64,
}

impl Executor {
    /// Executes what arrives until the node ends.
    pub(crate) fn start<E: Clock + Spawner>(
        mut self,
        context: E,
        mut deliveries: mpsc::UnboundedReceiver<Delivery>,
    ) -> Handle<()> {
        context.dedicated().spawn(move |context| async move {
            if let Err(error) = self.run(&context, &mut deliveries).await {
                self.failure.report(error);
                // What has been delivered stays unanswered: answering it would be a lie, and
                // dropping it another failure.
                std::future::pending().await
            }
        })
    }

    async fn run(
        &mut self,
        context: &impl Clock,
        deliveries: &mut mpsc::UnboundedReceiver<Delivery>,
    ) -> Result<(), ConsensusError> {
        let mut work = self.wake.waiter();
        self.enter(
            next_epoch(&self.epocher, self.progress.executed().height),
            None,
        )?;
        loop {
            let due = self.tend(context).await?;
            // At least a moment, lest an answer in the past keep this thread busy.
            let soon = BlockTime::from_millis(now(context).millis() + 1);
            select! {
                delivery = deliveries.next() => {
                    let Some((body, done)) = delivery else {
                        return Err(ConsensusError::Ended("marshal"));
                    };
                    self.finalized(&body, done)?;
                },
                _ = work.work() => {},
                _ = context.sleep_until(instant(due.max(soon))) => {},
            }
        }
    }

    /// Does what has to be done between blocks.
    async fn tend(&mut self, clock: &impl Clock) -> Result<BlockTime, ConsensusError> {
        let execution = &mut self.execution;
        let due = execution
            .tend(now(clock))
            .map_err(ConsensusError::Application)?;
        let keep = execution.keep_from();
        // The engine keeps what it has not been told to be executed, and what it keeps it does not
        // remember over a restart: `erased` starts at zero.
        if keep > self.erased
            && let Some(processed) = self.marshal.get_processed().await
        {
            let keep = keep.min(processed.height().get());
            if keep > self.erased {
                self.marshal.prune(Height::new(keep));
                self.erased = keep;
            }
        }
        Ok(due)
    }

    fn finalized(&mut self, body: &Digested<Body>, done: Exact) -> Result<(), ConsensusError> {
        let header = *body.inner().header();
        if header.height > self.progress.executed().height {
            let block = Block::clone(body.inner().block());
            let tip = execute(self.execution.as_mut(), block)?;
            self.progress.execute(tip);
        } else if header.height > 0 {
            // Blocks come again if the node ended before it could say that it executed them.
            let known = self.execution.header(header.height);
            let known = known.map_err(ConsensusError::Application)?;
            if known.is_some_and(|known| known != header) {
                return Err(ConsensusError::Fork(header.height));
            }
        }
        let next = next_epoch(&self.epocher, header.height);
        if next > epoch_of(&self.epocher, header.height) {
            return self.enter(next, Some(done));
        }
        done.acknowledge();
        Ok(())
    }

    /// Says that an epoch begins.
    fn enter(&self, epoch: u64, done: Option<Exact>) -> Result<(), ConsensusError> {
        let entry = self.entry(epoch)?;
        self.followed.begin(epoch, entry.protocol);
        // Nobody listens any more only if the node ends already.
        let _ = self.entries.unbounded_send(Entry { done, ..entry });
        Ok(())
    }

    /// What the state says about an epoch that begins.
    fn entry(&self, epoch: u64) -> Result<Entry, ConsensusError> {
        let execution = self.execution.as_ref();
        let first = self.epocher.first(Epoch::new(epoch));
        let last_before = first.map_or(0, |height| height.get().saturating_sub(1));
        let parent = if last_before == 0 {
            self.genesis
        } else {
            execution
                .header(last_before)
                .map_err(ConsensusError::Application)?
                .ok_or(ConsensusError::Header(last_before))?
        };
        let wanted = execution
            .protocol(epoch)
            .map_err(ConsensusError::Application)?;
        let mut known = self.protocols.iter();
        let Some(protocol) = known.find(|known| u64::from(**known) == wanted) else {
            let height = last_before.saturating_add(1);
            return Err(ConsensusError::Protocol { height, wanted });
        };
        let before = epoch.checked_sub(1);
        Ok(Entry {
            epoch,
            protocol: *protocol,
            floor: engine_digest(parent.hash()),
            began: parent.time,
            proposer: parent.turn.leader,
            members: members(execution, epoch)?.ok_or(ConsensusError::Members(epoch))?,
            before: before.map_or(Ok(None), |before| members(execution, before))?,
            after: members(execution, epoch.saturating_add(1))?,
            done: None,
        })
    }
}

/// Executes a block that must follow.
pub(crate) fn execute(execution: &mut dyn Execution, block: Block) -> Result<Tip, ConsensusError> {
    let before = execution.tip();
    let header = block.header;
    if header.height != before.height + 1 {
        return Err(ConsensusError::Behind(before.height + 1));
    }
    if header.parent != before.hash {
        return Err(ConsensusError::Fork(before.height));
    }
    execution
        .finalized(block)
        .map_err(ConsensusError::Application)?;
    let tip = execution.tip();
    if (tip.height, tip.hash) != (header.height, header.hash()) {
        return Err(ConsensusError::Application(
            "the state is not at the block it was given".into(),
        ));
    }
    Ok(tip)
}

/// The epoch of a height.
pub(crate) fn epoch_of(epocher: &FixedEpocher, height: u64) -> u64 {
    epocher
        .containing(Height::new(height))
        .map_or(u64::MAX, |bounds| bounds.epoch().get())
}

/// The epoch of the block after a height.
pub(crate) fn next_epoch(epocher: &FixedEpocher, height: u64) -> u64 {
    epoch_of(epocher, height.saturating_add(1))
}

/// Who takes part in an epoch.
pub(crate) fn members(
    execution: &dyn Execution,
    epoch: u64,
) -> Result<Option<Membership>, ConsensusError> {
    execution
        .members(epoch)
        .map_err(ConsensusError::Application)
}
