//! Takes in what other nodes pass on: verifies it away from the network's threads, so that no peer
//! can hold up consensus.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use idos_consensus::{Item, PeerKey, PeerLimits, PeerQueue};
use idos_types::{
    BlockTime,
    limits::{TRANSACTION_BYTES, UNHEARD_SECONDS, WAITING_BYTES, WAITING_BYTES_PER_PEER},
};
use idos_wire::TxCode;
use rayon::{ThreadPool, ThreadPoolBuilder};
use tracing::debug;

use crate::{
    admission::AdmissionError,
    entrance::{AT_ONCE, Entrance, PassedOn},
    verified::Verifier,
};

/// What an entry costs beside its bytes: memory, and the work to look at it.
const OVERHEAD: usize = 64;

/// What verifies and admits.
pub(crate) struct Verification {
    verifier: Arc<Verifier>,
    entrance: Arc<Entrance>,
    unheard: Mutex<Unheard>,
}

/// Peers that passed on what they cannot have verified, each with the time until which nothing of it is looked
/// at, in milliseconds since 1970.
#[derive(Default)]
struct Unheard(BTreeMap<PeerKey, u64>);

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
    /// Of each peer in the order in which it came: nonces follow each other. Peers take turns with each entry,
    /// however many they send at once.
    entries: PeerQueue<Unread>,
    stopped: bool,
}

/// An entry that a peer sent, and when it came.
struct Unread {
    now: BlockTime,
    bytes: Vec<u8>,
}

/// The same with its hash.
struct Arrived {
    from: PeerKey,
    now: BlockTime,
    item: Item,
}

impl Unread {
    fn cost(&self) -> usize {
        OVERHEAD + self.bytes.len()
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
            while let Some(entries) = served.next() {
                verification.take_in(entries);
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
        let unread = entries.into_iter().map(|bytes| Unread { now, bytes });
        match self {
            Self::Inline(verification) => {
                verification.take_in(unread.map(|unread| (from, unread)).collect());
            }
            Self::Threaded { queue, .. } => queue.add(from, unread),
        }
    }
}

impl Default for IntakeQueue {
    fn default() -> Self {
        let entries = PeerQueue::new(PeerLimits {
            one: WAITING_BYTES_PER_PEER,
            all: WAITING_BYTES,
        });
        Self {
            waiting: Mutex::new(Pending {
                entries,
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

    fn add(&self, from: PeerKey, unread: impl IntoIterator<Item = Unread>) {
        let mut waiting = self.waiting();
        let has_room = unread
            .into_iter()
            .all(|one| waiting.entries.add(from, one.cost(), one));
        drop(waiting);
        self.changed.notify_one();
        if !has_room {
            debug!(peer = %from, "a peer sends more than can be verified");
        }
    }

    /// The next entries, some, since many are verified faster together; `None` once stopped, whatever waits.
    fn next(&self) -> Option<Vec<(PeerKey, Unread)>> {
        let is_idle = |waiting: &mut Pending| waiting.entries.is_empty() && !waiting.stopped;
        let mut waiting = self
            .changed
            .wait_while(self.waiting(), is_idle)
            .unwrap_or_else(PoisonError::into_inner);
        if waiting.stopped {
            return None;
        }
        let mut taken = Vec::new();
        let mut cost = 0;
        while taken.len() < AT_ONCE
            && cost < TRANSACTION_BYTES
            && let Some((from, unread)) = waiting.entries.take()
        {
            cost += unread.cost();
            taken.push((from, unread));
        }
        Some(taken)
    }

    fn waiting(&self) -> MutexGuard<'_, Pending> {
        // Its methods do not panic between two changes that belong together.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Verification {
    pub(crate) fn new(verifier: Arc<Verifier>, entrance: Arc<Entrance>) -> Self {
        Self {
            verifier,
            entrance,
            unheard: Mutex::default(),
        }
    }

    /// Verifies entries, some at once, and admits them in their order: nonces follow each other. In a flood
    /// many are in a block by the time of their turn, and are not verified for nothing.
    fn take_in(&self, mut entries: Vec<(PeerKey, Unread)>) {
        while !entries.is_empty() {
            let later = entries.split_off(entries.len().min(AT_ONCE));
            self.take_in_some(entries);
            entries = later;
        }
    }

    fn take_in_some(&self, mut entries: Vec<(PeerKey, Unread)>) {
        let unheard = self.unheard();
        entries.retain(|(from, unread)| unheard.may_speak(from, unread.now));
        drop(unheard);
        let arrived = entries.into_iter().map(|(from, Unread { now, bytes })| {
            let item = Item::new(bytes);
            Arrived { from, now, item }
        });
        let arrived: Vec<_> = arrived.collect();
        let news = self.entrance.news(&arrived, |arrived| &arrived.item);
        let items: Vec<_> = news.iter().map(|arrived| &arrived.item).collect();
        let mut sound = Vec::with_capacity(news.len());
        for (arrived, entry) in news.iter().zip(self.verifier.entries(&items)) {
            let Arrived { from, now, .. } = **arrived;
            match entry {
                Ok(entry) => sound.push(PassedOn { from, now, entry }),
                Err(reason) => {
                    if reason.code == TxCode::InvalidSignature {
                        self.unheard().silence(from, now);
                    }
                    refused(from, &reason.into());
                }
            }
        }
        let refused = |from, reason| refused(from, &reason);
        self.entrance.enter_from_peers(sound, refused);
    }

    fn unheard(&self) -> MutexGuard<'_, Unheard> {
        // Its methods do not panic between two changes that belong together.
        self.unheard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Unheard {
    /// Whether what a peer sent at a time is looked at. What came before the wrong signature and still waits is not.
    fn may_speak(&self, from: &PeerKey, now: BlockTime) -> bool {
        self.0.get(from).is_none_or(|until| *until <= now.millis())
    }

    fn silence(&mut self, from: PeerKey, now: BlockTime) {
        let until = now.millis().saturating_add(UNHEARD_SECONDS * 1_000);
        self.0.insert(from, until);
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
