//! Runs consensus, one epoch after the other.

use std::{
    collections::BTreeSet,
    num::NonZeroU64,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use commonware_actor::Feedback;
use commonware_consensus::{
    Epochable as _, Reporter, Viewable as _,
    marshal::standard::Inline,
    simplex::{
        self, SkipBudget,
        config::{Floor, ForwardPolicy, SkipPolicy},
        types::Activity,
    },
    types::{Epoch, Epocher as _, FixedEpocher},
};
use commonware_cryptography::{ed25519, sha256};
use commonware_macros::select;
use commonware_p2p::{
    AddressableManager, AddressableTrackedPeers, Blocker, Receiver, Sender,
    utils::mux::{Builder as _, MuxHandle, Muxer},
};
use commonware_parallel::Sequential;
use commonware_runtime::{Clock, Handle, Metrics, Spawner, Storage, buffer::paged::CacheRef};
use commonware_utils::{Acknowledgement as _, NZDuration, NZU64, ordered::Map, vec::NonEmptyVec};
use futures::{StreamExt as _, channel::mpsc};
use rand_core::CryptoRng;
use tracing::{debug, error, info, warn};

use crate::{
    Chain, ConsensusError, Member, PeerKey, Timing,
    automaton::Automaton,
    codec::Body,
    early::Early,
    engine::{FETCH_RETRY, FETCH_TIMEOUT, MAILBOX, VIEWS_KEPT, WRITE_BUFFER},
    executor::Entry,
    leaders::InTurn,
    marker::Votes,
    schemes::Schemes,
    shared::{EngineKey, Failure, Marshal, Scheme, now},
    standstill::Standstill,
};

/// How many views after the last final block may be skipped before their time is over: in an idle network
/// each is passed on by its leader, or nobody waits for who is gone. More than there are from one
/// block of a network that has nothing to do to the next, a minute later, and than there can be validators;
/// and few, so that a network in which everybody passes does not run through views for ever.
const SKIPPED_AT_ONCE: NonZeroU64 = NZU64!(128);
/// How often a node looks whether somebody is connected.
const LOOK_FOR_PEERS: Duration = Duration::from_secs(1);

/// What the engine asks and tells.
pub(crate) type Wrapped<E> = Inline<E, Scheme, Automaton, Body, FixedEpocher>;

/// The parts that stay the same over all epochs.
pub(crate) struct Epochs<E, M, B>
where
    E: Clock + CryptoRng + Spawner + Storage + Metrics,
{
    pub(crate) key: ed25519::PrivateKey,
    pub(crate) me: PeerKey,
    pub(crate) max_peers: usize,
    pub(crate) timing: Timing,
    pub(crate) prefix: String,
    pub(crate) manager: M,
    pub(crate) blocker: B,
    pub(crate) epocher: FixedEpocher,
    pub(crate) schemes: Schemes,
    pub(crate) votes: Votes,
    pub(crate) automaton: Wrapped<E>,
    pub(crate) marshal: Marshal,
    pub(crate) page_cache: CacheRef,
    pub(crate) chain: Chain,
    pub(crate) failure: Failure,
}

/// The channels of consensus.
pub(crate) struct Channels<S, R> {
    pub(crate) votes: (S, R),
    pub(crate) certificates: (S, R),
    pub(crate) resolver: (S, R),
}

/// The same channels, of which each epoch has a part of its own.
struct Parts<S: Sender> {
    votes: MuxHandle<S>,
    early: Early,
    certificates: MuxHandle<S>,
    resolver: MuxHandle<S>,
}

impl<E, M, B> Epochs<E, M, B>
where
    E: Clock + CryptoRng + Spawner + Storage + Metrics,
    M: AddressableManager<PublicKey = EngineKey> + Sync,
    B: Blocker<PublicKey = EngineKey>,
{
    /// Runs the epochs that are announced until the node ends.
    pub(crate) fn start<S, R>(
        mut self,
        context: E,
        channels: Channels<S, R>,
        entries: mpsc::UnboundedReceiver<Entry>,
    ) -> Handle<()>
    where
        S: Sender<PublicKey = EngineKey>,
        R: Receiver<PublicKey = EngineKey>,
    {
        context.spawn(move |context| async move {
            if let Err(error) = self.run(&context, channels, entries).await {
                self.failure.report(error);
                std::future::pending().await
            }
        })
    }

    async fn run<S, R>(
        &mut self,
        context: &E,
        channels: Channels<S, R>,
        mut entries: mpsc::UnboundedReceiver<Entry>,
    ) -> Result<(), ConsensusError>
    where
        S: Sender<PublicKey = EngineKey>,
        R: Receiver<PublicKey = EngineKey>,
    {
        let (sender, receiver) = channels.votes;
        let (mux, votes, early) = Muxer::builder(context.child("votes"), sender, receiver)
            .with_backup()
            .build();
        mux.start();
        let (sender, receiver) = channels.certificates;
        let (mux, certificates) = Muxer::new(context.child("certificates"), sender, receiver);
        mux.start();
        let (sender, receiver) = channels.resolver;
        let (mux, resolver) = Muxer::new(context.child("resolver"), sender, receiver);
        mux.start();
        let mut parts = Parts {
            votes,
            early: Early::new(early),
            certificates,
            resolver,
        };

        let mut current: Option<(u64, Handle<()>)> = None;
        loop {
            let running = current.as_ref().map(|(epoch, _)| *epoch);
            let ended = async {
                match &mut current {
                    Some((_, engine)) => {
                        let _ = engine.await;
                    }
                    None => std::future::pending().await,
                }
            };
            let met = meets_somebody(context, self.chain.clone(), self.votes.needs_clock());
            select! {
                entry = entries.next() => {
                    let Some(entry) = entry else {
                        return Err(ConsensusError::Ended("executor"));
                    };
                    let mut entry = entry;
                    let done = entry.done.take();
                    if running.is_none_or(|running| running < entry.epoch) {
                        if let Some((epoch, engine)) = current.take() {
                            end(engine).await;
                            self.forget(context, epoch).await?;
                        }
                        let epoch = entry.epoch;
                        if let (None, Some(before)) = (running, epoch.checked_sub(1)) {
                            // The node may have ended before it did this.
                            self.forget(context, before).await?;
                        }
                        let engine = self.enter(context, entry, &mut parts).await?;
                        current = Some((epoch, engine));
                    }
                    if let Some(done) = done {
                        done.acknowledge();
                    }
                },
                vote = parts.early.next(running) => {
                    let Some((epoch, from)) = vote else {
                        return Err(ConsensusError::Ended("votes"));
                    };
                    self.ask_for_end(running, epoch, from);
                },
                _ = met => { self.votes.clock_is_right(now(context))?; },
                _ = ended => { return Err(ConsensusError::Ended("consensus")); },
            }
        }
    }

    /// Somebody votes in a later epoch, so it knows the certificate that ends this one.
    fn ask_for_end(&self, running: Option<u64>, theirs: u64, from: EngineKey) {
        let Some(running) = running.filter(|running| *running < theirs) else {
            return;
        };
        if let Some(last) = self.epocher.last(Epoch::new(running)) {
            self.marshal.hint_finalized(last, NonEmptyVec::new(from));
        }
    }

    /// Erases the journals of an epoch that is over.
    async fn forget(&mut self, context: &E, epoch: u64) -> Result<(), ConsensusError> {
        self.votes.forget(epoch)?;
        for votes in [true, false] {
            // Nothing depends on it, and one of them does not exist.
            let partition = self.partition(epoch, votes);
            if let Err(error) = context.remove(&partition, None).await {
                debug!(%error, partition, "journal of the last epoch");
            }
        }
        Ok(())
    }

    /// Where the journal of an epoch is. Who abstains must not touch the journal of votes, which may
    /// be older than the last vote, and which only a voter can read.
    fn partition(&self, epoch: u64, votes: bool) -> String {
        let journal = if votes { "votes" } else { "abstention" };
        format!("{}{journal}-{epoch}", self.prefix)
    }

    /// Begins an epoch.
    async fn enter<S: Sender<PublicKey = EngineKey>>(
        &mut self,
        context: &E,
        entry: Entry,
        parts: &mut Parts<S>,
    ) -> Result<Handle<()>, ConsensusError> {
        let Entry { epoch, members, .. } = &entry;
        let epoch = *epoch;
        // What is delivered again is at most from the epoch before.
        self.schemes.forget_before(epoch.saturating_sub(2));
        self.schemes.register(epoch, members);
        if let Some(after) = &entry.after {
            self.schemes.register(epoch.saturating_add(1), after);
        }
        self.track(&entry)?;
        let validator = members.votes(self.me);
        let votes = validator && self.votes.may_vote(epoch, entry.began);
        if votes {
            self.votes.begin(epoch)?;
        } else if validator {
            warn!(
                epoch,
                "this key may have voted in this epoch without this folder: it abstains"
            );
        }
        let scheme = self.schemes.local(members, &self.key, self.me, votes);
        info!(
            epoch,
            validators = members.validators().len(),
            votes,
            "epoch begins"
        );
        self.chain.entered(epoch, members, votes);
        self.begin(context, &entry, scheme, votes, parts).await
    }

    /// Tells the network who may connect: validators are preferred, and those who were members a
    /// moment ago or are about to be should be able to follow.
    fn track(&mut self, entry: &Entry) -> Result<(), ConsensusError> {
        let Entry { epoch, members, .. } = entry;
        let (epoch, most) = (*epoch, self.max_peers);
        let needed = with_own(self.me, members.validators());
        if needed > most {
            return Err(ConsensusError::Peers {
                epoch,
                peers: needed,
                max: most,
            });
        }
        let neighbours = [&entry.after, &entry.before].into_iter().flatten();
        let others = members.observers().iter().chain(
            neighbours.flat_map(|members| members.validators().iter().chain(members.observers())),
        );
        let known = peers(self.me, members.validators(), others, most);
        if known.left_out > 0 {
            warn!(
                epoch,
                most,
                left_out = known.left_out,
                "other nodes cannot connect: the operator of this node should raise peers.most in config.toml to {} and restart it",
                most + known.left_out,
            );
        }
        if let Some(after) = &entry.after {
            let needed = with_own(self.me, after.validators());
            if needed > most {
                warn!(
                    epoch = epoch.saturating_add(1),
                    most,
                    "this node will stop when that epoch begins: its operator must raise peers.most in config.toml to {needed} or more and restart it before",
                );
            }
        }
        self.manager.track(epoch, known.tracked);
        Ok(())
    }

    async fn begin<S: Sender<PublicKey = EngineKey>>(
        &mut self,
        context: &E,
        entry: &Entry,
        scheme: Scheme,
        votes: bool,
        parts: &mut Parts<S>,
    ) -> Result<Handle<()>, ConsensusError> {
        let epoch = Epoch::new(entry.epoch);
        let reporter = Watched {
            inner: self.automaton.clone(),
            chain: self.chain.clone(),
            standstill: Arc::default(),
        };
        let engine = simplex::Engine::new(
            context.child("simplex").with_attribute("epoch", epoch),
            simplex::Config {
                scheme,
                elector: InTurn {
                    epoch: entry.epoch,
                    first: entry.proposer,
                },
                blocker: self.blocker.clone(),
                automaton: self.automaton.clone(),
                relay: self.automaton.clone(),
                reporter,
                strategy: Sequential,
                partition: self.partition(entry.epoch, votes),
                mailbox_size: MAILBOX,
                epoch,
                floor: Floor::Genesis(entry.floor),
                replay_buffer: WRITE_BUFFER,
                write_buffer: WRITE_BUFFER,
                page_cache: self.page_cache.clone(),
                leader_timeout: self.timing.leader_timeout,
                certification_timeout: self.timing.certification_timeout,
                timeout_retry: self.timing.retry,
                view_retention: VIEWS_KEPT,
                skip: SkipPolicy::Enabled {
                    timeout: self.timing.skip_timeout,
                    budget: SkipBudget::Fixed(SKIPPED_AT_ONCE),
                },
                fetch_timeout: NZDuration!(FETCH_TIMEOUT),
                fetch_retry_delay: FETCH_RETRY,
                forward: ForwardPolicy::SilentVoters,
                track_historical_votes: false,
            },
        );
        let part = entry.epoch;
        let (Ok(votes), Ok(certificates), Ok(resolver)) = (
            parts.votes.register(part).await,
            parts.certificates.register(part).await,
            parts.resolver.register(part).await,
        ) else {
            return Err(ConsensusError::Ended("network"));
        };
        let (sender, receiver) = votes;
        let votes = (sender, parts.early.before(part, receiver));
        Ok(engine.start(votes, certificates, resolver))
    }
}

/// How many nodes validators are with this one.
fn with_own(own: PeerKey, validators: &[Member]) -> usize {
    let others = validators.iter().filter(|member| member.key != own);
    others.count() + 1
}

/// The nodes that may connect.
pub(crate) struct Known {
    /// What the network is told of them.
    pub(crate) tracked: AddressableTrackedPeers<EngineKey>,
    /// How many others there are.
    pub(crate) left_out: usize,
}

/// As many nodes as `most` leaves room for beside this one: validators first, then others in their order.
pub(crate) fn peers<'m>(
    own: PeerKey,
    validators: &'m [Member],
    others: impl Iterator<Item = &'m Member>,
    most: usize,
) -> Known {
    let mut known = BTreeSet::from([own]);
    let mut left_out = BTreeSet::new();
    let mut fit = |members: &mut dyn Iterator<Item = &'m Member>| {
        let fitting = members.filter(|member| {
            let fits = known.len() < most || known.contains(&member.key);
            match fits {
                true => known.insert(member.key),
                false => left_out.insert(member.key),
            };
            fits
        });
        Map::from_iter_dedup(
            fitting.filter_map(|member| Some((member.key.engine()?, member.address.into()))),
        )
    };
    let votes = |member: &&Member| validators.iter().any(|other| other.key == member.key);
    let primary = fit(&mut validators.iter());
    let secondary = fit(&mut others.filter(|member| !votes(member)));
    Known {
        tracked: AddressableTrackedPeers::new(primary, secondary),
        left_out: left_out.len(),
    }
}

