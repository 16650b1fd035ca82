//! Brings a node up, and down again.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use idos_consensus::{Chain, ConsensusError, Options, PeerKey, Timing, create_vote_marker, run};
use idos_store::{Database, StoreError};
use thiserror::Error;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tracing::{error, info};

use crate::{
    NodeKey,
    config::Config,
    executor::{ExecutionError, Executor, genesis_header},
    genesis::Genesis,
    http,
    intake::Queue,
    node::Node,
    parts::{Assembly, AssemblyError, Plan},
    shared::Shared,
};

/// Folder of the database in the folder of a node.
pub const DATABASE: &str = "database";
/// Folder of the engine's archives and journals. It is in no backup: a node that came back with an
/// old journal could vote twice.
pub const CONSENSUS: &str = "consensus";
/// File that says in which epoch the node may have voted. In no backup either.
const VOTE_MARKER: &str = "vote.marker";
/// How often a node remembers from where the network could go on.
const FLOOR_EVERY: Duration = Duration::from_secs(10);
/// Threads that serve the network.
const NETWORK_THREADS: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// What a node needs to start.
pub struct StartOptions {
    /// Its folder.
    pub home: PathBuf,
    /// How this operator runs it.
    pub config: Config,
    /// The network it belongs to.
    pub genesis: Genesis,
    /// Its own key.
    pub node_key: NodeKey,
}

/// Why a node does not start, or had to stop.
#[derive(Debug, Error)]
pub enum StartError {
    /// The address can not be listened on.
    #[error(
        "can not listen on {address}, is another node running, or the address not of this machine?"
    )]
    Listen {
        /// The address in the configuration.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The database can not be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database does not fit the network, or can not be read.
    #[error(transparent)]
    State(#[from] ExecutionError),
    /// The node can not be put together.
    #[error(transparent)]
    Assembly(#[from] AssemblyError),
    /// The thread of the network can not be started.
    #[error("no thread for the network")]
    Thread(#[source] io::Error),
    /// The network can not go on.
    #[error("the node can not go on")]
    Network(#[source] ConsensusError),
    /// The thread of the network ended without telling why.
    #[error("the node can not go on: the thread of the network is gone")]
    Gone,
}

/// A node that runs.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    node: Arc<Node>,
    listener: TcpListener,
    intake: Option<Arc<Queue>>,
    floor_keeper: JoinHandle<()>,
    ended: oneshot::Receiver<Result<(), ConsensusError>>,
}

/// Opens the database and joins the network. Requests are answered by [`Running::stopped`].
pub async fn start(options: StartOptions) -> Result<Running, StartError> {
    let StartOptions {
        home,
        config,
        genesis,
        node_key,
    } = options;
    let listen = config.listen;
    let unavailable = |source| StartError::Listen {
        address: listen,
        source,
    };
    let listener = TcpListener::bind(listen).await.map_err(unavailable)?;
    let address = listener.local_addr().map_err(unavailable)?;

    let database = idos_store::Options {
        cache_mib: config.database.cache_mib,
        readers: config.database.readers,
    };
    let (writer, readers) = Database::open(&home.join(DATABASE), &database)?;
    let executor = Executor::new(writer, &genesis)?;
    info!(
        chain_id = executor.network().chain_id,
        height = executor.progress().tip.height,
        "database is open"
    );
    let floor = executor.floor()?;
    let genesis_hash = genesis_header(&genesis).hash();
    let network = network_options(&home, &config, &genesis, &node_key, floor);
    let Assembly {
        desk,
        intake,
        parts,
    } = Plan {
        executor,
        readers,
        node_key: node_key.clone(),
        stranger_writes_per_minute: config.stranger_writes_per_minute,
        is_threaded: true,
    }
    .assemble()?;
    let (ending, ended) = oneshot::channel();
    let wake = desk.shared.wake().clone();
    thread::Builder::new()
        .name("network".to_owned())
        .spawn(move || {
            // Nobody listens only when the process ends anyway.
            let _ = ending.send(run(network, parts, &wake));
        })
        .map_err(StartError::Thread)?;
    let floor_keeper = tokio::spawn(keep_floor(Arc::clone(&desk.shared), desk.chain.clone()));
    let node = Arc::new(Node::new(config, node_key, genesis_hash, desk));
    Ok(Running {
        address,
        node,
        listener,
        intake,
        floor_keeper,
        ended,
    })
}

/// Remembers again and again from where the network could go on, should this node's engine lose what
/// it has, or its state be given to another node.
async fn keep_floor(shared: Arc<Shared>, chain: Chain) {
    let mut kept = 0;
    loop {
        tokio::time::sleep(FLOOR_EVERY).await;
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
        shared.keep_floor(certificate);
        *kept = height;
    }
}

/// Notes in the folder of a node that its key has just been made. A key without this note may have
/// voted before, and abstains until an epoch begins.
pub fn note_new_key(home: &Path, key: &NodeKey) -> Result<(), StartError> {
    let key = PeerKey(key.public().0);
    create_vote_marker(&home.join(VOTE_MARKER), key).map_err(StartError::Network)
}

fn network_options(
    home: &Path,
    config: &Config,
    genesis: &Genesis,
    node_key: &NodeKey,
    floor: Option<Vec<u8>>,
) -> Options {
    Options {
        key: node_key.engine(),
        listen: config.p2p_listen,
        directory: home.join(CONSENSUS),
        vote_marker: home.join(VOTE_MARKER),
        chain_id: genesis.chain_id.clone(),
        genesis: genesis_header(genesis),
        floor,
        epoch_blocks: genesis.epoch_blocks.non_zero(),
        timing: Timing::default(),
        max_peers: NonZeroUsize::new(usize::try_from(config.peers.most).unwrap_or(usize::MAX))
            .unwrap_or(NonZeroUsize::MIN),
        private_addresses: config.peers.private_addresses,
        any_source: config.peers.any_source,
        workers: NETWORK_THREADS,
    }
}

impl Running {
    /// Answers requests until `shutdown` completes, or until the node can not go on. Requests in
    /// flight are finished, then the database is closed.
    pub async fn stopped(self, shutdown: impl Future<Output = ()>) -> Result<(), StartError> {
        let Self {
            node,
            listener,
            intake,
            floor_keeper,
            mut ended,
            ..
        } = self;
        let wake = node.wake();
        let mut outcome = None;
        let stop = async {
            tokio::select! {
                () = shutdown => {}
                result = &mut ended => outcome = Some(result),
            }
        };
        let serving = http::Options {
            trust_forwarded_for: node.config.trust_forwarded_for,
            limits: http::Limits::default(),
        };
        http::serve(node, listener, serving, stop).await;
        floor_keeper.abort();
        wake.stop();
        if let Some(intake) = intake {
            intake.stop();
        }
        let outcome = match outcome {
            Some(outcome) => outcome,
            None => ended.await,
        };
        match outcome {
            Ok(Ok(())) => info!("stopped"),
            Ok(Err(failure)) => {
                error!(error = %failure, "stopped: the network can not go on");
                return Err(StartError::Network(failure));
            }
            Err(_) => return Err(StartError::Gone),
        }
        Ok(())
    }
}
