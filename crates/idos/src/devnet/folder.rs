//! The folder of a network: one folder for each node, and the key of the owner.

use std::{
    fs,
    path::{Path, PathBuf},
};

use idos_node::{
    NodeKey, StartError,
    config::{Config, SettingsError},
    genesis::{FirstValidators, Genesis, GenesisError, GenesisValidator, ValidatorsError},
    note_new_key,
};
use idos_types::{Identity, NodeAddress, ValidatorKey};
use thiserror::Error;
use zeroize::Zeroizing;

use super::Place;
use crate::{
    new_folder::{self, NewFolderError},
    node_init::{self, NODE_KEY, OWNER_KEY},
    secret_file::{self, SecretFileError},
};

/// Memory for cached pages of each node in MiB: all of them share a machine.
const CACHE_MIB: u32 = 32;
/// Everybody who develops against the network is a stranger from one address.
const STRANGER_WRITES_PER_MINUTE: u32 = 100_000;

/// Why the folder can not be used.
#[derive(Debug, Error)]
pub(crate) enum FolderError {
    /// It can not be made.
    #[error(transparent)]
    New(#[from] NewFolderError),
    /// The network in it is of another size or elsewhere.
    #[error("the network in {} has other nodes or ports; start it as it was made, or remove the folder to make another", path.display())]
    Other {
        /// The folder.
        path: PathBuf,
    },
    /// Settings of a node.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A key.
    #[error(transparent)]
    Key(#[from] SecretFileError),
    /// There is no randomness for keys.
    #[error("the operating system gives no randomness for keys")]
    Randomness(#[from] getrandom::Error),
    /// The note that a key is new.
    #[error("a node's key can not be noted as new")]
    NewKey(#[from] StartError),
    /// The genesis.
    #[error("there can be no such network")]
    Genesis(#[from] GenesisError),
    /// The validators.
    #[error("there can be no such network")]
    Validators(#[from] ValidatorsError),
    /// The path has no absolute form.
    #[error("{} is no folder", path.display())]
    Path {
        /// As it was given.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// The folder.
pub(crate) struct DevnetFolder {
    path: PathBuf,
    homes: Vec<PathBuf>,
    genesis: Genesis,
    owner_seed: Zeroizing<String>,
}

impl DevnetFolder {
    /// Opens the network in the folder, or makes one.
    pub(crate) fn open(
        path: &Path,
        chain_id: Option<&str>,
        body_retention: Option<u64>,
        places: &[Place],
    ) -> Result<Self, FolderError> {
        let path = std::path::absolute(path).map_err(|source| FolderError::Path {
            path: path.to_owned(),
            source,
        })?;
        let homes: Vec<_> = (1..=places.len())
            .map(|number| path.join(format!("node-{number}")))
            .collect();
        if !path.join(OWNER_KEY).exists() {
            make(&path, chain_id, body_retention, &homes, places)?;
        }
        let seed = secret_file::read(&path.join(OWNER_KEY))?;
        let genesis = check(&path, &homes, places)?;
        Ok(Self {
            owner_seed: Zeroizing::new(secret_file::encode(&seed).trim().to_owned()),
            path,
            homes,
            genesis,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Folders of the nodes.
    pub(crate) fn homes(&self) -> &[PathBuf] {
        &self.homes
    }

    /// Folder of the node at this place.
    pub(crate) fn home(&self, node: usize) -> &Path {
        self.homes.get(node).map_or(&self.path, PathBuf::as_path)
    }

    /// What the network began with.
    pub(crate) fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    pub(crate) fn chain_id(&self) -> &str {
        &self.genesis.chain_id
    }

    /// The identity of the owner.
    pub(crate) fn owner(&self) -> &str {
        self.genesis.owner.as_str()
    }

    /// Seed of the owner's key, hexadecimal.
    pub(crate) fn owner_seed(&self) -> &str {
        &self.owner_seed
    }
}

/// Makes the folders of all nodes. The owner's key comes last: it says that the network is whole.
fn make(
    path: &Path,
    chain_id: Option<&str>,
    body_retention: Option<u64>,
    homes: &[PathBuf],
    places: &[Place],
) -> Result<(), FolderError> {
    // What is left of an attempt that was interrupted has no data yet.
    for home in homes {
        if home.exists() && !home.join("database").exists() {
            fs::remove_dir_all(home).map_err(|source| FolderError::Path {
                path: home.clone(),
                source,
            })?;
        }
    }
    let owner_seed = secret_file::random_seed()?;
    let owner = hex::encode(node_init::public_key(&owner_seed));
    let keys: Vec<_> = places
        .iter()
        .map(|_| secret_file::random_seed())
        .collect::<Result<_, _>>()?;
    let validators = keys.iter().zip(places).filter_map(|(seed, place)| {
        Some(GenesisValidator {
            key: ValidatorKey(node_init::public_key(seed)),
            operator: Identity::of(&owner),
            // Every place has a port and is of this machine.
            address: NodeAddress::new(place.nodes).ok()?,
        })
    });
    let validators = FirstValidators::new(validators.collect())?;
    let chain_id = match chain_id {
        Some(chain_id) => chain_id.to_owned(),
        None => node_init::random_chain_id()?,
    };
    let mut genesis = Genesis::new(&chain_id, &owner, node_init::now_millis())?;
    genesis.validators = validators;
    if let Some(seconds) = body_retention {
        genesis.body_retention_seconds = seconds;
    }
    for ((home, place), seed) in homes.iter().zip(places).zip(&keys) {
        let files = [
            (Config::FILE, Zeroizing::new(config(place).to_file())),
            (Genesis::FILE, Zeroizing::new(genesis.to_file())),
            (NODE_KEY, secret_file::encode(seed)),
        ];
        new_folder::make(home, &files)?;
        note_new_key(home, &NodeKey::from_seed(seed.clone()))?;
    }
    new_folder::add(path, OWNER_KEY, &secret_file::encode(&owner_seed))?;
    Ok(())
}

fn config(place: &Place) -> Config {
    let mut config = Config {
        listen: place.clients,
        p2p_listen: place.nodes,
        stranger_writes_per_minute: STRANGER_WRITES_PER_MINUTE,
        ..Config::default()
    };
    config.peers.private_addresses = true;
    config.database.cache_mib = CACHE_MIB;
    config
}

/// The genesis of a network that is as large as asked for, and where.
fn check(path: &Path, homes: &[PathBuf], places: &[Place]) -> Result<Genesis, FolderError> {
    let other = || FolderError::Other {
        path: path.to_owned(),
    };
    let first = homes.first().ok_or_else(other)?;
    let genesis = Genesis::load(first)?;
    if genesis.validators.len() != places.len() {
        return Err(other());
    }
    for (home, place) in homes.iter().zip(places) {
        let config = Config::load(home)?;
        if config.listen != place.clients || config.p2p_listen != place.nodes {
            return Err(other());
        }
    }
    Ok(genesis)
}
