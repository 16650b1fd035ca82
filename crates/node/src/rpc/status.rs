//! What anybody may know of the node and its chain.

use std::sync::Arc;

use idos_wire::{
    API_VERSION, ChainInfo, Challenge, ErrorCode, Fee, Health, Mode, NodeStatus, NumAccounts,
    Price, Reply, RpcError, Version, payload::EXECUTE,
};

use crate::{
    config,
    node::{Node, database},
};

/// How many blocks a node may be behind what it knows to be final and still serve.
const BEHIND: u64 = 16;

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
    /// it, and reaches enough of it for a block.
    pub(crate) fn status(&self) -> Health {
        let progress = *self.shared.progress.borrow();
        let block_time = progress.tip.time.millis();
        let peers = self.chain.status().peers;
        let syncing = progress.tip.height.saturating_add(BEHIND) < self.shared.certified();
        let is_connected = (peers + 1) * 3 > progress.validators * 2;
        Health {
            chain: self.chain_facts(),
            healthy: !self.shared.has_diverged() && !syncing && is_connected,
            version: API_VERSION.into(),
            block_time,
            block_age: self.now().millis().saturating_sub(block_time),
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

    pub(crate) fn version(&self) -> Result<Reply, RpcError> {
        Ok(Reply::Version(Version::of(env!("CARGO_PKG_VERSION"))))
    }

    pub(crate) async fn num_accounts(self: &Arc<Self>) -> Result<Reply, RpcError> {
        self.agrees()?;
        self.look(|_, snapshot| {
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
        match self.challenges.give(self.now()) {
            Some(challenge) => Ok(Reply::Challenge(Challenge::new(challenge))),
            None => Err(RpcError::new(
                ErrorCode::ChallengeRate,
                "too many challenges are open, wait a minute",
            )),
        }
    }
}
