//! How the operator wants this node to run. Nothing here is part of the chain: nodes of one
//! network may differ in all of it.

mod public_url;
mod settings_file;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
};

use idos_types::limits::LOG_FILTER_BYTES;
use serde::{Deserialize, Deserializer, Serialize, de};

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
    /// Whether session cookies are without `Secure` and `SameSite=Lax`, which browsers need where
    /// there is no TLS. Anyone on the way can then take a session.
    pub insecure_cookies: bool,
    /// Whether the last entry of `X-Forwarded-For` is the client's address. Only for a node that
    /// is reached through a proxy and not otherwise: everyone else could send what they like. The
    /// proxy then bounds the connections of each client, since all that come here are its own.
    pub trust_forwarded_for: bool,
    /// Most transactions per minute from one address by senders that the network does not know: no
    /// wallet of a profile, no delegate, no party, no operator of a validator, not the owner.
    pub stranger_writes_per_minute: u32,
    /// Whether the node has an explorer, in which anybody sees blocks, grants and validators. In
    /// [`Mode::Private`] it has none.
    pub explorer: bool,
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
    #[serde(deserialize_with = "most_nodes")]
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
    #[serde(deserialize_with = "cache_mib")]
    pub cache_mib: u32,
    /// Connections that read at the same time.
    #[serde(deserialize_with = "readers")]
    pub readers: u32,
}

/// What is logged and how. The log goes to standard error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// The form of its lines.
    pub format: LogFormat,
    /// What is logged: a level, or levels by module like `info,idos_node=debug`.
    #[serde(deserialize_with = "filter")]
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
            explorer: true,
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
        // TOML's own rendering of a value; it also escapes text.
        let value = |value: &dyn Fn() -> Result<toml::Value, toml::ser::Error>| {
            value().map(|value| value.to_string()).unwrap_or_default()
        };
        let listen = value(&|| toml::Value::try_from(self.listen));
        let p2p_listen = value(&|| toml::Value::try_from(self.p2p_listen));
        let metrics_listen = match self.metrics_listen {
            Some(address) => format!("metrics_listen = \"{address}\""),
            None => "# metrics_listen = \"127.0.0.1:9484\"".to_owned(),
        };
        let public_urls = value(&|| toml::Value::try_from(&self.public_urls));
        let mode = value(&|| toml::Value::try_from(self.mode));
        let format = value(&|| toml::Value::try_from(self.log.format));
        let filter = value(&|| toml::Value::try_from(&self.log.filter));
        let Self {
            insecure_cookies,
            trust_forwarded_for,
            stranger_writes_per_minute,
            explorer,
            peers:
                PeersConfig {
                    most,
                    private_addresses,
                    any_source,
                },
            database: DatabaseConfig { cache_mib, readers },
            ..
        } = self;
        format!(
            r#"# Settings of this node. Nodes of one network may differ in all of them.
# A key that is left out has its default. The node reads this file when it starts.

# The address and port on which the node answers clients.
listen = {listen}

# The address and port on which the node answers other nodes. They reach it at the address that the
# chain has for its validator, which must lead here: see set_validator_address in docs/governance.md.
p2p_listen = {p2p_listen}

# The address and port on which GET /metrics tells the metrics of the node to Prometheus. Anyone who
# gets there may read them: keep it to this machine or to a network of operators. Without it, nothing
# listens.
{metrics_listen}

# The URLs under which clients reach the node, like "https://node.example.org". Persons sign the one
# they use when they sign in, so it must be spelled as in the clients' settings. While there are
# none, clients on the same machine can sign in, and nobody else.
public_urls = {public_urls}

# How reads are authenticated: "open" asks for a session where an action needs one, "private" for
# a signature on every read.
mode = {mode}

# Session cookies without Secure and with SameSite=Lax. Only for development over plain HTTP:
# anyone on the way can then take a session.
insecure_cookies = {insecure_cookies}

# Take the client's address from the last entry of X-Forwarded-For. Only behind a proxy that writes
# it, and when clients cannot reach the node past the proxy. The proxy then has to bound the
# connections of each client: all that come here are its own. If this is false, those of one address
# are bounded here, whatever is in front.
trust_forwarded_for = {trust_forwarded_for}

# Most transactions per minute from one address by senders that the network does not know: no wallet
# of a profile, no delegate, no party, no operator of a validator, not the owner.
stranger_writes_per_minute = {stranger_writes_per_minute}

# The explorer of the network at /explorer/ and /api/v1/: blocks, access grants without their owners,
# validators and votes, for anybody and with a budget of its own. With mode = "private" there is none.
explorer = {explorer}

[peers]
# Most nodes of the network, this one included, with observers and those that join or leave: 4 to
# 256. Memory is set aside for each. Validators come first: other nodes beyond it cannot connect, and
# the node stops when an epoch begins whose validators alone are more.
most = {most}

# Nodes may have private addresses, as on a laptop or in a closed network. Elsewhere a member could
# make this node connect to machines of its own network.
private_addresses = {private_addresses}

# Nodes may connect from other addresses than theirs, as they do from behind a gateway. They prove
# their key all the same.
any_source = {any_source}

[database]
# Memory for cached pages in MiB, all connections together: 8 to 65536.
cache_mib = {cache_mib}

# Connections that read at the same time: 1 to 64.
readers = {readers}

[log]
# The form of the lines on standard error: "text" for people, "json" for programs.
format = {format}

# What is logged: off, error, warn, info, debug or trace, also by module: "info,idos_node=debug".
filter = {filter}
"#
        )
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
        Ok(self)
    }
}

