//! Accepts connections until told to stop.

use std::{future::Future, io, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinError, JoinSet},
    time::{sleep, timeout},
};

use super::{backend::Backend, connection, limits::Limits, open_files, routes::App};

/// First pause after the system refused to accept; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How to serve.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// Whether the address of a client is the last entry of `X-Forwarded-For`.
    pub(crate) trust_forwarded_for: bool,
    /// The limits.
    pub(crate) limits: Limits,
}

/// Serves `backend` on `listener` until `shutdown` ends; requests in flight then have
/// [`Limits::grace`] to finish. It can not fail: whatever goes wrong with one connection, or with
/// accepting one, the others are served.
pub(crate) async fn serve<B: Backend>(
    backend: Arc<B>,
    listener: TcpListener,
    options: Options,
    shutdown: impl Future<Output = ()>,
) {
    let limits = Arc::new(options.limits);
    let most = open_files::room_for(limits.connections);
    let (stop, stopped) = watch::channel(false);
    let app = App::new(
        backend,
        Limits::clone(&limits),
        options.trust_forwarded_for,
        stopped,
    );
    // Whoever listens to events has no request that would end by itself.
    let shutdown = async {
        shutdown.await;
        stop.send_replace(true);
    };
    let site = Site {
        router: app.router(),
        any_origin: true,
    };
    accept(site, listener, limits, most, shutdown).await;
}

/// What is served on a listener.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) router: Router,
    /// Whether pages of any origin may read the answers.
    pub(super) any_origin: bool,
}

/// Serves a site on at most so many connections until `shutdown` ends.
pub(super) async fn accept(
    site: Site,
    listener: TcpListener,
    limits: Arc<Limits>,
    most: usize,
    shutdown: impl Future<Output = ()>,
) {
    let (stop, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut refusals = JoinSet::new();
    let mut pause = FIRST_PAUSE;
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            // Ended connections are counted out before newcomers are counted in.
            Some(ended) = connections.join_next() => { report(ended); continue }
            Some(ended) = refusals.join_next() => { report(ended); continue }
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) if connections.len() < most => {
                pause = FIRST_PAUSE;
                let (site, limits, stopped) = (site.clone(), Arc::clone(&limits), stopped.clone());
                connections.spawn(async move {
                    connection::run(stream, peer.ip(), site, &limits, stopped).await;
                });
            }
            // Beyond both limits the stream is dropped, which hangs up.
            Ok((stream, _)) if refusals.len() < limits.refusals => {
                refusals.spawn(connection::refuse(stream, limits.linger));
            }
            Ok(_) => {}
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted, trying again");
                tokio::select! {
                    () = &mut shutdown => break,
                    () = sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
                }
            }
        }
    }
    drop(listener);
    refusals.abort_all();
    stop.send_replace(true);
    let finished = timeout(limits.grace, async {
        while let Some(ended) = connections.join_next().await {
            report(ended);
        }
    });
    if finished.await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "requests did not finish in time and are cut off"
        );
    }
    connections.shutdown().await;
}

/// Whether the error is about a connection that was lost before it was accepted, and says nothing
/// about the next one.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        // The panic hook has printed where; the others are served on.
        tracing::error!("a connection ended by a bug of the node");
    }
}
