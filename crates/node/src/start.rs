//! Brings a node up, and down again.

use std::{future::Future, io, net::SocketAddr, path::PathBuf, sync::Arc, thread};

use idos_consensus::{ApplicationError, SystemClock, run};
use idos_store::{Database, Options, StoreError};
use thiserror::Error;
use tokio::{net::TcpListener, sync::oneshot};
use tracing::{error, info};

use crate::{
    NodeKey,
    chain::Chain,
    config::Config,
    executor::{ExecutionError, Executor},
    genesis::Genesis,
    http,
    node::Node,
    shared::Shared,
};

/// Folder of the database in the folder of a node.
const DATABASE: &str = "database";

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
    /// The thread that makes blocks can not be started.
    #[error("no thread to make blocks")]
    Thread(#[source] io::Error),
    /// A block could not be executed.
    #[error("the node can not go on: a block could not be executed")]
    Execution(#[source] ApplicationError),
    /// The thread that makes blocks ended without telling why.
    #[error("the node can not go on: the thread that makes blocks is gone")]
    Gone,
}

/// A node that runs.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    node: Arc<Node>,
    listener: TcpListener,
    ended: oneshot::Receiver<Result<(), ApplicationError>>,
}

/// Opens the database and starts to make blocks. Requests are answered by [`Running::stopped`].
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

    let database = Options {
        cache_mib: config.database.cache_mib,
        readers: config.database.readers,
    };
    let (writer, readers) = Database::open(&home.join(DATABASE), &database)?;
    let executor = Executor::new(writer, &genesis)?;
    let (network, progress) = (executor.network().clone(), executor.progress());
    info!(
        chain_id = network.chain_id,
        height = progress.tip.height,
        "database is open"
    );

    let shared = Arc::new(Shared::new(progress));
    let mut chain = Chain::new(executor, Arc::clone(&shared));
    let (ending, ended) = oneshot::channel();
    let wake = shared.wake().clone();
    thread::Builder::new()
        .name("blocks".to_owned())
        .spawn(move || {
            let result = run(&mut chain, &SystemClock, &wake);
            drop(chain);
            // Nobody listens only when the process ends anyway.
            let _ = ending.send(result);
        })
        .map_err(StartError::Thread)?;
    let node = Arc::new(Node::new(network, config, node_key, readers, shared));
    Ok(Running {
        address,
        node,
        listener,
        ended,
    })
}

impl Running {
    /// Answers requests until `shutdown` completes, or until the node can not go on. Requests in
    /// flight are finished, then the database is closed.
    pub async fn stopped(self, shutdown: impl Future<Output = ()>) -> Result<(), StartError> {
        let Self {
            node,
            listener,
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
        wake.stop();
        let outcome = match outcome {
            Some(outcome) => outcome,
            None => ended.await,
        };
        match outcome {
            Ok(Ok(())) => info!("stopped"),
            Ok(Err(failure)) => {
                error!(error = %failure, "stopped: a block could not be executed");
                return Err(StartError::Execution(failure));
            }
            Err(_) => return Err(StartError::Gone),
        }
        Ok(())
    }
}
