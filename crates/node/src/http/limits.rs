//! The limits of the server as one value, so that tests can meet them in milliseconds.

use std::{num::NonZeroU64, time::Duration};

use idos_connections::Bounds;
use idos_types::limits;

/// Every limit of the server; the defaults are those of [`idos_types::limits`].
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Most open connections.
    pub(crate) connections: usize,
    /// Most of them from one household.
    pub(crate) connections_per_household: usize,
    /// Most newcomers beyond that who are being told so; further ones are hung up on.
    pub(crate) refusals: usize,
    /// Most requests worked on at the same time.
    pub(crate) requests_in_flight: usize,
    /// Most of them from one household.
    pub(crate) requests_in_flight_per_household: usize,
    /// Most requests that wait for a block, beside those.
    pub(crate) requests_waiting: usize,
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
    /// Most bytes of either of one household, but one body and one answer of any size.
    pub(crate) bytes_per_household: usize,
    /// Time for the work on a request, waiting for its turn included.
    pub(crate) rpc: Duration,
    /// Time for which an answer may wait for a client that takes nothing of it.
    pub(crate) write_stall: Duration,
    /// Bytes that a client must take of its answer in each second beyond that.
    pub(crate) least_rate: NonZeroU64,
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
            connections_per_household: bounds.connections_per_household,
            refusals: bounds.refusals,
            requests_in_flight: limits::REQUESTS_IN_FLIGHT,
            requests_in_flight_per_household: limits::REQUESTS_IN_FLIGHT_PER_HOUSEHOLD,
            requests_waiting: limits::REQUESTS_WAITING,
            head_bytes: bounds.head_bytes,
            head: bounds.head,
            body_bytes: limits::REQUEST_BODY_BYTES,
            body: Duration::from_secs(limits::REQUEST_BODY_SECONDS),
            free_bytes: limits::FREE_BODY_BYTES,
            bodies_bytes: limits::REQUESTS_HELD_BYTES,
            replies_bytes: limits::ANSWERS_HELD_BYTES,
            bytes_per_household: limits::HELD_BYTES_PER_HOUSEHOLD,
            rpc: Duration::from_secs(limits::RPC_SECONDS),
            write_stall: bounds.write_stall,
            least_rate: bounds.least_rate,
            linger: bounds.linger,
            grace: bounds.grace,
        }
    }
}

impl Limits {
    /// Those of a server that has room for fewer connections: what is a part of them shrinks as they
    /// do.
    pub(super) fn within(self, connections: usize) -> Self {
        let part = |of: usize| match self.connections {
            0 => of,
            all => of.saturating_mul(connections.min(all)).div_ceil(all),
        };
        Self {
            connections: self.connections.min(connections),
            connections_per_household: part(self.connections_per_household),
            requests_waiting: part(self.requests_waiting),
            ..self
        }
    }

    /// Those of connections, whatever is asked on them.
    pub(super) fn bounds(&self) -> Bounds {
        Bounds {
            connections: self.connections,
            connections_per_household: self.connections_per_household,
            refusals: self.refusals,
            head_bytes: self.head_bytes,
            head: self.head,
            write_stall: self.write_stall,
            least_rate: self.least_rate,
            linger: self.linger,
            grace: self.grace,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_the_connections_shrink_with_them() {
        let parts = |limits: Limits| {
            let Limits {
                connections,
                connections_per_household,
                requests_waiting,
                ..
            } = limits;
            (connections, connections_per_household, requests_waiting)
        };
        let limits = Limits::default();
        assert_eq!(parts(limits.clone().within(16_384)), (16_384, 1_024, 8_192));
        assert_eq!(parts(limits.clone().within(4_096)), (4_096, 256, 2_048));
        assert_eq!(parts(limits.clone().within(1)), (1, 1, 1));
        assert_eq!(parts(limits.within(usize::MAX)), (16_384, 1_024, 8_192));
    }
}
