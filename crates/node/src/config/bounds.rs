//! What a number or a text of the settings may be. The file that a node writes says the same bounds.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use idos_types::limits::LOG_FILTER_BYTES;
use serde::{Deserialize, Deserializer, de};

use super::PeersConfig;

/// Nodes of a network that one node knows.
pub(super) const MOST_NODES: Bounds = Bounds {
    least: 4,
    most: 256,
};
/// Blocks that are kept. Those of the last views are, whatever is said: 1 GiB if they are full.
pub(super) const KEPT_BLOCKS_GIB: Bounds = Bounds {
    least: 2,
    most: 65_536,
};
/// Memory for cached pages.
pub(super) const CACHE_MIB: Bounds = Bounds {
    least: 8,
    most: 65_536,
};
/// Connections that read at the same time.
pub(super) const READERS: Bounds = Bounds { least: 1, most: 64 };

/// The least and the most that a number may be.
pub(super) struct Bounds {
    least: u32,
    most: u32,
}

impl Bounds {
    fn read<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<u32, D::Error> {
        let value = u32::deserialize(deserializer)?;
        if (self.least..=self.most).contains(&value) {
            return Ok(value);
        }
        Err(de::Error::custom(format!("{value} is not from {self}")))
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { least, most } = self;
        write!(f, "{least} to {most}")
    }
}

pub(super) fn most_nodes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    MOST_NODES.read(deserializer)
}

pub(super) fn kept_blocks_gib<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    KEPT_BLOCKS_GIB.read(deserializer)
}

pub(super) fn cache_mib<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    CACHE_MIB.read(deserializer)
}

pub(super) fn readers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    READERS.read(deserializer)
}

/// Whether all nodes can come in at this address. An IPv6 socket that takes IPv4 connections too shows
/// their addresses in a form of its own, which is no public address and that of no node: unless both are
/// allowed, it would refuse every node that comes over IPv4, and say nothing.
pub(super) fn accepts_nodes(p2p_listen: SocketAddr, peers: &PeersConfig) -> bool {
    let takes_ipv4 = match p2p_listen.ip() {
        IpAddr::V4(_) => false,
        IpAddr::V6(ip) => ip.is_unspecified() || ip.to_ipv4_mapped().is_some(),
    };
    !takes_ipv4 || (peers.private_addresses && peers.any_source)
}

/// From where the node is started must not decide which file it is.
pub(super) fn vote_marker<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<PathBuf>, D::Error> {
    let path = PathBuf::deserialize(deserializer)?;
    if path.is_absolute() && path.file_name().is_some() {
        return Ok(Some(path));
    }
    Err(de::Error::custom(format!(
        "{} is no path of a file that begins with /",
        path.display()
    )))
}

/// Its syntax is the log's business, which belongs to the binary.
pub(super) fn log_filter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() || text.len() > LOG_FILTER_BYTES {
        return Err(de::Error::custom(format!(
            "a filter has from 1 to {LOG_FILTER_BYTES} bytes"
        )));
    }
    Ok(text)
}
