//! Puts the parts of a node together, the same way for a real and a simulated network.

use std::{
    collections::BTreeMap,
    num::{NonZeroU64, NonZeroUsize},
    sync::Arc,
    time::Duration,
};

use commonware_broadcast::buffered;
use commonware_codec::{Copying, Decode as _, Encode as _};
use commonware_consensus::{
    Epochable as _,
    marshal::{
        self, Start,
        core::Actor as MarshalActor,
        resolver::p2p as backfill,
        standard::{Inline, Standard},
    },
    simplex::{self, types::Finalization},
    types::{FixedEpocher, Height, ViewDelta},
};
use commonware_cryptography::{Digested, Digestible as _, sha256};
use commonware_macros::select;
use commonware_p2p::{
    AddressableManager, Blocker, CheckedSender as _, Receiver, Recipients, Sender,
    max_message_size, utils::mux::prefixed,
};
use commonware_parallel::Sequential;
use commonware_runtime::{Clock, Handle, Metrics, Spawner, Storage, buffer::paged::CacheRef};
use commonware_utils::{NZDuration, NZU16, NZU64, NZUsize};
use futures::{
    FutureExt as _,
    channel::mpsc,
    future::{BoxFuture, select_all},
};
use rand_core::CryptoRng;

use crate::{
    Block, Chain, ConsensusError, Execution, MESSAGE_BYTES, Options, Parts, Service, Topic,
    VALIDATORS, Wake,
    archives::{self, Bodies},
    automaton::Automaton,
    chain::{Attached, Engine},
    channel::Channels,
    codec::Body,
    epochs::{self, Epochs},
    executor::{Deliveries, Executor, execute, members, next_epoch},
    marker::{Slots, Votes},
    schemes::Schemes,
    services::Conversation,
    shared::{EngineKey, Executed, Failure, Marshal, Scheme, failures, now},
};

/// Messages that may wait for a task.
pub(crate) const MAILBOX: NonZeroUsize = NZUsize!(1_024);
/// Views whose votes and blocks are kept after a block is final, for those who are behind.
pub(crate) const VIEWS_KEPT: ViewDelta = ViewDelta::new(64);
/// How long a peer may take to answer: a full block on a slow line.
pub(crate) const FETCH_TIMEOUT: Duration = Duration::from_secs(2);
/// After what time another peer is asked.
pub(crate) const FETCH_RETRY: Duration = Duration::from_millis(100);
/// Buffers of journals.
pub(crate) const WRITE_BUFFER: NonZeroUsize = NZUsize!(1 << 20);
/// Blocks that may wait for execution in memory.
const DELIVERIES: NonZeroUsize = NZUsize!(8);
/// Final blocks that are fetched at once by who is behind.
const REPAIRS: NonZeroUsize = NZUsize!(32);
/// New blocks of one peer that are kept in memory.
const BLOCKS_OF_PEER: usize = 8;
/// Blocks of one file of the engine's caches, which hold blocks that are not final yet.
const CACHED_PER_FILE: NonZeroU64 = NZU64!(16);
/// How often connections are counted.
const COUNT_PEERS: Duration = Duration::from_secs(1);

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
fn namespace(chain_id: &str) -> Vec<u8> {
    [b"idos/consensus/v1/", chain_id.as_bytes()].concat()
}

