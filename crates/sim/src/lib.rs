//! Whole networks of real nodes in one thread and in virtual time, as a seed has them: clients that
//! do everything the catalogue offers, crashes, partitions, lost messages and disks, and fewer than a
//! third of nodes that betray the others. What must hold is checked at every block, and the same
//! seed plays the same game again.
//!
//! Layer 5, for development only: nothing that is released uses it. `docs/simulation.md` says how
//! to run it, and where a new adversary or a new invariant goes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a simulation fails by panicking, with the seed that plays it again"
)]

mod absence;
pub mod adversary;
mod auditor;
mod clients;
mod expected;
mod far_apart;
mod faults;
mod final_check;
mod game;
mod peer;
mod plant;
mod random;
#[path = "../../node/tests/support/mod.rs"]
mod support;
mod truth;
mod turnover;
mod votes;
mod witness;
mod world;

pub use far_apart::FarApart;
pub use game::{Settings, Summary, play};
pub use plant::Plant;
pub use turnover::Newcomer;
