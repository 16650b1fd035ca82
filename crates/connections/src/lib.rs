//! HTTP connections of every server of this product: how many, how long, and how they end.
//!
//! A head that does not come ends a connection after a while, and so does an answer that nobody takes, or
//! too slowly. What is answered, and how large a body may be and how long it may take, is the matter of whoever answers.
//! Of what they answer they count here how much one address asks within a minute.

mod accept;
mod bounds;
mod connection;
mod forwarded;
mod host;
mod household;
mod households;
mod places;
mod quota;
mod site;
mod stall;

pub use accept::accept;
pub use bounds::Bounds;
pub use forwarded::client_address;
pub use host::{names_an_address, names_this_machine};
pub use household::{Group, household};
pub use households::{Full, Households, Seat};
pub use places::{Place, Places};
pub use quota::{Quota, Taken};
pub use site::{Answering, Busy, Peer, Site};
