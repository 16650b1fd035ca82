//! A node as requests see it: parses a request, finds who answers it, renders the answer.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::body::Bytes;
use idos_connections::{Group, Place, Places};
use idos_consensus::Chain;
use idos_ledger::{Block, Network, StateError};
use idos_store::{Readers, Snapshot, StoreError};
use idos_types::{BlockTime, Digest, ValidatorKey, limits::SIGN_OUTS_PER_MINUTE};
use idos_wire::{ErrorCode, Reply, Request, Response, RpcError};
use tokio::{
    sync::{Semaphore, mpsc, watch},
    time::timeout,
};
use tracing::{debug, error};

use crate::{
    NodeKey,
    challenges::Challenges,
    clock,
    config::Config,
    entrance::Entrance,
    executor::Progress,
    explorer::{Document, Explorer},
    http::{self, Backend, ManyWait, Refusal, RequestFacts, Room, Turn},
    metrics::Ending,
    parts::Desk,
    quota::Quota,
    rpc::site::Visit,
    sessions::Sessions,
    shared::{DIVERGED, Shared},
    with_causes::WithCauses,
};

/// Requests that are parsed, verified or rendered at the same time.
const BLOCKING_WORK: usize = 32;

/// Requests and answers of at most so many bytes are parsed, verified and rendered where they come in.
pub(crate) const SMALL_BYTES: usize = 64 * 1024;

/// How long a read waits for the state that the network has certified, before it is refused.
const CATCH_UP: Duration = Duration::from_secs(2);
/// How long it waits for blocks that are final. Of what is in them nobody has been told yet; and ordering
/// may be seconds ahead of the execution of all nodes, so that there is no better one to ask.
const CATCH_UP_FINAL: Duration = Duration::from_millis(250);

/// A node.
pub(crate) struct Node {
    pub(crate) network: Network,
    pub(crate) config: Config,
    pub(crate) readers: Readers,
    pub(crate) shared: Arc<Shared>,
    pub(crate) sessions: Sessions,
    /// Sessions that are ended, by address.
    pub(crate) sign_outs: Quota<Group>,
    pub(crate) challenges: Challenges,
    pub(crate) entrance: Arc<Entrance>,
    /// What anybody may look at; none if the operator wants none.
    pub(crate) explorer: Option<Explorer>,
    /// Shows what the network does.
    pub(crate) chain: Chain,
    /// What the node is known by.
    pub(crate) key: ValidatorKey,
    /// The hash of the genesis.
    pub(crate) genesis: Digest,
    /// Places for work that blocks a thread: held until the work is done, even if whoever asked
    /// is gone by then.
    work: Arc<Semaphore>,
    /// Places for reads, one for each reader of the database. A household has half of them: what it reads
    /// may last.
    reads: Places,
}

/// An answer with the cookie it sets.
pub(crate) struct Answered {
    pub(crate) outcome: Result<Reply, RpcError>,
    pub(crate) set_cookie: Option<String>,
}

impl From<Result<Reply, RpcError>> for Answered {
    fn from(outcome: Result<Reply, RpcError>) -> Self {
        Self {
            outcome,
            set_cookie: None,
        }
    }
}

impl From<ManyWait> for Answered {
    fn from(many: ManyWait) -> Self {
        Err(RpcError::new(ErrorCode::TooManyRequests, many.to_string())).into()
    }
}

impl Node {
    pub(crate) fn new(config: Config, key: NodeKey, genesis: Digest, desk: Desk) -> Self {
        let Desk {
            network,
            readers,
            shared,
            entrance,
            chain,
            nodes,
        } = desk;
        Self {
            key: key.public(),
            genesis,
            sessions: Sessions::new(key, nodes, network.chain_id.clone()),
            sign_outs: Quota::new(SIGN_OUTS_PER_MINUTE),
            challenges: Challenges::new(Instant::now()),
            explorer: config
                .has_explorer()
                .then(|| Explorer::new(config.database.readers)),
            entrance,
            chain,
            work: Arc::new(Semaphore::new(BLOCKING_WORK)),
            reads: {
                let readers = usize::try_from(config.database.readers).unwrap_or(1);
                Places::new(readers, readers / 2)
            },
            network,
            config,
            readers,
            shared,
        }
    }

    /// What time it is for sessions and quotas. Rules know block time only.
    pub(crate) fn now(&self) -> BlockTime {
        clock::now()
    }

    /// What views see.
    pub(crate) fn block(&self) -> Block {
        self.entrance.block(self.now())
    }

    /// A node that computed something else than the network has nothing to say about the state, and
    /// nothing to promise.
    pub(crate) fn agrees(&self) -> Result<(), RpcError> {
        if self.shared.has_diverged() {
            return Err(RpcError::new(ErrorCode::Node, DIVERGED));
        }
        Ok(())
    }

