//! What an ordered network needs from whoever it orders blocks for.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use idos_types::{BlockTime, Digest};

use crate::{Block, Header, Item, Membership, PeerKey};

/// The newest block that has been executed for good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tip {
    /// Its height; the genesis has height 0.
    pub height: u64,
    /// Digest of its header.
    pub hash: Digest,
    /// Its time.
    pub time: BlockTime,
}

/// The application cannot go on: the node must stop, since a state machine that skips a block
/// differs from all others.
pub type ApplicationError = Box<dyn Error + Send + Sync>;

/// The state machine that blocks drive. It lives on a thread of its own, where it may take its
/// time: ordering does not wait for it.
///
/// Whoever implements it promises that [`Execution::finalized`] is deterministic and atomic: a
/// crash leaves either the state before the block or the state after it, and [`Execution::tip`]
/// tells which. Blocks come in the order of their heights, each once.
pub trait Execution: Send + 'static {
    /// The newest block executed for good.
    fn tip(&self) -> Tip;

    /// The header of an executed block; `None` if this node never executed it.
    fn header(&self, height: u64) -> Result<Option<Header>, ApplicationError>;

    /// Who votes and who listens in an epoch; `None` as long as the state does not say. The state
    /// at the end of an epoch says it for the epoch after the next, the genesis for the first two.
    fn members(&self, epoch: u64) -> Result<Option<Membership>, ApplicationError>;

    /// The version of the protocol that the blocks of an epoch follow. Asked of the epoch that begins
    /// once everything before it is executed: every node has to say the same then. A node that does not
    /// follow it, see [`crate::Options::protocols`], stops with [`crate::ConsensusError::Protocol`].
    fn protocol(&self, epoch: u64) -> Result<u64, ApplicationError>;

    /// Executes a block for good. When it returns, the block survives a crash.
    fn finalized(&mut self, block: Block) -> Result<(), ApplicationError>;

    /// Does what has to be done between blocks, and says when it wants to be asked again. It is
    /// asked after every block, and whenever somebody wakes the network.
    fn tend(&mut self, now: BlockTime) -> Result<BlockTime, ApplicationError>;

    /// Told once at the start: the engine has the blocks from this height on, or gets them. Those before it are
    /// missing, whatever [`Execution::keep_from`] says.
    fn archived_from(&mut self, height: u64);

    /// The first height whose block still has to be kept with its items: what is below is erased
    /// from the engine's archives. They consist of files of [`crate::BLOCKS_PER_FILE`] blocks, which are
    /// kept open and erased as a whole, and what is younger than 80 views of blocks stays in any case.
    fn keep_from(&self) -> u64;
}

/// Whether the answer to a question still matters; clones are of the same question.
#[derive(Clone, Default, Debug)]
pub struct Wanted(Arc<AtomicBool>);

impl Wanted {
    /// Whether nobody waits any more: whoever would have to try again leaves it.
    pub fn is_over(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Says that nobody waits any more.
    pub fn end(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Where a block is to follow.
#[derive(Clone, Copy, Debug)]
pub struct Position<'a> {
    /// Header of the block before it.
    pub parent: &'a Header,
    /// The blocks before it that may not have been executed here, oldest first; the last of them is
    /// the parent, if there is any.
    pub pending: &'a [Arc<Block>],
    /// Whether anybody still waits for the answer.
    pub wanted: &'a Wanted,
}

/// What a validator whose turn it is has to say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Proposal {
    /// These items in a block at the given time, which may be none at all.
    Items(Vec<Item>),
    /// Nothing yet: to be asked again when somebody wakes the network, or at this time. The network
    /// still makes a block without items if that is what it takes for the parent to get final.
    Wait(Option<BlockTime>),
}

/// Decides what goes into blocks. Asked from several threads, while blocks are executed.
pub trait Ballot: Send + Sync + 'static {
    /// What to put into a block of this time at this position.
    fn propose(
        &self,
        position: Position<'_>,
        time: BlockTime,
    ) -> Result<Proposal, ApplicationError>;

    /// Whether a block may stand at this position: the same on every node and for ever. Form, height,
    /// parent, size and order in time have been checked, and its hash is that of its contents. A
    /// block without items may stand anywhere. `None` if that cannot be said now, since the machine is too
    /// busy: then there is no vote, and the node goes on.
    fn verify(
        &self,
        position: Position<'_>,
        block: &Block,
    ) -> Result<Option<bool>, ApplicationError>;
}

/// Whom a message is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Recipient {
    /// Every peer that is connected.
    All,
    /// One peer.
    One(PeerKey),
}

/// Messages that a service wants sent. Any of them may be lost.
#[derive(Default, Debug)]
pub struct Outbox {
    messages: Vec<(Recipient, Vec<u8>)>,
}

impl Outbox {
    /// Sends bytes, at most [`crate::MESSAGE_BYTES`]; what is longer is dropped with an error in
    /// the log.
    pub fn send(&mut self, to: Recipient, bytes: Vec<u8>) {
        self.messages.push((to, bytes));
    }

    /// What is to be sent, in order: for whoever drives a service without a network.
    pub fn into_messages(self) -> Vec<(Recipient, Vec<u8>)> {
        self.messages
    }
}

/// A conversation between nodes on a channel of its own, as a state machine without input and
/// output of its own, so that it runs the same way in a simulation. Messages may be lost, repeated
/// and come in any order, and whoever sends them may lie: only who it is, is certain.
pub trait Service: Send + 'static {
    /// Takes a message of a peer. Must not take long.
    fn received(&mut self, from: PeerKey, bytes: &[u8], now: BlockTime, outbox: &mut Outbox);

    /// Does what time or a [`crate::Wake`] asks for, and says when to be asked again at the latest.
    fn tick(&mut self, now: BlockTime, outbox: &mut Outbox) -> BlockTime;
}
