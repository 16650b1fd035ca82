//! From where on a network is trusted, as a file: how far a client followed its validators. The form
//! is that of the SDK for TypeScript, of the pages and of the explorer.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use idos_proof::{ChainId, LightClient, ValidatorSet};
use idos_types::{Digest, Reader};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::command::{
    bounded_file::{self, FileError},
    new_folder,
};

/// The checkpoint in the folder of a person, an issuer or a consumer.
pub(crate) const FILE: &str = "checkpoint.json";
/// Most bytes of it: two sets of validators in hexadecimal.
const FILE_BYTES: usize = 64 * 1024;
/// What the name of a genesis is made for.
const GENESIS_NAME: &str = "idos/genesis-name/v1";

/// A checkpoint.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Checkpoint {
    chain_id: String,
    /// Decimal digits.
    epoch: String,
    /// The validators of the epoch and of the next, each as the hexadecimal digits of its encoding.
    sets: [String; 2],
    /// From which genesis it was followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    genesis: Option<String>,
}

/// Why there is no checkpoint.
#[derive(Debug, Error)]
pub(crate) enum CheckpointError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// What is in it.
    #[error(
        "{} is no checkpoint; remove it to begin at the genesis again, or better, get one by \
         --checkpoint from somebody you trust", path.display()
    )]
    Form {
        /// The file.
        path: PathBuf,
    },
    /// It is of another network.
    #[error("{} is a checkpoint of the chain {found}, not of {expected}; name another", path.display())]
    OtherChain {
        /// The file.
        path: PathBuf,
        /// Of which chain it is.
        found: String,
        /// Which chain the genesis names.
        expected: String,
    },
    /// It cannot be stored.
    #[error("{} cannot be written; correct the cause and try again", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl From<&LightClient> for Checkpoint {
    fn from(trusted: &LightClient) -> Self {
        Self {
            chain_id: trusted.chain_id().as_str().to_owned(),
            epoch: trusted.epoch().to_string(),
            sets: trusted.sets().map(|set| hex::encode(set.row().encode())),
            genesis: None,
        }
    }
}

impl Checkpoint {
    fn trusted(&self) -> Option<LightClient> {
        let [first, second] = &self.sets;
        Some(LightClient::checkpoint(
            ChainId::new(&self.chain_id).ok()?,
            self.epoch.parse().ok()?,
            validators(first)?,
            validators(second)?,
        ))
    }
}

fn validators(hex: &str) -> Option<ValidatorSet> {
    let bytes = hex::decode(hex).ok()?;
    let mut reader = Reader::new(&bytes);
    let set = idos_types::ValidatorSet::read(&mut reader).ok()?;
    ValidatorSet::of(set).ok().filter(|_| reader.left() == 0)
}

/// A checkpoint that somebody names for the network of a genesis.
pub(crate) fn read(path: &Path, genesis: &LightClient) -> Result<LightClient, CheckpointError> {
    let (_, trusted) = open(path)?;
    if trusted.chain_id() != genesis.chain_id() {
        return Err(CheckpointError::OtherChain {
            path: path.to_owned(),
            found: trusted.chain_id().to_string(),
            expected: genesis.chain_id().to_string(),
        });
    }
    Ok(trusted)
}

fn open(path: &Path) -> Result<(Checkpoint, LightClient), CheckpointError> {
    let text = bounded_file::read_text(path, FILE_BYTES)?;
    let form = || CheckpointError::Form {
        path: path.to_owned(),
    };
    let checkpoint: Checkpoint = serde_json::from_str(&text).map_err(|_| form())?;
    let trusted = checkpoint.trusted().ok_or_else(form)?;
    Ok((checkpoint, trusted))
}

/// What a folder keeps of how far the network of one genesis was followed.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    folder: PathBuf,
    /// Another genesis is another network, whatever it calls itself.
    genesis: String,
}

impl Kept {
    /// In a folder, from this genesis.
    pub(crate) fn new(folder: &Path, genesis: &LightClient) -> Self {
        let sets = genesis.sets().map(|set| set.row().encode());
        let [first, second] = &sets;
        let chain = genesis.chain_id().as_str().as_bytes();
        let name = Digest::of_parts(GENESIS_NAME, &[chain, first, second]);
        Self {
            folder: folder.to_owned(),
            genesis: name.to_string(),
        }
    }

