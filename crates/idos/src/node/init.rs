//! `idos node init`: the folder of a new node.

use std::{net::SocketAddr, path::PathBuf};

use ed25519_zebra::{SigningKey, VerificationKeyBytes};
use idos_node::{
    NodeKey, StartError, VOTE_MARKER,
    config::Config,
    genesis::{FirstValidators, Genesis, GenesisError, GenesisValidator, ValidatorsError},
    note_new_key,
};
use idos_types::{NodeAddress, NodeAddressError, ValidatorKey};
use serde_json::json;
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::{
    command::{
        clock::now_millis,
        new_folder::{self, NewFolderError},
        output::{Output, PrintError, text_of},
        secret_file,
        shell::quoted,
    },
    node::home::{self, HomeArg, HomeError},
};

/// The node's own key.
pub(crate) const NODE_KEY: &str = "node.key";
/// The key of the chain's owner, when it was made here.
pub(crate) const OWNER_KEY: &str = "owner.key";

/// What the command is given.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    home: HomeArg,
    /// Name of the chain [default: a random one]
    #[arg(long, value_name = "ID")]
    chain_id: Option<String>,
    /// Who owns the chain: an address or a key [default: a new key, kept as owner.key]
    #[arg(long, value_name = "IDENTITY")]
    owner: Option<String>,
    /// Address and port on which the node will listen [default: 127.0.0.1:8484]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// IP address and port at which other nodes will reach the node [default: 127.0.0.1:8485]
    #[arg(long, value_name = "ADDR")]
    p2p_listen: Option<SocketAddr>,
}

