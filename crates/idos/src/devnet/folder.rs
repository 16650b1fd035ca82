//! The folder of a network: one folder for each node, and the key of the owner.

use std::{
    fs::{self, File},
    io,
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

use super::NodeSockets;
use crate::{
    command::{
        clock,
        new_folder::{self, NewFolderError},
        secret_file::{self, SecretFileError},
    },
    node::init::{self, NODE_KEY, OWNER_KEY},
};

/// Memory for cached pages of each node in MiB: all of them share a machine.
const CACHE_MIB: u32 = 32;
/// Everybody who develops against the network is a stranger from one address.
const STRANGER_WRITES_PER_MINUTE: u32 = 100_000;

/// Where a network is made, in its folder: what is in here nobody else put there.
const UNFINISHED: &str = "devnet.new";

/// Why the folder cannot be used.
#[derive(Debug, Error)]
pub(crate) enum FolderError {
    /// It cannot be made.
    #[error(transparent)]
    New(#[from] NewFolderError),
    /// The network in it is of another size or elsewhere.
    #[error("the network in {} has {found}; leave --nodes, --port and --p2p-port out, or remove the folder to make another", path.display())]
    Other {
        /// The folder.
        path: PathBuf,
        /// How many nodes it has, and where.
        found: String,
    },
    /// A folder that this command did not make.
    #[error("{} is there, but is of no network that this command made; move it away, or name another --folder", .0.display())]
    Foreign(PathBuf),
    /// A node cannot be put in its place.
    #[error("{} cannot be made, moved or removed; see to it, and start the network again", path.display())]
    Place {
        /// What.
        path: PathBuf,
        /// Why not.
        source: io::Error,
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
    #[error("a node's key cannot be noted as new")]
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
        source: io::Error,
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
        places: &[NodeSockets],
    ) -> Result<Self, FolderError> {
        let path = std::path::absolute(path).map_err(|source| FolderError::Path {
            path: path.to_owned(),
            source,
        })?;
        let homes: Vec<_> = (1..=places.len())
            .map(|number| path.join(node_name(number)))
            .collect();
        if !path.join(OWNER_KEY).exists() {
            make(&path, chain_id, body_retention, places)?;
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

/// Makes the network where it cannot be taken for a whole one, and puts it in its place.
fn make(
    path: &Path,
    chain_id: Option<&str>,
    body_retention: Option<u64>,
    places: &[NodeSockets],
) -> Result<(), FolderError> {
    let unfinished = path.join(UNFINISHED);
    // An interruption after that, while it was put in its place: some nodes are there already.
    if !unfinished.join(OWNER_KEY).exists() {
        if let Some(foreign) = foreign(path)? {
            return Err(FolderError::Foreign(foreign));
        }
        let network = Network::new(chain_id, body_retention, places)?;
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(|source| FolderError::Place {
                path: unfinished.clone(),
                source,
            })?;
        }
        network.write(&unfinished, places)?;
    }
    put_in_place(&unfinished, path)
}

/// What lies where a network shall be made, and is of none.
fn foreign(path: &Path) -> Result<Option<PathBuf>, FolderError> {
    let failed = |source| FolderError::Place {
        path: path.to_owned(),
        source,
    };
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries.map_err(failed)?,
    };
    let entries: Vec<_> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    let unfinished = path.join(UNFINISHED);
    Ok(entries.into_iter().filter(|it| *it != unfinished).min())
}

/// A network that is not on disk yet.
struct Network {
    genesis: Genesis,
    owner_seed: Zeroizing<[u8; 32]>,
    keys: Vec<Zeroizing<[u8; 32]>>,
}

impl Network {
    fn new(
        chain_id: Option<&str>,
        body_retention: Option<u64>,
        places: &[NodeSockets],
    ) -> Result<Self, FolderError> {
        let owner_seed = secret_file::random_seed()?;
        let owner = hex::encode(init::public_key(&owner_seed));
        let keys: Vec<_> = places
            .iter()
            .map(|_| secret_file::random_seed())
            .collect::<Result<_, _>>()?;
        let validators = keys.iter().zip(places).filter_map(|(seed, place)| {
            Some(GenesisValidator {
                key: ValidatorKey(init::public_key(seed)),
                operator: Identity::of(&owner),
                // Every place has a port and is of this machine.
                address: NodeAddress::new(place.nodes).ok()?,
            })
        });
        let validators = FirstValidators::new(validators.collect())?;
        let chain_id = match chain_id {
            Some(chain_id) => chain_id.to_owned(),
            None => init::random_chain_id()?,
        };
        let mut genesis = Genesis::new(&chain_id, &owner, clock::now_millis())?;
        genesis.validators = validators;
        if let Some(seconds) = body_retention {
            genesis.body_retention_seconds = seconds;
        }
        Ok(Self {
            genesis,
            owner_seed,
            keys,
        })
    }

    /// Writes all nodes into a new folder. The owner's key comes last: it says that all are there.
    fn write(&self, folder: &Path, places: &[NodeSockets]) -> Result<(), FolderError> {
        for ((number, place), seed) in (1..).zip(places).zip(&self.keys) {
            let home = folder.join(node_name(number));
            let files = [
                (Config::FILE, Zeroizing::new(config(place).to_file())),
                (Genesis::FILE, Zeroizing::new(self.genesis.to_file())),
                (NODE_KEY, secret_file::encode(seed)),
            ];
            new_folder::make(&home, &files)?;
            note_new_key(&home, &NodeKey::from_seed(seed.clone()))?;
        }
        let owner_seed = secret_file::encode(&self.owner_seed);
        Ok(new_folder::add(folder, OWNER_KEY, &owner_seed)?)
    }
}

/// Moves the nodes of a network that is whole to where they belong, and the owner's key after them:
/// there it says that the network is whole. A name that is taken is not replaced.
fn put_in_place(unfinished: &Path, path: &Path) -> Result<(), FolderError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| FolderError::Place { path, source }
    };
    let mut nodes = Vec::new();
    for entry in fs::read_dir(unfinished).map_err(failed(unfinished))? {
        let name = entry.map_err(failed(unfinished))?.file_name();
        if name != OWNER_KEY {
            nodes.push(name);
        }
    }
    for name in nodes {
        let home = path.join(&name);
        fs::rename(unfinished.join(&name), &home).map_err(failed(&home))?;
    }
    let sync = || File::open(path)?.sync_all();
    sync().map_err(failed(path))?;
    let key = path.join(OWNER_KEY);
    fs::rename(unfinished.join(OWNER_KEY), &key).map_err(failed(&key))?;
    fs::remove_dir(unfinished)
        .and_then(|()| sync())
        .map_err(failed(unfinished))
}

fn node_name(number: usize) -> String {
    format!("node-{number}")
}

fn config(place: &NodeSockets) -> Config {
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

/// Where the nodes of the network in a folder are; `None` if there is none.
pub(super) fn places_in(path: &Path) -> Result<Option<Vec<NodeSockets>>, FolderError> {
    if !path.join(OWNER_KEY).exists() {
        return Ok(None);
    }
    let nodes = Genesis::load(&path.join(node_name(1)))?.validators.len();
    let places = (1..=nodes).map(|number| {
        let config = Config::load(&path.join(node_name(number)))?;
        Ok(NodeSockets {
            clients: config.listen,
            nodes: config.p2p_listen,
        })
    });
    places.collect::<Result<_, _>>().map(Some)
}

/// The genesis of a network that is as large as asked for, and where.
fn check(path: &Path, homes: &[PathBuf], places: &[NodeSockets]) -> Result<Genesis, FolderError> {
    let found = places_in(path)?.unwrap_or_default();
    match homes.first() {
        Some(first) if found == places => Ok(Genesis::load(first)?),
        _ => Err(FolderError::Other {
            path: path.to_owned(),
            found: told(&found),
        }),
    }
}

/// How many nodes there are, and where.
fn told(places: &[NodeSockets]) -> String {
    let ports = |of: fn(&NodeSockets) -> u16| {
        let ports: Vec<_> = places.iter().map(|place| of(place).to_string()).collect();
        ports.join(", ")
    };
    format!(
        "{} nodes, with the ports {} for clients and {} for nodes",
        places.len(),
        ports(|place| place.clients.port()),
        ports(|place| place.nodes.port()),
    )
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use super::*;

    fn places() -> Vec<NodeSockets> {
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let place = |port| NodeSockets {
            clients: at(port),
            nodes: at(port + 100),
        };
        vec![place(1000), place(1001)]
    }

    fn open(path: &Path, chain_id: &str) -> Result<DevnetFolder, FolderError> {
        DevnetFolder::open(path, Some(chain_id), None, &places())
    }

    fn names(path: &Path) -> Vec<String> {
        let entries = fs::read_dir(path).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_network_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("net");
        let made = open(&path, "first").unwrap();
        assert_eq!(names(&path), ["node-1", "node-2", "owner.key"]);
        let again = open(&path, "second").unwrap();
        assert_eq!(again.chain_id(), "first");
        assert_eq!(again.owner_seed(), made.owner_seed());
    }

    #[test]
    fn folders_of_others_are_kept_as_they_are() {
        for name in ["node-1", "node-2"] {
            let folder = tempfile::tempdir().unwrap();
            // The form of a node that was never started.
            let foreign = folder.path().join(name);
            fs::create_dir(&foreign).unwrap();
            for file in ["node.key", "owner.key", "notes.txt"] {
                fs::write(foreign.join(file), "theirs").unwrap();
            }
            for chain_id in ["a-network", "a b"] {
                let refused = open(folder.path(), chain_id).map(drop).unwrap_err();
                assert!(
                    matches!(&refused, FolderError::Foreign(path) if *path == foreign),
                    "{refused}"
                );
                assert_eq!(names(&foreign), ["node.key", "notes.txt", "owner.key"]);
                assert_eq!(names(folder.path()), [name]);
            }
        }
    }

    /// Whoever made the network on other ports need not know them to go on with it.
    #[test]
    fn a_network_keeps_its_ports_and_says_which() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(places_in(folder.path()).unwrap(), None);
        open(folder.path(), "first").unwrap();
        assert_eq!(places_in(folder.path()).unwrap(), Some(places()));
        let refused = DevnetFolder::open(folder.path(), None, None, &places()[..1]);
        let refused = refused.map(drop).unwrap_err().to_string();
        assert!(
            refused.contains("has 2 nodes, with the ports 1000, 1001 for clients"),
            "{refused}"
        );
    }

    #[test]
    fn a_folder_of_something_else_gets_no_network() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = folder.path().join("wallet.key");
        fs::write(&foreign, "theirs").unwrap();
        let refused = open(folder.path(), "first").map(drop).unwrap_err();
        assert!(
            matches!(&refused, FolderError::Foreign(path) if *path == foreign),
            "{refused}"
        );
        assert_eq!(names(folder.path()), ["wallet.key"]);
    }

    #[test]
    fn a_network_that_can_not_be_leaves_nothing_and_takes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let refused = open(folder.path(), "a b").map(drop).unwrap_err();
        assert!(matches!(refused, FolderError::Genesis(_)), "{refused}");
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn what_an_interruption_left_is_made_anew_or_put_in_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let unfinished = folder.path().join(UNFINISHED);
        // Not all nodes were made.
        fs::create_dir_all(unfinished.join("node-1")).unwrap();
        fs::write(unfinished.join("node-1/node.key"), "half").unwrap();
        open(folder.path(), "first").unwrap();
        assert_eq!(names(folder.path()), ["node-1", "node-2", "owner.key"]);

        // All were made, and not all moved.
        let folder = tempfile::tempdir().unwrap();
        let unfinished = folder.path().join(UNFINISHED);
        let network = Network::new(Some("second"), None, &places()).unwrap();
        network.write(&unfinished, &places()).unwrap();
        fs::rename(unfinished.join("node-2"), folder.path().join("node-2")).unwrap();
        let opened = open(folder.path(), "third").unwrap();
        assert_eq!(opened.chain_id(), "second");
        assert_eq!(names(folder.path()), ["node-1", "node-2", "owner.key"]);
        assert_eq!(
            opened.owner_seed(),
            secret_file::encode(&network.owner_seed).trim()
        );
    }
}
