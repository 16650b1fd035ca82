//! Connections: how many, how long, and how they end.

use std::{future::Future, pin::pin, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use idos_types::limits::REQUEST_HEAD_SECONDS;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

/// Most open connections: this is for an issuer's own programs and a proxy, not for the world.
const CONNECTIONS: usize = 256;
/// Longest life of a connection, so that nobody keeps one by reading slowly.
const LIFE: Duration = Duration::from_secs(120);
/// Pause after the system refused to accept.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `shutdown` ends; requests in flight are then still answered.
pub(super) async fn serve(
    listener: TcpListener,
    router: &Router,
    shutdown: impl Future<Output = ()>,
) {
    let (stop, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    let connection = run(stream, router.clone(), stopped.clone());
                    connections.spawn(timeout(LIFE, connection));
                }
                Err(_) => sleep(PAUSE).await,
            }
        }
    }
    drop(listener);
    stop.send_replace(true);
    while connections.join_next().await.is_some() {}
}

async fn run(stream: TcpStream, router: Router, mut stop: watch::Receiver<bool>) {
    // Without it answers are only later.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(REQUEST_HEAD_SECONDS))
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    let stopped = stop.wait_for(|stop| *stop);
    tokio::select! {
        // Clients that break their connection harm nobody else.
        _ = connection.as_mut() => return,
        _ = stopped => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
