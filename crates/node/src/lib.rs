//! A node: admits transactions, executes blocks, answers requests. It has no rules of its own; what
//! an action does is `idos-ledger`'s, what the bytes mean `idos-wire`'s.

mod admission;
mod chain;
mod challenges;
pub mod config;
mod entry;
mod executor;
#[doc(hidden)]
pub mod fuzzing;
pub mod genesis;
mod http;
mod mempool;
mod node;
mod node_key;
mod quota;
mod rpc;
mod run;
mod sessions;
mod shared;
mod sign_in_proof;
mod start;
mod verdict;

pub use executor::{EntryOutcome, Executed, ExecutionError, Executor, Progress, Verified};
pub use node_key::NodeKey;
pub use start::{Running, StartError, StartOptions, start};
