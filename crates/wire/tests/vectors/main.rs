//! Everything that was recorded from unmodified clients, through the public surface.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

mod calls;
mod ids;
mod payloads;
mod recorded;
mod sdk;
mod transactions;
