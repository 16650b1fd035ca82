//! Entries of blocks that were verified before the blocks are executed: no signature is checked
//! twice.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use idos_consensus::Item;
use idos_types::{
    Digest,
    limits::{VERIFIED_BYTES, VERIFIED_ENTRIES},
};

use crate::{
    entry::{Entry, Rejection},
    shared::Shared,
};

/// Verifies entries of blocks, in parallel, and remembers them until they are executed.
pub(crate) struct Verifier {
    chain_id: String,
    shared: Arc<Shared>,
    remembered: Mutex<Remembered>,
}

/// Bounded: what a leader proposed in vain goes when newer entries come.
#[derive(Default)]
struct Remembered {
    entries: HashMap<Digest, (u64, Entry)>,
    /// The same by age.
    order: BTreeMap<u64, Digest>,
    next: u64,
    bytes: usize,
}

impl Verifier {
    pub(crate) fn new(chain_id: String, shared: Arc<Shared>) -> Self {
        Self {
            chain_id,
            shared,
            remembered: Mutex::default(),
        }
    }

    /// What is wrong with the first item that is wrong; else all are entries and remembered as
    /// such.
    pub(crate) fn verify(&self, items: &[Item]) -> Result<(), Rejection> {
        let unknown: Vec<&Item> = items
            .iter()
            .filter(|item| self.get(&item.hash).is_none())
            .collect();
        let verified: Result<Vec<_>, _> = Entry::parse_all(&unknown, &self.chain_id);
        let verified = verified?;
        Entry::prove_all(&verified);
        let mut remembered = self.remembered();
        for entry in verified {
            remembered.insert(entry);
        }
        Ok(())
    }

    /// The entries that items are, in their order: as they were verified before, or verified now, but for what
    /// issuers are said to have signed.
    pub(crate) fn entries(&self, items: &[&Item]) -> Vec<Result<Entry, Rejection>> {
        let known: Vec<_> = items.iter().map(|item| self.get(&item.hash)).collect();
        let unknown = items
            .iter()
            .zip(&known)
            .filter(|(_, known)| known.is_none());
        let unknown: Vec<_> = unknown.map(|(item, _)| *item).collect();
        let verified: Vec<_> = Entry::parse_all(&unknown, &self.chain_id);
        let mut verified = verified.into_iter();
        let known = known.into_iter().map(|known| known.map(Ok));
        known
            .filter_map(|known| known.or_else(|| verified.next()))
            .collect()
    }

    /// The entries of a block that were verified before, by hash. They are forgotten here.
    pub(crate) fn take(&self, items: &[Item]) -> HashMap<Digest, Entry> {
        let entries = items
            .iter()
            .filter_map(|item| Some((item.hash, self.get(&item.hash)?)))
            .collect();
        let mut remembered = self.remembered();
        for item in items {
            remembered.remove(&item.hash);
        }
        entries
    }

    fn get(&self, hash: &Digest) -> Option<Entry> {
        let remembered = self.remembered().get(hash);
        remembered.or_else(|| self.shared.waiting.entry(hash))
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        // Its methods do not panic between two changes that belong together.
        self.remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Remembered {
    fn get(&self, hash: &Digest) -> Option<Entry> {
        self.entries.get(hash).map(|(_, entry)| entry.clone())
    }

    fn insert(&mut self, entry: Entry) {
        let hash = entry.item().hash;
        // Two proposals at the same time may have the same.
        self.remove(&hash);
        self.bytes += entry.size();
        self.next += 1;
        self.order.insert(self.next, hash);
        self.entries.insert(hash, (self.next, entry));
        while self.entries.len() > VERIFIED_ENTRIES || self.bytes > VERIFIED_BYTES {
            let Some((_, oldest)) = self.order.first_key_value() else {
                return;
            };
            self.remove(&oldest.clone());
        }
    }

    fn remove(&mut self, hash: &Digest) {
        if let Some((age, entry)) = self.entries.remove(hash) {
            self.order.remove(&age);
            self.bytes -= entry.size();
        }
    }
}

#[cfg(test)]
mod tests;
