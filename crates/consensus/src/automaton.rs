//! Asks the ballot what to propose and what to vote for.

use std::{future::pending, sync::Arc, time::Duration};

use commonware_consensus::{
    Application, Epochable as _, Viewable as _, marshal::ancestry::Ancestry, types::Height,
};
use commonware_cryptography::{Digested, Digestible as _};
use commonware_macros::select;
use commonware_runtime::{Clock, Spawner};
use commonware_utils::vec::NonEmptyVec;
use futures::StreamExt as _;
use idos_types::BlockTime;

use crate::{
    ApplicationError, Ballot, Block, ConsensusError, Header, Item, PeerKey, Position, Proposal,
    Timing, Turn, Wake, Wanted,
    codec::Body,
    shared::{Context, Failure, Followed, Marshal, Progress, Scheme, now},
};

/// How many blocks may wait for execution when one is proposed or voted for. They are kept in
/// memory; whoever is further behind catches up first.
const PENDING: u64 = 32;
/// How many blocks that are not executed here one with items may follow to be voted for. More than an honest
/// leader lets wait, and as many final ones as may wait here meanwhile: nobody fills memory with what never gets
/// final.
const MOST_PENDING: u64 = 2 * PENDING;
/// How many heights a node that is behind asks for at once.
const HINTS: u64 = 8;
/// How often a node asks for them before it votes without.
const ASKING: u32 = 3;
/// How long a node that is behind may take to catch up before it passes its turn.
const BEHIND: Duration = Duration::from_millis(100);
/// How long an application that lets the network wait is left alone: on a busy node something comes at
/// any moment, and each question costs as much as there is waiting.
const ASKING_GAP: Duration = Duration::from_millis(3);

/// The side of the engine that knows the application.
#[derive(Clone)]
pub(crate) struct Automaton {
    pub(crate) ballot: Arc<dyn Ballot>,
    pub(crate) progress: Progress,
    pub(crate) followed: Followed,
    pub(crate) wake: Wake,
    pub(crate) failure: Failure,
    pub(crate) timing: Timing,
    pub(crate) marshal: Marshal,
}

/// A position that outlives the call to the ballot.
struct Spot {
    parent: Header,
    pending: Vec<Arc<Block>>,
}

impl Spot {
    fn position<'a>(&'a self, wanted: &'a Wanted) -> Position<'a> {
        Position {
            parent: &self.parent,
            pending: &self.pending,
            wanted,
        }
    }
}

/// Who waits for an answer of the ballot. A view that is over drops it, while the thread that was asked goes on.
struct Waiting(Wanted);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Whose turn a context of the engine says it is.
fn turn(context: &Context) -> Turn {
    Turn {
        epoch: context.epoch().get(),
        view: context.view().get(),
        leader: PeerKey::from(&context.leader),
        parent_view: context.parent.0.get(),
    }
}

fn later(time: BlockTime, duration: Duration) -> BlockTime {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    BlockTime::from_millis(time.millis().saturating_add(millis))
}

fn until(now: BlockTime, time: BlockTime) -> Duration {
    Duration::from_millis(time.millis().saturating_sub(now.millis()))
}

impl Automaton {
    /// The position after a block; `None` if an ancestor cannot be had.
    async fn spot(
        &self,
        parent: Digested<Body>,
        mut ancestry: impl Ancestry<Body>,
    ) -> Option<Spot> {
        let header = *parent.inner().header();
        let executed = self.progress.executed().height;
        let mut pending = Vec::new();
        let mut cursor = parent;
        while cursor.inner().header().height > executed {
            let height = cursor.inner().header().height;
            pending.push(Arc::clone(cursor.inner().block()));
            if height - 1 <= executed {
                break;
            }
            cursor = ancestry.next().await?;
        }
        pending.reverse();
        Some(Spot {
            parent: header,
            pending,
        })
    }

    /// Whether more final blocks than are kept in memory wait for execution.
    fn is_behind(&self) -> bool {
        self.progress.finalized() > self.progress.executed().height.saturating_add(PENDING)
    }

