//! What the database of a node shows of its network, whether the node runs or not, for whoever looks
//! for a fault.

use std::{net::SocketAddr, path::Path, time::Duration};

use idos_consensus::Timing;
use idos_ledger::{State as _, StateError, ValidatorStatus};
use idos_proof::{CertificateError, Root, RootCertificate};
use idos_store::{Database, FolderLock, Snapshot, StoreError};
use idos_types::{Digest, ValidatorKey};
use thiserror::Error;

use crate::{
    executor::{GENESIS, genesis_header},
    genesis::Genesis,
    start::DATABASE,
};

/// What is in the database.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inspection {
    /// Whether it is the one of the network of the genesis.
    pub is_of_network: bool,
    /// Whether the node was fetching the state of others, and is not done.
    pub is_fetching: bool,
    /// Height of the newest block.
    pub height: u64,
    /// Its time in milliseconds since 1970.
    pub block_time: u64,
    /// The newest certified height, if there is a certificate.
    pub certified: Option<u64>,
    /// Where the network certified another state than this one.
    pub diverged_at: Option<u64>,
    /// Validators and observers, this node included, and where other nodes reach them.
    pub nodes: Vec<(ValidatorKey, SocketAddr)>,
}

/// Why a database cannot be inspected.
#[derive(Debug, Error)]
pub enum InspectionError {
    /// It cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The same, where rules asked.
    #[error("the database cannot be read")]
    State(#[from] StateError),
    /// A certificate in it is none.
    #[error("the certificate of height {height} in the database cannot be read")]
    Certificate {
        /// Of which height.
        height: u64,
        /// Why not.
        source: CertificateError,
    },
}

/// The hash by which a network is known, as nodes tell it.
pub fn genesis_hash(genesis: &Genesis) -> Digest {
    genesis_header(genesis).hash()
}

/// How far a block's time may be ahead of the clock of a node.
pub fn clock_tolerance() -> Duration {
    Timing::default().clock_tolerance
}

/// Whether a process has the database of a folder open.
pub fn is_running(home: &Path) -> Result<bool, StoreError> {
    FolderLock::is_taken(&home.join(DATABASE))
}

/// Looks into the database of a folder; `None` if there is none yet. The node may run.
pub fn inspect(home: &Path, genesis: &Genesis) -> Result<Option<Inspection>, InspectionError> {
    Database::look(&home.join(DATABASE), |snapshot| look(snapshot, genesis))?.transpose()
}

/// Reads every row of the database of a folder, and checks that the state tree is theirs. The node
/// may run; meanwhile nothing that people erase leaves the write-ahead log.
pub fn inspect_rows(home: &Path) -> Result<Root, StoreError> {
    Database::check(&home.join(DATABASE))
}

fn look(snapshot: &Snapshot<'_>, genesis: &Genesis) -> Result<Inspection, InspectionError> {
    let head = snapshot.head()?;
    let name = genesis_hash(genesis).to_string();
    let certified = snapshot.newest_certificate()?;
    let diverged_at = match certified {
        Some(height) => diverged_at(snapshot, height)?,
        None => None,
    };
    let validators = snapshot.validators()?.into_iter();
    let members = validators.filter(|one| one.status != ValidatorStatus::Requested);
    Ok(Inspection {
        // A new database is of no other network.
        is_of_network: snapshot.meta(GENESIS)?.is_none_or(|found| found == name),
        is_fetching: snapshot.is_partial()?,
        height: head.as_ref().map_or(0, |head| head.height),
        block_time: head.map_or(0, |head| head.time.millis()),
        certified,
        diverged_at,
        nodes: members.map(|one| (one.key, one.address.socket())).collect(),
    })
}

/// The height, if its certificate is of another state than this node's.
pub(crate) fn diverged_at(
    snapshot: &Snapshot<'_>,
    height: u64,
) -> Result<Option<u64>, InspectionError> {
    let (Some(bytes), Some(block)) = (snapshot.certificate(height)?, snapshot.block(height)?)
    else {
        return Ok(None);
    };
    // Of a restored copy: what it computed there is not known.
    if block.is_root_unknown() {
        return Ok(None);
    }
    let certificate = RootCertificate::decode(&bytes)
        .map_err(|source| InspectionError::Certificate { height, source })?;
    Ok((certificate.statement().root != block.root).then_some(height))
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::symlink, sync::Arc};

    use tempfile::TempDir;

    use super::*;
    use crate::testing::{Bench, certificate, genesis, node_key, statement};

    /// The folder of a node that has executed a block, and has it open.
    fn node() -> (Bench, TempDir) {
        let mut bench = Bench::new(4);
        let block = bench.next(1, vec![]);
        bench.execute(&block);
        let home = tempfile::tempdir().unwrap();
        symlink(bench.folder.path(), home.path().join(DATABASE)).unwrap();
        (bench, home)
    }

    #[test]
    fn a_database_shows_its_network_and_who_is_in_it() {
        let (bench, folder) = node();
        let home = folder.path();
        let seen = inspect(home, &genesis(4)).unwrap().unwrap();
        assert!(seen.is_of_network && !seen.is_fetching);
        assert_eq!((seen.height, seen.certified), (1, None));
        assert_eq!(seen.diverged_at, None);
        assert_eq!(seen.nodes.len(), 4);
        assert!(
            seen.nodes
                .iter()
                .any(|(key, _)| *key == node_key(0).public())
        );
        assert!(!inspect(home, &genesis(3)).unwrap().unwrap().is_of_network);
        assert!(is_running(home).unwrap());
        assert!(inspect_rows(home).is_ok());
        drop(bench);
        assert!(!is_running(home).unwrap());
    }

    #[test]
    fn another_state_than_the_certified_one_is_found() {
        let (mut bench, folder) = node();
        let home = folder.path();
        let other = statement(1);
        let certificate = certificate(&other, &[0, 1, 2]).encode();
        bench
            .executor
            .add_certificates(vec![(1, Arc::new(certificate))]);
        bench.executor.write_certificates().unwrap();
        let seen = inspect(home, &genesis(4)).unwrap().unwrap();
        assert_eq!(seen.certified, Some(1));
        assert_eq!(seen.diverged_at, Some(1));
    }

    #[test]
    fn without_a_database_there_is_nothing_to_see() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(inspect(home.path(), &genesis(1)).unwrap(), None);
        assert!(!is_running(home.path()).unwrap());
    }
}
