//! HTTP connections of every server of this product: how many, how long, and how they end.
//!
//! Whatever a client sends, and however slowly, it can hold one connection for a bounded time. What
//! is answered, and how long a body may be, is the matter of whoever answers.

mod accept;
mod bounds;
mod connection;
mod forwarded;
mod site;
mod stall;

pub use accept::accept;
pub use bounds::Bounds;
pub use forwarded::client_address;
pub use site::{Answering, Busy, Peer, Site};