    /// Waits until enough is executed for what follows a height. The blocks in between may be final
    /// somewhere, and nobody repeats an old certificate: so they are asked for.
    ///
    /// But they may as well be final nowhere: then only what follows them makes them so, and
    /// waiting for them would be waiting for ever.
    async fn catch_up(&self, runtime: &impl Clock, context: &Context, height: u64) {
        let mut changes = self.progress.waiter();
        // All of it has to fit into the time that a view has.
        let patience = self.timing.certification_timeout / (3 * ASKING);
        let mut asked = 0;
        loop {
            let executed = self.progress.executed().height;
            if self.is_behind() {
                // They are on their way.
                changes.work().await;
                continue;
            }
            if height <= executed.saturating_add(PENDING) || asked == ASKING {
                return;
            }
            select! {
                _ = changes.work() => {},
                _ = runtime.sleep(patience) => {
                    asked += 1;
                    for ahead in 1..=HINTS {
                        let leader = NonEmptyVec::new(context.leader.clone());
                        self.marshal.hint_finalized(Height::new(executed + ahead), leader);
                    }
                },
            }
        }
    }

    /// Asks the ballot on a thread that may be blocked; `None` if the node ends meanwhile, or if
    /// more has been executed than this position follows, so that the answer does not matter.
    async fn ask<E: Spawner, T: Send + 'static>(
        &self,
        runtime: &E,
        spot: &Arc<Spot>,
        question: impl FnOnce(&dyn Ballot, Position<'_>) -> Result<T, ApplicationError> + Send + 'static,
    ) -> Result<Option<T>, ConsensusError> {
        let (ballot, asked) = (Arc::clone(&self.ballot), Arc::clone(spot));
        let waiting = Waiting(Wanted::default());
        let wanted = waiting.0.clone();
        let answer = runtime
            .child("ballot")
            .shared(true)
            .spawn(move |_| async move { question(ballot.as_ref(), asked.position(&wanted)) });
        match answer.await {
            Ok(answer) => {
                let answer = answer.map_err(ConsensusError::Application)?;
                let obsolete = self.progress.executed().height > spot.parent.height;
                Ok((!obsolete).then_some(answer))
            }
            Err(_) => Ok(None),
        }
    }

