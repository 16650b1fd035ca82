//! What the commands of persons, issuers and consumers share: the folder, secrets, errors.

pub(crate) mod opened;
pub(crate) mod party_keys;
pub(crate) mod wallet_kind;

use std::{
    fs, io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use idos_client::{Client, Error as ClientError, FlowError, Wallet, keys::KeyError};
use idos_crypto::{PasswordError, RecoveryWordsError, SecretKey};
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::{
    command::{
        bounded_file::{self, FileError},
        network_args::{NetworkArgs, NetworkError},
        new_folder::{self, NewFolderError},
        output::PrintError,
        password_args::PasswordError as InputError,
        run::{self, RunError},
        secret_file::{self, SecretFileError},
        trust_args::TrustError,
        verify_sources::SourceError,
    },
    issuer::{
        keys::KeysError,
        serve::{ServeError, StatusListsError},
    },
    role::wallet_kind::WalletKind,
};

/// The key that signs transactions.
pub(crate) const WALLET_KEY: &str = "wallet.key";
/// The key that opens what others share.
pub(crate) const ENCRYPTION_KEY: &str = "encryption.key";

/// Where somebody's keys are, and which network they are for.
#[derive(clap::Args)]
pub(crate) struct RoleArgs {
    /// Folder with the keys, made by the command `keys`.
    #[arg(long, value_name = "DIR")]
    pub(crate) home: PathBuf,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// Why a command did not come to its end.
#[derive(Debug, Error)]
pub(crate) enum RoleError {
    /// The network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A key's file.
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    /// The keys of an issuer.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A new folder.
    #[error(transparent)]
    Folder(#[from] NewFolderError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The password cannot be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// It is no password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// They are no recovery words.
    #[error(transparent)]
    Words(#[from] RecoveryWordsError),
    /// Whom to believe.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// Where the status lists are.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The status lists.
    #[error(transparent)]
    StatusLists(#[from] StatusListsError),
    /// The wallet.
    #[error("the key cannot be used")]
    Key(#[from] KeyError),
    /// The flow.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// What a verification needs.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// There is no randomness.
    #[error("the operating system gives no randomness for keys")]
    Randomness(#[from] getrandom::Error),
    /// A file of JSON.
    #[error("{} is not {expected}; name another file", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What it has to be.
        expected: &'static str,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A file cannot be written.
    #[error("{} cannot be written; correct the cause and try again", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// One person of a list.
    #[error("row {row}, {profile}")]
    Row {
        /// Which row, counted from 1.
        row: usize,
        /// The person's profile file.
        profile: String,
        /// What is wrong.
        source: Box<RoleError>,
    },
    /// Something failed, and more is to be known than why: what is done all the same, or what to look for.
    #[error("{done}")]
    Afterwards {
        /// What counts now, and what to do.
        done: String,
        /// What failed.
        source: Box<RoleError>,
    },
    /// The command cannot be done like that.
    #[error("{0}")]
    Refused(String),
    /// It was ended, or could not begin.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Nobody can be told.
    #[error(transparent)]
    Print(#[from] PrintError),
}

fn is_flow_unknown(error: &FlowError) -> bool {
    match error {
        FlowError::Client(ClientError::Unknown { .. })
        | FlowError::Unproved { .. }
        | FlowError::Unprovable { .. } => true,
        FlowError::TakenBack(source)
        | FlowError::KeyNotShown(source)
        | FlowError::HalfShared { source, .. }
        | FlowError::PerhapsShared { source, .. }
        | FlowError::OlderStays { source, .. } => is_flow_unknown(source),
        _ => false,
    }
}

impl RoleError {
    /// Whether a write may have taken effect all the same.
    pub(crate) fn is_unknown(&self) -> bool {
        match self {
            Self::Flow(error) => is_flow_unknown(error),
            Self::Row { source, .. } | Self::Afterwards { source, .. } => source.is_unknown(),
            _ => false,
        }
    }

    /// Says what is done all the same, and what to do.
    pub(crate) fn after(self, done: impl Into<String>) -> Self {
        Self::Afterwards {
            done: done.into(),
            source: Box::new(self),
        }
    }

    /// Names the row of a list that it is about.
    pub(crate) fn of_row(self, row: usize, profile: &str) -> Self {
        Self::Row {
            row,
            profile: profile.to_owned(),
            source: Box::new(self),
        }
    }
}

impl RoleArgs {
    /// A client that signs with a key of the folder.
    pub(crate) fn client(&self, key: &str) -> Result<Client, RoleError> {
        Ok(self
            .network
            .open(&self.home)?
            .with_wallet(self.wallet(key)?))
    }

    /// A key of the folder that signs.
    pub(crate) fn wallet(&self, key: &str) -> Result<Arc<dyn Wallet>, RoleError> {
        let seed = secret_file::read(&self.home.join(key))?;
        Ok(WalletKind::of(&self.home)?.wallet(&seed)?)
    }

    /// The key of the folder that opens what others share.
    pub(crate) fn encryption(&self) -> Result<SecretKey, RoleError> {
        let bytes = secret_file::read(&self.home.join(ENCRYPTION_KEY))?;
        Ok(SecretKey::from_bytes(bytes))
    }
}

/// Most bytes of what a person hands to somebody.
const HANDED_BYTES: usize = 64 * 1024;

/// Reads what a person handed over.
pub(crate) fn read_json<T: DeserializeOwned>(
    path: &Path,
    expected: &'static str,
) -> Result<T, RoleError> {
    let text = bounded_file::read_text(path, HANDED_BYTES)?;
    serde_json::from_str(&text).map_err(|source| RoleError::Form {
        path: path.to_owned(),
        expected,
        source,
    })
}

/// Runs a command that asks the network.
pub(crate) fn block_on<T>(
    command: impl Future<Output = Result<T, RoleError>>,
) -> Result<T, RoleError> {
    run::block_on(command)
}

/// A new file, for its owner only, which is made before what it is for is done: so that nothing is done
/// for a file that cannot be. It goes again, unless it is written.
pub(crate) struct NewFile {
    path: PathBuf,
    is_written: bool,
}

impl NewFile {
    /// Makes it. Nothing is overwritten.
    pub(crate) fn make(path: &Path) -> Result<Self, RoleError> {
        fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(|source| RoleError::Write {
                path: path.to_owned(),
                source,
            })?;
        Ok(Self {
            path: path.to_owned(),
            is_written: false,
        })
    }

    /// Writes it: as a whole, in place of the empty one that kept its name.
    pub(crate) fn write(mut self, content: &[u8]) -> Result<(), RoleError> {
        new_folder::replace(&self.path, content).map_err(|source| RoleError::Write {
            path: self.path.clone(),
            source,
        })?;
        self.is_written = true;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_written {
            // An empty file would only be in the way of the next try.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Writes a file that was not there, for its owner only.
pub(crate) fn write_new(path: &Path, content: impl AsRef<[u8]>) -> Result<(), RoleError> {
    NewFile::make(path)?.write(content.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_is_written_or_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        drop(NewFile::make(&path).unwrap());
        assert!(!path.exists());
        NewFile::make(&path).unwrap().write(b"kept").unwrap();
        for taken in [&path, &folder.path().join("missing/file")] {
            assert!(matches!(
                NewFile::make(taken),
                Err(RoleError::Write { path, .. }) if path == *taken
            ));
        }
        assert_eq!(fs::read(&path).unwrap(), b"kept");
    }
}
