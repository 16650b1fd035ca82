//! How each method is answered, by what it is about.

mod prove;
mod read;
mod sign_in;
pub(crate) mod site;
mod status;
mod write;
