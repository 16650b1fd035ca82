//! The life of a node: it takes part in the network; if it cannot come back by blocks it fetches the
//! state of others, and takes part again.

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError},
    time::Duration,
};

use idos_consensus::{
    Chain, ConsensusError, Options, Parts, PeerKey, Topic, Wake, converse, is_final, run,
};
use idos_ledger::{State as _, epoch_fixed_by, membership};
use idos_proof::{ChainId, Root, SetChange};
use idos_store::{FolderLock, Head, Readers, SyncWriter, Writer};
use idos_wire::Mode;
use tokio::{runtime::Handle, task::JoinSet, time};
use tracing::{error, info, warn};

use crate::{
    NodeKey,
    config::{self, Config},
    executor::{ExecutionError, Executor, FLOOR, GENESIS, check_network, genesis_header},
    front::{Fetching, Front, Shown},
    genesis::Genesis,
    inspection::genesis_hash,
    intake::IntakeQueue,
    metrics::Metrics,
    node::Node,
    parts::{Assembly, Plan},
    shared::Shared,
    start::{StartError, network_options},
    sync::{
        fetch::{Fetch, Fetched, IsFinal, Outcome, Slot},
        mark::Mark,
        meter::Meter,
    },
    unproved::UNPROVED,
    with_causes::WithCauses,
};

/// How often a node remembers from where the network could go on.
const FLOOR_EVERY: Duration = Duration::from_secs(10);
/// How often the engine is asked for a certificate that it may not have yet, and how many times.
const FLOOR_RETRY: Duration = Duration::from_millis(100);
const FLOOR_TRIES: usize = 20;

/// What a node is, whatever it does.
pub(crate) struct Life {
    pub(crate) home: PathBuf,
    /// The right to use that folder.
    pub(crate) _lock: FolderLock,
    pub(crate) config: Config,
    pub(crate) genesis: Genesis,
    pub(crate) node_key: NodeKey,
    pub(crate) readers: Readers,
    pub(crate) metrics: Metrics,
    /// Where its tasks for clients run.
    pub(crate) runtime: Handle,
}

/// What it does next.
pub(crate) struct Phase {
    /// Who answers clients meanwhile.
    pub(crate) shown: Shown,
    /// Stops it.
    pub(crate) wake: Wake,
    options: Options,
    work: Work,
}

enum Work {
    /// It takes part.
    Part {
        parts: Parts,
        shared: Arc<Shared>,
        chain: Chain,
        intake: Option<Arc<IntakeQueue>>,
    },
    /// It fetches its state.
    Fetch {
        fetch: Box<Fetch>,
        mark: Box<Mark>,
        chain: Chain,
        slot: Slot,
    },
}

impl Life {
    /// What to do with a database as it is.
    pub(crate) fn phase(&self, writer: Writer) -> Result<Phase, StartError> {
        if lacks_state(&writer, &self.genesis)? {
            return self.fetching(writer);
        }
        self.taking_part(Executor::new(writer, &self.genesis)?)
    }

    /// Takes part with a state that is whole.
    fn taking_part(&self, executor: Executor) -> Result<Phase, StartError> {
        info!(
            chain_id = executor.network().chain_id,
            height = executor.progress().tip.height,
            "database is open"
        );
        let options = self.options(executor.floor()?);
        let Assembly {
            desk,
            intake,
            parts,
        } = Plan {
            executor,
            readers: self.readers.clone(),
            node_key: self.node_key.clone(),
            stranger_writes_per_minute: self.config.stranger_writes_per_minute,
            most_block_bytes: self.config.most_block_bytes(),
            is_threaded: true,
            metrics: self.metrics.clone(),
        }
        .assemble()?;
        let (shared, chain) = (Arc::clone(&desk.shared), desk.chain.clone());
        let wake = shared.wake().clone();
        let genesis = genesis_header(&self.genesis).hash();
        let node = Node::new(self.config.clone(), self.node_key.clone(), genesis, desk);
        if let Some(explorer) = &node.explorer {
            let news = Arc::clone(&explorer.news);
            self.runtime
                .spawn(news.follow(Arc::downgrade(&shared), self.readers.clone()));
        }
        Ok(Phase {
            shown: Shown::Node(Arc::new(node)),
            wake,
            options,
            work: Work::Part {
                parts,
                shared,
                chain,
                intake,
            },
        })
    }

    /// Fetches the state of others, whatever there is.
    fn fetching(&self, writer: Writer) -> Result<Phase, StartError> {
        let head = writer.head()?;
        let Fetcher {
            fetch,
            mark,
            wake,
            slot,
            meter,
        } = Fetcher::new(writer, &self.genesis)?;
        let chain = Chain::default();
        let fetching = Fetching {
            key: self.node_key.public(),
            chain_id: self.genesis.chain_id.clone(),
            genesis: genesis_hash(&self.genesis),
            epoch: self.genesis.epoch_blocks,
            mode: match self.config.mode {
                config::Mode::Open => Mode::Open,
                config::Mode::Private => Mode::Private,
            },
            head,
            metrics: self.metrics.clone(),
            chain: chain.clone(),
            meter,
        };
        Ok(Phase {
            shown: Shown::Fetching(Arc::new(fetching)),
            wake,
            options: self.options(None),
            work: Work::Fetch {
                fetch: Box::new(fetch),
                mark: Box::new(mark),
                chain,
                slot,
            },
        })
    }

