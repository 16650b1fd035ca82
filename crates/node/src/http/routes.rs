//! The paths of the server.

use std::{net::IpAddr, sync::Arc};

use axum::{
    Extension, Router,
    body::Body,
    extract::{Path, Request, State},
    http::{
        HeaderValue, Method, StatusCode,
        header::{ALLOW, SET_COOKIE},
    },
    response::Response,
    routing::{MethodRouter, get, post},
};
use idos_connections::Peer;
use idos_wire::RPC_PATH;
use tokio::{sync::watch, time::timeout};

use super::{
    backend::{Backend, Reply},
    body, explorer, facts,
    limits::Limits,
    monitor::METRICS,
    refusal::Refusal,
    respond,
    room::{Budget, Room},
    turns::Turns,
};

const HEALTH: &str = "/api/v1/health";
const SPEC: &str = "/spec/v1";

/// What all requests share.
pub(super) struct App<B> {
    backend: Arc<B>,
    limits: Limits,
    trust_forwarded_for: bool,
    turns: Turns,
    bodies: Budget,
    replies: Budget,
    /// True once the server stops.
    stopped: watch::Receiver<bool>,
}

impl<B: Backend> App<B> {
    /// A server around `backend` that has no requests yet.
    pub(super) fn new(
        backend: Arc<B>,
        limits: Limits,
        trust_forwarded_for: bool,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        Self {
            backend,
            stopped,
            trust_forwarded_for,
            turns: Turns::within(&limits),
            bodies: Budget::new(limits.bodies_bytes, limits.bytes_per_household),
            replies: Budget::new(limits.replies_bytes, limits.bytes_per_household),
            limits,
        }
    }

    /// Whether there is something to show to browsers.
    pub(super) fn has_explorer(&self) -> bool {
        self.backend.has_explorer()
    }

    /// Its routes.
    pub(super) fn router(self) -> Router {
        Router::new()
            .route(RPC_PATH, post(rpc).options(preflight).fallback(not_post))
            .route(HEALTH, get(health).options(preflight).fallback(not_get))
            .route(
                "/api/v1/health/{service}",
                get(service_health).options(preflight).fallback(not_get),
            )
            .route(SPEC, get(spec).options(preflight).fallback(not_get))
            .route(explorer::EVENTS, explored(get(events)))
            .route("/api/v1/{*path}", explored(get(explore)))
            .route("/", explored(get(explorer::first_page)))
            .route("/explorer", explored(get(explore)))
            .route("/explorer/", explored(get(explore)))
            .route("/explorer/{*path}", explored(get(explore)))
            .fallback(not_found)
            .with_state(Arc::new(self))
    }

    async fn answer(&self, peer: IpAddr, request: Request) -> Result<Response, Refusal> {
        let facts = facts::read(request.headers(), peer, self.trust_forwarded_for)?;
        let (peer, body) = (facts.peer, request.into_body());
        let (body, held) = body::read(body, peer, &self.limits, &self.bodies).await?;
        // The turn is taken after the body came, or slow clients would take those of all others.
        let work = async {
            let _held = held;
            let mut turn = self.turns.next_of(peer).await.ok_or(Refusal::Internal)?;
            let backend = Arc::clone(&self.backend);
            Ok(backend.rpc(facts, body, &mut turn, self.room(peer)).await)
        };
        let answered = timeout(self.limits.rpc, work).await;
        response(answered.unwrap_or(Err(Refusal::Timeout))?)
    }

    fn room(&self, peer: IpAddr) -> Room {
        Room::new(&self.replies, peer, &self.limits)
    }
}

