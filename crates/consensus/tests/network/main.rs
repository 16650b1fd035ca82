//! Whole networks of a toy application.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail loudly"
)]

mod adversaries;
mod agreement;
mod backfill;
mod chaos;
mod epochs;
mod faults;
mod sockets;
mod toy;
mod versions;
