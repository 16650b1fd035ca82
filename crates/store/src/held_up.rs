//! Clearing the write-ahead log although reads overlap: as long as one of them is open at any time, what was erased
//! stays in the log, and the log grows.

use std::time::{Duration, Instant};

/// For how long reads may hold the log up before they make way.
const PATIENCE: Duration = if cfg!(test) {
    Duration::from_millis(300)
} else {
    Duration::from_secs(10)
};
/// How long reads that run then have to end by themselves, before they are stopped.
pub(crate) const GRACE: Duration = Duration::from_millis(50);
/// How long new reads wait at most. What holds the log up then is a [`crate::Pin`], which ends in seconds.
pub(crate) const MOST: Duration = Duration::from_millis(250);
/// How long between two attempts to clear the log meanwhile.
pub(crate) const PAUSE: Duration = Duration::from_millis(1);

/// Since when reads have held up the clearing of the log.
#[derive(Debug, Default)]
pub(crate) struct HeldUp(Option<Instant>);

impl HeldUp {
    /// Notes whether reads held up an attempt. Returns whether they have to make way now; after that there is
    /// patience again.
    pub(crate) fn note(&mut self, is_held_up: bool) -> bool {
        if !is_held_up {
            self.0 = None;
            return false;
        }
        let is_due = self.0.get_or_insert_with(Instant::now).elapsed() >= PATIENCE;
        if is_due {
            self.0 = None;
        }
        is_due
    }
}