    /// Waits until there is something to propose; `None` if its turn passes without.
    ///
    /// A block can be certified without getting final: when those who voted for it were cut off or
    /// crashed before they said that it is final, nobody says so again, and what makes it final is
    /// a block after it. So if the parent does not get final, there is a block, even without items.
    async fn build<E: Clock + Spawner>(
        &self,
        runtime: E,
        context: &Context,
        mut ancestry: impl Ancestry<Body>,
    ) -> Result<Option<Body>, ConsensusError> {
        // Both are made before the ballot is asked, so that nothing that comes later is missed.
        let mut work = self.wake.waiter();
        let mut changes = self.progress.waiter();
        let over = later(now(&runtime), self.timing.turn);
        // Long enough for a parent that gets final, and there is time for a block afterwards.
        let settled = later(now(&runtime), self.timing.turn / 2);
        let Some(parent) = ancestry.next().await else {
            return Ok(None);
        };
        // Who is behind passes its turn, instead of letting the others wait for it. Not in no time: where
        // all are behind, views would follow each other as fast as their votes can be written.
        if self.is_behind() {
            runtime.sleep(BEHIND).await;
            if self.is_behind() {
                return Ok(None);
            }
        }
        let Some(spot) = self.spot(parent, ancestry).await else {
            return Ok(None);
        };
        let spot = Arc::new(spot);
        let gap = until(now(&runtime), later(spot.parent.time, self.timing.min_gap));
        // A parent from the future of this clock must not delay its child by more than the gap.
        runtime.sleep(gap.min(self.timing.min_gap)).await;
        loop {
            let after_parent = later(spot.parent.time, Duration::from_millis(1));
            let time = now(&runtime).max(after_parent);
            let waiting = u64::try_from(spot.pending.len()).unwrap_or(u64::MAX);
            let answer = if waiting > PENDING {
                // Nothing gets final: blocks without items take no memory.
                Some(Proposal::Items(Vec::new()))
            } else {
                let question = move |ballot: &dyn Ballot, position: Position<'_>| {
                    ballot.propose(position, time)
                };
                self.ask(&runtime, &spot, question).await?
            };
            let mut at = match answer {
                None => return Ok(None),
                Some(Proposal::Items(items)) => {
                    return self.block(&spot.parent, time, context, items);
                }
                Some(Proposal::Wait(at)) => at,
            };
            if self.progress.finalized() < spot.parent.height {
                if now(&runtime) >= settled {
                    return self.block(&spot.parent, time, context, Vec::new());
                }
                at = Some(at.map_or(settled, |at| at.min(settled)));
            }
            // The turn is passed on before the others give it up by their clocks: what was proposed just
            // before is still in time where a message takes up to a third of what is between the two.
            if now(&runtime) >= over {
                return Ok(None);
            }
            let at = at.map_or(over, |at| at.min(over));
            // At least a moment, lest an answer in the past keep this busy.
            let due = runtime.sleep(until(now(&runtime), at).max(Duration::from_millis(1)));
            let asked_again = later(now(&runtime), ASKING_GAP);
            select! {
                _ = work.work() => {},
                _ = changes.work() => {},
                _ = due => {},
            }
            // A clock that was set back must not delay it by more.
            let gap = until(now(&runtime), asked_again);
            runtime.sleep(gap.min(ASKING_GAP)).await;
        }
    }

    fn block(
        &self,
        parent: &Header,
        time: BlockTime,
        context: &Context,
        items: Vec<Item>,
    ) -> Result<Option<Body>, ConsensusError> {
        let Some(protocol) = self.followed.of(context.epoch().get()) else {
            return Ok(None);
        };
        let mut block = Block::new(parent, time, turn(context), items);
        block.header.protocol = protocol;
        let body = Body::new(block);
        let body = body
            .map_err(|_| ConsensusError::Application("a proposal is larger than a block".into()))?;
        Ok(Some(body))
    }

    /// Whether to vote for a block; `None` if that cannot be said or does not matter any more.
    async fn judge<E: Clock + Spawner>(
        &self,
        runtime: E,
        context: &Context,
        mut ancestry: impl Ancestry<Body>,
    ) -> Result<Option<bool>, ConsensusError> {
        let (Some(block), Some(parent)) = (ancestry.next().await, ancestry.next().await) else {
            return Ok(None);
        };
        let Some(protocol) = self.followed.of(context.epoch().get()) else {
            return Ok(None);
        };
        let block = Arc::clone(block.inner().block());
        if !follows(&block.header, parent.inner().header(), protocol, context) {
            return Ok(Some(false));
        }
        // Rules know no other time than that of blocks: what is over must not be done yet by a leader that dates
        // its block to when it was not. Whether it is certified without this vote is for the others to say.
        if is_too_old(block.header.time, now(&runtime), self.timing.oldest) {
            return Ok(Some(false));
        }
        // Clocks differ: a block from the future is not wrong, only early.
        let latest = later(now(&runtime), self.timing.clock_tolerance);
        runtime.sleep(until(latest, block.header.time)).await;
        let height = parent.inner().header().height;
        self.catch_up(&runtime, context, height).await;
        let Some(spot) = self.spot(parent, ancestry).await else {
            return Ok(None);
        };
        if is_too_much(spot.pending.len(), block.items.len()) {
            return Ok(None);
        }
        let question =
            move |ballot: &dyn Ballot, position: Position<'_>| ballot.verify(position, &block);
        let answer = self.ask(&runtime, &Arc::new(spot), question).await?;
        Ok(answer.flatten())
    }
}

/// Whether a header may follow another in this turn, in an epoch of this version of the protocol.
/// Nothing in it depends on this node.
fn follows(header: &Header, parent: &Header, protocol: u16, context: &Context) -> bool {
    header.protocol == protocol
        && parent.height.checked_add(1) == Some(header.height)
        && header.parent == parent.hash()
        && header.time > parent.time
        && header.turn == turn(context)
}

