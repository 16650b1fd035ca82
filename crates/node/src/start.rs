//! Brings a node up, and down again.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use idos_consensus::{ConsensusError, Options, PROTOCOLS, PeerKey, Timing, create_vote_marker};
use idos_store::{Database, FolderLock, StoreError};
use thiserror::Error;
use tokio::{net::TcpListener, runtime::Handle, sync::oneshot};
use tracing::{error, info, warn};

use crate::{
    NodeKey,
    config::Config,
    copies::remove_unfinished,
    executor::{ExecutionError, genesis_header},
    front::Front,
    genesis::Genesis,
    http,
    life::Life,
    metrics::Metrics,
    monitoring::Monitoring,
    parts::AssemblyError,
    sync::mark::MarkError,
    with_causes::WithCauses,
};

/// Folder of the database in the folder of a node.
pub const DATABASE: &str = "database";
/// Folder in which such a database is put together before it is the node's.
pub(crate) const UNFINISHED_DATABASE: &str = "database.new";
/// Folder of the engine's archives and journals. It is in no backup: a node that came back with an
/// old journal could vote twice.
pub const CONSENSUS: &str = "consensus";
/// File that says in which epoch the node may have voted, unless [`Config::vote_marker`] names another.
/// In no backup either.
pub const VOTE_MARKER: &str = "vote.marker";
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
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {address}: the operator must end the program that has it, or set `{key}` in config.toml to another address of this machine"
    )]
    Listen {
        /// Which key of the configuration says so.
        key: &'static str,
        /// The address in the configuration.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database does not fit the network, or cannot be read.
    #[error(transparent)]
    State(#[from] ExecutionError),
    /// The node cannot be put together.
    #[error(transparent)]
    Assembly(#[from] AssemblyError),
    /// What was noted about a sync that is under way cannot be used.
    #[error(transparent)]
    Mark(#[from] MarkError),
    /// The thread of the network cannot be started.
    #[error("no thread for the network")]
    Thread(#[source] io::Error),
    /// The network cannot go on.
    #[error("the node cannot go on")]
    Network(#[source] ConsensusError),
    /// The thread of the network ended without telling why.
    #[error("the node cannot go on: the thread of the network is gone")]
    Gone,
}

/// A node that runs.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it tells its metrics, if it does.
    pub metrics_address: Option<SocketAddr>,
    monitoring: Option<(TcpListener, Monitoring)>,
    front: Arc<Front>,
    listener: TcpListener,
    trust_forwarded_for: bool,
    ended: oneshot::Receiver<Result<(), StartError>>,
}

/// Opens the database and joins the network. Requests are answered by [`Running::stopped`].
pub async fn start(options: StartOptions) -> Result<Running, StartError> {
    let StartOptions {
        home,
        config,
        genesis,
        node_key,
    } = options;
    let (listener, address) = listen("listen", config.listen).await?;
    let metrics_listener = match config.metrics_listen {
        Some(address) => Some(listen("metrics_listen", address).await?),
        None => None,
    };

    let database = idos_store::Options {
        cache_mib: config.database.cache_mib,
        readers: config.database.readers,
    };
    let lock = FolderLock::take(&home)?;
    let folder = home.join(DATABASE);
    let (writer, readers) = Database::open(&folder, &database)?;
    match remove_unfinished(&home) {
        Ok(true) => info!("removed what an unfinished restore or restart had left"),
        Ok(false) => {}
        Err(error) => {
            warn!(error = %WithCauses(&error), "what an unfinished restore or restart left still holds people's data: remove it");
        }
    }
    let metrics = Metrics::default();
    let trust_forwarded_for = config.trust_forwarded_for;
    let life = Life {
        home,
        _lock: lock,
        config,
        genesis,
        node_key,
        readers,
        metrics: metrics.clone(),
        runtime: Handle::current(),
    };
    let first = life.phase(writer)?;
    let front = Arc::new(Front::new(first.shown.clone(), first.wake.clone()));
    let (ending, ended) = oneshot::channel();
    let shown = Arc::clone(&front);
    thread::Builder::new()
        .name("network".to_owned())
        .spawn(move || {
            // Nobody listens only when the process ends anyway.
            let _ = ending.send(life.live(first, &shown));
        })
        .map_err(StartError::Thread)?;
    let metrics_address = metrics_listener.as_ref().map(|(_, address)| *address);
    let monitoring = metrics_listener.map(|(listener, _)| {
        let monitoring = Monitoring {
            front: Arc::clone(&front),
            metrics,
            database: folder,
        };
        (listener, monitoring)
    });
    Ok(Running {
        address,
        metrics_address,
        monitoring,
        front,
        listener,
        trust_forwarded_for,
        ended,
    })
}

/// Takes an address, and says which port it is.
async fn listen(
    key: &'static str,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let unavailable = |source| StartError::Listen {
        key,
        address,
        source,
    };
    let listener = TcpListener::bind(address).await.map_err(unavailable)?;
    let address = listener.local_addr().map_err(unavailable)?;
    Ok((listener, address))
}

/// Notes in the folder of a node that its key has just been made. A key without this note may have
/// voted before, and abstains until an epoch begins.
pub fn note_new_key(home: &Path, key: &NodeKey) -> Result<(), StartError> {
    note_no_votes(&home.join(VOTE_MARKER), key)
}

/// The same in a file of this path: the key has not voted in the network whose node begins.
pub(crate) fn note_no_votes(marker: &Path, key: &NodeKey) -> Result<(), StartError> {
    let key = PeerKey(key.public().0);
    create_vote_marker(marker, key).map_err(StartError::Network)
}

/// Whether the note of a node is there, see [`Config::vote_marker_of`]. One that is damaged, or of
/// another key, is an error.
pub fn check_vote_marker(marker: &Path, key: &NodeKey) -> Result<bool, StartError> {
    let key = PeerKey(key.public().0);
    idos_consensus::check_vote_marker(marker, key).map_err(StartError::Network)
}

/// How the network is told to run.
pub(crate) fn network_options(
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
        vote_marker: config.vote_marker_of(home),
        chain_id: genesis.chain_id.clone(),
        genesis: genesis_header(genesis),
        protocols: PROTOCOLS,
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
    /// Answers requests until `shutdown` completes, or until the node cannot go on. Requests in
    /// flight are finished, then the database is closed.
    pub async fn stopped(self, shutdown: impl Future<Output = ()>) -> Result<(), StartError> {
        let Self {
            front,
            listener,
            trust_forwarded_for,
            mut ended,
            monitoring,
            ..
        } = self;
        let (end_monitoring, monitoring_ends) = oneshot::channel::<()>();
        let monitoring = monitoring.map(|(listener, monitoring)| {
            let render: http::Render = Arc::new(move || monitoring.text());
            // It ends as its sender is dropped.
            let end = async { drop(monitoring_ends.await) };
            tokio::spawn(http::serve_metrics(render, listener, end))
        });
        let mut outcome = None;
        let stop = async {
            tokio::select! {
                () = shutdown => {}
                result = &mut ended => outcome = Some(result),
            }
        };
        let serving = http::Options {
            trust_forwarded_for,
            limits: http::Limits::default(),
        };
        http::serve(Arc::clone(&front), listener, serving, stop).await;
        drop(end_monitoring);
        if let Some(monitoring) = monitoring
            && let Err(failure) = monitoring.await
        {
            error!(error = %WithCauses(&failure), "the metrics ended by a bug of the node");
        }
        front.stop();
        let outcome = match outcome {
            Some(outcome) => outcome,
            None => ended.await,
        };
        match outcome {
            Ok(Ok(())) => info!("stopped"),
            Ok(Err(failure)) => {
                error!(error = %WithCauses(&failure), "stopped: the node cannot go on");
                return Err(failure);
            }
            Err(_) => return Err(StartError::Gone),
        }
        Ok(())
    }
}