/// Most bytes of a message on any channel.
pub(crate) fn largest_message() -> u32 {
    let validators = u32::try_from(VALIDATORS).unwrap_or(u32::MAX);
    max_message_size(&[
        prefixed(simplex::max_payload_size::<Scheme, sha256::Digest>(
            validators,
        )),
        marshal::max_payload_size::<Standard<Body>, Scheme>(validators, &()),
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
type Task = (&'static str, Handle<()>);

async fn first_to_end(tasks: Vec<Task>) -> &'static str {
    let ends = tasks
        .into_iter()
        .map(|(name, handle)| handle.map(move |_| name).boxed());
    select_all(ends).await.0
}

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
    let me = options.key.peer_key();
    let own_key = me
        .engine()
        .ok_or(ConsensusError::Options("the key is no key"))?;
    let epocher = FixedEpocher::new(options.epoch_blocks);
    let page_cache = CacheRef::new(NZU16!(4_096), NZUsize!(2_048));

    let mut fresh = [0; 16];
    context.child("incarnation").fill_bytes(&mut fresh);
    let votes = Votes::open(slots, me, fresh, now(&context))?;

    let certificates =
        archives::certificates(context.child("certificates"), &prefix, page_cache.clone()).await?;
    let bodies = archives::bodies(context.child("bodies"), &prefix, page_cache.clone()).await?;
    replay(execution.as_mut(), &bodies, &wake).await?;
    let executed = Executed::new(execution.tip());

    let schemes = Schemes::new(namespace(&options.chain_id));
    let epoch = next_epoch(&epocher, executed.tip().height);
    // Blocks of the epoch before may be delivered again, and marshal may be one ahead.
    for epoch in epoch.saturating_sub(2)..=epoch.saturating_add(1) {
        if let Some(members) = members(execution.as_ref(), epoch)? {
            schemes.register(epoch, &members);
        }
    }

    let (broadcast, buffer) = buffered::Engine::new(
        context.child("blocks"),
        buffered::Config {
            public_key: own_key.clone(),
            mailbox_size: MAILBOX,
            deque_size: BLOCKS_OF_PEER,
            priority: true,
            codec_config: (),
            peer_provider: network.manager.clone(),
            strategy: Sequential,
        },
    );
    let resolver = backfill::init(
        context.child("backfill"),
        backfill::Config {
            public_key: own_key,
            peer_provider: network.manager.clone(),
            blocker: network.blocker.clone(),
            mailbox_size: MAILBOX,
            fetch_timeout: NZDuration!(FETCH_TIMEOUT),
            fetch_retry_delay: FETCH_RETRY,
            priority_requests: false,
            priority_responses: false,
        },
        network.channels.backfill,
    );
    let genesis = Body::genesis(options.genesis);
    let genesis_digest = genesis.digest();
    let start = match &options.floor {
        None => Start::Genesis(Digested::precomputed(genesis, genesis_digest)),
        Some(bytes) => Start::Floor(floor(&mut context.child("floor"), bytes, &schemes)?),
    };
    let (marshal_actor, marshal, found) = MarshalActor::<_, Standard<Body>, _, _, _, _, _>::init(
        context.child("marshal"),
        certificates,
        bodies,
        marshal::Config {
            provider: schemes.clone(),
            epocher: epocher.clone(),
            start,
            partition_prefix: format!("{prefix}marshal"),
            mailbox_size: MAILBOX,
            view_retention: VIEWS_KEPT,
            prunable_items_per_section: CACHED_PER_FILE,
            page_cache: page_cache.clone(),
            replay_buffer: WRITE_BUFFER,
            key_write_buffer: WRITE_BUFFER,
            value_write_buffer: WRITE_BUFFER,
            block_codec_config: (),
            max_repair: REPAIRS,
            max_pending_acks: DELIVERIES,
            strategy: Sequential,
        },
    )
    .await;
    let processed = found
        .processed()
        .map_or(0, |processed| processed.height().get());
    if processed > executed.tip().height {
        return Err(ConsensusError::Behind(executed.tip().height + 1));
    }

    let automaton = Inline::new(
        context.child("automaton"),
        Automaton {
            ballot,
            executed: executed.clone(),
            wake: wake.clone(),
            failure: failure.clone(),
            timing: options.timing,
            marshal: marshal.clone(),
        },
        marshal.clone(),
        epocher.clone(),
    );
    let (deliver, deliveries) = mpsc::unbounded();
    let (enter, entries) = mpsc::unbounded();
    let executor = Executor {
        execution,
        genesis: options.genesis,
        epocher: epocher.clone(),
        executed,
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
    let mut tasks = vec![
        ("blocks", broadcast.start(network.channels.blocks)),
        (
            "marshal",
            marshal_actor.start(Deliveries(deliver), buffer, resolver),
        ),
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
    let mut services = by_topic(services)?;
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
        tasks.push(("service", conversation.start(context, &wake)));
    }
    Ok((tasks, attached))
}

fn by_topic(
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

/// Executes the final blocks that are in the archive and not in the state, which is older than the
/// archive if it was restored from a copy.
async fn replay<E>(
    execution: &mut dyn Execution,
    bodies: &Bodies<E>,
    wake: &Wake,
) -> Result<(), ConsensusError>
where
    E: Clock + CryptoRng + Spawner + Storage + Metrics,
{
    while !wake.is_stopped() {
        let next = execution.tip().height.saturating_add(1);
        let Some(body) = archives::body(bodies, next).await? else {
            break;
        };
        execute(execution, Block::clone(body.block()))?;
    }
    Ok(())
}

/// Checks the certificate that a state from elsewhere comes with.
fn floor<E: CryptoRng>(
    rng: &mut E,
    bytes: &[u8],
    schemes: &Schemes,
) -> Result<Finalization<Scheme, sha256::Digest>, ConsensusError> {
    let certificate =
        Finalization::<Scheme, sha256::Digest>::decode_cfg(Copying(bytes), &VALIDATORS)
            .map_err(|_| ConsensusError::Floor)?;
    let scheme = schemes
        .of(certificate.epoch())
        .ok_or(ConsensusError::Floor)?;
    if !certificate.verify(rng, scheme.as_ref(), &Sequential) {
        return Err(ConsensusError::Floor);
    }
    Ok(certificate)
}

/// Counts who is connected, from time to time.
fn count_peers<E, S>(context: E, mut channel: S, chain: Chain) -> Handle<()>
where
    E: Clock + Spawner,
    S: Sender<PublicKey = EngineKey>,
{
    context.spawn(move |context| async move {
        loop {
            // Asking whom a message to all would reach is how the network tells who is connected.
            // None is sent; it costs one message of a quota of hundreds.
            let peers = channel
                .check(Recipients::All)
                .map_or(0, |reached| reached.recipients().len());
            chain.connected(peers);
            context.sleep(COUNT_PEERS).await;
        }
    })
}

/// A running engine as others see it.
struct Running<E> {
    context: E,
    marshal: Marshal,
}

impl<E: Metrics> Engine for Running<E> {
    fn finalization(&self, height: u64) -> BoxFuture<'static, Option<Vec<u8>>> {
        let marshal = self.marshal.clone();
        async move {
            let certificate = marshal.get_finalization(Height::new(height)).await?;
            Some(certificate.encode().to_vec())
        }
        .boxed()
    }

    fn metrics(&self) -> String {
        self.context.encode()
    }
}
