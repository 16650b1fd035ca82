//! A network on a temporary database, driven by real signed transactions, without any node around
//! it: blocks are executed one by one, at the times that a test says.
#![allow(dead_code, reason = "every test uses a part of it")]

pub(crate) mod call;
pub(crate) mod dump;
pub(crate) mod key;
pub(crate) mod network;
pub(crate) mod people;
pub(crate) mod signed;
pub(crate) mod validators;

use idos_types::{BlockTime, Digest, Uuid};

/// The id that a name stands for.
pub(crate) fn id(name: &str) -> Uuid {
    let digest = Digest::of(name.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.0[..16]);
    Uuid::from_bytes(bytes)
}

/// Seconds since 1970 in the form of signed dates.
pub(crate) fn date(seconds: i64) -> String {
    BlockTime::from_millis(u64::try_from(seconds).unwrap() * 1000).rfc3339()
}
