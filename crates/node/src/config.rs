//! How the operator wants this node to run. Nothing here is part of the chain: nodes of one
//! network may differ in all of it.

mod bounds;
mod public_url;
mod settings_file;
mod template;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::start::VOTE_MARKER;

pub use public_url::{PublicUrl, PublicUrlError};
pub use settings_file::SettingsError;
pub(crate) use settings_file::{parse, read};

/// The settings of one node, as in its `config.toml`; what the file leaves out has its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The address and port on which the node answers clients.
    pub listen: SocketAddr,
    /// The address and port on which the node answers other nodes. They reach it at the address
    /// that the chain has for its validator, which leads here.
    pub p2p_listen: SocketAddr,
    /// The address and port on which the node tells its metrics; without one it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics_listen: Option<SocketAddr>,
    /// The URLs under which clients reach the node. Persons sign the one they use when they sign
    /// in; without any, clients on the same machine can sign in, and nobody else.
    #[serde(deserialize_with = "public_url::list")]
    pub public_urls: Vec<PublicUrl>,
    /// How reads are authenticated.
    pub mode: Mode,
    /// Whether session cookies are without `Secure` and with `SameSite=Lax`, as browsers need it where
    /// there is no TLS. Anyone on the way can then take a session.
    pub insecure_cookies: bool,
    /// Whether the last entry of `X-Forwarded-For` is the client's address. Only for a node that
    /// is reached through a proxy and not otherwise: everyone else could send what they like. The
    /// proxy then bounds the connections of each client, since all that come here are its own.
    pub trust_forwarded_for: bool,
    /// Most transactions per minute from one address by senders that the network does not know: no
    /// wallet of a profile, no delegate, no party, no operator of a validator, not the owner.
    pub stranger_writes_per_minute: u32,
    /// GiB of blocks that the node keeps at most for nodes that were away, however young they are. Those of
    /// before it was started are not counted, and go first.
    #[serde(deserialize_with = "bounds::kept_blocks_gib")]
    pub kept_blocks_gib: u32,
    /// Whether the node has an explorer, in which anybody sees blocks, grants and validators. In
    /// [`Mode::Private`] it has none.
    pub explorer: bool,
    /// The file that says up to when the node's key may have voted; without one it is
    /// [`crate::VOTE_MARKER`] in the node's folder. Outside of it, a copy of the folder that is put back
    /// does not take it along.
    #[serde(
        deserialize_with = "bounds::vote_marker",
        skip_serializing_if = "Option::is_none"
    )]
    pub vote_marker: Option<PathBuf>,
    /// The other nodes.
    pub peers: PeersConfig,
    /// The database.
    pub database: DatabaseConfig,
    /// The log.
    pub log: LogConfig,
}

/// What this node expects of the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PeersConfig {
    /// Most nodes of the network, this one included: validators, observers, and those of the epochs
    /// around. Memory is set aside for each. Validators come first.
    #[serde(deserialize_with = "bounds::most_nodes")]
    pub most: u32,
    /// Whether nodes may have private addresses, as on a laptop or in a closed network. Elsewhere a
    /// member could make this node connect to machines of its own network.
    pub private_addresses: bool,
    /// Whether nodes may connect from other addresses than theirs, as they do from behind a gateway.
    /// They prove their key all the same.
    pub any_source: bool,
}

/// How much of the machine the database may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// Memory for cached pages in MiB, all connections together.
    #[serde(deserialize_with = "bounds::cache_mib")]
    pub cache_mib: u32,
    /// Connections that read at the same time.
    #[serde(deserialize_with = "bounds::readers")]
    pub readers: u32,
}

/// What is logged and how. The log goes to standard error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// The form of its lines.
    pub format: LogFormat,
    /// What is logged: a level, or levels by module like `info,idos_node=debug`.
    #[serde(deserialize_with = "bounds::log_filter")]
    pub filter: String,
}

/// How reads are authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// By a session, for actions that need one.
    Open,
    /// By a signature over a challenge, for every read.
    Private,
}

/// The form of the log's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8484)),
            p2p_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8485)),
            metrics_listen: None,
            public_urls: Vec::new(),
            mode: Mode::Open,
            insecure_cookies: false,
            trust_forwarded_for: false,
            stranger_writes_per_minute: 60,
            kept_blocks_gib: 8,
            explorer: true,
            vote_marker: None,
            peers: PeersConfig::default(),
            database: DatabaseConfig::default(),
            log: LogConfig::default(),
        }
    }
}

impl Default for PeersConfig {
    fn default() -> Self {
        Self {
            most: 32,
            private_addresses: false,
            any_source: false,
        }
    }
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            cache_mib: 128,
            readers: 4,
        }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            filter: "info,commonware=warn".to_owned(),
        }
    }
}

impl Config {
    /// Most bytes of blocks that are kept for other nodes.
    pub(crate) fn most_block_bytes(&self) -> u64 {
        u64::from(self.kept_blocks_gib) << 30
    }

    /// The name of the file in a node's folder.
    pub const FILE: &str = "config.toml";

    /// Reads the file of a node's folder.
    pub fn load(home: &Path) -> Result<Self, SettingsError> {
        let path = home.join(Self::FILE);
        read::<Self>(&path)?.consistent(&path)
    }

    /// Reads the text of a file; `path` is for errors.
    pub fn parse(text: &str, path: &Path) -> Result<Self, SettingsError> {
        parse::<Self>(text, path)?.consistent(path)
    }

    /// The file that holds these settings, with a word on each.
    pub fn to_file(&self) -> String {
        template::fill(self)
    }

    /// The URL at which the node answers programs of the same machine.
    pub fn own_url(&self) -> String {
        let mut address = self.listen;
        if address.ip().is_unspecified() {
            address.set_ip(match address.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        format!("http://{address}")
    }

    /// The file that says up to when the key of the node in this folder may have voted.
    pub fn vote_marker_of(&self, home: &Path) -> PathBuf {
        let own = || home.join(VOTE_MARKER);
        self.vote_marker.clone().unwrap_or_else(own)
    }

    /// Whether the node has an explorer.
    pub(crate) fn has_explorer(&self) -> bool {
        self.explorer && self.mode == Mode::Open
    }

    /// What no single value shows.
    fn consistent(self, path: &Path) -> Result<Self, SettingsError> {
        if self.insecure_cookies && self.public_urls.iter().any(PublicUrl::is_https) {
            return Err(SettingsError::Conflict {
                path: path.to_owned(),
                key: "insecure_cookies",
                reason: "must be false when one of `public_urls` is https",
            });
        }
        if !bounds::accepts_nodes(self.p2p_listen, &self.peers) {
            return Err(SettingsError::Conflict {
                path: path.to_owned(),
                key: "p2p_listen",
                reason: "would refuse all nodes that come over IPv4: it must be 0.0.0.0 and the port, or an \
                         IPv6 address of this machine if all nodes have IPv6, unless \
                         `peers.private_addresses` and `peers.any_source` are both true",
            });
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
