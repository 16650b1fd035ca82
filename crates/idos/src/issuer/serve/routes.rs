//! Which address does what, and for whom.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};

use super::{
    capacity::{Capacity, Permit, Sender},
    entrance::Entrance,
    operations::{Answer, Operations},
    request::{self, Members},
};
use crate::web::problem::Problem;

/// What the routes share.
pub(super) struct App {
    pub(super) operations: Operations,
    pub(super) entrance: Entrance,
    pub(super) capacity: Capacity,
}

/// How many requests have a place: as many as there may be connections.
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
        let handler = move |State(app): State<Arc<App>>, request: Request| {
            answer(app, Sender::Anybody, operation, request)
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
    let Some(permit) = app.capacity.permit(sender) else {
        return Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "too many requests wait already: try again in a few seconds",
        )
        .into_response();
    };
    match request::body(request).await {
        Ok(body) => {
            let parse_and_do =
                move |operations: &Operations| operation(operations, Members::parse(&body)?);
            work(&app, Some(permit), parse_and_do).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn list(State(app): State<Arc<App>>, Path(name): Path<String>) -> Response {
    work(&app, None, move |operations| operations.list(&name)).await
}

async fn document(State(app): State<Arc<App>>) -> Response {
    work(&app, None, |operations| {
        let document = operations.authority.document();
        document
            .map(|document| (StatusCode::OK, document))
            .ok_or_else(Problem::internal)
    })
    .await
}

async fn work(
    app: &Arc<App>,
    permit: Option<Permit>,
    operation: impl FnOnce(&Operations) -> Result<Answer, Problem> + Send + 'static,
) -> Response {
    let worker = Arc::clone(app);
    let done = app
        .capacity
        .work(permit, move || operation(&worker.operations));
    match done.await {
        Some(Ok((status, body))) => {
            (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
        }
        Some(Err(problem)) => problem.into_response(),
        None => Problem::internal().into_response(),
    }
}
