//! What the node counts, for the monitoring of its operator. No label says who did something, or
//! with what: methods and outcomes are all there is, each from a list that is fixed.

use std::{fmt, time::Instant};

use idos_wire::{Method, Reply, RpcError};
use prometheus_client::{
    encoding::{
        EncodeLabelSet,
        text::{encode_eof, encode_registry},
    },
    metrics::{counter::Counter, family::Family, gauge::ConstGauge, histogram::Histogram},
    registry::{Registry, Unit},
};

/// What every name begins with.
const PREFIX: &str = "idos";
/// The method of a request that names none.
const NO_METHOD: &str = "unknown";
/// Bounds in seconds: a view takes less than the first ones, a write waits for its block.
const REQUEST_SECONDS: [f64; 10] = [0.0005, 0.002, 0.01, 0.05, 0.2, 0.5, 1.0, 2.0, 5.0, 20.0];
/// Bounds in seconds: beyond the last but one, blocks cannot follow each other as they should.
const EXECUTION_SECONDS: [f64; 9] = [0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Counters of one node from its start on; clones are the same counters.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    requests: Family<Ended, Counter>,
    durations: Family<Asked, Histogram, fn() -> Histogram>,
    sessions: Counter,
    executions: Histogram,
    entries: Counter,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Ended {
    method: &'static str,
    outcome: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Asked {
    method: &'static str,
}

/// Where the node stands as it is asked.
#[derive(Clone, Copy, Default)]
pub(crate) struct Standing {
    pub(crate) height: u64,
    pub(crate) certified_height: u64,
    /// Milliseconds since 1970.
    pub(crate) block_time: u64,
    pub(crate) epoch: u64,
    pub(crate) validators: usize,
    pub(crate) peers: usize,
    pub(crate) votes: bool,
    pub(crate) healthy: bool,
    pub(crate) syncing: bool,
    pub(crate) diverged: bool,
    pub(crate) mempool_entries: usize,
    pub(crate) mempool_bytes: usize,
    /// Rows that a sync has fetched so far, and bytes of contents in them.
    pub(crate) sync_rows: u64,
    pub(crate) sync_bytes: u64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(REQUEST_SECONDS)),
            sessions: Counter::default(),
            executions: Histogram::new(EXECUTION_SECONDS),
            entries: Counter::default(),
        }
    }
}

impl Metrics {
    /// Counts a request when what is returned is dropped.
    pub(crate) fn request(&self) -> Counted<'_> {
        Counted {
            metrics: self,
            start: Instant::now(),
            method: NO_METHOD,
            outcome: "abandoned",
        }
    }

    /// Counts a session that was made.
    pub(crate) fn session_made(&self) {
        self.sessions.inc();
    }

    /// Counts a block whose execution began then.
    pub(crate) fn executed(&self, start: Instant, entries: usize) {
        self.executions.observe(start.elapsed().as_secs_f64());
        self.entries
            .inc_by(u64::try_from(entries).unwrap_or(u64::MAX));
    }

    /// Everything in the text format of OpenMetrics. `engine` is what the engine says in the same
    /// format, or nothing.
    ///
    /// # Errors
    ///
    /// None that a correct metric can cause.
    pub(crate) fn text(
        &self,
        standing: &Standing,
        database_bytes: u64,
        engine: &str,
    ) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode_registry(&mut text, &self.registry(standing, database_bytes))?;
        if engine.is_empty() {
            encode_eof(&mut text)?;
        } else {
            // It ends with the mark of the end, and has no name with our prefix.
            text += engine;
        }
        Ok(text)
    }

    fn registry(&self, standing: &Standing, database_bytes: u64) -> Registry {
        let mut registry = Registry::with_prefix(PREFIX);
        registry.register(
            "requests",
            "JSON-RPC requests; refused is the fault of who asked, failed of the node",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "request_duration",
            "Time from the last byte of a request to its answer",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register("sessions", "Sessions made", self.sessions.clone());
        registry.register_with_unit(
            "block_execution",
            "Time to execute and commit a block",
            Unit::Seconds,
            self.executions.clone(),
        );
        registry.register(
            "executed_entries",
            "Transactions and sign-ins in executed blocks",
            self.entries.clone(),
        );
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let gauges = [
            (
                "height",
                "Height of the newest executed block",
                standing.height,
            ),
            (
                "certified_height",
                "Newest height whose state more than two thirds of the validators vouch for",
                standing.certified_height,
            ),
            (
                "block_time_milliseconds",
                "Time of the newest executed block, since 1970",
                standing.block_time,
            ),
            ("epoch", "Epoch that the node takes part in", standing.epoch),
            (
                "validators",
                "Validators of the next block",
                count(standing.validators),
            ),
            (
                "peers",
                "Other nodes that are connected",
                count(standing.peers),
            ),
            (
                "votes",
                "1 while the node votes for blocks",
                standing.votes.into(),
            ),
            (
                "healthy",
                "1 while the node can serve clients",
                standing.healthy.into(),
            ),
            (
                "syncing",
                "1 while the node is behind or fetches its state",
                standing.syncing.into(),
            ),
            (
                "diverged",
                "1 if the node computed another state than the network",
                standing.diverged.into(),
            ),
            (
                "mempool_entries",
                "Transactions and sign-ins that wait for a block",
                count(standing.mempool_entries),
            ),
            (
                "mempool_bytes",
                "Their size in bytes",
                count(standing.mempool_bytes),
            ),
            (
                "sync_rows",
                "Rows that the sync under way has fetched",
                standing.sync_rows,
            ),
            (
                "sync_content_bytes",
                "Bytes of contents in them",
                standing.sync_bytes,
            ),
            (
                "database_bytes",
                "Size of the database's files in bytes",
                database_bytes,
            ),
        ];
        for (name, help, value) in gauges {
            registry.register(name, help, ConstGauge::new(value));
        }
        registry
    }
}

/// A request that is being answered.
pub(crate) struct Counted<'a> {
    metrics: &'a Metrics,
    start: Instant,
    method: &'static str,
    outcome: &'static str,
}

impl Counted<'_> {
    /// Says what is asked.
    pub(crate) fn asks(&mut self, method: Method) {
        self.method = method.name();
    }

    /// Says how it ends. Without, whoever asked is gone, or its time was up.
    pub(crate) fn ends(&mut self, ending: Ending) {
        self.outcome = match ending {
            Ending::Ok => "ok",
            Ending::Refused => "refused",
            Ending::Failed => "failed",
        };
    }
}

/// How a request ends whose answer is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    Ok,
    /// Who asked erred.
    Refused,
    /// The node could not do what it should.
    Failed,
}

impl Ending {
    /// How a request ends that has this outcome.
    pub(crate) fn of(outcome: &Result<Reply, RpcError>) -> Self {
        match outcome {
            Ok(_) => Self::Ok,
            Err(error) if error.code.is_of_node() => Self::Failed,
            Err(_) => Self::Refused,
        }
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        let (method, outcome) = (self.method, self.outcome);
        self.metrics
            .requests
            .get_or_create(&Ended { method, outcome })
            .inc();
        self.metrics
            .durations
            .get_or_create(&Asked { method })
            .observe(self.start.elapsed().as_secs_f64());
    }
}

#[cfg(test)]
mod tests;
