//! What clients meet: a node that takes part, or one that fetches its state.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, PoisonError, RwLock},
};

use axum::body::Bytes;
use idos_consensus::{Chain, Wake};
use idos_explorer::Format;
use idos_store::Head;
use idos_types::{Digest, EpochLength, ValidatorKey};
use idos_wire::{
    API_VERSION, ChainInfo, ErrorCode, Health, Id, Mode, NodeStatus, Reply, Request, Response,
    RpcError, Version,
};
use serde_json::json;
use tokio::sync::{mpsc, watch};

use crate::{
    clock,
    explorer::Document,
    http::{self, Backend, RequestFacts, Room, Turn},
    metrics::{Ending, Metrics, Standing},
    node::{Node, failed},
    sync::meter::Meter,
};

/// A node that fetches its state.
pub(crate) struct Fetching {
    /// What it is known by.
    pub(crate) key: ValidatorKey,
    pub(crate) chain_id: String,
    /// The hash of the genesis.
    pub(crate) genesis: Digest,
    pub(crate) epoch: EpochLength,
    pub(crate) mode: Mode,
    /// The newest block that was executed here, before.
    pub(crate) head: Option<Head>,
    pub(crate) metrics: Metrics,
    pub(crate) chain: Chain,
    pub(crate) meter: Arc<Meter>,
}

/// Who answers now.
#[derive(Clone)]
pub(crate) enum Shown {
    /// It takes part.
    Node(Arc<Node>),
    /// It fetches its state.
    Fetching(Arc<Fetching>),
}

/// Passes requests on to whoever answers now.
pub(crate) struct Front(RwLock<Current>);

struct Current {
    shown: Shown,
    wake: Wake,
    is_stopping: bool,
}

impl Front {
    pub(crate) fn new(shown: Shown, wake: Wake) -> Self {
        Self(RwLock::new(Current {
            shown,
            wake,
            is_stopping: false,
        }))
    }

    /// Another one answers from now on, and is what is stopped.
    pub(crate) fn show(&self, shown: Shown, wake: Wake) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if current.is_stopping {
            wake.stop();
        }
        (current.shown, current.wake) = (shown, wake);
    }

    /// Stops whatever the node does, and whatever it would do after that.
    pub(crate) fn stop(&self) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        current.is_stopping = true;
        current.wake.stop();
    }

    /// Whether it is to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        current.is_stopping
    }

    /// Where the node stands, and what its engine says of itself in the text format of metrics.
    pub(crate) fn standing(&self) -> (Standing, String) {
        match self.shown() {
            Shown::Node(node) => (node.standing(), node.chain.metrics()),
            Shown::Fetching(fetching) => (fetching.standing(), fetching.chain.metrics()),
        }
    }

    fn shown(&self) -> Shown {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        current.shown.clone()
    }
}

impl Fetching {
    fn health(&self) -> Health {
        let head = self.head.as_ref();
        let (height, hash) = head.map_or_else(Default::default, |head| (head.height, head.hash));
        let block_time = head.map_or(0, |head| head.time.millis());
        Health {
            chain: ChainInfo {
                chain_id: self.chain_id.clone(),
                block_height: height,
                block_hash: hash,
                gas: false,
            },
            healthy: false,
            version: API_VERSION.into(),
            block_time,
            block_age: clock::now().millis().saturating_sub(block_time),
            syncing: true,
            height,
            app_hash: head.map_or_else(Default::default, |head| head.root.hash),
            peer_count: u64::try_from(self.chain.status().peers).unwrap_or(u64::MAX),
            mode: self.mode,
        }
    }

    /// Where the node stands, for its operator. It takes part in no epoch, and the validators of the
    /// network are part of what it fetches.
    fn node_status(&self) -> NodeStatus {
        let user = self.health();
        NodeStatus {
            key: self.key.to_string(),
            chain_id: user.chain.chain_id,
            genesis: self.genesis,
            time: clock::now().millis(),
            height: user.height,
            root: user.app_hash,
            block_time: user.block_time,
            final_height: user.height,
            certified_height: self.meter.height().max(user.height),
            epoch: self.epoch.epoch_of(user.height),
            epoch_blocks: self.epoch.blocks(),
            votes: false,
            peers: user.peer_count,
            validators: 0,
            syncing: true,
            diverged: false,
            healthy: false,
        }
    }

    fn standing(&self) -> Standing {
        let health = self.health();
        Standing {
            height: health.height,
            block_time: health.block_time,
            peers: self.chain.status().peers,
            syncing: true,
            sync_rows: self.meter.rows(),
            sync_bytes: self.meter.bytes(),
            ..Standing::default()
        }
    }

