//! Puts transactions into blocks and blocks into an order that never changes, among nodes of which
//! fewer than a third may lie. What is in an item is not known here.
//!
//! The state machine is an [`Execution`], what goes into blocks is decided by a [`Ballot`], and
//! other conversations between nodes are [`Service`]s; [`run`] drives them. No type of the engine
//! appears in this crate's face, and no other crate imports it.

mod application;
mod archives;
mod automaton;
mod backfill;
mod block;
mod chain;
mod channel;
mod clock;
mod codec;
mod converse;
mod early;
mod engine;
mod epochs;
mod error;
mod executor;
mod finalization;
mod folder;
mod inbox;
mod leaders;
mod marker;
mod member;
mod network;
mod new_blocks;
mod observe;
mod on_line;
mod options;
mod peer_queue;
mod run;
mod schemes;
mod services;
mod serving;
mod shared;
#[cfg(any(test, feature = "simulation"))]
pub mod simulation;
mod standstill;
mod stores;
mod wake;

pub use application::{
    ApplicationError, Ballot, Execution, Outbox, Position, Proposal, Recipient, Service, Tip,
    Wanted,
};
pub use archives::BLOCKS_PER_FILE;
pub use block::{Block, Header, HeaderError, Item, PROTOCOLS, Protocols, Turn};
pub use chain::{Chain, Status};
pub use channel::Channel;
pub use converse::converse;
pub use error::ConsensusError;
pub use finalization::is_final;
pub use marker::{check_vote_marker, create_vote_marker};
pub use member::{Member, Membership, MembershipError, PeerKey, SigningKey};
pub use network::is_private;
pub use options::{MESSAGE_BYTES, Options, Parts, Timing, Topic};
pub use peer_queue::{PeerLimits, PeerQueue};
pub use run::run;
pub use wake::Wake;
