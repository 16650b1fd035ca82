//! Takes in what other nodes pass on: verifies it away from the network's threads, so that no peer
//! can hold up consensus.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use idos_consensus::{Item, PeerKey};
use idos_types::BlockTime;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use tracing::debug;

use crate::{admission::AdmissionError, entrance::Entrance, entry, shared::Shared};

/// Most bytes that wait to be verified from one peer. What comes beyond is dropped: whoever sent it
/// sends it again.
const BYTES_PER_PEER: usize = 16_000_000;
/// Most bytes that wait to be verified from all peers together. Beyond that, whoever has most
/// waiting loses its newest.
const BYTES: usize = 64_000_000;
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
#[derive(Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    /// In the order in which the peers take turns: what one of them sends in masses holds up
    /// nothing of another.
    peers: VecDeque<PeerKey>,
    of: BTreeMap<PeerKey, Backlog>,
    bytes: usize,
    stopped: bool,
}

/// What waits of one peer, in the order in which it came: nonces follow each other.
#[derive(Default)]
struct Backlog {
    batches: VecDeque<Batch>,
    bytes: usize,
}

struct Batch {
    from: PeerKey,
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
                while let Some(batch) = served.next() {
                    verification.take_in(batch);
                }
            })?;
        Ok((Self::Threaded(Arc::clone(&queue)), queue))
    }

    /// Verifies and admits entries, now or soon.
    pub(crate) fn offer(&self, from: PeerKey, entries: Vec<Vec<u8>>, now: BlockTime) {
        let batch = Batch { from, entries, now };
        match self {
            Self::Inline(verification) => verification.take_in(batch),
            Self::Threaded(queue) => queue.add(batch),
        }
    }
}

impl Queue {
    /// Ends the thread.
    pub(crate) fn stop(&self) {
        self.waiting().stopped = true;
        self.changed.notify_all();
    }

    fn add(&self, batch: Batch) {
        if self.waiting().add(batch) {
            self.changed.notify_one();
        }
    }

    /// The next batch; `None` once stopped, whatever waits.
    fn next(&self) -> Option<Batch> {
        let is_idle = |waiting: &mut Waiting| waiting.peers.is_empty() && !waiting.stopped;
        let mut waiting = self
            .changed
            .wait_while(self.waiting(), is_idle)
            .unwrap_or_else(PoisonError::into_inner);
        if waiting.stopped {
            return None;
        }
        waiting.take()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Its methods do not panic between two changes that belong together.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Whether there was room for the batch.
    fn add(&mut self, batch: Batch) -> bool {
        let (from, bytes) = (batch.from, batch.bytes());
        let waiting = self.of.get(&from).map_or(0, |backlog| backlog.bytes);
        if waiting + bytes > BYTES_PER_PEER {
            debug!(peer = %from, "a peer sends more than can be verified");
            return false;
        }
        while self.bytes + bytes > BYTES {
            let most = self.of.iter().max_by_key(|(_, backlog)| backlog.bytes);
            match most.map(|(peer, backlog)| (*peer, backlog.bytes)) {
                Some((peer, most)) if most > waiting + bytes => self.drop_newest(peer),
                Some(_) | None => {
                    debug!(peer = %from, "peers send more than can be verified");
                    return false;
                }
            }
        }
        self.bytes += bytes;
        let backlog = self.of.entry(from).or_insert_with(|| {
            self.peers.push_back(from);
            Backlog::default()
        });
        backlog.bytes += bytes;
        backlog.batches.push_back(batch);
        true
    }

    /// The oldest batch of the peer whose turn it is.
    fn take(&mut self) -> Option<Batch> {
        let peer = self.peers.pop_front()?;
        let backlog = self.of.get_mut(&peer)?;
        let batch = backlog.batches.pop_front();
        let bytes = batch.as_ref().map_or(0, Batch::bytes);
        backlog.bytes -= bytes;
        self.bytes -= bytes;
        if backlog.batches.is_empty() {
            self.of.remove(&peer);
        } else {
            self.peers.push_back(peer);
        }
        batch
    }

    /// Drops what came last of a peer. It keeps its turn only if something is left.
    fn drop_newest(&mut self, peer: PeerKey) {
        let Some(backlog) = self.of.get_mut(&peer) else {
            return;
        };
        let dropped = backlog.batches.pop_back();
        let bytes = dropped.as_ref().map_or(0, Batch::bytes);
        backlog.bytes -= bytes;
        self.bytes -= bytes;
        if backlog.batches.is_empty() {
            self.of.remove(&peer);
            self.peers.retain(|other| *other != peer);
        }
    }
}

impl Verification {
    /// Verifies all at once, and admits them in their order: nonces follow each other.
    fn take_in(&self, batch: Batch) {
        let Batch { from, entries, now } = batch;
        let verified: Vec<_> = entries
            .into_par_iter()
            .map(Item::new)
            .filter(|item| self.shared.pending(&item.hash).is_none())
            .map(|item| entry::Entry::parse(&item, &self.chain_id))
            .collect();
        for entry in verified {
            let admitted = match entry {
                Ok(entry) => self.entrance.enter_from_peer(entry, now),
                Err(rejection) => Err(AdmissionError::from(rejection)),
            };
            // Much of it is in a block by now, or was refused where it came from just as well.
            if let Err(reason) = admitted {
                debug!(peer = %from, %reason, "an entry of a peer is not admitted");
            }
        }
    }
}

#[cfg(test)]
mod tests;
