//! Serves a backend on a listener.

use std::{future::Future, sync::Arc, time::Instant};

use axum::{Router, extract::Request, response::Response};
use idos_connections::{Busy, Site, accept};
use tokio::{net::TcpListener, sync::watch};
use tower::ServiceExt;

use super::{
    backend::Backend,
    limits::Limits,
    open_files,
    refusal::Refusal,
    respond,
    routes::{self, App},
};

/// How to serve.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// Whether the address of a client is the last entry of `X-Forwarded-For`.
    pub(crate) trust_forwarded_for: bool,
    /// The limits.
    pub(crate) limits: Limits,
}

/// Serves `backend` on `listener` until `shutdown` ends; requests in flight then have
/// [`Bounds::grace`](idos_connections::Bounds::grace) to finish. It cannot fail: whatever goes wrong with one connection, or with
/// accepting one, the others are served.
pub(crate) async fn serve<B: Backend>(
    backend: Arc<B>,
    listener: TcpListener,
    options: Options,
    shutdown: impl Future<Output = ()>,
) {
    let room = open_files::room_for(options.limits.bounds.connections);
    let limits = options.limits.within(room);
    let mut bounds = limits.bounds.clone();
    if options.trust_forwarded_for {
        // They are all those of the proxy, which is to bound those of its clients.
        bounds.connections_per_household = bounds.connections;
    }
    let (stop, stopped) = watch::channel(false);
    let app = App::new(backend, limits, options.trust_forwarded_for, stopped);
    // Whoever listens to events has no request that would end by itself.
    let shutdown = async {
        shutdown.await;
        stop.send_replace(true);
    };
    accept(site(app.router(), true), listener, bounds, shutdown).await;
}

/// The routes with what every answer carries; `any_origin` tells whether pages of any origin may
/// read the answers.
pub(super) fn site(router: Router, any_origin: bool) -> Site {
    let busy = Busy {
        content_type: respond::JSON,
        body: Refusal::Busy.body(),
        household_body: Refusal::ManyConnections.body(),
    };
    Site::new(busy, move |request| {
        Box::pin(answer(router.clone(), any_origin, request))
    })
}

async fn answer(router: Router, any_origin: bool, request: Request) -> Response {
    let start = Instant::now();
    let route = routes::label(request.uri().path());
    let method = routes::method_label(request.method());
    let origin = respond::origin(request.headers()).filter(|_| any_origin);
    let Ok(mut response) = router.oneshot(request).await;
    respond::complete(&mut response, origin);
    tracing::debug!(
        method,
        route,
        status = response.status().as_u16(),
        micros = start.elapsed().as_micros(),
        "answered"
    );
    response
}
