//! What operators ask a node about itself, at `GET /api/v1/health/node`.

use std::time::Duration;

use idos_types::Digest;
use serde::{Deserialize, Serialize};

use crate::{received::digest, results::text};

/// Where a node stands. Nothing in it is secret, and nothing about persons.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NodeStatus {
    /// The node's public key in hexadecimal.
    pub key: String,
    /// The chain.
    pub chain_id: String,
    /// The hash of the genesis.
    #[serde(serialize_with = "text", deserialize_with = "digest")]
    pub genesis: Digest,
    /// The node's clock in milliseconds since 1970.
    pub time: u64,
    /// The height of the newest executed block.
    pub height: u64,
    /// The root of the state after it.
    #[serde(serialize_with = "text", deserialize_with = "digest")]
    pub root: Digest,
    /// The time of that block in milliseconds since 1970.
    #[serde(default)]
    pub block_time: u64,
    /// The newest height that it knows to be final, executed or not.
    #[serde(default)]
    pub final_height: u64,
    /// The newest height that more than two thirds of the validators vouch for, as far as it knows; while
    /// it fetches its state, the height that it fetches.
    pub certified_height: u64,
    /// The epoch that the node takes part in; while it fetches its state, that of its newest block.
    pub epoch: u64,
    /// Blocks of an epoch.
    pub epoch_blocks: u64,
    /// Whether the node votes. One that validates and does not vote lost its journal.
    pub votes: bool,
    /// Other nodes that are connected.
    pub peers: u64,
    /// Validators of this epoch; 0 while it fetches its state.
    pub validators: u64,
    /// Whether it is catching up.
    pub syncing: bool,
    /// Whether it computed another state than the network.
    pub diverged: bool,
    /// Whether it serves clients.
    pub healthy: bool,
}

impl NodeStatus {
    /// How far the network is, as far as the node knows.
    pub fn network_height(&self) -> u64 {
        self.certified_height.max(self.final_height)
    }

    /// How old its newest block is by its own clock.
    pub fn block_age(&self) -> Duration {
        Duration::from_millis(self.time.saturating_sub(self.block_time))
    }
}
