//! Takes in what other nodes pass on: verifies it away from the network's threads, so that no peer
//! can hold up consensus.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use idos_consensus::{Item, PeerKey, PeerLimits, PeerQueue};
use idos_types::{
    BlockTime,
    limits::{TRANSACTION_BYTES, WAITING_BYTES, WAITING_BYTES_PER_PEER},
};
use rayon::{ThreadPool, ThreadPoolBuilder};
use tracing::debug;

use crate::{
    admission::AdmissionError,
    entrance::{AT_ONCE, Entrance},
    verified::Verifier,
};

/// What a batch and an entry cost beside their bytes: memory, and the work to look at them.
const OVERHEAD: usize = 64;

/// What verifies and admits.
pub(crate) struct Verification {
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) entrance: Arc<Entrance>,
}

/// Where what comes from peers goes.
pub(crate) enum Intake {
    /// It is verified at once, by whoever brings it: for simulations, in which nothing happens at
    /// the same time.
    Inline(Verification),
    /// It waits for a thread.
    Threaded {
        queue: Arc<IntakeQueue>,
        /// That thread and its helpers: half as many as there are cores, the rest is for what votes wait
        /// for. They end with this.
        _threads: ThreadPool,
    },
}

/// What waits for the thread.
pub(crate) struct IntakeQueue {
    waiting: Mutex<Pending>,
    changed: Condvar,
}

struct Pending {
    /// Of each peer in the order in which it came: nonces follow each other.
    batches: PeerQueue<Batch>,
    stopped: bool,
}

struct Batch {
    entries: Vec<Vec<u8>>,
    now: BlockTime,
}

/// An entry that a peer sent.
struct Arrived {
    from: PeerKey,
    now: BlockTime,
    item: Item,
}

impl Batch {
    fn bytes(&self) -> usize {
        let entries = self.entries.iter().map(|entry| OVERHEAD + entry.len());
        OVERHEAD + entries.sum::<usize>()
    }
}

impl Intake {
    /// An intake with a thread of its own, which ends with [`IntakeQueue::stop`].
    pub(crate) fn threaded(verification: Verification) -> io::Result<(Self, Arc<IntakeQueue>)> {
        let queue = Arc::new(IntakeQueue::default());
        let cores = thread::available_parallelism()?.get();
        let threads = ThreadPoolBuilder::new()
            .num_threads(cores.div_ceil(2))
            .thread_name(|_| "intake".to_owned())
            .build()
            .map_err(io::Error::other)?;
        let served = Arc::clone(&queue);
        // A panic there ends the process: a node that hears of nothing and seems well is worse.
        threads.spawn(move || {
            while let Some(batches) = served.next() {
                verification.take_in(batches);
            }
        });
        let intake = Self::Threaded {
            queue: Arc::clone(&queue),
            _threads: threads,
        };
        Ok((intake, queue))
    }

    /// Verifies and admits entries, now or soon.
    pub(crate) fn offer(&self, from: PeerKey, entries: Vec<Vec<u8>>, now: BlockTime) {
        let batch = Batch { entries, now };
        match self {
            Self::Inline(verification) => verification.take_in(vec![(from, batch)]),
            Self::Threaded { queue, .. } => queue.add(from, batch),
        }
    }
}

impl Default for IntakeQueue {
    fn default() -> Self {
        let batches = PeerQueue::new(PeerLimits {
            one: WAITING_BYTES_PER_PEER,
            all: WAITING_BYTES,
        });
        Self {
            waiting: Mutex::new(Pending {
                batches,
                stopped: false,
            }),
            changed: Condvar::new(),
        }
    }
}

impl IntakeQueue {
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

    /// The next batches, some entries in all, since many are verified faster together; `None` once stopped,
    /// whatever waits.
    fn next(&self) -> Option<Vec<(PeerKey, Batch)>> {
        let is_idle = |waiting: &mut Pending| waiting.batches.is_empty() && !waiting.stopped;
        let mut waiting = self
            .changed
            .wait_while(self.waiting(), is_idle)
            .unwrap_or_else(PoisonError::into_inner);
        if waiting.stopped {
            return None;
        }
        let mut taken = Vec::new();
        let (mut entries, mut bytes) = (0, 0);
        while entries < AT_ONCE
            && bytes < TRANSACTION_BYTES
            && let Some((from, batch)) = waiting.batches.take()
        {
            entries += batch.entries.len().max(1);
            bytes += batch.bytes();
            taken.push((from, batch));
        }
        Some(taken)
    }

    fn waiting(&self) -> MutexGuard<'_, Pending> {
        // Its methods do not panic between two changes that belong together.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Verification {
    /// Verifies entries, some at once, and admits them in their order: nonces follow each other. In a flood
    /// many are in a block by the time of their turn, and are not verified for nothing.
    fn take_in(&self, batches: Vec<(PeerKey, Batch)>) {
        let arrived = batches
            .into_iter()
            .flat_map(|(from, Batch { entries, now })| {
                let items = entries.into_iter().map(Item::new);
                items.map(move |item| Arrived { from, now, item })
            });
        for arrived in arrived.collect::<Vec<_>>().chunks(AT_ONCE) {
            let news = self.entrance.news(arrived, |arrived| &arrived.item);
            let items: Vec<_> = news.iter().map(|arrived| &arrived.item).collect();
            let mut sound = Vec::with_capacity(news.len());
            for (arrived, entry) in news.into_iter().zip(self.verifier.entries(&items)) {
                match entry {
                    Ok(entry) => sound.push((arrived, entry)),
                    Err(reason) => refused(arrived.from, &reason.into()),
                }
            }
            let is_of_batch =
                |one: &Arrived, next: &Arrived| (one.from, one.now) == (next.from, next.now);
            for of_peer in sound.chunk_by(|(one, _), (next, _)| is_of_batch(one, next)) {
                let Some(&(&Arrived { from, now, .. }, _)) = of_peer.first() else {
                    continue;
                };
                let entries = of_peer.iter().map(|(_, entry)| entry.clone()).collect();
                let refused = |reason| refused(from, &reason);
                self.entrance.enter_from_peer(entries, from, now, refused);
            }
        }
    }
}

/// Much was refused where it came from just as well. What a sender is told names the sender, or repeats what
/// a stranger wrote: neither is for a log.
fn refused(from: PeerKey, reason: &AdmissionError) {
    match reason {
        AdmissionError::Rejected(rejection) | AdmissionError::Early(rejection) => {
            debug!(peer = %from, code = ?rejection.code, "an entry of a peer is not admitted");
        }
        AdmissionError::Store(_) | AdmissionError::State(_) => {
            debug!(peer = %from, error = %reason, "an entry of a peer cannot be looked at");
        }
    }
}

#[cfg(test)]
mod tests;
