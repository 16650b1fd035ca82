//! Runs consensus, one epoch after the other.

use std::{collections::BTreeSet, time::Duration};

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
use commonware_utils::{Acknowledgement as _, NZDuration, ordered::Map, vec::NonEmptyVec};
use futures::{StreamExt as _, channel::mpsc};
use rand_core::CryptoRng;
use tracing::{debug, info, warn};

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
};

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
                            self.forget(context, epoch).await;
                        }
                        let epoch = entry.epoch;
                        if let (None, Some(before)) = (running, epoch.checked_sub(1)) {
                            // The node may have ended before it did this.
                            self.forget(context, before).await;
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
    async fn forget(&mut self, context: &E, epoch: u64) {
        for votes in [true, false] {
            // Nothing depends on it, and one of them does not exist.
            let partition = self.partition(epoch, votes);
            if let Err(error) = context.remove(&partition, None).await {
                debug!(%error, partition, "journal of the last epoch");
            }
        }
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
        self.chain.entered(epoch, votes);
        self.begin(context, &entry, scheme, votes, parts).await
    }

    /// Tells the network who may connect: validators are preferred, and those who were members a
    /// moment ago or are about to be must be able to follow.
    fn track(&mut self, entry: &Entry) -> Result<(), ConsensusError> {
        let neighbours = [&entry.after, &entry.before].into_iter().flatten();
        let validators = entry.members.validators();
        let others = entry.members.observers().iter().chain(
            neighbours.flat_map(|members| members.validators().iter().chain(members.observers())),
        );
        let (tracked, count) = peers(self.me, validators, others);
        if count > self.max_peers {
            return Err(ConsensusError::Peers {
                epoch: entry.epoch,
                peers: count,
                max: self.max_peers,
            });
        }
        self.manager.track(entry.epoch, tracked);
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
        };
        let engine = simplex::Engine::new(
            context.child("simplex").with_attribute("epoch", epoch),
            simplex::Config {
                scheme,
                elector: InTurn {
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
                    budget: SkipBudget::Participants,
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

/// What the network is told of validators and others that may connect, and how many nodes these are
/// with this one.
pub(crate) fn peers<'m>(
    own: PeerKey,
    validators: &'m [Member],
    others: impl Iterator<Item = &'m Member> + Clone,
) -> (AddressableTrackedPeers<EngineKey>, usize) {
    let everybody: BTreeSet<PeerKey> = validators
        .iter()
        .chain(others.clone())
        .map(|member| member.key)
        .chain([own])
        .collect();
    let map = |members: &mut dyn Iterator<Item = &Member>| {
        Map::from_iter_dedup(
            members.filter_map(|member| Some((member.key.engine()?, member.address.into()))),
        )
    };
    let votes = |member: &&Member| validators.iter().any(|other| other.key == member.key);
    let primary = map(&mut validators.iter());
    let secondary = map(&mut others.filter(|member| !votes(member)));
    let tracked = AddressableTrackedPeers::new(primary, secondary);
    (tracked, everybody.len())
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
            self.chain
                .reached(activity.epoch().get(), activity.view().get());
        }
        self.inner.report(activity)
    }
}
