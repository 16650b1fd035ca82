//! The file of settings as a node writes it: every key, and above it what it means.

use serde::Serialize;

use super::{
    Config, DatabaseConfig, LogConfig, PeersConfig,
    bounds::{CACHE_MIB, KEPT_BLOCKS_GIB, MOST_NODES, READERS},
};

/// The file that holds these settings.
pub(super) fn fill(config: &Config) -> String {
    let Config {
        listen,
        p2p_listen,
        metrics_listen,
        public_urls,
        mode,
        insecure_cookies,
        trust_forwarded_for,
        stranger_writes_per_minute,
        kept_blocks_gib,
        explorer,
        vote_marker,
        peers:
            PeersConfig {
                most,
                private_addresses,
                any_source,
            },
        database: DatabaseConfig { cache_mib, readers },
        log: LogConfig { format, filter },
    } = config;
    let metrics_listen = match metrics_listen {
        Some(address) => format!("metrics_listen = {}", value(address)),
        None => "# metrics_listen = \"127.0.0.1:9484\"".to_owned(),
    };
    let vote_marker = match vote_marker {
        Some(path) => format!("vote_marker = {}", value(path)),
        None => "# vote_marker = \"/mnt/votes/idos/vote.marker\"".to_owned(),
    };
    let (listen, p2p_listen) = (value(listen), value(p2p_listen));
    let (public_urls, mode) = (value(public_urls), value(mode));
    let (format, filter) = (value(format), value(filter));
    format!(
        r#"# Settings of this node. Nodes of one network may differ in all of them.
# A key that is left out has its default. The node reads this file when it starts.

# The address and port on which the node answers clients.
listen = {listen}

# The address and port on which the node answers other nodes. They reach it at the address that the
# chain has for its validator, which must lead here: see set_validator_address in docs/governance.md.
# For all IPv4 addresses of this machine "0.0.0.0:8485"; where all nodes have IPv6, an IPv6 address of
# this machine. "[::]" shows the addresses of nodes that come over IPv4 in another form, so it is refused
# unless private_addresses and any_source below are both true.
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

# GiB of blocks that the node keeps at most for nodes that were away, however young they are:
# {KEPT_BLOCKS_GIB}. Those of before it was started are not counted, and go first.
kept_blocks_gib = {kept_blocks_gib}

# The explorer of the network at /explorer/ and /api/v1/: blocks, access grants without their owners,
# validators and votes, for anybody and with a budget of its own. With mode = "private" there is none.
explorer = {explorer}

# The file that says up to when the key of this node may have voted; without it, vote.marker in the
# node's folder. Where the folder or its disk is ever put back to a snapshot, keep it on a disk that is
# not, in a folder of that disk: see docs/network.md, snapshots. Move the file there while the node does
# not run.
{vote_marker}

[peers]
# Most nodes of the network, this one included, with observers and those that join or leave:
# {MOST_NODES}. Memory is set aside for each. Validators come first: other nodes beyond it cannot
# connect, and the node stops when an epoch begins whose validators alone are more.
most = {most}

# Nodes may have private addresses, as on a laptop or in a closed network. Elsewhere a member could
# make this node connect to machines of its own network.
private_addresses = {private_addresses}

# Nodes may connect from other addresses than theirs, as they do from behind a gateway. They prove
# their key all the same.
any_source = {any_source}

[database]
# Memory for cached pages in MiB, all connections together: {CACHE_MIB}.
cache_mib = {cache_mib}

# Connections that read at the same time: {READERS}.
readers = {readers}

[log]
# The form of the lines on standard error: "text" for people, "json" for programs.
format = {format}

# What is logged: off, error, warn, info, debug or trace, also by module: "info,idos_node=debug".
filter = {filter}
"#
    )
}

/// TOML's own rendering of a value; it also escapes text.
fn value(value: &impl Serialize) -> String {
    let value = toml::Value::try_from(value);
    value.map(|value| value.to_string()).unwrap_or_default()
}