/// Waits for the first connection, if that is wanted: both ends show their clocks before there is
/// one, and these are seconds apart at most.
async fn meets_somebody(clock: &impl Clock, chain: Chain, is_wanted: bool) {
    if !is_wanted {
        std::future::pending::<()>().await;
    }
    while chain.status().peers == 0 {
        clock.sleep(LOOK_FOR_PEERS).await;
    }
}

/// Ends the engine of an epoch, and waits for it, since it must not write into what is erased.
async fn end(engine: Handle<()>) {
    engine.abort();
    let _ = engine.await;
}

/// Passes on what happens and keeps [`Chain`] up to date.
#[derive(Clone)]
struct Watched<R> {
    inner: R,
    chain: Chain,
    standstill: Arc<Mutex<Standstill>>,
}

impl<R> Watched<R> {
    /// Says that nothing gets final, if that lasts.
    fn watch(&self, epoch: u64, view: u64, is_final: bool) {
        // Nothing that is behind the lock panics.
        let mut standstill = self
            .standstill
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if is_final {
            standstill.finalized(view);
        } else if let Some(views) = standstill.reached(view) {
            error!(
                epoch,
                views,
                "votes come together, but no block gets final: each view takes an open file until one does, so the \
                 operator has to see what holds the network up, or raise the limit of open files in time"
            );
        }
    }
}

