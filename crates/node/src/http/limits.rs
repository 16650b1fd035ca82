//! The limits of the server as one value, so that tests can meet them in milliseconds.

use std::time::Duration;

use idos_connections::Bounds;
use idos_types::limits;

/// Every limit of the server; the defaults are those of [`idos_types::limits`].
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Those of connections, whatever is asked on them.
    pub(crate) bounds: Bounds,
    /// Most requests worked on at the same time.
    pub(crate) requests_in_flight: usize,
    /// Most of them from one household.
    pub(crate) requests_in_flight_per_household: usize,
    /// Most requests that wait for a block, beside those.
    pub(crate) requests_waiting: usize,
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
    /// Most bytes of either of one household, but one body and one answer of any size.
    pub(crate) bytes_per_household: usize,
    /// Time for the work on a request, waiting for its turn included.
    pub(crate) rpc: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bounds: Bounds::default(),
            requests_in_flight: limits::REQUESTS_IN_FLIGHT,
            requests_in_flight_per_household: limits::REQUESTS_IN_FLIGHT_PER_HOUSEHOLD,
            requests_waiting: limits::REQUESTS_WAITING,
            body_bytes: limits::REQUEST_BODY_BYTES,
            body: Duration::from_secs(limits::REQUEST_BODY_SECONDS),
            free_bytes: limits::FREE_BODY_BYTES,
            bodies_bytes: limits::REQUESTS_HELD_BYTES,
            replies_bytes: limits::ANSWERS_HELD_BYTES,
            bytes_per_household: limits::HELD_BYTES_PER_HOUSEHOLD,
            rpc: Duration::from_secs(limits::RPC_SECONDS),
        }
    }
}

impl Limits {
    /// Those of a server that has room for fewer connections: what is a part of them shrinks as they
    /// do.
    pub(super) fn within(self, connections: usize) -> Self {
        let part = |of: usize| match self.bounds.connections {
            0 => of,
            all => of.saturating_mul(connections.min(all)).div_ceil(all),
        };
        let bounds = Bounds {
            connections: self.bounds.connections.min(connections),
            connections_per_household: part(self.bounds.connections_per_household),
            ..self.bounds
        };
        Self {
            bounds,
            requests_waiting: part(self.requests_waiting),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_the_connections_shrink_with_them() {
        let parts = |limits: Limits| {
            let Bounds {
                connections,
                connections_per_household,
                ..
            } = limits.bounds;
            (
                connections,
                connections_per_household,
                limits.requests_waiting,
            )
        };
        let limits = Limits::default();
        assert_eq!(parts(limits.clone().within(16_384)), (16_384, 1_024, 8_192));
        assert_eq!(parts(limits.clone().within(4_096)), (4_096, 256, 2_048));
        assert_eq!(parts(limits.clone().within(1)), (1, 1, 1));
        assert_eq!(parts(limits.within(usize::MAX)), (16_384, 1_024, 8_192));
    }
}
