//! A real node as a process, and a client of a few lines. The crates' own types build what it
//! sends; the published client is tested in `npm_client.rs`.

#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod client;
pub(crate) mod devnet;
pub(crate) mod lan;
pub(crate) mod load;
pub(crate) mod network;
pub(crate) mod node;
pub(crate) mod operator;
pub(crate) mod proxy;
pub(crate) mod sdk;
pub(crate) mod terminal;
pub(crate) mod world;