impl<R> Reporter for Watched<R>
where
    R: Reporter<Activity = Activity<Scheme, sha256::Digest>>,
{
    type Activity = Activity<Scheme, sha256::Digest>;

    fn report(&mut self, activity: Self::Activity) -> Feedback {
        if let Activity::Notarization(_) | Activity::Nullification(_) | Activity::Finalization(_) =
            &activity
        {
            let (epoch, view) = (activity.epoch().get(), activity.view().get());
            self.chain.reached(epoch, view);
            let is_final = matches!(activity, Activity::Finalization(_));
            self.watch(epoch, view, is_final);
        }
        self.inner.report(activity)
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::SigningKey;

    fn member(number: u8) -> Member {
        Member {
            key: SigningKey::from_seed([number; 32]).peer_key(),
            address: SocketAddr::from(([10, 0, 0, number], 9_000)),
        }
    }

    /// How many validators and others node `own` knows, and how many it does not.
    fn counts(own: u8, validators: &[u8], others: &[u8], most: usize) -> (usize, usize, usize) {
        let members = |numbers: &[u8]| -> Vec<Member> {
            numbers.iter().map(|number| member(*number)).collect()
        };
        let (validators, others) = (members(validators), members(others));
        let known = peers(member(own).key, &validators, others.iter(), most);
        let tracked = known.tracked;
        (
            tracked.primary.len(),
            tracked.secondary.len(),
            known.left_out,
        )
    }

    #[test]
    fn validators_come_first_and_this_node_always_has_room() {
        assert_eq!(counts(1, &[1, 2, 3], &[4, 5], 5), (3, 2, 0));
        assert_eq!(counts(1, &[1, 2, 3], &[4, 5], 4), (3, 1, 1));
        // Who is named twice is one, and who votes is no other.
        assert_eq!(counts(1, &[1, 2, 3], &[4, 4, 5, 5, 2], 4), (3, 1, 1));
        assert_eq!(counts(1, &[1, 2, 3], &[4, 5], 3), (3, 0, 2));
        // An observer is one of those that it knows.
        assert_eq!(counts(5, &[1, 2, 3], &[4, 5], 4), (3, 1, 1));
        // Somebody from outside takes a place that it is told of by nobody.
        assert_eq!(counts(9, &[1, 2, 3], &[4, 5], 5), (3, 1, 1));
        assert_eq!(counts(9, &[1, 2, 3], &[4, 5], 3), (2, 0, 3));
        assert_eq!(with_own(member(1).key, &[member(1), member(2)]), 2);
        assert_eq!(with_own(member(9).key, &[member(1), member(2)]), 3);
    }
}