/// Why there is no new folder.
#[derive(Debug, Error)]
pub(crate) enum InitError {
    /// It is unknown which one.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// An argument cannot be.
    #[error("there can be no such chain; correct --chain-id or --owner")]
    Genesis(#[source] GenesisError),
    /// The address cannot be that of a validator.
    #[error("other nodes cannot reach the node there; correct --p2p-listen")]
    Address(#[from] NodeAddressError),
    /// The node cannot be the first validator.
    #[error("the chain cannot start with this node")]
    Validators(#[from] ValidatorsError),
    /// There is something already, or nothing can be written.
    #[error(transparent)]
    Folder(#[from] NewFolderError),
    /// The note that the key is new.
    #[error("the node's key cannot be noted as new")]
    NewKey(#[from] StartError),
    /// No key can be made.
    #[error("the operating system gives no randomness for keys")]
    Randomness(#[from] getrandom::Error),
    /// The folder is made, but nobody was told.
    #[error(transparent)]
    Print(#[from] PrintError),
}

/// A new folder.
pub(crate) struct Made {
    home: PathBuf,
    chain_id: String,
    owner: String,
    has_owner_key: bool,
}

/// Makes the folder and prints what is in it.
pub(crate) fn run(args: Args, output: Output) -> Result<(), InitError> {
    let home = args.home.resolve()?;
    let mut config = Config::default();
    config.listen = args.listen.unwrap_or(config.listen);
    config.p2p_listen = args.p2p_listen.unwrap_or(config.p2p_listen);
    let made = make(home, args.chain_id, args.owner, config)?;
    let command = made.next_command();
    Ok(output.print(
        &made.text(&command),
        &json!({
            "event": "initialized",
            "home": text_of(&made.home),
            "chain_id": made.chain_id,
            "owner": made.owner,
            "files": made.files(),
            "next": command,
        }),
    )?)
}

pub(crate) fn make(
    home: PathBuf,
    chain_id: Option<String>,
    owner: Option<String>,
    config: Config,
) -> Result<Made, InitError> {
    let chain_id = match chain_id {
        Some(chain_id) => chain_id,
        None => random_chain_id()?,
    };
    let node_key = secret_file::random_seed()?;
    let (owner, owner_key) = match owner {
        Some(owner) => (owner, None),
        None => {
            let seed = secret_file::random_seed()?;
            (hex::encode(public_key(&seed)), Some(seed))
        }
    };
    let genesis = Genesis::new(&chain_id, &owner, now_millis()).map_err(InitError::Genesis)?;
    // The chain starts with this node, which its owner operates.
    let first = GenesisValidator {
        key: ValidatorKey(public_key(&node_key)),
        operator: genesis.owner.clone(),
        address: NodeAddress::new(config.p2p_listen)?,
    };
    let genesis = Genesis {
        validators: FirstValidators::new(vec![first])?,
        ..genesis
    };

    let mut files = vec![
        (Config::FILE, Zeroizing::new(config.to_file())),
        (Genesis::FILE, Zeroizing::new(genesis.to_file())),
        (NODE_KEY, secret_file::encode(&node_key)),
    ];
    let has_owner_key = owner_key.is_some();
    files.extend(owner_key.map(|seed| (OWNER_KEY, secret_file::encode(&seed))));
    // A key without the note might have voted, as far as anybody knows: alone it would never vote.
    let key = NodeKey::from_seed(node_key);
    let note = || Ok::<_, InitError>(note_new_key(&home, &key)?);
    new_folder::make_after(&home, VOTE_MARKER, note, &files)?;
    Ok(Made {
        home,
        chain_id,
        owner: genesis.owner.as_str().to_owned(),
        has_owner_key,
    })
}

impl Made {
    fn files(&self) -> Vec<&'static str> {
        let mut files = vec![Config::FILE, Genesis::FILE, NODE_KEY];
        files.extend(self.has_owner_key.then_some(OWNER_KEY));
        files
    }

    fn next_command(&self) -> String {
        if home::is_default(&self.home) {
            "idos node start".to_owned()
        } else {
            format!("idos node start --home {}", quoted(&self.home))
        }
    }

    fn text(&self, command: &str) -> String {
        let mut text = format!("made the folder of a node: {}\n\n", self.home.display());
        for file in self.files() {
            let meaning = match file {
                Config::FILE => "settings of this node, to be edited",
                Genesis::FILE => "start of the chain, the same on every node",
                NODE_KEY => "secret key by which this node votes and is known, for no other node",
                _ => "secret key of the chain's owner: keep a copy in a safe place",
            };
            text += &format!("  {file:<13} {meaning}\n");
        }
        let Self {
            chain_id, owner, ..
        } = self;
        text += &format!("\nchain: {chain_id}\nowner: {owner}\n\nnext: {command}");
        text
    }
}

/// Signatures are valid for every chain of the same name, so that two that were never meant to be one
/// get two names.
pub(crate) fn random_chain_id() -> Result<String, getrandom::Error> {
    Ok(format!("idos-{:08x}", getrandom::u32()?))
}

/// The public key of a seed.
pub(crate) fn public_key(seed: &[u8; 32]) -> [u8; 32] {
    let mut key = SigningKey::from(*seed);
    let public = <[u8; 32]>::from(VerificationKeyBytes::from(&key));
    key.zeroize();
    public
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::{MetadataExt, PermissionsExt},
        path::Path,
    };

    use super::*;

    const OWNER: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    fn names(home: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(home)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_folder_can_be_started() {
        let parent = tempfile::tempdir().unwrap();
        let home = parent.path().join("a/b");
        let listen = "127.0.0.1:1".parse().unwrap();
        let config = Config {
            listen,
            p2p_listen: "192.0.2.1:9".parse().unwrap(),
            ..Config::default()
        };
        let made = make(home.clone(), None, None, config.clone()).unwrap();
        assert_eq!(mode(&home), 0o700);
        assert_eq!(
            names(&home),
            [
                "config.toml",
                "genesis.toml",
                "node.key",
                "owner.key",
                "vote.marker"
            ]
        );
        // Everything but the note that the key is new, which is no secret.
        for name in names(&home).iter().filter(|name| *name != "vote.marker") {
            assert_eq!(mode(&home.join(name)), 0o600);
        }
        assert_eq!(Config::load(&home).unwrap(), config);
        let genesis = Genesis::load(&home).unwrap();
        assert!(made.chain_id.starts_with("idos-"));
        assert_eq!(genesis.chain_id, made.chain_id);
        let node = secret_file::read(&home.join(NODE_KEY)).unwrap();
        let owner = secret_file::read(&home.join(OWNER_KEY)).unwrap();
        assert_ne!(*node, *owner);
        assert_eq!(genesis.owner.as_str(), hex::encode(public_key(&owner)));
        let [first] = &*genesis.validators else {
            panic!("one validator starts the chain");
        };
        assert_eq!(first.key, ValidatorKey(public_key(&node)));
        assert_eq!(first.operator, genesis.owner);
        assert_eq!(first.address.to_string(), "192.0.2.1:9");
        let text = made.text(&made.next_command());
        for word in [
            "owner.key",
            &made.owner,
            &made.chain_id,
            "idos node start --home",
        ] {
            assert!(text.contains(word), "{word}");
        }
        let secret = secret_file::encode(&owner);
        assert!(!text.contains(secret.trim_end()));
    }

    #[test]
    fn an_owner_who_has_a_key_needs_none() {
        let home = tempfile::tempdir().unwrap();
        fs::set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
        let (chain_id, owner) = (Some("my-chain".to_owned()), Some(OWNER.to_owned()));
        let made = make(home.path().to_owned(), chain_id, owner, Config::default()).unwrap();
        assert_eq!(mode(home.path()), 0o700);
        assert_eq!(
            names(home.path()),
            ["config.toml", "genesis.toml", "node.key", "vote.marker"]
        );
        assert_eq!(made.chain_id, "my-chain");
        assert_eq!(Config::load(home.path()).unwrap(), Config::default());
    }

    #[test]
    fn arguments_that_can_not_be_leave_no_folder() {
        let parent = tempfile::tempdir().unwrap();
        let home = parent.path().join("home");
        for (chain_id, owner) in [("a b", OWNER), ("a", "alice")] {
            assert!(matches!(
                make(
                    home.clone(),
                    Some(chain_id.to_owned()),
                    Some(owner.to_owned()),
                    Config::default()
                ),
                Err(InitError::Genesis(_))
            ));
        }
        let config = Config {
            p2p_listen: "0.0.0.0:8485".parse().unwrap(),
            ..Config::default()
        };
        assert!(matches!(
            make(home.clone(), None, None, config),
            Err(InitError::Address(_))
        ));
        assert!(!home.exists());
    }
}