    /// Waits until everything that this node knows to be certified is executed, so that whoever was told
    /// of a change by another node sees it here; and for what it knows to be final, as long as that does
    /// not take long.
    pub(crate) async fn caught_up(&self) -> Result<(), RpcError> {
        self.agrees()?;
        let certified = self.shared.certified();
        let final_here = self.chain.status().finalized;
        if self.executed(certified, CATCH_UP).await {
            self.executed(final_here, CATCH_UP_FINAL).await;
            return Ok(());
        }
        let text = "this node is behind the network, use another node or try again later";
        Err(RpcError::new(ErrorCode::Node, text))
    }

    /// Whether the block of this height is executed, at the latest after this time.
    async fn executed(&self, height: u64, within: Duration) -> bool {
        let has_come = |progress: &Progress| progress.tip.height >= height;
        if has_come(&self.shared.progress.borrow()) {
            return true;
        }
        let mut progress = self.shared.progress.subscribe();
        matches!(
            timeout(within, progress.wait_for(has_come)).await,
            Ok(Ok(_))
        )
    }

    /// Runs `read` for a client at this address on a thread that may block, on the newest executed state.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        peer: IpAddr,
        read: impl FnOnce(&Self, &Snapshot<'_>) -> Result<T, RpcError> + Send + 'static,
    ) -> Result<T, RpcError> {
        self.read_at(self.reads.next(peer), read).await
    }

    /// The same for nobody in particular: something else has to bound how many such reads there are.
    pub(crate) async fn read_for_all<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Self, &Snapshot<'_>) -> Result<T, RpcError> + Send + 'static,
    ) -> Result<T, RpcError> {
        self.read_at(self.reads.next_for_all(), read).await
    }

    async fn read_at<T: Send + 'static>(
        self: &Arc<Self>,
        place: impl Future<Output = Option<Place>>,
        read: impl FnOnce(&Self, &Snapshot<'_>) -> Result<T, RpcError> + Send + 'static,
    ) -> Result<T, RpcError> {
        let node = Arc::clone(self);
        let work = move || {
            node.readers
                .read(|snapshot| read(&node, snapshot))
                .map_err(database)?
        };
        blocking(place, work).await
    }

    /// Runs `read` on the newest executed state, and on this thread if that is done in no time: the
    /// way to another and back takes longer than most views. One that lasts is stopped and begun
    /// again where it may block, so `read` must have no effects, and look at no values of
    /// megabytes.
    pub(crate) async fn look<T: Send + 'static>(
        self: &Arc<Self>,
        peer: IpAddr,
        read: impl Fn(&Self, &Snapshot<'_>) -> Result<T, RpcError> + Send + 'static,
    ) -> Result<T, RpcError> {
        let seen = self
            .readers
            .read_briefly(|snapshot| read(self, snapshot))
            .map_err(database)?;
        match seen {
            Some(answer) => answer,
            None => self.read(peer, read).await,
        }
    }

    /// Runs work on a thread that may block.
    pub(crate) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce() -> Result<T, RpcError> + Send + 'static,
    ) -> Result<T, RpcError> {
        let place = async { Arc::clone(&self.work).acquire_owned().await.ok() };
        blocking(place, work).await
    }

    /// The bytes of an answer, which are not made unless there is room for them.
    async fn render(
        self: &Arc<Self>,
        response: Response,
        mut room: Room,
    ) -> Result<Bytes, RpcError> {
        room.reserve(response.weight()).map_err(no_room)?;
        let bytes = if is_small(&response) {
            response.to_bytes()
        } else {
            self.blocking(move || Ok(response.to_bytes())).await?
        };
        room.fill(bytes).map_err(no_room)
    }

    async fn answer(self: &Arc<Self>, visit: Visit, request: Request, turn: &mut Turn) -> Answered {
        match request {
            Request::ChainInfo => self.chain_info().into(),
            Request::Health => Ok(Reply::Health(self.status())).into(),
            Request::Version => self.version().into(),
            Request::Ping => Ok(Reply::Ping(idos_wire::Pong::default())).into(),
            Request::NumAccounts => self.num_accounts(visit.peer).await.into(),
            Request::Account(asked) => self.account(visit.peer, asked).await.into(),
            Request::EstimatePrice { payload_type } => self.estimate_price(&payload_type).into(),
            // Whoever writes may wait for a block. The work of that has places of its own.
            Request::Broadcast(asked) => match turn.wait(self.broadcast(asked, visit.peer)).await {
                Ok(outcome) => outcome.into(),
                Err(many) => many.into(),
            },
            Request::TxQuery { hash } => self.tx_query(visit, hash).await.into(),
            Request::Call(call) => self.call(visit, call).await.into(),
            Request::Prove(call) => self.prove(visit, call).await.into(),
            Request::SetChanges { from_epoch } => {
                self.set_changes(visit.peer, from_epoch).await.into()
            }
            Request::Query(query) => self.query(&query).into(),
            Request::Challenge => self.challenge().into(),
            Request::AuthnParam => self.sign_in_parameters(&visit).into(),
            Request::Authn(authn) => match turn.wait(self.sign_in(visit, authn)).await {
                Ok(answered) => answered,
                Err(many) => many.into(),
            },
            Request::Logout(logout) => self.sign_out(visit, logout).await,
        }
    }
}

