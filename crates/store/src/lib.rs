//! The relational database of a node: rows of the state, blocks, receipts and bodies of
//! transactions, in SQLite.
//!
//! One [`Writer`] changes it, one block per transaction ([`BlockWrite`]); any number of threads read
//! it through [`Readers`], each read a [`Snapshot`] of one committed height. Both answer what
//! [`idos_ledger::State`] asks, from the same queries: each module of a table family is the one
//! place that knows how its rows map to SQL. The schema is in `migrations/`.
//!
//! What is deleted or replaced is overwritten in the database file (`secure_delete`, and `scrub` where that does not
//! reach), and gone from it and from the write-ahead log once [`Writer::checkpoint`] says so.

mod access;
mod accounts;
mod apply;
mod attribute_grants;
mod attributes;
mod backup;
mod blocks;
mod certificates;
mod checkpoint;
mod contents;
mod counts;
mod credentials;
mod derived;
mod due;
mod error;
mod evidence;
mod folder_lock;
mod grants;
mod held_up;
mod history;
mod inserters;
mod leaf_changes;
mod leaf_rows;
mod leaf_sum;
mod log_pages;
mod look;
mod marks;
mod meta;
mod migrate;
mod motions;
mod open;
mod overview;
mod page_gap;
mod parameters;
mod parties;
mod pool;
mod provable;
mod put;
mod receipts;
mod rows;
mod salt;
mod scrub;
mod sessions;
mod set_changes;
mod spent;
mod sql;
mod state;
mod state_tree;
mod sync;
mod table;
mod undo_map;
mod unwritten;
mod users;
mod validators;
mod wallets;
mod write;

#[cfg(test)]
mod tests;

pub use accounts::{AccountDigest, FoundAccount};
pub use backup::{Copied, digest_of_file};
pub use blocks::{Head, NewBlock};
pub use checkpoint::Checkpoint;
pub use error::StoreError;
pub use evidence::EvidenceError;
pub use folder_lock::FolderLock;
pub use history::History;
pub use open::{Database, Options};
pub use overview::{GrantCursor, GrantProof, Listed, Sizes};
pub use pool::{Pin, Readers, Snapshot};
pub use receipts::{Body, Receipt};
pub use rows::StoredRow;
pub use salt::SaltSeed;
pub use state_tree::TreeFault;
pub use sync::SyncWriter;
pub use write::{BlockWrite, Writer};