    /// Does one thing after the other until it is stopped or cannot go on. Blocks its thread.
    pub(crate) fn live(self, first: Phase, front: &Front) -> Result<(), StartError> {
        let mut phase = first;
        loop {
            let Phase {
                wake,
                options,
                work,
                ..
            } = phase;
            let next = match work {
                Work::Part {
                    parts,
                    shared,
                    chain,
                    intake,
                } => {
                    let floors = self.keep_floors(&shared, &chain);
                    let ended = run(options, parts, &wake);
                    drop(floors);
                    // Nothing orders it any more, and clients ask this node until there is another.
                    shared.waiting.close();
                    if let Some(intake) = intake {
                        intake.stop();
                    }
                    self.after_part(ended, &shared)?
                }
                Work::Fetch {
                    fetch,
                    mark,
                    chain,
                    slot,
                } => {
                    let services: Vec<(_, Box<dyn idos_consensus::Service>)> =
                        vec![(Topic::Sync, fetch)];
                    let ended = converse(options, mark.membership()?, services, chain, &wake);
                    let outcome = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
                    self.after_fetch(ended, outcome)?
                }
            };
            match next {
                Some(next) if !front.is_stopping() => phase = next,
                _ => return Ok(()),
            }
            front.show(phase.shown.clone(), phase.wake.clone());
        }
    }

    fn after_part(
        &self,
        ended: Result<(), ConsensusError>,
        shared: &Shared,
    ) -> Result<Option<Phase>, StartError> {
        if was_set_back(&ended) {
            return self.phase(self.readers.writer()?).map(Some);
        }
        if !lacks_blocks(&ended, shared) {
            return ended.map(|()| None).map_err(StartError::Network);
        }
        if let Err(failure) = ended {
            if !self.has_others()? {
                error!(
                    "this state names no other node that has the blocks after it: move `database` away, leave \
                     `consensus` where it is, and restore a newer backup, of this node or of another one of the network"
                );
                return Err(StartError::Network(failure));
            }
            warn!(error = %WithCauses(&failure), "the state is fetched");
        }
        self.fetching(self.readers.writer()?).map(Some)
    }

    /// Whether there is another node that a state could come from.
    fn has_others(&self) -> Result<bool, StartError> {
        let own = self.node_key.public();
        let seen = self
            .readers
            .read(|snapshot| match snapshot.newest_validator_set()? {
                Some((epoch, _)) => membership(snapshot, epoch),
                None => Ok(None),
            });
        let Some(nodes) = seen?.map_err(ExecutionError::from)? else {
            return Ok(false);
        };
        let mut members = nodes.validators.members().iter().chain(&nodes.observers);
        Ok(members.any(|member| member.key != own))
    }

    fn after_fetch(
        &self,
        ended: Result<(), ConsensusError>,
        outcome: Option<Outcome>,
    ) -> Result<Option<Phase>, StartError> {
        let is_set_back = was_set_back(&ended);
        if !is_set_back {
            ended.map_err(StartError::Network)?;
        }
        match outcome {
            None if is_set_back => self.phase(self.readers.writer()?).map(Some),
            None => Ok(None),
            Some(Outcome::Failed(failure)) => Err(failure.into()),
            Some(Outcome::Nodes) => self.fetching(self.readers.writer()?).map(Some),
            Some(Outcome::Fetched(fetched)) => {
                let (writer, root) = finish(*fetched)?;
                let executor = Executor::of_checked(writer, &self.genesis, root)?;
                self.taking_part(executor).map(Some)
            }
        }
    }

    fn options(&self, floor: Option<Vec<u8>>) -> Options {
        network_options(
            &self.home,
            &self.config,
            &self.genesis,
            &self.node_key,
            floor,
        )
    }

    /// Keeps asking the engine for certificates until what is returned is dropped.
    fn keep_floors(&self, shared: &Arc<Shared>, chain: &Chain) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        let task = keep_floor(Arc::clone(shared), chain.clone());
        tasks.spawn_on(task, &self.runtime);
        let task = hand_out_floors(Arc::clone(shared), chain.clone());
        tasks.spawn_on(task, &self.runtime);
        tasks
    }
}

/// Whether a database has no state to take part with: one that is on its way, or none of a restarted
/// network, since the state that such a network began with is nobody's to make up.
pub(crate) fn lacks_state(writer: &Writer, genesis: &Genesis) -> Result<bool, StartError> {
    let has_no_state = genesis.origin.is_some() && writer.head()?.is_none();
    Ok(has_no_state || writer.sync_mark()?.is_some())
}

/// Whether a node whose part in the network ended like this lacks blocks that nobody keeps.
pub(crate) fn lacks_blocks(ended: &Result<(), ConsensusError>, shared: &Shared) -> bool {
    match ended {
        Ok(()) => shared.needs_sync(),
        Err(failure) => matches!(failure, ConsensusError::Behind(_)),
    }
}