fn response(reply: Reply) -> Result<Response, Refusal> {
    let Ok(status) = StatusCode::from_u16(reply.status) else {
        tracing::error!(
            status = reply.status,
            "a method answered with no status of HTTP"
        );
        return Err(Refusal::Internal);
    };
    let cookie = reply.set_cookie.map(HeaderValue::try_from).transpose();
    let Ok(cookie) = cookie else {
        tracing::error!("a method set a cookie that is no header");
        return Err(Refusal::Internal);
    };
    let mut response = respond::json(status, reply.body);
    if let Some(cookie) = cookie {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
}

fn explored<B: Backend>(route: MethodRouter<Arc<App<B>>>) -> MethodRouter<Arc<App<B>>> {
    route.options(preflight).fallback(not_get)
}

/// What a log may say about a path: which route it is. The path itself is the client's text.
pub(super) fn label(path: &str) -> &'static str {
    match path {
        RPC_PATH => RPC_PATH,
        SPEC => SPEC,
        HEALTH => HEALTH,
        METRICS => METRICS,
        _ if path.starts_with("/api/v1/health/") => "/api/v1/health/…",
        _ if path.starts_with("/api/v1/") => "/api/v1/…",
        _ if path.starts_with("/explorer") => "/explorer/…",
        _ => "unknown",
    }
}

/// What a log may say about a method, which may be any word.
pub(super) fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

async fn rpc<B: Backend>(
    State(app): State<Arc<App<B>>>,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request,
) -> Response {
    app.answer(peer, request)
        .await
        .unwrap_or_else(respond::refuse)
}

async fn health<B: Backend>(State(app): State<Arc<App<B>>>) -> Response {
    let health = app.backend.health();
    respond_json(health_status(health.healthy), &health)
}

async fn service_health<B: Backend>(
    State(app): State<Arc<App<B>>>,
    Path(service): Path<String>,
) -> Response {
    let health = app.backend.health();
    match health.services.get(service.as_str()) {
        Some(state) => respond_json(health_status(health.healthy), state),
        None => respond::error(StatusCode::NOT_FOUND, "there is no service of this name"),
    }
}

fn health_status(healthy: bool) -> StatusCode {
    if healthy {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}

fn respond_json(status: StatusCode, value: &impl serde::Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => respond::json(status, body),
        Err(error) => {
            tracing::error!(%error, "the node's health is not JSON");
            respond::refuse(Refusal::Internal)
        }
    }
}

async fn spec<B: Backend>(State(app): State<Arc<App<B>>>) -> Response {
    respond::json(StatusCode::OK, app.backend.openrpc())
}

async fn explore<B: Backend>(
    State(app): State<Arc<App<B>>>,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request,
) -> Response {
    let facts = match facts::read(request.headers(), peer, app.trust_forwarded_for) {
        Ok(facts) => facts,
        Err(refusal) => return respond::refuse(refusal),
    };
    let uri = request.uri();
    let (path, query) = (uri.path(), uri.query().unwrap_or_default());
    let backend = Arc::clone(&app.backend);
    let work = async {
        let document = backend.explore(facts.peer, path, query).await;
        explorer::respond(document, app.room(facts.peer))
    };
    let answered = timeout(app.limits.rpc, work).await;
    answered
        .unwrap_or(Err(Refusal::Timeout))
        .unwrap_or_else(respond::refuse)
}

async fn events<B: Backend>(
    State(app): State<Arc<App<B>>>,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request,
) -> Response {
    let facts = match facts::read(request.headers(), peer, app.trust_forwarded_for) {
        Ok(facts) => facts,
        Err(refusal) => return respond::refuse(refusal),
    };
    let backend = Arc::clone(&app.backend);
    match backend.listen(facts.peer, app.stopped.clone()) {
        Ok(events) => explorer::stream(events),
        Err(document) => {
            explorer::respond(document, app.room(facts.peer)).unwrap_or_else(respond::refuse)
        }
    }
}

async fn preflight() -> Response {
    Response::new(Body::empty())
}

async fn not_post() -> Response {
    allow(respond::refuse(Refusal::NotPost), "POST, OPTIONS")
}

async fn not_get() -> Response {
    let status = StatusCode::METHOD_NOT_ALLOWED;
    let response = respond::error(status, "this path is read with GET");
    allow(response, "GET, HEAD, OPTIONS")
}

pub(super) async fn not_found() -> Response {
    respond::error(
        StatusCode::NOT_FOUND,
        "there is nothing at this path, methods are called at /rpc/v1",
    )
}

fn allow(mut response: Response, methods: &'static str) -> Response {
    let methods = HeaderValue::from_static(methods);
    response.headers_mut().insert(ALLOW, methods);
    response
}
