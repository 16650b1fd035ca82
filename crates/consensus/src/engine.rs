//! Puts the parts of a node together, the same way for a real and a simulated network.

use std::{collections::BTreeMap, num::NonZeroUsize, sync::Arc, time::Duration};

use commonware_broadcast::buffered;
use commonware_consensus::{
    marshal::{
        self,
        resolver::p2p as fetching,
        standard::{Inline, Standard},
    },
    simplex,
    types::{FixedEpocher, ViewDelta},
};
use commonware_cryptography::{Signer as _, sha256};
use commonware_macros::select;
use commonware_p2p::{
    AddressableManager, Blocker, Receiver, Sender, max_message_size, utils::mux::prefixed,
};
use commonware_runtime::{Clock, Handle, Metrics, Spawner, Storage};
use commonware_utils::{NZDuration, NZUsize};
use futures::{FutureExt as _, channel::mpsc, future::select_all};
use idos_types::{BlockTime, limits::VALIDATORS};
use rand_core::CryptoRng;

use crate::{
    ConsensusError, MESSAGE_BYTES, Options, PROTOCOLS, Parts, PeerKey, Service, Topic, Wake,
    automaton::Automaton,
    backfill::budgeted,
    chain::Attached,
    channel::Channels,
    codec::Body,
    epochs::{self, Epochs},
    executor::{Deliveries, Executor},
    marker::{Slots, Votes, unknown_until},
    new_blocks::spreads_blocks,
    observe::{Running, count_peers},
    services::Conversation,
    shared::{EngineKey, Failure, Followed, Progress, Scheme, failures},
    stores::{self, Stores},
};

/// Messages that may wait for a task.
pub(crate) const MAILBOX: NonZeroUsize = NZUsize!(1_024);
/// Views whose votes and blocks are kept after a block is final, for those who are behind.
pub(crate) const VIEWS_KEPT: ViewDelta = ViewDelta::new(64);
/// How long a peer may take to answer with certificates.
pub(crate) const FETCH_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a peer may take to answer with a block: the largest takes that long at 24 Mbit/s, and
/// who has a slower line can never catch up with a network of full blocks.
pub(crate) const FETCH_BLOCK_TIMEOUT: Duration = Duration::from_secs(4);
/// After what time another peer is asked.
pub(crate) const FETCH_RETRY: Duration = Duration::from_millis(100);
/// Buffers of journals.
pub(crate) const WRITE_BUFFER: NonZeroUsize = NZUsize!(1 << 20);

/// A node of a network of any kind.
pub(crate) struct Node {
    pub(crate) options: Options,
    /// Before the names of all files of the engine.
    pub(crate) prefix: String,
    pub(crate) slots: Slots,
    pub(crate) parts: Parts,
    pub(crate) wake: Wake,
}

/// A network of any kind.
pub(crate) struct Network<M, B, S, R> {
    pub(crate) manager: M,
    pub(crate) blocker: B,
    pub(crate) channels: Channels<(S, R)>,
}

/// What is signed with votes: nothing signed for another purpose or network begins alike.
pub(crate) fn namespace(chain_id: &str) -> Vec<u8> {
    [b"idos/consensus/v1/", chain_id.as_bytes()].concat()
}

/// Most bytes of a message on any channel.
pub(crate) fn largest_message() -> u32 {
    let validators = u32::try_from(VALIDATORS).unwrap_or(u32::MAX);
    max_message_size(&[
        prefixed(simplex::max_payload_size::<Scheme, sha256::Digest>(
            validators,
        )),
        marshal::max_payload_size::<Standard<Body>, Scheme>(validators, &PROTOCOLS),
        MESSAGE_BYTES,
    ])
}

/// Runs a node until it is stopped or fails.
pub(crate) async fn run<E, M, B, S, R>(
    context: E,
    node: Node,
    network: Network<M, B, S, R>,
) -> Result<(), ConsensusError>
where
    E: Clock + CryptoRng + Spawner + Storage + Metrics,
    M: AddressableManager<PublicKey = EngineKey> + Sync,
    B: Blocker<PublicKey = EngineKey>,
    S: Sender<PublicKey = EngineKey>,
    R: Receiver<PublicKey = EngineKey>,
{
    node.options.check()?;
    let wake = node.wake.clone();
    let (failure, mut failures) = failures();
    let running = async {
        let (tasks, _attached) = start(context, node, network, failure).await?;
        select! {
            error = failures.first() => Err(error),
            name = first_to_end(tasks) => Err(ConsensusError::Ended(name)),
        }
    };
    select! {
        _ = wake.stopped() => Ok(()),
        result = running => result,
    }
}

/// A task that lives as long as the node.
pub(crate) type Task = (&'static str, Handle<()>);

pub(crate) async fn first_to_end(tasks: Vec<Task>) -> &'static str {
    let ends = tasks
        .into_iter()
        .map(|(name, handle)| handle.map(move |_| name).boxed());
    select_all(ends).await.0
}

