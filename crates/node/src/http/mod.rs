//! The HTTP server: routes, limits and deadlines around a [`Backend`].
//!
//! Whatever a client sends or takes, and however slowly: a request holds its connection and its bytes for
//! a bounded time, an answer as long as the client takes it at a least rate, and all households have shares
//! of the turns and of the bytes that are held. Nobody waits for room while holding a turn. What is refused is refused with
//! a status and a text that say which limit was met. Nothing that could name a person is logged: no address, no body, no cookie, and
//! of the path only which route it is.

mod backend;
mod body;
mod explorer;
mod facts;
mod limits;
mod monitor;
mod open_files;
mod refusal;
mod respond;
mod room;
mod routes;
mod serve;
#[cfg(test)]
mod tests;
mod turns;

pub(crate) use backend::{Backend, Health, Reply, RequestFacts};
pub(crate) use limits::Limits;
pub(crate) use monitor::{Render, serve_metrics};
pub(crate) use open_files::room_for_blocks;
pub use open_files::{OpenFiles, open_files};
pub(crate) use refusal::Refusal;
pub(crate) use room::Room;
pub(crate) use serve::{Options, serve};
#[cfg(test)]
pub(crate) use turns::Turns;
pub(crate) use turns::{ManyWait, Turn};