    /// What is kept; `None` if nothing is. That of another genesis says nothing of this network.
    pub(crate) fn load(&self) -> Result<Option<LightClient>, CheckpointError> {
        let path = self.folder.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let (checkpoint, trusted) = open(&path)?;
        Ok((checkpoint.genesis.as_deref() == Some(&self.genesis)).then_some(trusted))
    }

    /// The file's content.
    pub(crate) fn text(&self, trusted: &LightClient) -> String {
        let checkpoint = Checkpoint {
            genesis: Some(self.genesis.clone()),
            ..Checkpoint::from(trusted)
        };
        // Texts alone are always JSON.
        serde_json::to_string(&checkpoint).unwrap_or_default()
    }

    /// Keeps this, unless what is kept is as far.
    pub(crate) fn store(&self, trusted: &LightClient) -> Result<(), CheckpointError> {
        let is_as_far = |kept: LightClient| kept.epoch() >= trusted.epoch();
        if self.load()?.is_some_and(is_as_far) {
            return Ok(());
        }
        self.replace(trusted)
    }

    /// Keeps this whatever was there, whole or not at all. A folder in which nothing is has still to
    /// be made by somebody, and gets nothing.
    pub(crate) fn replace(&self, trusted: &LightClient) -> Result<(), CheckpointError> {
        if !fs::read_dir(&self.folder).is_ok_and(|mut it| it.next().is_some()) {
            return Ok(());
        }
        let path = self.folder.join(FILE);
        new_folder::replace(&path, self.text(trusted).as_bytes())
            .map_err(|source| CheckpointError::Write { path, source })
    }
}

#[cfg(test)]
mod tests {
    use idos_types::{Member, ValidatorKey};

    use super::*;

    const KEYS: [&str; 2] = [
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    ];

    fn trusted(chain: &str, key: usize, epoch: u64) -> LightClient {
        let member = Member {
            key: ValidatorKey(hex::decode(KEYS[key]).unwrap().try_into().unwrap()),
            address: "192.0.2.1:8485".parse().unwrap(),
        };
        let row = idos_types::ValidatorSet::new(vec![member]).unwrap();
        let set = ValidatorSet::of(row).unwrap();
        LightClient::checkpoint(ChainId::new(chain).unwrap(), epoch, set.clone(), set)
    }

    #[test]
    fn what_is_kept_is_of_one_genesis_and_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::new(folder.path(), &trusted("one", 0, 0));
        // Whoever makes the folder is not to find something in it.
        kept.store(&trusted("one", 1, 3)).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        fs::write(folder.path().join("wallet.key"), "x").unwrap();
        assert_eq!(kept.load().unwrap(), None);
        for (epoch, kept_epoch) in [(3, 3), (4, 4), (2, 4)] {
            kept.store(&trusted("one", 1, epoch)).unwrap();
            assert_eq!(kept.load().unwrap(), Some(trusted("one", 1, kept_epoch)));
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        for other in [trusted("two", 0, 0), trusted("one", 1, 0)] {
            let other = Kept::new(folder.path(), &other);
            assert_eq!(other.load().unwrap(), None);
        }
        // It can be handed on.
        let path = folder.path().join(FILE);
        let named = read(&path, &trusted("one", 0, 0)).unwrap();
        assert_eq!(named, trusted("one", 1, 4));
    }

    #[test]
    fn what_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let genesis = trusted("one", 0, 0);
        let kept = Kept::new(folder.path(), &genesis);
        let good = kept.text(&trusted("one", 1, 3));
        for (part, other) in [("\"3\"", "\"-3\""), ("d4017c", "d4017"), ("one", "o e")] {
            fs::write(&path, good.replace(part, other)).unwrap();
            let error = kept.load().unwrap_err();
            assert!(matches!(error, CheckpointError::Form { .. }), "{part}");
        }
        fs::write(&path, kept.text(&trusted("two", 1, 3))).unwrap();
        let error = read(&path, &genesis).unwrap_err().to_string();
        assert!(error.contains("of the chain two, not of one"), "{error}");
    }
}
