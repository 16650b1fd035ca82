//! How far a sync has come, for whoever wants to know.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use idos_store::StoredRow;
use tracing::{info, warn};

use super::{ALONE, HINT_SECONDS};

/// After how long without anything to fetch the log says what the operator can do.
const LONELY: Duration = Duration::from_secs(HINT_SECONDS);

/// Counts what was fetched.
pub(crate) struct Meter {
    started: Instant,
    rows: AtomicU64,
    bytes: AtomicU64,
    height: AtomicU64,
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            rows: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            height: AtomicU64::new(0),
        }
    }

    /// Counts rows that were written.
    pub(super) fn add(&self, rows: &[StoredRow]) {
        let bytes = rows.iter().map(|stored| stored.row.weight()).sum();
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        self.rows.fetch_add(count(rows.len()), Ordering::Relaxed);
        self.bytes.fetch_add(count(bytes), Ordering::Relaxed);
    }

    /// Says which height is being fetched.
    pub(crate) fn set_height(&self, height: u64) {
        self.height.store(height, Ordering::Relaxed);
    }

    /// Rows fetched so far.
    pub(crate) fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Bytes of the contents in them.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The height that is being fetched; 0 if that is not known yet.
    pub(crate) fn height(&self) -> u64 {
        self.height.load(Ordering::Relaxed)
    }

    /// Says so in the log.
    pub(crate) fn report(&self) {
        if self.height() == 0 && self.started.elapsed() >= LONELY {
            warn!("no other node hands out a state: {ALONE}");
            return;
        }
        let millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        info!(
            height = self.height(),
            rows = self.rows(),
            content_bytes = self.bytes(),
            rows_per_second = self.rows().saturating_mul(1_000) / millis.max(1),
            "fetching the state"
        );
    }
}
