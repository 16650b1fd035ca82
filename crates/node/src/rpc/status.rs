//! What anybody may know of the node and its chain.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use idos_consensus::Status;
use idos_types::limits::{STALE_SECONDS, UNCERTIFIED_BLOCKS};
use idos_wire::{
    API_VERSION, ChainInfo, Challenge, ErrorCode, Fee, Health, Mode, NodeStatus, NumAccounts,
    Price, Reply, RpcError, Version, payload::EXECUTE,
};
use tracing::error;

use crate::{
    config,
    metrics::Standing,
    node::{Node, database},
};

/// How many blocks a node may be behind what it knows to be certified and still serve, and be said to
/// follow the network.
pub const BEHIND: u64 = 16;

/// For how long a node that executed a block passes for one that executes blocks.
const MOVING_MS: u64 = 8_000;

/// How old the newest block of a node that serves may be.
pub const STALE: Duration = Duration::from_secs(STALE_SECONDS);

impl Node {
    pub(crate) fn chain_info(&self) -> Result<Reply, RpcError> {
        Ok(Reply::ChainInfo(self.chain_facts()))
    }

    fn chain_facts(&self) -> ChainInfo {
        let tip = self.shared.progress.borrow().tip;
        ChainInfo {
            chain_id: self.network.chain_id.clone(),
            block_height: tip.height,
            block_hash: tip.hash,
            gas: false,
        }
    }

    /// How the node is. It is healthy while it can serve: it agrees with the network, is not behind
    /// it, has a block of the last minutes, and reaches enough of the network for another one. So it is
    /// not before its engine runs.
    pub(crate) fn status(&self) -> Health {
        let progress = *self.shared.progress.borrow();
        let block_time = progress.tip.time.millis();
        let now_ms = self.now().millis();
        let network = self.chain.status();
        let peers = network.peers;
        let syncing = is_behind(
            progress.tip.height,
            self.shared.certified(),
            network.finalized,
            self.shared
                .has_moved_since(now_ms.saturating_sub(MOVING_MS)),
        );
        let block_age = now_ms.saturating_sub(block_time);
        let is_fresh = Duration::from_millis(block_age) <= STALE;
        let is_connected = reaches_enough(&network, progress.validators);
        Health {
            chain: self.chain_facts(),
            healthy: !self.shared.has_diverged() && !syncing && is_fresh && is_connected,
            version: API_VERSION.into(),
            block_time,
            block_age,
            syncing,
            height: progress.tip.height,
            app_hash: progress.root.hash,
            peer_count: u64::try_from(peers).unwrap_or(u64::MAX),
            mode: match self.config.mode {
                config::Mode::Open => Mode::Open,
                config::Mode::Private => Mode::Private,
            },
        }
    }

    /// Where the node stands, for its operator.
    pub(crate) fn node_status(&self) -> NodeStatus {
        let user = self.status();
        let network = self.chain.status();
        let progress = *self.shared.progress.borrow();
        NodeStatus {
            key: self.key.to_string(),
            chain_id: user.chain.chain_id,
            genesis: self.genesis,
            time: self.now().millis(),
            height: user.height,
            root: user.app_hash,
            block_time: user.block_time,
            final_height: network.finalized.max(user.height),
            certified_height: self.shared.certified(),
            epoch: network.epoch,
            epoch_blocks: self.network.epoch.blocks(),
            votes: network.votes,
            peers: user.peer_count,
            validators: u64::try_from(progress.validators).unwrap_or(u64::MAX),
            syncing: user.syncing,
            diverged: self.shared.has_diverged(),
            healthy: user.healthy,
        }
    }

    /// Where the node stands, for monitoring.
    pub(crate) fn standing(&self) -> Standing {
        let health = self.status();
        let network = self.chain.status();
        let (mempool_entries, mempool_bytes) = self.shared.waiting.size();
        Standing {
            height: health.height,
            certified_height: self.shared.certified(),
            block_time: health.block_time,
            epoch: network.epoch,
            validators: self.shared.progress.borrow().validators,
            peers: network.peers,
            votes: network.votes,
            healthy: health.healthy,
            syncing: health.syncing,
            diverged: self.shared.has_diverged(),
            mempool_entries,
            mempool_bytes,
            ..Standing::default()
        }
    }

