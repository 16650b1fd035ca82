//! A node of a simulated network, with its files.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use commonware_runtime::Handle;

use super::Skew;
use crate::{
    ConsensusError, PROTOCOLS, PeerKey, Protocols, Wake,
    marker::{MemorySlot, Slot as _, never_voted},
};

/// A node, running or not.
pub(super) struct SimulatedNode {
    /// Its number, for the names of its files.
    pub(super) number: usize,
    /// How often its folder was lost.
    pub(super) folders: u32,
    pub(super) skew: Skew,
    /// The versions of the protocol that its release follows.
    pub(super) protocols: Protocols,
    /// The files of the node, and those of its second half if it has one.
    pub(super) halves: [Files; 2],
    /// Both halves if there are two.
    pub(super) running: Vec<Running>,
}

#[derive(Default)]
pub(super) struct Files {
    pub(super) marker: MemorySlot,
    pub(super) folder: MemorySlot,
}

pub(super) struct Running {
    pub(super) wake: Wake,
    pub(super) task: Handle<()>,
    pub(super) result: Outcome,
}

pub(super) type Outcome = Arc<Mutex<Option<Result<(), ConsensusError>>>>;

impl SimulatedNode {
    fn new(number: usize, key: PeerKey) -> Self {
        let made = Self {
            number,
            folders: 0,
            skew: Skew::Right,
            protocols: PROTOCOLS,
            halves: Default::default(),
            running: Vec::new(),
        };
        made.renew_markers(key);
        made
    }

    pub(super) fn renew_markers(&self, key: PeerKey) {
        for files in &self.halves {
            // Memory does not fail.
            let _ = files.marker.write(&never_voted(key));
        }
    }

    /// The node of this key.
    pub(super) fn of(nodes: &mut BTreeMap<PeerKey, Self>, key: PeerKey) -> &mut Self {
        let number = nodes.len();
        nodes.entry(key).or_insert_with(|| Self::new(number, key))
    }
}

pub(super) fn take_result(result: &Outcome) -> Option<Result<(), ConsensusError>> {
    result.lock().unwrap_or_else(PoisonError::into_inner).take()
}