/// Starts every task of a node.
async fn start<E, M, B, S, R>(
    context: E,
    node: Node,
    network: Network<M, B, S, R>,
    failure: Failure,
) -> Result<(Vec<Task>, Attached), ConsensusError>
where
    E: Clock + CryptoRng + Spawner + Storage + Metrics,
    M: AddressableManager<PublicKey = EngineKey> + Sync,
    B: Blocker<PublicKey = EngineKey>,
    S: Sender<PublicKey = EngineKey>,
    R: Receiver<PublicKey = EngineKey>,
{
    let Node {
        options,
        prefix,
        slots,
        parts,
        wake,
    } = node;
    let Parts {
        mut execution,
        ballot,
        services,
        chain,
    } = parts;
    let key = options.key.engine();
    let (me, own_key) = (options.key.peer_key(), key.public_key());
    let epocher = FixedEpocher::new(options.epoch_blocks);

    let votes = open_votes(&context, slots, me, execution.tip().time, &options)?;
    let Stores {
        marshal: marshal_actor,
        mailbox: marshal,
        schemes,
        page_cache,
    } = stores::open(&context, &options, &prefix, execution.as_mut(), &wake).await?;
    let progress = Progress::new(execution.tip());
    let followed = Followed::default();

    let (broadcast, buffer) = buffered::Engine::new(
        context.child("blocks"),
        spreads_blocks(own_key.clone(), network.manager.clone(), options.protocols),
    );
    let resolver = fetching::init(
        context.child("backfill"),
        fetches_blocks(own_key, network.manager.clone(), network.blocker.clone()),
        budgeted(context.child("budgets"), network.channels.backfill),
    );
    let automaton = Inline::new(
        context.child("automaton"),
        Automaton {
            ballot,
            progress: progress.clone(),
            followed: followed.clone(),
            wake: wake.clone(),
            failure: failure.clone(),
            timing: options.timing,
            marshal: marshal.clone(),
        },
        marshal.clone(),
        epocher.clone(),
    );
    let (blocks, deliveries) = mpsc::unbounded();
    let (enter, entries) = mpsc::unbounded();
    let executor = Executor {
        execution,
        genesis: options.genesis,
        epocher: epocher.clone(),
        protocols: options.protocols,
        followed,
        progress: progress.clone(),
        failure: failure.clone(),
        marshal: marshal.clone(),
        entries: enter,
        wake: wake.clone(),
        erased: 0,
    };
    let peers = network.channels.votes.0.clone();
    let epochs = Epochs {
        key,
        me,
        max_peers: options.max_peers.get(),
        timing: options.timing,
        prefix,
        manager: network.manager,
        blocker: network.blocker,
        epocher,
        schemes,
        votes,
        automaton,
        marshal: marshal.clone(),
        page_cache,
        chain: chain.clone(),
        failure: failure.clone(),
    };
    let attached = chain.attach(Arc::new(Running {
        context: context.child("chain"),
        marshal,
    }));
    let consensus = epochs::Channels {
        votes: network.channels.votes,
        certificates: network.channels.certificates,
        resolver: network.channels.resolver,
    };
    let deliver = Deliveries {
        blocks,
        progress,
        chain: chain.clone(),
    };
    let mut tasks = vec![
        ("blocks", broadcast.start(network.channels.blocks)),
        ("marshal", marshal_actor.start(deliver, buffer, resolver)),
        (
            "executor",
            executor.start(context.child("executor"), deliveries),
        ),
        (
            "epochs",
            epochs.start(context.child("epochs"), consensus, entries),
        ),
        ("peers", count_peers(context.child("peers"), peers, chain)),
    ];
    let lines = [
        (Topic::Transactions, network.channels.transactions),
        (Topic::Roots, network.channels.roots),
        (Topic::Sync, network.channels.sync),
    ];
    let services = by_topic(services)?;
    tasks.extend(start_services(&context, services, lines, &failure, &wake));
    Ok((tasks, attached))
}

/// What this node voted, as its marker says.
fn open_votes<E: Clock + CryptoRng + Metrics>(
    context: &E,
    slots: Slots,
    me: PeerKey,
    newest: BlockTime,
    options: &Options,
) -> Result<Votes, ConsensusError> {
    let mut fresh = [0; 16];
    context.child("incarnation").fill_bytes(&mut fresh);
    let unknown_until = unknown_until(newest, options.genesis.time);
    Votes::open(slots, me, fresh, unknown_until)
}

/// How blocks that this node missed are fetched.
fn fetches_blocks<M, B>(
    own_key: EngineKey,
    peers: M,
    blocker: B,
) -> fetching::Config<EngineKey, M, B>
where
    M: AddressableManager<PublicKey = EngineKey>,
    B: Blocker<PublicKey = EngineKey>,
{
    fetching::Config {
        public_key: own_key,
        peer_provider: peers,
        blocker,
        mailbox_size: MAILBOX,
        fetch_timeout: NZDuration!(FETCH_BLOCK_TIMEOUT),
        fetch_retry_delay: FETCH_RETRY,
        priority_requests: false,
        priority_responses: false,
    }
}

/// Starts services, each on its line.
pub(crate) fn start_services<E, S, R>(
    context: &E,
    mut services: BTreeMap<Topic, Box<dyn Service>>,
    lines: impl IntoIterator<Item = (Topic, (S, R))>,
    failure: &Failure,
    wake: &Wake,
) -> Vec<Task>
where
    E: Clock + Spawner + Metrics,
    S: Sender<PublicKey = EngineKey>,
    R: Receiver<PublicKey = EngineKey>,
{
    let mut tasks = Vec::new();
    for (topic, (sender, receiver)) in lines {
        let Some(service) = services.remove(&topic) else {
            continue;
        };
        let conversation = Conversation {
            topic,
            service,
            sender,
            receiver,
            failure: failure.clone(),
        };
        let context = context
            .child("service")
            .with_attribute("topic", format!("{topic:?}"));
        tasks.push(("service", conversation.start(context, wake)));
    }
    tasks
}

pub(crate) fn by_topic(
    services: Vec<(Topic, Box<dyn Service>)>,
) -> Result<BTreeMap<Topic, Box<dyn Service>>, ConsensusError> {
    let mut topics = BTreeMap::new();
    for (topic, service) in services {
        if topics.insert(topic, service).is_some() {
            return Err(ConsensusError::Topic(topic));
        }
    }
    Ok(topics)
}
