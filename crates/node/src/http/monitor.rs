//! The listener for the operator's monitoring: one path, one reader at a time. No web page reads it: it
//! names no origin that may, and where it listens to its own machine only, it answers nobody who asks
//! by a name, which a page could make lead here.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, HOST},
    },
    middleware::{Next, from_fn},
    response::Response,
    routing::get,
};
use idos_connections::{Bounds, accept, names_an_address};
use tokio::{net::TcpListener, sync::Semaphore, time::timeout};

use super::{respond, serve::site};

pub(super) const METRICS: &str = "/metrics";
/// The text format of OpenMetrics 1.0, which Prometheus reads.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Most connections: a monitoring system has one or two, an operator's hand another one.
const CONNECTIONS: usize = 16;
/// Time for an answer, and for taking some bytes of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Renders what is measured.
pub(crate) type Render = Arc<dyn Fn() -> Result<String, fmt::Error> + Send + Sync>;

#[derive(Clone)]
struct Monitor {
    render: Render,
    /// Rendering takes a thread that may block: readers wait for each other, not the node for them.
    turn: Arc<Semaphore>,
}

/// Serves what `render` makes on `listener` until `shutdown` ends.
pub(crate) async fn serve_metrics(
    render: Render,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) {
    let monitor = Monitor {
        render,
        turn: Arc::new(Semaphore::new(1)),
    };
    let mut router = Router::new()
        .route(METRICS, get(metrics))
        .fallback(not_found)
        .with_state(monitor);
    // Elsewhere names are how monitoring finds it, and what protects it is the operator's network.
    if listener
        .local_addr()
        .is_ok_and(|own| own.ip().is_loopback())
    {
        router = router.layer(from_fn(by_address));
    }
    let bounds = Bounds {
        connections: CONNECTIONS,
        refusals: CONNECTIONS,
        write_stall: PATIENCE,
        grace: Duration::from_secs(1),
        ..Bounds::default()
    };
    accept(site(router, false), listener, bounds, shutdown).await;
}

async fn by_address(request: Request, next: Next) -> Response {
    if is_by_address(request.headers()) {
        return next.run(request).await;
    }
    let text = "metrics of this address are asked for by it or by localhost, not by another name";
    respond::error(StatusCode::MISDIRECTED_REQUEST, text)
}

fn is_by_address(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    host.is_some_and(names_an_address) && hosts.next().is_none()
}

async fn metrics(State(monitor): State<Monitor>) -> Response {
    let rendered = async {
        let turn = Arc::clone(&monitor.turn).acquire_owned().await.ok()?;
        let work = move || {
            let text = (monitor.render)();
            drop(turn);
            text.ok()
        };
        tokio::task::spawn_blocking(work).await.ok()?
    };
    match timeout(PATIENCE, rendered).await {
        Ok(Some(text)) => {
            let mut response = Response::new(Body::from(text));
            let content_type = HeaderValue::from_static(OPEN_METRICS);
            response.headers_mut().insert(CONTENT_TYPE, content_type);
            response
        }
        Ok(None) => {
            let text = "the metrics could not be rendered";
            respond::error(StatusCode::INTERNAL_SERVER_ERROR, text)
        }
        Err(_) => {
            let text = "others read the metrics at the same time, try again";
            respond::error(StatusCode::SERVICE_UNAVAILABLE, text)
        }
    }
}

async fn not_found() -> Response {
    respond::error(
        StatusCode::NOT_FOUND,
        "there is nothing at this path, metrics are at /metrics",
    )
}

#[cfg(test)]
mod tests;
