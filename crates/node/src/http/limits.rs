//! The limits of the server as one value, so that tests can meet them in milliseconds.

use std::time::Duration;

use idos_connections::Bounds;
use idos_types::limits;

/// Every limit of the server; the defaults are those of [`idos_types::limits`].
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Most open connections.
    pub(crate) connections: usize,
    /// Most newcomers beyond that who are being told so; further ones are hung up on.
    pub(crate) refusals: usize,
    /// Most requests worked on at the same time.
    pub(crate) requests_in_flight: usize,
    /// Largest head of a request in bytes.
    pub(crate) head_bytes: usize,
    /// Time for the head of a request, counted from the end of the one before.
    pub(crate) head: Duration,
    /// Largest body of a request in bytes.
    pub(crate) body_bytes: usize,
    /// Time for the body of a request.
    pub(crate) body: Duration,
    /// Bytes of one body that do not count against [`Limits::bodies_bytes`], so that ordinary
    /// requests pass while others upload.
    pub(crate) free_bytes: usize,
    /// Most bytes of all bodies together that are held, received or worked on.
    pub(crate) bodies_bytes: usize,
    /// Most bytes of all answers together that wait for clients to take them.
    pub(crate) replies_bytes: usize,
    /// Time for the work on a request, waiting for its turn included.
    pub(crate) rpc: Duration,
    /// Time within which a client must take some bytes of its answer.
    pub(crate) write_stall: Duration,
    /// Time for which a connection is still read, and what comes discarded, after it was ended:
    /// closing at once would reset it, and the client might never see its answer.
    pub(crate) linger: Duration,
    /// Time that requests in flight have to finish at shutdown.
    pub(crate) grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let bounds = Bounds::default();
        Self {
            connections: bounds.connections,
            refusals: bounds.refusals,
            requests_in_flight: limits::REQUESTS_IN_FLIGHT,
            head_bytes: bounds.head_bytes,
            head: bounds.head,
            body_bytes: limits::REQUEST_BODY_BYTES,
            body: Duration::from_secs(limits::REQUEST_BODY_SECONDS),
            free_bytes: 16 * 1024,
            bodies_bytes: 512 * 1024 * 1024,
            replies_bytes: 512 * 1024 * 1024,
            rpc: Duration::from_secs(limits::RPC_SECONDS),
            write_stall: bounds.write_stall,
            linger: bounds.linger,
            grace: bounds.grace,
        }
    }
}

impl Limits {
    /// Those of connections, whatever is asked on them.
    pub(super) fn bounds(&self) -> Bounds {
        Bounds {
            connections: self.connections,
            refusals: self.refusals,
            head_bytes: self.head_bytes,
            head: self.head,
            write_stall: self.write_stall,
            linger: self.linger,
            grace: self.grace,
        }
    }
}
