//! The state tree: what every row of the state is committed by.
//!
//! The tree is a path-compressed binary radix tree over leaves of 64-byte keys. What its root is
//! for a set of leaves says a recursion of five lines ([`root_of`]); everything else here is a
//! faster way to the same root: [`Tree`] keeps it up to date in pages that the caller stores,
//! [`RootBuilder`] and [`PageBuilder`] compute it from a stream. Equal leaves give equal roots and
//! equal pages, whatever the history.
//!
//! A [`Proof`] shows that a [`Claim`] is true of the tree with a certain root, a [`RootCertificate`]
//! that the validators of an epoch computed that root, and a [`LightClient`] knows which validators
//! an epoch has.
//!
//! Everything here is a pure function of its arguments: no clock, no disk, no network, no
//! randomness. The byte formats are frozen: whoever changes one adds a version.

mod certificate;
mod chain_id;
mod claim;
mod difference;
mod key;
mod leaf;
mod light_client;
mod locate;
mod node;
mod page;
mod page_builder;
mod prefix;
mod proof;
mod prove;
mod root;
mod root_builder;
mod spec;
mod statement;
mod tree;
mod update;
mod validators;

pub use certificate::{CertificateError, RootCertificate};
pub use chain_id::{ChainId, ChainIdError};
pub use claim::{Claim, ClaimError};
pub use difference::{Children, ChildrenError, Difference, Part};
pub use key::{Element, LeafKey, ListId};
pub use leaf::{Leaf, LeafValue};
pub use light_client::{Freshness, LightClient, LightClientError, SetChange, SetChangeError};
pub use page::{Page, PageError, PageId};
pub use page_builder::PageBuilder;
pub use prefix::Prefix;
pub use proof::{DecodeError, Proof, Sibling, Witness};
pub use prove::ListPage;
pub use root::Root;
pub use root_builder::{OutOfOrder, RootBuilder};
pub use spec::root_of;
pub use statement::{RootStatement, StatementError};
pub use tree::{Pages, Tree, TreeError};
pub use update::{Change, Update};
pub use validators::{ValidatorSet, ValidatorSetError};
