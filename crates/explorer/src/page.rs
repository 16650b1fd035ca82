//! The pages, readable without a script. Whatever they show is escaped by the templates; nothing in
//! them is inline that a strict content policy would refuse.

mod about;
mod block;
mod grant;
mod home;
mod layout;
mod plot;
mod refusal;
mod text;
mod transaction;
mod validators;

pub use about::about;
pub use block::{block, blocks};
pub use grant::{grant, grants};
pub use home::home;
pub use refusal::{not_found, page_of_refusal, search_fault};
pub use transaction::transaction;
pub use validators::{motions, validators};

#[cfg(test)]
mod tests;
