//! How each method is answered, by what it is about.

pub(crate) mod prove;
mod read;
mod set_changes;
mod sign_in;
pub(crate) mod site;
mod status;
mod write;

pub use status::{BEHIND, STALE};
