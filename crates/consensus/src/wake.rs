//! How whoever has something for the next block wakes whoever makes it.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// A handle to wake or stop the ordering loop; clones are the same handle.
#[derive(Clone, Default, Debug)]
pub struct Wake(Arc<(Mutex<Signals>, Condvar)>);

#[derive(Default, Debug)]
struct Signals {
    work: bool,
    stop: bool,
}

/// Why waiting ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Woken {
    /// There may be work, or the time to wait is over.
    Work,
    /// The loop shall end.
    Stop,
}

impl Wake {
    /// Says that something waits for a block. Never blocks for long and never gets lost: a signal
    /// that comes while a block is made starts the next.
    pub fn work(&self) {
        self.signals().work = true;
        self.0.1.notify_one();
    }

    /// Says that no further block shall be made. The one being made is finished.
    pub fn stop(&self) {
        self.signals().stop = true;
        self.0.1.notify_one();
    }

    /// Whether the loop shall end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.signals().stop
    }

    /// Waits for a signal, at most for `limit`.
    pub(crate) fn wait(&self, limit: Option<Duration>) -> Woken {
        let idle = |signals: &mut Signals| !signals.work && !signals.stop;
        let mut signals = match limit {
            None => self
                .0
                .1
                .wait_while(self.signals(), idle)
                .unwrap_or_else(PoisonError::into_inner),
            Some(limit) => {
                self.0
                    .1
                    .wait_timeout_while(self.signals(), limit, idle)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
        };
        signals.work = false;
        if signals.stop {
            Woken::Stop
        } else {
            Woken::Work
        }
    }

    fn signals(&self) -> MutexGuard<'_, Signals> {
        // Two flags can not be half written: a panic elsewhere leaves nothing to mend.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
