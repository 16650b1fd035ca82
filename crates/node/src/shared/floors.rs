//! The engine's certificates from which the network could go on: that of this node, and that of a
//! height that it hands out.

use std::sync::{Mutex, MutexGuard, PoisonError};

use idos_consensus::Wake;
use tokio::sync::watch;

/// Engine's certificates of executed blocks.
pub(crate) struct Floors {
    held: Mutex<Held>,
    /// The height whose finalization is wanted.
    pub(crate) wanted: watch::Sender<u64>,
    wake: Wake,
}

#[derive(Default)]
struct Held {
    /// From where the network could go on, to be remembered.
    kept: Option<Vec<u8>>,
    /// The engine's certificate of the height that is handed out.
    handed_out: Option<(u64, Vec<u8>)>,
}

impl Floors {
    pub(super) fn new(wake: Wake) -> Self {
        Self {
            held: Mutex::default(),
            wanted: watch::Sender::new(0),
            wake,
        }
    }

    /// Hands on the engine's certificate of an executed block, to be remembered.
    pub(crate) fn keep(&self, certificate: Vec<u8>) {
        self.held().kept = Some(certificate);
        self.wake.work();
    }

    /// Such a certificate, if one came since the last time.
    pub(crate) fn take(&self) -> Option<Vec<u8>> {
        self.held().kept.take()
    }

    /// Asks for the engine's certificate of a height that is about to be handed out.
    pub(crate) fn want(&self, height: u64) {
        self.wanted.send_replace(height);
    }

    /// Hands on such a certificate.
    pub(crate) fn hand_out(&self, height: u64, certificate: Vec<u8>) {
        self.held().handed_out = Some((height, certificate));
        self.wake.work();
    }

    /// The engine's certificate of a height that is handed out, if it came.
    pub(crate) fn handed_out(&self, height: u64) -> Option<Vec<u8>> {
        let held = self.held();
        let (of, certificate) = held.handed_out.as_ref()?;
        (*of == height).then(|| certificate.clone())
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // Nothing panics while it is held.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
