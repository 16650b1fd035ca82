//! The SDK for Rust: what a person, an issuer, a consumer or an operator needs to work with a
//! network of nodes.
//!
//! * [`Nodes`]: several nodes that count as one; if one does not answer, the next is asked.
//! * [`Wallet`]: whoever signs. Keys in this process are in [`keys`]; others implement the trait.
//! * [`Client`]: reads ([`Client::call`]), writes ([`Client::execute`]), and answers that hold
//!   whatever the nodes say ([`Client::prove`]).
//!
//! An [`Error`] says whose fault it is ([`Error::owner`]). A write whose answer got lost is looked
//! for; only if nobody knows is it [`Error::Unknown`].

mod action;
mod client;
mod error;
mod execute;
pub mod keys;
mod nodes;
mod prove;
mod rows;
mod sign_in;
mod transport;
mod trust;
mod wallet;

#[cfg(test)]
mod testing;

pub use client::Client;
pub use error::{Error, NodeFault, Owner};
pub use execute::Executed;
pub use nodes::{Nodes, NodesError};
pub use prove::proved_answer;
pub use rows::{Cell, Row, Rows};
pub use wallet::{SignError, Signing, Wallet, WalletLink};