fn most_nodes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    between(deserializer, 4, 256)
}

fn cache_mib<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    between(deserializer, 8, 65_536)
}

fn readers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    between(deserializer, 1, 64)
}

fn between<'de, D: Deserializer<'de>>(
    deserializer: D,
    least: u32,
    most: u32,
) -> Result<u32, D::Error> {
    let value = u32::deserialize(deserializer)?;
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(de::Error::custom(format!(
        "{value} is not from {least} to {most}"
    )))
}

/// Its syntax is the log's business, which belongs to the binary.
fn filter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() || text.len() > LOG_FILTER_BYTES {
        return Err(de::Error::custom(format!(
            "a filter has from 1 to {LOG_FILTER_BYTES} bytes"
        )));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    fn config(text: &str) -> Result<Config, SettingsError> {
        Config::parse(text, Path::new("config.toml"))
    }

    /// Every path of a key in a table.
    fn keys(table: &toml::Table) -> Vec<String> {
        let mut keys = Vec::new();
        for (key, value) in table {
            match value.as_table() {
                Some(inner) => keys.extend(self::keys(inner).iter().map(|k| format!("{key}.{k}"))),
                None => keys.push(key.clone()),
            }
        }
        keys
    }

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(config("").unwrap(), Config::default());
        assert_eq!(config("[database]\n[log]\n").unwrap(), Config::default());
    }

    #[test]
    fn the_written_file_is_the_settings_and_names_every_key() {
        let other = Config {
            listen: "[::]:80".parse().unwrap(),
            p2p_listen: "[::]:81".parse().unwrap(),
            metrics_listen: Some("[::1]:82".parse().unwrap()),
            public_urls: vec![PublicUrl::parse("http://a.example/x").unwrap()],
            mode: Mode::Private,
            insecure_cookies: true,
            trust_forwarded_for: true,
            stranger_writes_per_minute: 0,
            explorer: false,
            peers: PeersConfig {
                most: 256,
                private_addresses: true,
                any_source: true,
            },
            database: DatabaseConfig {
                cache_mib: 8,
                readers: 64,
            },
            log: LogConfig {
                format: LogFormat::Json,
                filter: "a\"\\\n=debug".to_owned(),
            },
        };
        for settings in [Config::default(), other] {
            let text = settings.to_file();
            assert_eq!(config(&text).unwrap(), settings);
            let written: toml::Table = text.parse().unwrap();
            assert_eq!(
                keys(&written),
                keys(&toml::Table::try_from(&settings).unwrap())
            );
        }
    }

    #[test]
    fn programs_of_the_same_machine_ask_where_the_node_listens() {
        for (listen, url) in [
            ("127.0.0.1:8484", "http://127.0.0.1:8484"),
            ("192.0.2.1:80", "http://192.0.2.1:80"),
            ("0.0.0.0:8484", "http://127.0.0.1:8484"),
            ("[::]:8484", "http://[::1]:8484"),
        ] {
            let config = Config {
                listen: listen.parse().unwrap(),
                ..Config::default()
            };
            assert_eq!(config.own_url(), url);
        }
    }

    #[test]
    fn every_key_of_the_written_file_has_its_comment() {
        let text = Config::default().to_file();
        let lines: Vec<_> = text.lines().collect();
        for pair in lines.windows(2) {
            if pair[1].contains(" = ") && !pair[1].starts_with('#') {
                assert!(pair[0].starts_with("# "), "{}", pair[1]);
            }
        }
    }

    #[test]
    fn errors_name_the_key_and_keep_their_cause() {
        for (text, key, cause) in [
            ("listen = 'localhost:1'", "listen", "socket address"),
            ("listen = 8484", "listen", "integer"),
            ("p2p_listen = '8485'", "p2p_listen", "socket address"),
            ("metrics_listen = 'on'", "metrics_listen", "socket address"),
            ("public_urls = 'https://a'", "public_urls", "sequence"),
            (
                "public_urls = ['https://a', 'b']",
                "public_urls",
                "begins with http",
            ),
            (
                "public_urls = ['https://a', 'https://A/']",
                "public_urls",
                "twice",
            ),
            ("mode = 'Open'", "mode", "unknown variant"),
            ("insecure_cookies = 'yes'", "insecure_cookies", "boolean"),
            ("trust_forwarded_for = 1", "trust_forwarded_for", "boolean"),
            ("[peers]\nmost = 3", "peers.most", "from 4 to 256"),
            (
                "stranger_writes_per_minute = -1",
                "stranger_writes_per_minute",
                "-1",
            ),
            (
                "stranger_writes_per_minute = 4294967296",
                "stranger_writes_per_minute",
                "u32",
            ),
            (
                "[database]\ncache_mib = 7",
                "database.cache_mib",
                "from 8 to 65536",
            ),
            (
                "[database]\ncache_mib = 65537",
                "database.cache_mib",
                "from 8 to 65536",
            ),
            (
                "[database]\nreaders = 0",
                "database.readers",
                "from 1 to 64",
            ),
            (
                "[database]\nreaders = 65",
                "database.readers",
                "from 1 to 64",
            ),
            ("database.readers = 'x'", "database.readers", "string"),
            (
                "database = { readers = 65 }",
                "database.readers",
                "from 1 to 64",
            ),
            ("database = 1", "database", "integer"),
            ("[log]\nformat = 'xml'", "log.format", "unknown variant"),
            ("[log]\nfilter = ''", "log.filter", "from 1 to 1024"),
            ("[log]\nfilter = ['info']", "log.filter", "sequence"),
            ("listn = ''", "listn", "unknown field"),
            ("[database]\nx.y = 1", "database.x", "unknown field"),
            ("[logs]\nformat = 'text'", "logs", "unknown field"),
        ] {
            let error = config(text).unwrap_err();
            let SettingsError::Key { key: named, .. } = &error else {
                panic!("{text}: {error}");
            };
            assert_eq!(named, key, "{text}");
            assert!(error.to_string().contains("config.toml"));
            assert!(error.to_string().contains("the operator must"));
            let source = error.source().unwrap().to_string();
            assert!(source.contains(cause), "{text}: {source}");
        }
    }

    #[test]
    fn lists_and_texts_are_bounded() {
        let urls = |count| {
            let urls: Vec<_> = (0..count).map(|n| format!("'https://a{n}'")).collect();
            config(&format!("public_urls = [{}]", urls.join(",")))
        };
        assert_eq!(urls(16).unwrap().public_urls.len(), 16);
        assert!(matches!(urls(17), Err(SettingsError::Key { .. })));
        let filter = |len| config(&format!("[log]\nfilter = '{}'", "a".repeat(len)));
        assert!(filter(1024).is_ok());
        assert!(matches!(filter(1025), Err(SettingsError::Key { .. })));
    }

    #[test]
    fn what_is_no_toml_is_named_by_its_line() {
        for text in [
            "listen",
            "listen = ",
            "= 1",
            "a = 1\na = 2",
            "\u{0}",
            "[[[[",
        ] {
            let error = config(text).unwrap_err();
            assert!(matches!(error, SettingsError::Invalid { .. }), "{text}");
            assert!(error.source().unwrap().to_string().contains("line "));
        }
        assert!(config(&format!("a = {}", "[".repeat(10_000))).is_err());
    }

    #[test]
    fn insecure_cookies_exclude_https() {
        let both = "insecure_cookies = true\npublic_urls = ['http://a', 'https://b']";
        let error = config(both).unwrap_err();
        assert!(matches!(
            error,
            SettingsError::Conflict {
                key: "insecure_cookies",
                ..
            }
        ));
        assert!(config("insecure_cookies = true\npublic_urls = ['http://a']").is_ok());
    }

    #[test]
    fn files_are_read_within_bounds() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(Config::FILE);
        let load = || Config::load(home.path());
        assert!(matches!(load(), Err(SettingsError::Read { .. })));
        std::fs::write(&path, Config::default().to_file()).unwrap();
        assert_eq!(load().unwrap(), Config::default());
        std::fs::write(&path, b"# \xff").unwrap();
        assert!(matches!(load(), Err(SettingsError::Read { .. })));
        std::fs::write(&path, "#".repeat(64 * 1024)).unwrap();
        assert!(load().is_ok());
        std::fs::write(&path, "#".repeat(64 * 1024 + 1)).unwrap();
        assert!(matches!(load(), Err(SettingsError::TooLarge { .. })));
    }
}
