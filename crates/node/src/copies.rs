//! Copies of a node's state for a safe place, and a node's state from a copy. Journals of votes are
//! in no copy: a key that forgot what it voted for would betray the network.

mod history;

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use idos_proof::Root;
use idos_store::{Copied, Database, FolderLock, StoreError};
use idos_types::Digest;
use thiserror::Error;

use crate::{
    executor::{GENESIS, genesis_header},
    genesis::Genesis,
    start::{DATABASE, UNFINISHED_DATABASE},
};

/// How long the certificate of a copy's newest block is waited for: a node that runs has it within a second, and
/// writes it within another.
const CERTIFICATE_FOR: Duration = Duration::from_secs(5);

/// Why a node's state is not copied, or does not come from a copy.
#[derive(Debug, Error)]
pub enum CopyError {
    /// There is a database already.
    #[error("{} is there, and nothing in it is overwritten: move it away if the copy is to take its place", .0.display())]
    HasDatabase(PathBuf),
    /// The copy is of another network.
    #[error("the copy is of another network than genesis.toml; name the copy of this network")]
    OtherNetwork,
    /// The copy holds another state than it should.
    #[error(
        "the copy has the root {0}, which is not the one that it should have; use another copy"
    )]
    OtherState(Digest),
    /// The database cannot be read or written, or is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the copy says of a block is not true.
    #[error("the copy is not one of a node: of block {height} {what}; use another copy")]
    Untrue {
        /// Height of the block.
        height: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// What is to prove the validators of an epoch does not.
    #[error(
        "the copy is not one of a node: it does not prove the validators of epoch {0}; use another copy"
    )]
    UntrueSet(u64),
    /// The copy speaks of blocks that its state has not seen.
    #[error(
        "the copy is not one of a node: it has receipts, transactions or certificates of no block; use another copy"
    )]
    Beyond,
    /// A folder cannot be changed.
    #[error("the folder {} cannot be changed", folder.display())]
    Folder {
        /// Which one.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Writes a copy of the state of the node in `home` into the new file `to`, and checks it. The node
/// may run.
pub fn copy(home: &Path, genesis: &Genesis, to: &Path) -> Result<Copied, CopyError> {
    let copied = Database::copy_with_certificate(&home.join(DATABASE), to, CERTIFICATE_FOR)?;
    check_network(to, genesis)?;
    Ok(copied)
}

/// Makes the state of a node that has none from a copy, and checks every row of it, that its root has
/// the hash `root`, and what it says of the past. What happened since the node takes from the blocks that
/// its engine still has, or fetches. The engine's folder stays as it is: the journal in it is what lets the
/// node vote in the epoch that it was in. With one of another network the node does not start.
pub fn restore(
    home: &Path,
    genesis: &Genesis,
    from: &Path,
    root: Digest,
) -> Result<Root, CopyError> {
    let database = home.join(DATABASE);
    if database.exists() {
        return Err(CopyError::HasDatabase(database));
    }
    check_network(from, genesis)?;
    // Until the end, so that no node starts meanwhile.
    let _home = FolderLock::take(home)?;
    remove_unfinished(home)?;
    let unfinished = home.join(UNFINISHED_DATABASE);
    let unchangeable = |source| CopyError::Folder {
        folder: unfinished.clone(),
        source,
    };
    let restored = match checked(from, &unfinished, genesis, root) {
        Ok(restored) => restored,
        Err(error) => {
            // It holds what people may erase, and nobody looks after it any more.
            let _ = fs::remove_dir_all(&unfinished);
            return Err(error);
        }
    };
    fs::rename(&unfinished, &database).map_err(unchangeable)?;
    fs::File::open(home)
        .and_then(|folder| folder.sync_all())
        .map_err(unchangeable)?;
    Ok(restored)
}

/// Removes what a restore or a restart that was killed left in a folder that nobody else uses. It holds what people may
/// erase, and nobody looks after it any more. Tells whether anything was there.
pub(crate) fn remove_unfinished(home: &Path) -> Result<bool, CopyError> {
    let folder = home.join(UNFINISHED_DATABASE);
    match fs::remove_dir_all(&folder) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(CopyError::Folder { folder, source }),
    }
}

/// Makes a database from a copy, in a folder that is not there yet, and checks all of it.
fn checked(from: &Path, folder: &Path, genesis: &Genesis, root: Digest) -> Result<Root, CopyError> {
    let restored = Database::restore(from, folder)?;
    if restored.hash != root {
        return Err(CopyError::OtherState(restored.hash));
    }
    history::check(folder, genesis)?;
    Ok(restored)
}

fn check_network(copy: &Path, genesis: &Genesis) -> Result<(), CopyError> {
    let name = genesis_header(genesis).hash().to_string();
    let is_same = Database::meta_of_copy(copy, GENESIS)?.is_some_and(|found| found == name);
    if is_same {
        Ok(())
    } else {
        Err(CopyError::OtherNetwork)
    }
}

#[cfg(test)]
mod tests;
