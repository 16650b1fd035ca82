//! The SDK for Rust: what a person, an issuer, a consumer or an operator needs to work with a
//! network of nodes.
//!
//! * [`Nodes`]: several nodes that count as one; if one does not answer, the next is asked.
//! * [`Wallet`]: whoever signs. Keys in this process are in [`keys`]; others implement the trait.
//! * [`Client`]: reads ([`Client::call`]), writes ([`Client::execute`]), and answers that hold
//!   whatever the nodes say ([`Client::prove`]).
//! * [`person`], [`issuer`], [`consumer`]: what each party does, from keys to erasure. What they rely on is proved, but
//!   for a few reads and what became of most writes. A [`FlowError`] names who has to act. `docs/sdk.md` shows each, and
//!   lists what is one node's word.
//! * [`online`]: what a verification lacks, fetched within bounds.
//!
//! An [`Error`] says whose fault it is ([`Error::owner`]). A write whose answer got lost is looked
//! for; only if nobody knows is it [`Error::Unknown`].

mod action;
mod client;
pub mod consumer;
mod effect;
mod error;
mod execute;
mod flow_error;
mod fresh_id;
mod horizon;
pub mod issuer;
pub mod keys;
mod nodes;
mod nonce;
pub mod online;
pub mod party;
pub mod person;
mod prove;
mod proved;
mod rows;
mod sign_in;
pub mod signed_grant;
mod transport;
mod trust;
mod wallet;
mod witnesses;

#[cfg(test)]
mod testing;

pub use client::Client;
pub use error::{Error, NodeFault, Owner};
pub use execute::Executed;
pub use flow_error::{FlowError, NotOpened};
pub use fresh_id::{derived_id, fresh_id};
pub use nodes::{Nodes, NodesError};
pub use prove::proved_answer;
pub use rows::{Cell, Row, Rows};
pub use wallet::{SignError, Signing, Wallet, WalletLink};