/// Whether it ended because the clock of the machine was set back, so that it goes on from its start.
fn was_set_back(ended: &Result<(), ConsensusError>) -> bool {
    if let Err(failure @ ConsensusError::ClockSetBack(_)) = ended {
        warn!(error = %WithCauses(failure), "connections and everything timed begin anew");
        return true;
    }
    false
}

/// What fetches a state, and what belongs to it.
pub(crate) struct Fetcher {
    pub(crate) fetch: Fetch,
    pub(crate) mark: Mark,
    pub(crate) wake: Wake,
    pub(crate) slot: Slot,
    pub(crate) meter: Arc<Meter>,
}

impl Fetcher {
    /// Goes on with what is in a database, whatever there is.
    pub(crate) fn new(mut writer: Writer, genesis: &Genesis) -> Result<Self, StartError> {
        if !check_network(&writer, genesis)? {
            writer.set_meta(GENESIS, &genesis_header(genesis).hash().to_string())?;
        }
        let head = writer.head()?;
        let height = head.as_ref().map_or(0, |head| head.height);
        let epochs = genesis.epoch_blocks;
        let mark = match writer.sync_mark()? {
            Some(noted) => Mark::decode(&noted)?,
            None if head.is_none() => Mark::first(&genesis.validators)?,
            None => Mark::of(&writer, epochs.epoch_of(height))?,
        };
        let (wake, slot, meter) = (Wake::default(), Slot::default(), Arc::new(Meter::new()));
        let fetch = Fetch::new(
            SyncWriter::begin(writer, &mark.encode())?,
            mark.clone(),
            ChainId::new(&genesis.chain_id).map_err(ExecutionError::from)?,
            is_final_on(genesis.chain_id.clone()),
            epochs,
            height,
            (wake.clone(), Arc::clone(&slot), Arc::clone(&meter)),
        )?;
        Ok(Self {
            fetch,
            mark,
            wake,
            slot,
            meter,
        })
    }
}

/// What the engine says of its certificates on a chain.
fn is_final_on(chain_id: String) -> IsFinal {
    Box::new(move |epoch, validators, header, certificate| {
        let keys = validators.keys().map(PeerKey);
        is_final(&chain_id, epoch, keys, header, certificate)
    })
}

/// Makes a state that was fetched the one of this node. Returns its root, which was checked.
pub(crate) fn finish(fetched: Fetched) -> Result<(Writer, Root), StartError> {
    let Fetched {
        writer,
        target,
        is_certified,
        before,
        changes,
    } = fetched;
    info!("the state is there and is checked");
    let statement = target.certificate.statement();
    let mut blocks = Vec::from_iter(before);
    blocks.push(Head {
        height: statement.height,
        hash: statement.header,
        time: statement.time,
        header: target.header.encode(),
        root: statement.root,
    });
    // What too few signed is no certificate: with the signature of this node it becomes one.
    let certificate = is_certified.then(|| target.certificate.encode());
    // Whatever a copy had that nothing showed is not there any more.
    let notes = [
        (FLOOR, hex::encode(&target.floor)),
        (UNPROVED, String::new()),
    ];
    let fixed = statement
        .ends_epoch
        .then(|| epoch_fixed_by(statement.epoch));
    // Of a set that no block of this state fixed there is no row: that block proves it.
    let is_fixed = |change: &SetChange| change.certificate.statement().height <= statement.height;
    let changes: Vec<_> = changes.into_iter().filter(is_fixed).collect();
    let (writer, root) = writer.finish(&blocks, certificate.as_deref(), &changes, fixed, notes)?;
    info!(
        height = statement.height,
        "the state is that of the network"
    );
    Ok((writer, root))
}

/// Remembers again and again from where the network could go on, should this node's engine lose what
/// it has, or its state be given to another node.
async fn keep_floor(shared: Arc<Shared>, chain: Chain) {
    let mut kept = 0;
    loop {
        time::sleep(FLOOR_EVERY).await;
        keep_newer_floor(&shared, &chain, &mut kept).await;
    }
}

/// Remembers the newest block that was executed here, if it is newer than what is kept and has a
/// certificate of its own.
pub(crate) async fn keep_newer_floor(shared: &Shared, chain: &Chain, kept: &mut u64) {
    let height = shared.progress.borrow().tip.height;
    if height > *kept
        && let Some(certificate) = chain.finalization(height).await
    {
        shared.floors.keep(certificate);
        *kept = height;
    }
}

/// Gets the engine's certificate of each height that is about to be handed out.
async fn hand_out_floors(shared: Arc<Shared>, chain: Chain) {
    let mut wanted = shared.floors.wanted.subscribe();
    while wanted.changed().await.is_ok() {
        let height = *wanted.borrow_and_update();
        for _ in 0..FLOOR_TRIES {
            if let Some(certificate) = chain.finalization(height).await {
                shared.floors.hand_out(height, certificate);
                break;
            }
            if wanted.has_changed().unwrap_or(true) {
                break;
            }
            time::sleep(FLOOR_RETRY).await;
        }
    }
}
