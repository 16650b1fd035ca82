//! What request handlers, the conversations with other nodes and the thread that executes blocks
//! share.

mod ahead;
mod certificates;
mod ended;
mod floors;
mod waiting;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use idos_consensus::Wake;
use idos_types::BlockTime;
use tokio::sync::watch;

use crate::{executor::Progress, metrics::Metrics};
use certificates::Certificates;
use ended::EndedSessions;
use floors::Floors;
use waiting::Waiting;

pub(crate) use ended::{EndedSession, Revocation};
pub(crate) use waiting::Answer;

/// What a client hears of a node that computed another state than the network.
pub(crate) const DIVERGED: &str =
    "this node computed another state than the network, use another node";

/// What a client hears whose transaction waited while the part of the node in the network ended.
pub(crate) const STOPPED: &str =
    "the node stopped before the transaction was known to be in a block";

/// The shared part.
pub(crate) struct Shared {
    /// What waits for a block, and who waits to hear what became of it.
    pub(crate) waiting: Waiting,
    /// Which state is certified, and the certificates.
    pub(crate) certificates: Certificates,
    /// From where the network could go on.
    pub(crate) floors: Floors,
    /// Sessions that ended and are not everywhere known.
    pub(crate) ended: EndedSessions,
    /// The newest executed block.
    pub(crate) progress: watch::Sender<Progress>,
    /// The newest height of which this node has seen a proposal.
    proposed: AtomicU64,
    /// When this node executed a block that it had not before, in milliseconds since 1970.
    moved_ms: AtomicU64,
    /// Whether it cannot come back by blocks.
    needs_sync: AtomicBool,
    /// The first height whose block is kept.
    kept_from: AtomicU64,
    /// Whether no open read holds up that bytes are erased, or the log of the database put away.
    log_is_settled: AtomicBool,
    metrics: Metrics,
    wake: Wake,
}

impl Shared {
    /// The shared part of a node that has come so far, and has certificates up to a height.
    pub(crate) fn new(progress: Progress, certified: u64, metrics: Metrics) -> Self {
        let wake = Wake::default();
        let progress = watch::Sender::new(progress);
        Self {
            waiting: Waiting::new(progress.subscribe(), wake.clone()),
            certificates: Certificates::new(certified, wake.clone()),
            floors: Floors::new(wake.clone()),
            ended: EndedSessions::new(wake.clone()),
            progress,
            proposed: AtomicU64::new(0),
            moved_ms: AtomicU64::new(0),
            needs_sync: AtomicBool::new(false),
            kept_from: AtomicU64::new(0),
            log_is_settled: AtomicBool::new(false),
            metrics,
            wake,
        }
    }

    /// Wakes and stops the network.
    pub(crate) fn wake(&self) -> &Wake {
        &self.wake
    }

    /// What the node counts.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The newest certified height.
    pub(crate) fn certified(&self) -> u64 {
        self.certificates.certified()
    }

    /// Says that blocks from a height on are kept, and others may not be.
    pub(crate) fn keep_from(&self, height: u64) {
        self.kept_from.store(height, Ordering::Release);
    }

    /// The first height whose block is kept.
    pub(crate) fn kept_from(&self) -> u64 {
        self.kept_from.load(Ordering::Acquire)
    }

    /// Says whether there is nothing to do in the log of the database that open reads hold up.
    pub(crate) fn settle_log(&self, is_settled: bool) {
        self.log_is_settled.store(is_settled, Ordering::Release);
    }

    /// Whether that was so after the newest change.
    pub(crate) fn log_is_settled(&self) -> bool {
        self.log_is_settled.load(Ordering::Acquire)
    }

    /// A block was executed by this time, the newest of this node.
    pub(crate) fn set_moved(&self, now: BlockTime) {
        self.moved_ms.store(now.millis(), Ordering::Release);
    }

    /// Whether this node executed a block at a time or later, in milliseconds since 1970. What it
    /// found at its start counts.
    pub(crate) fn has_moved_since(&self, time_ms: u64) -> bool {
        self.moved_ms.load(Ordering::Acquire) >= time_ms
    }

    /// Says that this node cannot come back by blocks, and ends its part in the network.
    pub(crate) fn need_sync(&self) {
        self.needs_sync.store(true, Ordering::Release);
        self.wake.stop();
    }

    /// Whether it said so.
    pub(crate) fn needs_sync(&self) -> bool {
        self.needs_sync.load(Ordering::Acquire)
    }

    /// Says that this node computed another state than the network. Nothing takes that back, and
    /// nobody hears any more what became of a transaction here.
    pub(crate) fn diverge(&self) {
        self.waiting.diverge();
    }

    /// Whether it did.
    pub(crate) fn has_diverged(&self) -> bool {
        self.waiting.has_diverged()
    }
}
