//! A server that listens, and serves until it is told to end.

use std::{io, net::SocketAddr, time::Duration};

use axum::Router;
use idos_connections::{Bounds, Busy, Site, accept};
use thiserror::Error;
use tokio::net::TcpListener;

/// Most open connections: such a server has a proxy in front, or the programs of one machine.
const CONNECTIONS: usize = 256;
/// Most of one address, which may be that of the proxy. Nobody alone takes all.
const CONNECTIONS_PER_HOUSEHOLD: usize = CONNECTIONS / 2;
/// Time that requests in flight have to finish at the end.
const GRACE: Duration = Duration::from_secs(10);

/// The address cannot be listened on.
#[derive(Debug, Error)]
#[error("{address} cannot be listened on; choose another by --listen")]
pub(crate) struct ListenError {
    address: SocketAddr,
    source: io::Error,
}

/// A listener with its address.
pub(crate) struct Listening {
    listener: TcpListener,
    address: SocketAddr,
}

impl Listening {
    /// Listens on an address.
    pub(crate) async fn on(address: SocketAddr) -> Result<Self, ListenError> {
        let failed = |source| ListenError { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until `shutdown` ends; requests in flight are then still answered.
    pub(crate) async fn serve(self, router: Router, shutdown: impl Future<Output = ()>) {
        let full = "this server has no room for more connections: try again".to_owned();
        let busy = Busy {
            content_type: "text/plain; charset=utf-8",
            body: full.clone(),
            household_body: full,
        };
        let bounds = Bounds {
            connections: CONNECTIONS,
            connections_per_household: CONNECTIONS_PER_HOUSEHOLD,
            refusals: CONNECTIONS,
            grace: GRACE,
            ..Bounds::default()
        };
        accept(
            Site::of_router(busy, router),
            self.listener,
            bounds,
            shutdown,
        )
        .await;
    }
}
