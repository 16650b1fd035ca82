//! What others may see of a running network.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError, RwLock},
};

use futures::future::BoxFuture;

use crate::{Membership, PeerKey};

/// In how many counts in a row a node was connected before it counts as a voter: in two and a half
/// seconds an idle network ends a view, and whoever hears of that learns what it missed.
const STEADY: u32 = 6;

/// A handle to a running network; clones are the same handle. Before the network runs, and after,
/// there is nothing to see.
#[derive(Clone, Default)]
pub struct Chain(Arc<RwLock<Shared>>);

/// Where a node stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Status {
    /// The epoch that the node takes part in.
    pub epoch: u64,
    /// The newest view of it that the node knows to be over.
    pub view: u64,
    /// Whether the node votes in this epoch.
    pub votes: bool,
    /// The height of the newest block that the node knows to be final, executed or not; 0 before it
    /// heard of one.
    pub finalized: u64,
    /// Other nodes that are connected.
    pub peers: usize,
    /// Those of them that are validators of this epoch, and have been connected for long enough to
    /// have told where the network is.
    pub voters: usize,
}

#[derive(Default)]
struct Shared {
    status: Status,
    /// The validators of the epoch.
    validators: BTreeSet<PeerKey>,
    /// The other nodes that are connected, and how often they were found so in a row.
    connected: BTreeMap<PeerKey, u32>,
    engine: Option<Arc<dyn Engine>>,
}

/// What a running engine answers.
pub(crate) trait Engine: Send + Sync {
    /// The finalization certificate of a height in the encoding of the engine.
    fn finalization(&self, height: u64) -> BoxFuture<'static, Option<Vec<u8>>>;

    /// Metrics in the text format of Prometheus.
    fn metrics(&self) -> String;
}

impl Chain {
    /// Where the node stands.
    pub fn status(&self) -> Status {
        self.shared(|shared| shared.status)
    }

    /// The certificate that more than two thirds of the validators of its epoch signed for the
    /// block of a height; `None` if this node has none, since not every block has one of its own:
    /// the certificate of a later block covers those before it.
    pub async fn finalization(&self, height: u64) -> Option<Vec<u8>> {
        let engine = self.shared(|shared| shared.engine.clone())?;
        engine.finalization(height).await
    }

    /// Metrics of the engine in the text format of Prometheus; empty while it does not run.
    pub fn metrics(&self) -> String {
        self.shared(|shared| shared.engine.clone())
            .map(|engine| engine.metrics())
            .unwrap_or_default()
    }

    /// Lets an engine answer until what is returned is dropped.
    pub(crate) fn attach(&self, engine: Arc<dyn Engine>) -> Attached {
        self.change(|shared| shared.engine = Some(engine));
        Attached(self.clone())
    }

    /// Says that the node takes part in an epoch of these members.
    pub(crate) fn entered(&self, epoch: u64, members: &Membership, votes: bool) {
        let validators = members.validators().iter().map(|member| member.key);
        self.change(|shared| {
            shared.validators = validators.collect();
            shared.status = Status {
                epoch,
                votes,
                view: 0,
                voters: shared.voters(),
                ..shared.status
            };
        });
    }

    /// Says that a view is over.
    pub(crate) fn reached(&self, epoch: u64, view: u64) {
        self.change(|shared| {
            if shared.status.epoch == epoch {
                shared.status.view = shared.status.view.max(view);
            }
        });
    }

    /// Says that the block of this height is final.
    pub(crate) fn finalized(&self, height: u64) {
        self.change(|shared| shared.status.finalized = shared.status.finalized.max(height));
    }

    /// Pretends that the block of this height is final, for tests of who waits for it.
    #[cfg(feature = "simulation")]
    pub fn pretend_final(&self, height: u64) {
        self.finalized(height);
    }

    /// Says which other nodes are connected, once every [`crate::observe::COUNT_PEERS`].
    pub(crate) fn connected(&self, peers: Vec<PeerKey>) {
        self.change(|shared| {
            let before = &shared.connected;
            let found = |peer| {
                (
                    peer,
                    before.get(&peer).map_or(1, |found| found.saturating_add(1)),
                )
            };
            shared.connected = peers.into_iter().map(found).collect();
            shared.status.peers = shared.connected.len();
            shared.status.voters = shared.voters();
        });
    }

    fn change(&self, change: impl FnOnce(&mut Shared)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn shared<T>(&self, read: impl FnOnce(&Shared) -> T) -> T {
        // Nothing in it can be half written: a panic elsewhere leaves nothing to mend.
        read(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shared {
    /// How many of those that have been connected for a while vote in this epoch.
    fn voters(&self) -> usize {
        let connected = self.connected.iter();
        connected
            .filter(|(key, found)| **found >= STEADY && self.validators.contains(key))
            .count()
    }
}

/// An engine that answers until this is dropped.
pub(crate) struct Attached(Chain);

impl Drop for Attached {
    fn drop(&mut self) {
        self.0.change(|shared| *shared = Shared::default());
    }
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Chain({:?})", self.status())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Member, SigningKey};

    fn members(count: u8) -> Membership {
        let member = |number: u8| Member {
            key: SigningKey::from_seed([number; 32]).peer_key(),
            address: std::net::SocketAddr::from(([10, 0, 0, number], 9_000)),
        };
        Membership::new((1..=count).map(member).collect(), vec![]).unwrap()
    }

    #[test]
    fn a_voter_counts_once_it_has_been_connected_for_a_while() {
        let chain = Chain::default();
        let members = members(2);
        let peers: Vec<PeerKey> = members
            .validators()
            .iter()
            .map(|member| member.key)
            .collect();
        chain.entered(0, &members, true);
        for count in 1..=STEADY {
            chain.connected(peers.clone());
            let Status { peers, voters, .. } = chain.status();
            assert_eq!((peers, voters), (2, if count < STEADY { 0 } else { 2 }));
        }
        // Another epoch asks nobody to begin anew.
        chain.entered(1, &members, true);
        assert_eq!(chain.status().voters, 2);
        // Who was gone does.
        chain.connected(peers[..1].to_vec());
        chain.connected(peers.clone());
        assert_eq!((chain.status().peers, chain.status().voters), (2, 1));
    }

    #[test]
    fn an_idle_network_ends_a_view_before_anybody_counts() {
        let steady = crate::observe::COUNT_PEERS * (STEADY - 1);
        // The last view may have been that of the node itself, for which the others waited; its end
        // takes a few messages.
        let messages = std::time::Duration::from_millis(600);
        assert!(steady > crate::Timing::default().leader_timeout + messages);
    }

    #[test]
    fn what_is_final_stays_so() {
        let chain = Chain::default();
        for (told, known) in [(3, 3), (7, 7), (5, 7)] {
            chain.finalized(told);
            chain.entered(told, &members(1), true);
            assert_eq!(chain.status().finalized, known);
        }
    }
}
