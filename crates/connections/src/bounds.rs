//! The limits as one value, so that tests can meet them in milliseconds.

use std::{num::NonZeroU64, time::Duration};

use idos_types::limits::{
    ANSWER_BYTES_PER_SECOND, ANSWER_STALL_SECONDS, CONNECTIONS, CONNECTIONS_PER_HOUSEHOLD,
    LINGER_SECONDS, REFUSALS, REQUEST_HEAD_BYTES, REQUEST_HEAD_SECONDS, SHUTDOWN_SECONDS,
};

/// Every limit of connections; the defaults are those of [`idos_types::limits`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// Most open connections.
    pub connections: usize,
    /// Most of them from one household. Where a proxy stands in front all come from that: as many as
    /// there may be.
    pub connections_per_household: usize,
    /// Most newcomers beyond that who are being told so; further ones are hung up on.
    pub refusals: usize,
    /// Largest head of a request in bytes.
    pub head_bytes: usize,
    /// Time for the head of a request, counted from the end of the one before.
    pub head: Duration,
    /// Time for which an answer may wait for a client that takes nothing of it.
    pub write_stall: Duration,
    /// Bytes that a client must take of its answer in each second beyond that.
    pub least_rate: NonZeroU64,
    /// Time for which a connection is still read, and what comes discarded, after it was ended:
    /// closing at once would reset it, and the client might never see its answer.
    pub linger: Duration,
    /// Time that requests in flight have to finish at shutdown.
    pub grace: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: CONNECTIONS,
            connections_per_household: CONNECTIONS_PER_HOUSEHOLD,
            refusals: REFUSALS,
            head_bytes: REQUEST_HEAD_BYTES,
            head: Duration::from_secs(REQUEST_HEAD_SECONDS),
            write_stall: Duration::from_secs(ANSWER_STALL_SECONDS),
            least_rate: ANSWER_BYTES_PER_SECOND,
            linger: Duration::from_secs(LINGER_SECONDS),
            grace: Duration::from_secs(SHUTDOWN_SECONDS),
        }
    }
}
