//! What a node has to be told to take part.

use std::{
    net::SocketAddr,
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use idos_types::limits::BLOCK_BYTES;

use crate::{Ballot, Chain, ConsensusError, Execution, Header, Protocols, Service, SigningKey};

/// Most bytes of one message of a [`Service`]: a full block of transactions, and what surrounds it.
pub const MESSAGE_BYTES: usize = BLOCK_BYTES + 64 * 1024;

/// How and where a node runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// Signs votes and connections. No two running nodes may have the same.
    pub key: SigningKey,
    /// Where the node accepts connections of other nodes.
    pub listen: SocketAddr,
    /// Folder of the engine's archives and journals, used by nothing else.
    pub directory: PathBuf,
    /// File that remembers in which epoch this key may have voted, outside of [`Options::directory`]
    /// and of whatever is put back from a copy: a key that votes twice in one view betrays the network.
    pub vote_marker: PathBuf,
    /// Name of the network: nothing signed for one network is valid in another.
    pub chain_id: String,
    /// The header that the network starts from, at height 0.
    pub genesis: Header,
    /// The versions of the protocol that the node follows: [`crate::PROTOCOLS`], unless it stands for
    /// another release.
    pub protocols: Protocols,
    /// The finalization certificate, see [`Chain::finalization`], of a block that is at most one
    /// higher than the state, for a node whose state came from others and whose engine lacks the
    /// blocks before; usually `None`. It has no effect on an engine that is already beyond. If it is
    /// of an epoch long over and the engine has nothing newer, the node ends with
    /// [`ConsensusError::Behind`]: the state has to be fetched again.
    pub floor: Option<Vec<u8>>,
    /// Blocks of an epoch, the same on every node and for ever.
    pub epoch_blocks: NonZeroU64,
    /// How long things take and may take.
    pub timing: Timing,
    /// Most nodes that may be known at once, this one and those of the epochs around included: one
    /// and a half megabytes of memory are set aside for each. Validators are known first, and a node
    /// that has no room for those of an epoch cannot go on; others beyond it cannot connect.
    pub max_peers: NonZeroUsize,
    /// Whether nodes may have private addresses, as on a laptop or in a closed network.
    pub private_addresses: bool,
    /// Whether known nodes may connect from other addresses than theirs, as behind a gateway.
    pub any_source: bool,
    /// Threads that serve the network.
    pub workers: NonZeroUsize,
}

impl Options {
    /// Whether the options make sense together.
    pub(crate) fn check(&self) -> Result<(), ConsensusError> {
        let timing = &self.timing;
        let rules = [
            (!self.chain_id.is_empty(), "the network needs a name"),
            (self.genesis.height == 0, "the genesis has height 0"),
            (
                timing.turn > Duration::ZERO && timing.retry > Duration::ZERO,
                "a turn and the retry must not be zero",
            ),
            (
                timing.leader_timeout > timing.turn,
                "the leader timeout must be longer than a turn",
            ),
            (
                timing.certification_timeout > timing.leader_timeout,
                "the certification timeout must be longer than the leader timeout",
            ),
            (
                timing.skip_timeout > timing.certification_timeout.max(timing.retry),
                "the skip timeout must be longer than certification timeout and retry",
            ),
            (
                timing.oldest > timing.certification_timeout + timing.clock_tolerance,
                "a block must not be too old before its view and the tolerance of clocks are over",
            ),
        ];
        match rules.into_iter().find(|(kept, _)| !kept) {
            Some((_, broken)) => Err(ConsensusError::Options(broken)),
            None => Ok(()),
        }
    }
}

/// How long things take and may take. All nodes of a network should use the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    /// Least time between the times of two blocks.
    pub min_gap: Duration,
    /// How long a leader waits for something to propose; in an idle network a view lasts that long.
    pub turn: Duration,
    /// How long the others wait for a proposal. Longer than a turn by what the last proposal of one
    /// needs to reach them, and by what they may have entered the view earlier: about three times
    /// what a message takes. Those who gave the view up vote for it no more, and if the others are
    /// not enough, nothing ends it before the certification timeout.
    pub leader_timeout: Duration,
    /// How long a view may take until its block is certified, large blocks on slow lines included.
    pub certification_timeout: Duration,
    /// How long a validator must have been silent for its turns to be skipped without waiting.
    pub skip_timeout: Duration,
    /// How often a node that is stuck in a view repeats its vote to leave it.
    pub retry: Duration,
    /// How far a block's time may be ahead of the local clock; what is further ahead waits.
    pub clock_tolerance: Duration,
    /// How far a block's time may be behind the local clock when it is to be voted for. Longer than a view
    /// may take and clocks may differ: what an honest leader proposed is never older.
    pub oldest: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            min_gap: Duration::from_millis(15),
            turn: Duration::from_millis(1_200),
            leader_timeout: Duration::from_millis(1_600),
            certification_timeout: Duration::from_millis(3_000),
            skip_timeout: Duration::from_millis(6_000),
            retry: Duration::from_millis(1_000),
            clock_tolerance: Duration::from_millis(500),
            oldest: Duration::from_millis(5_000),
        }
    }
}

/// What the network drives, and who speaks on it.
pub struct Parts {
    /// The state machine.
    pub execution: Box<dyn Execution>,
    /// Decides what goes into blocks.
    pub ballot: Arc<dyn Ballot>,
    /// Conversations of nodes, at most one for each topic.
    pub services: Vec<(Topic, Box<dyn Service>)>,
    /// The handle through which others see what the network does.
    pub chain: Chain,
}

/// What a service talks about: each topic has a channel of its own, so that one cannot crowd out
/// another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Topic {
    /// Transactions that wait for a block.
    Transactions,
    /// Signatures of state roots.
    Roots,
    /// Differences of states.
    Sync,
}