    pub(crate) fn version(&self) -> Result<Reply, RpcError> {
        Ok(Reply::Version(Version::of(env!("CARGO_PKG_VERSION"))))
    }

    pub(crate) async fn num_accounts(self: &Arc<Self>, peer: IpAddr) -> Result<Reply, RpcError> {
        self.agrees()?;
        self.look(peer, |_, snapshot| {
            let count = snapshot.account_count().map_err(database)?;
            let height = snapshot
                .head()
                .map_err(database)?
                .map_or(0, |head| head.height);
            Ok(Reply::NumAccounts(NumAccounts { count, height }))
        })
        .await
    }

    /// Nothing costs anything.
    pub(crate) fn estimate_price(&self, payload_type: &str) -> Result<Reply, RpcError> {
        if payload_type != EXECUTE {
            let text = format!("failed to estimate price: unknown payload type: {payload_type}");
            return Err(RpcError::new(ErrorCode::TransactionInternal, text));
        }
        Ok(Reply::EstimatePrice(Price { price: Fee(0) }))
    }

    pub(crate) fn challenge(&self) -> Result<Reply, RpcError> {
        match self.challenges.give(Instant::now()) {
            Ok(challenge) => Ok(Reply::Challenge(Challenge::new(challenge))),
            Err(failure) => {
                error!(error = %failure, "there is no randomness for a challenge");
                let text = "the node has no randomness, its operator finds why in its log";
                Err(RpcError::new(ErrorCode::Internal, text))
            }
        }
    }
}

/// Whether a node that executed the block of a height is behind the network, by what it knows. Ordering
/// may be ahead of the execution of every node: while this one executes blocks, it is no more behind
/// for that than others.
fn is_behind(height: u64, certified: u64, finalized: u64, is_moving: bool) -> bool {
    let leave = if is_moving { UNCERTIFIED_BLOCKS } else { 0 };
    let expected = certified.max(finalized.saturating_sub(leave));
    height.saturating_add(BEHIND) < expected
}

/// Whether the votes of those validators that are connected, and the node's own if it votes, are enough
/// for a block. Nodes that do not validate are none of those that it needs.
fn reaches_enough(network: &Status, validators: usize) -> bool {
    (network.voters + usize::from(network.votes)) * 3 > validators * 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_behind_what_is_certified_or_long_final() {
        for is_moving in [true, false] {
            assert!(!is_behind(0, 0, 0, is_moving));
            assert!(!is_behind(100, 100 + BEHIND, 0, is_moving));
            assert!(is_behind(100, 101 + BEHIND, 0, is_moving));
            assert!(!is_behind(u64::MAX, u64::MAX, u64::MAX, is_moving));
        }
        let ordered = 100 + BEHIND + UNCERTIFIED_BLOCKS;
        assert!(!is_behind(100, 100, ordered, true));
        assert!(is_behind(100, 100, ordered + 1, true));
        // What it does not execute it has not got.
        assert!(!is_behind(100, 100, 100 + BEHIND, false));
        assert!(is_behind(100, 100, 101 + BEHIND, false));
    }

    #[test]
    fn a_node_needs_more_than_two_thirds_and_counts_itself_only_if_it_votes() {
        for (voters, votes, validators, is_enough) in [
            (0, true, 1, true),
            // It joins a network of one, and reaches nobody.
            (0, false, 1, false),
            (1, false, 1, true),
            (2, true, 4, true),
            (1, true, 4, false),
            (2, false, 4, false),
            (3, false, 4, true),
            (1, true, 3, false),
            (4, true, 7, true),
            (3, true, 7, false),
        ] {
            // However many observers there are.
            for observers in [0, 5] {
                let network = Status {
                    voters,
                    votes,
                    peers: voters + observers,
                    ..Status::default()
                };
                let found = reaches_enough(&network, validators);
                assert_eq!(found, is_enough, "{voters} {votes} {validators}");
            }
        }
    }
}
