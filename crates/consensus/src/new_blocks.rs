//! How new blocks are spread, and how many wait in memory to be voted for.

use commonware_broadcast::buffered;
use commonware_p2p::Provider;
use commonware_parallel::Sequential;

use crate::{Protocols, engine::MAILBOX, shared::EngineKey};

/// New blocks of one peer that are kept in memory, until later ones of the same peer push them out. What
/// is looked at is stored at once and not needed here any more. So these are the block of a turn, one that
/// was given up for it, and one that the peer passes on to somebody who was silent. What is pushed out too
/// early is fetched.
const BLOCKS_OF_PEER: usize = 3;

/// How the bodies of new blocks are spread.
pub(crate) fn spreads_blocks<P>(
    own_key: EngineKey,
    peers: P,
    protocols: Protocols,
) -> buffered::Config<EngineKey, Protocols, P, Sequential>
where
    P: Provider<PublicKey = EngineKey>,
{
    buffered::Config {
        public_key: own_key,
        mailbox_size: MAILBOX,
        deque_size: BLOCKS_OF_PEER,
        priority: true,
        codec_config: protocols,
        peer_provider: peers,
        strategy: Sequential,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use commonware_codec::Encode as _;
    use commonware_cryptography::Digestible as _;
    use commonware_p2p::{
        AddressableManager as _, AddressableTrackedPeers, Recipients, Sender as _,
        simulated::{self, Link},
    };
    use commonware_runtime::{Clock as _, IoBuf, Runner as _, Supervisor as _, deterministic};
    use commonware_utils::{NZUsize, Probability, ordered::Map};
    use idos_types::{
        BlockTime, Digest,
        limits::{BLOCK_BYTES, TRANSACTION_BYTES},
    };

    use super::*;
    use crate::{
        Block, Channel, Header, Item, PROTOCOLS, SigningKey, Turn, codec::Body,
        engine::largest_message,
    };

    /// Validators that send all they can.
    const VALIDATORS: u8 = 4;
    /// How many full blocks each sends.
    const SENT: u64 = 8;

    fn key(number: u8) -> EngineKey {
        SigningKey::from_seed([number; 32])
            .peer_key()
            .engine()
            .unwrap()
    }

    /// As large as blocks get, and different for each validator and view.
    fn full(number: u8, view: u64) -> Body {
        let parent = Header::genesis(BlockTime::from_millis(1), Digest::of(b"network"));
        let turn = Turn {
            view,
            ..Turn::default()
        };
        let item = vec![number; TRANSACTION_BYTES];
        let items = vec![Item::new(item); BLOCK_BYTES / TRANSACTION_BYTES];
        Body::new(Block::new(&parent, BlockTime::from_millis(2), turn, items)).unwrap()
    }

    #[test]
    fn of_a_validator_that_floods_a_few_blocks_stay_in_memory() {
        deterministic::Runner::timed(Duration::from_secs(600)).start(|context| async move {
            let (network, oracle) = simulated::Network::new(
                context.child("network"),
                simulated::Config {
                    max_size: largest_message(),
                    max_peers_per_set: NZUsize!(8),
                    disconnect_on_block: true,
                    tracked_peer_sets: NZUsize!(2),
                },
            );
            network.start();
            let address = commonware_p2p::Address::Symmetric(([10, 0, 0, 1], 1).into());
            let all = (0..=VALIDATORS).map(|number| (key(number), address.clone()));
            let tracked = AddressableTrackedPeers::new(Map::from_iter_dedup(all), Map::default());
            let mut peers = oracle.socket_manager();
            let _ = peers.track(0, tracked);
            let blocks = Channel::Blocks;
            let own = oracle.control(key(0));
            let own = own.register(blocks.number(), blocks.quota()).await.unwrap();
            let (engine, mailbox) = buffered::Engine::<_, _, Body, _, _>::new(
                context.child("blocks"),
                spreads_blocks(key(0), peers, PROTOCOLS),
            );
            engine.start(own);

            let mut sent = Vec::new();
            for number in 1..=VALIDATORS {
                let link = Link {
                    latency: Duration::from_millis(1),
                    jitter: Duration::ZERO,
                    success_rate: Probability::new(1, 1).unwrap(),
                };
                oracle.add_link(key(number), key(0), link).await.unwrap();
                let theirs = oracle.control(key(number));
                let theirs = theirs.register(blocks.number(), blocks.quota()).await;
                let (mut sender, _receiver) = theirs.unwrap();
                for view in 1..=SENT {
                    let block = full(number, view);
                    let bytes = IoBuf::from(block.encode());
                    sender.send(Recipients::One(key(0)), bytes, false);
                    sent.push((view, block.digest()));
                    context.sleep(Duration::from_secs(1)).await;
                }
            }
            let mut kept = Vec::new();
            for (view, digest) in sent {
                if mailbox.get(digest).await.is_some() {
                    kept.push(view);
                }
            }
            // The newest of each: 36 MB.
            assert_eq!(kept, [6, 7, 8].repeat(VALIDATORS.into()));
        });
    }
}