    fn answer(&self, request: &Request) -> Result<Reply, RpcError> {
        match request {
            Request::Health => Ok(Reply::Health(self.health())),
            Request::ChainInfo => Ok(Reply::ChainInfo(self.health().chain)),
            Request::Version => Ok(Reply::Version(Version::of(env!("CARGO_PKG_VERSION")))),
            Request::Ping => Ok(Reply::Ping(idos_wire::Pong::default())),
            _ => {
                let text = format!(
                    "this node is fetching the state of the network, {} rows so far; use another node",
                    self.meter.rows()
                );
                Err(RpcError::new(ErrorCode::Node, text))
            }
        }
    }
}

impl Backend for Front {
    async fn rpc(
        self: Arc<Self>,
        facts: RequestFacts,
        body: Bytes,
        turn: &mut Turn,
        room: Room,
    ) -> http::Reply {
        let fetching = match self.shown() {
            Shown::Node(node) => return node.rpc(facts, body, turn, room).await,
            Shown::Fetching(fetching) => fetching,
        };
        let mut counted = fetching.metrics.request();
        // It may be megabytes, which are not for a thread that serves connections.
        let parsed = tokio::task::spawn_blocking(move || idos_wire::parse(&body)).await;
        let (id, outcome) = match parsed {
            Ok(Ok((id, request))) => {
                counted.asks(request.method());
                (id, fetching.answer(&request))
            }
            Ok(Err((id, refusal))) => (id, Err(refusal)),
            Err(failure) => (Id::UNKNOWN, Err(failed(&failure))),
        };
        counted.ends(Ending::of(&outcome));
        let response = Response { id, outcome };
        http::Reply {
            status: response.http_status(),
            // All of its answers are short.
            body: response.to_bytes().into(),
            set_cookie: None,
        }
    }

    fn health(&self) -> http::Health {
        let fetching = match self.shown() {
            Shown::Node(node) => return node.health(),
            Shown::Fetching(fetching) => fetching,
        };
        let user = serde_json::to_value(fetching.health()).unwrap_or_default();
        let node = serde_json::to_value(fetching.node_status()).unwrap_or_default();
        let meter = &fetching.meter;
        let sync = json!({
            "height": meter.height(), "rows": meter.rows(), "content_bytes": meter.bytes(),
        });
        http::Health {
            kwil_alive: true,
            healthy: false,
            services: BTreeMap::from([("user", user), ("node", node), ("sync", sync)]),
        }
    }

    fn openrpc(&self) -> &'static str {
        idos_wire::openrpc()
    }

    fn has_explorer(&self) -> bool {
        match self.shown() {
            Shown::Node(node) => node.explorer.is_some(),
            Shown::Fetching(_) => false,
        }
    }

    async fn explore(self: Arc<Self>, peer: IpAddr, path: &str, query: &str) -> Document {
        match self.shown() {
            Shown::Node(node) => Node::explore(&node, peer, path, query).await,
            Shown::Fetching(_) => fetching(path),
        }
    }

    fn listen(
        self: Arc<Self>,
        peer: IpAddr,
        stop: watch::Receiver<bool>,
    ) -> Result<mpsc::Receiver<Bytes>, Document> {
        match self.shown() {
            Shown::Node(node) => Node::listen(&node, peer, stop),
            Shown::Fetching(_) => Err(fetching("/api/")),
        }
    }
}

/// What whoever explores hears of a node that fetches its state.
fn fetching(path: &str) -> Document {
    let format = match path.starts_with("/api/") {
        true => Format::Json,
        false => Format::Page,
    };
    let text = "this node is fetching the state of the network, use another node";
    Document::unavailable(format, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_fetches_its_state_says_where_it_stands() {
        let meter = Meter::new();
        meter.set_height(700);
        let fetching = Fetching {
            key: ValidatorKey([7; 32]),
            chain_id: "chain-1".to_owned(),
            genesis: Digest([8; 32]),
            epoch: EpochLength::default(),
            mode: Mode::Open,
            head: None,
            metrics: Metrics::default(),
            chain: Chain::default(),
            meter: Arc::new(meter),
        };
        let front = Front::new(Shown::Fetching(Arc::new(fetching)), Wake::default());
        let health = front.health();
        assert!(!health.healthy);
        assert_eq!(health.services["sync"]["height"], 700);
        assert_eq!(health.services["user"]["syncing"], true);
        let node: NodeStatus = serde_json::from_value(health.services["node"].clone()).unwrap();
        assert_eq!(node.key, ValidatorKey([7; 32]).to_string());
        assert_eq!(node.genesis, Digest([8; 32]));
        assert_eq!((node.height, node.certified_height), (0, 700));
        assert!(node.syncing && !node.healthy && !node.votes && !node.diverged);
    }
}
