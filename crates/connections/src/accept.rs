//! Accepts connections until told to stop.

use std::{future::Future, io, pin::pin, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinError, JoinSet},
    time::{sleep, timeout},
};

use crate::{bounds::Bounds, connection, households::Households, site::Site};

/// First pause after the system refused to accept; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Serves a site on a listener until `shutdown` ends; requests in flight then have
/// [`Bounds::grace`] to finish. It cannot fail: whatever goes wrong with one connection, or with
/// accepting one, the others are served.
pub async fn accept(
    site: Site,
    listener: TcpListener,
    bounds: Bounds,
    shutdown: impl Future<Output = ()>,
) {
    let households = Households::new(bounds.connections, bounds.connections_per_household);
    let bounds = Arc::new(bounds);
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
            Ok((stream, peer)) => match households.enter(peer.ip()) {
                Ok(seat) => {
                    pause = FIRST_PAUSE;
                    let (site, bounds) = (site.clone(), Arc::clone(&bounds));
                    let stopped = stopped.clone();
                    connections.spawn(async move {
                        let _seat = seat;
                        connection::run(stream, peer.ip(), site, &bounds, stopped).await;
                    });
                }
                Err(full) if refusals.len() < bounds.refusals => {
                    let busy = Arc::clone(&site.busy);
                    refusals.spawn(connection::refuse(stream, full, busy, bounds.linger));
                }
                // The stream is dropped, which hangs up.
                Err(_) => {}
            },
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
    let finished = timeout(bounds.grace, async {
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
        tracing::error!("a connection ended by a bug of the server");
    }
}
