//! The network explorer, over what anybody may know: what it answers, how that is asked for, and
//! the pages that show it. It reads and sends nothing itself.
//!
//! Nothing in here names a person: no payload, no sender, and of a grant neither its owner nor the
//! digest of what it lets read (`docs/explorer.md`).

mod answer;
pub mod assets;
mod checkpoint;
mod openapi;
mod page;
mod question;

pub use answer::{
    Block, BlockList, BlockSummary, Certified, Grant, GrantList, GrantProof, Motion, MotionList,
    Network, Parameter, PlannedValue, Sizes, Stats, TransactionSummary, Validator, ValidatorList,
};
pub use answer::{CertificateSample, Checkpoint, MinuteSample, Refused};
pub use checkpoint::fingerprint;
pub use openapi::openapi;
pub use page::{
    about, block, blocks, grant, grants, home, motions, not_found, page_of_refusal, search_fault,
    transaction, validators,
};
pub use question::{Asked, Cursor, Fault, Format, Found, GrantsBy, read, search};
