//! What the HTTP server needs of a node.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use axum::body::Bytes;
use serde::Serialize;
use tokio::sync::{mpsc, watch};

use super::{room::Room, turns::Turn};
use crate::explorer::Document;

/// What a request says about who sent it, apart from its body.
///
/// It has no `Debug`, so that addresses and cookies reach no log.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RequestFacts {
    /// The client's address; the proxy's word for it when the operator trusts one.
    pub(crate) peer: IpAddr,
    /// `Origin` as sent, at most `limits::ORIGIN_BYTES` long.
    pub(crate) origin: Option<String>,
    /// `Host` as sent, at most `limits::ORIGIN_BYTES` long.
    pub(crate) host: Option<String>,
    /// `Cookie` as sent, at most `limits::COOKIES_BYTES` long.
    pub(crate) cookie: Option<String>,
}

/// The answer to one JSON-RPC request.
pub(crate) struct Reply {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The JSON body, with the room that it takes until the client has taken it.
    pub(crate) body: Bytes,
    /// The whole value of `Set-Cookie`.
    pub(crate) set_cookie: Option<String>,
}

/// How the node is, in the form operators and load balancers read.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Health {
    /// Always true: whoever answers is alive.
    pub(crate) kwil_alive: bool,
    /// Whether clients can be served; decides between 200 and 503.
    pub(crate) healthy: bool,
    /// The state of each service by its name.
    pub(crate) services: BTreeMap<&'static str, serde_json::Value>,
}

/// Who answers the requests that the HTTP server lets through.
pub(crate) trait Backend: Send + Sync + 'static {
    /// Answers one JSON-RPC request, whose turn it is, within the room that there is for the answer. The
    /// future is dropped when the client leaves or the deadline passes, at whatever point it waits.
    fn rpc(
        self: Arc<Self>,
        facts: RequestFacts,
        body: Bytes,
        turn: &mut Turn,
        room: Room,
    ) -> impl Future<Output = Reply> + Send;

    /// How the node is. Called for every health request, so it must not wait.
    fn health(&self) -> Health;

    /// The OpenRPC document.
    fn openrpc(&self) -> &'static str;

    /// Whether anybody may explore the network here.
    fn has_explorer(&self) -> bool;

    /// Answers whoever explores the network from this address.
    fn explore(
        self: Arc<Self>,
        peer: IpAddr,
        path: &str,
        query: &str,
    ) -> impl Future<Output = Document> + Send;

    /// Events for whoever listens, until `stop` is true.
    fn listen(
        self: Arc<Self>,
        peer: IpAddr,
        stop: watch::Receiver<bool>,
    ) -> Result<mpsc::Receiver<Bytes>, Document>;
}
