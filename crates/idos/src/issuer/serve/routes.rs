//! Which address does what, and for whom.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Extension, Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};

use idos_connections::{Peer, client_address};

use super::{
    capacity::{Capacity, Permit, Sender},
    entrance::Entrance,
    operations::{Answer, Operations},
    own_lists::KEPT_SECONDS,
    request::{self, Members},
};
use crate::web::{problem::Problem, rate::Rate};

/// What the routes share.
pub(super) struct App {
    pub(super) operations: Operations,
    pub(super) entrance: Entrance,
    pub(super) capacity: Capacity,
    /// Of those who ask for status lists: anybody, so they delay only each other.
    pub(super) for_lists: Capacity,
    /// How often an address may have something verified or derived.
    pub(super) rate: Rate,
    pub(super) trust_forwarded_for: bool,
}

impl App {
    /// Who sends a request that anybody may send, before its body is read. Whoever may issue asks as often
    /// as they like.
    fn sender(&self, headers: &HeaderMap, Peer(peer): Peer) -> Result<Sender, Problem> {
        if self.entrance.check(headers).is_ok() {
            return Ok(Sender::Issuer);
        }
        let address = client_address(headers, peer, self.trust_forwarded_for);
        self.rate.check(address)?;
        Ok(Sender::Anybody)
    }
}

/// How many requests, read whole, wait or are worked on: as many as there may be connections.
pub(super) const PLACES: usize = 256;

type Operation = fn(&Operations, Members) -> Result<Answer, Problem>;

/// All routes.
pub(super) fn router(app: Arc<App>) -> Router {
    let mut router = Router::new()
        .route("/status/{name}", get(list))
        .fallback(|| async {
            Problem::new(StatusCode::NOT_FOUND, "no-such-address", "nothing is here")
        });
    let for_issuers: [(&str, Operation); 3] = [
        ("/credentials/issue", Operations::issue),
        ("/credentials/status", Operations::set_status),
        ("/presentations", Operations::present),
    ];
    let for_all: [(&str, Operation); 3] = [
        ("/credentials/verify", Operations::verify),
        ("/credentials/derive", Operations::derive),
        ("/presentations/verify", Operations::verify_presentation),
    ];
    for (path, operation) in for_issuers {
        let handler = move |State(app): State<Arc<App>>, request: Request| async move {
            // Before the body is read: strangers are to cost nothing.
            match app.entrance.check(request.headers()) {
                Ok(()) => answer(app, Sender::Issuer, operation, request).await,
                Err(problem) => problem.into_response(),
            }
        };
        router = router.route(path, post(handler));
    }
    for (path, operation) in for_all {
        let handler = move |State(app): State<Arc<App>>,
                            Extension(peer): Extension<Peer>,
                            request: Request| async move {
            match app.sender(request.headers(), peer) {
                Ok(sender) => answer(app, sender, operation, request).await,
                Err(problem) => problem.into_response(),
            }
        };
        router = router.route(path, post(handler));
    }
    if let Some(path) = app.operations.authority.document_path() {
        router = router.route(path, get(document));
    }
    router.with_state(app)
}

/// The answer to a method that an address does not have. Which it has, `Allow` says.
pub(super) async fn wrong_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong-method",
        "this address is asked by another method: the header Allow says by which",
    )
}

async fn answer(app: Arc<App>, sender: Sender, operation: Operation, request: Request) -> Response {
    // Before it takes a place: whoever sends slowly keeps nobody out. How many are read at once, the
    // number of connections bounds.
    let body = match request::body(request).await {
        Ok(body) => body,
        Err(problem) => return problem.into_response(),
    };
    let Some(permit) = app.capacity.permit(sender) else {
        return Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "too many requests wait already: try again in a few seconds",
        )
        .into_response();
    };
    let parse_and_do = move |operations: &Operations| operation(operations, Members::parse(&body)?);
    match work(&app, &app.capacity, Some(permit), parse_and_do).await {
        Ok((status, body)) => {
            (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

async fn list(State(app): State<Arc<App>>, Path(name): Path<String>) -> Response {
    let listed = move |operations: &Operations| operations.list(&name);
    for_everybody(work(&app, &app.for_lists, None, listed).await)
}

async fn document(State(app): State<Arc<App>>) -> Response {
    let document = app.operations.authority.document();
    let document = document.map(|document| Arc::from(document.to_string()));
    for_everybody(document.ok_or_else(|| Problem::internal("the issuer has no did:web")))
}

/// What pages of any origin may read, and caches keep for some minutes.
fn for_everybody(document: Result<Arc<str>, Problem>) -> Response {
    let mut response = match document {
        Ok(text) => {
            let kept = format!("public, max-age={KEPT_SECONDS}");
            let kind = "application/json".to_owned();
            let headers = [(header::CACHE_CONTROL, kept), (header::CONTENT_TYPE, kind)];
            (headers, text.as_ref().to_owned()).into_response()
        }
        Err(problem) => problem.into_response(),
    };
    let any = HeaderValue::from_static("*");
    response
        .headers_mut()
        .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
    response
}

async fn work<T: Send + 'static>(
    app: &Arc<App>,
    capacity: &Capacity,
    permit: Option<Permit>,
    operation: impl FnOnce(&Operations) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let worker = Arc::clone(app);
    let done = capacity.work(permit, move || operation(&worker.operations));
    let panicked = || Err(Problem::internal("the thread that worked on it panicked"));
    done.await.unwrap_or_else(panicked)
}