/// There is no room for an answer. Whoever asked may ask another node, or again.
fn no_room(refusal: Refusal) -> RpcError {
    RpcError::new(ErrorCode::RequestTimeout, refusal.to_string())
}

/// Whether an answer is rendered in no time.
fn is_small(response: &Response) -> bool {
    // A transaction comes with its body.
    !matches!(response.outcome, Ok(Reply::TxQuery(_))) && response.weight() <= SMALL_BYTES
}

/// Runs work that blocks, once there is a place for it. Whoever leaves while waiting leaves no work
/// behind; work that has begun keeps its place until it ends.
async fn blocking<P: Send + 'static, T: Send + 'static>(
    place: impl Future<Output = Option<P>>,
    work: impl FnOnce() -> Result<T, RpcError> + Send + 'static,
) -> Result<T, RpcError> {
    let no_place = || failed(&"there are no places for work any more");
    let place = place.await.ok_or_else(no_place)?;
    let done = tokio::task::spawn_blocking(move || {
        let result = work();
        drop(place);
        result
    });
    done.await.unwrap_or_else(|failure| Err(failed(&failure)))
}

/// An answer failed for a reason that should not be: told to the operator in full, to whoever asked only
/// that.
pub(crate) fn failed(failure: &dyn std::fmt::Display) -> RpcError {
    error!(error = %failure, "a request failed");
    RpcError::new(
        ErrorCode::Internal,
        "the node failed, its operator finds why in its log",
    )
}

/// The database could not answer: told to the operator in full, to the client only that.
pub(crate) fn database(failure: StoreError) -> RpcError {
    match failure {
        StoreError::TooSlow { .. } | StoreError::Stopped { .. } | StoreError::NoReader { .. } => {
            debug!(error = %failure, "a read was given up");
            RpcError::new(ErrorCode::DatabaseTimeout, "db timeout")
        }
        failure => unreadable(&failure),
    }
}

/// The same, where rules asked.
pub(crate) fn state(failure: StateError) -> RpcError {
    match failure.0.downcast::<StoreError>() {
        Ok(failure) => database(*failure),
        Err(failure) => unreadable(&*failure),
    }
}

fn unreadable(failure: &(dyn std::error::Error + 'static)) -> RpcError {
    error!(error = %WithCauses(failure), "the database failed");
    RpcError::new(
        ErrorCode::Database,
        "the database of the node failed, try another node",
    )
}

impl Backend for Node {
    async fn rpc(
        self: Arc<Self>,
        facts: RequestFacts,
        body: Bytes,
        turn: &mut Turn,
        room: Room,
    ) -> http::Reply {
        let mut counted = self.shared.metrics().request();
        let visit = Visit::new(&self.config, facts);
        // A transaction is megabytes of base64, an answer may be megabytes of JSON: neither is for
        // a thread that serves connections. What is small is not worth the way to another.
        let parsed = if body.len() <= SMALL_BYTES {
            Ok(idos_wire::parse(&body))
        } else {
            self.blocking(move || Ok(idos_wire::parse(&body))).await
        };
        let (id, answered) = match parsed {
            Ok(Ok((id, request))) => {
                counted.asks(request.method());
                (id, self.answer(visit, request, turn).await)
            }
            Ok(Err((id, refusal))) => (id, Err(refusal).into()),
            Err(failure) => (idos_wire::Id::UNKNOWN, Err(failure).into()),
        };
        let response = Response {
            id: id.clone(),
            outcome: answered.outcome,
        };
        let (status, ending) = (response.http_status(), Ending::of(&response.outcome));
        let (status, ending, body) = match self.render(response, room).await {
            Ok(body) => (status, ending, body),
            Err(failure) => {
                let outcome = Err(failure);
                let ending = Ending::of(&outcome);
                let response = Response { id, outcome };
                (response.http_status(), ending, response.to_bytes().into())
            }
        };
        // What the client gets is what is counted.
        counted.ends(ending);
        http::Reply {
            status,
            body,
            set_cookie: answered.set_cookie,
        }
    }

    fn health(&self) -> http::Health {
        let user = self.status();
        let healthy = user.healthy;
        let user = serde_json::to_value(&user).unwrap_or_default();
        http::Health {
            kwil_alive: true,
            healthy,
            services: BTreeMap::from([
                ("user", user),
                (
                    "node",
                    serde_json::to_value(self.node_status()).unwrap_or_default(),
                ),
            ]),
        }
    }

    fn openrpc(&self) -> &'static str {
        idos_wire::openrpc()
    }

    fn has_explorer(&self) -> bool {
        self.explorer.is_some()
    }

    async fn explore(self: Arc<Self>, peer: IpAddr, path: &str, query: &str) -> Document {
        Node::explore(&self, peer, path, query).await
    }

    fn listen(
        self: Arc<Self>,
        peer: IpAddr,
        stop: watch::Receiver<bool>,
    ) -> Result<mpsc::Receiver<Bytes>, Document> {
        Node::listen(&self, peer, stop)
    }
}

#[cfg(test)]
mod tests;
