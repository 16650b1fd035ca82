//! Takes in what other nodes pass on: verifies it away from the network's threads, so that no peer
//! can hold up consensus.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use idos_consensus::{Item, PeerKey, Room, Turns};
use idos_types::{
    BlockTime,
    limits::{WAITING_BYTES, WAITING_BYTES_PER_PEER},
};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use tracing::debug;

use crate::{
    admission::AdmissionError,
    entrance::Entrance,
    entry::{self, Rejection},
    shared::Shared,
};

/// What a batch and an entry cost beside their bytes: memory, and the work to look at them.
const OVERHEAD: usize = 64;

/// What verifies and admits.
pub(crate) struct Verification {
    pub(crate) chain_id: String,
    pub(crate) entrance: Arc<Entrance>,
    pub(crate) shared: Arc<Shared>,
}

/// Where what comes from peers goes.
pub(crate) enum Intake {
    /// It is verified at once, by whoever brings it: for simulations, in which nothing happens at
    /// the same time.
    Inline(Verification),
    /// It waits for a thread.
    Threaded(Arc<Queue>),
}

/// What waits for the thread.
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

struct Waiting {
    /// Of each peer in the order in which it came: nonces follow each other.
    batches: Turns<Batch>,
    stopped: bool,
}

struct Batch {
    entries: Vec<Vec<u8>>,
    now: BlockTime,
}

impl Batch {
    fn bytes(&self) -> usize {
        let entries = self.entries.iter().map(|entry| OVERHEAD + entry.len());
        OVERHEAD + entries.sum::<usize>()
    }
}

impl Intake {
    /// An intake with a thread of its own, which ends with [`Queue::stop`].
    pub(crate) fn threaded(verification: Verification) -> io::Result<(Self, Arc<Queue>)> {
        let queue = Arc::new(Queue::default());
        let served = Arc::clone(&queue);
        thread::Builder::new()
            .name("intake".to_owned())
            .spawn(move || {
                while let Some((from, batch)) = served.next() {
                    verification.take_in(from, batch);
                }
            })?;
        Ok((Self::Threaded(Arc::clone(&queue)), queue))
    }

    /// Verifies and admits entries, now or soon.
    pub(crate) fn offer(&self, from: PeerKey, entries: Vec<Vec<u8>>, now: BlockTime) {
        let batch = Batch { entries, now };
        match self {
            Self::Inline(verification) => verification.take_in(from, batch),
            Self::Threaded(queue) => queue.add(from, batch),
        }
    }
}

impl Default for Queue {
    fn default() -> Self {
        let batches = Turns::new(Room {
            one: WAITING_BYTES_PER_PEER,
            all: WAITING_BYTES,
        });
        Self {
            waiting: Mutex::new(Waiting {
                batches,
                stopped: false,
            }),
            changed: Condvar::new(),
        }
    }
}

impl Queue {
    /// Ends the thread.
    pub(crate) fn stop(&self) {
        self.waiting().stopped = true;
        self.changed.notify_all();
    }

    fn add(&self, from: PeerKey, batch: Batch) {
        if self.waiting().batches.add(from, batch.bytes(), batch) {
            self.changed.notify_one();
        } else {
            debug!(peer = %from, "a peer sends more than can be verified");
        }
    }

    /// The next batch; `None` once stopped, whatever waits.
    fn next(&self) -> Option<(PeerKey, Batch)> {
        let is_idle = |waiting: &mut Waiting| waiting.batches.is_empty() && !waiting.stopped;
        let mut waiting = self
            .changed
            .wait_while(self.waiting(), is_idle)
            .unwrap_or_else(PoisonError::into_inner);
        if waiting.stopped {
            return None;
        }
        waiting.batches.take()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Its methods do not panic between two changes that belong together.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Verification {
    /// Verifies all at once, and admits them in their order: nonces follow each other.
    fn take_in(&self, from: PeerKey, batch: Batch) {
        let Batch { entries, now } = batch;
        let verified: Vec<_> = entries
            .into_par_iter()
            .map(Item::new)
            .filter(|item| self.shared.pending(&item.hash).is_none())
            .map(|item| entry::Entry::parse(&item, &self.chain_id))
            .collect();
        // Much of it is in a block by now, or was refused where it came from just as well.
        let refused = |reason: AdmissionError| {
            debug!(peer = %from, %reason, "an entry of a peer is not admitted");
        };
        let is_sound = |entry: Result<_, Rejection>| entry.map_err(|why| refused(why.into())).ok();
        let entries = verified.into_iter().filter_map(is_sound).collect();
        self.entrance.enter_from_peer(entries, from, now, refused);
    }
}

#[cfg(test)]
mod tests;
