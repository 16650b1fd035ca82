//! Encrypted connections between the nodes that know each other.

use std::{
    net::{IpAddr, TcpListener},
    num::NonZeroUsize,
    time::Duration,
};

use commonware_cryptography::ChaCha20Poly1305;
use commonware_p2p::authenticated::lookup;
use commonware_runtime::{Quota, Supervisor as _, tokio};
use commonware_stream::{
    cups::{self, Cups},
    sake::{self, Sake},
};
use commonware_utils::{IpAddrExt, NZU32, NZUsize};

use crate::{
    ConsensusError, Options,
    channel::{Channel, Channels},
    engine::{Network, largest_message},
    shared::EngineKey,
};

/// Messages that may wait before a peer's line: what a busy network says in half a second. How many
/// bytes of blocks that were missed and of services are among them, those say who send them; new blocks
/// are few.
const LINE: NonZeroUsize = NZUsize!(512);

/// How long a line may be silent, and one message may take, before the line is made anew. TCP by itself
/// waits about as long again as a break lasted, up to minutes, before it tries a line the next time.
/// A full block that goes to all peers at once has to fit into this time.
pub(crate) const SILENCE: Duration = Duration::from_secs(20);
/// How often something is said on each line. Peers take half of that as the least time between two.
const PING: Duration = Duration::from_secs(5);
/// How long an attempt to connect may take, handshake included: TCP asks again after 1, 3 and 7 seconds,
/// a new attempt does so at once.
const DIAL: Duration = Duration::from_secs(4);

type Sender = lookup::Sender<EngineKey, tokio::Context>;
type Receiver = lookup::Receiver<EngineKey>;
type Oracle = lookup::Oracle<EngineKey>;

/// Fails where the network would, but with an error that says why.
pub(crate) fn check_listen(options: &Options) -> Result<(), ConsensusError> {
    match TcpListener::bind(options.listen) {
        Ok(_) => Ok(()),
        Err(source) => Err(ConsensusError::Bind {
            address: options.listen,
            source,
        }),
    }
}

/// Whether a node connects to this address only with [`Options::private_addresses`].
pub fn is_private(address: IpAddr) -> bool {
    !IpAddrExt::is_global(&address)
}

/// Connects to the nodes that [`Network::manager`] is told about.
pub(crate) async fn connect(
    context: &tokio::Context,
    options: &Options,
) -> Network<Oracle, Oracle, Sender, Receiver> {
    let handshake = Cups::<_, ChaCha20Poly1305>::new(
        Sake {
            signer: options.key.engine(),
            // Nodes need a clock that is right to seconds: block times come from it.
            synchrony_bound: Duration::from_secs(5),
            max_handshake_age: Duration::from_secs(10),
            version: sake::Version::V1,
        },
        cups::Version::V1,
    );
    let config = lookup::Config {
        handshake,
        // Not that of votes: nothing signed for one purpose is valid for the other.
        namespace: [b"idos/p2p/v1/", options.chain_id.as_bytes()].concat(),
        listen: options.listen,
        allow_private_ips: options.private_addresses,
        allow_dns: false,
        bypass_ip_check: options.any_source,
        max_message_size: largest_message(),
        max_peers_per_set: options.max_peers,
        mailbox_size: LINE,
        // Each has the time of one.
        send_batch_size: NZUsize!(1),
        handshake_timeout: DIAL,
        dial_timeout: DIAL,
        // A restarted node is back at once.
        peer_connection_cooldown: Duration::from_secs(1),
        max_concurrent_handshakes: NZU32!(256),
        allowed_handshake_rate_per_ip: Quota::per_second(NZU32!(16)),
        allowed_handshake_rate_per_subnet: Quota::per_second(NZU32!(64)),
        ping_frequency: PING,
        dial_frequency: Duration::from_millis(500),
        // Every set contains the members of the epochs around it.
        tracked_peer_sets: NZUsize!(2),
        block_duration: Duration::from_secs(3_600),
    };
    let (mut network, oracle) = lookup::Network::new(context.child("network"), config);
    let register = async |channel: Channel| network.register(channel.number(), channel.quota());
    let channels = Channels::with(register).await;
    network.start();
    Network {
        manager: oracle.clone(),
        blocker: oracle,
        channels,
    }
}
