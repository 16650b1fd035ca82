//! Which network, through which nodes, and from where on it is trusted.

use std::path::{Path, PathBuf};

use idos_client::{Client, Nodes, NodesError};
use idos_node::{config::SettingsError, genesis::Genesis};
use idos_proof::{ChainId, ChainIdError, LightClient, ValidatorSet, ValidatorSetError};
use idos_types::{Member, ValidatorSetError as RowError};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::bounded_file::{self, FileError};

/// The settings in the folder of a person, an issuer or a consumer.
pub(crate) const FILE: &str = "network.toml";
/// Most bytes of such settings.
const FILE_BYTES: usize = 64 * 1024;
/// Most bytes of a genesis: its validators with their addresses.
pub(crate) const GENESIS_BYTES: usize = 1024 * 1024;

/// Which network.
#[derive(Clone, Default, clap::Args)]
pub(crate) struct NetworkArgs {
    /// URL of a node, several times for several [default: those of network.toml in the folder]
    #[arg(long = "url", value_name = "URL")]
    urls: Vec<String>,
    /// The network's genesis.toml, from somebody you trust: what nodes say is checked against it
    /// [default: the one that network.toml names]
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
}

/// What `network.toml` says.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    urls: Vec<String>,
    genesis: Option<PathBuf>,
}

/// Why there is no network.
#[derive(Debug, Error)]
pub(crate) enum NetworkError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The settings.
    #[error("{} can not be read as settings; its owner must correct it", path.display())]
    Settings {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: Box<toml::de::Error>,
    },
    /// No genesis.
    #[error("it is not said which network: name its genesis.toml with --genesis, or in {FILE}")]
    NoGenesis,
    /// No node.
    #[error("it is not said which nodes to ask: name one with --url, or in {FILE}")]
    NoUrl,
    /// The genesis.
    #[error(transparent)]
    Genesis(#[from] SettingsError),
    /// The name of the chain.
    #[error("the genesis names no chain; get it again from whoever runs the network")]
    Chain(#[from] ChainIdError),
    /// Its validators.
    #[error("the genesis has no usable validators; get it again from whoever runs the network")]
    Row(#[from] RowError),
    /// Their keys.
    #[error("the genesis has no usable validators; get it again from whoever runs the network")]
    Validators(#[from] ValidatorSetError),
    /// The nodes.
    #[error(transparent)]
    Nodes(#[from] NodesError),
}

impl NetworkArgs {
    /// As if they had been given.
    pub(crate) fn of(urls: Vec<String>, genesis: PathBuf) -> Self {
        Self {
            urls,
            genesis: Some(genesis),
        }
    }

    /// The files that say the same in a new folder.
    pub(crate) fn files(&self) -> Result<Vec<(&'static str, Zeroizing<String>)>, NetworkError> {
        let path = self.genesis.as_ref().ok_or(NetworkError::NoGenesis)?;
        let genesis = bounded_file::read_text(path, GENESIS_BYTES)?;
        if self.urls.is_empty() {
            return Err(NetworkError::NoUrl);
        }
        let settings = Settings {
            urls: self.urls.clone(),
            genesis: Some(Genesis::FILE.into()),
        };
        let settings = toml::to_string(&settings).map_err(|_| NetworkError::NoUrl)?;
        Ok(vec![
            (FILE, Zeroizing::new(settings)),
            (Genesis::FILE, Zeroizing::new(genesis)),
        ])
    }

    /// Whether any is named.
    pub(crate) fn is_named(&self) -> bool {
        self.genesis.is_some() || !self.urls.is_empty()
    }

    /// The network that a folder is for, unless the arguments name another one.
    pub(crate) fn read(&self, home: &Path) -> Result<NamedNetwork, NetworkError> {
        let settings = settings(home)?;
        let path = match (&self.genesis, settings.genesis) {
            (Some(path), _) => path.clone(),
            // What settings name lies where they are, unless they say otherwise.
            (None, Some(path)) => home.join(path),
            (None, None) => return Err(NetworkError::NoGenesis),
        };
        let urls = if self.urls.is_empty() {
            settings.urls
        } else {
            self.urls.clone()
        };
        if urls.is_empty() {
            return Err(NetworkError::NoUrl);
        }
        Ok(NamedNetwork {
            urls,
            trust: trust(&path)?,
        })
    }

    /// A client of the network, of nobody yet.
    pub(crate) fn open(&self, home: &Path) -> Result<Client, NetworkError> {
        self.read(home)?.client()
    }
}

/// A network, as somebody who is trusted names it.
#[derive(Clone)]
pub(crate) struct NamedNetwork {
    /// Nodes to ask.
    pub(crate) urls: Vec<String>,
    /// From where on what they say is trusted.
    pub(crate) trust: LightClient,
}

impl NamedNetwork {
    /// A client of the network, of nobody yet.
    pub(crate) fn client(&self) -> Result<Client, NetworkError> {
        let chain = self.trust.chain_id().as_str();
        let client = Client::new(Nodes::new(&self.urls)?, chain);
        Ok(client.with_trust(self.trust.clone()))
    }
}

fn settings(home: &Path) -> Result<Settings, NetworkError> {
    let path = home.join(FILE);
    if !path.exists() {
        return Ok(Settings::default());
    }
    let text = bounded_file::read_text(&path, FILE_BYTES)?;
    toml::from_str(&text).map_err(|source| NetworkError::Settings {
        path,
        source: Box::new(source),
    })
}

/// From where on the network of a genesis is trusted.
pub(crate) fn trust(path: &Path) -> Result<LightClient, NetworkError> {
    let text = bounded_file::read_text(path, GENESIS_BYTES)?;
    light_client(&Genesis::parse(&text, path)?)
}

/// A light client that trusts a genesis: whoever validates at first validates in the first two epochs.
pub(crate) fn light_client(genesis: &Genesis) -> Result<LightClient, NetworkError> {
    let members = genesis.validators.iter().map(|validator| Member {
        key: validator.key,
        address: validator.address,
    });
    let row = idos_types::ValidatorSet::new(members.collect())?;
    let first = ValidatorSet::of(row)?;
    let chain = ChainId::new(&genesis.chain_id)?;
    Ok(LightClient::genesis(chain, first.clone(), first))
}
