//! A node: admits transactions, executes blocks, answers requests. It has no rules of its own; what
//! an action does is `idos-ledger`'s, what the bytes mean `idos-wire`'s.

mod admission;
mod chain;
mod challenges;
mod clock;
pub mod config;
mod copies;
mod entrance;
mod entry;
mod executor;
mod explorer;
mod front;
#[doc(hidden)]
pub mod fuzzing;
pub mod genesis;
mod gossip;
mod gossip_message;
mod http;
mod inspection;
mod intake;
mod kept;
mod life;
mod mempool;
mod metrics;
mod monitoring;
mod node;
mod node_key;
mod nodes;
mod other_version;
mod parts;
mod principal;
mod quota;
pub mod restart;
mod roots;
mod roots_message;
mod rpc;
mod run;
mod sessions;
mod shared;
mod sign_in_nonce;
mod sign_in_proof;
#[cfg(feature = "simulation")]
pub mod simulation;
mod start;
mod sync;
mod sync_message;
#[cfg(test)]
mod testing;
mod unproved;
mod verdict;
mod verified;
mod voter;
mod with_causes;

pub use copies::{CopyError, copy, restore};
pub use executor::{EntryOutcome, Executed, ExecutionError, Executor, Progress, Verified};
pub use http::{OpenFiles, open_files};
pub use idos_consensus::is_private;
pub use idos_store::digest_of_file;
pub use inspection::{
    Inspection, InspectionError, clock_tolerance, genesis_hash, inspect, inspect_rows, is_running,
};
pub use node_key::NodeKey;
pub use rpc::{BEHIND, STALE};
pub use start::{
    CONSENSUS, DATABASE, Running, StartError, StartOptions, VOTE_MARKER, check_vote_marker,
    note_new_key, start,
};
pub use sync::mark::MarkError;
pub use with_causes::WithCauses;
