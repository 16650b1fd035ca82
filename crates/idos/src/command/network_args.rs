//! Which network, through which nodes, and from where on it is trusted.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use idos_client::{Client, Nodes, NodesError};
use idos_node::{config::SettingsError, genesis::Genesis};
use idos_proof::{ChainId, ChainIdError, LightClient, ValidatorSet, ValidatorSetError};
use idos_types::{Member, ValidatorSetError as RowError};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::command::{
    bounded_file::{self, FileError},
    checkpoint::{self, CheckpointError, Kept},
    output,
};

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
    /// A checkpoint.json of the network, from somebody you trust: begin there, not where the folder
    /// came to, or at the genesis
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
}

/// The same arguments of a command that makes a folder: nothing is in it yet.
pub(crate) fn of_new_folder(argument: clap::Arg) -> clap::Arg {
    match argument.get_id().as_str() {
        "urls" => argument.help("URL of a node, several times for several"),
        "genesis" => argument.help(
            "The network's genesis.toml, from somebody you trust: what nodes say is checked against it",
        ),
        "checkpoint" => argument.help(
            "A checkpoint.json of the network, from somebody you trust: begin there, not at the genesis",
        ),
        _ => argument,
    }
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
    /// No folder.
    #[error("there is no folder {}; name the right one with --home, or make it with the command `keys`", .0.display())]
    NoFolder(PathBuf),
    /// The settings.
    #[error("{} cannot be read as settings; its owner must correct it", path.display())]
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
    /// The checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
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
            checkpoint: None,
        }
    }

    /// The files that say the same in a new folder.
    pub(crate) fn files(&self) -> Result<Vec<(&'static str, Zeroizing<String>)>, NetworkError> {
        let path = self.genesis.as_ref().ok_or(NetworkError::NoGenesis)?;
        let genesis = bounded_file::read_text(path, GENESIS_BYTES)?;
        let first = light_client(&Genesis::parse(&genesis, path)?)?;
        if self.urls.is_empty() {
            return Err(NetworkError::NoUrl);
        }
        // A folder is made once: what is of no use is refused before.
        Nodes::new(&self.urls)?;
        let settings = Settings {
            urls: self.urls.clone(),
            genesis: Some(Genesis::FILE.into()),
        };
        let settings = toml::to_string(&settings).map_err(|_| NetworkError::NoUrl)?;
        let mut files = vec![
            (FILE, Zeroizing::new(settings)),
            (Genesis::FILE, Zeroizing::new(genesis)),
        ];
        if let Some(checkpoint) = &self.checkpoint {
            let trusted = checkpoint::read(checkpoint, &first)?;
            let kept = Kept::new(Path::new(""), &first).text(&trusted);
            files.push((checkpoint::FILE, Zeroizing::new(kept)));
        }
        Ok(files)
    }

    /// Whether any is named.
    pub(crate) fn is_named(&self) -> bool {
        self.genesis.is_some() || self.checkpoint.is_some() || !self.urls.is_empty()
    }

    /// A client of the network that a folder is for, unless the arguments name another one; of
    /// nobody yet. How far it follows the network is kept in the folder.
    pub(crate) fn open(&self, home: &Path) -> Result<Client, NetworkError> {
        if !self.is_named() && is_missing(home) {
            return Err(NetworkError::NoFolder(home.to_owned()));
        }
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
        let (trusted, kept) = self.trust(home, &path)?;
        let client = Client::new(Nodes::new(&urls)?, trusted.chain_id().as_str());
        let keep = move |trusted: &LightClient| {
            // What is asked for can be done all the same.
            if let Err(error) = kept.store(trusted) {
                let reason = output::reason(&error);
                tracing::warn!("how far the network was followed is not kept: {reason}");
            }
        };
        Ok(client.with_kept_trust(trusted, keep))
    }

    /// From where on the network is trusted, and where it is kept how far it was followed.
    fn trust(&self, home: &Path, genesis: &Path) -> Result<(LightClient, Kept), NetworkError> {
        let first = trust(genesis)?;
        let kept = Kept::new(home, &first);
        let trusted = match &self.checkpoint {
            Some(path) => {
                let named = checkpoint::read(path, &first)?;
                kept.replace(&named)?;
                named
            }
            None => kept.load()?.unwrap_or(first),
        };
        Ok((trusted, kept))
    }
}

/// Whether there is nothing. What cannot be looked at is not missing: whoever reads it learns why.
fn is_missing(path: &Path) -> bool {
    fs::metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

fn settings(home: &Path) -> Result<Settings, NetworkError> {
    let path = home.join(FILE);
    if is_missing(&path) {
        return Ok(Settings::default());
    }
    let text = bounded_file::read_text(&path, FILE_BYTES)?;
    toml::from_str(&text).map_err(|source| NetworkError::Settings {
        path,
        source: Box::new(source),
    })
}

/// A client of nobody that keeps nothing.
pub(crate) fn forgetful(
    urls: &[impl AsRef<str>],
    genesis: &Path,
    checkpoint: Option<&Path>,
) -> Result<Client, NetworkError> {
    let first = trust(genesis)?;
    let trusted = match checkpoint {
        Some(path) => checkpoint::read(path, &first)?,
        None => first,
    };
    let client = Client::new(Nodes::new(urls)?, trusted.chain_id().as_str());
    Ok(client.with_trust(trusted))
}

/// From where on the network of a genesis is trusted.
fn trust(path: &Path) -> Result<LightClient, NetworkError> {
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
