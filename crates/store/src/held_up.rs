//! Clearing the write-ahead log although reads overlap: as long as one of them is open at any time, what was erased
//! stays in the log, and the log grows.

use std::time::{Duration, Instant};

/// For how long reads may hold the log up before they make way.
const PATIENCE: Duration = if cfg!(test) {
    Duration::from_millis(300)
} else {
    Duration::from_secs(10)
};
/// How long that is at most where it does not help: the log must not grow for hours.
const MOST_PATIENCE: Duration = PATIENCE.saturating_mul(8);
/// How long reads that run then have to end by themselves, before they are stopped.
pub(crate) const GRACE: Duration = Duration::from_millis(50);
/// How long new reads wait at most.
pub(crate) const MOST: Duration = Duration::from_millis(250);
/// How long between two attempts to clear the log meanwhile.
pub(crate) const PAUSE: Duration = Duration::from_millis(1);

/// Since when reads have held up the clearing of the log, and for how long they may.
#[derive(Debug)]
pub(crate) struct HeldUp {
    since: Option<Instant>,
    patience: Duration,
}

impl Default for HeldUp {
    fn default() -> Self {
        Self {
            since: None,
            patience: PATIENCE,
        }
    }
}

impl HeldUp {
    /// Notes whether reads held up an attempt that was made now. Returns whether they have to make way. After that
    /// there is patience again, and twice as much as long as that does not help: a backup in another process lasts,
    /// and stopping reads here does not end it.
    pub(crate) fn note(&mut self, is_held_up: bool, now: Instant) -> bool {
        if !is_held_up {
            *self = Self::default();
            return false;
        }
        let since = *self.since.get_or_insert(now);
        let is_due = now.saturating_duration_since(since) >= self.patience;
        if is_due {
            self.since = None;
            self.patience = self.patience.saturating_mul(2).min(MOST_PATIENCE);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_doubles_up_to_a_bound_until_the_log_is_cleared() {
        let mut held_up = HeldUp::default();
        let mut now = Instant::now();
        for times in [1, 2, 4, 8, 8] {
            assert!(!held_up.note(true, now));
            now += PATIENCE * times - Duration::from_millis(1);
            assert!(!held_up.note(true, now), "{times}");
            now += Duration::from_millis(1);
            assert!(held_up.note(true, now), "{times}");
        }
        assert!(!held_up.note(false, now));
        assert!(!held_up.note(true, now));
        assert!(held_up.note(true, now + PATIENCE));
    }
}