/// Whether a block of so many items follows more than is kept in memory. That depends on how far this node has
/// come, so it is no verdict.
fn is_too_much(pending: usize, items: usize) -> bool {
    items > 0 && u64::try_from(pending).unwrap_or(u64::MAX) > MOST_PENDING
}

/// Whether no honest leader would propose a block of this time now. After a parent from the future its time is
/// in the future too.
fn is_too_old(time: BlockTime, now: BlockTime, oldest: Duration) -> bool {
    later(time, oldest) < now
}

impl<E: Clock + Spawner> Application<E> for Automaton {
    type SigningScheme = Scheme;
    type Context = Context;
    type Block = Body;
    type Input = ();

    async fn propose(
        &mut self,
        (runtime, context): (E, Context),
        ancestry: impl Ancestry<Body>,
        (): (),
    ) -> Option<Digested<Body>> {
        match self.build(runtime, &context, ancestry).await {
            Ok(body) => body.map(|body| {
                let digest = body.digest();
                Digested::precomputed(body, digest)
            }),
            Err(error) => {
                self.failure.report(error);
                None
            }
        }
    }

    async fn verify(
        &mut self,
        (runtime, context): (E, Context),
        ancestry: impl Ancestry<Body>,
    ) -> bool {
        match self.judge(runtime, &context, ancestry).await {
            Ok(Some(valid)) => valid,
            // A verdict is for ever, so none is given that is not certain.
            Ok(None) => pending().await,
            Err(error) => {
                self.failure.report(error);
                pending().await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use commonware_consensus::types::{Epoch, Round, View};
    use idos_types::Digest;

    use super::*;
    use crate::{SigningKey, codec::engine_digest};

    #[test]
    fn what_follows_too_much_that_waits_has_no_items() {
        let most = usize::try_from(MOST_PENDING).unwrap();
        assert!(!is_too_much(most, 1));
        assert!(is_too_much(most + 1, 1));
        assert!(!is_too_much(usize::MAX, 0), "it makes the others final");
    }

    /// The longest way from an honest leader to an honest voter: its clock is behind as far as it may be, and the
    /// view of the voter is nearly over.
    #[test]
    fn what_is_in_time_is_not_too_old() {
        let timing = Timing::default();
        let proposed = BlockTime::from_millis(1_700_000_000_000);
        let seen = later(
            later(proposed, timing.certification_timeout),
            timing.clock_tolerance,
        );
        assert!(!is_too_old(proposed, seen, timing.oldest));
        let last = later(proposed, timing.oldest);
        assert!(!is_too_old(proposed, last, timing.oldest));
        let late = later(last, Duration::from_millis(1));
        assert!(is_too_old(proposed, late, timing.oldest));
        // The clock of the voter is behind the parent.
        assert!(!is_too_old(last, proposed, timing.oldest));
    }

    #[test]
    fn only_what_belongs_into_this_turn_follows() {
        let parent = Header::genesis(BlockTime::from_millis(5), Digest::of(b"network"));
        let leader = SigningKey::from_seed([1; 32]).peer_key();
        let context = Context {
            round: Round::new(Epoch::new(2), View::new(7)),
            leader: leader.engine().unwrap(),
            parent: (View::new(6), engine_digest(parent.hash())),
        };
        let time = BlockTime::from_millis(6);
        let good = Block::new(&parent, time, turn(&context), Vec::new()).header;
        assert!(follows(&good, &parent, 1, &context));
        let bad: [fn(&mut Header); 8] = [
            |header| header.protocol += 1,
            |header| header.height += 1,
            |header| header.parent = Digest::of(b"other"),
            |header| header.time = BlockTime::from_millis(5),
            |header| header.turn.epoch += 1,
            |header| header.turn.view += 1,
            |header| header.turn.leader = PeerKey([9; 32]),
            |header| header.turn.parent_view += 1,
        ];
        for spoil in bad {
            let mut header = good;
            spoil(&mut header);
            assert!(!follows(&header, &parent, 1, &context), "{header:?}");
        }
    }
}
