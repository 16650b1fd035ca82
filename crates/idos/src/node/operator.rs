//! Who operates a node, and which nodes the operator asks.

use std::{env, path::PathBuf, sync::Arc};

use idos_client::{
    Client, Nodes, NodesError,
    keys::{Ed25519Key, KeyError},
};
use idos_node::{
    config::{Config, SettingsError},
    genesis::Genesis,
};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    command::{
        output::PrintError,
        run::{self, RunError},
        secret_file::{self, SecretFileError},
    },
    node::home::{HomeArg, HomeError},
};

/// The variable that holds the operator's key, when no file does.
const VARIABLE: &str = "IDOS_OPERATOR_KEY";

/// Which node, and through which nodes.
#[derive(clap::Args)]
pub(crate) struct NodeArgs {
    #[command(flatten)]
    pub(crate) home: HomeArg,
    /// URL of a node to ask, several times for several [default: the node of the folder]
    #[arg(long = "node", value_name = "URL")]
    nodes: Vec<String>,
}

/// The same, as the operator.
#[derive(clap::Args)]
pub(crate) struct OperatorArgs {
    #[command(flatten)]
    pub(crate) node: NodeArgs,
    /// File with the operator's secret key [default: the variable IDOS_OPERATOR_KEY]
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

/// Why nobody can be asked, or nobody asks.
#[derive(Debug, Error)]
pub(crate) enum OperatorError {
    /// It is unknown which node.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// Its settings or its genesis.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The nodes.
    #[error(transparent)]
    Nodes(#[from] NodesError),
    /// The operator's key.
    #[error(transparent)]
    KeyFile(#[from] SecretFileError),
    /// There is no key.
    #[error("this needs the operator's key: name its file with --key-file, or set {VARIABLE}")]
    NoKey,
    /// What the variable has is none.
    #[error(
        "{VARIABLE} does not hold a key of 64 hexadecimal digits; the operator must correct it"
    )]
    Variable,
    /// The key cannot be used.
    #[error("the operator's key cannot be used")]
    Key(#[from] KeyError),
    /// The network refused, or cannot be asked.
    #[error(transparent)]
    Client(#[from] idos_client::Error),
    /// What the network answers is not what was done.
    #[error("{0}")]
    Refused(String),
    /// It was ended, or could not begin.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Nobody can be told.
    #[error(transparent)]
    Print(#[from] PrintError),
}

/// A node's folder with a client of its network.
pub(crate) struct OperatedNode {
    pub(crate) home: PathBuf,
    pub(crate) config: Config,
    pub(crate) client: Client,
}

impl NodeArgs {
    /// The folder, and a client that asks as nobody.
    pub(crate) fn open(self) -> Result<OperatedNode, OperatorError> {
        let home = self.home.resolve()?;
        let config = Config::load(&home)?;
        let genesis = Genesis::load(&home)?;
        let urls = if self.nodes.is_empty() {
            vec![config.own_url()]
        } else {
            self.nodes
        };
        let client = Client::new(Nodes::new(urls)?, &genesis.chain_id);
        Ok(OperatedNode {
            home,
            config,
            client,
        })
    }
}

impl OperatorArgs {
    /// The folder, and a client that asks as the operator.
    pub(crate) fn open(self) -> Result<OperatedNode, OperatorError> {
        let seed = match self.key_file {
            Some(path) => secret_file::read(&path)?,
            None => from_variable()?,
        };
        let key = Ed25519Key::from_seed(&seed)?;
        let own = self.node.open()?;
        Ok(OperatedNode {
            client: own.client.with_wallet(Arc::new(key)),
            ..own
        })
    }
}

fn from_variable() -> Result<Zeroizing<[u8; 32]>, OperatorError> {
    let text = env::var(VARIABLE).map(Zeroizing::new);
    let text = text.map_err(|_| OperatorError::NoKey)?;
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim(), seed.as_mut_slice()).map_err(|_| OperatorError::Variable)?;
    Ok(seed)
}

/// Runs a command that asks the network.
pub(crate) fn block_on<T>(
    command: impl Future<Output = Result<T, OperatorError>>,
) -> Result<T, OperatorError> {
    run::block_on(command)
}
