//! `idos node start`: runs the node of a folder.

use std::{
    io::{self, IsTerminal},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use idos_node::{
    NodeKey, StartError, StartOptions,
    config::{Config, LogConfig, LogFormat, SettingsError},
    genesis::Genesis,
};
use serde_json::json;
use thiserror::Error;
use tokio::{runtime::Handle, task};
use tracing_subscriber::{EnvFilter, filter::ParseError, util::TryInitError};

use crate::{
    command::{
        end::End,
        log::SAYS_WHAT_IT_CANNOT,
        output::Output,
        secret_file::{self, SecretFileError},
    },
    node::{
        home::{HomeArg, HomeError},
        init::NODE_KEY,
    },
};

/// What the command is given.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    home: HomeArg,
    /// Address and port to listen on instead of the one in config.toml.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// End as soon as standard input is closed, as it is when whoever started the node ends.
    #[arg(long)]
    stop_with_input: bool,
}

/// Why a node does not run, or no longer.
#[derive(Debug, Error)]
pub(crate) enum NodeStartError {
    /// It is unknown which one.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// Its settings or its genesis.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Its key.
    #[error(transparent)]
    Key(#[from] SecretFileError),
    /// Its log, by a filter that is none.
    #[error("`log.filter` in {} is not valid; the operator must correct it", path.display())]
    Filter {
        /// The file with the filter.
        path: PathBuf,
        /// What is wrong.
        source: ParseError,
    },
    /// Its log.
    #[error("the log cannot be started")]
    Log(#[source] TryInitError),
    /// The threads and signals it needs.
    #[error("the operating system does not give what the node needs")]
    System(#[source] io::Error),
    /// Itself.
    #[error(transparent)]
    Node(#[from] StartError),
}

/// Runs the node until the process is asked to end.
pub(crate) fn run(args: Args, output: Output) -> Result<(), NodeStartError> {
    let home = args.home.resolve()?;
    let mut config = Config::load(&home)?;
    let genesis = Genesis::load(&home)?;
    let node_key = NodeKey::from_seed(secret_file::read(&home.join(NODE_KEY))?);
    if let Some(listen) = args.listen {
        config.listen = listen;
    }
    start_log(&config.log, &home)?;
    let options = StartOptions {
        home,
        config,
        genesis,
        node_key,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(NodeStartError::System)?;
    if let Ended::Starting = runtime.block_on(serve(options, args.stop_with_input, output))? {
        runtime.shutdown_background();
    }
    Ok(())
}

/// When a node was asked to end.
enum Ended {
    /// While it started. What it was at goes on until the process is gone, as if it was killed.
    Starting,
    /// While it ran.
    Running,
}

async fn serve(
    options: StartOptions,
    stop_with_input: bool,
    output: Output,
) -> Result<Ended, NodeStartError> {
    // Before anything takes time, so that the node can be asked to end while it starts.
    let mut end = End::new().map_err(NodeStartError::System)?;
    if stop_with_input {
        end.with_input().map_err(NodeStartError::System)?;
    }
    // On a thread of its own: it reads a whole database before it waits for anything.
    let runtime = Handle::current();
    let starting = task::spawn_blocking(move || runtime.block_on(idos_node::start(options)));
    let running = tokio::select! {
        biased;
        () = end.asked() => return Ok(Ended::Starting),
        running = starting => running.map_err(|error| NodeStartError::System(error.into()))??,
    };
    let url = format!("http://{}", running.address);
    let metrics = running.metrics_address;
    let metrics = metrics.map(|address| format!("http://{address}/metrics"));
    if let Some(metrics) = &metrics {
        tracing::info!(url = metrics, "metrics are told");
    }
    let listening = json!({ "event": "listening", "url": url, "metrics": metrics });
    if let Err(error) = output.print(&format!("listening on {url}"), &listening) {
        // Clients need the node more than whoever started it needs the line.
        tracing::warn!(%error, "the address cannot be printed");
    }
    running.stopped(end.asked_for_good()).await?;
    Ok(Ended::Running)
}

/// Sends the log to standard error, since standard output is for results.
fn start_log(config: &LogConfig, home: &Path) -> Result<(), NodeStartError> {
    use tracing_subscriber::util::SubscriberInitExt;

    let filter = EnvFilter::try_new(&config.filter).map_err(|source| NodeStartError::Filter {
        path: home.join(Config::FILE),
        source,
    })?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .log_internal_errors(SAYS_WHAT_IT_CANNOT)
        .with_writer(io::stderr);
    match config.format {
        LogFormat::Text => log.finish().try_init(),
        LogFormat::Json => log.json().finish().try_init(),
    }
    .map_err(NodeStartError::Log)
}
