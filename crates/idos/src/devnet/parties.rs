//! The parties of a development network: an issuer that takes people on, and a consumer. The
//! owner's key admits them; all may be repeated, and goes on where it was interrupted.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use idos_client::{
    Client, Error as ClientError, FlowError,
    keys::{Ed25519Key, KeyError, Seed},
    party::NewPartyKeys,
};
use idos_credential::{Issuer as Signer, KeyKind};
use idos_crypto::{SecretKey, SigningKey};
use idos_types::{PartyId, Uuid, Value};
use thiserror::Error;
use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

use crate::{
    command::{
        network_args::{self, NetworkArgs, NetworkError},
        new_folder::{self, NewFolderError},
        secret_file::{self, SecretFileError},
    },
    consumer,
    issuer::{
        keys::{self, KeysError},
        people,
    },
    role::{ENCRYPTION_KEY, WALLET_KEY},
};

/// How long nodes that have just started may take until they prove something.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often they are asked.
const PAUSE: Duration = Duration::from_millis(200);

/// Why there are no parties.
#[derive(Debug, Error)]
pub(crate) enum PartiesError {
    /// A folder of a party.
    #[error(transparent)]
    Folder(#[from] NewFolderError),
    /// A folder that this command did not make.
    #[error("{} is there, but is no folder of a party of this network: move it away", .0.display())]
    Foreign(PathBuf),
    /// A folder cannot be put in its place.
    #[error("{} cannot be made or removed; see to it, and start the network again", path.display())]
    Place {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A key's file.
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    /// Keys of the issuer.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The network of the folders.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A key.
    #[error("a key of the development network cannot be used")]
    Key(#[from] KeyError),
    /// There is no randomness.
    #[error("the operating system gives no randomness for keys")]
    Randomness(#[from] getrandom::Error),
    /// What the network says.
    #[error("the parties of the development network cannot be admitted")]
    Flow(#[from] FlowError),
}

/// A party of the development network.
#[derive(Clone, Copy)]
pub(super) enum Role {
    /// It takes people on, and issues.
    Issuer,
    /// People share with it.
    Consumer,
}

impl Role {
    /// As people see it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Issuer => "Devnet KYC",
            Self::Consumer => "Demo Bank",
        }
    }

    /// Its folder within that of the network.
    pub(super) fn home(self, network: &Path) -> PathBuf {
        network.join(match self {
            Self::Issuer => "issuer",
            Self::Consumer => "bank",
        })
    }

    /// As what the network admits it.
    fn roles(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Consumer => "consumer",
        }
    }

    /// The key by which the network knows it.
    fn key(self) -> &'static str {
        match self {
            Self::Issuer => people::key_file(),
            Self::Consumer => WALLET_KEY,
        }
    }

    /// What is in a new folder.
    fn files(
        self,
        network: &NetworkArgs,
    ) -> Result<Vec<(&'static str, Zeroizing<String>)>, PartiesError> {
        let mut files = match self {
            Self::Issuer => keys::new_files()?,
            Self::Consumer => consumer::new_files()?,
        };
        // The settings come last: they say that the folder is whole.
        files.extend(network.files()?.into_iter().rev());
        Ok(files)
    }
}

/// Makes the folder of a party, unless it is there.
pub(super) fn prepare(
    role: Role,
    folder: &Path,
    network: &NetworkArgs,
) -> Result<(), PartiesError> {
    let home = role.home(folder);
    if home.join(network_args::FILE).exists() {
        return Ok(());
    }
    if home.exists() {
        return Err(PartiesError::Foreign(home));
    }
    // What is left of an interruption: the network does not know these keys.
    let new = home.with_extension("new");
    if new.exists() {
        fs::remove_dir_all(&new).map_err(|source| PartiesError::Place {
            path: new.clone(),
            source,
        })?;
    }
    new_folder::make(&new, &role.files(network)?)?;
    fs::rename(&new, &home)
        .and_then(|()| fs::File::open(folder)?.sync_all())
        .map_err(|source| PartiesError::Place { path: home, source })
}

/// Lets the owner admit a party, which publishes its keys unless it did. What was done before
/// changes nothing when it is done again.
pub(super) async fn admit(
    role: Role,
    folder: &Path,
    network: &Client,
    owner: &Client,
) -> Result<(), PartiesError> {
    let home = role.home(folder);
    let seed: Seed = secret_file::read(&home.join(role.key()))?;
    let signing = SigningKey::from_seed(&seed);
    let address = signing.public_key_hex();
    let party = PartyId(id(&address, "party"));
    if has_published(network, party).await? {
        return wait_until_proved(network, party).await;
    }
    let text = |text: &str| Value::from(text);
    if matches!(role, Role::Issuer) {
        let inserter = id(&address, "inserter");
        let name = inserter.to_string();
        write(
            owner,
            "add_inserter_as_owner",
            vec![Value::Uuid(inserter), text(&name)],
        )
        .await?;
        write(
            owner,
            "add_delegate_as_owner",
            vec![text(&address), Value::Uuid(inserter)],
        )
        .await?;
    }
    let admitted = vec![Value::Uuid(party.0), text(&address), text(role.roles())];
    write(owner, "add_party_as_owner", admitted).await?;
    let did = match role {
        Role::Issuer => {
            let key = keys::read(&home, role.key(), KeyKind::Ed25519)?;
            Some(Signer::did_key(key).id().to_owned())
        }
        Role::Consumer => None,
    };
    let encryption = secret_file::read(&home.join(ENCRYPTION_KEY))?;
    let keys = NewPartyKeys {
        name: role.name(),
        did: did.as_deref(),
        signing: &signing,
        encryption: SecretKey::from_bytes(encryption).public_key(),
    };
    let wallet = Arc::new(Ed25519Key::from_seed(&seed)?);
    let own = network.clone().with_wallet(wallet);
    own.publish_party_keys(party, &keys).await?;
    Ok(())
}

/// Whether the party has keys. The word of the network's own nodes: one that did nothing yet proves
/// nothing.
async fn has_published(network: &Client, party: PartyId) -> Result<bool, FlowError> {
    let rows = network
        .call("get_party", vec![Value::Uuid(party.0)])
        .await?;
    rows.first()
        .map_or(Ok(false), |row| Ok(row.get::<i64>("version")? > 0))
}

/// Waits until nodes that have just started can prove what they know.
async fn wait_until_proved(network: &Client, party: PartyId) -> Result<(), PartiesError> {
    let end = Instant::now() + PATIENCE;
    loop {
        match network.party(party).await {
            Ok(_) => return Ok(()),
            Err(FlowError::Client(ClientError::Nodes { .. })) if Instant::now() < end => {
                sleep(PAUSE).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// An id that follows from a key: who is admitted again after an interruption is the same.
fn id(address: &str, of: &str) -> Uuid {
    Uuid::new_v5(
        &Uuid::NAMESPACE_OID,
        format!("idos devnet {of} {address}").as_bytes(),
    )
}

async fn write(owner: &Client, action: &str, arguments: Vec<Value>) -> Result<(), FlowError> {
    owner.execute(action, arguments).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{
        net::{Ipv4Addr, SocketAddr},
        os::unix::fs::PermissionsExt as _,
    };

    use idos_node::genesis::Genesis;

    use super::*;
    use crate::devnet::{NodeSockets, folder::DevnetFolder};

    /// Some network, of which nothing runs.
    fn network(folder: &Path) -> NetworkArgs {
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let node = NodeSockets {
            clients: at(1),
            nodes: at(2),
        };
        let devnet = DevnetFolder::open(&folder.join("net"), Some("net"), None, &[node]).unwrap();
        NetworkArgs::of(
            vec!["http://127.0.0.1:1".to_owned()],
            devnet.home(0).join(Genesis::FILE),
        )
    }

    #[test]
    fn a_folder_is_made_once_and_one_that_is_not_whole_is_nobodys_to_remove() {
        let folder = tempfile::tempdir().unwrap();
        let network = network(folder.path());
        for role in [Role::Issuer, Role::Consumer] {
            let key = role.home(folder.path()).join(role.key());
            prepare(role, folder.path(), &network).unwrap();
            let first = secret_file::read(&key).unwrap();
            prepare(role, folder.path(), &network).unwrap();
            assert_eq!(secret_file::read(&key).unwrap(), first);
            let mode = fs::metadata(&key).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            fs::remove_file(role.home(folder.path()).join(network_args::FILE)).unwrap();
            let refused = prepare(role, folder.path(), &network).unwrap_err();
            assert!(matches!(refused, PartiesError::Foreign(_)), "{refused}");
            assert_eq!(secret_file::read(&key).unwrap(), first);
        }
    }

    #[test]
    fn what_is_left_of_an_interruption_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let network = network(folder.path());
        for role in [Role::Issuer, Role::Consumer] {
            let half = role.home(folder.path()).with_extension("new");
            fs::create_dir(&half).unwrap();
            fs::write(half.join(role.key()), "half").unwrap();
            prepare(role, folder.path(), &network).unwrap();
            assert!(role.home(folder.path()).join(network_args::FILE).exists());
            assert!(!half.exists());
        }
    }
}
