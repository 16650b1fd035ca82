//! Why a network cannot go on.

use std::{io, net::SocketAddr, path::PathBuf, time::Duration};

use thiserror::Error;

use crate::{ApplicationError, PeerKey, Topic};

/// The node must stop.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConsensusError {
    /// Options that contradict each other.
    #[error("{0}")]
    Options(&'static str),
    /// Two services for one topic.
    #[error("two services for the topic {0:?}")]
    Topic(Topic),
    /// The address for other nodes cannot be used, for example because it is in use.
    #[error(
        "cannot listen for other nodes on {address}: the operator must end the program that has it, or set `p2p_listen` in config.toml to another address of this machine"
    )]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The file of [`crate::Options::vote_marker`] or its twin cannot be read or written.
    #[error("vote marker {path}")]
    Marker {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder of the vote marker is not there. It is not made: on a disk that is not mounted it would
    /// be on another one, with a marker that knows of no vote.
    #[error(
        "the folder of the vote marker {0} is missing: the operator must mount its disk, or make the folder"
    )]
    MarkerFolder(PathBuf),
    /// The vote marker is damaged. It must not be guessed: the key may have voted.
    #[error("vote marker {0} is damaged")]
    MarkerDamaged(PathBuf),
    /// The vote marker belongs to another key.
    #[error("vote marker {path} belongs to {key}")]
    MarkerKey {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        key: PeerKey,
    },
    /// [`crate::Options::directory`] cannot be made, or the file in it that names its network cannot be
    /// read or written.
    #[error("the folder of the engine: {path}")]
    Folder {
        /// The folder or the file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// [`crate::Options::directory`] was used in another network.
    #[error(
        "the folder {0} is of another network: the operator must move it away; the node then votes from the next epoch on"
    )]
    OtherNetwork(PathBuf),
    /// Archives or journals cannot be read or written.
    #[error("storage of the engine: {0}")]
    Storage(String),
    /// The state machine or the ballot failed.
    #[error("application")]
    Application(#[source] ApplicationError),
    /// The state does not say who takes part in an epoch that begins.
    #[error("the members of epoch {0} are not known")]
    Members(u64),
    /// More validators than [`crate::Options::max_peers`] leaves room for.
    #[error(
        "the validators of epoch {epoch} are {peers} nodes with this one, and it may know {max}: its operator must raise peers.most in config.toml to {peers} or more and start it again; it goes on with what is here"
    )]
    Peers {
        /// The epoch.
        epoch: u64,
        /// Its validators and this node.
        peers: usize,
        /// What the options say.
        max: usize,
    },
    /// [`crate::Options::floor`] is no certificate of this network.
    #[error("the certificate of the synced state is invalid")]
    Floor,
    /// The network has decided to follow a version of the protocol that is none of
    /// [`crate::Options::protocols`].
    #[error(
        "from block {height} on the network follows version {wanted} of the protocol, which this release does not: the operator must install one that follows version {wanted} and start it; it goes on with what is here"
    )]
    Protocol {
        /// The first block of that version.
        height: u64,
        /// The version.
        wanted: u64,
    },
    /// The state lacks a header that the engine needs to go on.
    #[error("the header of height {0} is missing from the state")]
    Header(u64),
    /// Blocks that were finalized are missing here and the state does not contain them.
    #[error("block {0} is needed and not kept any more: the state has to be synced")]
    Behind(u64),
    /// The state contains another block than the one that was finalized.
    #[error("the state contains another block at height {0} than was finalized")]
    Fork(u64),
    /// The clock of the machine was set back: what is timed by it would wait for as long. Nothing is
    /// wrong with the node, which can go on from its start.
    #[error("the clock of this machine was set back by {} ms while the node ran", .0.as_millis())]
    ClockSetBack(Duration),
    /// A task of the engine ended, which it never should.
    #[error("a task of the engine ended: {0}")]
    Ended(&'static str),
    /// A task of the engine panicked.
    #[error("the engine panicked: {0}")]
    Panicked(String),
}
